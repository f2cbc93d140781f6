#!/usr/bin/env bash
#
# wb-send-stop.test.sh - signals, progress, and readers of receipts that take their time

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# record ID PATH - a request record for the receiver
record() {
  printf '{"delivery_id":"%s","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"%s","headers":{},"body":"%s"}}\n' \
    "$1" "$RECEIVER_URL$2" "$1"
}

# records N PATH [FROM] - so many
records() {
  awk -v n="$1" -v url="$RECEIVER_URL$2" -v from="${3:-1}" 'BEGIN {
    for (i = from; i < from + n; i++)
      printf "{\"delivery_id\":\"d-%d\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":\"a\"},\"request\":{\"url\":\"%s\",\"headers\":{},\"body\":\"d-%d\"}}\n", i, url, i
  }'
}

policy=(--allow-http --allow-net 127.0.0.0/8 --order none --retries 0 --breaker 0)

# send ARGUMENT… - wb-send to this machine
send() {
  wb-send "${policy[@]}" --progress never "$@"
}

# start ARGUMENT… - the same in the background, where a shell would have it ignore SIGINT; sets SENDER
start() {
  env --default-signal=INT wb-send "${policy[@]}" --progress never "$@" >receipts 2>err &
  SENDER=$!
}

# ---- signals ----

# Four are under way when it is stopped: the answer takes a while, and they end well within the grace.
late_answers() {
  fresh
  answers <<<'{"*":[{"delay_ms":500}]}'
  records 100 / >in
  start -j 4 --grace 60s --journal j in
  await_requests 4
  kill "-$signal" "$SENDER"
  ended 1
  expect_equal "$(<err)" "wb-send: stopped by SIG$signal: starting nothing more, waiting for what is under way"
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 4 requests
  expect_equal "$(counts receipts)" '96 deferred stopped,4 finished'
  expect_equal "$(jq -r .delivery_id receipts | sort -u | wc -l)" 100 'different receipts'
  expect_equal "$(jq -r 'select(.status == "deferred") | [.attempts, .error] | @text' receipts | sort -u)" '[0,null]'
  expect_equal "$(jq -r .delivery_id j | sort | xargs)" 'd-1 d-2 d-3 d-4' journal
  # the next run does the rest
  expect_status 0 send --journal j in >receipts
  expect_equal "$(counts receipts)" '96 finished,4 skipped'
}
for signal in INT TERM HUP; do
  test_case "SIG$signal: what is under way ends and is recorded, the rest is deferred" late_answers
done

stalled() {
  fresh
  answers <<<'{"*":[{"stall":true}]}'
  records 20 / >in
  start -j 4 --grace 100ms --journal j --dead-letter dead in
  await_requests 4
  kill -TERM "$SENDER"
  ended 1
  expect_equal "$(counts receipts)" '20 deferred stopped'
  expect_equal "$(jq -c 'select(.attempts > 0) | [.attempts, .error.class, .error.text]' receipts | sort | uniq -c | xargs)" \
    '4 [1,timeout,broken off when sending was stopped; whether it arrived is not known]'
  expect_equal "$(jq -c '[.status, .reason, .error.class]' j | sort | uniq -c | xargs)" '4 [deferred,stopped,timeout]'
  expect_empty dead
}
test_case 'a receiver that stalls: broken off when the grace is over' stalled

second_signal() {
  fresh
  answers <<<'{"*":[{"stall":true}]}'
  records 20 / >in
  start -j 4 --grace 1h --timeout 2h --journal j in
  await_requests 4
  kill -INT "$SENDER"
  await_line err 'stopped by SIGINT: starting nothing more'
  kill -TERM "$SENDER"
  ended 1
  expect_equal "$(tail -n 1 err)" 'wb-send: stopped by SIGTERM: breaking off what is under way'
  expect_equal "$(counts receipts)" '20 deferred stopped'
}
test_case 'a second signal ends the grace' second_signal

