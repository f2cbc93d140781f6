#!/usr/bin/env bash
#
# wb-render.test.sh - payload templates, late secrets, headers, ids, targets' limits, and what is refused

# shellcheck disable=SC2016 # what looks like variables are those of payloads, and secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

full_event='{"event_id":"id-1","event_time":"2026-01-02T03:04:05Z","event_type":"ADD_ARTIFACT_ALIAS","event_author":"ann",'
full_event+='"entity_name":"acme","project_name":"model-registry","artifact_collection_name":"fraud",'
full_event+='"artifact_version":"wandb-artifact://_id/QQ==","artifact_version_string":"acme/model-registry/fraud:production",'
full_event+='"artifact_version_index":3,"alias":"production","tag":"t","source":"mlflow",'
full_event+='"artifact_metadata":{"accuracy":1.10,"a.b":"dot","a-b":"dash","a.b-c.d":"both","big":12345678901234567890,'
full_event+='"huge":1e400,"on":true,"off":null,"list":[1, "x"],"obj":{ "k" : "v" },"":"nameless","k\u0065y":"spelled"}}'

# event [MEMBERS] - an event with these members
event() {
  printf '{"event_type":"LINK_ARTIFACT","event_id":"1"%s}' "${1:+,$1}"
}

# record PAYLOAD [EVENT [WEBHOOK]] - a match record; PAYLOAD may be empty, WEBHOOK is further members of the webhook
record() {
  printf '{"event":%s,"automation":{"name":"a","action":{"type":"webhook","webhook":{"name":"w","url":"https://example.com/"%s}%s}}}\n' \
    "${2:-$full_event}" "${3:+,$3}" "${1:+,\"payload\":$1}"
}

# with_automation AUTOMATION, with_webhook WEBHOOK - match records of what may be malformed
with_automation() {
  printf '{"event":%s,"automation":%s}\n' "$(event)" "$1"
}
with_webhook() {
  with_automation "{\"name\":\"a\",\"action\":{\"type\":\"webhook\",\"webhook\":$1}}"
}

# render PAYLOAD [EVENT [WEBHOOK]] - leaves the record in out
render() {
  record "$@" >in
  wb-render <in >out 2>err || fail "status $? for $1: $(<err)"
  expect_empty err
}

# renders PAYLOAD BODY [EVENT [WEBHOOK]]
renders() {
  render "$1" "${@:3}"
  expect_equal "$(jq -j .request.body out)" "$2" "body for $1"
}

# refused MESSAGE <LINE - LINE is refused with that message, at the byte where ¦ stands (nowhere, if there is none),
# kept, and nothing written
refused() {
  local where
  cat >marked
  where=$(grep -a -b -o ¦ marked) || :
  where=${where%%:*}
  sed 's/¦//' marked >in
  rm -f rejects
  expect_status 1 wb-render --rejects rejects <in >out 2>err
  expect_empty out
  expect_equal "$(<err)" "wb-render: standard input:1:${where:+ byte $((where + 1)):} $1" message
  expect_file rejects in
}

# repeat N TEXT
repeat() {
  TEXT=$2 awk -v n="$1" 'BEGIN { while (n-- > 0) printf "%s", ENVIRON["TEXT"] }'
}

# ---- variables ----

every_variable() {
  local name value
  while IFS='=' read -r name value; do
    renders "\"<\${$name}>\"" "\"<$value>\""
  done <<'END'
event_id=id-1
event_time=2026-01-02T03:04:05Z
event_type=ADD_ARTIFACT_ALIAS
event_author=ann
entity_name=acme
project_name=model-registry
artifact_collection_name=fraud
artifact_version=wandb-artifact://_id/QQ==
artifact_version_string=acme/model-registry/fraud:production
artifact_version_index=3
alias=production
tag=t
source=mlflow
artifact_metadata.accuracy=1.10
END
  renders '"${event_type} ${alias}${tag}"' '"ADD_ARTIFACT_ALIAS productiont"'
  renders '"${artifact_metadata}"' '"{\"a\":1.0}"' "$(event '"artifact_metadata":{"a":1.0}')"
}
test_case 'variables: every one of them' every_variable

delivery_variable() {
  render '{"name":"eval-${delivery_id}","id":"${delivery_id:json}"}'
  expect_equal "$(jq -r '.request.body | fromjson | [.name, .id] | join(" ")' out)" \
    "$(jq -r '"eval-\(.delivery_id) \(.delivery_id)"' out)"
  expect_match "$(jq -r .delivery_id out)" '^[0-9a-f]{32}$'
}
test_case 'variables: the id of the delivery' delivery_variable

metadata_keys() {
  renders '["${artifact_metadata.a.b}","${artifact_metadata.a-b}","${artifact_metadata.a.b-c.d}"]' '["dot","dash","both"]'
  renders '"${artifact_metadata.key}"' '"spelled"'
  renders '"${artifact_metadata.é ü}"' '"1"' "$(event '"artifact_metadata":{"é ü":1}')"
  renders '"${artifact_metadata.k}"' '"last"' "$(event '"artifact_metadata":{"k":"first","k":"last"}')"
}
test_case 'variables: metadata keys with dots, dashes and other characters' metadata_keys

values_as_text() {
  renders '"${artifact_metadata.accuracy} ${artifact_metadata.big} ${artifact_metadata.huge}"' \
    '"1.10 12345678901234567890 1e400"'
  renders '"${artifact_metadata.on} ${artifact_metadata.off}"' '"true null"'
  renders '"${artifact_metadata.list}"' '"[1, \"x\"]"'
  renders '"${artifact_metadata.obj}"' '"{ \"k\" : \"v\" }"'
  renders '"${artifact_metadata.s}"' '"{\"k\":\"a\\nb\\\"c\"}"' "$(event '"artifact_metadata":{"s":{"k":"a\nb\"c"}}')"
}
test_case 'variables: values that are no strings go in as their JSON text' values_as_text

