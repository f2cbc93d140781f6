#!/usr/bin/env bash
#
# wb-send-retry.test.sh - what is tried again and what is not, how often and when, and what the next attempt looks like;
# what success_when makes of a response

# shellcheck disable=SC2016 # what looks like variables are secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# delivery ID URL [MEMBERS [HEADERS]] - a request record; MEMBERS of the request, HEADERS as members of an object
delivery() {
  printf '{"delivery_id":"%s","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"%s","headers":{%s},"body":"{\\"id\\":\\"%s\\"}"%s}}\n' \
    "$1" "$2" "${4-\"Content-Type\":\"application/json\"}" "$1" "${3:+,$3}"
}

# send ARGUMENT… - wb-send to this machine
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 --breaker 0 --order none --progress never "$@"
}

# paths - of all requests, in order
paths() {
  jq -r .path "$RECEIVER_LOG" | paste -s -d ' '
}

# gap M N MS - the receiver got request N no sooner than MS after request M; one is for rounding
gap() {
  expect_equal "$(jq -s --argjson m "$1" --argjson n "$2" --argjson ms "$3" '.[$n - 1].time_ms - .[$m - 1].time_ms >= $ms - 1' "$RECEIVER_LOG")" \
    true "at least $3 ms from request $1 to request $2 ($(jq -c .time_ms "$RECEIVER_LOG" | paste -s -d ' '))"
}

# ends FILE - how each delivery ended: ID STATUS ATTEMPTS HTTP-STATUS CLASS REASON, sorted
ends() {
  jq -r '[.delivery_id, .status, .attempts, .http_status // "-", .error.class // "-", .reason // "-"] | map(tostring) | join(" ")' "$1" | sort -V
}

# ---- what is tried again ----

retried_statuses() {
  local status
  for status in 408 425 429 500 502 503 504; do
    printf '{"/%s":[{"status":%s},{}]}\n' "$status" "$status"
  done | jq -s add >answers.json
  answers <answers.json
  for status in 408 425 429 500 502 503 504; do delivery "$status" "$RECEIVER_URL/$status"; done >in
  expect_status 0 send in >receipts 2>err
  expect_empty err
  expect_equal "$(ends receipts)" "$(printf '%s finished 2 200 - -\n' 408 425 429 500 502 503 504)"
  expect_equal "$(paths | tr ' ' '\n' | sort | uniq -c | tr -s ' ')" "$(printf ' 2 /%s\n' 408 425 429 500 502 503 504)"
}
test_case 'retried: statuses that pass' retried_statuses

final_statuses() {
  local statuses=(300 301 302 303 304 307 308 400 401 402 403 404 405 406 407 409 410 411 412 413 414 415 416 417 418 421
    422 423 424 426 428 431 451 501 505 506 507 508 510 511 599 600 999) status
  for status in "${statuses[@]}"; do
    printf '{"/%s":[{"status":%s,"headers":{"Retry-After":"0"}},{}]}\n' "$status" "$status"
  done | jq -s add >answers.json
  answers <answers.json
  for status in "${statuses[@]}"; do delivery "$status" "$RECEIVER_URL/$status"; done >in
  expect_status 1 send in >receipts
  expect_equal "$(ends receipts)" "$(for status in "${statuses[@]}"; do printf '%s failed 1 %s http -\n' "$status" "$status"; done)"
  expect_equal "$(wc -l <"$RECEIVER_LOG")" "${#statuses[@]}" 'requests'
}
test_case 'retried: no other status, whatever its Retry-After' final_statuses

make_test_ca

