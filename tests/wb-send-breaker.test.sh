#!/usr/bin/env bash
#
# wb-send-breaker.test.sh - endpoints that keep failing are left alone, tried once in a while, and taken up again; rates

# shellcheck disable=SC2016 # what looks like a variable is the name of a secret
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# delivery ID URL - a request record
delivery() {
  printf '{"delivery_id":"%s","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"%s","headers":{"Content-Type":"text/plain"},"body":"%s"}}\n' \
    "$1" "$2" "$1"
}

# deliveries PREFIX N URL
deliveries() {
  local i
  for ((i = 1; i <= $2; i++)); do delivery "$1$i" "$3"; done
}

# send ARGUMENT… - wb-send to this machine
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 --order none --progress never "$@"
}

# got - the bodies of all requests, in order
got() {
  jq -r '.body_base64 | @base64d' "$RECEIVER_LOG" | paste -s -d ' '
}

# requests N - the receiver has got so many requests
requests() {
  expect_equal "$(wc -l <"$RECEIVER_LOG")" "$1" 'requests'
}

# gap M N MS - the receiver got request N no sooner than MS after request M; one is for rounding
gap() {
  expect_equal "$(jq -s --argjson m "$1" --argjson n "$2" --argjson ms "$3" '.[$n - 1].time_ms - .[$m - 1].time_ms >= $ms - 1' "$RECEIVER_LOG")" \
    true "at least $3 ms from request $1 to request $2 ($(jq -c .time_ms "$RECEIVER_LOG" | paste -s -d ' '))"
}

# tally FILE - how many deliveries ended how
tally() {
  jq -r '[.status, .reason // .error.class // "-"] | join(" ")' "$1" | sort | uniq -c | sed 's/^ *//'
}

# ---- the circuit ----

opens() {
  answers <<<'{"/down":[{"status":500}]}'
  { deliveries a 20 "$RECEIVER_URL/down" && deliveries b 5 "$RECEIVER_URL/up"; } >in
  # the probe would come after the budget
  expect_status 1 send -j 1 --breaker 3 --breaker-wait 1h --retries 0 --retry-max-time 1s --journal journal in >receipts 2>err
  expect_empty err
  expect_equal "$(tally receipts)" $'17 deferred circuit\n3 failed http\n5 finished -'
  expect_equal "$(got)" 'a1 a2 a3 b1 b2 b3 b4 b5'
  expect_equal "$(jq -r 'select(.reason) | [.attempts, .error.class] | map(tostring) | join(" ")' receipts | sort -u)" '0 null'
  # the next run sends them
  stop_receiver "$RECEIVER_PID"
  start_receiver --port "$RECEIVER_PORT"
  expect_status 0 send -j 1 --journal journal in >receipts
  expect_equal "$(tally receipts)" $'20 finished -\n5 skipped -'
  expect_equal "$(got)" "$(seq -s ' ' -f 'a%.0f' 20)"
}
test_case 'circuit: opens after --breaker failures; what waits too long is deferred, and sent by the next run' opens

under_way() {
  local n
  answers <<<'{"*":[{"status":503}]}'
  deliveries a 100 "$RECEIVER_URL/" >in
  expect_status 1 send -j 8 --breaker 10 --breaker-wait 1h --retries 0 --retry-max-time 1s in >receipts
  n=$(wc -l <"$RECEIVER_LOG")
  ((n >= 10 && n < 10 + 8)) || fail "$n requests"
  expect_equal "$(tally receipts)" "$((100 - n)) deferred circuit"$'\n'"$n failed http"
}
test_case 'circuit: only what was under way still arrives' under_way

# Retries count as well, and one delivery that is tried again and again is enough.
one_delivery() {
  answers <<<'{"*":[{"status":500}]}'
  delivery a1 "$RECEIVER_URL/" >in
  expect_status 1 send --breaker 2 --breaker-wait 1h --retries 5 --retry-max-time 4s in >receipts
  requests 2
  expect_equal "$(jq -r '[.status, .attempts, .reason, .error.class, .http_status] | map(tostring) | join(" ")' receipts)" 'deferred 2 circuit http 500'
}
test_case 'circuit: retries count; what is deferred tells of the last attempt' one_delivery

by_default() {
  answers <<<'{"*":[{"status":500}]}'
  deliveries a 20 "$RECEIVER_URL/" >in
  expect_status 1 send -j 1 --retries 0 --retry-max-time 1s in >receipts
  expect_equal "$(tally receipts)" $'10 deferred circuit\n10 failed http'
  expect_status 1 send -j 1 --retries 0 --breaker 0 in >receipts
  expect_equal "$(tally receipts)" '20 failed http'
}
test_case 'circuit: after 10 failures; never with --breaker 0' by_default