absent_variables() {
  renders '"<${alias}${tag}${artifact_version_index}>"' '"<>"' "$(event)"
  renders '"<${artifact_metadata}${artifact_metadata.k}>"' '"<>"' "$(event)"
  renders '"<${alias}>"' '"<>"' "$(event '"alias":null')"
  renders '{"${alias}":1}' '{"":1}' "$(event)"
}
test_case 'variables: what the event does not carry is empty' absent_variables

strings_are_escaped() {
  renders '{"a":"${event_author}"}' '{"a":"\"},\"b\":{\"\\\n\u0000\ud83d\ude00 é😀"}' \
    "$(event '"event_author":"\"},\"b\":{\"\\\n\u0000\ud83d\ude00 é😀"')"
}
test_case 'variables: strings go in as they are spelled, so that they cannot end the string' strings_are_escaped

json_values() {
  renders '{"s":"${alias:json}","n":"${artifact_version_index:json}","o":"${artifact_metadata.obj:json}"}' \
    '{"s":"production","n":3,"o":{ "k" : "v" }}'
  renders '["${tag:json}","${artifact_metadata.none:json}","${artifact_metadata:json}"]' '[null,null,null]' "$(event)"
  renders '["${artifact_metadata.off:json}","${artifact_metadata.big:json}","","${artifact_metadata.list:json}"]' \
    '[null,12345678901234567890,"",[1, "x"]]'
  renders '"${artifact_metadata:json}"' '{"a":[{}]}' "$(event '"artifact_metadata":{"a":[{}]}')"
  renders '"${event_author:json}"' '"\"\u00e9"' "$(event '"event_author":"\"\u00e9"')"
}
test_case 'variables: :json is the value itself, and null for what is absent' json_values

dollars() {
  renders '"$${alias}"' '"${alias}"'
  renders '"$${${alias}}"' '"${production}"'
  renders '"$ $$ $a {b} } 5$"' '"$ $$ $a {b} } 5$"'
}
test_case 'variables: $${ and lone dollars' dollars

spellings() {
  renders '"\u0024{alias}"' '"production"'
  renders '"\u0024\u007b\u0061lias\u007D \u00e9"' '"production \u00e9"'
  renders '"\u0024$\u007balias}"' '"${alias}"'
  renders '"\u0024{alias:json}"' '"production"'
  renders '"\\u0024{alias}"' '"\\u0024{alias}"'
}
test_case 'variables: dollars and braces in other spellings' spellings

member_names() {
  renders '{"${alias}":{"x-${tag}":"${tag}"},"$${a}":1}' '{"production":{"x-t":"t"},"${a}":1}'
}
test_case 'variables: in names of members' member_names

refused_variables() {
  record '{"a":"x ¦${colour}"}' | refused 'payload: unknown variable ${colour}'
  record '{"é":"¦${event_typ}"}' | refused 'payload: unknown variable ${event_typ}; did you mean ${event_type}?'
  record '{"¦${nope}":1}' | refused 'payload: unknown variable ${nope}'
  record '"¦${}"' | refused 'payload: unknown variable ${}'
  record '["ab ¦${alias"]' | refused "payload: '\${' without '}'; write '\$\${' for the two characters"
  record '"¦\u0024{alias"' | refused "payload: '\${' without '}'; write '\$\${' for the two characters"
  record '"x¦${alias:json}"' | refused 'payload: only a value that is nothing else can be ${alias:json}'
  record '"¦${alias:json}x"' | refused 'payload: only a value that is nothing else can be ${alias:json}'
  record '{"¦${alias:json}":1}' | refused 'payload: only a value that is nothing else can be ${alias:json}'
  record '"¦${ACCESS_TOKEN}"' | refused 'payload: the webhook has no access_token for ${ACCESS_TOKEN}'
  record '"¦${TOKEN}"' "$(event)" '"secret":"$OTHER"' | refused 'payload: unknown variable ${TOKEN}'
  record '"¦${S:json}"' "$(event)" '"secret":"$S"' | refused 'payload: a secret goes inside a string, not as :json: ${S}'
}
test_case 'variables: unknown, not closed, :json not alone: refused, with the byte' refused_variables

# ---- the rest of a payload ----

lossless() {
  renders '{ "b" : 1.10 , "a":[ 12345678901234567890,-0.0 , 1E+400 ] ,"b":{ } , "t" : [true,false , null]}' \
    '{"b":1.10,"a":[12345678901234567890,-0.0,1E+400],"b":{},"t":[true,false,null]}'
  renders '" a  b\t\u00E9\/\ud83d\ude00é "' '" a  b\t\u00E9\/\ud83d\ude00é "'
}
test_case 'payload: numbers, order, duplicates and spelling stay, white space outside strings goes' lossless

top_values() {
  renders '"${event_type}"' '"ADD_ARTIFACT_ALIAS"'
  renders '""' '""'
  renders '5' '5'
  renders 'null' 'null'
  renders '[]' '[]'
}
test_case 'payload: any value' top_values

no_payload() {
  local spaced='{ "event_type" : "LINK_ARTIFACT", "event_id":"1", "n":1.10, "x":"${event_type}\u0041" }'
  renders '' "$spaced" "$spaced"
  local nameless='{"event_type":"x"}' id
  id=$(printf '%s' "$nameless" | sha256sum)
  renders '' "{\"event_type\":\"x\",\"event_id\":\"${id:0:32}\"}" "$nameless"
  expect_equal "$(json out .event.event_id)" "${id:0:32}" 'event_id of the record'
}
test_case 'payload: absent, it is the event itself' no_payload