# Each cause is there for a while, then gone. A body that breaks off is none: the status has come.
causes() {
  local url log
  answers <<'END'
{"/reset":[{"reset":"before"},{}],"/reset/headers":[{"reset":"headers"},{}],"/reset/body":[{"reset":"body","body":"12345678"},{}],
 "/close":[{"close":"before"},{}],"/close/headers":[{"close":"headers"},{}],"/close/body":[{"close":"body","body":"12345678"},{}],
 "/garbage":[{"raw":"hello\r\n\r\n"},{}],"/stall":[{"stall":"before"},{}],"/stall/body":[{"stall":"body","body":"12345678"},{}]}
END
  url=$RECEIVER_URL log=$RECEIVER_LOG
  jq -r 'keys[]' script.json | while read -r path; do delivery "$(tr / - <<<"${path#/}")" "$url$path"; done >in
  {
    delivery dns "http://away.test:$RECEIVER_PORT/dns"
    delivery name-server "http://down.test:$RECEIVER_PORT/name-server"
    delivery later https://later.test/
  } >>in
  start_receiver --tls "$SERVER_TLS" --on-connect talk:1
  delivery tls "$RECEIVER_URL/tls" >>in
  start_receiver --on-connect close:1
  delivery closed "$RECEIVER_URL/closed" >>in
  # failures of look-ups are kept for some seconds, in which no attempt is wasted
  printf 'away.test none 127.0.0.1\ndown.test again 127.0.0.1\nlater.test none 10.0.0.1\n' >map
  expect_status 1 with_resolver map send --retries 20 --retry-max-time 40s --timeout 2s --cacert "$CA_FILE" in >receipts 2>err
  expect_empty err
  expect_equal "$(ends receipts)" \
    "$(jq -r .delivery_id in | sed 's/$/ finished 2 200 - -/; s/-body finished 2/-body finished 1/; s/^later .*/later failed 1 - denied -/' | sort -V)"
  expect_equal "$(jq -r .path "$log" | sort | uniq -c | tr -s ' ')" \
    "$(jq -r 'keys + ["/dns", "/name-server"] | sort[]' script.json | awk '{ print $0 == "/dns" || $0 == "/name-server" || /body$/ ? 1 : 2, $0 }' | sed 's/^/ /')"
  expect_equal "$(grep lookup resolve.log | sort | uniq -c | tr -s ' ')" $' 2 lookup away.test\n 2 lookup down.test\n 2 lookup later.test'
}
test_case 'retried: resets, closes, timeouts, TLS and look-ups that fail' causes

closed_port() {
  local port status=0 sender
  start_receiver
  port=$RECEIVER_PORT
  stop_receiver "$RECEIVER_PID"
  delivery d "$RECEIVER_URL/" >in
  : >empty
  with_resolver empty send --retries 50 in >receipts &
  sender=$!
  # its attempts are listed there
  : >>resolve.log
  RECEIVER_LOG=resolve.log await_requests 1
  start_receiver --port "$port"
  wait "$sender" || status=$?
  expect_equal "$status" 0
  expect_match "$(ends receipts)" '^d finished [1-9][0-9]* 200 - -$'
  expect_equal "$(json receipts .attempts)" "$(wc -l <resolve.log)" 'attempts, as the kernel saw them'
  (($(json receipts .attempts) >= 2)) || fail "$(<receipts)"
  expect_equal "$(paths)" /
}
test_case 'retried: a connection that is refused' closed_port

never() {
  start_receiver
  export HOOK=sesame
  {
    delivery secret "$RECEIVER_URL/" '"auth":{"scheme":"bearer","ref":"$MISSING"}'
    delivery unbound "$RECEIVER_URL/" '' '"X-A":"$HOOK"'
    delivery denied https://10.1.2.3/
    delivery name https://private.test/
    delivery scheme ftp://127.0.0.1/
  } >in
  # what is denied is not looked up again, although that would help
  printf 'private.test 10.0.0.1 127.0.0.1\n' >map
  expect_status 1 with_resolver map send --secret-host HOOK=other.test --retries 2 --retry-max-time 10s --retry-on 1xx,3xx,4xx,5xx,rejected in >receipts
  expect_equal "$(ends receipts)" 'denied failed 0 - denied -
name failed 0 - denied -
scheme failed 0 - denied -
secret failed 0 - secret -
unbound failed 0 - secret -'
  expect_equal "$(grep -c private.test resolve.log)" 1
  expect_no_match "$(<resolve.log)" connect
  expect_empty "$RECEIVER_LOG"
}
test_case 'retried: never what is denied, nor what lacks a secret' never

counts() {
  local n
  answers <<<'{"*":[{"status":500}]}'
  for n in 0 1 2; do
    delivery "$n" "$RECEIVER_URL/$n" | expect_status 1 send --retries "$n" >receipt
    expect_equal "$(ends receipt)" "$n failed $((n + 1)) 500 http -"
    expect_equal "$(grep -c "\"/$n\"" "$RECEIVER_LOG")" "$((n + 1))" "requests with --retries $n"
  done
}
test_case 'retried: as often as --retries says' counts