no_retry() {
  fresh
  answers <<<'{"*":[{"status":503}]}'
  records 1 / >in
  start --retries 1000 --retry-max-time 1h --dead-letter dead in
  await_requests 2
  kill -TERM "$SENDER"
  ended 1
  expect_equal "$(counts receipts)" '1 deferred stopped'
  expect_equal "$(jq -c '[.attempts >= 2, .http_status, .error.class]' receipts)" '[true,503,"http"]'
  expect_empty dead
}
test_case 'stopped while it waits to try again: deferred, with the last error' no_retry

ignored() {
  fresh
  answers <<<'{"*":[{"delay_ms":300}]}'
  records 8 / >in
  (trap '' INT && exec wb-send "${policy[@]}" --progress never -j 2 in) >receipts 2>err &
  SENDER=$!
  await_requests 1
  kill -INT "$SENDER"
  ended 0
  expect_empty err
  expect_equal "$(counts receipts)" '8 finished'
}
test_case 'SIGINT that is ignored at the start stays ignored' ignored

open_fifo() {
  fresh
  start_receiver
  mkfifo fifo
  exec {hold}<>fifo
  record d-1 / >&"$hold"
  start --journal j fifo
  await_line receipts '"d-1".*"finished"'
  # half a line is none
  printf '{"delivery_id":"d-2"' >&"$hold"
  kill -TERM "$SENDER"
  ended 1
  exec {hold}<&-
  expect_equal "$(counts receipts)" '1 finished'
}
test_case 'input that stays open is not waited for' open_fifo

# ---- a FIFO named as an input ----

# finished ID - matches its receipt
finished() {
  printf '"%s".*"finished"' "$1"
}

writer_comes_later() {
  fresh
  start_receiver
  mkfifo fifo
  record d-1 / >in
  record d-2 / >in2
  start in fifo in2
  await_line receipts "$(finished d-1)"
  record d-3 / >fifo
  ended 0
  expect_equal "$(jq -r .delivery_id receipts | xargs)" 'd-1 d-3 d-2'
}
test_case 'a FIFO: a writer that comes late holds up no receipts of what came before' writer_comes_later

fifo_first() {
  fresh
  local hold
  start_receiver
  mkfifo fifo
  record d-1 / >in
  start fifo in
  # opened for writing only when it is open for reading: it is looked at before anybody has written
  exec {hold}>fifo
  record d-2 / >&"$hold"
  await_line receipts "$(finished d-2)"
  exec {hold}>&-
  ended 0
  expect_equal "$(jq -r .delivery_id receipts | xargs)" 'd-2 d-1'
  # a writer with nothing to say is one, too
  start fifo in
  : >fifo
  ended 0
  expect_equal "$(jq -r .delivery_id receipts | xargs)" 'd-1'
}
test_case 'a FIFO: comes first, and ends when its writer has' fifo_first

stopped_at_fifo() {
  fresh
  start_receiver
  mkfifo fifo
  record d-1 / >in
  start in fifo
  await_line receipts "$(finished d-1)"
  kill -TERM "$SENDER"
  ended 1
  expect_equal "$(counts receipts)" '1 finished'
}
test_case 'a FIFO: SIGTERM ends the wait for a writer' stopped_at_fifo

# More than is read at once: each of them has a receipt all the same.
many_left() {
  fresh
  answers <<<'{"*":[{"delay_ms":200}]}'
  records 100000 / >in
  start -j 4 --grace 60s --journal j in
  await_requests 4
  kill -TERM "$SENDER"
  ended 1
  expect_equal "$(counts receipts)" '99996 deferred stopped,4 finished'
  expect_equal "$(jq -r .delivery_id receipts | sort -u | wc -l)" 100000 'different receipts'
}
test_case 'a hundred thousand records: each one has its receipt' many_left

# ---- progress ----

