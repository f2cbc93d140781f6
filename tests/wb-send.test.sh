#!/usr/bin/env bash
#
# wb-send.test.sh - what arrives and what the receipts say of it; every way in which a delivery fails. Where deliveries may
# go is tested by wb-send-policy.test.sh.

# shellcheck disable=SC2016 # what looks like variables are secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# record URL [MEMBERS [HEADERS [BODY]]] - a request record; MEMBERS of the request, HEADERS as members of an object, BODY
# as the inside of a JSON string
record() {
  printf '{"delivery_id":"d-1","event":{"event_type":"LINK_ARTIFACT","event_id":"e-1"},"automation":{"name":"a"},"request":{"method":"POST","url":"%s","headers":{%s},"body":"%s"%s}}\n' \
    "$1" "${3-\"Content-Type\":\"application/json\"}" "${4-{\}}" "${2:+,$2}"
}

# records N URL - so many, their bodies the numbers from 1
records() {
  awk -v n="$1" -v url="$2" 'BEGIN {
    for (i = 1; i <= n; i++)
      printf "{\"delivery_id\":\"d-%d\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":\"a\"},\"request\":{\"url\":\"%s\",\"headers\":{\"Content-Type\":\"application/json\"},\"body\":\"%d\"}}\n", i, url, i
  }'
}

# send ARGUMENT… - wb-send to this machine
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 --retries 0 --breaker 0 --order none --progress never "$@"
}

# got - the bodies of all requests, one behind the other
got() {
  jq -r .body_base64 "$RECEIVER_LOG" | base64 -d
}

# received NAME - the values of a header, in any case, of all requests
received() {
  jq -r --arg name "$1" '.headers as $h | range(0; $h | length; 2) | select(($h[.] | ascii_downcase) == ($name | ascii_downcase)) | $h[. + 1]' \
    "$RECEIVER_LOG"
}

# requests N - the receiver has got so many requests
requests() {
  expect_equal "$(wc -l <"$RECEIVER_LOG")" "$1" 'requests'
}

# without_times FILE - receipts without what differs from run to run
without_times() {
  sed -E 's/,"started_at":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z","duration_ms":[0-9]+/,TIMES/' "$1"
}

# fails CLASS TEXT COMMAND… <RECORD - its delivery fails with this class and a text that matches
fails() {
  expect_status 1 "${@:3}" >receipt 2>err
  expect_empty err
  expect_equal "$(json receipt '[.status, .error.class] | join(" ")')" "failed $1" "class ($(json receipt .error.text))"
  expect_match "$(json receipt .error.text)" "$2"
}

# ---- what arrives ----

bytes() {
  local body='{"é":"\"\\\n😀","n":1.10}' n=0 file
  export S=key
  mkdir raw
  start_receiver --raw raw
  printf '%s' "$body" >body1
  { head -c 300000 /dev/urandom | base64 && printf 'a\0b\r\n\r\n'; } >body2
  : >body3
  for file in body1 body2 body3; do
    record "$RECEIVER_URL/path?q=1" '"sign":{"scheme":["wandb","github"],"refs":"$S"}' '"Content-Type":"a/b"' BODY |
      jq -c --rawfile body "$file" '.request.body = $body'
  done >in
  wb-sign in | send -j 1 >receipts
  requests 3
  for file in body1 body2 body3; do
    n=$((n + 1))
    # the bytes behind the first blank line, as they came off the wire
    sed '1,/^\r$/d' <"raw/$n" >arrived
    cmp arrived "$file" || fail "$file did not arrive as it was"
    expect_equal "$(sed -n "$n{s/.*X-Wandb-Signature\",\"\([^\"]*\)\".*/\1/p}" "$RECEIVER_LOG")" \
      "$(openssl dgst -sha256 -hmac key -binary "$file" | base64)" "signature of $file"
    expect_match "$(sed '/^\r$/q' "raw/$n")" \
      "^POST /path\\?q=1 HTTP/1\\.1"$'\r'".*Content-Length: $(wc -c <"$file")"$'\r'
  done
  expect_equal "$(received Content-Type)" $'a/b\na/b\na/b'
}
test_case 'arrives: the bytes that were signed' bytes

head_of_request() {
  export TOK='token with "quotes" é'
  start_receiver
  record "$RECEIVER_URL/" '"auth":{"scheme":"bearer","ref":"$TOK"}' '"Content-Type":"application/json","X-One":"1","X-Empty":""' |
    send >receipts
  expect_equal "$(jq -c .headers "$RECEIVER_LOG")" \
    "[\"Host\",\"127.0.0.1:$RECEIVER_PORT\",\"Content-Type\",\"application/json\",\"X-One\",\"1\",\"X-Empty\",\"\",\
\"Authorization\",\"Bearer $(printf '%s' "$TOK" | iconv -f latin1 -t utf8 | sed 's/"/\\"/g')\",\
\"User-Agent\",\"wb-tools/$(wb-send --version | cut -d ' ' -f 3)\",\"Accept\",\"*/*\",\"Content-Length\",\"2\"]"
}
test_case 'arrives: all headers of a request, in order, the empty one too' head_of_request

other_agent() {
  start_receiver
  record "$RECEIVER_URL/" '' '"user-agent":"mine","Accept":"a/b"' | send >receipts
  expect_equal "$(received User-Agent)" mine
  expect_equal "$(received Accept)" a/b
}
test_case 'arrives: User-Agent and Accept of the record' other_agent

late_secrets() {
  export TOK='to"k\en' URL HOOK=sesame
  start_receiver
  URL=$RECEIVER_URL/hooks/$HOOK
  record '$URL' '"secrets":[{"at":6,"ref":"$TOK"},{"at":6,"ref":"$HOOK"}]' '"PRIVATE-TOKEN":"$TOK","X-B":"b"' '{\"a\":\"\"}' |
    send >receipts
  expect_equal "$(got)" '{"a":"to\"k\\ensesame"}'
  expect_equal "$(received PRIVATE-TOKEN)" "$TOK"
  expect_equal "$(jq -r .path "$RECEIVER_LOG")" /hooks/sesame
  expect_equal "$(json receipts .url)" '$URL'
}
test_case 'arrives: late secrets in body, headers and URL' late_secrets

exact_receipts() {
  answers <<<'{"/ok":[{"status":204}],"/no":[{"status":422,"body":"so \"not\"\n"}]}'
  { record "$RECEIVER_URL/ok" && record "$RECEIVER_URL/no"; } |
    sed 's/"event_id":"e-1"/"event_id":"\\u0065-1"/; s/"name":"a"/"name":"\\u00e9 \\"b\\""/' >in
  expect_status 1 send -j 1 in >receipts 2>err
  expect_empty err
  without_times receipts >out
  cat >want <<END
{"delivery_id":"d-1","automation":"\\u00e9 \\"b\\"","event_id":"\\u0065-1","event_type":"LINK_ARTIFACT","url":"$RECEIVER_URL/ok","status":"finished","attempts":1,"http_status":204,TIMES}
{"delivery_id":"d-1","automation":"\\u00e9 \\"b\\"","event_id":"\\u0065-1","event_type":"LINK_ARTIFACT","url":"$RECEIVER_URL/no","status":"failed","attempts":1,"http_status":422,TIMES,"response":"so \\"not\\"\\n","error":{"class":"http","text":"status 422"}}
END
  expect_file out want
}
test_case 'receipts: byte for byte, apart from times' exact_receipts