retry_on() {
  local bad
  answers <<'END'
{"/418":[{"status":418},{}],"/599":[{"status":599},{}],"/501":[{"status":501},{}],"/500":[{"status":500},{}],"/429":[{"status":429},{}]}
END
  for status in 418 599 501 500 429; do delivery "$status" "$RECEIVER_URL/$status"; done >in
  expect_status 1 send --retry-on 418 in >receipts
  expect_equal "$(ends receipts)" '418 finished 2 200 - -
429 failed 1 429 http -
500 failed 1 500 http -
501 failed 1 501 http -
599 failed 1 599 http -'
  stop_receiver "$RECEIVER_PID"
  start_receiver --port "$RECEIVER_PORT" --script script.json
  # the last list counts
  expect_status 1 send --retry-on 429 --retry-on 5xx,418 in >receipts
  expect_equal "$(ends receipts)" '418 finished 2 200 - -
429 failed 1 429 http -
500 finished 2 200 - -
501 finished 2 200 - -
599 finished 2 200 - -'
  for bad in '' ',' x 50 5000 600 000 0xx 6xx 5XX 5x 50x Rejected rejectedx '503,' ',503' '503,,504' '503 ,504' '503;504' -503 +503; do
    expect_status 2 send --retry-on "$bad" in >out 2>err
    expect_empty out
    expect_equal "$(<err)" "wb-send: --retry-on takes statuses such as 429,503 or 5xx, and the word rejected, with commas between, not '$bad'"
  done
  for bad in 2xx 503,204 299; do
    expect_status 2 send --retry-on "$bad" in >out 2>err
    expect_empty out
    expect_equal "$(<err)" "wb-send: --retry-on takes no 2xx, as in '$bad', which is success: have the webhook's success_when say what is none, and try that again with --retry-on rejected"
  done
  for bad in -1 x 1001 1.5 ''; do
    expect_status 2 send --retries "$bad" in >out 2>err
    expect_empty out
  done
  for bad in 0 x -1s 31d ''; do
    expect_status 2 send --retry-max-time "$bad" in >out 2>err
    expect_empty out
  done
}
test_case 'retried: --retry-on; values that are none' retry_on

# ---- when ----

budget() {
  answers <<<'{"/500":[{"status":500,"body":"busy"}],"/ok":[{}]}'
  { delivery bad "$RECEIVER_URL/500" && delivery good "$RECEIVER_URL/ok"; } >in
  # the first delay is up to a second: that it is nothing, again and again, does not happen
  expect_status 1 send --retry-max-time 1ms in >receipts 2>err
  expect_empty err
  expect_match "$(ends receipts)" '^bad deferred [1-5] 500 http budget'$'\n''good finished 1 200 - -$'
  expect_equal "$(jq -r 'select(.status == "deferred") | [.error.text, .response] | join(" ")' receipts)" 'status 500 busy'
  expect_equal "$(jq -r 'select(.status == "deferred") | .attempts' receipts)" "$(grep -c /500 "$RECEIVER_LOG")" 'requests'
}
test_case 'budget: what would be tried later is deferred, status 1' budget

# That it comes too late may also be because all slots are taken: d-2 takes the only one for longer than the budget.
late() {
  answers <<<'{"/1":[{"status":500},{}],"/2":[{"stall":"before"}]}'
  { delivery d-1 "$RECEIVER_URL/1" && delivery d-2 "$RECEIVER_URL/2" '' '' && delivery d-3 "$RECEIVER_URL/3"; } >in
  expect_status 1 send -j 1 --retry-on 5xx --retry-max-time 1200ms --timeout 2500ms in >receipts
  expect_equal "$(ends receipts)" 'd-1 deferred 1 500 http budget
d-2 deferred 1 - timeout budget
d-3 finished 1 200 - -'
  expect_equal "$(paths)" '/1 /2 /3'
}
test_case 'budget: no attempt starts later, even if all slots were taken' late

