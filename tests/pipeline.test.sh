#!/usr/bin/env bash
#
# pipeline.test.sh - the five tools end to end: what arrives, that data stays data, and that secrets stay secret

# shellcheck disable=SC2016 # what looks like variables are those of payloads, and secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# Long, and of characters that every tool and log would spell in the same way.
export GITHUB_TOKEN=token0fGitHub42pqrstuvwxyz WEBHOOK_SECRET=key0fWebhook17abcdefghijklm
SECRETS=("$GITHUB_TOKEN" "$WEBHOOK_SECRET")

# alias_event [ARGUMENT…] - the event of the examples
alias_event() {
  wb-event alias acme/model-registry/fraud:v3 production --author ann --artifact-id QXJ0aWZhY3Q6NTE3ODg5ODg3 \
    --time 2026-01-02T03:04:05Z --id event-1 "$@"
}

# send [ARGUMENT…] - wb-send to this machine
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 "$@"
}

# example NAME - a copy of man/examples/NAME.json that delivers to $RECEIVER_URL/NAME, in NAME.json
example() {
  sed "s|https://api\\.github\\.com/[^\"]*|$RECEIVER_URL/github|" "$TOP/man/examples/$1.json" >"$1.json"
  export SLACK_WEBHOOK_URL=$RECEIVER_URL/slack TEAMS_WEBHOOK_URL=$RECEIVER_URL/teams
}

# body [PATH] - the body of the last request to PATH
body() {
  jq -r --arg path "/$1" 'select(.path == $path) | .body_base64' "$RECEIVER_LOG" | tail -n 1 | base64 -d
}

# bodies LOG - the bodies of all requests, one a line
bodies() {
  jq -r '.body_base64 | @base64d' "$1"
}

# ---- what arrives ----