many_automations() {
  local i pad
  pad=$(repeat 9000 x)
  : >in
  for ((i = 0; i < 3000; i++)); do
    # more than are kept, and every hundredth too large to be kept, in turn
    printf '{"event":{"event_type":"x%d","event_id":"1"},"automation":{"name":"a%d","action":{"type":"webhook","webhook":{"url":"https://h%d/"},"payload":["${event_type}",%d,"%s"]}}}\n' \
      "$i" $((i % 1500)) $((i % 1500)) $((i % 1500)) "$((i % 100 == 0 ? 1 : 0))" >>in
  done
  sed "s/\"1\"\\]}}}\$/\"$pad\"]}}}/" in | wb-render >out
  expect_equal "$(jq -n '[inputs | . as $r | (.request.body | fromjson) as $b
    | select(.automation.name == "a\($b[1])" and .request.url == "https://h\($b[1])/" and .event.event_type == $b[0])]
    | length' out)" 3000 'renderings that fit their automation'
}
test_case 'payload: thousands of automations in one run do not get mixed up' many_automations

# ---- late secrets ----

# late PAYLOAD [EVENT] - ${KEY} leaves nothing behind, and its places are where a literal would stand instead
late() {
  local LC_ALL=C body shown before secrets='' n=0
  render "${1//'${KEY}'/@KEY@}" "${2:-$full_event}"
  shown=$(jq -j .request.body out)
  body=${shown//@KEY@/}
  while [[ $shown == *@KEY@* ]]; do
    before=${shown%%@KEY@*}
    secrets+=",{\"at\":${#before},\"ref\":\"\$KEY\"}"
    shown=$before${shown#*@KEY@}
    n=$((n + 1))
  done
  ((n > 0)) || fail "no secret in $1"
  render "$1" "${2:-$full_event}" '"secret":"$KEY"'
  expect_equal "$(jq -j .request.body out)" "$body" "body for $1"
  expect_equal "$(jq -c .request.secrets out)" "[${secrets:1}]" "secrets for $1"
}

late_offsets() {
  late '"${KEY}"'
  late '"${KEY}x"'
  late '{"a":"${KEY}"}'
  late '{"a":"${KEY} ${KEY}${KEY}","${KEY}":["x${KEY}"],"z":1}'
  late '"é😀 ${KEY} \u00e9${KEY}"'
  late '{"e":"${event_author}${KEY}${alias}${KEY}"}' "$(event '"event_author":"é\"\\\u0000😀","alias":"\/"')"
  late '{ "a" : [ 1 , "${KEY}" ] }'
  renders '["${ACCESS_TOKEN}","${TOK}${KEY}"]' '["",""]' "$full_event" '"access_token":"$TOK","secret":["$KEY","$OLD"]'
  expect_equal "$(jq -c .request.secrets out)" '[{"at":2,"ref":"$TOK"},{"at":5,"ref":"$TOK"},{"at":5,"ref":"$KEY"}]'
  renders '"${HDR} ${OLD}"' '" "' "$full_event" '"headers":{"X-A":"$HDR"},"secret":["$KEY","$OLD"]'
  expect_equal "$(jq -c .request.secrets out)" '[{"at":1,"ref":"$HDR"},{"at":2,"ref":"$OLD"}]'
}
test_case 'late secrets: nothing in the body, the byte where each goes beside it' late_offsets

late_look_alikes() {
  local data='"event_author":"${ACCESS_TOKEN}","alias":"\u0024{TOK}","artifact_metadata":{"k":"$${TOK}","${TOK}":1}'
  renders '["${event_author}","${alias}","${artifact_metadata.k}","${artifact_metadata:json}"]' \
    '["${ACCESS_TOKEN}","\u0024{TOK}","$${TOK}",{"k":"$${TOK}","${TOK}":1}]' "$(event "$data")" '"access_token":"$TOK"'
  expect_equal "$(jq .request.secrets out)" null
  render '' "$(event "$data")" '"access_token":"$TOK"'
  expect_equal "$(jq .request.secrets out)" null
  renders '"$${ACCESS_TOKEN}"' '"${ACCESS_TOKEN}"' "$(event)" '"access_token":"$TOK"'
  expect_equal "$(jq .request.secrets out)" null
}
test_case 'late secrets: data that looks like one stays data' late_look_alikes

late_limit() {
  render "\"$(repeat 32 '${K}')\"" "$(event)" '"secret":"$K"'
  expect_equal "$(jq '.request.secrets | length' out)" 32
  record "\"$(repeat 32 '${K}')¦\${K}\"" "$(event)" '"secret":"$K"' | refused 'payload: more than 32 secrets in one payload'
}
test_case 'late secrets: at most 32' late_limit

# ---- the request ----

# request WEBHOOK WANTED - the request without method, url and body
request() {
  render '{}' "$(event)" "$1"
  expect_equal "$(jq -c '.request | del(.method, .url, .body)' out)" "$2" "request for $1"
}

whole_record() {
  local id
  id=$(printf '1\0a' | sha256sum)
  render '{"a":"\"${event_type}"}' "$(event '"x": 1.10')" \
    '"access_token":"$TOK","secret":"$S","signature":["github","standard"],"headers":{"A":"b"},"target":"teams"'
  expect_equal "$(<out)" "{\"delivery_id\":\"${id:0:32}\",\"event\":$(event '"x": 1.10'),\"automation\":{\"name\":\"a\"},\
\"request\":{\"method\":\"POST\",\"url\":\"https://example.com/\",\"headers\":{\"Content-Type\":\"application/json\",\"A\":\"b\"},\
\"body\":\"{\\\"a\\\":\\\"\\\\\\\"LINK_ARTIFACT\\\"}\",\"auth\":{\"scheme\":\"bearer\",\"ref\":\"\$TOK\"},\
\"sign\":{\"scheme\":[\"github\",\"standard\"],\"refs\":[\"\$S\"]}}}"
}
test_case 'request: a whole record, byte for byte' whole_record

headers() {
  local plain='{"Content-Type":"application/json"}'
  request '' "{\"headers\":$plain}"
  request '"headers":{}' "{\"headers\":$plain}"
  request '"headers":{ }' "{\"headers\":$plain}"
  request '"headers":{"Accept":"a/b", "X-T":"$TOK"}' \
    '{"headers":{"Content-Type":"application/json","Accept":"a/b","X-T":"$TOK"}}'
  request '"headers":{"X-A":"1","content-TYPE":"text/plain"}' '{"headers":{"X-A":"1","content-TYPE":"text/plain"}}'
}
test_case 'request: Content-Type by default, references kept' headers

auth_and_sign() {
  local headers='"headers":{"Content-Type":"application/json"}'
  request '"access_token":"$TOK"' "{$headers,\"auth\":{\"scheme\":\"bearer\",\"ref\":\"\$TOK\"}}"
  request '"secret":"$S"' "{$headers,\"sign\":{\"scheme\":\"wandb\",\"refs\":[\"\$S\"]}}"
  request '"secret":["$NEW", "$OLD"],"signature":"standard"' \
    "{$headers,\"sign\":{\"scheme\":\"standard\",\"refs\":[\"\$NEW\",\"\$OLD\"]}}"
  request '"secret":"$S","signature":["wandb-hex","github"]' \
    "{$headers,\"sign\":{\"scheme\":[\"wandb-hex\",\"github\"],\"refs\":[\"\$S\"]}}"
}
test_case 'request: auth and sign, schemes and secrets one or many' auth_and_sign

key_in_payload() {
  record '"¦${K}"' "$(event)" '"tls":{"cert":"$C","key":"$K"}' | refused 'payload: unknown variable ${K}'
  record '"¦${C}"' "$(event)" '"tls":{"cert":"$C","key":"$K"}' | refused 'payload: unknown variable ${C}'
}
test_case 'late secrets: those of tls are none of them' key_in_payload

success_and_tls() {
  local headers='"headers":{"Content-Type":"application/json"}' program='"success_when":".ok"'
  request "$program" "{$headers,$program}"
  request '"tls":{"ca":"$A"}' "{$headers,\"tls\":{\"ca\":\"\$A\"}}"
  request "\"tls\":{ \"key\" : \"\$K\", \"x\":1, \"cert\":\"\$C\", \"ca\":\"\$A\" },$program,\"secret\":\"\$S\"" \
    "{$headers,\"sign\":{\"scheme\":\"wandb\",\"refs\":[\"\$S\"]},$program,\
\"tls\":{\"ca\":\"\$A\",\"cert\":\"\$C\",\"key\":\"\$K\"}}"
  # as it is spelled: later stages must read the same program
  render '' "$(event)" '"success_when":".ok \u0026 \"\\(1)\"\n"'
  expect_match "$(<out)" '"success_when":"\.ok \\u0026 \\"\\\\\(1\)\\"\\n"\}\}$'
  wb-sign <out >signed
  expect_file signed out
}
test_case 'request: success_when and tls, carried along' success_and_tls

# Of a webhook that stands there twice, nothing of the first may shine through.
repeated_webhook() {
  with_automation '{"name":"a","action":{"type":"webhook","webhook":{"url":"https://a/","access_token":"$T","secret":"$S",
    "success_when":".ok","tls":{"ca":"$A"}},"webhook":{"url":"https://b/"}}}' | tr -d '\n' | wb-render >out
  expect_equal "$(jq -c '.request | del(.headers, .body)' out)" '{"method":"POST","url":"https://b/"}'
}
test_case 'request: of two webhooks the last one counts, whole' repeated_webhook