retry_after() {
  local date
  date=$(date -u -d '+3 seconds' +'%a, %d %b %Y %H:%M:%S GMT')
  answers <<END
{"/seconds":[{"status":503,"headers":{"Retry-After":"2"}},{}],"/date":[{"status":429,"headers":{"retry-after":"$date"}},{}],
 "/other":[{"status":500,"headers":{"Retry-After":"1"}},{}],"/past":[{"status":503,"headers":{"Retry-After":"Thu, 01 Jan 1970 00:00:01 GMT"}},{}],
 "/nonsense":[{"status":503,"headers":{"Retry-After":"soon"}},{}]}
END
  for path in seconds date other past nonsense; do delivery "$path" "$RECEIVER_URL/$path"; done >in
  expect_status 0 send in >receipts
  expect_equal "$(ends receipts | cut -d ' ' -f 2-4 | sort | uniq -c | tr -s ' ')" ' 5 finished 2 200'
  # one millisecond is for rounding
  expect_equal "$(jq -n -r --argjson date "$(date -u -d "$date" +%s)000" '
      [inputs] | group_by(.path)[] | {path: .[0].path, first: .[0].time_ms, second: .[1].time_ms} |
      if .path == "/seconds" then .second - .first >= 1999
      elif .path == "/other" then .second - .first >= 999
      elif .path == "/date" then .second >= $date - 5
      else empty end' "$RECEIVER_LOG" | sort | uniq -c | tr -s ' ')" ' 3 true' "waited for so long ($(jq -c '[.path, .time_ms]' "$RECEIVER_LOG"))"
}
test_case 'Retry-After: seconds and dates are waited for' retry_after

retry_after_too_long() {
  local date
  date=$(date -u -d '+1 hour' +'%a, %d %b %Y %H:%M:%S GMT')
  answers <<END
{"/1":[{"status":503,"headers":{"Retry-After":"301"}}],"/2":[{"status":429,"headers":{"Retry-After":"$date"}}],
 "/3":[{"status":500,"headers":{"Retry-After":"99999999999999999999"}}],"/4":[{"status":404,"headers":{"Retry-After":"1000"}}]}
END
  for n in 1 2 3 4; do delivery "$n" "$RECEIVER_URL/$n"; done >in
  expect_status 1 send in >receipts
  expect_equal "$(ends receipts)" '1 deferred 1 503 http budget
2 deferred 1 429 http budget
3 deferred 1 500 http budget
4 failed 1 404 http -'
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 4
}
test_case 'Retry-After: beyond the budget it is deferred at once' retry_after_too_long

pause() {
  local status
  for status in 429 503; do
    answers <<<"{\"/a\":[{\"status\":$status,\"headers\":{\"Retry-After\":\"1\"}},{}]}"
    { delivery a1 "$RECEIVER_URL/a" && delivery a2 "$RECEIVER_URL/a" && delivery a3 "$RECEIVER_URL/a" &&
      delivery b1 "$RECEIVER_URL/b" && delivery b2 "$RECEIVER_URL/b"; } >in
    expect_status 0 send -j 1 in >receipts
    expect_equal "$(paths)" '/a /b /b /a /a /a' "after $status"
    gap 1 4 1000
    expect_equal "$(ends receipts | cut -d ' ' -f 1-3)" $'a1 finished 2\na2 finished 1\na3 finished 1\nb1 finished 1\nb2 finished 1'
    stop_receiver "$RECEIVER_PID"
  done
  # of any other status it is this delivery that is to wait
  answers <<<'{"/a":[{"status":500,"headers":{"Retry-After":"1"}},{}]}'
  { delivery a1 "$RECEIVER_URL/a" && delivery a2 "$RECEIVER_URL/a" && delivery a3 "$RECEIVER_URL/a"; } >in
  expect_status 0 send -j 1 in >receipts
  expect_equal "$(json receipts .delivery_id | paste -s -d ' ')" 'a2 a3 a1'
  gap 1 4 1000
}
test_case 'Retry-After: 429 and 503 pause the endpoint, not others' pause