# The probe finds the endpoint again: the line of progress says that its circuit is open until then.
shown() {
  answers <<<'{"/down":[{"status":500},{"status":500},{"status":204}]}'
  deliveries a 4 "$RECEIVER_URL/down" >in
  expect_status 1 wb-send --allow-http --allow-net 127.0.0.0/8 -j 1 --order none --breaker 2 --breaker-wait 1s \
    --retries 0 --progress always in >receipts 2>err
  expect_equal "$(tally receipts)" $'2 failed http\n2 finished -'
  tr '\r' '\n' <err | grep -F ' failed, 1 circuit open' >/dev/null || fail "no circuit in: $(<err)"
  expect_equal "$(tr '\r' '\n' <err | tail -n 1 | grep -c circuit)" 0 'circuits in the summary'
}
test_case 'circuit: progress shows that it is open' shown

no_connection() {
  start_receiver
  stop_receiver "$RECEIVER_PID"
  deliveries a 10 "$RECEIVER_URL/" >in
  expect_status 1 send -j 1 --breaker 3 --retries 0 --retry-max-time 1s in >receipts
  expect_equal "$(tally receipts)" $'7 deferred circuit\n3 failed connect'
}
test_case 'circuit: connections that fail count' no_connection

no_failures() {
  answers <<<'{"/4":[{"status":404},{"status":429},{"status":302},{"status":404}],"/in-turn":[{"status":500},{},{"status":500},{},{"status":500},{}],
    "/rejected":[{"body":"false"}]}'
  {
    deliveries a 10 "$RECEIVER_URL/4"
    deliveries b 6 "$RECEIVER_URL/in-turn"
    deliveries c 5 "$RECEIVER_URL/rejected" | sed 's/"request":{/&"success_when":".",/'
    deliveries d 5 "$RECEIVER_URL/" | sed 's/"headers":{/&"X-A":"$MISSING",/'
    delivery e "$RECEIVER_URL/"
  } >in
  expect_status 1 send -j 1 --breaker 2 --breaker-wait 1h --retries 0 --retry-max-time 1s in >receipts
  expect_equal "$(tally receipts)" $'13 failed http\n5 failed rejected\n5 failed secret\n4 finished -'
  requests 22
}
test_case 'circuit: an endpoint that answers, or was not asked, has not failed; a success starts anew' no_failures

probe_closes() {
  answers <<<'{"/":[{"status":500},{"status":500},{"status":500},{"status":500},{}]}'
  # the first one's budget and retries are enough for all of it
  deliveries a 10 "$RECEIVER_URL/" >in
  expect_status 0 send -j 4 --order endpoint --breaker 3 --breaker-wait 500ms --retries 20 in >receipts
  expect_equal "$(got)" 'a1 a1 a1 a1 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10'
  gap 3 4 500
  gap 4 5 500
  expect_equal "$(tally receipts)" '10 finished -'
}
test_case 'circuit: a probe that succeeds closes it, and all arrive, in order' probe_closes

# Three are under way when the first of them opens it.
one_probe() {
  answers <<'END'
{"/":[{"status":500,"delay_ms":200},{"status":500,"delay_ms":300},{"status":500,"delay_ms":300},{"status":500,"delay_ms":300},
  {"delay_ms":300},{}]}
END
  deliveries a 30 "$RECEIVER_URL/" >in
  expect_status 0 send -j 3 --breaker 1 --breaker-wait 500ms --retries 20 in >receipts
  expect_equal "$(tally receipts)" '30 finished -'
  requests 34
  # while a probe is under way, nothing else is
  expect_equal "$(jq -s -c 'map(.in_flight) | .[3:5]' "$RECEIVER_LOG")" '[1,1]'
  gap 1 4 500
  gap 4 5 500
  gap 5 6 300
}
test_case 'circuit: probes go alone' one_probe

# A circuit is an endpoint's, not a host's.
others() {
  answers <<<'{"/down":[{"status":500}]}'
  { deliveries a 4 "$RECEIVER_URL/down" && deliveries b 4 "$RECEIVER_URL/down?x" && deliveries c 4 "$RECEIVER_URL/up"; } >in
  expect_status 1 send -j 1 --breaker 2 --retries 0 --retry-max-time 1s in >receipts
  expect_equal "$(got | tr ' ' '\n' | sort | paste -s -d ' ')" 'a1 a2 b1 b2 c1 c2 c3 c4'
}
test_case 'circuit: of a URL' others

