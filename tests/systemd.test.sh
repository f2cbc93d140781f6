#!/usr/bin/env bash
#
# systemd.test.sh - the units of tools/systemd: well-formed, as closed as they can be, and the tools run in them

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

unit=wb-deliver@

# The units as they are installed, but for the place of the programs.
mkdir units
for file in "$TOP"/tools/systemd/*; do
  name=${file##*/}
  sed "s|/usr/local/bin|$WB_BIN|" "$file" >"units/${name/@/@test}"
done

verified() {
  expect_status 0 systemd-analyze verify --man=no units/* >said 2>&1
  expect_empty said
}
test_case 'systemd finds nothing wrong with them' verified

# The exposure that systemd makes of the settings, from 0 to 10, times 10.
secure() {
  expect_status 0 systemd-analyze security --offline=true --threshold=20 --no-pager "units/${unit}test.service" >said
  expect_match "$(<said)" 'Overall exposure level for [^ ]*: [01]\.[0-9]'
}
test_case 'the exposure of the service is below 2.0' secure

expand_sets() {
  local word inner
  for word in "$@"; do
    if [[ $word == @* ]]; then
      mapfile -t inner < <(systemd-analyze --no-pager syscall-filter "$word" | sed -n 's/^    \([^#]*\)$/\1/p')
      expand_sets "${inner[@]}"
    else
      printf '%s\n' "$word"
    fi
  done
}

make_test_ca

# prepare - an automation for links, in a registry that is known
prepare() {
  fresh
  # shellcheck disable=SC2119 # without options
  start_wandb
  start_receiver --tls "$SERVER_TLS" --verify wandb --secret-env KEY \
    --script <(echo '{"/hook": [{"body": "{}"}, {"body": "{}"}, {"status": 404}, {"body": "{}"}]}')
  jq -n --arg url "https://localhost:$RECEIVER_PORT/hook" '{
    webhooks: {w: {url: $url, secret: "$KEY", success_when: "true"}},
    automations: [{name: "a", on: {event_type: "LINK_ARTIFACT", when: ".artifact_version_index >= 0"},
      action: {type: "webhook", webhook: "w"}}]}' >automations.json
  wandb_do '{"do":"project","project":"acme/registry"}' >/dev/null
}
export KEY=made-up-key-of-the-test
open=(--allow-http --allow-net=127.0.0.0/8)
send=(--send=--allow-host=localhost)

link_model() {
  wandb_do '{"do":"link","collection":"acme/registry/fraud"}' >/dev/null
}

# Whatever the programs ask the kernel for, over TLS, with programs of jq, with a journal, is let through.
system_calls() {
  local run
  prepare
  export WANDB_BASE_URL=$WANDB_URL WANDB_API_KEY=$WANDB_KEY
  run=(wb-deliver -c automations.json -d state "${send[@]}" "--send=--cacert=$CA_FILE" poll acme/registry "${open[@]}")
  "${run[@]}" 2>err
  link_model
  expect_status 0 strace -f -q -o calls "${run[@]}"
  expect_equal "$(counts state/receipts.jsonl)" '1 finished'
  mapfile -t allowed < <(sed -n 's/^SystemCallFilter=\([^~]\)/\1/p' "$T/units/${unit}test.service" | tr ' ' '\n')
  mapfile -t denied < <(sed -n 's/^SystemCallFilter=~//p' "$T/units/${unit}test.service" | tr ' ' '\n')
  ((${#allowed[@]} > 0 && ${#denied[@]} > 0)) || fail 'no filter found'
  comm -23 <(expand_sets "${allowed[@]}" @default | sort -u) <(expand_sets "${denied[@]}" | sort -u) >passing
  grep -q -x openat passing || fail 'openat is not let through'
  sed -n -E 's/^[0-9]+ +([a-z0-9_]+)\(.*/\1/p' calls | sort -u >used
  (($(wc -l <used) > 40)) || fail "only $(wc -l <used) calls are used"
  expect_equal "$(comm -13 passing used)" '' 'calls that the service could not make'
}
test_case 'every system call of a run passes the filter' system_calls

# ---- a systemd of its own ----

# boot - set MACHINE, the process that is the first one there
boot() {
  local word='' launcher
  [[ $(id -u) == 0 ]] || skip 'not root'
  [[ $WB_BIN == "$TOP" ]] || skip 'not the tools that make install installs'
  env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" install DESTDIR="$PWD/dest" >said 2>&1 || fail "$(<said)"
  mv dest/usr/local local
  mkfifo ready
  exec {ready}<>ready
  "$TESTS/boot" "$PWD" >boot.log 2>&1 </dev/null &
  launcher=$!
  SERVERS+=("$launcher")
  read -r -t 60 -u "$ready" word || :
  [[ $word == ready ]] || skip "systemd cannot be started here: $(tail -n 3 boot.log)"
  MACHINE=$(pgrep -x systemd -P "$(pgrep -x unshare -P "$launcher")")
}

# there COMMAND… - run it on the machine, and never on this one
there() {
  [[ $(readlink "/proc/$MACHINE/ns/mnt") =~ ^mnt:.*$ && ${BASH_REMATCH[0]} != "$(readlink /proc/self/ns/mnt)" ]] ||
    fail 'the machine is gone'
  nsenter --all --target "$MACHINE" timeout 60 "$@"
}