statuses() {
  local status
  answers <<<'{"/200":[{}],"/201":[{"status":201}],"/299":[{"status":299}],"/103":[{"informational":[100,103]}]}'
  for status in 200 201 299 103; do
    record "$RECEIVER_URL/$status" | send >receipt
    expect_equal "$(json receipt .status)" finished "$status"
  done
}
test_case 'receipts: any 2xx is finished, interim answers do not count' statuses

# ---- responses ----

responses() {
  local long
  long=$(printf '%5000s' '' | tr ' ' y)
  answers <<END
{"/ok":[{"body":"fine"}],"/no":[{"status":500,"body":"broken"}],"/none":[{"status":500}],
 "/long":[{"status":500,"body":"$long"}],"/bytes":[{"status":500,"body_base64":"$(printf 'a\xffb\xc3\xa9\xe2\x82\x00\x1b' | base64)"}]}
END
  record "$RECEIVER_URL/ok" | send >receipt
  expect_equal "$(json receipt .response)" null 'of a success'
  record "$RECEIVER_URL/ok" | send --show-response >receipt
  expect_equal "$(json receipt .response)" fine '--show-response'
  record "$RECEIVER_URL/no" | fails http '^status 500$' send
  expect_equal "$(json receipt .response)" broken 'of a failure'
  record "$RECEIVER_URL/none" | fails http '^status 500$' send
  expect_equal "$(json receipt .response)" null 'an empty one'
  record "$RECEIVER_URL/long" | fails http '^status 500$' send
  expect_equal "$(json receipt .response)" "${long:0:4096}" 'cap'
  record "$RECEIVER_URL/long" | fails http '^status 500$' send --max-response 10
  expect_equal "$(json receipt .response)" yyyyyyyyyy '--max-response'
  record "$RECEIVER_URL/long" | fails http '^status 500$' send --max-response 0
  expect_equal "$(json receipt .response)" null '--max-response 0'
  record "$RECEIVER_URL/bytes" | fails http '^status 500$' send
  expect_equal "$(jq -c .response receipt)" '"a�bé��\u0000\u001b"' 'not UTF-8'
}
test_case 'responses: in receipts of failures, or with --show-response; capped; not UTF-8' responses

echoes() {
  local escaped base64
  export TOK='hunter2"&hunter2\é' UNUSED=open-sesame
  escaped='hunter2\"\u0026hunter2\\\u00e9 / hunter2%22%26hunter2%5C%C3%A9 / hunter2&quot;&amp;hunter2&#92;&#xE9;'
  base64=$(printf '%s' "$TOK" | base64)
  answers <<END
{"*":[{"status":500,"body":$(jq -n --arg a "$TOK / $escaped / $base64 / open-sesame / hunter2" '$a')}]}
END
  record "$RECEIVER_URL/" '"auth":{"scheme":"bearer","ref":"$TOK"}' | fails http . send
  expect_match "$(json receipt .response)" '^\*+ / \*+ / \*+ / \*+ / \*+=* / open-sesame / hunter2$'
  no_secret "$TOK" receipt err
}
test_case 'responses: a secret that comes back is masked, raw, escaped for JSON, HTML or a URL, and in base64' echoes

echoed_bodies() {
  local again
  export TOK='hunter"2'$'\n''&hunter\2é'
  again=$(jq -cn --arg a "$TOK" '{t: $a}') # the body
  for _ in 1 2; do
    again=$(jq -cn --arg a "$again" '{detail: $a}')
    printf '{"status":500,"body":%s}\n' "$(jq -n --arg a "$again" '$a')"
  done | jq -s '{"*": .}' >answers.json
  answers <answers.json
  record "$RECEIVER_URL/" '"secrets":[{"at":6,"ref":"$TOK"}]' '' '{\"t\":\"\"}' >in
  for _ in 1 2; do
    fails http . send in
    expect_match "$(json receipt .response)" '^\{"detail":"[^*]*t[\\]+":[\\]+"\*+[\\]+"[^*]*\}$'
    expect_no_match "$(<receipt)" 'hunter'
  done
}
test_case 'responses: a secret in the body that comes back as a string of JSON is masked' echoed_bodies

# The body has it with escapes of JSON, and comes back whole: in base64, in a URL, in a page.
encoded_bodies() {
  local body
  export TOK='hunter"2'$'\n''&hunter\2é'
  body=$(jq -cn --arg a "$TOK" '{t: $a}')
  jq -n --arg a "$body" '[$a | @base64, @uri, @html] | join(" ") | {"*": [{status: 500, body: .}]}' >answers.json
  answers <answers.json
  record "$RECEIVER_URL/" '"secrets":[{"at":6,"ref":"$TOK"}]' '' '{\"t\":\"\"}' | fails http . send
  expect_match "$(json receipt .response)" '^eyJ0IjoiX?\*+[A-Za-z0-9]{0,4}=* %7B%22t%22%3A%22\*+%22%7D \{&quot;t&quot;:&quot;\*+&quot;\}$'
}
test_case 'responses: a body that comes back encoded is masked where it has a secret with escapes' encoded_bodies

# A message is one line, and may be cut; neither hides a secret from the mask.
echoed_in_messages() {
  local tok long
  long=$(printf '%400s' '' | tr ' ' y)
  for tok in $'hunter2\nseventeen' $'\thunter2\x7fseventeen\xc2\x85' hunter2...seventeen "hunter2...$long"; do
    export TOK=$tok
    answers <<<"{\"*\":[{\"body\":$(jq -n --arg a "$TOK" '{t: $a} | tojson')}]}"
    record "$RECEIVER_URL/" '"auth":{"scheme":"bearer","ref":"$OTHER"},"secrets":[{"at":0,"ref":"$TOK"}],"success_when":"error(.t)"' |
      OTHER=s3cret fails rejected '^success_when: \*+(\.\.\.)?$' send
    stop_receiver
  done
}
test_case 'responses: a secret that a program throws as an error is masked, of several lines and with dots, too' echoed_in_messages