url_as_reference() {
  with_webhook '{"url":"$HOOK_URL"}' | wb-render >out
  expect_equal "$(json out .request.url)" '$HOOK_URL'
}
test_case 'request: a URL that is a secret' url_as_reference

delivery_ids() {
  local want name event
  while IFS='|' read -r name event want; do
    printf '{"event":%s,"automation":{"name":"%s","action":{"type":"webhook","webhook":{"url":"https://a/"}}}}\n' \
      "$event" "$name" | wb-render >out
    # shellcheck disable=SC2059 # want is a format, with a NUL in it
    want=$(printf "$want" | sha256sum)
    expect_equal "$(json out .delivery_id)" "${want:0:32}" "id of $name and $event"
  done <<'END'
a|{"event_type":"x","event_id":"e"}|e\0a
é \"b\u0041|{"event_type":"x","event_id":"e"}|e\0é "bA
a|{"event_type":"x","event_id":"\u00e9\n\u0000"}|é\n\0\0a
a|{"event_type":"x","event_id":"e","event_id":"f"}|f\0a
END
  for event in '{"event_type":"x"}' '{"event_type":"x","event_id":""}' '{"event_type":"x","event_id":"","n":2}'; do
    want=$(printf '%s' "$event" | sha256sum)
    want=$(printf '%s\0a' "${want:0:32}" | sha256sum)
    expect_equal "$(record '{}' "$event" | wb-render | jq -r .delivery_id)" "${want:0:32}" "id of $event"
  done
}
test_case 'delivery_id: SHA-256 of event_id, a NUL and the name, as sha256sum sees it' delivery_ids

