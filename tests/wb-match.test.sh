#!/usr/bin/env bash
#
# wb-match.test.sh - which events set off which automations, what is written for them, and what is refused

# shellcheck disable=SC2016 # what looks like variables are those of payloads, and secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# An automation that every event sets off, and what follows the event in its records.
printf '{"automations":[{"name":"all","action":{"type":"none"}}]}\n' >all.json
none='"automation":{"name":"all","action":{"type":"none"}}}'

# event [MEMBERS] - an event with these members
event() {
  printf '{"event_type":"ADD_ARTIFACT_ALIAS","event_id":"1"%s}' "${1:+,$1}"
}

# holds ON EVENT, fails ON EVENT - an automation with the conditions ON matches EVENT, or does not
holds() {
  matching 1 "$@"
}
fails() {
  matching 0 "$@"
}
matching() {
  printf '{"automations":[{"name":"a","on":%s,"action":{"type":"none"}}]}' "$2" >c.json
  wb-match -c c.json >out 2>err <<<"$3" || fail "status $? for $2 and $3: $(<err)"
  expect_empty err
  (($(wc -l <out) == $1)) || fail "$3 makes $(wc -l <out) records where on is $2"
}

# names ARGUMENT… - the automations that wb-match with these arguments finds, on one line
names() {
  wb-match "$@" | jq -r .automation.name | paste -s -d ' '
}

# unusable MESSAGE ARGUMENT… - a configuration error: status 2, that message, and nothing on standard output
unusable() {
  expect_status 2 wb-match "${@:2}" >out 2>err <<<"$(event)"
  expect_empty out
  expect_equal "$(<err)" "wb-match: $1" message
}

# misconfigured MESSAGE <CONFIGURATION - the configuration is refused with that message, at the place where ¦ stands
misconfigured() {
  local text before lines last
  text=$(cat)
  before=${text%%¦*}
  lines=${before//[!$'\n']/}
  last=${before##*$'\n'}
  printf '%s\n' "${text/¦/}" >c.json
  unusable "c.json:$((${#lines} + 1)):$((${#last} + 1)): $1" -c c.json
}

# Configurations with one member of interest, for errors in it.
in_webhook() {
  printf '{"webhooks":{"w":¦{%s}}}' "$1"
}
in_action() {
  printf '{"webhooks":{"w":{"url":"https://example.com/","secret":"$S"}},\n'
  printf '"automations":[{"name":"a","action":¦{%s}}]}' "$1"
}
in_on() {
  printf '{"automations":[{"name":"a","on":¦{%s},"action":{"type":"none"}}]}' "$1"
}

# wrong KIND MEMBERS MESSAGE - in_KIND with these MEMBERS is refused; ¦ in them marks the place, else it is the object
wrong() {
  local text
  text=$("in_$1" "$2")
  [[ $2 != *¦* ]] || text=${text/¦/}
  misconfigured "$3" <<<"$text"
}

# ---- conditions ----

each_condition() {
  local field on member
  for field in entity:entity_name project:project_name collection:artifact_collection_name alias:alias tag:tag \
    author:event_author; do
    on=${field%:*} member=${field#*:}
    holds "{\"$on\":\"x y\"}" "$(event "\"$member\":\"x y\"")"
    fails "{\"$on\":\"x y\"}" "$(event "\"$member\":\"x\"")"
    fails "{\"$on\":\"x y\"}" "$(event "\"$member\":\"x y z\"")"
    fails "{\"$on\":\"x y\"}" "$(event "\"$member\":\"X y\"")"
    fails "{\"$on\":\"x y\"}" "$(event "\"$member\":\"\"")"
    fails "{\"$on\":\"x y\"}" "$(event)"
    fails "{\"$on\":\"x y\"}" "$(event '"other":"x y"')"
    holds "{\"$on\":[\"x y\"]}" "$(event "\"$member\":\"x y\"")"
    holds "{\"$on\":[\"a\",\"x y\",\"x y\",\"b\"]}" "$(event "\"$member\":\"x y\"")"
    fails "{\"$on\":[\"a\",\"b\"]}" "$(event "\"$member\":\"x y\"")"
    fails "{\"$on\":[\"a\",\"b\"]}" "$(event)"
  done
}
test_case 'each condition alone, a string or a list' each_condition

event_types() {
  local types=(LINK_ARTIFACT ADD_ARTIFACT_ALIAS CREATE_ARTIFACT UNLINK_ARTIFACT ADD_ARTIFACT_TAG REMOVE_ARTIFACT_TAG
    ADD_COLLECTION_TAG REMOVE_COLLECTION_TAG) type
  printf '{"event_type":"%s"}\n' "${types[@]}" >types.jsonl
  for type in "${types[@]}"; do
    in_on "\"event_type\":\"$type\"" | tr -d ¦ >c.json
    expect_equal "$(wb-match -c c.json types.jsonl | jq -r .event.event_type)" "$type"
  done
  in_on '"event_type":["ADD_ARTIFACT_TAG","LINK_ARTIFACT"]' | tr -d ¦ >c.json
  expect_equal "$(wb-match -c c.json types.jsonl | jq -r .event.event_type)" $'LINK_ARTIFACT\nADD_ARTIFACT_TAG'
  fails '{"event_type":"LINK_ARTIFACT"}' '{"event_type":"SOMETHING_NEW"}'
  holds '{}' '{"event_type":"SOMETHING_NEW"}'
}
test_case 'each event type' event_types

link_model() {
  local on type
  for on in '"LINK_MODEL"' '"LINK_ARTIFACT"' '["LINK_MODEL","LINK_ARTIFACT"]' '"LINK\u005fMODEL"'; do
    for type in LINK_MODEL LINK_ARTIFACT 'LINK\u005fMODEL'; do
      holds "{\"event_type\":$on}" "{\"event_type\":\"$type\",\"event_id\":\"1\"}"
      [[ $(<out) == "{\"event\":{\"event_type\":\"$type\",\"event_id\":\"1\"},"* ]] || fail "changed: $(<out)"
    done
    fails "{\"event_type\":$on}" "$(event)"
  done
}
test_case 'LINK_MODEL is LINK_ARTIFACT, in rules and in events, and stays as spelled' link_model

all_conditions() {
  local members='"entity_name":"acme","project_name":"p","artifact_collection_name":"c","alias":"y","tag":"t"'
  local on='"event_type":"ADD_ARTIFACT_ALIAS","entity":["acme","b"],"project":"p","collection":["c"]'
  local member other
  members+=',"event_author":"ann"'
  on+=',"alias":["x","y"],"tag":"t","author":["bob","ann"],"alias_regex":"^y$","tag_regex":"t"'
  holds "{$on}" "$(event "$members")"
  for member in entity_name project_name artifact_collection_name alias tag event_author; do
    for other in '"zz"' '""' null; do
      fails "{$on}" "$(event "$members" | sed "s/\"$member\":\"[a-z]*\"/\"$member\":$other/")"
    done
    fails "{$on}" "$(event "$members" | sed "s/\"$member\":\"[a-z]*\"/\"x\":1/")"
  done
  fails "{$on}" "$(event "$members" | sed 's/"alias":"y"/"alias":"x"/')"
  fails "{$on}" "$(event "$members" | sed s/ADD_ARTIFACT_ALIAS/LINK_ARTIFACT/)"
}
test_case 'every condition given must hold' all_conditions

no_condition() {
  holds '{}' "$(event)"
  holds '{}' '{"event_type":"X"}'
  expect_equal "$(names -c all.json <<<"$(event '"alias":"x"')")" all
}
test_case 'without a condition every event matches' no_condition

regexes() {
  local field
  for field in alias tag; do
    holds "{\"${field}_regex\":\"prod\"}" "$(event "\"$field\":\"production\"")"
    holds "{\"${field}_regex\":\"^prod.*n\$\"}" "$(event "\"$field\":\"production\"")"
    fails "{\"${field}_regex\":\"^rod\"}" "$(event "\"$field\":\"production\"")"
    fails "{\"${field}_regex\":\"PROD\"}" "$(event "\"$field\":\"production\"")"
    holds "{\"${field}_regex\":\"(?i)PROD\"}" "$(event "\"$field\":\"production\"")"
    holds "{\"${field}_regex\":\"^v\\\\d{1,3}(?=-rc)\"}" "$(event "\"$field\":\"v12-rc\"")"
    fails "{\"${field}_regex\":\"^v\\\\d{1,3}(?!-rc)\$\"}" "$(event "\"$field\":\"v12-rc\"")"
    holds "{\"${field}_regex\":\"^.\$\"}" "$(event "\"$field\":\"é\"")"
    holds "{\"${field}_regex\":\"^\\\\p{Greek}.\$\"}" "$(event "\"$field\":\"\\u03a9😀\"")"
    holds "{\"${field}_regex\":\"^\$\"}" "$(event "\"$field\":\"\"")"
    fails "{\"${field}_regex\":\".*\"}" "$(event)"
    fails "{\"${field}_regex\":\".*\"}" "$(event "\"$field\":null")"
    holds "{\"${field}_regex\":\"b\",\"$field\":[\"a\",\"bb\"]}" "$(event "\"$field\":\"bb\"")"
    fails "{\"${field}_regex\":\"b\",\"$field\":[\"a\",\"bb\"]}" "$(event "\"$field\":\"a\"")"
    fails "{\"${field}_regex\":\"b\",\"$field\":[\"a\",\"bb\"]}" "$(event "\"$field\":\"b\"")"
  done
  fails '{"alias_regex":"x"}' "$(event '"tag":"x"')"
  fails '{"tag_regex":"x"}' "$(event '"alias":"x"')"
  holds '{"alias_regex":"a","tag_regex":"b"}' "$(event '"alias":"a","tag":"b"')"
  fails '{"alias_regex":"a","tag_regex":"b"}' "$(event '"alias":"b","tag":"a"')"
}
test_case 'alias_regex and tag_regex' regexes

