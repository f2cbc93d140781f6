#!/usr/bin/env bash
#
# wb-send-twins.test.sh - one delivery in several lines, of keys that do not wait for each other

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

policy=(--allow-http --allow-net 127.0.0.0/8 --retries 0 --progress never)

# record ID AUTOMATION PATH - a request record for the receiver
record() {
  printf '{"delivery_id":"%s","event":{"event_type":"x"},"automation":{"name":"%s"},"request":{"url":"%s","headers":{},"body":""}}\n' \
    "$1" "$2" "$RECEIVER_URL$3"
}

# twin AUTOMATION PATH - a record of the delivery "twin"; those of different automations do not wait for each other
twin() {
  record twin "$1" "$2"
}

# The receiver takes its time, so that all of them would be under way together.
twins() {
  fresh
  answers <<<'{"/ok":[{"delay_ms":300}],"/no":[{"delay_ms":300,"status":404}]}'
  { twin a /ok && twin b /ok && twin c /ok && record other a /ok; } >in
  expect_status 0 wb-send "${policy[@]}" --journal j in >receipts
  expect_equal "$(jq -r '[.delivery_id, .status, .attempts] | join(" ")' receipts | sort | uniq -c | xargs)" \
    '1 other finished 1 1 twin finished 1 2 twin skipped 0'
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 2 requests
  # what has failed is another one's turn
  : >"$RECEIVER_LOG"
  { twin a /no && twin b /ok && twin c /ok; } >in
  expect_status 1 wb-send "${policy[@]}" --journal j2 in >receipts
  expect_equal "$(jq -r '[.automation, .status] | join(" ")' receipts | sed 's/^[bc] /b or c /' | sort | paste -s -d ,)" \
    'a failed,b or c finished,b or c skipped'
  expect_equal "$(jq -r .path "$RECEIVER_LOG" | xargs)" '/no /ok'
  # without a journal there is nothing to tell it by
  : >"$RECEIVER_LOG"
  expect_status 1 wb-send "${policy[@]}" in >receipts
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 3 requests
}
test_case 'one delivery in several lines, whatever their keys: sent until it is finished' twins

# Two that hash_bytes does not tell apart: who knows the hash must not be able to make one wait for the other.
no_twins() {
  fresh
  local sender
  answers <<<'{"*":[{"stall":true}]}'
  { record adversarAnDAFAAI a / && record w1NDJX6wt-yt-fp- b /; } >in
  wb-send "${policy[@]}" --grace 100ms --journal j in >receipts 2>err &
  sender=$!
  await_requests 2
  kill -TERM "$sender"
  expect_status 1 wait "$sender"
}
test_case 'two deliveries whose ids have one hash do not wait for each other' no_twins

twins_stopped() {
  fresh
  local sender status=0
  answers <<<'{"*":[{"stall":true}]}'
  { twin a / && twin b /; } >in
  wb-send "${policy[@]}" --grace 100ms --journal j in >receipts 2>err &
  sender=$!
  await_requests 1
  kill -TERM "$sender"
  wait "$sender" || status=$?
  expect_equal "$status" 1
  expect_equal "$(jq -r '[.automation, .status, .reason, .attempts] | join(" ")' receipts | sort | paste -s -d ,)" \
    'a deferred stopped 1,b deferred stopped 0'
}
test_case 'one delivery in several lines: stopped while they wait for each other' twins_stopped