same_again() {
  record '{"a":"${event_type}"}' >in
  record '{"a":"${event_type}"}' "$(event)" >>in
  wb-render in >first
  wb-render <in >second
  expect_file second first
  expect_equal "$(jq -r .delivery_id first | sort -u | wc -l)" 2
}
test_case 'delivery_id: the same again, another for another event' same_again

other_members() {
  printf '{"trace": {"a": 1.10, "b":[ ]},"event":%s,"seq":1e2,"automation":{"name":"a","id":7,"action":{"type":"webhook","webhook":{"url":"https://a/"},"payload":{}}},"delivery_id":"old","request":{"url":"x"},"z":"\\u0041"}\n' \
    "$(event)" | wb-render >out
  expect_match "$(<out)" '"body":"\{\}"\},"trace": \{"a": 1\.10, "b":\[ \]\},"seq":1e2,"z":"\\u0041"\}$'
  expect_equal "$(jq -c '[.request.url, .delivery_id == "old", .automation]' out)" '["https://a/",false,{"name":"a"}]'
}
test_case 'record: unknown members pass, byte for byte; an old request does not' other_members

action_none() {
  with_automation '{"name":"a","action":{"type":"none"}}' | wb-render >out 2>err
  expect_empty out
  expect_empty err
}
test_case 'action none: nothing is written' action_none

# ---- targets ----

# over TARGET MESSAGE PAYLOAD EVENT, at TARGET PAYLOAD EVENT - refused by a limit, or not
over() {
  record "$3" "$4" "\"target\":\"$1\"" | refused "$2"
}
at() {
  render "$2" "$3" "\"target\":\"$1\""
}

github_limits() {
  local e='{"event_type":"${event_author}"}' members i
  at github "$e" "$(event "\"event_author\":\"$(repeat 100 é)\"")"
  over github 'github: characters in "event_type": 101, the limit is 100' "$e" "$(event "\"event_author\":\"$(repeat 101 é)\"")"
  at github "$e" "$(event "\"event_author\":\"$(repeat 100 '\ud83d\ude00')\"")"
  over github 'github: "event_type" is empty' "$e" "$(event)"
  over github 'github: the body has no string "event_type"' '{"a":1}' "$(event)"
  members=$(for ((i = 1; i <= 10; i++)); do printf '%s"p%d":"${event_type}"' "${members+,}" "$i" && members=; done)
  at github "{\"event_type\":\"x\",\"client_payload\":{$members}}" "$(event)"
  over github 'github: top-level members of "client_payload": 11, the limit is 10' \
    "{\"event_type\":\"x\",\"client_payload\":{$members,\"p11\":{}}}" "$(event)"
  # 25 bytes around the author
  at github '{"event_type":"x","a":"${event_author}"}' "$(event "\"event_author\":\"$(repeat 65510 x)\"")"
  expect_equal "$(jq -j .request.body out | wc -c)" 65535
  over github 'github: bytes: 65536, the limit is 65535' \
    '{"event_type":"x","a":"${event_author}"}' "$(event "\"event_author\":\"$(repeat 65511 x)\"")"
}
test_case 'target github: each limit, at it and one over' github_limits

slack_limits() {
  local block='{"type":"divider"}'
  at slack "{\"blocks\":[$block$(repeat 49 ",$block")]}" "$(event)"
  over slack 'slack: blocks: 51, the limit is 50' "{\"blocks\":[$block$(repeat 50 ",$block")]}" "$(event)"
  block='{"blocks":[{"type":"section","text":{"type":"mrkdwn","text":"${event_author}"}}]}'
  at slack "$block" "$(event "\"event_author\":\"$(repeat 3000 é)\"")"
  over slack "slack: characters in a section's text: 3001, the limit is 3000" \
    "$block" "$(event "\"event_author\":\"$(repeat 3001 é)\"")"
  at slack '{"text":"${event_author}"}' "$(event "\"event_author\":\"$(repeat 40000 é)\"")"
  over slack 'slack: characters in "text": 40001, the limit is 40000' \
    '{"text":"${event_author}"}' "$(event "\"event_author\":\"$(repeat 40001 é)\"")"
}
test_case 'target slack: each limit in characters, at it and one over' slack_limits

teams_limits() {
  # 11 bytes around the author
  at teams '{"text":"${event_author}"}' "$(event "\"event_author\":\"$(repeat 28661 x)\"")"
  expect_equal "$(jq -j .request.body out | wc -c)" 28672
  over teams 'teams: bytes: 28673, the limit is 28672' \
    '{"text":"${event_author}"}' "$(event "\"event_author\":\"$(repeat 28662 x)\"")"
}
test_case 'target teams: 28 KiB, at it and one over' teams_limits

no_target() {
  render '{"text":"${event_author}"}' "$(event "\"event_author\":\"<$(repeat 70000 é)&\"")"
  expect_match "$(jq -j '.request.body[:12]' out)" '^\{"text":"<éé$'
}
test_case 'no target: no limit, no entities' no_target