# What the endpoint asks for is too long for those that wait as well.
long_pause() {
  answers <<<'{"/a":[{"status":503,"headers":{"Retry-After":"1000"}},{}]}'
  { delivery a1 "$RECEIVER_URL/a" && delivery a2 "$RECEIVER_URL/a" && delivery b1 "$RECEIVER_URL/b" && delivery a3 "$RECEIVER_URL/a"; } >in
  expect_status 1 send -j 1 in >receipts
  expect_equal "$(ends receipts)" 'a1 deferred 1 503 http budget
a2 deferred 0 - - budget
a3 deferred 0 - - budget
b1 finished 1 200 - -'
  expect_equal "$(paths)" '/a /b'
}
test_case 'Retry-After: an endpoint that is paused for too long defers all' long_pause

no_slot() {
  answers <<<'{"/wait":[{"status":503,"headers":{"Retry-After":"1"}},{}]}'
  { delivery d-1 "$RECEIVER_URL/wait" && for n in 2 3 4 5 6; do delivery "d-$n" "$RECEIVER_URL/ok"; done; } >in
  expect_status 0 send -j 1 in >receipts
  expect_equal "$(json receipts .delivery_id | paste -s -d ' ')" 'd-2 d-3 d-4 d-5 d-6 d-1'
  expect_equal "$(paths)" '/wait /ok /ok /ok /ok /ok /wait'
  gap 1 7 1000
  expect_equal "$(json receipts 'select(.attempts == 2) | .duration_ms >= 999')" true 'duration from the first attempt on'
}
test_case 'slots: a delivery that waits holds none' no_slot

# ---- the next attempt ----

same_bytes() {
  export S=key TOK=hunter2hunter2
  mkdir raw
  cat >script.json <<<'{"*":[{"status":500},{"reset":"before"},{}]}'
  start_receiver --raw raw --script script.json --verify wandb --verify github --secret-env S
  delivery d "$RECEIVER_URL/p?q=1" '"sign":{"scheme":["wandb","github"],"refs":"$S"},"auth":{"scheme":"bearer","ref":"$TOK"},"secrets":[{"at":8,"ref":"$TOK"}]' \
    '"Content-Type":"application/json","X-T":"$TOK","X-Empty":"","User-Agent":"é"' | sed 's/é/x/' | wb-sign >in
  expect_status 0 send in >receipts
  expect_equal "$(ends receipts)" 'd finished 3 200 - -'
  expect_file raw/2 raw/1
  expect_file raw/3 raw/1
  expect_match "$(tail -n 1 raw/1)" '"id":"dhunter2hunter2'
  expect_equal "$(jq -c .verified "$RECEIVER_LOG" | sort | uniq -c | tr -s ' ')" ' 3 true'
  no_secret "$TOK" receipts
}
test_case 'attempts: the same bytes, with the same secrets and signatures' same_bytes