# ---- rates ----

# started MS N - the Nth delivery that was started was started MS after the first at the earliest
spread() {
  expect_equal "$(jq -n --argjson ms "$1" --argjson n "$2" '[inputs.started_at | (.[:19] + "Z" | fromdate) * 1000 + (.[20:23] | tonumber)] |
    sort | .[$n - 1] - .[0] >= $ms' receipts)" true "$1 ms until number $2 ($(jq -r .started_at receipts | sort | paste -s -d ' '))"
}

rates() {
  start_receiver
  deliveries a 21 "$RECEIVER_URL/" >in
  expect_status 0 send --rate 10 in >receipts
  # late ones may catch up by 20 ms, and two are for rounding
  spread 1978 21
  # it is later that the receiver gets the first one, but by less than half of the time
  gap 1 21 1000
  expect_equal "$(tally receipts)" '21 finished -'
  deliveries a 3 "$RECEIVER_URL/" >in
  expect_status 0 send --rate 60/m in >receipts
  spread 1978 3
}
test_case 'rate: so many a second or minute' rates

# Each host has its own.
rate_of_host() {
  local url
  start_receiver
  url=$RECEIVER_URL
  start_receiver --listen 127.0.0.2
  { deliveries a 3 "$url/" && deliveries b 3 "$RECEIVER_URL/"; } >in
  expect_status 0 send -j 1 --rate 1/s in >receipts
  # by turns, whichever comes first
  expect_equal "$(jq -r .delivery_id receipts | tr -d '0-9' | paste -d ' ' - - | sed 's/b a/a b/' | paste -s -d ' ')" 'a b a b a b'
  jq -c 'select(.delivery_id | startswith("a"))' receipts >a
  mv a receipts
  spread 1978 3
}
test_case 'rate: of each host' rate_of_host

# An endpoint that has asked for a pause must not get all at once what was to go meanwhile.
# An attempt whose turn would come after the budget's end is not waited for, and takes nobody's turn.
rate_beyond_budget() {
  answers <<<'{"/no":[{"status":503}]}'
  delivery 1 "$RECEIVER_URL/no" >in
  expect_status 1 timeout 100 wb-send --allow-http --allow-net 127.0.0.0/8 --progress never --rate 1/h --retry-max-time 60s in >receipts
  expect_equal "$(jq -r '[.status, .reason, .attempts, .http_status, .error.class, .error.text] | map(tostring) | join(" ")' receipts)" \
    'deferred budget 1 503 http status 503'
}
test_case 'rate: what it would put off beyond the budget is deferred at once' rate_beyond_budget

rate_after_pause() {
  answers <<<'{"*":[{"status":429,"headers":{"Retry-After":"2"}},{}]}'
  deliveries a 12 "$RECEIVER_URL/" >in
  expect_status 0 send -j 16 --rate 5/s in >receipts
  expect_equal "$(tally receipts)" '12 finished -'
  requests 13
  gap 1 2 2000
  # the other eleven, without the retry that comes among them
  jq -c 'select(.attempts == 1)' receipts >others
  mv others receipts
  spread 1978 11
}
test_case 'rate: holds after a pause as well' rate_after_pause

rate_with_circuit() {
  answers <<<'{"*":[{"status":500},{"status":500},{}]}'
  deliveries a 12 "$RECEIVER_URL/" >in
  expect_status 0 send -j 16 --rate 5/s --breaker 2 --breaker-wait 2s in >receipts
  expect_equal "$(tally receipts)" '12 finished -'
  jq -c 'select(.attempts == 1)' receipts >others
  mv others receipts
  spread 1778 10
}
test_case 'rate: holds after a circuit has closed as well' rate_with_circuit

bad_rates() {
  local bad
  for bad in '' 0 0/s -1 1.5 x 10/d 10/ /s 1000001 10s '1 /s'; do
    expect_status 2 send --rate "$bad" </dev/null >out 2>err
    expect_empty out
  done
  for bad in -1 x 1.5 ''; do
    expect_status 2 send --breaker "$bad" </dev/null >out 2>err
  done
  for bad in 0 x 31d ''; do
    expect_status 2 send --breaker-wait "$bad" </dev/null >out 2>err
  done
}
test_case 'options: values that are none' bad_rates