cut_echo() {
  local n
  export TOK='hunter2"hunter2é'
  for n in 1 2 7 8 9 10 15 16 17 18 19 25; do
    printf '{"status":500,"body":%s}\n' "$(jq -n --arg a "$(printf '%*s' $((20 - n)) '' | tr ' ' -)$TOK$TOK" '$a')"
    printf '{"status":500,"body":%s}\n' "$(jq -n --arg a "$(printf '%*s' $((20 - n)) '' | tr ' ' -)hunter2\\\"hunter2\\u00e9." '$a')"
  done | jq -s '{"*": .}' >answers.json
  answers <answers.json
  records 24 "$RECEIVER_URL/" | sed 's/"headers":{/&"X-T":"$TOK",/' >in
  expect_status 1 send -j 1 --max-response 20 in >receipts
  expect_equal "$(jq -r .response receipts | grep -c -v '^-*\**$')" 0 'of those that show the beginning of the secret'
}
test_case 'responses: a secret that the cap cuts through is masked as far as it goes' cut_echo

endless() {
  answers <<<'{"/headers":[{"endless_headers":true}],"/body":[{"endless_body":true}],"/bad":[{"status":503,"endless_body":true}]}'
  record "$RECEIVER_URL/headers" | fails reset '^the response has more than 262144 bytes of headers$' send
  record "$RECEIVER_URL/body" | send --show-response >receipt
  expect_equal "$(json receipt '[.status, .http_status, (.response | length)] | join(" ")')" 'finished 200 4096'
  record "$RECEIVER_URL/bad" | fails http '^status 503$' send
}
test_case 'responses: headers or a body without an end are ended' endless

# ---- failures ----

redirects() {
  local status
  for status in 300 301 302 303 307 308; do
    printf '{"status":%d,"headers":{"Location":"/elsewhere"}}\n' "$status"
  done | jq -s '{"*": .}' >answers.json
  answers <answers.json
  for status in 300 301 302 303 307 308; do
    record "$RECEIVER_URL/" | fails http "^status $status; redirects are not followed$" send
    expect_equal "$(json receipt .http_status)" "$status"
  done
  requests 6
  expect_equal "$(jq -r .path "$RECEIVER_LOG" | sort -u)" /
  # that something has not changed is no redirect
  answers <<<'{"*":[{"status":304}]}'
  record "$RECEIVER_URL/" | fails http '^status 304$' send
}
test_case 'http: redirects are not followed' redirects

http_errors() {
  local status
  for status in 400 401 403 404 409 410 422 429 500 502 503 504 599 700; do
    printf '{"status":%d}\n' "$status"
  done | jq -s '{"*": .}' >answers.json
  answers <answers.json
  records 14 "$RECEIVER_URL/" >in
  expect_status 1 send -j 1 in >receipts
  expect_equal "$(jq -r '[.status, .http_status, .error.class, .error.text] | join(" ")' receipts)" \
    "$(printf 'failed %s http status %s\n' {400,400,401,401,403,403,404,404,409,409,410,410,422,422,429,429,500,500,502,502,503,503,504,504,599,599,700,700})"
}
test_case 'http: every status but 2xx is a failure' http_errors

resets() {
  local point
  answers <<'END'
{"/reset/before":[{"reset":"before"}],"/reset/headers":[{"reset":"headers"}],"/reset/body":[{"reset":"body","body":"12345678"}],
 "/close/before":[{"close":"before"}],"/close/headers":[{"close":"headers"}],"/close/body":[{"close":"body","body":"12345678"}],
 "/status":[{"raw":"HTTP/1.1 2"}],"/head":[{"raw":"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"}],
 "/interim":[{"raw":"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX: y"}],
 "/chunks":[{"raw":"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"}],
 "/text":[{"raw":"hello\r\n\r\n"}],"/length":[{"raw":"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"}]}
END
  for point in reset/before reset/headers close/before close/headers status head interim text length; do
    record "$RECEIVER_URL/$point" | fails reset . send
    note "$point: $(json receipt .error.text)"
  done
  # the status has come, and only a success_when asks for more
  for point in reset/body close/body chunks; do
    record "$RECEIVER_URL/$point" | send --retries 3 >receipt
    expect_equal "$(json receipt '[.status, .http_status, .attempts, .error] | map(tostring) | join(" ")')" 'finished 200 1 null'
    record "$RECEIVER_URL/$point" | jq -c '.request.success_when = "true"' | fails reset . send
  done
  requests 15
}
test_case 'reset: before, during and behind the headers, and what is not HTTP' resets

accepted_and_cut() {
  answers <<<'{"*":[{"raw":"HTTP/1.1 409 Conflict\r\nContent-Length: 100\r\n\r\nabc"}]}'
  record "$RECEIVER_URL/" | jq -c '.request.success_status = 409' | send --retries 2 >receipt
  expect_equal "$(json receipt '[.status, .http_status, .attempts] | join(" ")')" 'finished 409 1'
  record "$RECEIVER_URL/" | expect_status 1 send --retries 0 >receipt
  expect_equal "$(json receipt '[.status, .http_status, .error.class] | join(" ")')" 'failed 409 reset'
}
test_case 'a status of success_status holds though its body breaks off' accepted_and_cut

broken_connections() {
  start_receiver --on-connect reset
  # it depends on who is faster
  record "$RECEIVER_URL/" | expect_status 1 send >receipt
  expect_match "$(json receipt .error.class)" '^(connect|reset)$'
  stop_receiver "$RECEIVER_PID"
  start_receiver --on-connect close
  record "$RECEIVER_URL/" | fails reset . send
  stop_receiver "$RECEIVER_PID"
  record "$RECEIVER_URL/" | fails connect . send
  expect_equal "$(json receipt '[.attempts, .http_status] | map(tostring) | join(" ")')" '1 null'
}
test_case 'reset and connect: a connection that breaks at once, and a port that is closed' broken_connections

timeouts() {
  local point
  answers <<'END'
{"/before":[{"stall":"before"}],"/headers":[{"stall":"headers"}],"/body":[{"stall":"body","body":"12345678"}],
 "/drip":[{"drip_ms":1000,"body":"12345678"}]}
END
  record "$RECEIVER_URL/before" | fails timeout '^no answer within [0-9]+ ms$' send --timeout 200ms
  for point in headers drip; do
    record "$RECEIVER_URL/$point" | fails timeout '^the answer did not end within [0-9]+ ms$' send --timeout 200ms
  done
  record "$RECEIVER_URL/body" | send --retries 3 --timeout 200ms >receipt
  expect_equal "$(json receipt '[.status, .http_status, .attempts, .error] | map(tostring) | join(" ")')" 'finished 200 1 null'
  record "$RECEIVER_URL/body" | jq -c '.request.success_when = "true"' |
    fails timeout '^the answer did not end within [0-9]+ ms$' send --timeout 200ms
  requests 5
}
test_case 'timeout: a receiver that stalls at any point' timeouts