fresh_signature() {
  export S=key
  cat >script.json <<<'{"*":[{"status":503,"headers":{"Retry-After":"2"}},{}]}'
  start_receiver --script script.json --verify standard --verify wandb --secret-env S
  delivery d "$RECEIVER_URL/" '"sign":{"scheme":["standard","wandb"],"refs":"$S"}' | wb-sign >in
  expect_status 0 send in >receipts
  expect_equal "$(ends receipts)" 'd finished 2 200 - -'
  expect_equal "$(jq -c .verified "$RECEIVER_LOG" | paste -s -d ' ')" 'true true'
  jq -s -c 'map([.headers as $h | range(0; $h | length; 2) | {($h[.] | ascii_downcase): $h[. + 1]}] | add)' "$RECEIVER_LOG" >headers
  expect_equal "$(jq -c 'map(del(."webhook-timestamp", ."webhook-signature")) | .[0] == .[1]' headers)" true 'all else is the same'
  expect_equal "$(jq -c 'map(."webhook-id") | unique' headers)" '["d"]'
  expect_equal "$(jq -c 'map(."webhook-timestamp" | tonumber) | .[1] > .[0]' headers)" true 'a later time'
  expect_equal "$(jq -c 'map(."webhook-signature") | .[0] != .[1]' headers)" true 'another signature'
  expect_equal "$(jq -s -c 'map([.headers[range(0; .headers | length; 2)]]) | .[0] == .[1]' "$RECEIVER_LOG")" true 'order of headers'
  expect_equal "$(jq -r .body_base64 "$RECEIVER_LOG" | uniq | base64 -d)" '{"id":"d"}'
}
test_case 'attempts: standard signatures are fresh, and good' fresh_signature

last_response() {
  answers <<<'{"/1":[{"status":500,"body":"first"},{"status":502,"body":"second"}],"/2":[{"status":500,"body":"first"},{"body":"fine"}],
    "/3":[{"status":500,"body":"first"},{"reset":"before"}]}'
  for n in 1 2 3; do delivery "$n" "$RECEIVER_URL/$n"; done >in
  expect_status 1 send --retries 1 --show-response in >receipts
  expect_equal "$(jq -r '[.delivery_id, .http_status // "-", .response // "-", .error.class // "-"] | map(tostring) | join(" ")' receipts | sort)" \
    $'1 502 second http\n2 200 fine -\n3 - - reset'
}
test_case 'receipts: tell of the last attempt' last_response

# The text of an error is kept while the delivery waits; d-2 makes sure that d-1 is deferred with it.
kept_error() {
  export TOK='hunter2"hunter2é'
  answers <<END
{"/":[{"body":$(jq -n -c --arg t "$TOK" '{echo: $t} | tojson')},{"status":503,"headers":{"Retry-After":"1000"}}]}
END
  {
    delivery d-1 "$RECEIVER_URL/" '"success_when":"error(\"so: \" + .echo)"' '"X-T":"$TOK"'
    delivery d-2 "$RECEIVER_URL/" '' '"X-T":"$TOK"'
  } >in
  expect_status 1 send -j 1 --retry-on 503,rejected in >receipts 2>err
  expect_equal "$(ends receipts)" $'d-1 deferred 1 200 rejected budget\nd-2 deferred 1 503 http budget'
  expect_match "$(json receipts 'select(.delivery_id == "d-1") | .error.text')" '^success_when: .*so: \*+'
  no_secret "$TOK" receipts err
}
test_case 'receipts: no secret in the error of an earlier attempt' kept_error

# ---- success_when ----

# judged PROGRAM ANSWER STATUS… [ARGUMENT…] - the delivery ends so: "finished" or "rejected"
judged() {
  local path
  path=/$((++JUDGED))
  jq -n --arg path "$path" --argjson answer "$2" '{($path): [$answer]}' >>answers.json
  delivery "$JUDGED" "URL$path" "\"success_when\":$(jq -n -c --arg p "$1" '$p')" >>judged.json
  printf '%s %s\n' "$JUDGED" "$3" >>want
}