# What would make this machine the one that is set up ends before it has done anything.
refused() {
  [[ $(id -u) == 0 ]] || skip 'not root'
  fresh
  expect_status 1 unshare --mount "$TESTS/boot" --inside "$PWD" mnt:none
  expect_status 1 unshare --mount --pid --fork "$TESTS/boot" --inside "$PWD"
  expect_status 1 unshare --mount --pid --fork "$TESTS/boot" --inside "$PWD" "$(readlink /proc/self/ns/uts)"
  # shellcheck disable=SC2016 # for that shell
  expect_status 1 unshare --mount bash -c '"$0" --outside "$1" "$(readlink /proc/self/ns/mnt)"' "$TESTS/boot" "$PWD"
  expect_equal "$(ls -A)" '' 'what was made'
}
test_case 'boot: nothing is done to this machine' refused

# configure_machine - as wb-operations(7) says, but for what is only here: hosts of this machine, and where messages go
configure_machine() {
  mkdir -p etc/wb-tools/test/{automations,secrets} "etc/systemd/system/$unit.service.d"
  cp automations.json etc/wb-tools/test/automations/
  (umask 077 && printf %s "$KEY" >etc/wb-tools/test/secrets/KEY && printf %s "$WANDB_KEY" >etc/wb-tools/test/secrets/WANDB_API_KEY)
  cp "$CA_FILE" etc/wb-tools/ca.pem
  printf '%s\n' 'POLL=acme/registry --allow-http --allow-net=127.0.0.0/8' \
    'OPTIONS=--send=--allow-host=localhost --send=--cacert=/etc/wb-tools/ca.pem' "WANDB_BASE_URL=$WANDB_URL" \
    >etc/wb-tools/test/env
  echo '127.0.0.1 localhost' >etc/hosts
  mkfifo stopped
  exec {stopped}<>stopped
  printf '%s\n' '[Service]' StandardError=append:/test/err \
    "ExecStopPost=+/bin/sh -c 'echo \$EXIT_STATUS \$SERVICE_RESULT >/test/stopped'" \
    >"etc/systemd/system/$unit.service.d/test.conf"
}

# run_unit - once; sets ENDED, its status and what systemd says of it
run_unit() {
  : >err
  there systemctl start "${unit}test.service"
  ended_unit
}

ended_unit() {
  read -r -t 60 -u "$stopped" ENDED || fail "the unit does not end: $(<err)"
}

# send_again - as wb-operations(7) says, but that the machine has no bus, by which systemd-run would wait
send_again() {
  local command
  command=$(sed -n '/^# systemd-run/,/retry$/{s/^# //; s/^    //; p}' "$TOP/man/wb-operations.7" |
    sed 's/\\e$/\\/; s/--pipe --wait/-p Type=oneshot -p StandardError=append:\/test\/err/; s/NAME/test/g')
  expect_match "$command" ' retry$'
  there bash -c "$command" >said 2>&1
}

in_service() {
  prepare
  configure_machine
  boot
  run_unit
  expect_equal "$ENDED" '0 success' "status ($(<err))"
  expect_match "$(<err)" 'first run'
  link_model
  run_unit
  expect_equal "$ENDED" '0 success' "status ($(<err))"
  expect_empty err
  expect_equal "$(jq -r .verified "$RECEIVER_LOG")" true 'a request with a good signature'
  expect_equal "$(there stat -c '%a %u' /var/lib/private/wb-deliver/test | sed 's/ 6[0-9]*$/ dynamic/')" '700 dynamic'
  # a secret is missing: nothing is lost, the log says so, and the unit is no failed one
  there mv /etc/wb-tools/test/secrets/KEY /root/
  link_model
  run_unit
  expect_equal "$ENDED" '4 success' "status ($(<err))"
  expect_match "$(<err)" 'secret KEY: not found'
  there mv /root/KEY /etc/wb-tools/test/secrets/
  # all the time, until it is stopped
  : >err
  there sed -i 's/^OPTIONS=/&--every 1h /' /etc/wb-tools/test/env
  there systemctl start "${unit}test.service"
  await_requests 2
  there systemctl stop "${unit}test.service"
  ended_unit
  expect_equal "$ENDED" '0 success' "status ($(<err))"
  there cat /var/lib/wb-deliver/test/receipts.jsonl >receipts
  expect_equal "$(counts receipts)" '2 finished'
  # what the receiver does not want is put aside, and sent again
  there sed -i 's/--every 1h //' /etc/wb-tools/test/env
  link_model
  run_unit
  expect_equal "$ENDED" '1 exit-code' "status ($(<err))"
  : >err
  expect_status 0 send_again
  there cat /var/lib/wb-deliver/test/receipts.jsonl >receipts
  expect_equal "$(counts receipts)" '1 failed,3 finished' "after it was sent again ($(<err))"
  run_unit
  expect_equal "$ENDED" '0 success' "status ($(<err))"
  there systemctl start "${unit}test.timer"
  expect_match "$(there systemctl list-timers --no-legend)" "${unit}test.service"
}
test_case 'under systemd, with all of the sandbox, it delivers once, all the time and by the timer' in_service
