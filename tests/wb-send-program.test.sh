#!/usr/bin/env bash
#
# wb-send-program.test.sh - programs of success_when that run for ever, eat all memory or crash libjq: they fail their own
# deliveries, cost their limit once, and hold up nothing else; what cannot be judged is not sent

# shellcheck disable=SC2016 # what looks like variables are those of jq
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# delivery ID PATH PROGRAM - a request record
delivery() {
  jq -n -c --arg id "$1" --arg url "$RECEIVER_URL/$2" --arg program "$3" \
    '{delivery_id: $id, event: {event_type: "x"}, automation: {name: "a"}, request: {url: $url, headers: {}, body: "{}",
      success_when: $program}}'
}

# send ARGUMENT… - wb-send to this machine
send() {
  wb-send "${options[@]}" "$@"
}

options=(--allow-http --allow-net 127.0.0.0/8 --breaker 0 --order none --progress never)

# ends ID - how the deliveries of ID-1, ID-2… ended: each class, or else its status, with the number of them and its text
ends() {
  jq -r --arg id "$1" 'select(.delivery_id | startswith($id + "-")) | [.error.class // .status, .error.text] | join(" ")' \
    receipts | sort | uniq -c | sed 's/^ *//'
}

ENDLESS='last(repeat(1))'

# Deliveries that are good come before, between and after them.
bad_programs() {
  local i name
  local -A programs=([endless]=$ENDLESS [doubled]='reduce range(60) as $i ("xx"; .+.)' [listed]='[range(1e10)]'
    [recursive]='def f: 1+f; f' [nested]='reduce range(1000000) as $i (0; [.])')
  start_receiver --script <(printf '{"*":[{"body":"{\\"ok\\":true}"}]}')
  for i in 1 2 3 4; do
    for name in "${!programs[@]}"; do
      delivery "good-$name-$i" "good-$name-$i" .ok
      delivery "$name-$i" "$name-$i" "${programs[$name]}"
    done
  done >in
  # a smaller stack is full sooner
  (ulimit -S -s 1024 && expect_status 1 send --jobs 4 in >receipts 2>err)
  expect_empty err
  expect_equal "$(ends good | cut -d ' ' -f 1,2)" '20 finished'
  expect_equal "$(ends endless)" $'2 rejected success_when: took longer than 1 s\n2 rejected success_when: took longer than 1 s, and is not run again'
  # what is not run again is not sent again either
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 35 requests
  expect_equal "$(jq -r 'select(.delivery_id | startswith("endless")) | .attempts' receipts | sort | xargs)" '0 1 1 1'
  ! grep -q -a -E '__asan_init' "$WB_BIN/wb-send" || skip 'memory and crashes, with a sanitizer'
  expect_equal "$(ends doubled)" \
    $'2 rejected success_when: needs more than 256 MiB of memory\n2 rejected success_when: needs more than 256 MiB of memory, and is not run again'
  # which limit comes first depends on the machine
  for name in listed recursive; do
    expect_match "$(ends "$name" | tail -n 1)" '^[12] rejected success_when: (took longer than 1 s|needs more than 256 MiB of memory), and is not run again$'
  done
  expect_match "$(ends nested | tail -n 1)" '^2 rejected success_when: crashed jq: [^$]*, and is not run again$'
}
test_case 'programs that would stop or kill wb-send fail their own deliveries, and no other' bad_programs

# What a run refuses, the next one tries; a program that fails over one answer is good for the next.
not_refused() {
  start_receiver --script <(printf '{"/1":[{"body":"{\\"n\\":1}"}],"/2":[{"body":"[]"}],"/3":[{"body":"{\\"n\\":1}"}]}')
  for i in 1 2 3; do delivery "x-$i" "$i" '.n == 1'; done | expect_status 1 send --jobs 1 >receipts
  expect_match "$(ends x)" $'^2 finished \n1 rejected success_when: Cannot index [^\n]*$'
}
test_case 'an error of a program is not held against it' not_refused

# ---- before anything is sent ----

no_program() {
  start_receiver --script <(printf '{"*":[{"body":"{\\"ok\\":true}"}]}')
  { delivery bad-1 bad-1 'nosuch' && delivery bad-2 bad-2 'input' && delivery good-1 good-1 .ok && delivery bad-3 bad-3 nosuch; } >in
  expect_status 1 send --retry-on rejected --dead-letter dead in >receipts 2>err
  expect_empty err
  expect_equal "$(jq -r .path "$RECEIVER_LOG")" /good-1 requests
  expect_equal "$(jq -r '[.delivery_id, .status, .attempts, .http_status, .error.class, .error.text] | map(. // "-" | tostring) | join(" ")' \
    receipts | sort)" \
    'bad-1 failed 0 - rejected success_when: nosuch/0 is not defined, line 1 of the program
bad-2 failed 0 - rejected success_when: input is not allowed here
bad-3 failed 0 - rejected success_when: nosuch/0 is not defined, line 1 of the program
good-1 finished 1 200 - -'
  expect_equal "$(wc -l <dead)" 3 'dead letters'
}
test_case 'a program that cannot be compiled is told before anything is sent' no_program