verdicts() {
  JUDGED=0
  judged '.ok' '{"body":"{\"ok\":true}"}' 'finished 1 200 - -'
  judged '.ok' '{"body":"{\"ok\":false,\"error\":\"channel_not_found\"}"}' 'failed 1 200 rejected -'
  judged '.ok' '{"body":"{}"}' 'failed 1 200 rejected -'
  judged '.ok' '{"status":202,"body":"{\"ok\":1}"}' 'finished 1 202 - -'
  judged '.errors == null' '{"body":"{\"data\":{\"x\":1}}"}' 'finished 1 200 - -'
  judged '.errors == null' '{"body":"{\"data\":null,\"errors\":[{\"message\":\"no\"}]}"}' 'failed 1 200 rejected -'
  judged '(.errors | length) == 0' '{"body":"{\"errors\":[]}"}' 'finished 1 200 - -'
  judged '0' '{"body":"{}"}' 'finished 1 200 - -'
  judged 'null' '{"body":"{}"}' 'failed 1 200 rejected -'
  judged 'true' '{"body":"ok"}' 'failed 1 200 rejected -'
  judged 'true' '{"body":"<html>{}</html>"}' 'failed 1 200 rejected -'
  judged 'true' '{"body":"{} x"}' 'failed 1 200 rejected -'
  judged 'true' '{"body":"{}{}"}' 'failed 1 200 rejected -'
  judged 'true' '{"body":""}' 'failed 1 200 rejected -'
  judged 'true' '{"status":204}' 'failed 1 204 rejected -'
  judged 'empty' '{"body":"{}"}' 'failed 1 200 rejected -'
  judged '(false, true)' '{"body":"{}"}' 'failed 1 200 rejected -'
  judged '(true, error)' '{"body":"{}"}' 'finished 1 200 - -'
  judged 'error("no")' '{"body":"{}"}' 'failed 1 200 rejected -'
  judged '.a.b' '{"body":"[1]"}' 'failed 1 200 rejected -'
  judged 'error($ENV.TOK)' '{"body":"{}"}' 'failed 1 200 rejected -'
  judged 'error(env.TOK)' '{"body":"{}"}' 'failed 1 200 rejected -'
  judged '$ENV.TOK == null and env.TOK == null' '{"body":"{}"}' 'finished 1 200 - -'
  judged 'error(.echo)' '{"body":"{\"echo\":\"hunter2hunter2\"}"}' 'failed 1 200 rejected -'
  judged '. == "x"' "$(jq -n -c '{body: "\"x\"\n"}')" 'finished 1 200 - -'
  judged 'length == 1048574' '{"body":"@LONG@"}' 'finished 1 200 - -'
  judged 'true' '{"body_bytes":1048577}' 'failed 1 200 rejected -'
  judged 'true' '{"endless_body":true}' 'failed 1 200 rejected -'
  judged 'true' '{"status":404,"body":"{}"}' 'failed 1 404 http -'
  judged 'error("asked")' '{"status":500,"body":"{}"}' 'failed 1 500 http -'
  judged 'error("asked")' '{"status":302,"body":"{}"}' 'failed 1 302 http -'
  printf '%1048574s' '' | tr ' ' y >long
  jq -s --rawfile long long 'add | walk(if . == "@LONG@" then "\"" + $long + "\"" else . end)' answers.json >all.json
  answers <all.json
  sed "s|\"URL|\"$RECEIVER_URL|" judged.json >in
  export TOK=hunter2hunter2
  sed -i 's/"headers":{/&"X-T":"$TOK",/' in
  expect_status 1 send --retries 0 in >receipts 2>err
  expect_empty err
  expect_equal "$(ends receipts)" "$(<want)"
  no_secret hunter2hunter2 receipts
  jq -r 'select(.error.class == "rejected") | [.delivery_id, .error.text] | join(" ")' receipts | sort -n >texts
  expect_match "$(<texts)" $'^2 success_when is not true of the response\n'
  expect_match "$(<texts)" $'\n27 success_when: the response is longer than 1048576 bytes, too long for success_when\n28 success_when: the response is longer'
  expect_match "$(<texts)" $'\n19 success_when: .*no\n'
  expect_match "$(<texts)" $'\n24 success_when: .*\\*{14}'
  # it shows what it was that was rejected
  expect_equal "$(jq -r 'select(.delivery_id == "2") | .response' receipts)" '{"ok":false,"error":"channel_not_found"}'
  expect_equal "$(jq -s 'map(.response // "" | length) | max' receipts)" 4096
}
test_case 'success_when: what it makes of responses' verdicts

