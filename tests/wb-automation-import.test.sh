#!/usr/bin/env bash
#
# wb-automation-import.test.sh - what automations that are saved in W&B become here

# shellcheck disable=SC1003,SC2016 # what looks like variables are those of payloads, secrets' names, and operators of filters
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2119 # it needs no option
start_wandb
export WANDB_BASE_URL=$WANDB_URL WANDB_API_KEY=$WANDB_KEY
open=(--allow-http --allow-net 127.0.0.0/8 --retries 0)
alias_event=ADD_ARTIFACT_ALIAS
nothing='{"type":"NoOpTriggeredAction"}'
any='"{\"filter\":\"{\\\"$or\\\":[{\\\"$and\\\":[]}]}\"}"'

# anew [COMMAND…] - a server with a collection and nothing else, what these commands make of it, in a directory of the
# case's own; their results in the file results
anew() {
  cd "$(mktemp -d "$T/case.XXXXXX")" || return
  local commands
  commands=$(printf ',%s' '{"do":"clear_faults"}' '{"do":"collection","collection":"acme/registry/fraud"}' "$@")
  wandb_do "[{\"do\":\"reset\"}$commands]" | jq -c '.[3:]' >results
}

# automation NAME [MEMBER=JSON…] - the command that saves one; without more, it is for any alias in acme/registry/fraud
automation() {
  local member all=
  local -A members=([name]="\"$1\"" [scope]='{"collection":"acme/registry/fraud"}' [event]="\"$alias_event\"" [filter]=$any
    [action]=$nothing)
  shift
  for member in "$@"; do
    members[${member%%=*}]=${member#*=}
  done
  for member in "${!members[@]}"; do
    all+=",\"$member\":${members[$member]}"
  done
  printf '{"do":"automation"%s}' "$all"
}

# quoted JSON - as a string
quoted() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

# save [COMMAND…] - more commands
save() {
  wandb_do "[$(printf '%s\n' "$@" | paste -s -d ,)]" >results
}

# wrapped FILTER - as a member of a command: it is saved as a string in an object
wrapped() {
  printf 'filter=%s' "$(quoted "{\"filter\":$(quoted "$1")}")"
}

# import [OPTION…] - into the directory out, messages to err
# shellcheck disable=SC2120
import() {
  wb-automation import --from-wandb acme -c out "${open[@]}" "$@" >made 2>err
}

# imports STATUS [OPTION…] - the loader takes it, and no key stands anywhere
imports() {
  expect_status "$1" import "${@:2}" || fail "$(<err)"
  [[ ! -d out ]] || wb-automation check -c out >checked 2>&1 || fail "$(<checked)"
  no_secret "$WANDB_KEY" .
}

# on FILE - the conditions in it, but for those of scope and type
on() {
  jq -c '.automations[0].on | del(.event_type, .entity, .project, .collection)' "$1"
}

# reasons NAME - why it is disabled
reasons() {
  sed -n "s/^wb-automation: '$1' is disabled: //p" err
}

# ---- types, scopes, actions ----

every_type() {
  local type want commands=() known=0 all
  anew
  mapfile -t all < <(sed -n '/^enum EventTriggeringConditionType/,/^}/s/^  //p' "$TESTS/wandb.graphql")
  ((${#all[@]} == 15)) || fail "${#all[@]} types"
  for type in "${all[@]}"; do
    commands+=("$(automation "$type" "event=\"$type\"")")
  done
  save "${commands[@]}"
  imports 1
  for type in "${all[@]}"; do
    case $type in
      RUN_* | WEAVE_* | UPDATE_* | SOMETHING_*)
        expect_equal "$(jq -c '.automations[0] | [.enabled, .on.event_type, .on.when]' "out/$type.json")" '[false,null,"false"]'
        expect_equal "$(reasons "$type")" "there are no events of type $type here"
        expect_equal "$(jq -r .triggeringCondition.eventType "out/$type.wandb")" "$type"
        ;;
      *)
        ((++known))
        want=${type/LINK_MODEL/LINK_ARTIFACT}
        want=${want/UNLINK_MODEL/UNLINK_ARTIFACT}
        expect_equal "$(jq -c '.automations[0]' "out/$type.json")" \
          "{\"name\":\"$type\",\"on\":{\"event_type\":\"$want\",\"entity\":\"acme\",\"project\":\"registry\",\"collection\":\"fraud\"},\"action\":{\"type\":\"none\"}}"
        [[ ! -e out/$type.wandb ]] || fail "$type is exact"
        ;;
    esac
  done
  expect_equal "$known" 8
  expect_equal "$(tail -n 1 err)" 'wb-automation: acme: 15 automations, 7 of them disabled, and 0 webhooks: 15 new, 0 changed, 0 unchanged'
}
test_case 'every type of event: those that there are here, and all others disabled' every_type

every_scope() {
  anew '{"do":"artifact","sequence":"acme/lab/models"}'
  save "$(automation portfolio)" "$(automation sequence 'scope={"collection":"acme/lab/models"}')" \
    "$(automation project 'scope={"project":"acme/registry"}')" "$(automation entity 'scope={"entity":"acme"}')" \
    "$(automation future 'scope={"future":"acme"}')" "$(automation condition 'condition="future"')"
  imports 1
  jq -s -c '.[].automations[0] | [.name, .enabled, .on]' out/*.json >got
  cat >want <<'END'
["condition",false,{"entity":"acme","project":"registry","collection":"fraud","when":"false"}]
["entity",null,{"event_type":"ADD_ARTIFACT_ALIAS","entity":"acme"}]
["future",false,{"event_type":"ADD_ARTIFACT_ALIAS","when":"false"}]
["portfolio",null,{"event_type":"ADD_ARTIFACT_ALIAS","entity":"acme","project":"registry","collection":"fraud"}]
["project",null,{"event_type":"ADD_ARTIFACT_ALIAS","entity":"acme","project":"registry"}]
["sequence",null,{"event_type":"ADD_ARTIFACT_ALIAS","entity":"acme","project":"lab","collection":"models"}]
END
  expect_file got want
  expect_equal "$(reasons future)" 'its scope is a FutureScope, which is not known here'
  expect_equal "$(reasons condition)" 'its condition is a FutureTriggeringCondition, which is not known here'
}
test_case 'every scope: collections of both kinds, projects, entities; one that is not known disables' every_scope

every_action() {
  local hook slack queue name
  anew '{"do":"webhook","entity":"acme","name":"hook","url":"https://hooks.acme.example/"}' \
    '{"do":"slack","entity":"acme","team":"Acme","channel":"models"}' '{"do":"queue","queue":"acme/model-registry/gpu"}'
  hook=$(jq '.[0].id' results) slack=$(jq '.[1].id' results) queue=$(jq '.[2].id' results)
  save "$(automation hook "action={\"type\":\"GenericWebhookTriggeredAction\",\"integration\":$hook,\"payload\":\"{}\"}")" \
    "$(automation job "action={\"type\":\"QueueJobTriggeredAction\",\"queue\":$queue,\"template\":\"{\\\"job\\\": \\\"j\\\", \\\"n\\\": 1.10}\"}")" \
    "$(automation gone 'action={"type":"QueueJobTriggeredAction","queue":null,"template":"{}"}')" \
    "$(automation note "action={\"type\":\"NotificationTriggeredAction\",\"integration\":$slack,\"title\":\"T\",\"message\":\"M\",\"severity\":\"WARN\"}" 'description="Tell them."')" \
    "$(automation push 'action={"type":"PushNotificationTriggeredAction","title":"T","body":"B"}')" \
    "$(automation none)" "$(automation future 'action={"type":"FutureTriggeredAction"}')" \
    "$(automation off 'enabled=false' 'description="Not today."')"
  imports 1
  for name in hook none; do
    expect_equal "$(jq '.automations[0] | has("enabled")' "out/$name.json")" false "$name"
    [[ ! -e out/$name.wandb ]] || fail "$name is exact"
  done
  expect_equal "$(jq -c '.automations[0].action' out/hook.json)" '{"type":"webhook","webhook":"hook","payload":{}}'
  expect_equal "$(jq -c '.automations[0] | [.description, .enabled]' out/off.json)" '["Not today.",false]'
  for name in job gone note push future; do
    expect_equal "$(jq -c '.automations[0] | [.enabled, .action, .on.event_type]' "out/$name.json")" \
      '[false,{"type":"none"},"ADD_ARTIFACT_ALIAS"]' "$name"
    expect_equal "$(jq -r '.automations[0].description' "out/$name.json" | sed 's/^.*\[Not as in W&B: \(.*\)\]$/\1/')" \
      "$(reasons "$name")"
  done
  expect_equal "$(jq -r '.automations[0].description' out/note.json)" \
    'Tell them. [Not as in W&B: it notifies channel models of Acme by an integration of W&B with Slack]'
  expect_equal "$(reasons job)" 'its template has "n", which launch actions here have not'
  expect_equal "$(reasons gone)" 'it puts a job on a queue that is no more'
  expect_equal "$(reasons push)" 'its action is a PushNotificationTriggeredAction, which is not known here'
  expect_equal "$(reasons future)" 'its action is a FutureTriggeredAction, which is not known here'
  expect_equal "$(jq -c .triggeredAction out/job.wandb)" \
    '{"__typename":"QueueJobTriggeredAction","queue":{"name":"gpu","entityName":"acme"},"template":"{\"job\": \"j\", \"n\": 1.10}"}'
  expect_equal "$(jq -c '.triggeredAction | [.title, .message, .severity, .integration.channelName]' out/note.wandb)" \
    '["T","M","WARN","models"]'
  expect_equal "$(jq -c '.triggeredAction | [.title, .body]' out/push.wandb)" '["T","B"]'
  expect_equal "$(tail -n 1 err)" 'wb-automation: acme: 8 automations, 5 of them disabled, and 1 webhooks: 9 new, 0 changed, 0 unchanged'
}
test_case 'every action: webhooks and none as they were, all others disabled, with their originals beside' every_action

# ---- jobs ----

# job NAME TEMPLATE [OWNER] - an automation that puts a job on the queue gpu of acme, or of another owner
job() {
  automation "$1" "action={\"type\":\"QueueJobTriggeredAction\",\"queue\":$(jq ".[${3-0}].id" queues),\"template\":$(quoted "$2")}"
}

queues() {
  anew '{"do":"queue","queue":"acme/model-registry/gpu"}' '{"do":"queue","queue":"ops/model-registry/gpu"}'
  mv results queues
}

# What is pushed is the template with its variables replaced, and what there is by default; so the agent is told the same.
job_round_trips() {
  queues
  local template
  cat >templates <<'END'
{"entity":"acme","project":"evals","job":"acme/jobs/evaluate:latest"}
{"job":"x/y/a","resource":"kubernetes","entity":"acme","project":"Evals","name":"for ${event_author}","overrides":{"args":["--x","${alias}"],"entry_point":["python"],"run_config":{"m":"${artifact_version}","n":1.10,"big":12345678901234567890,"k":{"${tag}":null}},"artifacts":{},"files":{"a":"b"},"dockerfile":"D","working_dir":"/"},"resource_args":{"kubernetes":{"namespace":"${run_id}","x":"$${y"}},"docker":{},"git":{}}
{"entity":"acme","project":"evals","docker":{"docker_image":"acme/eval:1"},"git":null,"uri":null,"author":null,"run_id":null,"sweep_id":null,"name":null,"resource":null,"overrides":{"run_config":{}}}
{"entity":"acme","project":"evals","job":"\u0061/b/c","resource":"k\"8","overrides":{"args":["\u20ac \ud83d\ude00"]}}
END
  local n=0 commands=()
  while IFS= read -r template; do
    commands+=("$(job "j$n" "$template" $((n % 2)))")
    n=$((n + 1))
  done <templates
  save "${commands[@]}"
  imports 0
  expect_match "$(<err)" ': 4 automations, 0 of them disabled, and 0 webhooks: 4 new, 0 changed, 0 unchanged$'
  wb-event alias acme/registry/fraud:v3 prod --id e1 --artifact-id QXJ0 --author 'a"nn' | wb-match -c out | wb-render | wb-sign |
    wb-send --allow-http --allow-net 127.0.0.0/8 --jobs 1 >receipts 2>errors || fail "$(<errors)"
  wandb_do '{"do":"pushes"}' | jq -c 'reverse[] | [.entity, .queue, .runSpec]' | sed 's/\${run_id}/@run_id@/g' >pushed
  # the template as it was, its variables replaced, beside what was pushed
  sed 's/${artifact_version}/wandb-artifact:\/\/_id\/QXJ0/g; s/${event_author}/a\\"nn/g; s/${alias}/prod/g; s/${tag}//g' templates |
    sed 's/\${run_id}/@run_id@/g' >want
  expect_equal "$(wc -l <pushed)" 4
  # numbers as they are spelled
  grep -q -F '\"n\":1.10,\"big\":12345678901234567890' pushed || fail "$(<pushed)"
  jq -c --slurpfile want want '.[2] | fromjson | . as $got | ($want[] | select(.job == $got.job and (.docker.docker_image // "") == ($got.docker.docker_image // ""))) as $w |
    (($w | to_entries[] | select(.value != null and $got[.key] != .value) | "differs: \(.key)"),
     ($got | to_entries[] | .key as $key | select($key != "run_id" and ($w | has($key) | not) and .value != {} and .value != null) | "more: \(.key)"))' pushed >differences
  expect_empty differences
  expect_equal "$(jq -c '.[:2] | join("/")' pushed | sort | uniq -c | tr -s ' ')" ' 2 "acme/gpu"
 2 "ops/gpu"'
}
test_case 'jobs come out as their templates, member by member' job_round_trips

job_action() {
  queues
  save "$(job evaluate '{"entity":"acme","project":"evals","job":"acme/jobs/evaluate:latest","overrides":{"run_config":{"m":"${artifact_version}"}}}')"
  imports 0
  jq -c '.automations[0] | [.name, .enabled, (.action | del(.base_url))]' out/evaluate.json >got
  echo '["evaluate",null,{"type":"launch","queue":"gpu","project":"acme/evals","job":"acme/jobs/evaluate:latest","overrides":{"run_config":{"m":"${artifact_version}"}}}]' >want
  expect_file got want
  expect_equal "$(jq -r '.automations[0].action.base_url' out/evaluate.json)" "$WANDB_URL"
  [[ ! -e out/evaluate.wandb ]] || fail 'it is exact'
  rm -rf out
  # a key that is in ~/.netrc is not where wb-send looks
  mkdir home
  printf 'machine 127.0.0.1 login api password %s\n' "$WANDB_KEY" >home/.netrc
  chmod 600 home/.netrc
  expect_status 1 env -u WANDB_API_KEY HOME="$PWD/home" \
    wb-automation import --from-wandb acme -c out "${open[@]}" >made 2>err
  expect_equal "$(reasons evaluate)" 'the value of the secret $WANDB_API_KEY is not here'
  expect_equal "$(jq -c '.automations[0] | [.enabled, .action.type]' out/evaluate.json)" '[false,"launch"]'
  rm -rf out home
  # an older server does not say whose queue it is
  wandb_do '{"do":"settings","without":["RunQueue.entityName"]}' >/dev/null
  imports 1
  expect_equal "$(reasons evaluate)" 'it puts a job on a queue, and the server does not say whose that is'
}
test_case 'a job is an action of type launch' job_action

no_job() {
  queues
  local name template commands=()
  cat >table <<'END'
text | no JSON | its template is not JSON: byte 1: not a JSON value
list | [] | its template is not an object
broken | {"job": | its template is not JSON: byte 8: unexpected end of JSON text
nowhere | {"job":"x/y/a"} | its template: a launch action needs "project"
half | {"job":"x/y/a","entity":"acme"} | its template: a launch action needs "project"
nothing | {"entity":"a","project":"b"} | its template: a launch action needs one of "job" and "docker_image"
both | {"entity":"a","project":"b","job":"x/y/c","docker":{"docker_image":"d"}} | its template: a launch action needs one of "job" and "docker_image"
new | {"entity":"a","project":"b","job":"x/y/c","color":null} | its template has "color", which launch actions here have not
author | {"entity":"a","project":"b","job":"x/y/c","author":"ann"} | its template has "author", which launch actions here have not
run | {"entity":"a","project":"b","job":"x/y/c","run_id":"x"} | its template has "run_id", which launch actions here have not
git | {"entity":"a","project":"b","job":"x/y/c","git":{"x":1}} | its template has "git", which launch actions here have not
docker | {"entity":"a","project":"b","job":"x/y/c","docker":{"user_id":1}} | its template has "user_id", which launch actions here have not
odd | {"entity":"a","project":"b","job":"x/y/c","docker":null} | its template's "docker" is not an object
twice | {"entity":"a","project":"b","job":"x/y/c","job":"x/y/d"} | its template has "job" twice
slash | {"entity":"a/b","project":"b","job":"x/y/c"} | its template: "project" must be where the run goes, as "ENTITY/PROJECT"
type | {"entity":"a","project":"b","job":1} | its template: "job" must be a string
override | {"entity":"a","project":"b","job":"x/y/c","overrides":{"x":1}} | its template: "overrides" has run_config, args, entry_point, artifacts, files, dockerfile and working_dir only
variable | {"entity":"a","project":"b","job":"${alias}"} | its template: "job" has no variables: those are for name and overrides
unknown | {"entity":"a","project":"b","job":"x/y/c","name":"${event_id}"} | its template has a variable that is none of W&B's: ${event_id}
args | {"entity":"a","project":"b","job":"x/y/c","resource_args":{"x":["${alias}"]}} | its template has a variable where there are none here: ${alias}
dollar | {"entity":"a","project":"b","job":"x/y/c","name":"$${alias}"} | its template has $${, which is ${ here
open | {"entity":"a","project":"b","job":"x/y/c","overrides":{"run_config":{"a":"${alias"}}} | its template has ${ without }
END
  while IFS='|' read -r name template _; do
    template=${template% }
    commands+=("$(job "${name% }" "${template# }")")
  done <table
  save "${commands[@]}"
  imports 1
  sed -n "s/^wb-automation: '\([a-z]*\)' is disabled: /\1 /p" err | sort >got
  sed 's/ | .* | / /' table | sort >want
  expect_file got want
  expect_equal "$(jq -c '.automations[0] | [.enabled, .action]' out/*.json | sort -u)" '[false,{"type":"none"}]'
  # and what it was is kept
  while read -r name _; do
    jq -r .triggeredAction.template "out/$name.wandb"
  done <table >got
  sed 's/^[a-z]* | //; s/ | [^|]*$//' table >want
  expect_file got want
}
test_case 'a template that is not the same here disables, and the original is kept' no_job

# ---- filters ----

# filters [EVENT] - lines of standard input have a filter and the conditions that it makes, or, after "!", the reason why
# it cannot be carried over; each is saved in every way that there is
filters() {
  local event=${1:-$alias_event}
  local table=$T/table commands
  jq -R -c 'capture("^(?<filter>.*?) \\| (?<want>.*)$") | [(.filter | fromjson), .want]' >"$table"
  jq -s -c --arg event "$event" '{collection: "acme/registry/fraud"} as $scope | {type: "NoOpTriggeredAction"} as $action |
    to_entries[] | .key as $n | .value[0] as $filter |
    (["s", ({filter: ($filter | tojson)})], ["o", {$filter}], ["b", $filter]) |
    {do: "automation", name: "\(.[0])\($n)", $scope, $event, filter: (.[1] | tojson), $action}' "$table" >"$T/commands"
  mapfile -t commands <"$T/commands"
  anew "${commands[@]}"
  # shellcheck disable=SC2119
  import || (($? == 1)) || fail "$(<err)"
  wb-automation check -c out >checked 2>&1 || fail "$(<checked)"
  jq -s -c 'to_entries[] | .key as $n | .value[1] | ("s", "o", "b") as $way | if startswith("!")
    then ["\($way)\($n)", {when: "false"}, false, "[Not as in W&B: its filter: \(.[1:])]"]
    else ["\($way)\($n)", fromjson, null, null] end' "$table" | sort >want
  jq -c '.automations[0] | [.name, (.on | del(.event_type, .entity, .project, .collection)), .enabled, .description]' out/*.json |
    sort >got
  expect_file got want
  # originals of all that could not be
  find out -name '*.wandb' -printf '%f\n' | sed 's/\.wandb$//' | sort >got
  jq -r 'select(.[2] == false)[0]' want | sort >originals
  expect_file got originals
}

every_operator() {
  filters <<'END'
{} | {}
{"$or":[{"$and":[]}]} | {}
{"alias":"a"} | {"alias":"a"}
{"alias":{"$eq":"a"}} | {"alias":"a"}
{"$or":[{"$and":[{"alias":{"$eq":"é\"\\"}}]}]} | {"alias":"é\"\\"}
{"$or":[{"alias":"a"},{"$and":[{"alias":{"$in":["b","c"]}}]}]} | {"alias":["a","b","c"]}
{"alias":{"$in":["a","b"]}} | {"alias":["a","b"]}
{"alias":{"$regex":"^prod"}} | {"alias_regex":"^prod"}
{"alias":{"$contains":"a.b"}} | {"alias_regex":"a\\.b"}
{"alias":{"$contains":"prod"},"event_author":"ann"} | {"author":"ann","alias_regex":"prod"}
{"alias":{"$ne":"a"}} | {"when":".alias != \"a\""}
{"alias":{"$not":{"$ne":"a"}}} | {"alias":"a"}
{"alias":{"$gt":"a"}} | {"when":"(.alias | type == \"string\" and . > \"a\")"}
{"alias":{"$gte":"a","$lt":"b"}} | {"when":"(.alias | type == \"string\" and . >= \"a\") and (.alias | type == \"string\" and . < \"b\")"}
{"alias":{"$lte":-1.50}} | {"when":"(.alias | type == \"number\" and . <= (-1.5))"}
{"alias":{"$nin":["a",null]}} | {"when":"((.alias | IN(\"a\", null)) | not)"}
{"alias":{"$in":[]}} | {"when":"(.alias | false)"}
{"alias":{"$exists":true}} | {"when":".alias != null"}
{"alias":{"$exists":false}} | {"when":".alias == null"}
{"alias":null} | {"when":".alias == null"}
{"alias":""} | {"when":".alias == \"\""}
{"alias":{"$contains":""}} | {"when":"(.alias | type == \"string\")"}
{"alias":{"$regex":""}} | {"when":"(.alias | type == \"string\" and test(\"\"))"}
{"alias":{"$not":{"$regex":"a"}}} | {"when":"((.alias | type == \"string\" and test(\"a\")) | not)"}
{"alias":{"$or":[{"$eq":"a"},{"$regex":"^b"}]}} | {"when":".alias == \"a\" or (.alias | type == \"string\" and test(\"^b\"))"}
{"$nor":[{"alias":"a"},{"event_author":"b"}]} | {"when":"(.alias == \"a\" or .event_author == \"b\" | not)"}
{"$not":{"alias":"a"}} | {"when":".alias != \"a\""}
{"$and":[{"alias":"a"},{"alias":{"$regex":"b"}},{"alias":"c"}]} | {"alias":"a","alias_regex":"b","when":".alias == \"c\""}
{"artifact_collection_name":"churn"} | {"when":".artifact_collection_name == \"churn\""}
{"artifact_version_index":{"$gte":3}} | {"when":"(.artifact_version_index | type == \"number\" and . >= 3)"}
{"metadata.a.b":{"$exists":true}} | {"when":"def at($k): if type == \"array\" then .[] else . end | objects | select(has($k)) | .[$k]; any(.artifact_metadata | at(\"a\") | at(\"b\"); true)"}
END
}
test_case 'every operator, in each encoding, is a condition that says the same' every_operator

no_operator() {
  filters <<'END'
{"alias":{"$near":1}} | !unknown operator $near
{"$where":"x"} | !unknown operator $where
{"alias":{"$regex":"a","$options":"i"}} | !unknown operator $options
{"$or":[]} | !$or of nothing
{"$nor":[]} | !$nor of nothing
{"$and":{}} | !$and of no list
{"alias":{"$in":"a"}} | !$in of no list
{"alias":["a"]} | !$eq of an array
{"alias":{"$eq":{}}} | !$eq of an object
{"alias":{}} | !a field is compared with an object
{"alias":{"a":1}} | !a field is compared with an object
{"alias":{"$gt":null}} | !$gt of null
{"alias":{"$regex":1}} | !$regex of a number
{"alias":{"$contains":true}} | !$contains of true
{"alias":{"$exists":1}} | !$exists of a number
{"alias":{"$not":"a"}} | !what a field must be is a string
{"$and":["a"]} | !a filter is a string
{"color":"red"} | !unknown field color
{"alias.x":"red"} | !unknown field alias.x
{"metadata.a..b":1} | !unknown field metadata.a..b
{"metadata.a":null} | !$eq of null, inside of metadata
{"metadata.a":{"$in":[1,null]}} | !$in of null, inside of metadata
{"alias":{"$regex":"(?P<x>a)"}} | !$regex with '(?P', which does not mean the same everywhere
{"alias":{"$regex":"[[:alpha:]]"}} | !$regex with '[', which does not mean the same everywhere
{"alias":{"$regex":"a)"}} | !$regex that is none: unmatched close parenthesis
{"tag":"a"} | !events of type ADD_ARTIFACT_ALIAS have no tag here
{"$or":[{"alias":"x"},{"tag":{"$exists":false}}]} | !events of type ADD_ARTIFACT_ALIAS have no tag here
END
  filters LINK_MODEL <<'END'
{"alias":"prod"} | !events of type LINK_ARTIFACT have no alias here
{"metadata":{"$exists":true}} | {"when":".artifact_metadata != null"}
END
  filters ADD_COLLECTION_TAG <<'END'
{"tag":{"$regex":"^a"}} | {"tag_regex":"^a"}
{"tag":{"$in":["a","b"]}} | {"tag":["a","b"]}
END
}
test_case 'what has no meaning that is known, or another one here, disables, and the original is kept' no_operator

# What jq makes no JSON of.
strange_filters() {
  local deep end
  printf -v deep '%.0s{"$not":' {1..120}
  printf -v end '%.0s}' {1..120}
  deep=$(quoted "$deep{}$end")
  anew "$(automation text 'filter="no JSON"')" "$(automation list 'filter="[]"')" "$(automation null 'filter="{\"filter\":null}"')" \
    "$(automation inner 'filter="{\"filter\":\"{\"}"')" "$(automation twice 'filter="{\"alias\":\"a\",\"alias\":\"b\"}"')" \
    "$(automation big 'filter="{\"metadata.a\":1e999}"')" "$(automation odd 'filter="{\"metadata.a\":-9007199254740993}"')" \
    "$(automation even 'filter="{\"metadata.a\":-9007199254740992}"')" "$(automation deep "filter=$deep")" \
    "$(automation more 'filter="{\"filter\":{},\"more\":1}"')" \
    "$(automation long "filter=$(jq -n -c '{event_author: {"$nin": [range(4000) | "a long enough name \(.)"]}} | tojson')")"
  imports 1
  sed -n "s/^wb-automation: '\(.*\)' is disabled: its filter: /\1 /p; s/^wb-automation: '\(long\)' is disabled: /\1 /p" err | sort >got
  cat >want <<'END'
big $eq of 1e999: such a number is rounded here
deep it is nested too deep
inner it is not JSON: byte 2: unexpected end of JSON text
list a filter is an array
long its filter makes a program of more than 65536 bytes
more unknown field filter
null a filter is null
odd $eq of -9007199254740993: such a number is rounded here
text it is not JSON: byte 1: not a JSON value
twice alias stands there twice
END
  expect_file got want
  expect_equal "$(jq -r 'input_filename + " " + .automations[0].on.when' out/*.json | grep -v ' false$' | cut -c 1-17)" \
    'out/even.json def'
}
test_case 'filters that are none' strange_filters

# round_trip SEED
round_trip() {
  node "$TESTS/mongo.mjs" "$1" 120 50 >all.json
  rm -rf out
  wandb_do '[{"do":"reset"},{"do":"collection","collection":"acme/registry/fraud"}]' >/dev/null
  jq -c .automations all.json | wandb_do >/dev/null
  imports 0
  jq -c '.events[]' all.json >events.jsonl
  jq -r '.matches[]' all.json | sort >want
  wb-match -c out events.jsonl >matched 2>err
  expect_empty err
  jq -r '"\(.automation.name) \(.event.event_id)"' matched | sort >got
  expect_file got want
  (($(wc -l <want) > 50)) || fail "only $(wc -l <want) matches"
}

round_trips() {
  local seed
  anew
  for seed in 1 2 3; do
    round_trip "$seed" || fail "seed $seed"
  done
}
test_case 'imported rules match the same random events as the random filters that they were' round_trips

# ---- webhooks and payloads ----

# hook [MEMBERS] - the command that makes one
hook() {
  printf '{"do":"webhook","entity":"acme","name":"%s","url":"https://hooks.acme.example/%s"%s}' "$1" "$1" "${2:+,$2}"
}

# calls NAME ID PAYLOAD - the command that saves an automation that sends PAYLOAD, a string in JSON or null
calls() {
  automation "$1" "action={\"type\":\"GenericWebhookTriggeredAction\",\"integration\":$2,\"payload\":$3}"
}

secrets_by_name() {
  anew "$(hook plain)" "$(hook both '"access_token":"TOKEN","secret":"KEY"')" "$(hook odd '"secret":"2 my-key"')" \
    "$(hook same '"secret":"_2_my_key"')"
  save "$(calls both "$(jq '.[1].id' results)" '"{\"t\":\"${ACCESS_TOKEN} ${KEY}\"}"')" \
    "$(calls odd "$(jq '.[2].id' results)" '"{}"')" "$(calls oddly "$(jq '.[2].id' results)" '"{\"t\":\"${2 my-key}\"}"')"
  imports 1
  jq -s -c 'map(.webhooks) | add' out/webhook-*.json >got
  other=$(jq -r '.webhooks.odd.secret' out/webhook-odd.json)
  expect_match "$other" '^\$_2_my_key_[0-9a-f]{8}$'
  cat >want <<END
{"both":{"url":"https://hooks.acme.example/both","access_token":"\$TOKEN","secret":"\$KEY"},"odd":{"url":"https://hooks.acme.example/odd","secret":"$other"},"plain":{"url":"https://hooks.acme.example/plain"},"same":{"url":"https://hooks.acme.example/same","secret":"\$_2_my_key"}}
END
  expect_file got want
  expect_equal "$(reasons both)" 'the value of the secret $TOKEN is not here, and W&B does not tell it
the value of the secret $KEY is not here, and W&B does not tell it'
  expect_equal "$(jq -c '.automations[0] | [.enabled, .action.webhook]' out/both.json)" '[false,"both"]'
  [[ ! -e out/both.wandb ]] || fail 'nothing is lost'
  expect_equal "$(reasons oddly)" 'its payload has a variable that is none of W&B'"'"'s: ${2 my-key}'
  expect_match "$(<err)" "secret '2 my-key' is called [\$]_2_my_key_[0-9a-f]{8} here"
  # with the values, it is as it was
  mkdir values
  (umask 077 && printf key >values/KEY)
  TOKEN=token-for-tests WB_SECRETS=env,dir:values imports 0 --replace
  expect_equal "$(<made)$(reasons both)" 'out/both.json'
  expect_equal "$(jq -c '.automations[0] | [.enabled, .description]' out/both.json)" '[null,null]'
  no_secret token-for-tests .
}
test_case 'webhooks name the secrets; without their values automations are disabled' secrets_by_name

# What a webhook is given must not be the value of another one's secret, whichever was there first.
secret_names_stay() {
  local made
  anew "$(hook a '"access_token":"my-token"')"
  save "$(calls first "$(jq '.[0].id' results)" '"{}"')"
  imports 1
  made=$(jq -r '.webhooks.a.access_token' out/webhook-a.json)
  expect_match "$made" '^\$my_token_[0-9a-f]{8}$'
  expect_match "$(<err)" "secret 'my-token' is called \\$made here"
  save "$(hook b '"access_token":"my_token"')" "$(hook c "\"access_token\":\"${made#$}\"")"
  cp -R out before
  imports 0
  expect_equal "$(jq -r '.webhooks.b.access_token' out/webhook-b.json)" '$my_token'
  expect_match "$(jq -r '.webhooks.c.access_token' out/webhook-c.json)" "^\\${made}_[0-9a-f]{8}$"
  expect_file out/webhook-a.json before/webhook-a.json
  rm -r out
  imports 1
  expect_file out/webhook-a.json before/webhook-a.json
}
test_case 'the name of a secret stays that of one secret, whatever comes later' secret_names_stay

all_exact() {
  anew "$(hook hook)" '{"do":"slack","entity":"acme","team":"Acme","channel":"models"}'
  save "$(calls one "$(jq '.[0].id' results)" '"{\n \"b\": 1.10, \"a\": [12345678901234567890, \"${artifact_metadata.x.y} ${alias}\"], \"b\": null}"')"
  imports 0
  expect_equal "$(<err)" 'wb-automation: acme: 1 automations, 0 of them disabled, and 1 webhooks: 2 new, 0 changed, 0 unchanged'
  printf '%s\n' out/webhook-hook.json out/one.json >want
  expect_file made want
  cat >want <<'END'
{
  "automations": [
    {
      "name": "one",
      "on": {
        "event_type": "ADD_ARTIFACT_ALIAS",
        "entity": "acme",
        "project": "registry",
        "collection": "fraud"
      },
      "action": {
        "type": "webhook",
        "webhook": "hook",
        "payload": {
          "b": 1.10,
          "a": [
            12345678901234567890,
            "${artifact_metadata.x.y} ${alias}"
          ],
          "b": null
        }
      }
    }
  ]
}
END
  expect_file out/one.json want
  wb-event alias acme/registry/fraud:v3 prod --metadata '{"x.y": "z"}' | wb-match -c out | wb-render | jq -r .request.body >body
  expect_equal "$(<body)" '{"b":1.10,"a":[12345678901234567890,"z prod"],"b":null}'
}
test_case 'what is exact is enabled, with status 0; payloads keep their spelling' all_exact

payloads() {
  local id n=0 payload want commands=() wants=()
  anew "$(hook hook '"access_token":"TOKEN"')"
  id=$(jq '.[0].id' results)
  while IFS='|' read -r payload want; do
    commands+=("$(calls "p$n" "$id" "${payload% }")")
    want=${want# }
    wants+=("${want#exact}")
    ((++n))
  done <<'END'
"{\"a\": \"${event_type} ${event_author} ${alias} ${tag} ${artifact_version} ${artifact_version_string}\"}" | exact
"{\"a\": \"${artifact_collection_name} ${project_name} ${entity_name} ${artifact_metadata.a-b.c} ${ACCESS_TOKEN} $5\"}" | exact
"\"text\"" | exact
"{\"a\": \"${event_id}\"}" | its payload has a variable that is none of W&B's: ${event_id}
"{\"a\": \"${nope}\"}" | its payload has a variable that is none of W&B's: ${nope}
"{\"a\": \"${event_author:json}\"}" | its payload has a variable that is none of W&B's: ${event_author:json}
"{\"a\": \"${artifact_metadata.x:json}\"}" | its payload has a variable that is none of W&B's: ${artifact_metadata.x:json}
"{\"${KEY}\": 1}" | its payload has a variable that is none of W&B's: ${KEY}
"{\"\\u0024{x}\": 1}" | its payload has a variable that is none of W&B's: ${x}
"{\"a\": \"$${alias}\"}" | its payload has $${, which is ${ here
"{\"a\": \"${alias\"}" | its payload has ${ without }
null | it has no payload, and what W&B sends then is not known; it is {} here
END
  save "${commands[@]}"
  export TOKEN=token-for-tests
  imports 1
  for ((n = 0; n < ${#wants[@]}; n++)); do
    expect_equal "$(reasons "p$n")" "${wants[n]}"
    if [[ -z ${wants[n]} ]]; then
      expect_equal "$(jq -c '.automations[0] | [.enabled, .action.webhook]' "out/p$n.json")" '[null,"hook"]'
    elif [[ ${wants[n]} == *'{} here' ]]; then
      expect_equal "$(jq -c '.automations[0].action.payload' "out/p$n.json")" '{}'
    else
      expect_equal "$(jq -c '.automations[0] | [.enabled, .action]' "out/p$n.json")" '[false,{"type":"none"}]'
    fi
  done
  expect_equal "$(jq -r .triggeredAction.requestPayload out/p3.wandb)" '{"a": "${event_id}"}'
}
test_case 'payloads with variables that W&B has are carried over, all others disable' payloads

lost_webhook() {
  anew '{"do":"webhook","entity":"acme","name":"bad","url":"https://user:word@hooks.acme.example/","secret":"KEY"}' "$(hook good)" \
    '{"do":"webhook","entity":"other","name":"theirs","url":"https://hooks.acme.example/theirs"}'
  save "$(calls one "$(jq '.[0].id' results)" '"{}"')" "$(calls two "$(jq '.[2].id' results)" '"{}"')"
  imports 1
  expect_equal "$(reasons one)" 'its webhook could not be carried over'
  expect_match "$(<err)" "webhook 'bad' is not written: its URL cannot be used here: "
  expect_equal "$(cd out && printf '%s ' *)" 'one.json one.wandb two.json webhook-bad.wandb webhook-good.json webhook-theirs.json '
  expect_equal "$(jq -r .urlEndpoint out/webhook-bad.wandb)" 'https://user:word@hooks.acme.example/'
  expect_match "$(<err)" 'acme: 0 of its automations and webhooks are left as they are, and 1 cannot be used here'
  # it stays so, which is no news
  imports 0
  expect_empty made
  expect_equal "$(<err)" 'wb-automation: acme: 2 automations, 1 of them disabled, and 2 webhooks: 0 new, 0 changed, 4 unchanged
wb-automation: acme: 0 of its automations and webhooks are left as they are, and 1 cannot be used here'
  imports 0 --verbose
  expect_equal "$(reasons one)" 'its webhook could not be carried over'
  expect_match "$(<err)" "webhook 'bad' is not written: its URL cannot be used here: "
}
test_case 'a URL that cannot be used is kept as it was; webhooks that nobody uses, or of others, are imported' lost_webhook

# ---- names ----

strange_names() {
  local long short
  long=$(printf 'é%.0s' {1..200})
  short=$(printf 'é%.0s' {1..50})
  anew "$(automation 'a/b')" "$(automation 'a b')" "$(automation '..')" "$(automation '')" "$(automation "$long")" \
    "$(automation webhook-x)" "$(automation 'red\u001b[31m\"\\')" "$(automation 日本)" "$(automation '$(rm -rf x)')" \
    "$(hook x)" '{"do":"webhook","entity":"acme","name":"q\"\\","url":"https://hooks.acme.example/q"}'
  imports 0
  jq -s '[.[].automations[0].name // empty | sub("^unnamed-[0-9a-f]{8}$"; "unnamed")] | sort' out/*.json >got
  jq -n --arg long "$long" \
    '["a/b", "a b", "..", $long, "webhook-x", "red\u001b[31m\"\\", "日本", "$(rm -rf x)", "unnamed"] | sort' >want
  expect_file got want
  find out -type f | sed 's/-[0-9a-f]\{8\}\././' | sort >got
  printf 'out/%s.json\n' _-rm--rf-x- _. a-b a-b red--31m-- unnamed webhook-q-- webhook-x webhook-x "$short" 日本 | sort >want
  expect_file got want
  expect_equal "$(jq -r '.webhooks | keys[]' out/webhook-q*.json)" 'q--'
  expect_match "$(<err)" 'webhook .q"\\. is called .q--. here'
}
test_case 'names of any kind: kept, with files of their own that are safe' strange_names

equal_names() {
  local again
  anew "$(automation same 'description="first"')" "$(hook hook)" "$(hook hook)"
  save '{"do":"clock","after":5}' "$(automation same 'description="second"')"
  imports 0
  expect_equal "$(jq -r '.automations[0] | "\(.name) \(.description)"' out/same.json)" 'same first'
  again=$(cd out && ls same-*.json)
  expect_equal "$(jq -r '.automations[0] | "\(.name) \(.description)"' "out/$again")" "${again%.json} second"
  expect_equal "$(find out -name 'webhook-hook*' | wc -l)" 2
  expect_match "$(<err)" "'same' is called 'same-[0-9a-f]{8}' here"
  # whichever comes first in a page, and whatever else there is
  cp -R out before
  save '{"do":"settings","default_order":"+id","page_limit":1}' "$(automation same 'description="third"')"
  imports 0
  expect_equal "$(wc -l <made)" 1
  rm "$(<made)"
  diff -r out before || fail 'names have changed'
}
test_case 'equal names: the oldest keeps it, the others have one that stays the same' equal_names

# ---- what is there ----

second_import() {
  local id
  anew "$(automation one)" "$(automation two)" "$(hook hook)"
  imports 0
  cp -R out before
  imports 0
  expect_empty made
  diff -r out before
  # one has changed in W&B, one here
  id=$(jq '.[0].id' results)
  save "{\"do\":\"delete_automation\",\"id\":$id}" "$(automation one "$(wrapped '{"alias":"x"}')")"
  cp -R out changed
  imports 1
  expect_empty made
  diff -r out changed
  expect_equal "$(grep 'is left' err)" "wb-automation: 'one' is left as it is: out/one.json is there already; --replace writes it anew"
  expect_equal "$(tail -n 1 err)" 'wb-automation: acme: 1 of its automations and webhooks are left as they are, and 0 cannot be used here'
  chmod 640 out/one.json
  imports 0 --replace
  expect_equal "$(<made)" out/one.json
  expect_equal "$(<err)" "wb-automation: 'one' is written anew
wb-automation: acme: 2 automations, 0 of them disabled, and 1 webhooks: 0 new, 1 changed, 2 unchanged"
  expect_equal "$(on out/one.json) $(stat -c %a out/one.json)" '{"alias":"x"} 640'
  expect_file out/two.json before/two.json
  [[ ! -e out/.import.new ]] || fail 'something is left'
}
test_case 'a second import changes nothing that is there, unless it is to be replaced' second_import

# What the owner has switched stays as it is, whether all else is written anew or not.
switched_here() {
  anew "$(automation one 'description="first"')" "$(automation two)" "$(hook hook '"secret":"KEY"')"
  save "$(calls three "$(jq '.[2].id' results)" '"{}"')"
  imports 1
  wb-automation disable one -c out
  wb-automation enable three -c out
  cp -R out changed
  imports 0
  diff -r out changed
  expect_equal "$(<err)" 'wb-automation: acme: 3 automations, 1 of them disabled, and 1 webhooks: 0 new, 0 changed, 4 unchanged'
  imports 0 --replace
  diff -r out changed
  expect_empty made
  sed -i 's/"first"/"mine"/' out/one.json
  imports 0 --replace
  expect_equal "$(<err)" "wb-automation: 'one' is written anew
wb-automation: 'one' stays disabled, as it is here
wb-automation: acme: 3 automations, 1 of them disabled, and 1 webhooks: 0 new, 1 changed, 3 unchanged"
  diff -r out changed
  # what an import has disabled is enabled when its reason is gone
  wb-automation disable three -c out
  KEY=key-for-tests imports 0 --replace
  expect_match "$(<err)" "'three' is written anew, and is enabled now"
}
test_case 'an automation that was enabled or disabled here stays so' switched_here

becomes_exact() {
  anew "$(automation one 'event="RUN_STATE"')"
  imports 1
  [[ -e out/one.wandb ]] || fail 'no original'
  save "{\"do\":\"delete_automation\",\"id\":$(jq '.[0].id' results)}" "$(automation one)"
  imports 1
  expect_match "$(<err)" 'out/one.json is there already'
  imports 0 --replace
  expect_equal "$(ls out)" one.json
}
test_case 'what is exact now has no original beside it any more' becomes_exact

made_by_hand() {
  anew "$(hook hook)" "$(hook other)"
  save "$(calls one "$(jq '.[0].id' results)" '"{}"')" "$(calls two "$(jq '.[1].id' results)" '"{}"')" "$(automation three)" \
    "$(automation four)" "$(automation five)"
  mkdir out
  printf '%s\n' '{"webhooks":{"hook":{"url":"https://elsewhere.acme.example/"},"other":{"url":"https://hooks.acme.example/other"}},
    "automations":[{"name":"three","action":{"type":"none"}}]}' >out/mine.json
  printf '{"automations":[{"name":"four","action":{"type":"none"}},{"name":"x","action":{"type":"none"}}]}\n' >out/four.json
  printf '{"automations":[{"name":"y","action":{"type":"none"}}]}\n' >out/five.json
  cp -R out before
  imports 1 --replace
  for file in mine four five; do
    expect_file "out/$file.json" "before/$file.json"
  done
  grep 'is left' err | sort >got
  cat >want <<'END'
wb-automation: 'five' is left as it is: out/five.json is there, and is something else
wb-automation: 'four' is left as it is: out/four.json holds more than that
wb-automation: 'three' is left as it is: it stands in out/mine.json
wb-automation: webhook 'hook' is left as it is: it stands in out/mine.json
wb-automation: webhook 'other' is left as it is: it stands in out/mine.json
END
  expect_file got want
  expect_equal "$(reasons one)" 'there is another webhook hook already'
  expect_equal "$(jq '.automations[0].enabled' out/one.json out/two.json | paste -s)" $'false\tnull'
}
test_case 'files that others have made are left alone; a webhook that sends elsewhere is not used' made_by_hand

dry_run() {
  anew "$(automation one 'event="RUN_STATE"')" "$(automation two)"
  imports 1 --dry-run
  [[ ! -e out ]] || fail 'the directory was made'
  expect_match "$(<err)" 'acme: 2 automations, 1 of them disabled, and 0 webhooks: 2 would be new, 0 changed, 0 unchanged'
  cp made dry
  imports 1
  while read -r file; do
    printf '# %s\n' "$file"
    cat "$file"
    printf '\n'
  done <made >want
  expect_file dry want
  imports 0 -n
  expect_empty made
}
test_case 'a dry run shows what would be written, and writes nothing' dry_run

broken_configuration() {
  anew "$(automation one)"
  mkdir out
  printf '{"automations":[{"name":"x"}]}\n' >out/x.json
  expect_status 2 import
  expect_equal "$(<err)" 'wb-automation: out/x.json:1:17: an automation needs "action"'
  expect_equal "$(ls out)" x.json
}
test_case 'into a configuration with errors nothing is written' broken_configuration

where_to() {
  anew "$(automation one)"
  mkdir a b
  expect_status 2 wb-automation import --from-wandb acme -c a -c b "${open[@]}" 2>err
  expect_equal "$(<err)" 'wb-automation: where is it to go? Give one directory with -c'
  printf '{}\n' >c.json
  expect_status 2 wb-automation import --from-wandb acme -c c.json "${open[@]}" 2>err
  expect_status 0 wb-automation import --from-wandb acme -c c.json -c a "${open[@]}" >made 2>err
  expect_equal "$(<made)" a/one.json
  WB_CONFIG=b/ expect_status 0 wb-automation import --from-wandb acme "${open[@]}" >made 2>err
  expect_equal "$(<made)" b/one.json
  expect_status 3 wb-automation import --from-wandb acme -c none/here "${open[@]}" 2>err
  expect_equal "$(<err)" "wb-automation: cannot make 'none/here': No such file or directory"
}
test_case 'it goes into the only directory, which may be new' where_to

# A disk that takes files of a kilobyte only: the first ones can be written, the last one cannot.
disk_is_full() {
  local long status=0
  printf -v long '%.0slong ' {1..1000}
  anew "$(automation one)" "$(automation two)"
  imports 0
  cp -R out before
  save '{"do":"clock","after":-5}' "$(hook hook)" "$(automation three)" "$(automation four "description=\"$long\"")"
  (trap '' XFSZ && ulimit -f 1 && import) || status=$?
  expect_equal "$status" 3
  expect_match "$(<err)" "cannot write into 'out': File too large"
  diff -r out before
  mkdir file && touch file/.import.new
  expect_status 3 wb-automation import --from-wandb acme -c file "${open[@]}" 2>err
  expect_equal "$(<err)" "wb-automation: cannot write into 'file': File exists"
}
test_case 'where one file cannot be written, none is' disk_is_full

no_memory() {
  local count n status
  anew "$(hook hook)" "$(automation one "$(wrapped '{"metadata.a":{"$in":["x",1]},"alias":{"$regex":"a"}}')")"
  save "$(calls two "$(jq '.[0].id' results)" '"{\"a\":\"${alias}\"}"')" "$(automation three 'event="RUN_STATE"')"
  FAIL_ALLOC_COUNT=count expect_status 1 fail_alloc 0 wb-automation-import --from-wandb acme -c out "${open[@]}" >made 2>err
  grep -q -a -E '__(asan|msan|tsan)_init|\.gcda' "$WB_BIN/wb-automation-import" && skip 'a sanitizer has its own allocator'
  mv out good
  count=$(<count)
  for ((n = 1; n <= count; n += 5)); do
    status=0
    rm -rf out
    fail_alloc "$n" wb-automation-import --from-wandb acme -c out "${open[@]}" >made 2>err || status=$?
    if ((status == 1)); then
      diff -r out good || fail "allocation $n fails: not all was written"
    else
      ((status == 2 || status == 3)) || fail "allocation $n fails: status $status"
      [[ -s err ]] || fail "allocation $n fails: status $status without a message"
      # only their names could not be printed
      [[ ! -e out/one.json || $(<err) == *'standard output'* ]] || fail "allocation $n fails: files were made"
    fi
  done
}
test_case 'where memory runs out, all is written or nothing' no_memory

full_output() {
  anew "$(automation one)"
  expect_status 3 wb-automation import --from-wandb acme -c out "${open[@]}" >/dev/full 2>err
  expect_match "$(<err)" 'cannot write to standard output'
}
test_case 'standard output that cannot be written' full_output

killed_before() {
  anew "$(automation one)"
  mkdir -p out/.import.new
  printf '{' >out/.import.new/one.json
  imports 0
  expect_equal "$(ls -A out)" one.json
}
test_case 'what an import left that was killed is taken away' killed_before

# ---- the server ----

many_pages() {
  local commands=() n
  for n in {1..25}; do
    commands+=("$(automation "a$n")" "$(hook "h$n")")
  done
  for settings in '"page_limit":7' '"page_limit":10,"short_every":2' '"page_limit":10,"empty_every":2' \
    '"page_limit":5,"cursors":"offset","trailing_page":true' '"cursors":"salted","page_limit":24'; do
    anew "${commands[@]}" "{\"do\":\"settings\",$settings}"
    imports 0
    expect_equal "$(find out -name '*.json' | wc -l)" 50 "$settings"
  done
}
test_case 'pages of any size lead to the end' many_pages

moving_pages() {
  anew "$(automation a)" "$(automation b)" '{"do":"settings","page_limit":1,"cursors":"offset"}'
  wandb_do "{\"do\":\"fault\",\"kind\":\"meanwhile\",\"commands\":[$(automation c)]}" >/dev/null
  imports 0
  expect_equal "$(cd out && printf '%s ' *)" 'a.json b.json '
}
test_case 'an automation that two pages show is imported once' moving_pages

never_ending() {
  local cursor
  anew "$(automation a)" "$(automation b)" "$(automation c)" '{"do":"settings","page_limit":1}'
  cursor=$(printf '{"query":"{entity(name: \\"acme\\") {triggers {pageInfo {endCursor}}}}"}' |
    curl -q -sS -u "api:$WANDB_KEY" -H 'Content-Type: application/json' -d @- "$WANDB_URL/graphql" |
    jq .data.entity.triggers.pageInfo.endCursor)
  wandb_do "{\"do\":\"fault\",\"kind\":\"replace\",\"skip\":1,\"path\":\"data.entity.triggers.pageInfo.endCursor\",\"value\":$cursor}" \
    >/dev/null
  expect_status 3 import
  expect_equal "$(<err)" "wb-automation: $WANDB_URL: the automations of acme: a page ends where it began: it would never end"
}
test_case 'pages that never end are noticed' never_ending

older_server() {
  local hook
  anew '{"do":"settings","without":["Entity.triggers","TriggerScope.Entity","TriggeredAction.PushNotificationTriggeredAction",
    "TriggeredAction.NoOpTriggeredAction","RunQueue.entityName","SlackIntegration.teamName"]}' "$(hook hook)" \
    '{"do":"queue","queue":"acme/model-registry/gpu"}' '{"do":"project","project":"acme/empty"}' \
    '{"do":"slack","entity":"acme","team":"Acme","channel":"models"}'
  hook=$(jq '.[1].id' results)
  save "$(calls one "$hook" '"{}"')" \
    "$(automation job "action={\"type\":\"QueueJobTriggeredAction\",\"queue\":$(jq '.[2].id' results),\"template\":\"{}\"}")" \
    "$(automation note 'scope={"project":"acme/lab"}' "action={\"type\":\"NotificationTriggeredAction\",\"integration\":$(jq '.[4].id' results),\"title\":\"T\"}")"
  imports 1
  expect_equal "$(reasons job)" 'it puts a job on a queue, and the server does not say whose that is'
  expect_equal "$(reasons note)" 'it notifies people by an integration of W&B'
  expect_equal "$(cd out && printf '%s ' *.json)" 'job.json note.json one.json webhook-hook.json '
}
test_case 'an older server is asked for what it has' older_server

hidden_ones() {
  anew "$(automation one)" '{"do":"slack","entity":"acme","team":"Acme","channel":"models"}'
  wandb_do '{"do":"fault","kind":"replace","path":"data.entity.integrations.edges.0.node","value":null,"when":{"field":"integrations"}}' >/dev/null
  imports 1
  expect_match "$(<err)" 'acme: 1 automations or webhooks are hidden from the key'
  expect_equal "$(ls out)" one.json
}
test_case 'what is hidden from the key is said' hidden_ones

# fails STATUS MESSAGE - nothing is written then
fails() {
  expect_status "$1" import
  expect_match "$(<err)" "$2"
  expect_empty made
  [[ ! -e out ]] || fail 'something was written'
  no_secret "$WANDB_KEY" .
}

server_fails() {
  local n commands=()
  for n in {1..5}; do commands+=("$(automation "a$n")"); done
  anew "${commands[@]}" '{"do":"settings","page_limit":2}'
  WANDB_API_KEY=0000000000000000000000000000000000000000 fails 3 'cannot read the automations of acme: .*401: the server does not take the key, which is from the environment variable WANDB_API_KEY'
  wandb_do '{"do":"fault","kind":"errors","status":403,"message":"permission denied","code":"PERMISSION_ERROR","skip":1}' >/dev/null
  fails 3 'cannot read the automations of acme: .*permission denied'
  wandb_do '[{"do":"clear_faults"},{"do":"fault","kind":"status","status":500,"times":"always","when":{"field":"integrations"}}]' >/dev/null
  fails 3 'cannot read the webhooks of acme: .*500'
  wandb_do '[{"do":"clear_faults"},{"do":"fault","kind":"truncate","skip":2,"times":"always"}]' >/dev/null
  fails 3 'cannot read the automations of acme: '
  wandb_do '[{"do":"clear_faults"},{"do":"fault","kind":"replace","path":"data.entity.triggers.edges.0.node.name","value":7}]' >/dev/null
  fails 3 "the answer about the automations of acme is not as it must be: data.entity.triggers.edges\[0\].node.name: expected a string"
  wandb_do '{"do":"clear_faults"}' >/dev/null
  expect_status 3 wb-automation import --from-wandb nobody -c out "${open[@]}" 2>err
  expect_equal "$(<err)" "wb-automation: $WANDB_URL: there is no entity nobody, or the key may not see it"
}
test_case 'where the server fails, refuses, or is wrong, nothing is written' server_fails

tries_again() {
  anew "$(automation one)"
  wandb_do '[{"do":"fault","kind":"status","status":503,"times":2},{"do":"fault","kind":"status","status":502,"when":{"field":"integrations"}}]' \
    >/dev/null
  imports 0 --retries 3
  # what is too much is asked for in smaller pieces
  rm -r out
  wandb_do '[{"do":"clear_faults"},{"do":"fault","kind":"status","status":413},{"do":"clear_log"}]' >/dev/null
  imports 0
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .requests)" 3
}
test_case 'requests are tried again, and pages made smaller' tries_again

key_is_secret() {
  local pid basic
  anew "$(automation "name $WANDB_KEY" "description=\"$WANDB_KEY\"" 'event="RUN_STATE"')"
  wandb_do '{"do":"fault","kind":"hold"}' >/dev/null
  wb-automation import --from-wandb acme -c out "${open[@]}" >made 2>err &
  pid=$!
  wandb_do '{"do":"await","held":1}' >/dev/null
  tr '\0' ' ' <"/proc/$pid/cmdline" >arguments
  expect_match "$(<arguments)" '^import --from-wandb acme '
  wandb_do '{"do":"release"}' >/dev/null
  expect_status 1 wait "$pid"
  expect_match "$(jq -r '.automations[0].name' out/*.json)" '^name \*{40}$'
  basic=$(printf 'api:%s' "$WANDB_KEY" | base64 -w 0)
  wandb_do "{\"do\":\"fault\",\"kind\":\"errors\",\"status\":403,\"message\":\"no: $WANDB_KEY $basic\"}" >/dev/null
  rm -r out
  fails 3 'no: \*'
  ! grep -r -F "$basic" . || fail 'the header stands somewhere'
}
test_case 'the key stands in no output, message, file or argument list, even if the server repeats it' key_is_secret

from_netrc() {
  anew "$(automation one)"
  unset WANDB_API_KEY
  expect_status 2 import
  expect_equal "$(<err)" 'wb-automation: the key for 127.0.0.1: not found in the environment, /run/secrets; set WANDB_API_KEY, or a password for machine 127.0.0.1 in ~/.netrc'
  (umask 077 && printf 'machine 127.0.0.1 login user password %s\n' "$WANDB_KEY" >"$HOME/.netrc")
  imports 0
  rm "$HOME/.netrc"
}
test_case 'the key comes from ~/.netrc, too, and no secret of a webhook does' from_netrc

policy() {
  anew
  expect_status 2 wb-automation import --from-wandb acme -c out 2>err
  expect_match "$(<err)" 'WANDB_BASE_URL: the URL is http, not https; --allow-http would open it'
  expect_status 2 wb-automation import --from-wandb acme -c out --allow-http 2>err
  expect_match "$(<err)" 'the URL.s host is an address, .*--allow-net'
}
test_case 'the network policy holds for the server' policy

places() {
  anew
  save "$(automation deploy)"
  mkdir secrets
  (umask 077 && printf '%s\n' "$WANDB_KEY" >secrets/WANDB_API_KEY)
  WANDB_API_KEY='' expect_status 0 import --secrets "dir:$PWD/secrets" --secret-timeout 5s || fail "$(<err)"
  expect_equal "$(<made)" out/deploy.json
}
test_case 'the key is where --secrets says' places

# ---- the command line ----

usage() {
  local message arguments
  anew
  while IFS='|' read -r message arguments; do
    # shellcheck disable=SC2086 # several
    expect_status 2 wb-automation $arguments >out.txt 2>err
    expect_empty out.txt
    expect_equal "$(head -n 1 err)" "wb-automation: $message"
  done <<'END'
whose automations are to be imported? Say --from-wandb ENTITY|import -c out
whose automations are to be imported? Say --from-wandb ENTITY|import -c out --from-wandb=
no automations: name a file or a directory with -c, or in $WB_CONFIG|import --from-wandb acme
too many operands: 'x'|import x --from-wandb acme
unknown option '--from-wanbd'; did you mean '--from-wandb'?|import --from-wanbd acme
--retries takes a whole number from 0 to 100, not 'x'|import --retries x
import stands first: wb-automation import ...|-c out import
unknown command 'imprt'; did you mean 'import'?|imprt
END
  expect_match "$(wb-automation import --help)" '^usage: wb-automation import --from-wandb ENTITY'
  expect_match "$(wb-automation --help)" 'wb-automation import'
}
test_case 'what is missing or wrong on the command line' usage
