#!/usr/bin/env bash
#
# wb-send-program.test.sh - programs of success_when that run for ever, eat all memory or crash libjq: they fail their own
# deliveries, and cost their limit once

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
  wb-send --allow-http --allow-net 127.0.0.0/8 --breaker 0 --order none --progress never "$@"
}

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
  for i in 1 2 3; do
    for name in "${!programs[@]}"; do
      delivery "good-$name-$i" "good-$name-$i" .ok
      delivery "$name-$i" "$name-$i" "${programs[$name]}"
    done
  done >in
  # a smaller stack is full sooner
  (ulimit -S -s 1024 && expect_status 1 send --jobs 4 in >receipts 2>err)
  expect_empty err
  expect_equal "$(ends good | cut -d ' ' -f 1,2)" '15 finished'
  expect_equal "$(ends endless)" '3 rejected success_when: took longer than 1 s, and is not run again'
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 30 requests
  ! grep -q -a -E '__asan_init' "$WB_BIN/wb-send" || skip 'memory and crashes, with a sanitizer'
  expect_equal "$(ends doubled)" '3 rejected success_when: needs more than 256 MiB of memory, and is not run again'
  # which limit comes first depends on the machine
  for name in listed recursive; do
    expect_match "$(ends "$name")" '^3 rejected success_when: (took longer than 1 s|needs more than 256 MiB of memory), and is not run again$'
  done
  expect_match "$(ends nested)" '^3 rejected success_when: crashed jq: [^$]*, and is not run again$'
}
test_case 'programs that would stop or kill wb-send fail their own deliveries, and no other' bad_programs

# What a run refuses, the next one tries; a program that fails over one answer is good for the next.
not_refused() {
  start_receiver --script <(printf '{"/1":[{"body":"{\\"n\\":1}"}],"/2":[{"body":"[]"}],"/3":[{"body":"{\\"n\\":1}"}]}')
  for i in 1 2 3; do delivery "x-$i" "$i" '.n == 1'; done | expect_status 1 send --jobs 1 >receipts
  expect_match "$(ends x)" $'^2 finished \n1 rejected success_when: Cannot index [^\n]*$'
}
test_case 'an error of a program is not held against it' not_refused

# children PID - of its main thread
children() {
  cat "/proc/$1/task/$1/children"
}

# One that is killed while a program runs: neither the process that runs it nor a reader of the receipts is left.
killed() {
  local pid reader worker=
  [[ -r /proc/$$/task/$$/children ]] || skip 'the kernel does not tell children'
  start_receiver
  mkfifo pipe
  cat pipe >receipts &
  reader=$!
  # other programs that run for ever, so that there is time to kill it
  for i in {1..100}; do delivery "$i" "$i" "$i | $ENDLESS"; done >in
  send --jobs 1 in >pipe 2>err &
  pid=$!
  while [[ -z $worker ]]; do read -r worker <<<"$(children "$pid")"; done
  kill -KILL "$pid"
  wait "$reader"
  while [[ -d /proc/$worker && $(</proc/"$worker"/comm) == wb-jq-server ]]; do :; done
}
test_case 'kill -9 leaves no process behind' killed