escaped_events() {
  holds '{"alias":"production"}' '{"event_type":"X","\u0061lias":"pro\u0064uction"}'
  holds '{"alias":"production"}' '{"event_type":"X","\u0061\u006C\u006c\u0061\u0073":"x","ali\u0061s":"production"}'
  holds '{"event_type":"ADD_ARTIFACT_ALIAS"}' '{"\u0065vent_type":"ADD\u005FARTIFACT_ALIAS"}'
  holds '{"alias":"a/b\"c\\d"}' "$(event '"alias":"a\/b\"c\\d"')"
  holds '{"alias":"a/b\"c\\d"}' "$(event '"alias":"a/b\u0022c\u005cd"')"
  holds '{"alias":"\ud83d\ude00"}' "$(event '"alias":"😀"')"
  holds '{"alias":"😀"}' "$(event '"alias":"\uD83D\uDE00"')"
  holds '{"alias":"a\nb"}' "$(event '"alias":"a\u000ab"')"
  fails '{"alias":"\\u0061"}' "$(event '"alias":"\u0061"')"
  holds '{"alias":"\\u0061"}' "$(event '"alias":"\\u0061"')"
  fails '{"alias":"a"}' "$(event '"alias":"a\u0000"')"
  fails '{"alias":"a"}' "$(event '"alias":"\u0000a"')"
  holds '{"alias_regex":"^production$"}' "$(event '"alias":"pro\u0064uction"')"
  holds '{"author":"\u0061nn","\u0061lias":["\u0062","x"]}' "$(event '"alias":"b","event_author":"ann"')"
  holds '{"alias":"a","tag":"b","author":"c","entity":"d"}' \
    "$(event '"alias":"\u0061","tag":"\u0062","event_author":"\u0063","entity_name":"\u0064"')"
}
test_case 'names and values match however they are escaped' escaped_events

null_members() {
  local member
  for member in entity_name project_name artifact_collection_name alias tag event_author event_time artifact_version \
    artifact_version_string artifact_version_index artifact_metadata source; do
    holds '{}' "$(event "\"$member\":null")"
  done
  fails '{"alias":"null"}' "$(event '"alias":null')"
  fails '{"alias":["x","null"]}' "$(event '"alias":"x","alias":null')"
}
test_case 'a member that is null is as good as absent' null_members

duplicate_members() {
  holds '{"alias":"b"}' "$(event '"alias":"a","alias":"b"')"
  fails '{"alias":"a"}' "$(event '"alias":"a","alias":"b"')"
  holds '{"alias":"a"}' "$(event '"alias":null,"al\u0069as":"a"')"
  fails '{"event_type":"ADD_ARTIFACT_ALIAS"}' "$(event '"event_type":"LINK_MODEL"')"
  holds '{"event_type":"LINK_ARTIFACT"}' "$(event '"event_type":"LINK_MODEL"')"
}
test_case 'of duplicate members the last counts' duplicate_members

nested_members() {
  fails '{"alias":"a"}' "$(event '"artifact_metadata":{"alias":"a"},"x":[{"alias":"a"}]')"
}
test_case 'members deeper down do not count' nested_members

disabled() {
  printf '{"automations":[
    {"name":"off","enabled":false,"action":{"type":"none"}},
    {"name":"on","enabled":true,"action":{"type":"none"}},
    {"name":"default","action":{"type":"none"}}]}' >c.json
  expect_equal "$(names -c c.json <<<"$(event)")" 'on default'
}
test_case 'a disabled automation never matches' disabled

order_of_matches() {
  mkdir -p order/b
  printf '{"automations":[{"name":"3","on":{"alias":"x"},"action":{"type":"none"}},
    {"name":"4","action":{"type":"none"}},
    {"name":"5","on":{"alias_regex":"x"},"action":{"type":"none"}}]}' >order/b.json
  printf '{"automations":[{"name":"1","on":{"event_type":["ADD_ARTIFACT_ALIAS","LINK_ARTIFACT"]},"action":{"type":"none"}},
    {"name":"2","on":{"alias":["x","y"],"tag_regex":"."},"action":{"type":"none"}}]}' >order/B.json
  printf 'no configuration' >order/b.txt
  printf 'no configuration' >order/.hidden.json
  printf 'no configuration' >order/.json
  printf 'no configuration' >order/b/c.json
  { event '"alias":"x","tag":"t"' && echo && event '"alias":"y"'; } >events.jsonl
  expect_equal "$(names -c order events.jsonl)" '1 2 3 4 5 1 4'
  expect_equal "$(names -c order/ events.jsonl)" '1 2 3 4 5 1 4'
  expect_equal "$(names -c order/b.json -c order/B.json events.jsonl)" '3 4 5 1 2 4 1'
}
test_case 'matches come in the order of events, files and places in them; a directory means its *.json' order_of_matches

hundreds_of_matches() {
  jq -nc '{automations: [range(300) | {name: tostring, action: {type: "none"},
    on: ([{}, {alias: "x"}, {alias: ["x", "y"]}, {tag: "t"}, {alias_regex: "x|\(.)"}, {alias: "no"}][. % 6])}]}' >c.json
  expect_equal "$(names -c c.json <<<"$(event '"alias":"x","tag":"t"')")" \
    "$(seq 0 299 | awk '$1 % 6 != 5' | paste -s -d ' ')"
}
test_case 'hundreds of matches of one event, in order' hundreds_of_matches

# ---- records ----

passes_through() {
  local line
  while IFS= read -r line; do
    printf '%s\n' "$line" >events.jsonl
    wb-match -c all.json events.jsonl >out
    printf '{"event":%s,%s\n' "$line" "$none" >want
    expect_file out want
  done <<'END'
{"event_id":"1","event_type":"X"}
{ "event_type" : "X" ,	"event_id" : "1" , "other" : [ 1 , 2 ] }
{"event_type":"X","event_id":"1","artifact_version_index":3.0,"artifact_metadata":{"a":1.10,"b":12345678901234567890,"c":1e400,"d":-0,"e":1E+2}}
{"event_type":"X","event_id":"1","event_id":"2","x":1,"x":2,"artifact_metadata":{"a":1,"a":2}}
{"event_type":"X","event_id":"1","\u0061\/b":"\u00e9é\ud83d\ude00😀\b\f\n\r\t\"\\\u0000\ud800"}
{"event_type":"X","event_id":" ","":null,"z":{},"y":[],"x":[[],{}],"true":true,"false":false}
{"event_type":"X","event_id":"1","é":"  white  space  ","source":"mlflow"}
{"event_type":"X","\u0065vent_id":"1"}
{"event_type":"X","event_id":null,"event_id":"1"}
END
}
test_case 'an event passes through byte for byte' passes_through

outer_space() {
  printf ' \t{"event_type":"X","event_id":"1"} \t\r\n' >events.jsonl
  wb-match -c all.json events.jsonl >out
  printf '{"event":{"event_type":"X","event_id":"1"},%s\n' "$none" >want
  expect_file out want
}
test_case 'white space around an event is dropped' outer_space

derived_ids() {
  local line id
  while IFS= read -r line; do
    id=$(printf '%s' "$line" | sha256sum)
    id=${id:0:32}
    printf '%s\n' "$line" >events.jsonl
    wb-match -c all.json events.jsonl >out
    printf '{"event":%s,"event_id":"%s"},%s\n' "${line%\}}" "$id" "$none" >want
    expect_file out want
    wb-match -c all.json <events.jsonl >out
    expect_file out want
    printf '  %s\r\n' "$line" >events.jsonl
    wb-match -c all.json events.jsonl >out
    expect_file out want
  done <<'END'
{"event_type":"LINK_ARTIFACT"}
{"event_type":"LINK_ARTIFACT" }
{"event_type":"X","event_id":null}
{"event_type":"X","event_id":"1","event_id":null}
{"event_type":"X","event_id":""}
{"event_type":"X","event_id":"","n":2}
{"event_type":"X","event_id":"1","event_id":""}
{"event_type":"X","artifact_metadata":{"event_id":"1"}}
END
  printf '{"event_type":"X"}' | sha256sum >sum
  expect_equal "$(wb-match -c all.json <<<'{"event_type":"X"}' | jq -r .event.event_id)" "$(cut -c -32 sum)"
}
test_case 'an event without an id gets one from its bytes, the same every time' derived_ids