# terminal COMMAND - run it with a terminal as standard output and error; leaves what it writes there in shown.raw
terminal() {
  command -v script >/dev/null || skip 'no script(1)'
  script -q -e -c true /dev/null </dev/null >/dev/null 2>&1 || skip 'no pseudo-terminal'
  expect_status "${STATUS:-0}" script -q -e -E never -c "$1" tty.log </dev/null >shown.raw
}

when() {
  fresh
  local words="${policy[*]}"
  answers <<<'{"/ok":[{}],"/late":[{"delay_ms":700}],"/no":[{"status":404}]}'
  record d-1 /ok >ok
  { record d-1 /late && record d-2 /no; } >late
  # not a terminal
  wb-send "${policy[@]}" --progress auto ok 2>err >receipts
  expect_empty err
  expect_status 1 wb-send "${policy[@]}" --progress auto late 2>err >receipts
  expect_match "$(<err)" '^wb-send: 1 finished, 1 failed in [0-9]+\.[0-9] s \([0-9.]+/s\)$'
  expect_status 1 wb-send "${policy[@]}" --progress never late 2>err >receipts
  expect_empty err
  expect_status 1 wb-send "${policy[@]}" --progress always -j 1 late 2>err >receipts
  expect_match "$(<err)" $'^\rwb-send: .*\e\\[K.*\r\e\\[Kwb-send: 1 finished, 1 failed in .*/s\\)$'
  # a terminal
  STATUS=1 terminal "wb-send $words -j 1 late >receipts"
  expect_match "$(<shown.raw)" $'^\rwb-send: [^\r]*\e\\[K(\r[^\r]*\e\\[K)*\r\e\\[Kwb-send: 1 finished, 1 failed in [0-9.]* s \\([0-9.]*/s\\)\r$'
  expect_equal "$(wc -l <receipts)" 2 receipts
  STATUS=1 terminal "wb-send $words --progress never late >receipts"
  expect_empty shown.raw
}
test_case '--progress: auto, always, never; the line is erased, the summary stays' when

# What a terminal shows of its text: a line that is written over is gone.
shown() {
  sed -E $'s/\r$//; s/.*\r\e\\[K//; s/^.*\r//' shown.raw
}

same_terminal() {
  fresh
  answers <<<'{"*":[{"delay_ms":60}]}'
  records 60 / >in
  terminal "wb-send ${policy[*]} -j 1 in"
  expect_match "$(<shown.raw)" $'\e\\[K'
  shown >screen
  # Between two receipts a progress line may have been drawn and erased: nothing of it is left.
  grep -v '^wb-send: 60 finished in [0-9.]* s ([0-9.]*/s)$' screen >lines
  expect_equal "$(wc -l <lines)" 60 'lines on the screen'
  expect_equal "$(jq -r .delivery_id lines | sort -u | wc -l)" 60 'whole receipts'
  expect_equal "$(grep -c $'\e' lines || :)" 0
  expect_equal "$(tail -n 1 screen | cut -c 1-20)" 'wb-send: 60 finished'
}
test_case '--progress: receipts on the same terminal are not garbled' same_terminal

# ---- slow readers ----

# Receipts of 30,000 deliveries are much more than wb-send keeps, and than a pipe holds: it waits, with nothing under
# way that could time out.
slow_reader() {
  fresh
  local before=-1 after=0 reader hold reading memory=60000
  # a sanitizer needs its own
  [[ -z ${SAN-} ]] || memory=600000
  start_receiver
  records 30000 / >in
  mkfifo out
  exec {hold}<>out
  wb-send "${policy[@]}" --progress never --journal j in >out 2>err {hold}<&- &
  SENDER=$!
  await_requests 3000
  # Looked at too early, it is not yet full; nothing fails for that.
  while ((before != after)); do
    before=$after
    read -r -t 1 -u "$hold" -N 0 || :
    after=$(wc -l <"$RECEIVER_LOG")
  done
  ((after < 20000)) || fail "$after requests without a reader"
  (($(awk '/VmHWM/ { print $2 }' "/proc/$SENDER/status") < memory)) || fail 'memory'
  exec {reading}<out
  exec {hold}<&-
  cat <&"$reading" >receipts &
  reader=$!
  exec {reading}<&-
  ended 0
  wait "$reader"
  expect_empty err
  expect_equal "$(counts receipts)" '30000 finished'
  expect_equal "$(jq -r .delivery_id receipts | sort -u | wc -l) $(wc -l <"$RECEIVER_LOG") $(wc -l <j)" '30000 30000 30000'
}
test_case 'a reader that waits holds up sending, in bounded memory; then everything comes' slow_reader