rejected_again() {
  answers <<'END'
{"/1":[{"body":"{\"ok\":false}"},{"status":503},{"body":"{\"ok\":true}"}],"/2":[{"body":"{\"ok\":false}"}],"/3":[{"body":"{\"ok\":false}"},{}]}
END
  { delivery 1 "$RECEIVER_URL/1" '"success_when":".ok"' && delivery 2 "$RECEIVER_URL/2" '"success_when":".ok"'; } >in
  expect_status 1 send --retries 2 --retry-on rejected,503 in >receipts
  expect_equal "$(ends receipts)" $'1 finished 3 200 - -\n2 failed 3 200 rejected -'
  # it has to be named
  delivery 3 "$RECEIVER_URL/3" '"success_when":".ok"' | expect_status 1 send --retry-on 4xx,503 >receipts
  expect_equal "$(ends receipts)" '3 failed 1 200 rejected -'
  expect_equal "$(paths | tr ' ' '\n' | sort | uniq -c | tr -s ' ')" $' 3 /1\n 3 /2\n 1 /3'
}
test_case 'success_when: --retry-on rejected tries again' rejected_again

# ---- success_status ----

accepted() {
  answers <<'END'
{"/one":[{"status":409,"body":"there already"}],"/list":[{"status":503},{"status":410}],"/judged":[{"status":409}],
"/other":[{"status":409}],"/ok":[{"body":"{\"ok\":false}"}]}
END
  {
    delivery one "$RECEIVER_URL/one" '"success_status":409'
    delivery list "$RECEIVER_URL/list" '"success_status":[409, 410]'
    # no program is asked about it, but about all others
    delivery judged "$RECEIVER_URL/judged" '"success_status":409,"success_when":".ok"'
    delivery ok "$RECEIVER_URL/ok" '"success_status":409,"success_when":".ok"'
    delivery other "$RECEIVER_URL/other" '"success_status":[410]'
  } >in
  expect_status 1 send --journal j in >receipts
  expect_equal "$(ends receipts)" 'judged finished 1 409 - -
list finished 2 410 - -
ok failed 1 200 rejected -
one finished 1 409 - -
other failed 1 409 http -'
  expect_equal "$(jq -r 'select(.delivery_id == "one") | has("error") or has("response")' receipts)" false
  # what is accepted is finished
  expect_status 1 send --journal j in >receipts
  expect_equal "$(ends receipts | grep -c skipped)" 3
}
test_case 'success_status: statuses that are a success, too' accepted

not_accepted() {
  local value
  for value in 200 299 600 '"409"' '[]' '[409,200]' 409.0 '{}' null '[300,301,302,303,304,305,306,307,308,309,310,311,312,313,314,315,316]'; do
    delivery x https://a.example/ "\"success_status\":$value" >in
    expect_status 1 send in >receipts 2>err
    expect_empty receipts
    expect_match "$(<err)" '"success_status" is a status from 300 to 599, or up to 16 of them' "$value"
  done
}
test_case 'success_status: what is none' not_accepted

# ---- all classes ----

classes() {
  local port
  start_receiver
  port=$RECEIVER_PORT
  stop_receiver "$RECEIVER_PID"
  delivery connect "http://127.0.0.1:$port/" >in
  answers <<<'{"/reset":[{"reset":"before"}],"/http":[{"status":404}],"/timeout":[{"stall":"headers"}]}'
  {
    for name in reset http timeout; do delivery "$name" "$RECEIVER_URL/$name"; done
    delivery tls "https://127.0.0.1:$RECEIVER_PORT/"
    delivery dns https://gone.test/
    delivery denied https://169.254.169.254/
    delivery secret "$RECEIVER_URL/" '' '"X-A":"$MISSING"'
    delivery rejected "$RECEIVER_URL/rejected" '"success_when":"false"'
    delivery finished "$RECEIVER_URL/"
  } >>in
  printf 'gone.test none\n' >map
  expect_status 1 with_resolver map send --retries 0 --timeout 1s in >receipts
  expect_equal "$(jq -r '[.delivery_id, .error.class // .status] | join(" ")' receipts | sort)" \
    "$(jq -r '[.delivery_id, .delivery_id] | join(" ")' in | sort)"
  expect_equal "$(jq -r 'select(.attempts == 0) | .delivery_id' receipts | sort | paste -s -d ' ')" 'denied secret'
}
test_case 'classes: each of its cause' classes
