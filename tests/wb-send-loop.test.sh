#!/usr/bin/env bash
#
# wb-send-loop.test.sh - the loop goes on whatever comes in, ends, or stands still, and loses nothing

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# record ID URL - a request record
record() {
  printf '{"delivery_id":"%s","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"%s","headers":{},"body":"%s"}}\n' \
    "$1" "$2" "$1"
}

# records N URL - so many of them
records() {
  awk -v n="$1" -v url="$2" 'BEGIN {
    for (i = 1; i <= n; i++)
      printf "{\"delivery_id\":\"d-%d\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":\"a\"},\"request\":{\"url\":\"%s\",\"headers\":{},\"body\":\"d-%d\"}}\n", i, url, i
  }'
}

policy=(--allow-http --allow-net 127.0.0.0/8 --retries 0 --breaker 0 --progress never)
denied=http://10.1.2.3/

# send ARGUMENT… - wb-send to this machine, which must come to an end
send() {
  timeout --foreground -k 5 60 wb-send "${policy[@]}" "$@"
}

# start ARGUMENT… - the same in the background; sets SENDER, which passes signals on
start() {
  timeout --foreground -s KILL 60 wb-send "${policy[@]}" "$@" >"${RECEIPTS:-receipts}" 2>err &
  SENDER=$!
}

# ---- much that ends at once ----

# Their receipts are more than may wait, and nothing is under way that would wake the loop.
many_end() {
  fresh
  answers <<<'{"*":[{"delay_ms":300}]}'
  { record first "$RECEIVER_URL/" && records 12000 "$denied"; } >in
  expect_status 1 send in >receipts
  expect_equal "$(counts receipts)" '12000 failed,1 finished'
}
test_case 'twelve thousand that end in one turn: each has its receipt' many_end

# The second one nearly fills what may wait, so that reading stops within what was read already; then all of it ends at
# once, and nothing more comes.
read_already() {
  fresh
  local hold
  answers <<<'{"*":[{"delay_ms":1500}]}'
  {
    printf '{"delivery_id":"long","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"%s","headers":{},"body":"' "$denied"
    head -c $((8 * 1024 * 1024 - 2500)) /dev/zero | tr '\0' x
    printf '"}}\n'
  } >long
  records 20 "$denied" >short
  mkfifo fifo
  exec {hold}<>fifo
  start fifo {hold}<&-
  record first "$RECEIVER_URL/" >&"$hold"
  cat long >&"$hold"
  cat short >&"$hold"
  await_line receipts '"d-20"'
  exec {hold}<&-
  ended 1
  expect_equal "$(counts receipts)" '21 failed,1 finished'
}
test_case 'lines that were read before there was room are not forgotten' read_already

# ---- much that comes and is none ----

# goes_on ARGUMENT… - what comes behind a record does not keep that from being delivered, nor a signal from being seen
goes_on() {
  start --grace 100ms "$@"
  await_requests 1
  kill -TERM "$SENDER"
  ended 1
  expect_equal "$(counts receipts)" '1 finished'
  grep -q '^wb-send: stopped by SIGTERM: ' err || fail 'no word of SIGTERM'
}

refused() {
  fresh
  local writer
  start_receiver
  mkfifo fifo
  { record d-1 "$RECEIVER_URL/" && exec yes x; } >fifo 2>/dev/null &
  writer=$!
  goes_on fifo
  wait "$writer" || :
}
test_case 'lines that are refused, without an end' refused

# many LINE - a record, and so many lines of a file, again and again, that reading them takes long
many() {
  local again
  fresh
  start_receiver
  record d-1 "$RECEIVER_URL/" >in
  # not pipefail: it leaves early
  (set +o pipefail && yes "$1" | head -c 16M >many)
  mapfile -t again < <(seq 5000 | sed 's,.*,many,')
  goes_on --max-line 300 in "${again[@]}"
}
blank() { many ''; }
test_case 'blank lines, without an end' blank
too_long() { many "$(printf '%0400d' 0)"; }
test_case 'lines that are too long, without an end' too_long

endless_line() {
  fresh
  start_receiver
  record d-1 "$RECEIVER_URL/" >in
  truncate -s 4T in || skip 'no holes in files'
  goes_on in
}
test_case 'a line without an end' endless_line

# ---- standing still ----

# Nobody reads receipts, and a second signal ends the wait for a reader.
blocked_output() {
  fresh
  local hold tick reading told before=-1 after same=0
  start_receiver
  records 100000 "$RECEIVER_URL/" >in
  mkfifo out tick
  exec {hold}<>out {tick}<>tick
  RECEIPTS=out start --order none --grace 1h --journal j in {hold}<&-
  await_requests 3000
  # Looked at too early, it is not yet full; nothing fails for that.
  while ((same < 10)); do
    read -r -t 0.1 -u "$tick" || : # nobody writes there
    after=$(wc -l <"$RECEIVER_LOG")
    if ((after == before)); then same=$((same + 1)); else same=0; fi
    before=$after
  done
  kill -TERM "$SENDER"
  await_line err 'stopped by SIGTERM: starting nothing more'
  kill -TERM "$SENDER"
  ended 3
  exec {reading}<out
  exec {hold}<&-
  cat <&"$reading" >receipts
  exec {reading}<&-
  # what was delivered is told here or there
  told=$(cat receipts err | sed -n 's/^{"delivery_id":"\([^"]*\)".*"status":"finished".*}$/\1/p' | sort -u)
  expect_equal "$told" "$(jq -r .delivery_id j | sort)"
  expect_equal "$(grep -c 'stopped while standard output took no receipts' err)" 1
}
test_case 'nobody reads receipts: a second signal is the end' blocked_output

# While it stands still, answers come, and then their time passes: they came in time all the same.
stopped_process() {
  fresh
  answers <<<'{"/late":[{"delay_ms":4500}],"*":[{"delay_ms":1500}]}'
  records 200 "$RECEIVER_URL/" >in
  # shellcheck disable=SC2016
  timeout --foreground -k 5 60 bash -c 'echo "$$" >pid; exec wb-send "$@"' - "${policy[@]}" --order none --jobs 256 \
    --timeout 4s in >receipts 2>err &
  SENDER=$!
  await_requests 200
  kill -STOP "$(<pid)"
  # answered when they all are, and have timed out
  curl -q -sS -d x "$RECEIVER_URL/late" >late
  kill -CONT "$(<pid)"
  ended 0
  expect_equal "$(counts receipts)" '200 finished'
}
test_case 'a process that stood still takes what came in time' stopped_process

# With nothing to wait with, nothing can go on; but what was taken is told of.
cannot_wait() {
  fresh
  command -v strace >/dev/null || skip 'no strace'
  strace -f -qq -o trace -e inject='?poll,?ppoll:error=ENOMEM:when=1+' true || skip 'strace may not'
  answers <<<'{"*":[{"stall":true}]}'
  records 12 "$RECEIVER_URL/" >in
  ASAN_OPTIONS=detect_leaks=0 expect_status 3 strace -f -qq -o trace -e inject='?poll,?ppoll:error=ENOMEM:when=1+' \
    wb-send "${policy[@]}" --order none --jobs 4 in >receipts 2>err
  expect_equal "$(<err)" 'wb-send: cannot wait for the network: Cannot allocate memory; nothing more is sent'
  expect_equal "$(counts receipts)" '12 deferred stopped'
  expect_equal "$(jq -r .attempts receipts | sort | uniq -c | xargs)" '8 0 4 1'
}
test_case 'waiting fails: all has a receipt' cannot_wait