# Nobody reads while it is stopped: it waits for the reader, and nothing is lost.
stopped_with_slow_reader() {
  fresh
  local hold reader reading
  start_receiver
  records 30000 / >in
  mkfifo out
  exec {hold}<>out
  env --default-signal=INT wb-send "${policy[@]}" --progress never --journal j in >out 2>err {hold}<&- &
  SENDER=$!
  await_requests 3000
  kill -INT "$SENDER"
  await_line err 'stopped by SIGINT'
  exec {reading}<out
  exec {hold}<&-
  cat <&"$reading" >receipts &
  reader=$!
  exec {reading}<&-
  ended 1
  wait "$reader"
  expect_equal "$(jq -r .delivery_id receipts | sort -u | wc -l) $(wc -l <receipts)" '30000 30000'
  expect_equal "$(jq -r 'select(.status == "finished") | .delivery_id' receipts | sort)" "$(jq -r .delivery_id j | sort)"
}
test_case 'stopped while nobody reads: each record still has its receipt' stopped_with_slow_reader

# all_sent_unread ARGUMENT… - start with a journal, until all is sent and noted there, and has more receipts than a pipe
# holds: it waits for a reader, who has to open ./out; sets hold, which keeps that open
all_sent_unread() {
  start_receiver
  records 500 / >in
  mkfifo out
  exec {hold}<>out
  wb-send "${policy[@]}" --progress never -j 1 --journal j "$@" in >out 2>err {hold}<&- &
  SENDER=$!
  await_line j '"d-500","status":"finished"'
  kill -TERM "$SENDER"
  await_line err '^wb-send: stopped by SIGTERM: waiting for standard output to take the receipts that are left$'
}

late_reader() {
  fresh
  local hold reading
  all_sent_unread --grace 1h
  exec {reading}<out
  exec {hold}<&-
  cat <&"$reading" >receipts
  ended 0
  expect_equal "$(wc -l <err)" 1 messages
  expect_equal "$(counts receipts)" '500 finished'
  expect_equal "$(jq -r .delivery_id receipts)" "$(jq -r .delivery_id j)"
}
test_case 'stopped when only receipts are left: a reader that comes late takes all' late_reader

no_reader() {
  fresh
  local hold reading
  all_sent_unread --grace "$grace"
  [[ $grace != 1h ]] || kill -TERM "$SENDER"
  ended 3
  exec {reading}<out
  exec {hold}<&-
  cat <&"$reading" >receipts
  expect_equal "$(grep -v -e '^{' -e 'stopped by' err)" 'wb-send: stopped while standard output took no receipts
wb-send: these deliveries have ended, but their receipts could not be printed:'
  expect_equal "$(jq -r .delivery_id j | sort)" "$(records 500 / | jq -r .delivery_id | sort)" journal
  expect_equal "$(cat receipts err | sed -n 's/^{"delivery_id":"\([^"]*\)".*"status":"finished".*}$/\1/p' | sort -u)" \
    "$(jq -r .delivery_id j | sort)"
}
grace=1h
test_case 'stopped when only receipts are left: a second signal, and nobody reads' no_reader
grace=10ms
test_case 'stopped when only receipts are left: the grace passes, and nobody reads' no_reader