payloads() {
  local name headers signature
  start_receiver
  for name in github slack teams; do example "$name"; done
  alias_event | wb-match -c github.json -c slack.json -c teams.json | wb-render | wb-sign | send >receipts
  expect_equal "$(json receipts .status)" $'finished\nfinished\nfinished'
  expect_equal "$(body github)" '{"event_type":"BUILD_AND_DEPLOY","client_payload":{"event_author":"ann","artifact_version":"wandb-artifact://_id/QXJ0aWZhY3Q6NTE3ODg5ODg3","artifact_version_string":"acme/model-registry/fraud:production","artifact_collection_name":"fraud","project_name":"model-registry","entity_name":"acme"}}'
  expect_equal "$(body slack)" '{"text":"New version: acme/model-registry/fraud:production","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"Registry event: ADD_ARTIFACT_ALIAS"}},{"type":"section","text":{"type":"mrkdwn","text":"New version: acme/model-registry/fraud:production"}},{"type":"divider"},{"type":"section","text":{"type":"mrkdwn","text":"Author: ann"}}]}'
  expect_equal "$(body teams)" '{"@type":"MessageCard","@context":"http://schema.org/extensions","summary":"New version: acme/model-registry/fraud:production","sections":[{"activityTitle":"New version: acme/model-registry/fraud:production","text":"Collection fraud of acme/model-registry.","facts":[{"name":"Author","value":"ann"},{"name":"Event Type","value":"ADD_ARTIFACT_ALIAS"}],"markdown":true}]}'
  headers=$(jq -c 'select(.path == "/github") | .headers' "$RECEIVER_LOG")
  signature=$(body github | openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" -binary | base64)
  expect_equal "$headers" "[\"Host\",\"127.0.0.1:$RECEIVER_PORT\",\"Content-Type\",\"application/json\",\
\"Accept\",\"application/vnd.github+json\",\"X-Wandb-Signature\",\"$signature\",\"Authorization\",\"Bearer $GITHUB_TOKEN\",\
\"User-Agent\",\"wb-tools/$(wb-send --version | cut -d ' ' -f 3)\",\"Content-Length\",\"$(body github | wc -c)\"]"
}
test_case 'payloads: GitHub, Slack and Teams, byte for byte' payloads

schemes() {
  start_receiver --verify wandb --verify github --verify standard --secret-env WEBHOOK_SECRET
  local three=$RECEIVER_URL three_log=$RECEIVER_LOG
  start_receiver --verify wandb-hex --secret-env WEBHOOK_SECRET
  cat >config.json <<END
{"webhooks":{
   "three":{"url":"$three/","secret":"\$WEBHOOK_SECRET","signature":["standard","wandb","github"],"access_token":"\$GITHUB_TOKEN"},
   "hex":{"url":"$RECEIVER_URL/","secret":["\$WEBHOOK_SECRET"],"signature":"wandb-hex"}},
 "automations":[
   {"name":"a","action":{"type":"webhook","webhook":"three","payload":{"é":"\${event_author} \${ACCESS_TOKEN}","m":"\${artifact_metadata:json}"}}},
   {"name":"b","action":{"type":"webhook","webhook":"hex"}},
   {"name":"c","on":{"event_type":"LINK_ARTIFACT"},"action":{"type":"webhook","webhook":"three","payload":"\${ACCESS_TOKEN}"}},
   {"name":"d","action":{"type":"none"}}]}
END
  {
    alias_event --metadata '{"accuracy": 1.10, "é": ["😀"]}'
    wb-event link acme/model-registry/fraud:v4
    wb-event tag acme/model-registry/fraud:v4 checked
  } | wb-match -c config.json | wb-render | wb-sign | send >receipts || fail "$(<receipts)"
  expect_equal "$(jq -r .status receipts | sort | uniq -c | tr -s ' ')" ' 7 finished'
  expect_equal "$(jq -r .verified "$three_log" "$RECEIVER_LOG" | sort | uniq -c | tr -s ' ')" ' 7 true'
  bodies "$three_log" >got
  grep -q -x -F "{\"é\":\"ann $GITHUB_TOKEN\",\"m\":{\"accuracy\":1.10,\"é\":[\"😀\"]}}" got || fail "$(<got)"
  grep -q -x -F "\"$GITHUB_TOKEN\"" got || fail "$(<got)"
  bodies "$RECEIVER_LOG" | jq -r .event_type | sort >got
  expect_equal "$(<got)" $'ADD_ARTIFACT_ALIAS\nADD_ARTIFACT_TAG\nLINK_ARTIFACT'
}
test_case 'schemes: every one of them, to receivers that verify' schemes

same_ids() {
  start_receiver
  for name in github slack teams; do example "$name"; done
  { alias_event && alias_event --id event-2; } >events
  for run in 1 2; do
    wb-match -c github.json -c slack.json -c teams.json <events | wb-render | wb-sign | send | jq -r .delivery_id | sort >"ids$run"
  done
  expect_file ids2 ids1
  expect_equal "$(sort -u ids1 | wc -l)" 6
  printf 'event-1\0deploy-production' | sha256sum | cut -c 1-32 >id
  expect_equal "$(grep -c -x -F -f id ids1)" 1
}
test_case 'ids: the same in a second run, one for each event and automation' same_ids

in_flight() {
  start_receiver
  mkdir rules
  example github
  mv github.json rules/
  alias_event | wb-match -c rules >matched
  rm -r rules
  wb-render matched | wb-sign | send >receipts
  expect_equal "$(json receipts '[.automation, .status] | join(" ")')" 'deploy-production finished'
  expect_match "$(body github)" '^\{"event_type":"BUILD_AND_DEPLOY"'
}
test_case 'in flight: a record is delivered after its automation was deleted' in_flight

# ---- data stays data ----

# hostile - author, alias and metadata that want to be more, one a line, as JSON strings
hostile() {
  cat <<'END'
"\"},\"client_payload\":{\"x\":\"1"
"\",\"event_type\":\"EVIL"
"\\\",\\\\"
"\\"
"a\nb\r\nX-Evil: 1\r\n\r\n{}"
"\u0000\u0001\b\f\t\u001b[31m\u007f\u0085\u2028"
"é😀\ud83d\ude00\u00e9 \uffff"
"${ACCESS_TOKEN} $${ACCESS_TOKEN} \u0024{GITHUB_TOKEN} ${WEBHOOK_SECRET} ${event_type} $GITHUB_TOKEN"
"<!channel> <@U1> <http://evil.test|click> & &amp; &lt;"
"\u003c!everyone\u003e \u0026"
"*_~`>[link](http://evil.test)"
"$GITHUB_TOKEN"
"${"
""
END
}

injection() {
  local name text shape data want
  hostile >texts
  while read -r data; do
    printf '{"event_type":"ADD_ARTIFACT_ALIAS","event_id":%s,"event_author":%s,"alias":%s,"artifact_metadata":{"note":%s},"artifact_version_string":%s,"artifact_collection_name":%s,"project_name":%s,"entity_name":%s,"artifact_version":%s}\n' \
      "$data" "$data" "$data" "$data" "$data" "$data" "$data" "$data" "$data"
  done <texts >events
  for name in github slack teams; do
    mkdir "raw.$name"
    start_receiver --raw "raw.$name"
    example "$name"
    jq 'del(.automations[].on)' "$name.json" | sed 's/\${event_author}/${event_author}|${alias}|${artifact_metadata.note}/' >config.json
    wb-match -c config.json events | wb-render | wb-sign | send -j 1 >receipts
    expect_equal "$(jq -r .status receipts | sort | uniq -c | tr -s ' ')" " $(wc -l <texts) finished"
    # what a receiver's JSON parser makes of each
    case $name in
      github) text='.client_payload.event_author' ;;
      slack) text='.blocks[3].text.text | ltrimstr("Author: ")' ;;
      teams) text='.sections[0].facts[0].value' ;;
    esac
    bodies "$RECEIVER_LOG" >arrived
    jq -c "$text" arrived >got
    want='[., ., .] | join("|")'
    [[ $name != slack ]] || want="gsub(\"&\"; \"&amp;\") | gsub(\"<\"; \"&lt;\") | gsub(\">\"; \"&gt;\") | $want"
    jq -c "$want" texts >wanted
    expect_file got wanted
    # and its shape is that of any other
    shape=$(jq -c '[paths]' arrived | sort -u | wc -l)
    expect_equal "$shape" 1 "shapes of bodies for $name"
    expect_equal "$(jq -c 'keys' arrived | sort -u | wc -l)" 1
    for secret in "${SECRETS[@]}"; do no_secret "$secret" arrived; done
    # the headers, too: one request is one request
    expect_equal "$(find "raw.$name" -type f | wc -l)" "$(wc -l <texts)" 'requests'
    expect_equal "$(grep -l -a -i '^x-evil' "raw.$name"/* | wc -l)" 0
    stop_receiver "$RECEIVER_PID"
  done
}
test_case 'injection: quotes, control characters, variables and markup arrive as data' injection