whole_webhook() {
  cat >c.json <<'END'
{ "webhooks" : {
    "é w" : {
      "url" : "https://example.com/a?b=c" ,
      "access_token" : "$TOKEN" ,
      "secret" : [ "$NEW" , "$OLD" ] ,
      "signature" : [ "standard" , "github" , "wandb-hex" ] ,
      "headers" : { "Accept" : "a  b" , "X-Key" : "$KEY" } ,
      "target" : "slack"
    } },
  "automations" : [ {
      "name" : "a\u0062 c" ,
      "description" : "",
      "on" : { "entity" : "e" } ,
      "enabled" : true ,
      "action" : { "type" : "webhook" , "webhook" : "\u00e9 w" ,
        "payload" : { "text" : "by  ${event_author} \u0041\/" , "n" : [ 1.10 , 1e400 , null ] , "n" : { } }
      } } ] }
END
  printf '%s' '{"event":{"event_type":"X","event_id":"1","entity_name":"e"},"automation":{"name":"a\u0062 c",' \
    '"action":{"type":"webhook","webhook":{"name":"é w","url":"https://example.com/a?b=c","access_token":"$TOKEN",' \
    '"secret":["$NEW","$OLD"],"signature":["standard","github","wandb-hex"],' \
    '"headers":{"Accept":"a  b","X-Key":"$KEY"},"target":"slack"},' \
    '"payload":{"text":"by  ${event_author} \u0041\/","n":[1.10,1e400,null],"n":{}}}}}' $'\n' >want
  wb-match -c c.json <<<'{"event_type":"X","event_id":"1","entity_name":"e"}' >out
  expect_file out want
}
test_case 'a record carries the webhook whole, and the payload without white space' whole_webhook

carries_members() {
  local members='"success_when":".ok and\n(.errors == null)","tls":{"key":"$K","cert":"$C","ca":"$A"}'
  printf '{"webhooks":{"w":{"url":"$U",%s}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]}' \
    "$members" >c.json
  wb-match -c c.json <<<"$(event)" >out
  expect_equal "$(<out)" "{\"event\":$(event),\"automation\":{\"name\":\"a\",\"action\":{\"type\":\"webhook\",\
\"webhook\":{\"name\":\"w\",\"url\":\"\$U\",$members}}}}"
}
test_case 'success_when and tls go into the record as they are spelled' carries_members

payload_types() {
  local payload
  for payload in '"text ${alias}"' '""' '"${artifact_metadata:json}"' '"\"\\"' 1.10 -0 1e400 true false null '[]' '{}' \
    '[[1,"a b"],{"":""}]'; do
    printf '{"webhooks":{"w":{"url":"$URL"}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"w",
      "payload": %s }}]}' "$payload" >c.json
    wb-match -c c.json <<<"$(event)" >out
    printf '{"event":%s,"automation":{"name":"a","action":{"type":"webhook","webhook":{"name":"w","url":"$URL"},%s\n' \
      "$(event)" "\"payload\":$payload}}}" >want
    expect_file out want
  done
}
test_case 'a payload may be any JSON value' payload_types

no_payload() {
  in_action '"webhook":"w","type":"webhook"' | tr -d ¦ >c.json
  wb-match -c c.json <<<"$(event)" >out
  printf '{"event":%s,"automation":{"name":"a","action":{"type":"webhook","webhook":{"name":"w",%s}}}\n' \
    "$(event)" '"url":"https://example.com/","secret":"$S"}' >want
  expect_file out want
}
test_case 'without a payload the record has none' no_payload

payload_file() {
  mkdir -p dir/payloads dir/conf
  printf '\n{ "alias" : "${alias}" ,\n "n" : 1.10 }\n' >dir/payloads/p.json
  printf ' "just ${alias}" \n' >dir/payloads/string.json
  printf '{"webhooks":{"w":{"url":"$URL"}},"automations":[
    {"name":"relative","action":{"type":"webhook","webhook":"w","payload_file":"../payloads/p.json"}},
    {"name":"string","action":{"type":"webhook","webhook":"w","payload_file":"..\\/payloads\\/string.json"}},
    {"name":"absolute","action":{"type":"webhook","webhook":"w","payload_file":"%s"}}
    ]}' "$PWD/dir/payloads/p.json" >dir/conf/c.json
  cat >want <<'END'
relative {"alias":"${alias}","n":1.10}
string "just ${alias}"
absolute {"alias":"${alias}","n":1.10}
END
  wb-match -c dir/conf <<<"$(event)" | sed -E 's/.*"automation":\{"name":"([a-z]*)".*"payload":(.*)\}\}\}$/\1 \2/' >out
  expect_file out want
  cd dir/conf
  event | wb-match -c c.json | sed -E 's/.*"automation":\{"name":"([a-z]*)".*"payload":(.*)\}\}\}$/\1 \2/' >out
  expect_file out ../../want
}
test_case 'payload_file is relative to the file that names it' payload_file

# ---- where the configuration comes from ----

many_files() {
  printf '{"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]}' >one.json
  printf '{"webhooks":{"w":{"url":"$URL"}}}' >two.json
  printf '{}' >three.json
  expect_equal "$(names -c one.json --config two.json --config=all.json -cthree.json <<<"$(event)")" 'a all'
  expect_equal "$(names -c three.json -c all.json <<<"$(event)")" all
  wb-match -c three.json <<<"$(event)" >out
  expect_empty out
}
test_case '-c may be repeated, and files refer to each other in any order' many_files

from_environment() {
  local -x WB_CONFIG=all.json
  expect_equal "$(names <<<"$(event)")" all
  printf '{"automations":[{"name":"other","action":{"type":"none"}}]}' >other.json
  expect_equal "$(names -c other.json <<<"$(event)")" other
  mkdir -p conf
  cp other.json conf
  WB_CONFIG=conf
  expect_equal "$(names <<<"$(event)")" other
}
test_case '$WB_CONFIG is the default' from_environment

no_configuration() {
  unusable 'no automations: name a file or a directory with -c, or in $WB_CONFIG'
}
test_case 'no configuration at all' no_configuration

# ---- --explain ----

explains() {
  cat >c.json <<'END'
{"automations":[
  {"name":"any","action":{"type":"none"}},
  {"name":"off","enabled":false,"on":{"alias":"x"},"action":{"type":"none"}},
  {"name":"alias","on":{"event_type":"ADD_ARTIFACT_ALIAS","alias":["x","y"]},"action":{"type":"none"}},
  {"name":"type","on":{"event_type":"LINK_MODEL","alias":"z"},"action":{"type":"none"}},
  {"name":"coll","on":{"collection":"c"},"action":{"type":"none"}},
  {"name":"tag","on":{"tag_regex":"."},"action":{"type":"none"}},
  {"name":"regex","on":{"alias_regex":"^z"},"action":{"type":"none"}}]}
END
  { event '"alias":"p\u0071\u001b"' && echo && event '"alias":"y","artifact_collection_name":"c"'; } >events.jsonl
  cat >want.err <<'END'
wb-match: events.jsonl:1: any: matches
wb-match: events.jsonl:1: off: disabled
wb-match: events.jsonl:1: alias: alias does not hold: alias is "p\u0071\u001b"
wb-match: events.jsonl:1: type: event_type does not hold: event_type is "ADD_ARTIFACT_ALIAS"
wb-match: events.jsonl:1: coll: collection does not hold: the event has no artifact_collection_name
wb-match: events.jsonl:1: tag: tag_regex does not hold: the event has no tag
wb-match: events.jsonl:1: regex: alias_regex does not hold: alias is "p\u0071\u001b"
wb-match: events.jsonl:2: any: matches
wb-match: events.jsonl:2: off: disabled
wb-match: events.jsonl:2: alias: matches
wb-match: events.jsonl:2: type: event_type does not hold: event_type is "ADD_ARTIFACT_ALIAS"
wb-match: events.jsonl:2: coll: matches
wb-match: events.jsonl:2: tag: tag_regex does not hold: the event has no tag
wb-match: events.jsonl:2: regex: alias_regex does not hold: alias is "y"
END
  wb-match --explain -c c.json events.jsonl >out 2>err
  expect_file err want.err
  expect_equal "$(jq -r .automation.name out | paste -s -d ' ')" 'any any alias coll'
}
test_case '--explain says for each event and automation what failed' explains

# ---- configuration errors ----

unknown_members() {
  misconfigured 'unknown member "automation" of a configuration file; did you mean "automations"?' <<<'{¦"automation":[]}'
  misconfigured 'unknown member "zzz" of a configuration file' <<<'{"webhooks":{},¦"zzz":{"a":[1]}}'
  wrong webhook '"url":"$U",¦"acces_token":"$T"' \
    'unknown member "acces_token" of a webhook; did you mean "access_token"?'
  wrong on '¦"colection":"c"' 'unknown member "colection" of on; did you mean "collection"?'
  wrong on '"alias":"c",¦"artifact":"c"' 'unknown member "artifact" of on'
  wrong action '"type":"webhook","webhook":"w",¦"payloads":1' \
    'unknown member "payloads" of an action; did you mean "payload"?'
  misconfigured 'unknown member "enable" of an automation; did you mean "enabled"?' <<'END'
{"automations": [
  {"name": "é😀", ¦"enable": true, "action": {"type": "none"}}
]}
END
}
test_case 'error: an unknown member, the nearest one named' unknown_members