slack_entities() {
  local data='"event_author":"<!channel> & co","alias":"\u003C!here\u003e \u0026 x","artifact_metadata":{"<k>":"&","l":["<"]}'
  renders '"<https://a/|link> & ${event_author}"' '"<https://a/|link> & &lt;!channel&gt; &amp; co"' "$(event "$data")" \
    '"target":"slack"'
  renders '"${alias}"' '"&lt;!here&gt; &amp; x"' "$(event "$data")" '"target":"slack"'
  renders '{"a":"${alias:json}","m":"${artifact_metadata:json}"}' \
    '{"a":"&lt;!here&gt; &amp; x","m":{"&lt;k&gt;":"&amp;","l":["&lt;"]}}' "$(event "$data")" '"target":"slack"'
  renders '"${artifact_metadata}"' '"{\"&lt;k&gt;\":\"&amp;\",\"l\":[\"&lt;\"]}"' "$(event "$data")" '"target":"slack"'
  renders '"${event_author}"' '"&lt;!channel&gt; &amp; co"' "$(event "$data")" '"target":"sl\u0061ck"'
  renders '"${event_author}"' '"<!channel> & co"' "$(event "$data")" '"target":"teams"'
}
test_case 'target slack: & < > of inserted values become entities, however they are spelled' slack_entities

# ---- lines and options ----

# ---- payload_jq ----

# by_program PROGRAM [EVENT [WEBHOOK]] - a match record
by_program() {
  jq -n -c --argjson event "${2:-$full_event}" --argjson webhook "{${3-}}" --arg program "$1" \
    '{event: $event, automation: {name: "a", action: {type: "webhook",
      webhook: ({name: "w", url: "https://example.com/"} + $webhook), payload_jq: $program}}}'
}

# makes PROGRAM BODY [EVENT [WEBHOOK]]
makes() {
  by_program "$1" "${@:3}" >in
  wb-render <in >out 2>err || fail "status $? for $1: $(<err)"
  expect_empty err
  expect_equal "$(jq -j .request.body out)" "$2" "body for $1"
}

programs() {
  makes . '{"event_type":"LINK_ARTIFACT","event_id":"1"}' "$(event)"
  makes '{a: .alias, n: [.artifact_metadata["a.b", "list"]]}' '{"a":"production","n":["dot",[1,"x"]]}'
  makes '"\(.event_author) <&> \u001f"' '"ann <&> \u001f"'
  makes 'null' null
  makes '1.10, empty' 1.1
  makes '{a: 1} # }' '{"a":1}'
  makes '"${ACCESS_TOKEN} ${event_author} ${"' '"${ACCESS_TOKEN} ${event_author} ${"' '' '"access_token":"$T"'
  expect_equal "$(jq -c .request.secrets out)" null
  expect_equal "$(jq -c '[.event, .automation, .request.url, .request.auth.ref]' out)" \
    "[$(jq -c . <<<"$full_event"),{\"name\":\"a\"},\"https://example.com/\",\"\$T\"]"
  printf '{"event":{"event_type":"x"},"automation":{"name":"a","action":{"type":"webhook","webhook":{"url":"https://a/"},"payload_jq":".event_id \\u007c length"}}}\n' |
    wb-render >out
  expect_equal "$(jq -r .request.body out)" 32 'length of an id that was made'
}
test_case 'payload_jq: the output is the body' programs

program_targets() {
  makes '{event_type: .event_type}' '{"event_type":"ADD_ARTIFACT_ALIAS"}' '' '"target":"github"'
  makes '{text: "<&>"}' '{"text":"<&>"}' '' '"target":"slack"'
  by_program '{event_type: ""}' '' '"target":"github"' | refused 'github: "event_type" is empty'
  by_program '{text: ("x" * 40001)}' '' '"target":"slack"' | refused 'slack: characters in "text": 40001, the limit is 40000'
}
test_case 'payload_jq: limits of targets' program_targets

no_process() {
  printf '{"event":{"event_type":"x"},"automation":{"name":"a","action":{"type":"webhook","webhook":{"url":"https://a/"},"payload_jq":"."}}}\n' >in
  expect_status 3 bash -c 'ulimit -n 4; exec wb-render in' >out 2>err
  expect_equal "$(<err)" \
    'wb-render: in:1: payload_jq: cannot start a process for jq programs: Too many open files; nothing more is read'
  expect_equal "$(wc -c <out)" 0
}
test_case 'payload_jq: without a process for programs nothing more is read' no_process

failing_programs() {
  by_program empty | refused 'payload_jq: it has 0 outputs, but a payload is one'
  by_program '1, 2' | refused 'payload_jq: it has 2 outputs, but a payload is one'
  by_program '1, error("so")' | refused 'payload_jq: so'
  by_program '1 +' | refused 'payload_jq: syntax error, unexpected $end, line 1 of the program'
  by_program 'last(repeat(1))' | refused 'payload_jq: took longer than 1 s'
  for _ in 1 2 3 4; do by_program 'last(repeat(1))'; done >in
  expect_status 1 wb-render in >out 2>err
  expect_equal "$(sed 's/.*payload_jq: //' err | uniq -c | sed 's/^ *//')" \
    $'2 took longer than 1 s\n2 took longer than 1 s, and is not run again'
  by_program 'env, input' | refused 'payload_jq: input is not allowed here'
  with_automation '{"name":"a","action":{"type":"webhook","webhook":{"url":"https://a/"},"payload_jq":¦5}}' |
    refused 'payload_jq is not a string'
  with_automation '{"name":"a","action":{"type":"webhook","webhook":{"url":"https://a/"},"payload_jq":"¦"}}' |
    refused 'payload_jq has 1 to 65536 bytes'
  with_automation '{"name":"a","action":{"type":"webhook","webhook":{"url":"https://a/"},"payload_jq":"1","payload":2}}' |
    sed 's/"automation":/&¦/' | refused '"payload" and "payload_jq" exclude each other'
  { by_program '.alias' && by_program '.alias | error' && by_program '.alias'; } >in
  SECRET_OF_TEST=x expect_status 1 wb-render in >out 2>err
  expect_equal "$(jq -r .request.body out)" $'"production"\n"production"'
  expect_equal "$(<err)" 'wb-render: in:2: payload_jq: production'
  SECRET_OF_TEST=x makes '[env, $ENV]' '[{},{}]'
}
test_case 'payload_jq: what makes no payload is refused' failing_programs