# ---- secrets stay secret ----

# A configuration that uses secrets wherever they can be used; LEAK is the URL that is one.
secret_config() {
  export LEAK=$RECEIVER_URL/path0fTheHook93nopqrstuvwx
  SECRETS=("$GITHUB_TOKEN" "$WEBHOOK_SECRET" path0fTheHook93nopqrstuvwx)
  cat >config.json <<END
{"webhooks":{
   "all":{"url":"$RECEIVER_URL/all","secret":"\$WEBHOOK_SECRET","signature":["standard","github","wandb"],"access_token":"\$GITHUB_TOKEN",
     "headers":{"PRIVATE-TOKEN":"\$GITHUB_TOKEN"}},
   "url":{"url":"\$LEAK","secret":"\$WEBHOOK_SECRET"}},
 "automations":[
   {"name":"all","action":{"type":"webhook","webhook":"all","payload":{"token":"\${ACCESS_TOKEN}","key":"\${WEBHOOK_SECRET}","a":"\${event_author}"}}},
   {"name":"url","action":{"type":"webhook","webhook":"url","payload":{"token":"\${LEAK}"}}}]}
END
}

nowhere() {
  local secret
  cat >script.json <<END
{"/all":[{"status":401,"body":"bad token $GITHUB_TOKEN, key $(printf '%s' "$WEBHOOK_SECRET" | base64)"}],
 "*":[{"status":500,"body":"no such hook"},{}]}
END
  start_receiver --script script.json
  secret_config
  mkdir written
  { alias_event && alias_event --id event-2; } >written/events
  wb-match -c config.json written/events >written/matched
  wb-match --explain -c config.json written/events >/dev/null 2>written/explained
  wb-render --rejects written/rejects written/matched >written/rendered 2>written/render.err
  wb-sign --rejects written/rejects written/rendered >written/signed 2>written/sign.err
  expect_status 1 send --retries 0 --rejects written/rejects written/signed >written/receipts 2>written/send.err
  expect_equal "$(jq -r .http_status written/receipts | sort | tr '\n' ' ')" '200 401 401 500 '
  send --dry-run written/signed >written/dry
  # what is refused
  sed 's/"at":[0-9]*/"at":9999/' written/rendered |
    expect_status 1 wb-sign --rejects written/rejects >written/out 2>>written/sign.err
  expect_status 1 send --rejects written/rejects written/rendered >written/out 2>>written/send.err
  expect_status 1 wb-sign --secret-host WEBHOOK_SECRET=other.test written/rendered >written/out 2>>written/sign.err
  # what cannot be delivered
  stop_receiver "$RECEIVER_PID"
  expect_status 1 send --retries 0 --show-response written/signed >>written/receipts 2>>written/send.err
  expect_status 1 wb-send --retries 0 written/signed >>written/receipts 2>>written/send.err
  (($(find written -type f -size +0 | wc -l) >= 9)) || fail 'nothing was written'
  for secret in "${SECRETS[@]}"; do no_secret "$secret" written config.json; done
}
test_case 'secrets: in no record, message, receipt, rejects file or dry run' nowhere