wrong_types() {
  misconfigured 'a configuration file must be an object, not an array' <<<' ¦[]'
  misconfigured 'webhooks must be an object, not an array' <<<'{"webhooks":¦[]}'
  misconfigured 'automations must be an array, not an object' <<<'{"automations":¦{}}'
  misconfigured 'a webhook must be an object, not a string' <<<'{"webhooks":{"w":¦"https://example.com"}}'
  misconfigured 'an automation must be an object, not null' <<<'{"automations":[¦null]}'
  misconfigured 'name must be a string, not a number' <<<'{"automations":[{"name":¦1,"action":{"type":"none"}}]}'
  misconfigured 'on must be an object, not true' <<<'{"automations":[{"name":"a","on":¦true,"action":{"type":"none"}}]}'
  misconfigured 'action must be an object, not a string' <<<'{"automations":[{"name":"a","action":¦"none"}]}'
  misconfigured 'enabled must be true or false' \
    <<<'{"automations":[{"name":"a","enabled":¦"yes","action":{"type":"none"}}]}'
  misconfigured 'description must be a string, not an array' \
    <<<'{"automations":[{"name":"a","description":¦[],"action":{"type":"none"}}]}'
  wrong on '"alias":["a",¦1]' 'alias must be a string, not a number'
  wrong on '"alias_regex":¦["a"]' 'alias_regex must be a string, not an array'
  wrong action '"type":¦null,"webhook":"w"' 'type must be a string, not null'
  wrong action '"type":"webhook","webhook":¦{}' 'webhook must be a string, not an object'
  wrong action '"type":"webhook","webhook":"w","payload_file":¦{}' 'payload_file must be a string, not an object'
  wrong webhook '"url":¦1' 'url must be a string, not a number'
  wrong webhook '"url":"$U","access_token":¦["$T"]' 'access_token must be a string, not an array'
  wrong webhook '"url":"$U","secret":["$S",¦false]' 'secret must be a string, not false'
  wrong webhook '"url":"$U","headers":¦[]' 'headers must be an object, not an array'
  wrong webhook '"url":"$U","headers":{"A":¦1}' "a header's value must be a string, not a number"
  wrong webhook '"url":"$U","target":¦1' 'target must be a string, not a number'
  wrong webhook '"url":"$U","success_when":¦true' 'success_when must be a string, not true'
  wrong webhook '"url":"$U","success_status":¦"409"' '"success_status" is a status from 300 to 599, or up to 16 of them'
  wrong webhook '"url":"$U","success_status":¦[409,200]' '"success_status" is a status from 300 to 599, or up to 16 of them'
  wrong webhook '"url":"$U","tls":¦"$CA"' 'tls must be an object, not a string'
  wrong webhook '"url":"$U","tls":{"ca":¦["$CA"]}' 'ca must be a string, not an array'
}
test_case 'error: a value of the wrong type' wrong_types

neither_string_nor_list() {
  local field
  for field in event_type entity project collection alias tag author; do
    wrong on "\"$field\":¦1" "$field must be a string or an array, not a number"
    wrong on "\"$field\":¦null" "$field must be a string or an array, not null"
  done
  wrong webhook '"url":"$U","secret":¦{}' 'secret must be a string or an array, not an object'
  wrong webhook '"url":"$U","secret":"$S","signature":¦1' 'signature must be a string or an array, not a number'
}
test_case 'error: neither a string nor a list of them' neither_string_nor_list

empty_values() {
  wrong on '"alias":¦[]' 'alias must not be an empty list'
  wrong on '"event_type":¦[ ]' 'event_type must not be an empty list'
  wrong webhook '"url":"$U","secret":¦[]' 'secret must not be an empty list'
  wrong webhook '"url":"$U","secret":"$S","signature":¦[]' 'signature must not be an empty list'
  wrong on '"alias":¦""' 'alias must not be empty'
  wrong on '"alias":["a",¦""]' 'alias must not be empty'
  wrong on '"tag_regex":¦""' 'tag_regex must not be empty'
  wrong on '"alias":¦"a\u0000"' 'alias must not hold \u0000'
  wrong webhook '"url":¦""' 'url must not be empty'
  wrong webhook '"url":"$U","success_when":¦""' 'success_when must not be empty'
  wrong webhook '"url":"$U","success_when":¦".\u0000"' 'success_when must not hold \u0000'
  wrong webhook '"url":"$U","tls":¦{}' 'tls must not be empty'
  misconfigured 'name must not be empty' <<<'{"automations":[{"name":¦"","action":{"type":"none"}}]}'
  misconfigured "a webhook's name must not be empty or hold escapes" <<<'{"webhooks":{¦"":{"url":"$U"}}}'
  misconfigured "a webhook's name must not be empty or hold escapes" <<<'{"webhooks":{¦"\u0061":{"url":"$U"}}}'
}
test_case 'error: an empty string or list' empty_values

repeated_members() {
  misconfigured '"webhooks" stands here twice' <<<'{"webhooks":{},¦"webhooks":{}}'
  misconfigured '"name" stands here twice' <<<'{"automations":[{"name":"a",¦"n\u0061me":"b","action":{"type":"none"}}]}'
  wrong webhook '"url":"$U",¦"url":"$U"' '"url" stands here twice'
  wrong webhook '"url":"$U","tls":{"ca":"$A",¦"ca":"$A"}' '"ca" stands here twice'
  wrong on '"alias":"a",¦"alias":"b"' '"alias" stands here twice'
  wrong action '"type":"none",¦"type":"none"' '"type" stands here twice'
}
test_case 'error: a member twice' repeated_members

defined_twice() {
  printf '{"webhooks":{\n  "w":{"url":"$U"}}}' >first.json
  printf '{"webhooks":{"v":{"url":"$U"},"w":{"url":"$U"}}}' >second.json
  unusable 'second.json:1:31: webhook "w" is defined already at first.json:2:3' -c first.json -c second.json
  printf '{"automations":[{"action":{"type":"none"},"name":"é"}]}' >first.json
  printf '{"automations":[\n{"name": "\\u00e9","action":{"type":"none"}}]}' >second.json
  unusable 'second.json:2:10: automation "é" is defined already at first.json:1:50' -c first.json -c second.json
  unusable 'all.json:1:25: automation "all" is defined already at all.json:1:25' -c all.json -c all.json
  misconfigured 'webhook "w" is defined already at c.json:1:14' <<<'{"webhooks":{"w":{"url":"$U"},¦"w":{"url":"$U"}}}'
}
test_case 'error: a webhook or automation defined twice; both places are named' defined_twice

missing_members() {
  misconfigured 'an automation needs "name"' <<<'{"automations":[¦{"action":{"type":"none"}}]}'
  misconfigured 'an automation needs "action"' <<<'{"automations":[ ¦{"name":"a"}]}'
  wrong webhook '' 'a webhook needs "url"'
  wrong action '' 'an action needs "type"'
  wrong action '"webhook":"w"' 'an action needs "type"'
  wrong action '"type":"webhook"' 'a webhook action needs "webhook", the name of one'
  wrong action '"type":"none","webhook":"w"' 'an action of type "none" has no other members'
  wrong action '"type":"none","payload":1' 'an action of type "none" has no other members'
}
test_case 'error: a member missing, or out of place' missing_members

unknown_values() {
  wrong action '"type":"webhook","webhook":¦"v"' 'no webhook is called "v"'
  wrong action '"type":¦"email","webhook":"w"' 'unknown action type "email"; known are webhook, launch and none'
  wrong on '"event_type":¦"ALIAS"' 'unknown event type "ALIAS"; wb-record(5) lists them'
  wrong on '"event_type":["LINK_ARTIFACT",¦"link_artifact"]' 'unknown event type "link_artifact"; wb-record(5) lists them'
  wrong webhook '"url":"$U","target":¦"discord"' 'unknown target "discord"; known are github, slack and teams'
  wrong webhook '"url":"$U","secret":"$S","signature":¦"md5"' \
    'unknown signature "md5"; known are wandb, wandb-hex, github and standard'
  wrong webhook '"url":"$U","secret":"$S","signature":["github",¦"WANDB"]' \
    'unknown signature "WANDB"; known are wandb, wandb-hex, github and standard'
}
test_case 'error: an unknown webhook, type, target or scheme' unknown_values

bad_regexes() {
  wrong on '"alias_regex":¦"a("' 'alias_regex is no regular expression: end pattern with unmatched parenthesis'
  wrong on '"tag_regex":¦"[b-a]"' 'tag_regex is no regular expression: empty range in char class'
  wrong on '"tag_regex":¦"*"' 'tag_regex is no regular expression: target of repeat operator is not specified'
}
test_case 'error: a malformed regular expression' bad_regexes

bad_urls() {
  wrong webhook '"url":¦"ftp://example.com/"' '"url": the scheme is neither https nor http'
  wrong webhook '"url":¦"https://user@example.com/"' '"url": user info in front of the host'
  wrong webhook '"url":¦"https://exam\u0070le .com/"' '"url": a space'
  wrong webhook '"url":¦"$U/path"' '"url": the scheme is neither https nor http'
}
test_case 'error: a URL that is none' bad_urls