malformed_records() {
  refused 'not a JSON object' <<<'¦5'
  refused 'unexpected end of JSON text' <<<'{"event":{"event_type":"x"}¦'
  refused 'no "event": wb-render reads what wb-match writes' <<<'¦{"automation":{"name":"a"}}'
  refused 'no "automation": wb-render reads what wb-match writes' <<<"¦{\"event\":$(event)}"
  refused 'no "automation": wb-render reads what wb-match writes' <<<"¦{\"event\":$(event),\"automation\":[]}"
  refused 'the event has no event_type' <<<'{"event":¦{},"automation":{}}'
  refused 'alias is not a string' <<<'{"event":{"event_type":"x","alias":¦5},"automation":{}}'
  with_automation '¦{"action":{"type":"none"}}' | refused 'the automation has no name'
  with_automation '{"name":¦5}' | refused "the automation's name is not a string"
  with_automation '¦{"name":"a"}' | refused 'the automation has no action of type "webhook", "launch" or "none"'
  with_automation '¦{"name":"a","action":{"type":"launch"}}' | refused 'a launch action needs "queue"'
  with_automation '{"name":"a","action":{"type":¦1}}' | refused "the action's type is not a string"
  with_automation '{"name":"a","action":¦[]}' | refused 'not a JSON object'
  with_automation '¦{"name":"a","action":{"type":"webhook"}}' | refused 'the action has no webhook'
}
test_case 'bad lines: records that are none' malformed_records

malformed_webhooks() {
  with_webhook '{}¦' | refused 'the webhook has no "url"'
  with_webhook '{"url":¦5}' | refused '"url" is not a string'
  with_webhook '{"url":"https://a/","access_token":¦5}' | refused '"access_token" is not a string'
  with_webhook '{"url":"https://a/","access_token":"¦hunter2!"}' | refused 'not a reference to a secret, "$NAME"'
  with_webhook '{"url":"https://a/","secret":"¦hunter2!"}' | refused 'not a reference to a secret, "$NAME"'
  with_webhook '{"url":"https://a/","secret":["$A","¦$1"]}' | refused 'not a reference to a secret, "$NAME"'
  with_webhook '{"url":"https://a/","secret":¦5}' | refused 'not a reference to a secret, "$NAME"'
  with_webhook '{"url":"https://a/","headers":¦[]}' | refused '"headers" is not an object'
  with_webhook '{"url":"https://a/","target":¦5}' | refused '"target" is not a string'
  with_webhook '{"url":"https://a/","success_when":¦true}' | refused '"success_when" is not a string'
  with_webhook '{"url":"https://a/","success_when":"¦"}' | refused '"success_when" has 1 to 65536 bytes'
  with_webhook "{\"url\":\"https://a/\",\"success_when\":\"¦$(repeat 65537 1)\"}" |
    refused '"success_when" has 1 to 65536 bytes'
  with_webhook '{"url":"https://a/","tls":¦"$A"}' | refused '"tls" is not an object'
  with_webhook '{"url":"https://a/","tls":¦{}}' | refused '"tls" has neither "ca" nor "cert" and "key"'
  with_webhook '{"url":"https://a/","tls":¦{"cert":"$C"}}' | refused '"tls" needs both of "cert" and "key" or none'
  with_webhook '{"url":"https://a/","tls":¦{"ca":"$A","key":"$K"}}' | refused '"tls" needs both of "cert" and "key" or none'
  with_webhook '{"url":"https://a/","tls":{"ca":"¦/etc/ca.pem"}}' | refused 'not a reference to a secret, "$NAME"'
  with_webhook '{"url":"https://a/","tls":{"ca":¦5}}' | refused 'not a reference to a secret, "$NAME"'
  with_webhook '{"url":"https://a/","secret":"$K","tls":{"cert":"$C","key":"¦$K"}}' |
    refused 'the webhook names the key of "tls" elsewhere, too'
  with_webhook '{"url":"https://a/","success_status":¦200}' |
    refused '"success_status" is a status from 300 to 599, or up to 16 of them'
  with_webhook '{"url":"https://a/","target":"¦irc"}' | refused 'unknown target; known are github, slack and teams'
}
test_case 'bad lines: webhooks that are none' malformed_webhooks

not_utf8() {
  printf '{"event":{"event_type":"\xff"},"automation":{}}\n' >in
  rm -f rejects
  expect_status 1 wb-render --rejects rejects in >out 2>err
  expect_empty out
  expect_equal "$(<err)" 'wb-render: in:1: byte 25: not UTF-8'
  expect_file rejects in
}
test_case 'bad lines: not UTF-8' not_utf8

between_good_ones() {
  { record '{"n":1}' && printf '{"event": nonsense}\r\n\n  \n' && record '{"n":2}' && printf 'x'; } >in
  rm -f rejects
  expect_status 1 wb-render --rejects rejects - <in >out 2>err
  expect_equal "$(jq -r .request.body out)" $'{"n":1}\n{"n":2}'
  expect_equal "$(<err)" $'wb-render: standard input:2: byte 11: not a JSON object\nwb-render: standard input:6: byte 1: not a JSON value'
  expect_equal "$(od -An -c rejects)" "$(printf '{"event": nonsense}\r\nx' | od -An -c)"
  expect_equal "$(stat -c %a rejects)" 600
}
test_case 'bad lines: skipped and kept as they came, the others are done' between_good_ones

