#!/usr/bin/env bash
#
# machines.test.sh - signed records go to other machines through Kafka, and over ssh

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/brokers.sh
. "$TESTS/brokers.sh"

export PAUSE=0.2

# ---- Kafka: the cluster is that which librdkafka has for its own tests, with 4 partitions ----

start_kafka() {
  local input
  mkfifo kafka.input
  exec {input}<>kafka.input # it ends with its input
  (
    # as long as it waits for input, it heeds no signal
    trap 'kill -KILL "$cluster"' TERM
    kcat -P -t unused -X test.mock.num.brokers=1 -d mock -b 127.0.0.1:1 <&"$input" &
    cluster=$!
    wait
  ) >kafka.log 2>&1 &
  SERVERS+=("$!")
  await_line kafka.log 'bootstrap\.servers=[0-9.:]+$'
  export KAFKA
  KAFKA="-b $(sed -n 's/.*bootstrap.servers=//p' kafka.log | head -n 1)"
}

start_consumer() {
  (run_shown consume-kafka /var/lib/wb-deliver/deliveries.0 "partition.$1" ' 0 ' " $1 " consume-kafka 'exec consume-kafka') \
    >>"$1.log" 2>&1 &
  consumers[$1]=$!
}

stop_consumers() {
  local pid
  for pid in "${consumers[@]}"; do
    kill -KILL "$pid"
    wait "$pid" || :
  done
}

kafka() {
  local consumers=() i
  fresh
  start_receiver --script <(echo '{"/hook": [{"delay_ms": 5}]}')
  configure
  sign 8 40
  start_kafka
  (run_shown publish-kafka)
  for i in 0 1 2 3; do start_consumer "$i"; done
  # all consumers are killed; what a batch of theirs has done is done
  await_requests 50
  stop_consumers
  for i in 0 1 2 3; do start_consumer "$i"; done
  await_deliveries 320
  stop_consumers
  all_arrived
  in_order
  expect_equal "$(wc -l <arrived)" 320 'requests, since journals know the others'
}
test_case 'Kafka: consumers are killed, all arrives in order, and only what was under way comes again' kafka

# An offset is for what is done.
deferred() {
  local consumers=()
  fresh
  answers <<<'{"/hook": [{"status": 503}, {"status": 503}, {"status": 200}]}'
  configure
  sign 1 2
  start_kafka
  (run_shown publish-kafka)
  export RETRY_MAX_TIME=10ms
  for i in 0 1 2 3; do start_consumer "$i"; done
  await_requests 4
  stop_consumers
  all_arrived
  in_order
  expect_equal "$(cat partition.*/receipts.jsonl | jq -r .status | sort -u | paste -s -d ' ')" 'deferred finished'
}
test_case 'Kafka: what is deferred is consumed again' deferred

no_kafka() {
  fresh
  start_receiver
  configure
  sign 1 1
  expect_status 1 env KAFKA='-b 127.0.0.1:1' "$RECIPES/publish-kafka" deliveries <signed.jsonl 2>err
  expect_match "$(<err)" 'brokers are down'
}
test_case 'Kafka: a broker that is not there is an error' no_kafka

# ---- a batch by itself ----

stopped() {
  local batch
  fresh
  answers <<<'{"/hook": [{}]}'
  configure
  sign 1 2
  mkfifo in
  exec 7<>in
  "$RECIPES/deliver-batch" d <in 7>&- 2>err &
  batch=$!
  head -n 1 signed.jsonl >&7
  await_requests 1
  pkill -TERM -P "$batch" -x wb-send
  timeout 60 pidwait -P "$batch" -x wb-send || :
  tail -n 1 signed.jsonl >&7
  exec 7>&-
  expect_status 1 wait "$batch"
}
test_case 'deliver-batch: a batch that was not read to its end is not done' stopped

# ---- GNU parallel over ssh: a server of this user, to whom keys and a home of the test are given ----

start_sshd() {
  local tries
  mkdir -m 700 home home/.ssh
  ssh-keygen -q -t ed25519 -N '' -f key
  (umask 077 && cp key.pub home/.ssh/authorized_keys)
  dropbearkey -t ed25519 -f host.key >host.pub
  printf '%s:x:%s:%s::%s:/bin/bash\n' "$(id -un)" "$(id -u)" "$(id -g)" "$PWD/home" >passwd
  for tries in 1 2 3 4 5; do
    SSH_PORT=$((15000 + RANDOM % 17000))
    : >sshd.log
    LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$PWD/passwd NSS_WRAPPER_GROUP=/etc/group \
      dropbear -F -E -s -p "127.0.0.1:$SSH_PORT" -r host.key -P sshd.pid 2>sshd.log &
    SSHD=$!
    await_line sshd.log 'Not backgrounding|Failed listening'
    grep -q 'Failed listening' sshd.log || break
    wait "$SSHD" || :
  done
  SERVERS+=("$SSHD")
  sed -n "s/^ssh-ed25519/[127.0.0.1]:$SSH_PORT &/p" host.pub >known_hosts
  printf '%s\n' 'Host one two' 'HostName 127.0.0.1' "Port $SSH_PORT" "User $(id -un)" "IdentityFile $PWD/key" \
    "UserKnownHostsFile $PWD/known_hosts" >ssh.config
}

over_ssh() {
  fresh
  start_receiver --script <(echo '{"/hook": [{"status": 503}, {"delay_ms": 5}]}')
  configure
  sign 4 80
  start_sshd
  # what machines are set up with
  printf 'export PATH=%q WB_BIN=%q KEY=%q WB_SECRET_HOSTS=%q RETRY_MAX_TIME=10ms\n' \
    "$RECIPES:$PATH" "$WB_BIN" "$KEY" "$WB_SECRET_HOSTS" >home/settings
  printf '. ~/settings\nexec deliver-batch "$@"\n' >home/deliver
  printf '1/one\n1/two\n' >machines
  (HOME=$PWD/home run_shown parallel 'parallel ' "parallel --will-cite --ssh 'ssh -F $PWD/ssh.config' " \
    deliver-batch 'bash deliver')
  all_arrived
  # one batch was given again, but for what the journal knows
  expect_equal "$(wc -l <arrived)" 321 'requests'
  expect_equal "$(awk 'NR > 1 { print $7 }' jobs | sort -u)" 0 'exit statuses in the log'
  expect_equal "$(awk 'NR > 1 { print $2 }' jobs | sort -u | paste -s -d ' ')" 'one two' 'machines'
}
test_case 'ssh: batches go to several machines, and what is deferred goes once more' over_ssh