literal_secrets() {
  local advice='must be the name of a secret, such as "$WEBHOOK_SECRET", never its value'
  wrong webhook '"url":"$U","access_token":¦"ghp_123"' "access_token $advice"
  wrong webhook '"url":"$U","access_token":¦"Bearer $T"' "access_token $advice"
  wrong webhook '"url":"$U","access_token":¦"${T}"' "access_token $advice"
  wrong webhook '"url":"$U","access_token":¦"$1"' "access_token $advice"
  wrong webhook '"url":"$U","secret":¦"whsec_abc"' "secret $advice"
  wrong webhook '"url":"$U","secret":["$S",¦"$"]' "secret $advice"
  expect_no_match "$(<err)" whsec
  wrong webhook '"url":"$U","headers":{"X-Key":¦"$a-b"}' \
    "header \"X-Key\": a value that starts with '\$' must be the name of a secret, such as \"\$TOKEN\""
}
test_case 'error: a secret itself in place of its name; it is not shown' literal_secrets

literal_headers() {
  local name advice='this looks like a secret itself; write the name of one, such as "$TOKEN", whose value is all of the header'
  for name in Authorization PRIVATE-TOKEN X-Gitlab-Token x-api-key Ocp-Apim-Subscription-Key X_KEY Cookie X-Shared-Secret \
    Job-Token X-ApiKey AccessToken Proxy-Password Key; do
    wrong webhook '"url":"$U","headers":{"'"$name"'":¦"Bearer hunter2"}' "header \"$name\": $advice"
    expect_no_match "$(<err)" hunter2
  done
  wrong webhook '"url":"$U","headers":{"Authorization":¦"Bearer $TOKEN"}' "header \"Authorization\": $advice"
  for name in Accept X-Key-Id Idempotency-Key X-Monkey X-Token-Type Keynote Author X-Authority; do
    printf '{"webhooks":{"w":{"url":"$U","headers":{"%s":"plain","X-Api-Key":"$KEY"}}}}' "$name" >c.json
    wb-match -c c.json </dev/null
  done
}
test_case 'error: a header that is for secrets, with something else than a name' literal_headers

bad_headers() {
  local name
  wrong webhook '"url":"$U","headers":{¦"Content-Length":"1"}' 'header "Content-Length": this header is set by the sender'
  wrong webhook '"url":"$U","headers":{¦"a b":"1"}' 'header "a b": not a header name'
  wrong webhook '"url":"$U","headers":{"a":¦"b\r\nc: d"}' "header \"a\": a header's value is printable ASCII"
  wrong webhook '"url":"$U","access_token":"$T","headers":{"authorization":"$B"}' \
    'access_token and a header Authorization exclude each other'
  for name in X-Wandb-Signature x-hub-signature-256 webhook-signature Webhook-Id WEBHOOK-TIMESTAMP; do
    wrong webhook '"url":"$U","headers":{¦"'"$name"'":"1"}' \
      "header \"$name\": this header is set by wb-sign: name a secret and a signature instead"
  done
}
test_case 'error: a header that must not be set' bad_headers

many_headers() {
  local headers
  headers=$(seq 32 | sed 's/.*/"H-&":"1"/' | paste -s -d ,)
  printf '{"webhooks":{"w":{"url":"$U","headers":{%s}}}}' "$headers" >c.json
  wb-match -c c.json </dev/null
  wrong webhook "\"url\":\"\$U\",\"headers\":{$headers,¦\"H-33\":\"1\",\"H-34\":\"1\",\"H-35\":\"1\"}" \
    'a webhook has at most 32 headers'
}
test_case 'error: too many headers are said once' many_headers

bad_signatures() {
  wrong webhook '"url":"$U","signature":"wandb"' '"signature" without "secret": name the secret to sign with'
  wrong webhook '"url":"$U","secret":"$S","signature":["wandb","github",¦"wandb-hex"]' \
    'two signatures for one header, X-Wandb-Signature'
  wrong webhook '"url":"$U","secret":"$S","signature":["github",¦"github"]' \
    'two signatures for one header, X-Hub-Signature-256'
  wrong webhook '"url":"$U","secret":[¦"$A","$B","$C","$D","$E","$F","$G","$H","$I"]' '"secret": more than 8'
}
test_case 'error: signatures without a secret, or two for one header' bad_signatures

bad_programs() {
  # the words are those of libjq
  wrong webhook '"url":"$U","success_when":¦"nosuch"' '"success_when": nosuch/0 is not defined, line 1 of the program'
  wrong webhook '"url":"$U","success_when":¦".ok |\n .a b"' \
    '"success_when": syntax error, unexpected IDENT, expecting $end, line 2 of the program'
  wrong webhook '"url":"$U","success_when":¦"\u006eosuch"' '"success_when": nosuch/0 is not defined, line 1 of the program'
  wrong webhook '"url":"$U","success_when":¦"halt"' '"success_when": halt is not allowed here'
  misconfigured '"success_when": x/0 is not defined, line 1 of the program' <<'END'
{"webhooks": {
  "a": {"url": "$U", "success_when": ".ok"},
  "b": {"url": "$U", "success_when": ".ok"},
  "é": {"url": "$U", "success_when": ¦"x"}}}
END
  { printf '{"webhooks":{"w":{"url":"$U","success_when":¦"' && printf '1%065536d' 0 | tr 0 ' ' && printf '"}}}'; } >long
  misconfigured '"success_when": longer than 65536 bytes' <long
  # as long as may be
  { printf '{"webhooks":{"w":{"url":"$U","success_when":"' && printf '1%065535d' 0 | tr 0 ' ' && printf '"}}}'; } >c.json
  expect_status 0 wb-match -c c.json </dev/null
}
test_case 'error: a program that jq cannot compile' bad_programs

payload_programs() {
  local action='"type":"webhook","webhook":"w"'
  in_action "$action,\"payload_jq\":\"{a: .alias}\\u000a# \\\"x\\\"\"" | tr -d ¦ >c.json
  wb-match -c c.json <<<"$(event)" >out
  expect_match "$(<out)" ',"payload_jq":"\{a: \.alias\}\\u000a# \\"x\\""\}\}\}$'
  wrong action "$action,\"payload_jq\":¦\".x y\"" '"payload_jq": syntax error, unexpected IDENT, expecting $end, line 1 of the program'
  wrong action "$action,\"payload_jq\":¦\"input\"" '"payload_jq": input is not allowed here'
  wrong action "$action,\"payload_jq\":¦5" 'payload_jq must be a string, not a number'
  wrong action "$action,\"payload_jq\":\".\",\"payload\":1" '"payload", "payload_file" and "payload_jq" exclude each other'
  wrong action '"type":"none","payload_jq":"."' 'an action of type "none" has no other members'
  in_action "$action,\"payload_jq\":\".\"" | tr -d ¦ | sed 's/"secret":"$S"/"target":"slack"/' >c.json
  expect_status 0 wb-match -c c.json </dev/null
}
test_case 'payload_jq goes into the record as it is spelled, and must be a program' payload_programs

bad_tls() {
  local advice='must be the name of a secret, such as "$WEBHOOK_SECRET", never its value'
  local elsewhere='the key of tls must be named nowhere else: payloads could name it, too'
  wrong webhook '"url":"$U","tls":{"ca":¦"/etc/ssl/ca.pem"}' "ca $advice"
  wrong webhook '"url":"$U","tls":{"cert":¦"-----BEGIN CERTIFICATE-----","key":"$K"}' "cert $advice"
  wrong webhook '"url":"$U","tls":{"cert":"$C","key":¦"s3cret"}' "key $advice"
  expect_no_match "$(<err)" s3cret
  wrong webhook '"url":"$U","tls":¦{"cert":"$C"}' '"cert" and "key" go together'
  wrong webhook '"url":"$U","tls":¦{"ca":"$A","key":"$K"}' '"cert" and "key" go together'
  wrong webhook '"url":"$U","tls":{¦"cacert":"$A","ca":"$A"}' 'unknown member "cacert" of tls; did you mean "cert"?'
  # a payload cannot name the key, whichever way it is tried
  wrong webhook '"url":"$U","access_token":"$K","tls":{"cert":"$C","key":¦"$K"}' "$elsewhere"
  wrong webhook '"url":"$U","secret":["$S","$K"],"tls":{"cert":"$C","key":¦"$K"}' "$elsewhere"
  wrong webhook '"tls":{"cert":"$C","key":¦"$K"},"url":"$U","headers":{"A":"$K"}' "$elsewhere"
  misconfigured 'payload of "a": unknown variable ${CLIENT_KEY}' <<'END'
{"webhooks": {"w": {"url": "$U", "tls": {"cert": "$CLIENT_CERT", "key": "$CLIENT_KEY"}}},
 "automations": [{"name": "a", "action": {"type": "webhook", "webhook": "w", "payload": "¦${CLIENT_KEY}"}}]}
END
}
test_case 'error: tls with anything but names of secrets, or with half of a pair; a key that payloads could name' bad_tls

bad_templates() {
  wrong action '"type":"webhook","webhook":"w","payload":{"a":"b ¦${event_auther}"}' \
    'payload of "a": unknown variable ${event_auther}; did you mean ${event_author}?'
  wrong action '"type":"webhook","webhook":"w","payload":"¦${nothing_like_it}"' \
    'payload of "a": unknown variable ${nothing_like_it}'
  wrong action '"type":"webhook","webhook":"w","payload":["é","¦${ACCESS_TOKEN}"]' \
    'payload of "a": the webhook has no access_token for ${ACCESS_TOKEN}'
  wrong action '"type":"webhook","webhook":"w","payload":{"¦${alias":1}' \
    "payload of \"a\": '\${' without '}'; write '\$\${' for the two characters"
  wrong action '"type":"webhook","webhook":"w","payload":["x ¦${alias:json}"]' \
    'payload of "a": only a value that is nothing else can be ${alias:json}'
}
test_case 'error: an unknown variable, the nearest one named' bad_templates