# With so few descriptors that the process cannot be started, nothing is sent; with enough, all of it is judged.
few_descriptors() {
  local n sent=0 kept=0
  start_receiver --script <(printf '{"*":[{"body":"{\\"ok\\":true}"}]}')
  for n in {6..16}; do
    : >"$RECEIVER_LOG"
    delivery "d-$n" / .ok >in
    (ulimit -n "$n" && send --retry-max-time 1ms in) >receipts 2>err || :
    [[ -s receipts ]] || continue # not even wb-send itself
    case $(wc -l <"$RECEIVER_LOG"),$(jq -r '[.status, .attempts, .reason // "-"] | join(" ")' receipts) in
      '1,finished 1 -') ((++sent)) ;;
      '0,deferred 0 budget') ((++kept)) ;;
      *) fail "with $n: $(<receipts) $(<err)" ;;
    esac
  done
  ((sent > 0 && kept > 0)) || fail "$sent sent, $kept kept"
}
test_case 'no process for programs: nothing is sent' few_descriptors

# ---- all else goes on ----

# Six seconds of programs, while answers come that have four.
in_time() {
  local i tls=()
  [[ $1 == http ]] || tls=(--tls "$SERVER_TLS")
  start_receiver "${tls[@]}" --script <(printf '{"/late":[{"delay_ms":1000}],"*":[{"body":"1"}]}')
  {
    for i in {1..6}; do delivery "slow-$i" "slow-$i" "$i | $ENDLESS"; done
    for i in {1..6}; do delivery "late-$i" late . | jq -c 'del(.request.success_when)'; done
  } >in
  expect_status 1 send --jobs 12 --timeout 4s --cacert "$CA_FILE" in >receipts 2>err
  expect_empty err
  expect_equal "$(ends slow)" '6 rejected success_when: took longer than 1 s'
  expect_equal "$(ends late)" '6 finished '
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 12 requests
}
make_test_ca
over_http() { in_time http; }
over_tls() { in_time https; }
test_case 'answers that come while programs run are in time: http' over_http
test_case 'answers that come while programs run are in time: https' over_tls

# A hundred seconds of programs, and no time for them.
stopped() {
  local pid status=0
  start_receiver --script <(printf '{"*":[{"body":"1"}]}')
  for i in {1..100}; do delivery "$i" "$i" "$i | $ENDLESS"; done >in
  wb-send "${options[@]}" --jobs 100 --grace "$1" --journal "j$1" in >receipts 2>err &
  pid=$!
  await_requests 100
  kill -TERM "$pid"
  if [[ $1 == 1h ]]; then
    await_line err 'starting nothing more'
    kill -TERM "$pid"
  fi
  wait "$pid" || status=$?
  expect_equal "$status" 1
  expect_equal "$(wc -l <receipts)" 100 receipts
  # some have been judged, and of some the answer was still on its way
  expect_equal "$(jq -r 'select(.status == "deferred") | [.reason, .attempts, .http_status, .error.class, .error.text] | join(" ")' receipts |
    grep -v ' broken off when sending was stopped; whether it arrived is not known$' | sort -u)" \
    'stopped 1 200 timeout stopped before success_when had judged the answer'
  expect_equal "$(jq -r 'select(.status == "deferred") | .delivery_id' receipts | sort)" \
    "$(jq -r 'select(.status == "deferred") | .delivery_id' "j$1" | sort)" journal
}
stopped_soon() { stopped 1ms; }
stopped_twice() { stopped 1h; }
test_case 'stopped while programs run: what is not judged after the grace is deferred' stopped_soon
test_case 'a second signal ends the grace while programs run' stopped_twice

# children PID - of its main thread
children() {
  cat "/proc/$1/task/$1/children"
}

# worker PID - the process that runs its programs, when it is there
worker() {
  local worker=
  while [[ -z $worker ]]; do read -r worker <<<"$(children "$1")"; done
  printf '%s' "$worker"
}

# The process is killed and cannot be replaced, until there are descriptors again: the answer waits to be judged.
cannot_judge() {
  local pid status=0
  [[ -r /proc/$$/task/$$/children ]] || skip 'the kernel does not tell children'
  start_receiver --script <(printf '{"*":[{"body":"1","delay_ms":1000}]}')
  delivery x-1 / 'last(range(3e5)) > 0' >in
  wb-send "${options[@]}" --journal j in >receipts 2>err &
  pid=$!
  await_requests 1
  prlimit --pid "$pid" --nofile=3:
  kill -KILL "$(worker "$pid")"
  await_line err 'cannot start'
  prlimit --pid "$pid" --nofile=1024:
  wait "$pid" || status=$?
  expect_equal "$(<err)" 'wb-send: cannot start a process for jq programs: Too many open files'
  expect_equal "$status $(ends x) $(wc -l <"$RECEIVER_LOG")" '0 1 finished  1'
}
test_case 'an answer that cannot be judged now is judged later, and nothing is sent again' cannot_judge

# One that is killed while a program runs: neither the process that runs it nor a reader of the receipts is left.
killed() {
  local pid reader worker
  [[ -r /proc/$$/task/$$/children ]] || skip 'the kernel does not tell children'
  start_receiver --script <(printf '{"*":[{"body":"1"}]}')
  mkfifo pipe
  cat pipe >receipts &
  reader=$!
  # other programs that run for ever, so that there is time to kill it
  for i in {1..100}; do delivery "$i" "$i" "$i | $ENDLESS"; done >in
  wb-send "${options[@]}" --jobs 1 in >pipe 2>err &
  pid=$!
  worker=$(worker "$pid")
  kill -KILL "$pid"
  wait "$reader"
  while [[ $(cat "/proc/$worker/comm" 2>/dev/null || :) == wb-jq-server ]]; do :; done
}
test_case 'kill -9 leaves no process behind' killed