oversize() {
  { record '1' && record "\"$(repeat 1000 x)\"" && record '2'; } >in
  rm -f rejects
  expect_status 1 wb-render --max-line 1K --rejects rejects <in >out 2>err
  expect_equal "$(jq -r .request.body out)" $'1\n2'
  expect_equal "$(<err)" 'wb-render: standard input:2: line longer than 1024 bytes (--max-line)'
  expect_equal "$(<rejects)" "$(sed -n 2p in)"
}
test_case 'bad lines: oversize' oversize

# What later stages could not read, or receivers would not, ends here.
too_long_or_deep() {
  local n
  # a body of quotes is twice as long where it stands in a string
  { record 1 && record "\"$(repeat 9000000 '\"')\"" && record 2; } >in
  rm -f rejects
  expect_status 1 wb-render --max-line 32M --rejects rejects in >out 2>err
  expect_equal "$(jq -r .request.body out)" $'1\n2'
  expect_equal "$(<err)" "wb-render: in:2: its record would be longer than 33554432 bytes (--max-line)"
  sed -n 2p in >want
  expect_file rejects want
  expect_status 1 wb-render --max-line 20M in >out 2>err
  expect_equal "$(<err)" "wb-render: in:2: its record would be longer than 20971520 bytes (--max-line)"
  for n in 311 312; do
    record "$(repeat 200 '[')\"\${artifact_metadata:json}\"$(repeat 200 ']')" \
      "$(event "\"artifact_metadata\":{\"a\":$(repeat $n '[')$(repeat $n ']')}")"
  done >in
  expect_status 1 wb-render in >out 2>err
  expect_equal "$(wc -l <out)" 1
  expect_equal "$(<err)" 'wb-render: in:2: the payload would be nested deeper than 512 levels'
}
test_case 'bad lines: those whose request would be too long or too deep' too_long_or_deep

several_files() {
  record 1 >a
  printf 'x\n' >b
  record 3 >c
  expect_status 1 wb-render a b - <c >out 2>err
  expect_equal "$(jq -r .request.body out)" $'1\n3'
  expect_equal "$(<err)" 'wb-render: b:1: byte 1: not a JSON value'
  expect_status 3 wb-render a missing c >out 2>err
  expect_equal "$(<err)" "wb-render: cannot open 'missing': No such file or directory"
}
test_case 'files: one after another; one that cannot be opened is status 3' several_files

failed_output() {
  record 1 >in
  expect_status 3 wb-render in >/dev/full 2>err
  expect_equal "$(<err)" 'wb-render: cannot write to standard output: No space left on device'
  expect_status 3 wb-render --rejects /dev/full <<<x >out 2>err
  expect_match "$(<err)" 'cannot write to /dev/full: No space left on device$'
  expect_status 2 wb-render --rejects missing/rejects in >out 2>err
  expect_equal "$(<err)" "wb-render: cannot open 'missing/rejects': No such file or directory"
  expect_empty out
}
test_case 'output: a full disk is status 3' failed_output

closed_pipe() {
  local i
  for ((i = 0; i < 2000; i++)); do record '"${artifact_metadata}"'; done >in
  { wb-render in 2>err && printf 'done' >status; } | head -n 1 >out
  expect_equal "$(<status)" 'done'
  expect_empty err
  expect_equal "$(wc -l <out)" 1
}
test_case 'output: a reader that leaves is no failure' closed_pipe

live() {
  local line
  coproc wb-render
  record '"first"' >&"${COPROC[1]}"
  read -r -t 60 line <&"${COPROC[0]}"
  expect_match "$line" '"body":"\\"first\\""'
  eval "exec ${COPROC[1]}>&-"
  # shellcheck disable=SC2154 # set by coproc
  wait "$COPROC_PID"
}
test_case 'output: a record is written before the next is waited for' live

options() {
  expect_status 2 wb-render --reject x </dev/null 2>err
  expect_equal "$(<err)" "wb-render: unknown option '--reject'; did you mean '--rejects'?"
  expect_status 2 wb-render --max-line 1 </dev/null 2>err
  wb-render --help >out
  expect_match "$(<out)" '^usage: wb-render '
  wb-render --version >out
  expect_match "$(<out)" '^wb-render \(wb-tools\) [0-9.]+$'
}
test_case 'options: help, version, and those that are none' options

old_event_type() {
  printf '%s\n' '{"webhooks":{"h":{"url":"https://x.test/"}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"h","payload":{"t":"${event_type:json}","u":"${event_type}"}}}]}' >old.json
  echo '{"event_type":"LINK_MODEL"}' | wb-match -c old.json | wb-render >out
  expect_equal "$(json out .request.body)" '{"t":"LINK_ARTIFACT","u":"LINK_ARTIFACT"}'
}
test_case 'LINK_MODEL is LINK_ARTIFACT in payloads' old_event_type

slack_without_payload() {
  printf '%s\n' '{"webhooks":{"h":{"url":"https://x.test/","target":"slack"}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"h"}}]}' >bare.json
  expect_status 2 wb-match -c bare.json </dev/null 2>err
  expect_equal "$(<err)" 'wb-match: bare.json:1:126: target slack needs a payload: an event is no message'
  echo '{"event":{"event_type":"X","text":"<!channel>"},"automation":{"name":"a","action":{"type":"webhook","webhook":{"url":"https://x.test/","target":"slack"}}}}' >record
  expect_status 1 wb-render record >out 2>err
  expect_empty out
}
test_case 'target slack: an event as it is would be no message' slack_without_payload
