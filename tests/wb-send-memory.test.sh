#!/usr/bin/env bash
#
# wb-send-memory.test.sh - a million records for an endpoint that is down: little memory, input only as fast as it can be
# kept, and a receipt for all that was read

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

LINES_TOTAL=1000000
RSS_MAX=$((32 * 1024)) # KiB
KEPT_MAX=$((9 * 1024 * 1024)) # bytes of input that may be read before anything has ended

# What a sanitizer needs is not what is measured here.
! grep -q -a -E '__(asan|msan|tsan)_init' "$WB_BIN/wb-send" || skip 'a sanitizer takes memory of its own'

SEND=(wb-send --allow-http --allow-net 127.0.0.0/8 --progress never)

# Nothing listens there any more.
start_receiver --listen 127.0.0.1
stop_receiver "$RECEIVER_PID"

# Each of a collection of its own: each takes its own place.
awk -v n="$LINES_TOTAL" -v url="$RECEIVER_URL/" 'BEGIN {
  for (i = 1; i <= n; i++)
    printf "{\"delivery_id\":\"d-%d\",\"event\":{\"event_type\":\"x\",\"artifact_collection_name\":\"c%d\"},\"automation\":{\"name\":\"a\"},\"request\":{\"url\":\"%s\",\"headers\":{},\"body\":\"%d\"}}\n", i, i, url, i
}' >million

# rss PID - the most memory that it has had, in KiB
rss() {
  awk '$1 == "VmHWM:" { print $2 }' "/proc/$1/status"
}

# written PID - the bytes that it has written
written() {
  awk '$1 == "wchar:" { print $2 }' "/proc/$1/io"
}

# beginning FILE - the receipts are those of the first records, one for each, and all deferred; how many
beginning() {
  LC_ALL=C awk -F '"' '
    { id = substr($4, 3) + 0 }
    id in seen { print "twice: " $0; exit }
    !/"status":"deferred"/ { print "not deferred: " $0; exit }
    { seen[id]; if (id > last) last = id }
    END { if (last != NR) print "receipts are missing: " NR " up to " last; print NR }' "$1"
}

# The writer is blocked as long as there is no place for more.
blocked() {
  local sender writer before after same=0 i n status=0
  [[ -r /proc/self/io ]] || skip 'no /proc/PID/io here'
  mkfifo pipe tick
  exec {tick}<>tick
  # a background command of a script would ignore SIGINT
  env --default-signal=INT "${SEND[@]}" --breaker-wait 1h pipe >receipts 2>err &
  sender=$!
  SERVERS+=("$sender") # should this fail in between
  cat million >pipe 2>/dev/null &
  writer=$!
  # As long as it goes on, it goes on being looked at; what is asserted holds at any time.
  before=0
  for ((i = 0; i < 1200 && same < 20; i++)); do
    read -r -t 0.05 -u "$tick" || : # nobody writes there
    after=$(written "$writer")
    ((after <= KEPT_MAX)) || fail "$after bytes were taken, with nowhere to go"
    if ((after == before && after > 0)); then same=$((same + 1)); else same=0; fi
    before=$after
  done
  ((before > 1024 * 1024)) || fail "only $before bytes were taken"
  (($(rss "$sender") < RSS_MAX)) || fail "memory: $(rss "$sender") KiB"
  note "taken: $before bytes, memory: $(rss "$sender") KiB"
  kill -INT "$sender"
  wait "$sender" || status=$?
  SERVERS=()
  wait "$writer" || :
  expect_equal "$status" 1
  expect_equal "$(<err)" 'wb-send: stopped by SIGINT: starting nothing more, waiting for what is under way'
  # all that was written until then is told of
  n=$(beginning receipts)
  expect_match "$n" '^[0-9]+$'
  (($(head -n "$((n + 1))" million | wc -c) >= before)) || fail "$n receipts for $before bytes"
  expect_equal "$(grep -c '"reason":"stopped"' receipts)" "$n"
}
test_case 'blocked: input is read as far as it can be kept, and told of when stopped' blocked

# All of it goes through when nothing waits for long.
passes() {
  local status=0
  # it says so itself: nothing can be asked of a process that has ended
  /usr/bin/time -f %M -o peak true || skip 'no /usr/bin/time here'
  /usr/bin/time -f %M -o peak "${SEND[@]}" --retry-max-time 1ms --breaker-wait 1h \
    million >receipts 2>err || status=$?
  expect_equal "$status" 1
  expect_empty err
  note "memory: $(tail -n 1 peak) KiB"
  (($(tail -n 1 peak) < RSS_MAX)) || fail "memory: $(tail -n 1 peak) KiB"
  expect_equal "$(beginning receipts)" "$LINES_TOTAL"
}
test_case 'passes: a million deferred deliveries, each with its receipt' passes

# One at a time, and each takes another place among those that there are.
long_answers() {
  /usr/bin/time -f %M -o peak true || skip 'no /usr/bin/time here'
  start_receiver --script <(printf '{"*":[{"status":500,"body_bytes":1000000}]}')
  head -n 100 million | sed "s|\"url\":\"[^\"]*\"|\"url\":\"$RECEIVER_URL/\"|; s/,\"artifact_collection_name\":\"c[0-9]*\"//" >in
  expect_status 1 /usr/bin/time -f %M -o peak "${SEND[@]}" --retries 0 --breaker 0 --jobs 100 --max-response 1000000 \
    in >receipts 2>err
  expect_empty err
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 100 requests
  note "memory: $(tail -n 1 peak) KiB"
  (($(tail -n 1 peak) < RSS_MAX)) || fail "memory: $(tail -n 1 peak) KiB"
}
test_case 'long answers leave no long buffers behind' long_answers

# Nobody reads receipts, and the answers are long: not all of them are asked for, and what came is kept in little memory.
unread_answers() {
  local hold reading sender tick reader before=-1 after=0 same=0 status=0
  start_receiver --script <(printf '{"*":[{"status":500,"body_bytes":1000000}]}')
  head -n 400 million | sed "s|\"url\":\"[^\"]*\"|\"url\":\"$RECEIVER_URL/\"|" >in
  rm -f out pause
  mkfifo out pause
  exec {hold}<>out {tick}<>pause
  "${SEND[@]}" --order none --retries 0 --breaker 0 --jobs 200 --max-response 1000000 in >out 2>err {hold}<&- {tick}<&- &
  sender=$!
  SERVERS+=("$sender")
  await_requests 10
  # Looked at too early, it is not yet full; nothing fails for that.
  while ((same < 20)); do
    read -r -t 0.05 -u "$tick" || : # nobody writes there
    after=$(wc -l <"$RECEIVER_LOG")
    if ((after == before)); then same=$((same + 1)); else same=0; fi
    before=$after
  done
  note "requests: $after, memory: $(rss "$sender") KiB"
  ((after < 100)) || fail "$after requests without a reader"
  (($(rss "$sender") < 4 * RSS_MAX)) || fail "memory: $(rss "$sender") KiB"
  exec {reading}<out
  exec {hold}<&-
  wc -l <&"$reading" >lines &
  reader=$!
  exec {reading}<&-
  wait "$sender" || status=$?
  SERVERS=()
  wait "$reader"
  expect_equal "$status $(<lines)" '1 400'
  expect_empty err
}
test_case 'long answers, and nobody who reads receipts: few are asked for' unread_answers