never_accepted() {
  local port first second
  cat >deaf.mjs <<'END'
import net from 'node:net';
import { writeSync } from 'node:fs';
const server = net.createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  writeSync(1, `${server.address().port}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); // never comes to accept(2)
});
END
  mkfifo deaf
  node deaf.mjs >deaf &
  SERVERS+=("$!")
  read -r -t 60 port <deaf
  # the two that the kernel keeps waiting
  exec {first}<>"/dev/tcp/127.0.0.1/$port" {second}<>"/dev/tcp/127.0.0.1/$port"
  record "http://127.0.0.1:$port/" | fails timeout . send --connect-timeout 200ms
  exec {first}>&- {second}>&-
  start_receiver --on-connect stall
  record "https://127.0.0.1:$RECEIVER_PORT/" | fails timeout . send --connect-timeout 200ms
}
test_case 'timeout: a connection that is not accepted, and TLS that is not answered' never_accepted

names() {
  printf 'gone.test none\nbroken.test again\nstuck.test hang\n' >map
  record https://gone.test/ | fails dns '^gone\.test: ' with_resolver map wb-send --retries 0 --breaker 0 --progress never
  record https://broken.test/ | fails dns '^broken\.test: ' with_resolver map wb-send --retries 0 --breaker 0 --progress never
  record https://stuck.test/ | fails timeout '^stuck\.test: ' with_resolver map wb-send --retries 0 --breaker 0 --progress never --connect-timeout 200ms
  record https://stuck.test/ | fails timeout '^stuck\.test: ' with_resolver map wb-send --retries 0 --breaker 0 --progress never --timeout 200ms
  expect_equal "$(<resolve.log)" 'lookup stuck.test'
  # one that is stuck does not hold up others
  start_receiver
  printf 'receiver.test 127.0.0.1\n' >>map
  { record https://stuck.test/ && record "http://receiver.test:$RECEIVER_PORT/" | sed s/d-1/d-2/; } >in
  expect_status 1 with_resolver map send --connect-timeout 2s in >receipts
  expect_equal "$(jq -r .status receipts)" $'finished\nfailed'
}
test_case 'dns and timeout: names that are not there, fail, or hang' names

# 32 are looked up at a time; what never had its turn is no fault of the name server, nor of the endpoint.
many_names() {
  local n
  for ((n = 1; n <= 40; n++)); do
    printf 'stuck%d.test hang\n' "$n" >&3
    record "https://stuck$n.test/" | sed "s/\"delivery_id\":\"/&$n-/"
  done 3>map >in
  expect_status 1 with_resolver map wb-send --order none --jobs 40 --retries 0 --breaker 1 --retry-max-time 1s \
    --connect-timeout 200ms --progress never in >receipts 2>err
  expect_equal "$(jq -r '[.status, .reason, .attempts, .error.class, (.error.text | sub("^stuck[0-9]+.test: "; ""))] | map(tostring) | join(" ")' receipts |
    sort | uniq -c | tr -s ' ')" ' 8 deferred budget 0 dns too many other names are being looked up
 32 failed null 1 timeout looking it up took too long'
  expect_match "$(<err)" '^wb-send: stuck[0-9]+\.test: too many other names are being looked up$'
}
test_case 'dns: a name that never had its turn among others is told of as such' many_names

missing_secrets() {
  export HOOK=sesame BROKEN=$'a\r\nX-Evil: 1' NO_URL='not a url, hunter2'
  start_receiver
  record "$RECEIVER_URL/" '"auth":{"scheme":"bearer","ref":"$TOK"}' | fails secret '^secret TOK: not found in the environment, /run/secrets$' send
  record "$RECEIVER_URL/" '"secrets":[{"at":0,"ref":"$TOK"}]' | fails secret '^secret TOK: not found in the environment, /run/secrets$' send
  record "$RECEIVER_URL/" '' '"X-A":"$TOK"' | fails secret '^secret TOK: not found in the environment, /run/secrets$' send
  record '$TOK' | fails secret '^secret TOK: not found in the environment, /run/secrets$' send
  record '$NO_URL' | fails secret '^secret NO_URL: ' send
  no_secret "$NO_URL" receipt err
  record "$RECEIVER_URL/" '' '"X-A":"$BROKEN"' |
    fails secret '^secret BROKEN: holds a control character, so it cannot be in a header$' send
  record "$RECEIVER_URL/" '"secrets":[{"at":3,"ref":"$HOOK"}]' | fails secret "^a secret's place is behind the end of the body$" send
  record "$RECEIVER_URL/" '' '"X-A":"$HOOK"' | fails secret '^secret HOOK: is not bound to this host$' send --secret-host HOOK=other.test
  record "$RECEIVER_URL/" '' '"X-A":"$HOOK"' | fails secret '^secret HOOK: is not bound to a host$' send --bound-only
  expect_equal "$(json receipt '[.attempts, .http_status] | map(tostring) | join(" ")')" '0 null'
  requests 0
  record "$RECEIVER_URL/" '' '"X-A":"$HOOK"' | send --bound-only --secret-host HOOK=127.0.0.1 >receipt
  requests 1
}
test_case 'secret: missing, not for a header, not for this host; nothing is sent' missing_secrets

# ---- TLS ----

make_test_ca

tls() {
  start_receiver --tls "$SERVER_TLS"
  printf 'receiver.test 127.0.0.1\n' >map
  record "https://127.0.0.1:$RECEIVER_PORT/" | send --cacert "$CA_FILE" >receipt
  record "https://receiver.test:$RECEIVER_PORT/" | with_resolver map send --cacert "$CA_FILE" >receipt
  record "https://receiver.test.:$RECEIVER_PORT/" | with_resolver map send --cacert "$CA_FILE" >receipt
  requests 3
  expect_equal "$(jq -r .servername "$RECEIVER_LOG")" $'null\nreceiver.test\nreceiver.test'
  record "https://127.0.0.1:$RECEIVER_PORT/" | fails tls . send
  # whatever the environment says
  record "https://127.0.0.1:$RECEIVER_PORT/" | CURL_CA_BUNDLE=$CA_FILE fails tls . send
  requests 3
}
test_case 'tls: --cacert; without it the test authority is not trusted' tls

bad_certificates() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -days 30 \
    -addext subjectAltName=IP:127.0.0.1 -keyout self.key -out self.pem 2>err
  start_receiver --tls self.pem,self.key
  record "https://127.0.0.1:$RECEIVER_PORT/" | fails tls 'self.signed' send --cacert "$CA_FILE"
  record "https://127.0.0.1:$RECEIVER_PORT/" | send --cacert self.pem >receipt
  start_receiver --tls "$EXPIRED_TLS"
  record "https://127.0.0.1:$RECEIVER_PORT/" | fails tls 'expired' send --cacert "$CA_FILE"
  requests 0
  start_receiver --tls "$WRONG_HOST_TLS"
  record "https://127.0.0.1:$RECEIVER_PORT/" | fails tls . send --cacert "$CA_FILE"
  printf 'other.test 127.0.0.1\nreceiver.test 127.0.0.1\n' >map
  record "https://receiver.test:$RECEIVER_PORT/" | fails tls 'receiver.test' with_resolver map send --cacert "$CA_FILE"
  requests 0
  record "https://other.test:$RECEIVER_PORT/" | with_resolver map send --cacert "$CA_FILE" >receipt
}
test_case 'tls: self-signed, expired, another host, no authority' bad_certificates

no_tls() {
  start_receiver
  record "https://127.0.0.1:$RECEIVER_PORT/" | fails tls . send
  start_receiver --tls "$SERVER_TLS"
  record "http://127.0.0.1:$RECEIVER_PORT/" | fails reset . send
}
test_case 'tls: a plain server on a TLS port, and the other way round' no_tls

nginx_works() {
  start_receiver
  cat >nginx.conf <<END
server {
  listen 127.0.0.1:@PORT@ ssl;
  ssl_certificate ${SERVER_TLS%,*};
  ssl_certificate_key ${SERVER_TLS#*,};
  location / { proxy_pass $RECEIVER_URL; }
  location /no { return 403 "no\n"; }
}
END
  start_nginx nginx.conf
  records 50 "https://127.0.0.1:$NGINX_PORT/" | send --cacert "$CA_FILE" >receipts
  expect_equal "$(got | wc -c)" 91
  requests 50
  record "https://127.0.0.1:$NGINX_PORT/no" | fails http '^status 403$' send --cacert "$CA_FILE"
  expect_equal "$(json receipt .response)" no
}
test_case 'tls: through nginx' nginx_works

# ---- many at once ----

# start_barrier N - a receiver that answers only when N requests are there, then answers them all
start_barrier() {
  cat >barrier.mjs <<'END'
import http from 'node:http';
import { writeSync } from 'node:fs';
const [, , wanted] = process.argv;
const waiting = [];
const server = http.createServer((request, response) => {
  request.resume().on('end', () => {
    waiting.push(response);
    if (waiting.length === Number(wanted)) for (const each of waiting.splice(0)) each.end('ok');
  });
});
server.listen(0, '127.0.0.1', () => writeSync(1, `${server.address().port}\n`));
END
  rm -f barrier
  mkfifo barrier
  node barrier.mjs "$1" >barrier &
  SERVERS+=("$!")
  read -r -t 60 BARRIER_PORT <barrier
}

parallel() {
  start_barrier 16
  records 48 "http://127.0.0.1:$BARRIER_PORT/" | send >receipts
  expect_equal "$(jq -r .status receipts | sort | uniq -c | tr -s ' ')" ' 48 finished'
  start_barrier 200
  records 200 "http://127.0.0.1:$BARRIER_PORT/" | send -j 200 >receipts
  expect_equal "$(jq -r .status receipts | sort | uniq -c | tr -s ' ')" ' 200 finished'
}
test_case 'jobs: so many deliveries really are under way at the same time' parallel

bounded() {
  answers <<<'{"*":[{"delay_ms":1}]}'
  records 60 "$RECEIVER_URL/" | send -j 4 >receipts
  requests 60
  expect_equal "$(jq -s 'map(.in_flight) | max <= 4' "$RECEIVER_LOG")" true 'at most 4'
  expect_equal "$(jq -s 'map(.connection) | max <= 4' "$RECEIVER_LOG")" true 'connections'
}
test_case 'jobs: and not more' bounded

keep_alive() {
  start_receiver
  records 100 "$RECEIVER_URL/" | send -j 1 >receipts
  requests 100
  expect_equal "$(jq -r .connection "$RECEIVER_LOG" | sort -u)" 1
  expect_equal "$(got | wc -c)" 192
  expect_equal "$(json receipts .delivery_id | sed -n '1p;100p')" $'d-1\nd-100' 'order'
}
test_case 'jobs: with one, many requests go over one connection, in order' keep_alive

ten_thousand() {
  start_receiver
  records 10000 "$RECEIVER_URL/" | send -j 32 >receipts
  jq -r .body_base64 "$RECEIVER_LOG" | sort >arrived
  seq 10000 | jq -R -r @base64 | sort >wanted
  expect_file arrived wanted
  jq -r '[.delivery_id, .status] | join(" ")' receipts | sort >out
  seq -f 'd-%.0f finished' 10000 | sort >want
  expect_file out want
}
test_case 'jobs: ten thousand deliveries arrive once each' ten_thousand

# ---- what must not matter ----

proxies() {
  local proxy url
  start_receiver
  proxy=$RECEIVER_URL
  local proxy_log=$RECEIVER_LOG
  start_receiver --tls "$SERVER_TLS"
  local tls_url=$RECEIVER_URL
  start_receiver
  for url in "$tls_url" "$RECEIVER_URL"; do
    record "$url/" | env {http,https,all}_proxy="$proxy" {HTTP,HTTPS,ALL}_PROXY="$proxy" {no_proxy,NO_PROXY}= \
      wb-send --allow-http --allow-net 127.0.0.0/8 --cacert "$CA_FILE" >receipt || fail "$(<receipt)"
  done
  requests 1
  expect_empty "$proxy_log"
}
test_case 'environment: proxies that it names are not used' proxies

named_proxy() {
  export TOK=hunter2hunter2
  printf 'none.test none\n' >map
  answers <<<'{"receiver.test:443":[{"status":403}]}'
  record http://receiver.test/path '"auth":{"scheme":"bearer","ref":"$TOK"}' |
    no_proxy='*' NO_PROXY='*' with_resolver map wb-send --retries 0 --breaker 0 --progress never --allow-http --proxy "$RECEIVER_URL" >receipt || fail "$(<receipt)"
  expect_equal "$(jq -r '[.method, .path] | join(" ")' "$RECEIVER_LOG")" 'POST http://receiver.test/path'
  expect_equal "$(got)" '{}'
  expect_equal "$(sort -u resolve.log)" "connect 127.0.0.1:$RECEIVER_PORT"
  # to the proxy itself a tunnel shows nothing of the request
  record https://receiver.test/path '"auth":{"scheme":"bearer","ref":"$TOK"}' '"X-Token":"$TOK"' |
    expect_status 1 with_resolver map wb-send --retries 0 --breaker 0 --progress never --proxy "$RECEIVER_URL" >receipt
  expect_equal "$(tail -n 1 "$RECEIVER_LOG" | jq -r '[.method, .path, .body_base64] | join(" ")')" 'CONNECT receiver.test:443 '
  tail -n 1 "$RECEIVER_LOG" >tunnel
  no_secret hunter2hunter2 tunnel receipt
  requests 2
}
test_case 'proxy: one that is named is used, and looks names up itself' named_proxy

# A proxy may have a password, so what is wrong with its URL is said without it.
wrong_proxies() {
  local proxy
  start_receiver
  record "$RECEIVER_URL/" >in
  for proxy in http://user:PASS@a.example:99999 http://user:PA/SS@a.example 'http://us er:PASS@a.example' http://user:PASS@ \
    http://user:PASS@a.example:x http://user:PASS@a.example/path socks5h://user:PASS@a..example ftp://user:PASS@a.example; do
    expect_status 2 send --proxy "$proxy" in >out 2>err
    expect_match "$(<err)" '^wb-send: --proxy takes a URL '
    expect_no_match "$(<err)" 'PA|user:'
  done
  requests 0
}
test_case 'proxy: a wrong one is refused before anything is sent' wrong_proxies

# What stands in front of a host in a URL may be a password.
user_info() {
  record 'https://bob:hunter2@hooks.test/x' >in
  record 'https://bob:hunter2\u0040hooks.test/x' >>in
  record 'https:bob:hunter2@hooks.test/x' >>in
  record 'https:\\\\bob:hunter2@hooks.test/x' >>in
  expect_status 1 send --journal user-journal in >receipts 2>err
  expect_equal "$(jq -r '[.url, .error.class, .error.text] | join(" ")' receipts | uniq -c | xargs)" \
    "2 https://***@hooks.test/x denied malformed URL: user info in front of the host 1 https:***@hooks.test/x denied malformed URL: no // after the scheme 1 https:\\***@hooks.test/x denied malformed URL: a backslash"
  expect_status 1 wb-send --dry-run in >shown
  expect_no_match "$(cat receipts user-journal err shown)" hunter2
}
test_case 'denied: a user in the URL is shown nowhere' user_info

two_authorizations() {
  start_receiver
  record "$RECEIVER_URL/" '' '"authorization":"x"' '' ',"auth":{"scheme":"bearer","ref":"$T"}' |
    jq -c '.request.headers = {authorization: "x"} | .request.auth = {scheme: "bearer", ref: "$T"}' >in
  expect_status 1 send in >out 2>err
  expect_match "$(<err)" '"auth" and an Authorization header exclude each other$'
  requests 0
}
test_case 'bad lines: two Authorization headers' two_authorizations

no_key_log() {
  start_receiver --tls "$SERVER_TLS"
  record "${RECEIVER_URL/127.0.0.1/localhost}/" | SSLKEYLOGFILE=$T/keys wb-send --allow-host localhost --cacert "$CA_FILE" >receipt
  expect_equal "$(json receipt .status)" finished
  [[ ! -e $T/keys ]] || fail 'the keys of TLS sessions were written to a file'
}
test_case 'tls: keys of sessions go to no file' no_key_log

counts_refused() {
  start_receiver
  { echo bad && record "$RECEIVER_URL/" && echo worse; } >in
  expect_status 1 wb-send --allow-http --allow-net 127.0.0.0/8 --progress always in >receipts 2>err
  expect_match "$(tr '\r' '\n' <err | tail -n 1)" '1 finished, 2 refused in '
}
test_case 'progress: refused lines are counted' counts_refused

names_the_model() {
  start_receiver
  record "$RECEIVER_URL/" | jq -c '.event.artifact_version_string = "acme/m/fraud:v3"' | send --journal model-journal >receipt
  expect_equal "$(jq -r .artifact_version_string receipt model-journal | xargs)" 'acme/m/fraud:v3 acme/m/fraud:v3'
}
test_case 'a receipt and the journal say which version it was about' names_the_model

asks_to_wait() {
  answers <<<'{"*":[{"status":503,"headers":{"Retry-After":"400"}}]}'
  record "$RECEIVER_URL/" | expect_status 1 wb-send --allow-http --allow-net 127.0.0.0/8 >receipt
  expect_equal "$(json receipt '[.status, .reason, .error.text] | join(" ")')" 'deferred budget status 503; it asks to wait 400 s'
}
test_case 'a receipt says how long the receiver asks to wait' asks_to_wait

netrc() {
  printf 'machine 127.0.0.1 login me password hunter2hunter2\ndefault login me password hunter2hunter2\n' >"$HOME/.netrc"
  printf 'user = "me:hunter2hunter2"\n' >"$HOME/.curlrc"
  chmod 600 "$HOME/.netrc"
  start_receiver
  record "$RECEIVER_URL/" | env CURL_HOME="$HOME" NETRC="$HOME/.netrc" wb-send --allow-http --allow-net 127.0.0.0/8 >receipt
  rm "$HOME/.netrc" "$HOME/.curlrc"
  expect_equal "$(received Authorization)" ''
  requests 1
}
test_case 'environment: ~/.netrc and ~/.curlrc are not read' netrc

# ---- records and lines ----

# refused MESSAGE [ARGUMENT…] <LINE - the line is refused with that message, at the byte where ¦ stands if it does, and kept
refused() {
  local where
  cat >marked
  where=$(grep -a -b -o ¦ marked) || :
  where=${where%%:*}
  sed 's/¦//' marked >in
  rm -f rejects
  expect_status 1 send --rejects rejects "${@:2}" <in >out 2>err
  expect_empty out
  expect_equal "$(<err)" "wb-send: standard input:1:${where:+ byte $((where + 1)):} $1" message
  expect_file rejects in
}

injection() {
  local name
  start_receiver
  for name in Host content-length Transfer-Encoding Connection TE Upgrade Expect Proxy-Authorization; do
    record "$RECEIVER_URL/" '' "\"¦$name\":\"1\"" | refused 'this header is set by the sender'
  done
  record "$RECEIVER_URL/" '' '"¦X-A\r\nX-B":"1"' | refused 'not a header name'
  record "$RECEIVER_URL/" '' '"¦X-A: b":"1"' | refused 'not a header name'
  record "$RECEIVER_URL/" '' '"¦\u0048ost":"1"' | refused 'not a header name'
  record "$RECEIVER_URL/" '' '"X-A":"¦b\r\nX-B: c"' | refused "a header's value is printable ASCII"
  record "$RECEIVER_URL/" '' '"X-A":"¦b\nX-B: c"' | refused "a header's value is printable ASCII"
  record "$RECEIVER_URL/" '' '"X-A":"¦b\u0000c"' | refused "a header's value is printable ASCII"
  record "$RECEIVER_URL/" '' '"X-A":"¦b\u007f"' | refused "a header's value is printable ASCII"
  record "$RECEIVER_URL/" '' '"X-A":"¦é"' | refused "a header's value is printable ASCII"
  record "$RECEIVER_URL/" '' '"X-A":"¦$b c"' |
    refused "a value that starts with '\$' must be the name of a secret, such as \"\$TOKEN\""
  record "$RECEIVER_URL/" | sed 's/"POST"/"¦GET"/' | refused '"method" is not POST'
  record "$RECEIVER_URL/\\r\\nX-Evil: 1" | fails denied 'a control character' send
  record "$RECEIVER_URL/ HTTP/1.1" | fails denied 'a space' send
  requests 0
}
test_case 'records: headers, method and URL that would change the request are refused' injection

unsigned() {
  local scheme
  export S=key
  start_receiver
  for scheme in wandb wandb-hex github standard; do
    record "$RECEIVER_URL/" "\"sign\":{\"scheme\":\"$scheme\",\"refs\":\"\$S\"}" |
      refused 'not signed, but to be signed: wb-sign comes before wb-send'
    mv in unsigned
    wb-sign unsigned | send >receipt
  done
  # all of several
  record "$RECEIVER_URL/" '"sign":{"scheme":["wandb","github"],"refs":"$S"}' '"X-Wandb-Signature":"x"' |
    refused 'not signed, but to be signed: wb-sign comes before wb-send'
  requests 4
}
test_case 'records: one that is to be signed is not sent unsigned' unsigned

bad_lines() {
  start_receiver
  { record "$RECEIVER_URL/" '' '' 1 && printf '{"delivery_id":""}\r\n\n' && printf '\xff\n' &&
    record "$RECEIVER_URL/" '' '' 2 && printf 'x'; } >in
  rm -f rejects
  expect_status 1 send -j 1 --rejects rejects in >receipts 2>err
  expect_equal "$(got)" 12
  expect_equal "$(json receipts .status)" $'finished\nfinished'
  expect_equal "$(<err)" $'wb-send: in:2: byte 17: "delivery_id" has 1 to 64 characters\nwb-send: in:4: byte 1: not a JSON value\nwb-send: in:6: byte 1: not a JSON value'
  expect_equal "$(od -An -c rejects)" "$(printf '{"delivery_id":""}\r\n\xff\nx' | od -An -c)"
}
test_case 'bad lines: skipped and kept as they came, the others are sent' bad_lines

oversize() {
  start_receiver
  { record "$RECEIVER_URL/" '' '' 1 && record "$RECEIVER_URL/" '' '' "$(printf '%3000s' '')" && record "$RECEIVER_URL/" '' '' 2; } >in
  rm -f rejects
  expect_status 1 send -j 1 --max-line 2K --rejects rejects <in >receipts 2>err
  expect_equal "$(got)" 12
  expect_equal "$(<err)" 'wb-send: standard input:2: line longer than 2048 bytes (--max-line)'
  expect_equal "$(<rejects)" "$(sed -n 2p in)"
}
test_case 'bad lines: oversize' oversize

dry_run() {
  start_receiver
  cat >map <<<"receiver.test 127.0.0.1"
  {
    record "http://receiver.test:$RECEIVER_PORT/p" '"secrets":[{"at":6,"ref":"$BODY"}],"auth":{"scheme":"bearer","ref":"$TOK"},"sign":{"scheme":"wandb","refs":"$S"}' \
      '"Content-Type":"application/json","X-T":"$HDR"' '{\"a\":\"\",\"é\":1}'
    record '$HOOK_URL'
    record http://receiver.test/
  } >in
  export TOK=hunter2hunter2
  with_resolver map send --dry-run in >out 2>err
  cat >want <<END
# d-1 a
# not signed yet: wb-sign comes before wb-send
POST http://receiver.test:$RECEIVER_PORT/p
Content-Type: application/json
X-T: \$HDR
Authorization: Bearer \$TOK

{"a":"\$BODY","é":1}

# d-1 a
POST \$HOOK_URL
Content-Type: application/json

{}

# d-1 a
POST http://receiver.test/
Content-Type: application/json

{}

END
  expect_file out want
  expect_empty err
  expect_empty resolve.log
  requests 0
  no_secret hunter2hunter2 out err
  expect_status 1 with_resolver map wb-send --retries 0 --breaker 0 --progress never -n in >out 2>err
  expect_equal "$(grep '^# denied' out)" "$(printf '# denied: the URL is http, not https; --allow-http would open it\n%.0s' 1 2)"
  expect_status 1 wb-send -n <<<x >out 2>err
  expect_empty out
}
test_case 'dry run: requests with secrets by name; nothing is looked up or sent' dry_run

dry_run_clean() {
  record https://a.test/ '"secrets":[{"at":9,"ref":"$S"},{"at":99,"ref":"$S"}]' '"A":"b"' '\u001b]0;x\u0007\nPOST https://evil/\u009b\r' |
    sed 's/"name":"a"/"name":"a\\n# b\\u001b"/' | wb-send -n >out
  expect_equal "$(<out)" $'# d-1 a\\x0a# b\\x1b\nPOST https://a.test/\nA: b\n\n\\x1b]0;x\\x07\\x0aPO$SST https://evil/\\xc2\\x9b\\x0d$S'
}
test_case 'dry run: a record cannot speak to the terminal, or make lines of its own' dry_run_clean

# ---- input and output ----

failed_output() {
  start_receiver
  records 1000 "$RECEIVER_URL/" >in
  expect_status 3 send -j 1 in >/dev/full 2>err
  expect_equal "$(head -n 1 err)" 'wb-send: cannot write to standard output: No space left on device; nothing more is sent'
  # what has arrived is not lost
  expect_equal "$(grep '^{' err | jq -r .delivery_id | sort)" "$(jq -r '.path' "$RECEIVER_LOG" | awk '{ print "d-" NR }')"
  (($(wc -l <"$RECEIVER_LOG") <= 2)) || fail "it went on: $(wc -l <"$RECEIVER_LOG") requests"
  expect_status 3 send -j 1 in >&- 2>err
  expect_status 3 send missing >out 2>err
  expect_equal "$(<err)" "wb-send: cannot open 'missing': No such file or directory"
}
test_case 'output: with a full disk it stops, status 3' failed_output

closed_pipe() {
  start_receiver
  # receipts of these do not fit into a pipe
  records 3000 "$RECEIVER_URL/" >in
  {
    local status=0
    send -j 1 in 2>err || status=$?
    printf '%s' "$status" >status
  } | head -n 1 >out
  expect_equal "$(<status)" 3
  expect_equal "$(head -n 1 err)" 'wb-send: cannot write to standard output: Broken pipe; nothing more is sent'
  (($(wc -l <"$RECEIVER_LOG") < 3000)) || fail 'it went on'
}
test_case 'output: with nobody to take receipts it stops, status 3' closed_pipe

live() {
  local line
  start_receiver
  coproc wb-send --allow-http --allow-net 127.0.0.0/8
  record "$RECEIVER_URL/" >&"${COPROC[1]}"
  read -r -t 60 line <&"${COPROC[0]}"
  expect_match "$line" '"status":"finished"'
  eval "exec ${COPROC[1]}>&-"
  # shellcheck disable=SC2154 # set by coproc
  wait "$COPROC_PID"
}
test_case 'output: a receipt is written before the next record is waited for' live

options() {
  local option
  wb-send --help >out
  expect_match "$(<out)" '^usage: wb-send '
  wb-send </dev/null >out
  expect_empty out
  for option in -j0 -j1025 -jx --timeout=0 --timeout=forever --connect-timeout=-1 --max-response=2M --allow-net=10.0.0.1/8 \
    --allow-net=localhost --allow-host=a/b --allow-http=yes --secrets=x --nonsense; do
    expect_status 2 wb-send "$option" </dev/null >out 2>err
    expect_empty out
    expect_match "$(<err)" '^wb-send: '
  done
}
test_case 'options: help, and values that are none' options

# A kept connection that closes without an answer leaves open whether the request arrived: it is not sent again unasked.
no_second_send() {
  start_receiver --script <(printf '{"*":[{},{"close":"before"},{}]}') 2>/dev/null || return
  for n in 1 2 3; do record "$RECEIVER_URL/$n" '' '' "$n"; done >in
  expect_status 1 send -j 1 in >receipts
  expect_equal "$(json receipts .status | tr '\n' ' ')" 'finished failed finished '
  expect_equal "$(json receipts '.error.class // "-"' | tr '\n' ' ')" '- reset - '
  expect_equal "$(json "$RECEIVER_LOG" .path | sort | uniq -c | awk '$1 > 1')" ''
}
test_case 'reset: a request is not sent a second time unasked' no_second_send

proxies_refused() {
  local proxy
  for proxy in '' http:// socks5://127.0.0.1:1 socks4://127.0.0.1:1 127.0.0.1:8080; do
    expect_status 2 wb-send --proxy "$proxy" </dev/null 2>err
    expect_match "$(<err)" '^wb-send: --proxy takes a URL that starts with '
  done
}
test_case '--proxy: empty, or one that would look names up here: refused' proxies_refused

closed_descriptors() {
  expect_status 3 wb-send <&- 2>err
  expect_equal "$(<err)" 'wb-send: cannot read standard input: Bad file descriptor'
  record https://receiver.test/ >in
  expect_status 3 wb-send --dry-run in >&- 2>err
  expect_equal "$(<err)" 'wb-send: cannot write to standard output: Bad file descriptor'
}
test_case 'closed standard descriptors are not given to anything else' closed_descriptors

hidden_host() {
  export HOOK_URL=https://hidden-host.invalid/services/T000
  record '$HOOK_URL' >in
  echo 'hidden-host.invalid none' >map
  expect_status 1 with_resolver map wb-send --retries 0 --breaker 0 --progress never in >receipts
  expect_equal "$(json receipts .error.class)" dns
  expect_no_match "$(<receipts)" hidden-host
}
test_case 'a URL that is a secret: not even its host stands in the receipt' hidden_host

environment_does_not_widen() {
  export TOK=hunter2hunter2 WB_SECRET_HOSTS=TOK=receiver.test
  record https://receiver.test/ '"auth":{"scheme":"bearer","ref":"$TOK"}' >in
  expect_status 1 wb-send --secret-host TOK=other.test in >receipts
  expect_equal "$(json receipts .error.text)" 'secret TOK: is not bound to this host'
}
test_case '$WB_SECRET_HOSTS does not widen --secret-host' environment_does_not_widen

echoed_path() {
  echo '{"*":[{"status":404,"body":"The URL /services/T0/SEKRETpath was not found"}]}' >script
  start_receiver --script script
  export HOOK_URL=$RECEIVER_URL/services/T0/SEKRETpath
  record '$HOOK_URL' >in
  expect_status 1 send in >receipts
  expect_equal "$(json receipts .http_status)" 404
  expect_no_match "$(<receipts)" SEKRET
}
test_case 'a URL that is a secret: an error page that repeats its path is masked' echoed_path

echoed_parts() {
  local line
  # what a server says, and what the receipt has of it
  cat >said <<'END'
GET /hook%2Fa/SEKRETpath?sig=SEKRET%2Bsig%3D&v=1&code=12345 HTTP/1.1
GET /hook/a/SEKRETpath?sig=SEKRET+sig=&v=1&code=12345 HTTP/1.1
{"url":"https:\/\/hooks.invalid\/hook%2Fa\/SEKRETpath?sig=SEKRET%2Bsig%3D\u0026v=1\u0026code=12345"}
<a href="/hook%2fa/SEKRETpath?sig=SEKRET%2bsig%3d&amp;v=1&amp;code=12345">
&#x2F;hook%2Fa&#47;SEKRETpath
path hook/a/SEKRETpath
no hook is called SEKRETpath
bad signature SEKRET+sig=
bad signature SEKRET%2Bsig%3D, code=12345, or 12345, v=1
END
  while IFS= read -r line; do
    jq -n --arg a "$line" '{status: 403, body: $a}'
  done <said | jq -s '{"*": .}' >script
  start_receiver --script script
  export HOOK_URL="$RECEIVER_URL/hook%2Fa/SEKRETpath?sig=SEKRET%2Bsig%3D&v=1&code=12345"
  records "$(wc -l <said)" '$HOOK_URL' >in
  expect_status 1 send -j 1 --breaker 0 in >receipts
  cat <<'END' >want
GET *?* HTTP/1.1
GET *?* HTTP/1.1
{"url":"https:\/\/hooks.invalid*?*"}
<a href="*?*">
*
path *
no hook is called *
bad signature *
bad signature *, *, or 12345, v=1
END
  jq -r .response receipts | sed 's/\*\**/*/g' >got
  expect_file got want
}
test_case 'a URL that is a secret: its path, its query and their pieces are masked however they are spelled' echoed_parts

# jq shows the beginning of a value in its messages, and we cut those that are long
cut_messages() {
  export TOK=hunter2hunter2hunter2
  jq -n --arg t "$TOK" '{"*": [{body: ({t: $t} | tostring)}]}' >script
  start_receiver --script script
  for program in '.t + 1' 'error("\("-" * 300)\(.t)")' 'error("\("-" * 310)\(.t)")' 'error(.t)'; do
    record "$RECEIVER_URL/" '"auth":{"scheme":"bearer","ref":"$TOK"},"success_when":'"$(jq -n --arg p "$program" '$p')" >in
    expect_status 1 send in >receipts
    expect_equal "$(json receipts .error.class)" rejected
    expect_no_match "$(<receipts)" hunt
  done
}
test_case 'messages: no beginning of a secret, either, where they are cut' cut_messages

# a mask is as long as what it hides, so that nothing of the rest is lost; only what is shown is masked
cap_and_success_when() {
  export TOK=hunter2hunter2
  jq -n --arg t "$TOK" '{"*": [{status: 500, body: ("x" * 10 + $t + $t)},
    {body: ({pad: ("x" * 3), ok: $t, no: $t} | tostring)}, {body: ({pad: ("x" * 3), ok: "hunter3"} | tostring)}]}' >script
  start_receiver --script script
  records 3 "$RECEIVER_URL/" |
    jq -c '.request |= . + {headers: {"X-T": "$TOK"}, success_when: ".ok == \"hunter2hunter2\""}' >in
  expect_status 1 send -j 1 --max-response 20 --show-response in >receipts
  expect_equal "$(jq -r '[.status, .response] | join(" ")' receipts)" 'failed xxxxxxxxxx**********
finished {"pad":"xxx","ok":"*
failed {"pad":"xxx","ok":"h'
}
test_case 'responses: success_when sees what the receipt does not' cap_and_success_when