both_payloads() {
  printf '{}' >p
  wrong action '"type":"webhook","webhook":"w","payload":{},"payload_file":"p"' \
    '"payload", "payload_file" and "payload_jq" exclude each other'
}
test_case 'error: payload and payload_file' both_payloads

bad_payload_files() {
  mkdir -p conf
  in_action '"type":"webhook","webhook":"w","payload_file":"p"' | tr -d ¦ >conf/c.json
  unusable 'conf/p: cannot read: No such file or directory' -c conf/c.json
  printf '{\n "é": ["${alias}", "${nmae} x"]}' >conf/p
  unusable 'conf/p:2:21: payload of "a": unknown variable ${nmae}' -c conf/c.json
  printf '{\n "a": 1,}' >conf/p
  unusable 'conf/p:2:9: expected a member name in quotes' -c conf/c.json
  printf '{} {}' >conf/p
  unusable 'conf/p:1:4: more after the JSON value' -c conf
  : >conf/p
  unusable 'conf/p:1:1: unexpected end of JSON text' -c conf
}
test_case 'error: in a payload_file, at its place there' bad_payload_files

syntax_errors() {
  misconfigured 'not a JSON value' <<<'¦automations: []'
  misconfigured "expected ',' or '}'" <<'END'
{
  "webhooks": {}
  ¦"automations": []
}
END
  misconfigured 'a comma before }' <<<'{"automations":[],¦}'
  misconfigured 'more after the JSON value' <<<'{} ¦{}'
  misconfigured 'number with a leading zero' <<<'{"automations":[{"name":"a","action":{"payload":¦01}}]}'
  misconfigured 'JSON has no comments; an automation has a "description"' <<<'{ ¦// comment'$'\n''}' || :
  printf '{"webhooks":\r\n{"w":nope}}' >c.json
  unusable 'c.json:2:6: not a JSON value' -c c.json
  : >c.json
  unusable 'c.json:1:1: the file is empty' -c c.json
  printf '\xef\xbb\xbf{}' >c.json
  unusable 'c.json:1:1: the file begins with a byte order mark: save it as UTF-8 without one' -c c.json
}
test_case 'error: not JSON' syntax_errors

not_utf8() {
  printf '{"automations":[\n{"name":"\xc3\xa9 \xff","action":{"type":"none"}}]}' >c.json
  unusable 'c.json:2:12: not UTF-8' -c c.json
  printf '{"automations":[{"name":"a\x01","action":{"type":"none"}}]}' >c.json
  unusable 'c.json:1:27: control character in string' -c c.json
}
test_case 'error: not UTF-8' not_utf8