# With a receiver that stalls, all five tools run at the same time.
arguments() {
  local stage pid pids=() secret
  cat >script.json <<<'{"*":[{"stall":"before"}]}'
  start_receiver --script script.json
  secret_config
  mkfifo pipe{1,2,3,4}
  wb-match -c config.json <pipe1 >pipe2 &
  pids+=("$!")
  wb-render <pipe2 >pipe3 &
  pids+=("$!")
  wb-sign <pipe3 >pipe4 &
  pids+=("$!")
  wb-send --allow-http --allow-net 127.0.0.0/8 <pipe4 >receipts &
  pids+=("$!")
  SERVERS+=("${pids[@]}")
  exec {feed}>pipe1
  alias_event >&"$feed"
  await_requests 2
  mkdir arguments
  for pid in "${pids[@]}"; do
    tr '\0' '\n' <"/proc/$pid/cmdline" >"arguments/$pid"
    [[ -s arguments/$pid ]] || fail "$pid is gone"
  done
  for stage in wb-match wb-render wb-sign wb-send; do
    expect_equal "$(cat arguments/* | grep -c -x -F "$stage")" 1 "$stage at work"
  done
  for secret in "${SECRETS[@]}"; do no_secret "$secret" arguments; done
  exec {feed}>&-
}
test_case 'secrets: in no argument list of a pipeline at work' arguments

written_bytes() {
  local tool secret
  strace -f -o probe -e trace=write true 2>err || skip "strace does not work here: $(<err)"
  start_receiver
  secret_config
  alias_event >events
  trace() { # a leak checker cannot run under strace
    ASAN_OPTIONS=detect_leaks=0 strace -f -o "trace.$1" -s 1000000 -e trace=write,writev,pwrite64,sendto,sendmsg,sendmmsg "$@"
  }
  trace wb-match -c config.json events >matched
  trace wb-render matched >rendered
  trace wb-sign rendered >signed
  send signed >receipts
  for tool in wb-match wb-render wb-sign; do
    expect_match "$(<"trace.$tool")" 'write\(1, "\{'
    for secret in "${SECRETS[@]}"; do no_secret "$secret" "trace.$tool"; done
  done
}
test_case 'secrets: in no byte that wb-match, wb-render and wb-sign write' written_bytes

environment() {
  start_receiver
  secret_config
  local tool
  # the two stages without secrets do not need any
  alias_event | env -u GITHUB_TOKEN -u WEBHOOK_SECRET -u LEAK wb-match -c config.json |
    env -u GITHUB_TOKEN -u WEBHOOK_SECRET -u LEAK wb-render >rendered
  # and wb-sign needs none of those that only wb-send does
  jq -c 'select(.automation.name == "all") | del(.request.secrets)' rendered | env -u GITHUB_TOKEN -u LEAK wb-sign >signed
  expect_status 0 send signed >receipts
}
test_case 'secrets: only those stages need one that use it' environment
