#!/usr/bin/env bash
#
# wb-event-poll.test.sh - what a live registry's changes become, against a server that answers as badly as it is told

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

start_wandb
export WANDB_BASE_URL=$WANDB_URL WANDB_API_KEY=$WANDB_KEY
open=(--allow-http --allow-net 127.0.0.0/8)
project=acme/registry
fraud=$project/fraud

# anew [SETTING…] - an empty server and a directory of the case's own, with settings as JSON members
anew() {
  cd "$(mktemp -d "$T/case.XXXXXX")" || return
  wandb_do "[{\"do\":\"reset\"},{\"do\":\"clear_faults\"},{\"do\":\"project\",\"project\":\"$project\"}]" >/dev/null
  [[ $# -eq 0 ]] || wandb_do "{\"do\":\"settings\",$1}" >/dev/null
}

# poll [OPTION…] - into out, messages into err
poll() {
  wb-event poll "$project" --state state "${open[@]}" --retries 0 "$@" >out 2>err
}

commit() {
  wb-event commit --state state
}

# baseline - what is there now is known
baseline() {
  poll || fail "$(<err)"
  expect_empty out
  commit
}

# told [OPTION…] - what a poll tells, without metadata: TYPE COLLECTION:INDEX ALIAS-OR-TAG AUTHOR TIME; times of
# what has none are shown as "-"
told() {
  poll "$@" || fail "status $?: $(<err)"
  jq -r '[.event_type, "\(.artifact_collection_name):\(.artifact_version_index // "")", .alias // .tag // "-",
    .event_author // "-", (.event_time | if startswith("2026-03") then .[11:] else "-" end)] | join(" ")' out
}

# refuses STATUS MESSAGE [OPTION…] - a poll ends so, writes nothing, and says that (an extended regex)
refuses() {
  expect_status "$1" poll "${@:3}"
  expect_empty out
  expect_match "$(<err)" "$2"
}

# requests - how many the server has got
requests() {
  wandb_do '{"do":"counts"}' | jq .requests
}

link() {
  printf '{"do":"link","collection":"%s","user":"ann","after":1%s}' "${2:-$fraud}" "${1:+,$1}"
}

# ---- events ----

every_type() {
  anew
  wandb_do "[$(link)]" >/dev/null
  baseline
  wandb_do "[$(link '"metadata":"{\"b\": 1.10, \"a\": 12345678901234567890, \"b\": [1e400, \"\\u00e9\"]}"'),
    {\"do\":\"alias\",\"version\":\"$fraud:v0\",\"alias\":\"prod\",\"user\":\"bob\",\"after\":1},
    {\"do\":\"alias\",\"version\":\"$fraud:v1\",\"alias\":\"prod\",\"user\":\"eve\",\"after\":1},
    {\"do\":\"tag\",\"version\":\"$fraud:v1\",\"tag\":\"checked\"},
    {\"do\":\"tag_collection\",\"collection\":\"$fraud\",\"tag\":\"risk\"},
    {\"do\":\"unlink\",\"version\":\"$fraud:v0\",\"user\":null,\"after\":1}]" >/dev/null
  expect_equal "$(told)" "LINK_ARTIFACT fraud:1 - ann 01:00:02Z
ADD_ARTIFACT_ALIAS fraud:0 prod bob 01:00:03Z
ADD_ARTIFACT_ALIAS fraud:1 prod eve 01:00:04Z
UNLINK_ARTIFACT fraud:0 - - 01:00:05Z
ADD_ARTIFACT_TAG fraud:1 checked - -
ADD_COLLECTION_TAG fraud: risk - -"
  jq -c . out >again
  expect_equal "$(grep -c '"artifact_metadata":{"b":1.10,"a":12345678901234567890,"b":\[1e400,"\\u00e9"\]}' out)" 3 metadata
  expect_equal "$(json out '[.source, .entity_name, .project_name, .artifact_collection_name] | join(" ")' | sort -u)" \
    'wandb acme registry fraud'
  expect_equal "$(json out 'select(.alias) | .artifact_version_string' | sort -u)" "$fraud:prod"
  expect_equal "$(json out 'select(.event_type == "LINK_ARTIFACT") | .artifact_version_string')" "$fraud:v1"
  expect_match "$(json out .artifact_version)" '^wandb-artifact://_id/QXJ0aWZhY3Q6[^ ]+'
  expect_equal "$(json out .event_id | sort -u | wc -l)" 6 'different ids'
  commit
  wandb_do "[{\"do\":\"untag\",\"version\":\"$fraud:v1\",\"tag\":\"checked\"},
    {\"do\":\"untag_collection\",\"collection\":\"$fraud\",\"tag\":\"risk\"}]" >/dev/null
  expect_equal "$(told)" $'REMOVE_ARTIFACT_TAG fraud:1 checked - -\nREMOVE_COLLECTION_TAG fraud: risk - -'
  commit
  expect_equal "$(told)" ''
}
test_case 'every kind of change is an event, in order, with author, time and metadata as far as there are' every_type

exact_event() {
  anew
  baseline
  wandb_do "[$(link '"aliases":["prod"],"metadata":"{\"a\": 1}","at":"2026-03-24T02:00:00Z"' | sed 's/,"after":1//')]" \
    >result
  poll
  artifact=$(json result '.[0].artifact')
  shared='"event_author":"ann","entity_name":"acme","project_name":"registry","artifact_collection_name":"fraud"'
  shared+=",\"artifact_version\":\"wandb-artifact://_id/$artifact\",\"artifact_version_string\":\"$fraud:"
  end='"artifact_metadata":{"a":1},"source":"wandb"}'
  expect_equal "$(sed 's/"event_id":"[0-9a-f]\{32\}",//' out)" \
    "{\"event_time\":\"2026-03-24T02:00:00Z\",\"event_type\":\"LINK_ARTIFACT\",${shared}v0\",\"artifact_version_index\":0,$end
{\"event_time\":\"2026-03-24T02:00:00Z\",\"event_type\":\"ADD_ARTIFACT_ALIAS\",${shared}prod\",\"artifact_version_index\":0,\"alias\":\"prod\",$end"
}
test_case 'an event is written so' exact_event

latest() {
  anew
  wandb_do "[$(link)]" >/dev/null
  baseline
  cp state first
  wandb_do "[$(link),$(link)]" >/dev/null
  expect_equal "$(told)" $'LINK_ARTIFACT fraud:1 - ann 01:00:02Z\nLINK_ARTIFACT fraud:2 - ann 01:00:03Z'
  rm state.next
  expect_equal "$(told --include-latest | sed 's/ [^ ]*$//')" \
    $'LINK_ARTIFACT fraud:1 - ann\nLINK_ARTIFACT fraud:2 - ann\nADD_ARTIFACT_ALIAS fraud:2 latest -'
  commit
  wandb_do '{"do":"settings","latest_in_history":true,"versions_in_history":true}' >/dev/null
  wandb_do "[$(link),$(link)]" >/dev/null
  expect_equal "$(told)" $'LINK_ARTIFACT fraud:3 - ann 01:00:04Z\nLINK_ARTIFACT fraud:4 - ann 01:00:05Z'
  rm state.next
  expect_equal "$(told --include-latest)" 'LINK_ARTIFACT fraud:3 - ann 01:00:04Z
ADD_ARTIFACT_ALIAS fraud:3 latest ann 01:00:04Z
LINK_ARTIFACT fraud:4 - ann 01:00:05Z
ADD_ARTIFACT_ALIAS fraud:4 latest ann 01:00:05Z'
}
test_case 'v<N> makes no event, latest only where it is wanted' latest

first_runs() {
  anew
  wandb_do "[$(link '"aliases":["prod"],"tags":["t"]'),$(link '"aliases":["prod"]')]" >/dev/null
  poll
  expect_empty out
  expect_match "$(<err)" '1 collections with 2 versions are known now; what changes from here on is told'
  expect_equal "$(told --all)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z
ADD_ARTIFACT_ALIAS fraud:0 prod ann 01:00:01Z
LINK_ARTIFACT fraud:1 - ann 01:00:02Z
ADD_ARTIFACT_ALIAS fraud:1 prod ann 01:00:02Z
ADD_ARTIFACT_TAG fraud:0 t - -'
  expect_empty err
  expect_equal "$(told --since 2026-03-24T01:00:02Z)" $'LINK_ARTIFACT fraud:1 - ann 01:00:02Z
ADD_ARTIFACT_ALIAS fraud:1 prod ann 01:00:02Z'
  expect_equal "$(told --since 2026-03-24T02:00:03+01:00)" ''
  commit
  wandb_do "[$(link)]" >/dev/null
  expect_equal "$(told --all)" 'LINK_ARTIFACT fraud:2 - ann 01:00:03Z' # not the first run any more
}
test_case 'the first run tells nothing, all, or what is not older than a time' first_runs

new_and_gone() {
  anew
  wandb_do "[$(link)]" >/dev/null
  baseline
  wandb_do "[$(link '' $project/new),{\"do\":\"rename\",\"collection\":\"$fraud\",\"name\":\"scam\"},
    $(link '' $project/scam)]" >/dev/null
  expect_equal "$(told)" $'LINK_ARTIFACT new:0 - ann 01:00:02Z\nLINK_ARTIFACT scam:1 - ann 01:00:03Z'
  commit
  wandb_do "{\"do\":\"delete_collection\",\"collection\":\"$project/scam\"}" >/dev/null
  expect_equal "$(told)" ''
  commit
  expect_match "$(<state)" '"name":"scam",[^{]*"gone":'
}
test_case 'a collection that is new is told of, one that is renamed stays the same, one that is deleted makes no event' new_and_gone

registries() {
  anew
  wandb_do '[{"do":"organization","name":"Acme Inc","entity":"acme-org"},
    {"do":"registry","organization":"Acme Inc","name":"models"}]' >/dev/null
  args=(--registries 'Acme Inc' --state state "${open[@]}")
  wb-event poll "${args[@]}" >out 2>err
  wb-event commit --state state
  wandb_do "[$(link '' acme-org/wandb-registry-models/fraud),
    {\"do\":\"registry\",\"organization\":\"Acme Inc\",\"name\":\"data\"},
    $(link '' acme-org/wandb-registry-data/rows),$(link '' acme-org/other/none)]" >/dev/null
  wb-event poll "${args[@]}" >out
  expect_equal "$(json out '"\(.entity_name)/\(.project_name)/\(.artifact_collection_name)"')" \
    $'acme-org/wandb-registry-models/fraud\nacme-org/wandb-registry-data/rows'
  expect_status 3 wb-event poll --registries nobody --state other "${open[@]}" 2>err
  expect_match "$(<err)" 'there is no organization nobody, it has no registries, or the key may not see it'
}
test_case 'all registries of an organization, also those that are new' registries

one_collection() {
  anew
  wandb_do "[$(link),$(link '' $project/other)]" >/dev/null
  wb-event poll "$fraud" --state state "${open[@]}" --all >out
  expect_equal "$(json out .artifact_collection_name)" fraud
  wb-event commit --state state
  wandb_do "[$(link),$(link '' $project/other)]" >/dev/null
  wb-event poll "$fraud" --state state "${open[@]}" >out
  expect_equal "$(json out .artifact_version_index)" 1
  expect_status 3 wb-event poll "$project/none" --state s2 "${open[@]}" 2>err
  expect_match "$(<err)" "there is no collection $project/none, or the key may not see it"
  expect_status 3 wb-event poll "acme/none" --state s2 "${open[@]}" 2>err
  expect_match "$(<err)" 'there is no project acme/none, or the key may not see it'
}
test_case 'one collection of a project' one_collection

redirected() {
  anew
  wandb_do "[$(link),{\"do\":\"redirect\",\"project\":\"acme/model-registry\",\"to\":\"$project\"}]" >/dev/null
  wb-event poll acme/model-registry --state state "${open[@]}" --all >out
  expect_equal "$(json out '"\(.entity_name)/\(.project_name)"')" "$project"
}
test_case 'the names are those of the project that the server gives' redirected

bare_times() {
  anew '"times":"bare"'
  wandb_do "[$(link '"aliases":["prod"]')]" >/dev/null
  expect_equal "$(TZ=America/New_York told --all)" $'LINK_ARTIFACT fraud:0 - ann 01:00:01Z
ADD_ARTIFACT_ALIAS fraud:0 prod ann 01:00:01Z'
}
test_case 'a time without a zone is UTC' bare_times

# ---- pages ----

paging() {
  anew "$1"
  wandb_do "[{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":7,\"versions\":5,\"aliases\":[\"prod\"]},$(link)]" >/dev/null
  poll --all
  expect_equal "$(json out 'select(.event_type == "LINK_ARTIFACT") | .event_id' | sort -u | wc -l)" 36 "links with $1"
  expect_equal "$(json out 'select(.event_type == "ADD_ARTIFACT_ALIAS") | .event_id' | sort -u | wc -l)" 35 "aliases with $1"
  commit
  wandb_do "[$(link '' $project/model-0003),$(link '' $project/model-0006)]" >/dev/null
  expect_equal "$(told)" $'LINK_ARTIFACT model-0003:5 - ann 01:00:02Z\nLINK_ARTIFACT model-0006:5 - ann 01:00:03Z'
}
pages() {
  local settings
  for settings in '"page_limit":1' '"page_limit":3,"empty_every":2,"short_every":3' '"trailing_page":true,"page_limit":5' \
    '"cursors":"offset","page_limit":2' '"cursors":"salted","page_limit":4,"ties":"hash","default_order":"hash"' \
    '"hidden":[],"empty_every":3'; do
    paging "$settings"
    cd ..
  done
}
test_case 'pages that are short, empty, and of any size are read to the end' pages

never_ending() {
  anew '"page_limit":1'
  wandb_do "[$(link),$(link '' $project/b)]" >/dev/null
  wandb_do '{"do":"fault","kind":"replace","path":"data.project.artifactCollections.pageInfo.endCursor","value":"X","times":"always"}' \
    >/dev/null
  refuses 3 '.'
}
test_case 'a server whose pages lead nowhere does not keep a poll for ever' never_ending

# ---- histories ----

without_histories() {
  anew "$1"
  wandb_do "[$(link '"aliases":["prod"]'),$(link)]" >/dev/null
  baseline
  wandb_do "[$(link),{\"do\":\"alias\",\"version\":\"$fraud:v1\",\"alias\":\"prod\",\"user\":\"bob\"},
    {\"do\":\"unlink\",\"version\":\"$fraud:v0\",\"user\":\"bob\"}]" >/dev/null
  told | sort >lines
  expect_equal "$(<lines)" "$2"
  commit
  expect_equal "$(told)" '' 'told once'
}
histories_refused() {
  local nothing='ADD_ARTIFACT_ALIAS fraud:1 prod - -
LINK_ARTIFACT fraud:2 - - 01:00:03Z
UNLINK_ARTIFACT fraud:0 - - -'
  for settings in '"denied":["aliasActionHistory","artifactCollectionActions"]' \
    '"without":["ArtifactCollection.aliasActionHistory","ArtifactCollection.artifactCollectionActions"]' \
    "\"denied\":[\"aliasActionHistory@$project\",\"artifactCollectionActions@$fraud\"]"; do
    without_histories "$settings" "$nothing"
    cd ..
  done
  without_histories '"history_limit":1' 'ADD_ARTIFACT_ALIAS fraud:1 prod bob 01:00:03Z
LINK_ARTIFACT fraud:2 - - 01:00:03Z
UNLINK_ARTIFACT fraud:0 - bob 01:00:03Z'
  cd ..
  without_histories '"without":["ArtifactCollection.aliasActionHistory.order","ArtifactCollection.artifactCollectionActions.order"]' \
    'ADD_ARTIFACT_ALIAS fraud:1 prod bob 01:00:03Z
LINK_ARTIFACT fraud:2 - ann 01:00:03Z
UNLINK_ARTIFACT fraud:0 - bob 01:00:03Z'
  cd ..
  without_histories '"unlink_artifact":"null"' 'ADD_ARTIFACT_ALIAS fraud:1 prod bob 01:00:03Z
LINK_ARTIFACT fraud:2 - ann 01:00:03Z
UNLINK_ARTIFACT fraud:0 - bob 01:00:03Z'
}
test_case 'histories that are refused, absent, cut or without order: nothing is missed and nothing told twice' histories_refused

denied_tags() {
  anew '"without":["Artifact.tags"]'
  wandb_do "[$(link '"tags":["a"]')]" >/dev/null
  expect_equal "$(told --all)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  expect_match "$(<err)" 'the server does not tell tags of versions'
  commit
  wandb_do '{"do":"settings","without":[],"denied":["ArtifactCollection.tags"]}' >/dev/null
  wandb_do "{\"do\":\"tag\",\"version\":\"$fraud:v0\",\"tag\":\"b\"}" >/dev/null
  told >/dev/null
  expect_match "$(<err)" 'the server does not tell tags of collections'
}
test_case 'a server without tags' denied_tags

one_denied() {
  anew "\"denied\":[\"artifactCollectionActions@$project/b\"]"
  wandb_do "[$(link '' $project/a),$(link '' $project/b),$(link '' $project/c)]" >/dev/null
  baseline
  wandb_do "[$(link '' $project/a),$(link '' $project/b),$(link '' $project/c)]" >/dev/null
  expect_equal "$(told)" $'LINK_ARTIFACT a:1 - ann 01:00:04Z
LINK_ARTIFACT b:1 - - 01:00:05Z
LINK_ARTIFACT c:1 - ann 01:00:06Z'
}
test_case 'a history that is refused of one collection is read of the others' one_denied

# ---- the state ----

replays() {
  anew
  baseline
  wandb_do "[$(link)]" >/dev/null
  poll
  cp out first
  poll
  expect_file out first
  wandb_do "[{\"do\":\"tag\",\"version\":\"$fraud:v0\",\"tag\":\"t\"}]" >/dev/null
  poll
  cp out second
  expect_equal "$(head -n 1 second)" "$(<first)"
  # taken away again, and told all the same: somebody may have seen it
  wandb_do "[{\"do\":\"untag\",\"version\":\"$fraud:v0\",\"tag\":\"t\"}]" >/dev/null
  expect_equal "$(told | cut -d ' ' -f 1)" $'LINK_ARTIFACT\nADD_ARTIFACT_TAG\nREMOVE_ARTIFACT_TAG'
  expect_equal "$(head -n 2 out)" "$(<second)"
  commit
  commit
  expect_equal "$(told)" ''
}
test_case 'what was told and not committed is told again, byte for byte' replays

auto_commit() {
  anew
  baseline
  wandb_do "[$(link)]" >/dev/null
  expect_equal "$(told --auto-commit)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  expect_equal "$(told)" ''
  [[ ! -e state.part ]]
}
test_case '--auto-commit: once written, never again' auto_commit

two_machines() {
  anew
  wandb_do "[$(link)]" >/dev/null
  baseline
  cp state other
  wandb_do "[$(link '"aliases":["prod"]'),{\"do\":\"alias\",\"version\":\"$fraud:v0\",\"alias\":\"prod\"},
    {\"do\":\"tag\",\"version\":\"$fraud:v0\",\"tag\":\"t\"},{\"do\":\"tag_collection\",\"collection\":\"$fraud\",\"tag\":\"t\"}]" >/dev/null
  poll
  json out .event_id >ids
  wandb_do "[{\"do\":\"unlink\",\"version\":\"$fraud:v1\"}]" >/dev/null
  # one that asks for all sees the same changes, and one that comes later
  wb-event poll "$project" --state all "${open[@]}" --all >all.jsonl
  wb-event poll "$project" --state other "${open[@]}" >other.jsonl
  poll
  expect_equal "$(json other.jsonl .event_id | sort)" "$(json out .event_id | sort)"
  expect_equal "$(json out .event_id | grep -c -x -F -f <(json all.jsonl .event_id))" 6 'ids that a first run gives, too'
}
test_case 'two machines give the same change the same id' two_machines

dead_stdout() {
  anew
  baseline
  wandb_do "[$(link)]" >/dev/null
  expect_status 3 wb-event poll "$project" --state state "${open[@]}" >/dev/full 2>err
  expect_match "$(<err)" 'cannot write to standard output: No space left on device; the next poll writes all of it again'
  [[ ! -e state.next ]] || fail 'state.next is there'
  expect_status 3 commit 2>err
  expect_match "$(<err)" "cannot commit 'state': the last run did not write out all that it found; run it again"
  expect_equal "$(told)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  commit
  expect_equal "$(told)" ''
}
test_case 'events that could not be written are not committed, and told the next time' dead_stdout

no_room() {
  anew
  baseline
  cp state before
  wandb_do "[$(link)]" >/dev/null
  mkdir sub
  (trap '' XFSZ && ulimit -f 0 && ! wb-event poll "$project" --state state "${open[@]}") 2>&1 | cat >piped
  expect_equal "$(<piped)" "wb-event: cannot write 'state.tmp': File too large"
  expect_file state before
  expect_equal "$(told)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
}
test_case 'nothing is written out that could not be kept' no_room

locked() {
  anew
  baseline
  exec {lock}<state.lock
  flock -x -n "$lock"
  refuses 2 "state 'state' is in use by another wb-event"
  expect_status 2 commit 2>err
  exec {lock}<&-
  expect_equal "$(told)" ''
}
test_case 'two polls on one state refuse' locked

foreign_states() {
  anew
  baseline
  expect_status 2 wb-event poll acme/other --state state "${open[@]}" 2>err
  expect_match "$(<err)" "state 'state' is of $project on $WANDB_URL, not of acme/other on $WANDB_URL: each needs a state of its own"
  WANDB_BASE_URL=http://127.0.0.1:1/ refuses 2 "not of $project on http://127.0.0.1:1: "
  sed -i '1s/"wb_event_state":2/"wb_event_state":3/' state
  refuses 2 "state 'state' is of version 3, made by a newer wb-event; this one knows version 2"
  printf 'something else\n' >state
  refuses 2 "state 'state': line 1: byte 1: .*; it was not written by wb-event"
  printf '{}\n' >state
  refuses 2 'line 1: byte 1: not the head of a state'
  rm state
  mkdir state
  refuses 2 "state 'state' is not a regular file"
}
test_case 'a state of another registry, of a newer version or of something else is refused' foreign_states

damaged_states() {
  anew
  wandb_do "[$(link '"aliases":["prod"],"tags":["t"]'),$(link)]" >/dev/null
  baseline
  local size n
  size=$(stat -c %s state)
  cp state whole
  for ((n = 1; n < size; n += 7)); do
    head -c "$n" whole >state
    expect_status 2 poll
    expect_empty out
  done
}
test_case 'a state that is cut anywhere is refused' damaged_states

commit_errors() {
  anew
  expect_status 2 commit 2>err
  expect_equal "$(<err)" "wb-event: there is no state 'state': a run with --state makes it"
  expect_status 2 wb-event commit 2>err
  expect_equal "$(<err)" 'wb-event: which state is to be committed? Say --state FILE'
  expect_status 2 wb-event commit --state none/state 2>err
  expect_match "$(<err)" "cannot open 'none/state.lock': No such file or directory"
}
test_case 'commit says what is missing' commit_errors

linked_state() {
  anew
  mkdir elsewhere
  : >elsewhere/state
  rm elsewhere/state
  baseline
  mv state elsewhere/state
  ln -s elsewhere/state state
  wandb_do "[$(link)]" >/dev/null
  expect_equal "$(told)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  commit
  [[ -L state && -f elsewhere/state ]]
  expect_equal "$(told)" ''
  expect_equal "$(stat -c %a elsewhere/state)" 600
}
test_case 'a state that is a link stays one' linked_state

follows() {
  local pid lines line
  anew
  baseline
  mkfifo pipe
  wb-event poll "$project" --state state "${open[@]}" --follow --interval 50ms --auto-commit >pipe 2>err &
  pid=$!
  exec {lines}<pipe
  wandb_do "[$(link)]" >/dev/null
  read -r -t 60 -u "$lines" line
  expect_equal "$(json /dev/stdin .artifact_version_index <<<"$line")" 0
  # the server fails, and comes back
  wandb_do '[{"do":"fault","kind":"status","status":503,"times":3},{"do":"fault","kind":"close","times":2}]' >/dev/null
  wandb_do "[$(link)]" >/dev/null
  read -r -t 60 -u "$lines" line
  expect_equal "$(json /dev/stdin .artifact_version_index <<<"$line")" 1
  kill -TERM "$pid"
  expect_status 0 wait "$pid"
  exec {lines}<&-
  expect_equal "$(told)" ''
}
test_case '--follow tells what happens, outlives failures, and ends cleanly' follows

stopped_in_a_poll() {
  local pid
  anew
  baseline
  cp state before
  wandb_do "[$(link),{\"do\":\"fault\",\"kind\":\"hold\"}]" >/dev/null
  wb-event poll "$project" --state state "${open[@]}" --follow >out 2>err &
  pid=$!
  wandb_do '{"do":"await","held":1}' >/dev/null
  kill -INT "$pid" 2>/dev/null
  kill -TERM "$pid"
  expect_status 0 wait "$pid"
  wandb_do '{"do":"release"}' >/dev/null
  expect_empty out
  expect_file state before
}
test_case '--follow ends within a poll, too' stopped_in_a_poll

# ---- a server that fails ----

# fault JSON… - the server's next answers are spoilt so
fault() {
  wandb_do "[$(printf '{"do":"fault",%s},' "$@" | sed 's/,$//')]" >/dev/null
}

failing() {
  local message=$1
  shift
  anew
  wandb_do "[$(link '"aliases":["prod"],"tags":["t"],"metadata":"{}"'),{\"do\":\"tag_collection\",\"collection\":\"$fraud\",\"tag\":\"t\"}]" >/dev/null
  baseline
  cp state before
  wandb_do "[$(link '"metadata":"{\"a\":1}"')]" >/dev/null
  fault "$@"
  refuses 3 "$message"
  expect_file state before
  [[ ! -e state.next && ! -e state.part ]] || fail 'something was kept'
  wandb_do '[{"do":"clear_faults"}]' >/dev/null
  expect_equal "$(told)" 'LINK_ARTIFACT fraud:1 - ann 01:00:02Z'
  cd ..
}
refusals() {
  local about="cannot read the collections of $project:"
  failing "$about status 401: the server does not take the key: the server says: status 401" '"kind":"status","status":401'
  failing "$about status 403: the server says: permission denied" \
    '"kind":"errors","status":403,"message":"permission denied","code":"PERMISSION_ERROR"'
  failing "$about the server says: it is broken \(INTERNAL\)" '"kind":"errors","message":"it is broken","times":"always"'
  failing "$about the server says: .* at project" '"kind":"partial","path":"data.project","times":"always"'
  failing 'cannot read the metadata of 1 versions: ' '"kind":"status","status":501,"when":{"operation":"WbMetadata"}'
  failing "$about status 500" '"kind":"status","status":500,"times":"always"'
  failing "$about status 404: is WANDB_BASE_URL a W&B server" '"kind":"html","status":404'
  failing "$about status 502" '"kind":"html","times":"always"'
  failing "$about status 307; redirects are not followed" '"kind":"redirect"'
  failing "$about status 429; it asks to come again in 90 s: the server says: rate limit exceeded" '"kind":"rate_limit","retry_after":90'
  failing "$about .*connection" '"kind":"close","times":"always"'
  failing "$about .*connection" '"kind":"truncate","times":"always"'
  failing "$about .*connection" '"kind":"reset","times":"always"'
}
test_case 'a server that refuses or breaks: a message, status 3, and the state as it was' refusals

malformed() {
  local wrong="the server's answer about the collections of $project is not as it must be: data.project"
  failing 'answer: byte [0-9]+ of the answer: nested too deep|answer.data: expected an object, not an array' '"kind":"nested"'
  failing 'the server says: ' '"kind":"nested_errors","depth":10,"times":"always"'
  failing 'byte [0-9]+ of the answer: .*UTF-8' '"kind":"invalid_utf8"'
  failing 'byte [0-9]+ of the answer: .*UTF-8' '"kind":"invalid_utf8","member":"name"'
  failing "$wrong: expected an object, not a number" '"kind":"replace","path":"data.project","value":7'
  failing "$wrong.artifactCollections: expected an object, not null" \
    '"kind":"replace","path":"data.project.artifactCollections","value":null'
  failing "$wrong.artifactCollections.edges\[0\].node.name: expected a string, not a number" \
    '"kind":"replace","path":"data.project.artifactCollections.edges.0.node.name","value":1'
  failing "$wrong.artifactCollections.edges\[0\].node.artifactMemberships.edges\[0\].node.createdAt: expected a time such as .*, not 'soon'" \
    '"kind":"replace","path":"data.project.artifactCollections.edges.0.node.artifactMemberships.edges.0.node.createdAt","value":"soon"'
  failing "$wrong.artifactCollections.edges\[0\].node.artifactMemberships.edges\[0\].node.versionIndex: expected a whole number, not 1.5" \
    '"kind":"replace","path":"data.project.artifactCollections.edges.0.node.artifactMemberships.edges.0.node.versionIndex","value":1.5'
  failing "$wrong.artifactCollections.pageInfo.hasNextPage: expected true, not a string" \
    '"kind":"replace","path":"data.project.artifactCollections.pageInfo.hasNextPage","value":"no"'
  failing "data.a0.metadata: expected a string, not an object" \
    '"kind":"replace","path":"data.a0.metadata","value":{}'
}
test_case 'what is not as it must be is named with its place' malformed

huge() {
  failing 'the answer is longer than 67108864 bytes' '"kind":"huge","times":"always"'
  failing 'the answer is longer than 67108864 bytes' '"kind":"huge","chunked":true,"times":"always"'
}
test_case 'an answer of 100 MB is not read to its end' huge

bad_metadata() {
  anew
  baseline
  wandb_do "[$(link '"metadata":"{\"a\": NaN}"'),$(link '"metadata":"[1]"'),$(link '"metadata":"null"'),$(link)]" >/dev/null
  expect_equal "$(told | wc -l)" 4
  expect_no_match "$(<out)" artifact_metadata
  expect_match "$(<err)" 'the metadata of version QXJ0aWZhY3Q6[^ ]* is left out: byte 7: '
  expect_match "$(<err)" 'is left out: it is no object'
}
test_case 'metadata that is none is left out, with a message: no version holds up all others' bad_metadata

retried() {
  anew
  wandb_do "[$(link)]" >/dev/null
  baseline
  wandb_do "[$(link)]" >/dev/null
  wandb_do '{"do":"clear_log"}' >/dev/null
  fault '"kind":"status","status":503' '"kind":"status","status":418' '"kind":"close"' '"kind":"truncate"'
  expect_equal "$(told --retries 5)" 'LINK_ARTIFACT fraud:1 - ann 01:00:02Z'
  expect_equal "$(requests)" 6
  # asked to come again in a second, it does, and not before
  rm state.next
  fault '"kind":"rate_limit","retry_after":1'
  local before after
  before=$(date +%s%N)
  expect_equal "$(told --retries 1)" 'LINK_ARTIFACT fraud:1 - ann 01:00:02Z'
  after=$(date +%s%N)
  ((after - before >= 1000000000)) || fail 'it came too early'
  # which is not done when there is no time for it
  fault '"kind":"rate_limit","retry_after":90'
  refuses 3 'it asks to come again in 90 s' --retries 5 --retry-max-time 5s
}
test_case 'what may go well is tried again, when the server says, if there is time' retried

final_statuses() {
  local status
  anew
  baseline
  for status in 400 401 403 404 409 410 422 501; do
    wandb_do '{"do":"clear_log"}' >/dev/null
    fault "\"kind\":\"errors\",\"status\":$status,\"times\":\"always\""
    expect_status 3 poll --retries 5
    # what may be too much is asked for in smaller pieces, what is refused only once
    [[ $status != @(401|403|404) ]] || expect_equal "$(requests)" 1 "requests at status $status"
    wandb_do '{"do":"clear_faults"}' >/dev/null
  done
}
test_case 'what is refused for good is not tried again' final_statuses

hung() {
  anew
  baseline
  fault '"kind":"hang"'
  wandb_do "[$(link)]" >/dev/null
  expect_equal "$(told --timeout 300ms --retries 1)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  rm state.next
  fault '"kind":"hang","times":"always"'
  refuses 3 'no answer within' --timeout 100ms
}
test_case 'a connection that hangs is given up' hung

smaller_pieces() {
  anew
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":30,\"versions\":3}" >/dev/null
  # the server refuses a hundred collections at a time, and then even twenty-five
  fault '"kind":"errors","status":422,"message":"query too complex","when":{"contains":"first:100 after"},"times":"always"' \
    '"kind":"huge","when":{"contains":"first:25 after"},"times":1'
  poll --all || fail "$(<err)"
  expect_equal "$(wc -l <out)" 90
}
test_case 'what is too much for the server is asked for in smaller pieces' smaller_pieces

# ---- requests ----

few_requests() {
  anew
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":250,\"versions\":20,\"aliases\":[\"prod\"]}" >/dev/null
  baseline
  wandb_do '{"do":"clear_log"}' >/dev/null
  expect_equal "$(told)" ''
  expect_equal "$(requests)" 3 'requests for 250 unchanged collections'
  wandb_do '{"do":"clear_log"}' >/dev/null
  wandb_do "[$(link '"metadata":"{}"' $project/model-0007)]" >/dev/null
  expect_equal "$(told | wc -l)" 1
  (($(requests) <= 6)) || fail "$(requests) requests for one change"
}
test_case 'what has not changed costs a request for a hundred collections' few_requests

bounded_jobs() {
  anew
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":10,\"versions\":60,\"metadata\":\"{}\"}" >/dev/null
  wandb_do '{"do":"clear_log"}' >/dev/null
  poll --all --jobs 3 || fail "$(<err)"
  expect_equal "$(wc -l <out)" 600
  (($(wandb_do '{"do":"counts"}' | jq .max_in_flight) <= 3)) || fail 'too many at the same time'
}
test_case 'no more requests at the same time than allowed' bounded_jobs

# ---- the key, and the network ----

key_is_secret() {
  local pid arguments
  anew
  wandb_do "[$(link "\"metadata\":\"{\\\"leak\\\":\\\"$WANDB_KEY\\\"}\",\"tags\":[\"$WANDB_KEY\"]")]" >/dev/null
  wandb_do '{"do":"fault","kind":"hold"}' >/dev/null
  wb-event poll "$project" --state state "${open[@]}" --all >out 2>err &
  pid=$!
  wandb_do '{"do":"await","held":1}' >/dev/null
  tr '\0' ' ' <"/proc/$pid/cmdline" >arguments
  wandb_do '{"do":"release"}' >/dev/null
  wait "$pid"
  expect_match "$(<out)" '"leak":"\*{40}"'
  commit
  basic=$(printf 'api:%s' "$WANDB_KEY" | base64 -w 0)
  fault "\"kind\":\"errors\",\"status\":403,\"message\":\"no: $WANDB_KEY $basic\""
  refuses 3 'no: \*'
  no_secret "$WANDB_KEY" .
  ! grep -r -F "$basic" . || fail 'the header stands somewhere'
}
test_case 'the key stands in no output, message, state or argument list, even if the server repeats it' key_is_secret

from_netrc() {
  anew
  unset WANDB_API_KEY
  refuses 2 "the key for 127.0.0.1: not found; set WANDB_API_KEY, or a password for machine 127.0.0.1 in ~/.netrc"
  printf 'machine api.wandb.ai login user password wrong\nmachine 127.0.0.1\n  login user\n  password %s\n' "$WANDB_KEY" \
    >"$HOME/.netrc"
  chmod 644 "$HOME/.netrc"
  refuses 2 '[~]/.netrc is readable or writable by others'
  chmod 600 "$HOME/.netrc"
  expect_equal "$(told)" ''
  printf 'machine 127.0.0.1 login user pasword %s\n' "$WANDB_KEY" >"$HOME/.netrc"
  refuses 2 'the key for 127.0.0.1: a word in it is unknown'
  rm "$HOME/.netrc"
  mkdir credentials
  (umask 077 && printf '%s\n' "$WANDB_KEY" >credentials/WANDB_API_KEY)
  expect_equal "$(CREDENTIALS_DIRECTORY=$PWD/credentials told)" ''
}
test_case 'the key comes from the environment, a credential or ~/.netrc' from_netrc

from_helper() {
  anew
  # shellcheck disable=SC2016 # expanded by the script
  printf '#!/bin/sh\n[ "$1" = WANDB_API_KEY ] && echo "$KEPT"\n' >./get-key
  chmod +x get-key
  unset WANDB_API_KEY
  export KEPT=$WANDB_KEY
  expect_equal "$(WB_SECRETS=exec:./get-key told)" ''
  wb-event poll "$project" --state state --allow-http --allow-net 127.0.0.0/8 --secrets exec:./get-key --secret-timeout 30s
  unset KEPT
  WB_SECRETS=exec:./get-key refuses 2 "the key for 127.0.0.1: helper './get-key' printed a value that is empty; set WANDB_API_KEY"
  WB_SECRETS=exec:false,env refuses 2 "the key for 127.0.0.1: helper 'false' ended with status 1; set WANDB_API_KEY"
  WB_SECRETS=vault refuses 2 'unknown provider of secrets: expected env, dir:PATH, exec:COMMAND or default'
}
test_case 'the key comes from a helper' from_helper

policy() {
  anew
  expect_status 2 wb-event poll "$project" --state state 2>err
  expect_match "$(<err)" 'WANDB_BASE_URL: the URL is http, not https; --allow-http would open it'
  expect_status 2 wb-event poll "$project" --state state --allow-http 2>err
  expect_match "$(<err)" 'the URL.s host is an address, .*--allow-net'
  WANDB_BASE_URL=ftp://x expect_status 2 wb-event poll "$project" --state state 2>err
  expect_match "$(<err)" 'WANDB_BASE_URL: the scheme is neither https nor http'
  printf 'wandb.test 127.0.0.1\n' >map
  WANDB_BASE_URL=http://wandb.test:$WANDB_PORT expect_status 3 with_resolver map \
    wb-event poll "$project" --state state --allow-http 2>err
  expect_match "$(<err)" 'wandb.test has the address 127.0.0.1, in 127.0.0.0/8'
  WANDB_BASE_URL=http://wandb.test:$WANDB_PORT expect_status 0 with_resolver map \
    wb-event poll "$project" --state state --allow-http --allow-host wandb.test 2>err
}
test_case 'the network policy holds for the server, too' policy

# A look-up that fails once is made again, and one that always fails ends the poll.
look_up_fails() {
  anew
  printf '' >map
  WANDB_BASE_URL=http://wandb.test:$WANDB_PORT expect_status 3 with_resolver map \
    wb-event poll "$project" --state state --allow-http --allow-net 127.0.0.1 --allow-host wandb.test --retries 1 >out 2>err
  expect_match "$(<err)" 'wandb\.test'
}
test_case 'a host that is not there is looked up again, and the poll ends' look_up_fails

# left_out PATH VALUE OPERATION MESSAGE - something of the answers to it; it is not asked for without end
left_out() {
  wandb_do "{\"do\":\"fault\",\"kind\":\"replace\",\"path\":\"$1\",\"value\":$2,\"times\":\"always\",\"when\":{\"operation\":\"$3\"}}" \
    >/dev/null
  refuses 3 "$4" --all
  wandb_do '{"do":"clear_faults"}' >/dev/null
}

left_out_of_answers() {
  anew
  wandb_do "[{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":1,\"versions\":300,\"metadata\":\"{}\"}]" >/dev/null
  left_out data '{}' WbParts 'data\.c0|c0\.[a-zA-Z]+ is missing'
  left_out data '{}' WbMetadata 'a0 is missing'
  left_out data.c0 '{"id":"QXJ0aWZhY3RDb2xsZWN0aW9uOjEwMDE=","name":"model-0001","state":"READY","createdAt":"2026-03-24T01:00:00Z"}' WbParts 'c0\.[a-zA-Z]+ is missing'
  poll --all || fail "$(<err)"
  expect_equal "$(wc -l <out)" 300
}
test_case 'what an answer leaves out is missed, once' left_out_of_answers

too_much_metadata() {
  anew
  # shellcheck disable=SC2016
  node -e 'console.log(JSON.stringify({do: "link", collection: process.argv[1], user: "ann",
    metadata: JSON.stringify({big: "x".repeat(17e6)})}))' "$fraud" >link
  wandb_do <link >/dev/null
  poll --all || fail "$(<err)"
  expect_match "$(<err)" 'is left out: with it the event is longer than 16 MiB'
  expect_equal "$(jq -c '[.event_type, has("artifact_metadata")]' out)" '["LINK_ARTIFACT",false]'
}
test_case 'an event is never longer than what other tools take' too_much_metadata

short_key() {
  anew
  WANDB_API_KEY=acme refuses 2 'too short'
}
test_case 'what is too short to be a key is not taken for one' short_key

other_projects() {
  anew
  wandb_do '[{"do":"organization","name":"org","entity":"org-e"},{"do":"registry","organization":"org","name":"r"},
    {"do":"link","collection":"org-e/wandb-registry-r/m","user":"ann"},{"do":"link","collection":"org-e/other/m","user":"ann"},
    {"do":"settings","ignored_filters":["projects"]}]' >/dev/null
  wb-event poll --registries org --state s2 "${open[@]}" --all >out 2>err || fail "$(<err)"
  expect_equal "$(jq -r .project_name out)" wandb-registry-r
}
test_case 'projects that are no registries are none, whatever the server makes of a filter' other_projects

over_tls() {
  anew
  make_test_ca
  start_wandb --tls "$SERVER_TLS"
  export WANDB_BASE_URL=$WANDB_URL/
  wandb_do "[{\"do\":\"project\",\"project\":\"$project\"},$(link)]" >/dev/null
  expect_equal "$(told --cacert "$CA_FILE" --all)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  expect_status 3 poll
  expect_match "$(<err)" 'certificate'
}
test_case 'over TLS' over_tls

usage() {
  anew
  local message
  while IFS='|' read -r message arguments; do
    # shellcheck disable=SC2086 # several
    expect_status 2 wb-event poll $arguments >out 2>err
    expect_empty out
    expect_equal "$(head -n 1 err)" "wb-event: $message"
  done <<'END'
where is the state? Say --state FILE|acme/registry
what is to be polled? Say ENTITY/PROJECT, ENTITY/PROJECT/COLLECTION or --registries ORG|--state s
what is to be polled? Say ENTITY/PROJECT, ENTITY/PROJECT/COLLECTION or --registries ORG|--state s acme/x --registries org
'acme' is not ENTITY/PROJECT or ENTITY/PROJECT/COLLECTION, such as acme/model-registry|acme --state s
'acme/x/y/z' is not ENTITY/PROJECT or ENTITY/PROJECT/COLLECTION, such as acme/model-registry|acme/x/y/z --state s
'acme//y' is not ENTITY/PROJECT or ENTITY/PROJECT/COLLECTION, such as acme/model-registry|acme//y --state s
too many operands: 'b'|acme/x b --state s
--since takes a time such as 2026-11-24T02:25:00Z, not 'yesterday'|acme/x --state s --since yesterday
--since and --all exclude each other|acme/x --state s --all --since 2026-11-24T02:25:00Z
--interval goes with --follow|acme/x --state s --interval 3s
END
  [[ ! -e s.lock ]] || fail 'something was made'
  expect_status 0 wb-event poll --help >out
  expect_match "$(<out)" '^usage: wb-event poll '
  mkdir alone
  cp "$(type -P wb-event)" alone/
  expect_status 3 alone/wb-event poll 2>err
  expect_equal "$(<err)" "wb-event: cannot run '$PWD/alone/wb-event-poll': No such file or directory"
}
test_case 'what is asked for wrongly is said' usage

# ---- all at once ----

interleaved() {
  local seed=${POLL_SEED:-7}
  [[ $seed != random ]] || seed=$((RANDOM << 15 | RANDOM))
  note "POLL_SEED=$seed repeats this"
  # shellcheck disable=SC2016 # the script's own
  printf '#!/bin/sh\ncommand=$1\nshift\n[ "$command" != poll ] || set -- "$@" %s\nexec wb-event "$command" "$@"\n' \
    "${open[*]}" >polls
  chmod +x polls
  mkdir states
  CLOCK_FILE=$PWD/clock with_shim clock node "$TESTS/interleave.mjs" --url "$WANDB_URL" --dir "$PWD/states" \
    --clock "$PWD/clock" --runs "${POLL_RUNS:-200}" --seed "$seed" -- "$PWD/polls" >totals 2>errors ||
    fail "$(tail -n 60 errors)"
  (($(jq .runs totals) == ${POLL_RUNS:-200} && $(jq .killed totals) > 0 && $(jq .events totals) > 0)) || fail "$(<totals)"
}
test_case '200 random sequences of changes, polls, deaths and commits: every change is told exactly once' interleaved

memory() {
  anew
  wandb_do "[$(link '"aliases":["prod"],"tags":["t"],"metadata":"{}"')]" >/dev/null
  fail_each_alloc '0|3|2' wb-event-poll "$project" --state "$PWD/state" "${open[@]}" --all --retries 0
}
test_case 'an allocation that fails is an error, whichever it is' memory