half_written() {
  local whole i
  in_action '"type":"webhook","webhook":"w","payload":{"a":"${alias}"}' | tr -d '¦\n' >whole.json
  whole=$(<whole.json)
  for ((i = 0; i < ${#whole}; i++)); do
    printf '%s' "${whole:0:i}" >c.json
    expect_status 2 wb-match -c c.json >out 2>err <<<"$(event)"
    expect_empty out
    expect_match "$(<err)" '^wb-match: c\.json:1:[0-9]+: '
  done
}
test_case 'error: a file cut short at any byte' half_written

unreadable() {
  unusable 'nowhere.json: cannot read: No such file or directory' -c nowhere.json
  unusable '/dev/null:1:1: the file is empty' -c /dev/null
  mkdir -p empty directory.json/x.json
  printf 'x' >empty/c.txt
  unusable 'empty: no *.json in this directory' -c empty
  unusable 'directory.json/x.json: is not a regular file' -c directory.json
}
test_case 'error: nothing to read' unreadable

every_error() {
  printf '{"webhooks":{"w":{"url":"x","colour":1}},\n"automations":[{"name":"a","action":{"type":"webhook","webhook":"v"}}]}' \
    >c.json
  printf '[' >d.json
  unusable "c.json:1:25: \"url\": the scheme is neither https nor http
wb-match: c.json:1:29: unknown member \"colour\" of a webhook
wb-match: d.json:1:2: unexpected end of JSON text
wb-match: c.json:2:65: no webhook is called \"v\"" -c c.json -c d.json
}
test_case 'every error is told in one go' every_error

nothing_done() {
  printf '{"automations":[{"name":"a","action":{"type":"none"}},{"name":"b","action":{"type":"x"}}]}' >c.json
  printf 'no event\n' >events.jsonl
  rm -f rejected
  expect_status 2 wb-match -c c.json --rejects rejected events.jsonl >out 2>err
  expect_empty out
  [[ ! -e rejected ]] || fail 'the rejects file was made'
}
test_case 'with a configuration error nothing is read or written' nothing_done

# ---- bad lines ----

# rejects MESSAGE FILE [OPTION…] - FILE, which ends with a newline, as second of three lines is refused with MESSAGE,
# kept as it is, and the other two get their records
rejects() {
  { event '"n":1' && echo && cat "$2" && event '"n":3'; } >three.jsonl
  rm -f rejected
  expect_status 1 wb-match -c all.json --rejects rejected "${@:3}" three.jsonl >out 2>err
  printf '{"event":%s,%s\n{"event":%s,%s\n' "$(event '"n":1')" "$none" "$(event '"n":3')" "$none" >want
  expect_file out want
  expect_file rejected "$2"
  expect_equal "$(<err)" "wb-match: three.jsonl:2: $1" message
}

malformed_lines() {
  local format message
  while IFS='|' read -r message format; do
    # shellcheck disable=SC2059
    printf "$format\n" >bad.jsonl
    rejects "$message" bad.jsonl
  done <<'END'
byte 1: not a JSON value|event
byte 1: not a JSON object|nope
byte 1: not a JSON object|[{"event_type":"X"}]
byte 3: not a JSON object|  "event"
byte 1: not a JSON object|1.5
byte 1: not a JSON object|null
byte 2: expected a member name in quotes|{event_type:"X"}
byte 18: unexpected end of JSON text|{"event_type":"X"
byte 16: string without closing quote|{"event_type":"
byte 19: more after the JSON value|{"event_type":"X"}x
byte 20: more after the JSON value|{"event_type":"X"} {"event_type":"X"}
byte 19: more after the JSON value|{"event_type":"X"},
byte 1: not a JSON value|\xef\xbb\xbf{"event_type":"X"}
byte 16: control character in string|{"event_type":"\001"}
byte 16: control character in string|{"event_type":"\t"}
byte 16: control character in string|{"event_type":"\000"}
byte 19: more after the JSON value|{"event_type":"X"}\000
byte 1: not a JSON value|\000
byte 18: not UTF-8|{"event_type":"X \xff"}
byte 16: not UTF-8|{"event_type":"\xed\xa0\x80"}
byte 16: not UTF-8|{"event_type":"\xc0\xaf"}
byte 16: not UTF-8|{"event_type":"\xf4\x90\x80\x80"}
byte 16: not UTF-8|{"event_type":"\xe2\x82"}
byte 16: unknown escape sequence|{"event_type":"\\x41"}
byte 16: \u without four hexadecimal digits|{"event_type":"\\u00g1"}
byte 21: malformed number|{"a":1,"event_type":-}
byte 6: number with a leading zero|{"a":01}
byte 6: not a JSON value|{"a":NaN}
byte 8: expected a member name in quotes|{"a":1,\x27b\x27:2}
byte 9: not a JSON value|{"a":[1,]}
byte 8: expected a member name in quotes|{"a":1,}
byte 1: the event has no event_type|{}
byte 2: the event has no event_type| {"alias":"x"}
byte 1: the event has no event_type|{"event_type":null}
byte 1: the event has no event_type|{"event_type":"X","event_type":null}
END
}
test_case 'one malformed line between two good ones' malformed_lines

member_types() {
  local member type value
  for member in event_id event_time event_author entity_name project_name artifact_collection_name artifact_version \
    artifact_version_string alias tag source artifact_version_index artifact_metadata; do
    type='a string' value=1
    [[ $member == artifact_version_index ]] && type='a number' value='"3"'
    [[ $member == artifact_metadata ]] && type='an object' value='[]'
    printf '{"event_type":"X","%s":%s}\n' "$member" "$value" >bad.jsonl
    rejects "byte $((22 + ${#member})): $member is not $type" bad.jsonl
  done
  for value in 1 true '["X"]' '{}'; do
    printf '{"event_type":%s}\n' "$value" >bad.jsonl
    rejects 'byte 15: event_type is not a string' bad.jsonl
  done
  printf '{"event_type":"X","\\u0061lias":1,"alias":"a"}\n' >bad.jsonl
  rejects 'byte 32: alias is not a string' bad.jsonl
}
test_case 'a member of the wrong type' member_types

# nested N - an event of N levels
nested() {
  printf '{"event_type":"X","a":%s%s}\n' "$(printf '[%.0s' $(seq $(($1 - 1))))" "$(printf ']%.0s' $(seq $(($1 - 1))))"
}

deep_lines() {
  nested 511 >deep.jsonl
  wb-match -c all.json deep.jsonl >out
  (($(wc -l <out) == 1)) || fail '511 levels were refused'
  wb-render out # which reads 512 levels
  nested 512 >bad.jsonl
  rejects 'byte 533: nested deeper than 512 levels' bad.jsonl
  printf '%01000000d\n' 0 | tr 0 '[' >bad.jsonl
  rejects 'byte 1: not a JSON object' bad.jsonl
  { printf '{"a":' && printf '%01000000d\n' 0 | tr 0 '['; } >bad.jsonl
  rejects 'byte 516: nested deeper than 512 levels' bad.jsonl
}
test_case '512 levels of nesting in a record, not 513' deep_lines

long_lines() {
  local fits
  fits=$(event '"n":"0123456789"')
  printf '%s\n' "$fits" >events.jsonl
  wb-match -c all.json --max-line ${#fits} events.jsonl >out
  (($(wc -l <out) == 1)) || fail "a line of ${#fits} bytes was refused"
  printf '%s \n' "$fits" >bad.jsonl
  rejects "line longer than ${#fits} bytes (--max-line)" bad.jsonl --max-line "${#fits}"
  printf '%s\r\n' "$fits" >bad.jsonl
  rejects "line longer than ${#fits} bytes (--max-line)" bad.jsonl --max-line "${#fits}"
  printf '%0500000d\n' 0 >bad.jsonl
  rejects 'line longer than 100 bytes (--max-line)' bad.jsonl --max-line 100
  rejects 'line longer than 102400 bytes (--max-line)' bad.jsonl --max-line=100K
}
test_case 'a line longer than --max-line' long_lines

# padded N - an event on a line of N bytes
padded() {
  printf '{"event_type":"X","event_id":"1","a":"'
  head -c $(($1 - 40)) /dev/zero | tr '\0' x
  printf '"}\n'
}

longest_line() {
  local limit=$((16 * 1024 * 1024)) room
  padded $limit >events.jsonl
  expect_equal "$(wc -c <events.jsonl)" $((limit + 1)) 'size of the line'
  wb-match -c all.json --max-line 17M events.jsonl >out
  { printf '{"event":' && tr -d '\n' <events.jsonl && printf ',%s\n' "$none"; } >want
  expect_file out want
  padded $((limit + 1)) >bad.jsonl
  rejects "line longer than $limit bytes (--max-line)" bad.jsonl
  # the next tool must be able to read it
  padded $limit >bad.jsonl
  rejects "its record would be longer than $limit bytes (--max-line)" bad.jsonl
  room=$((limit - ${#none} - 10))
  padded $room >events.jsonl
  wb-match -c all.json events.jsonl >out
  expect_equal "$(wc -c <out)" $((limit + 1)) 'size of the record'
  wb-render out
  padded $((room + 1)) >bad.jsonl
  rejects "its record would be longer than $limit bytes (--max-line)" bad.jsonl
  # all records of an event or none
  printf '{"automations":[{"name":"all","action":{"type":"none"}},{"name":"all of it","action":{"type":"none"}}]}\n' >c.json
  expect_status 1 wb-match -c c.json events.jsonl >out 2>err
  expect_empty out
  rm -f rejected out want
}
test_case '16 MiB a line by default' longest_line

max_line_values() {
  local value
  for value in '' 0 1 x -1 10X 1.5K 2G 1025M 99999999999999999999; do
    expect_status 2 wb-match -c all.json --max-line "$value" >out 2>err <<<"$(event)"
    expect_empty out
    expect_equal "$(<err)" "wb-match: --max-line takes bytes from 2 to 1073741824, with K, M or G behind it if you like,$(
    ) not '$value'"
  done
  for value in 1K 1M 1G 1024M 1073741824; do
    wb-match -c all.json --max-line "$value" <<<"$(event)" >out
    (($(wc -l <out) == 1)) || fail "no record with --max-line $value"
  done
}
test_case '--max-line takes 2 bytes to 1 GiB' max_line_values

rejects_exactly() {
  printf '{"event_type":"X"}\nbad\r\n\n{"event_type":"X"}\n[1]  \nbad \xff\000 end' >events.jsonl
  expect_status 1 wb-match -c all.json --rejects new events.jsonl >out 2>err
  (($(wc -l <out) == 2)) || fail 'the good lines have no records'
  printf 'bad\r\n[1]  \nbad \xff\000 end' >want
  expect_file new want
  cat >want.err <<'END'
wb-match: events.jsonl:2: byte 1: not a JSON value
wb-match: events.jsonl:5: byte 1: not a JSON object
wb-match: events.jsonl:6: byte 1: not a JSON value
END
  expect_file err want.err
  expect_equal "$(stat -c %a new)" 600 'mode of the rejects file'
  printf 'before\n' >old
  expect_status 1 wb-match -c all.json --rejects=old events.jsonl >out 2>err
  { printf 'before\n' && cat want; } >want2
  expect_file old want2
  wb-match -c all.json --rejects none <<<"$(event)" >out
  expect_empty none
}
test_case '--rejects appends the refused lines, byte for byte, and makes a file that others cannot read' rejects_exactly

# Refused lines that end with their file do not run into the next ones.
rejects_of_files() {
  printf 'bad 1' >one
  printf 'bad 2\n' >two
  printf '%300s' '' | tr ' ' x >long
  expect_status 1 wb-match -c all.json --max-line 200 --rejects rejected one two long one long two >out 2>err
  expect_empty out
  printf '%s\n' 'bad 1' 'bad 2' "$(<long)" 'bad 1' "$(<long)" 'bad 2' >want
  expect_file rejected want
  rm rejected
  expect_status 1 wb-match -c all.json --rejects rejected two one >out 2>err
  printf 'bad 2\nbad 1' >want
  expect_file rejected want
}
test_case '--rejects keeps the last lines of several files apart' rejects_of_files

rejects_is_input() {
  printf 'bad\n' >bad
  ln bad same
  for file in bad same ./bad; do
    unusable "--rejects '$file' is an input as well; it would be read for ever" -c all.json --rejects "$file" bad
    expect_status 2 wb-match -c all.json --rejects "$file" <bad >out 2>err
  done
  expect_equal "$(<bad)" bad
}
test_case '--rejects that is an input, too: status 2' rejects_is_input

rejects_is_output() {
  printf 'bad\n' >bad
  # shellcheck disable=SC2094 # the mistake that is to be found
  expect_status 2 wb-match -c all.json --rejects mixed bad >mixed 2>err
  expect_equal "$(<err)" "wb-match: --rejects 'mixed' is standard output as well; what is refused would be mixed with what is not"
  expect_empty mixed
  # a terminal may show both, and nobody reads them here
  expect_status 1 wb-match -c all.json --rejects /dev/null bad >/dev/null 2>err
}
test_case '--rejects that is standard output, too: status 2' rejects_is_output

output_is_input() {
  printf '{"event_type":"x"}\n' >both
  cp both before
  # shellcheck disable=SC2094 # the mistakes that are to be found
  {
    expect_status 2 wb-match -c all.json both >>both 2>err
    expect_equal "$(<err)" 'wb-match: standard output is an input as well; it would be read for ever'
    expect_status 2 wb-match -c all.json <both >>both 2>err
  }
  expect_file both before
}
test_case 'standard output that is an input, too: status 2' output_is_input

rejects_cannot_open() {
  unusable "cannot open 'nowhere/rejected': No such file or directory" -c all.json --rejects nowhere/rejected
}
test_case '--rejects where no file can be made: status 2' rejects_cannot_open

# ---- input ----

file_arguments() {
  event '"n":1' >1.jsonl
  printf 'bad\n' >2.jsonl
  printf '%s\n\nbad\n' "$(event '"n":3')" >3.jsonl
  printf '\nbad\n%s' "$(event '"n":4')" >stdin
  expect_status 1 wb-match -c all.json 1.jsonl 2.jsonl - 3.jsonl >out 2>err <stdin
  expect_equal "$(jq .event.n out | paste -s -d ' ')" '1 4 3'
  cat >want <<'END'
wb-match: 2.jsonl:1: byte 1: not a JSON value
wb-match: standard input:2: byte 1: not a JSON value
wb-match: 3.jsonl:3: byte 1: not a JSON value
END
  expect_file err want
  expect_equal "$(names 1.jsonl -c all.json 1.jsonl)" 'all all'
  cp 1.jsonl ./--help
  expect_equal "$(wb-match -c all.json -- --help | jq .event.n)" 1
}
test_case 'files one after another, - is standard input, lines count from 1 in each' file_arguments

missing_input() {
  printf '%s\nbad\n' "$(event '"n":1')" >1.jsonl
  expect_status 3 wb-match -c all.json 1.jsonl nowhere.jsonl 1.jsonl >out 2>err
  expect_equal "$(jq .event.n out)" 1
  expect_equal "$(<err)" "wb-match: 1.jsonl:2: byte 1: not a JSON value
wb-match: cannot open 'nowhere.jsonl': No such file or directory"
  expect_status 3 wb-match -c all.json "$PWD" >out 2>err
  expect_equal "$(<err)" "wb-match: cannot read $PWD: Is a directory"
}
test_case 'a missing input: status 3, what came before it is done' missing_input

line_ends() {
  local text n
  for text in '%s\n\n \n\t\r\n%s\r\n%s' '\n%s\r\n%s\n%s\n\n' '%s\n%s\n%s \t'; do
    # shellcheck disable=SC2059
    printf "$text" "$(event '"n":1')" "$(event '"n":2')" "$(event '"n":3')" >events.jsonl
    wb-match -c all.json events.jsonl >out 2>err
    expect_empty err
    for n in 1 2 3; do printf '{"event":%s,%s\n' "$(event "\"n\":$n")" "$none"; done >want
    expect_file out want
  done
}
test_case 'CRLF, blank lines, and a last line without newline' line_ends

empty_input() {
  wb-match -c all.json </dev/null >out 2>err
  expect_empty out
  expect_empty err
  printf '\n\r\n \n' | wb-match -c all.json >out 2>err
  expect_empty out
  expect_empty err
}
test_case 'no events: nothing to do' empty_input

# start_live ARGUMENT… - wb-match between two pipes, $to and $from
start_live() {
  coproc wb-match "$@" 2>err
  LIVE_PID=$COPROC_PID
  # the shell closes its own ends when the program has ended
  exec {to}>&"${COPROC[1]}" {from}<&"${COPROC[0]}"
  eval "exec ${COPROC[1]}>&- ${COPROC[0]}<&-"
}

# end_live - end its input, and wait for it to end
end_live() {
  exec {to}>&-
  wait "$LIVE_PID"
}

# replies TEXT - the next record is TEXT
replies() {
  local reply
  read -r -t 60 -u "$from" reply || fail "this record did not come: $1"
  expect_equal "$reply" "$1"
}

live_pipe() {
  rm -f rejected
  start_live -c all.json --rejects rejected
  printf '%s\n' "$(event '"n":1')" >&"$to"
  replies "{\"event\":$(event '"n":1'),$none"
  # half a line, and then the rest with two more: one is bad, and must be in its file when the next record comes
  printf '{"event_type":"X"' >&"$to"
  printf ',"event_id":"2"}\nbad\n%s\n{"event_type"' "$(event '"n":3')" >&"$to"
  replies "{\"event\":{\"event_type\":\"X\",\"event_id\":\"2\"},$none"
  replies "{\"event\":$(event '"n":3'),$none"
  printf ':"X","event_id":"4"}' >&"$to"
  expect_status 1 end_live
  replies "{\"event\":{\"event_type\":\"X\",\"event_id\":\"4\"},$none"
  expect_status 1 read -r -t 60 -u "$from"
  expect_equal "$(<rejected)" bad
  expect_equal "$(<err)" 'wb-match: standard input:3: byte 1: not a JSON value'
}
test_case 'a pipe is live: records come out before the input ends' live_pipe

# peak_kb - the most memory that the live process ever had
peak_kb() {
  sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB$/\1/p' "/proc/$LIVE_PID/status"
}

bounded_memory() {
  local before after line last
  [[ -r /proc/self/status ]] || skip 'no /proc'
  in_on '"alias":"last"' | tr -d ¦ >c.json
  line=$(event '"alias":"other","note":"some text to make a line of about a hundred bytes"')
  last=$(event '"alias":"last"')
  start_live -c c.json
  { yes "$line" || :; } | head -n 5000 >&"$to"
  printf '%s\n' "$last" >&"$to"
  replies "{\"event\":$last,\"automation\":{\"name\":\"a\",\"action\":{\"type\":\"none\"}}}"
  before=$(peak_kb)
  { yes "$line" || :; } | head -n 200000 >&"$to"
  printf '%s\n' "$last" >&"$to"
  replies "{\"event\":$last,\"automation\":{\"name\":\"a\",\"action\":{\"type\":\"none\"}}}"
  after=$(peak_kb)
  end_live
  ((before > 0 && after - before < 1024)) || fail "$before kB after 5,000 lines, $after kB after 200,000 more"
}
test_case 'memory does not grow with the number of lines' bounded_memory

bulk() {
  jq -nc 'range(20000) | {event_type: "ADD_ARTIFACT_ALIAS", event_id: tostring, alias: ["a", "b", "c"][. % 3]}' >events.jsonl
  in_on '"alias":"b"' | tr -d ¦ >c.json
  wb-match -c c.json events.jsonl | jq -c .event >out
  jq -c 'select(.alias == "b")' events.jsonl >want
  expect_file out want
}
test_case 'thousands of lines, as jq selects them' bulk

# ---- output ----

full_disk() {
  expect_status 3 wb-match -c all.json >/dev/full 2>err <<<"$(event)"
  expect_equal "$(<err)" 'wb-match: cannot write to standard output: No space left on device'
  wb-match -c all.json >/dev/full </dev/null
  # one that fails in the middle must not go on reading for ever
  { yes "$(event)" || :; } | {
    expect_status 3 timeout 60 wb-match -c all.json >/dev/full 2>err
  }
  expect_equal "$(<err)" 'wb-match: cannot write to standard output: No space left on device'
}
test_case 'a full disk: status 3' full_disk

full_rejects() {
  printf '%s\nbad\n' "$(event)" >events.jsonl
  expect_status 3 wb-match -c all.json --rejects /dev/full events.jsonl >out 2>err
  expect_equal "$(<err)" 'wb-match: events.jsonl:2: byte 1: not a JSON value
wb-match: cannot write to /dev/full: No space left on device'
  (($(wc -l <out) == 1)) || fail 'the good line has no record'
}
test_case 'a full disk for the rejects: status 3' full_rejects

reader_leaves() {
  { yes "$(event)" || :; } | {
    timeout 60 wb-match -c all.json 2>err || echo "$?" >status
  } | head -n 1 >out || :
  [[ ! -e status ]] || fail "status $(<status)"
  expect_empty err
  expect_equal "$(<out)" "{\"event\":$(event),$none"
}
test_case 'a reader that leaves: quiet, status 0' reader_leaves

reader_leaves_rejects() {
  { printf 'bad\n' && { yes "$(event)" || :; }; } | {
    timeout 60 wb-match -c all.json 2>err || echo "$?" >status
  } | head -n 1 >out || :
  expect_equal "$(<status)" 1 status
  expect_equal "$(<err)" 'wb-match: standard input:1: byte 1: not a JSON value'
}
test_case 'a reader that leaves does not hide a rejected line' reader_leaves_rejects

# ---- the rest ----

answers() {
  local option version
  wb-match --help >out 2>err
  expect_empty err
  expect_match "$(<out)" '^usage: wb-match '
  for option in '-c, --config PATH' --explain '--max-line BYTES' '--rejects FILE' '-h, --help' '-V, --version'; do
    [[ $(<out) == *" $option "* ]] || fail "the help text does not show $option"
  done
  version=$(sed -n 's/^VERSION = //p' "$TOP/Makefile")
  expect_equal "$(wb-match --version)" "wb-match (wb-tools) $version"
  expect_equal "$(wb-match -V)" "wb-match (wb-tools) $version"
  for option in --help --version; do
    expect_status 3 wb-match "$option" >/dev/full 2>err
    expect_equal "$(<err)" 'wb-match: cannot write to standard output'
  done
}
test_case '--help and --version' answers

usage_errors() {
  unusable "unknown option '--explian'; did you mean '--explain'?" -c all.json --explian
  unusable "unknown option '--frobnicate'; 'wb-match --help' lists the options" --frobnicate
  unusable "unknown option '-x'; 'wb-match --help' lists the options" -c all.json -x
  unusable "option '--config' needs an argument: PATH" --config
  unusable "option '-c' needs an argument: PATH" -c
  unusable "option '--explain' takes no argument" -c all.json --explain=1
}
test_case 'usage errors: status 2' usage_errors

libraries() {
  local tool
  for tool in wb-match wb-render wb-event; do
    ldd "$WB_BIN/$tool" >out
    expect_match "$(<out)" 'libc\.'
    expect_no_match "$(<out)" 'libcurl|libcrypto|libssl'
    if [[ $tool == wb-event ]]; then expect_no_match "$(<out)" libjq; else expect_match "$(<out)" libjq; fi
  done
  expect_match "$(ldd "$WB_BIN/wb-match")" 'libonig'
}
test_case 'no tool here loads libcurl or libcrypto, and wb-event not even libjq' libraries

# What people mostly mean is said, where no JSON is.
mistakes() {
  local i=0
  mkdir -p mistakes && rm -f mistakes/*
  while IFS= read -r line; do
    ((++i))
    printf '%b' "$line" >"mistakes/$i.json"
  done <<'END'
\xef\xbb\xbf{}
\n \n
{"automations":[{"name":"a","action":{"type":"none"}},]}
{// why\n}
{/* why */}
{'a':1}
{"webhooks":{},}
END
  mkfifo mistakes/8.json
  expect_status 2 wb-match -c mistakes </dev/null 2>err
  cat >want <<'END'
wb-match: mistakes/1.json:1:1: the file begins with a byte order mark: save it as UTF-8 without one
wb-match: mistakes/2.json:3:1: the file is empty
wb-match: mistakes/3.json:1:55: a comma before ]
wb-match: mistakes/4.json:1:2: JSON has no comments; an automation has a "description"
wb-match: mistakes/5.json:1:2: JSON has no comments; an automation has a "description"
wb-match: mistakes/6.json:1:2: strings stand in double quotes
wb-match: mistakes/7.json:1:16: a comma before }
wb-match: mistakes/8.json: is not a regular file
END
  expect_file err want
}
test_case 'mistakes that are often made are told by their names' mistakes
