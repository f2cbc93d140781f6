#!/usr/bin/env bash
#
# wb-event-poll.test.sh - what a live registry's changes become, and what is known of them from one poll to the next

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/polls.sh
. "$TESTS/polls.sh"

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
  rm state.next
  expect_equal "$(told --since 2026-03-24T01:00:02Z)" $'LINK_ARTIFACT fraud:1 - ann 01:00:02Z
ADD_ARTIFACT_ALIAS fraud:1 prod ann 01:00:02Z'
  rm state.next
  expect_equal "$(told --since 2026-03-24T02:00:03+01:00)" ''
  commit
  wandb_do "[$(link)]" >/dev/null
  expect_equal "$(told --all)" 'LINK_ARTIFACT fraud:2 - ann 01:00:03Z' # not the first run any more
}
test_case 'the first run tells nothing, all, or what is not older than a time' first_runs

# A first run that was not committed, and the next one is asked otherwise: nothing that was told is lost.
asked_otherwise() {
  local since='the first run, with --since 2026-03-24T01:00:02Z, was not committed'
  local again='what it told is told again, and it goes on from there'
  anew
  wandb_do "[$(link),$(link),$(link)]" >/dev/null
  poll
  # it has told nothing, and one that is to tell something begins anew
  expect_equal "$(told --since 2026-03-24T01:00:02Z)" $'LINK_ARTIFACT fraud:1 - ann 01:00:02Z\nLINK_ARTIFACT fraud:2 - ann 01:00:03Z'
  expect_equal "$(<err)" "wb-event: state 'state': the first run, without --since or --all, was not committed: it begins anew, with --since 2026-03-24T01:00:02Z"
  cp out first
  # the same
  expect_equal "$(told --since 2026-03-24T02:00:02+01:00 | wc -l)" 2
  expect_equal "$(<err)" "wb-event: state 'state': the first run is not committed yet: what it told is told again"
  # less: what was told comes again
  poll
  expect_file out first
  expect_equal "$(<err)" "wb-event: state 'state': $since: $again; to begin anew, without --since or --all, remove 'state.next'"
  wandb_do "[$(link)]" >/dev/null
  poll --since 2026-03-24T01:00:03Z
  expect_file <(head -n 2 out) first
  expect_equal "$(wc -l <out)" 3
  expect_match "$(<err)" "to begin anew, with --since 2026-03-24T01:00:03Z, remove 'state.next'"
  # more, which has in it what was told
  poll --all
  expect_equal "$(<err)" "wb-event: state 'state': $since: it begins anew, with --all"
  expect_equal "$(json out .artifact_version_index | xargs)" '0 1 2 3'
  # committed, it is the first run no more
  commit
  expect_equal "$(told --since 2026-03-24T01:00:00Z)" ''
  expect_equal "$(<err)" "wb-event: state 'state': its first run is committed, so --since makes no difference"
  poll --all
  expect_equal "$(<err)" "wb-event: state 'state': its first run is committed, so --all makes no difference"
  poll
  expect_empty err
}
test_case 'a first run that was not committed and is asked otherwise: nothing that was told is lost, and it is said' asked_otherwise

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
  expect_match "$(<err)" "wb-event: $WANDB_URL: there is no organization nobody, or the key may not see it"
}
test_case 'all registries of an organization, also those that are new' registries

# One that is listed, and not there when its page is asked for, is as one that was deleted.
registry_vanishes() {
  anew
  wandb_do '[{"do":"organization","name":"org","entity":"org-e"},{"do":"registry","organization":"org","name":"a"},
    {"do":"registry","organization":"org","name":"b"}]' >/dev/null
  args=(--registries org --state state "${open[@]}" --retries 0 --jobs 1)
  wandb_do "[$(link '' org-e/wandb-registry-a/m),$(link '' org-e/wandb-registry-b/m)]" >/dev/null
  wb-event poll "${args[@]}" >out 2>err
  commit
  wandb_do "[$(link '' org-e/wandb-registry-a/m),$(link '' org-e/wandb-registry-b/m)]" >/dev/null
  wandb_do '{"do":"fault","kind":"replace","path":"data.project","value":null,"when":{"operation":"WbCollections"},"times":1}' \
    >/dev/null
  wb-event poll "${args[@]}" >out 2>err || fail "$(<err)"
  expect_match "$(<err)" "^wb-event: $WANDB_URL: the registry org-e/wandb-registry-[ab] was listed and is not there, or the key may not see it: it is passed over$"
  commit
  # each of them is told once, at once or when it is seen again
  wb-event poll "${args[@]}" >>out 2>err
  expect_empty err
  expect_equal "$(json out '"\(.event_type) \(.project_name) \(.artifact_version_index)"' | sort)" \
    $'LINK_ARTIFACT wandb-registry-a 1\nLINK_ARTIFACT wandb-registry-b 1'
}
test_case 'a registry that vanishes while several are polled is passed over, and nothing of it is lost' registry_vanishes

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
  expect_match "$(<err)" "wb-event: $WANDB_URL: there is no collection $project/none, or the key may not see it"
  expect_status 3 wb-event poll "acme/none" --state s2 "${open[@]}" 2>err
  expect_match "$(<err)" "wb-event: $WANDB_URL: there is no project acme/none, or the key may not see it; there is an entity acme"
  expect_status 3 wb-event poll emca/registry --state s2 "${open[@]}" 2>err
  expect_match "$(<err)" "wb-event: $WANDB_URL: there is no entity emca, or the key may not see it"
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

# The same within a collection: the next poll may find another page.
circle_passes() {
  local cursor pid
  anew '"cursors":"offset"'
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":1,\"versions\":200}" >/dev/null
  wandb_do '{"do":"clear_log"}' >/dev/null
  wb-event poll "$project" --state other "${open[@]}" --all >all
  cursor=$(wandb_do '{"do":"log"}' | jq -c '[.[] | select(.operation == "WbParts")][0].variables.a0_2')
  wandb_do "{\"do\":\"fault\",\"kind\":\"replace\",\"path\":\"data.c0.artifactMemberships.pageInfo.endCursor\",
    \"value\":$cursor,\"when\":{\"operation\":\"WbParts\"},\"times\":1}" >/dev/null
  mkfifo pipe
  wb-event poll "$project" --state state "${open[@]}" --all --retries 0 --follow --interval 10ms >pipe 2>err &
  pid=$!
  head -n 200 pipe >out
  kill -TERM "$pid" || :
  expect_status 0 wait "$pid"
  expect_equal "$(<err)" "wb-event: $WANDB_URL: collection model-0001: a page ends where it began: it would never end"
  expect_file <(jq .event_id out) <(jq .event_id all)
}
test_case '--follow outlives a page that ends where it began' circle_passes

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

# What is lost without a history is said, once a run.
histories_missed() {
  local links='the server does not tell the history of links: events of links have no author, those of unlinks no time of their own, and what is undone again between two polls is not seen: '
  local aliases='the server does not tell the history of aliases: events of aliases have no author and no time of their own, and what is undone again between two polls is not seen: '
  local settings pid
  for settings in '"denied":["aliasActionHistory","artifactCollectionActions"]' \
    '"without":["ArtifactCollection.aliasActionHistory","ArtifactCollection.artifactCollectionActions"]'; do
    anew "$settings"
    wandb_do "[$(link '"aliases":["prod"]'),$(link)]" >/dev/null
    told --all >lines
    expect_equal "$(grep -c -F "wb-event: $WANDB_URL: $links" err)" 1 "notes with $settings"
    expect_equal "$(grep -c -F "wb-event: $WANDB_URL: $aliases" err)" 1 "notes with $settings"
    cd ..
  done
  anew "\"denied\":[\"artifactCollectionActions@$project/b\"]"
  wandb_do "[$(link '' $project/a),$(link '' $project/b),$(link '' $project/c)]" >/dev/null
  told --all >lines
  expect_equal "$(wc -l <err)" 1
  expect_match "$(<err)" "the history of links of $project/b, and perhaps of others: .* status 403: the server says: "
  commit
  # polled again and again, it is said no more
  wb-event poll "$project" --state state "${open[@]}" --follow --interval 10ms >out 2>err &
  pid=$!
  wandb_do '{"do":"clear_log"}' >/dev/null
  wandb_do '{"do":"await","requests":12}' >/dev/null
  kill -TERM "$pid"
  expect_status 0 wait "$pid"
  expect_equal "$(wc -l <err)" 1
}
test_case 'a server that does not tell histories: it is said once a run what that means' histories_missed

denied_tags() {
  anew '"without":["Artifact.tags"]'
  wandb_do "[$(link '"tags":["a"]')]" >/dev/null
  expect_equal "$(told --all)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  expect_match "$(<err)" "wb-event: $WANDB_URL: the server does not tell tags of versions, so they make no events: "
  commit
  wandb_do '{"do":"settings","without":[],"denied":["ArtifactCollection.tags"]}' >/dev/null
  wandb_do "{\"do\":\"tag\",\"version\":\"$fraud:v0\",\"tag\":\"b\"}" >/dev/null
  told >/dev/null
  expect_match "$(<err)" "wb-event: $WANDB_URL: the server does not tell tags of collections, so they make no events: "
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
  WANDB_BASE_URL=https://api:kept-secret@api.wandb.ai refuses 2 'WANDB_BASE_URL: user info in front of the host'
  no_secret kept-secret err
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

named_runs() {
  local since='a poll since then has told all of it again; leave the commit to that run, or poll again if it has failed'
  # shellcheck disable=SC1003
  local odd='~!"\/#$%{}|'
  anew
  wandb_do "[$(link)]" >/dev/null
  poll --run a
  commit_of a
  # two runs overlap: each has told what the earlier one has not committed, and only the later one commits
  wandb_do "[$(link)]" >/dev/null
  expect_equal "$(told --run a)" 'LINK_ARTIFACT fraud:1 - ann 01:00:02Z'
  wandb_do "[$(link)]" >/dev/null
  expect_equal "$(told --run "$odd" | wc -l)" 2
  cp state before
  cp state.next tried
  expect_status 2 commit_of a 2>err
  expect_equal "$(<err)" "wb-event: cannot commit 'state': 'state.next' is of run $(jq -r -n --arg odd "$odd" '$odd | tojson[1:-1]'), not of run a: $since"
  expect_status 2 commit_of "$odd-" 2>err
  expect_file state before
  expect_file state.next tried
  commit_of "$odd"
  expect_file state tried
  commit_of a # there is nothing to commit any more: all that this run told is committed
  # the last run has no name
  wandb_do "[$(link)]" >/dev/null
  poll --run a
  poll
  expect_status 2 commit_of a 2>err
  expect_equal "$(<err)" "wb-event: cannot commit 'state': 'state.next' is of a run without --run, not of run a: $since"
  commit
  expect_equal "$(told)" ''
  # a commit that does not ask takes what is there, and a poll that follows names its last one
  poll --run b
  commit
  wandb_do "[$(link)]" >/dev/null
  poll --run c
  [[ $(head -n 1 state.next) == *'"run":"c"'* ]]
  # what it says of itself is nothing that an older state must have
  sed -i '1s/"run":"c",//' state.next
  expect_status 2 commit_of c 2>err
  commit
}
commit_of() {
  wb-event commit --state state --run "$1"
}
test_case 'a commit that names its run leaves what another one has polled' named_runs

bad_names_of_runs() {
  local name long
  printf -v long '%129s' ''
  anew
  for name in 'a b' $'a\tb' "é" "${long// /x}" ' '; do
    refuses 2 "wb-event: --run takes 1 to 128 printable ASCII characters without blanks, not '.*'" --run "$name"
    expect_status 2 commit_of "$name" 2>err
    expect_match "$(<err)" '^wb-event: --run takes 1 to 128 printable ASCII characters without blanks, not '
  done
  refuses 2 "wb-event: --run takes 1 to 128 printable .*, not ''" --run ''
  expect_status 2 commit_of '' 2>err
  expect_equal "$(<err)" 'wb-event: --run is empty; leave it out if there is none'
  [[ ! -e state.next ]]
  long=${long// /x}
  poll --run "${long%x}"
  commit_of "${long%x}"
  expect_status 2 wb-event link "$fraud:3" --run a 2>err
  expect_equal "$(<err)" 'wb-event: --run goes with poll and commit'
  expect_status 2 wb-event commit --state state --author ann 2>err
  expect_equal "$(<err)" 'wb-event: commit takes no options but --state and --run'
}
test_case 'what may be the name of a run, and where it may stand' bad_names_of_runs

gone_is_said() {
  local all="wb-event: $WANDB_URL: there are no collections $project/third and 1 more any longer, or the key may not see them; that makes no event"
  anew
  wandb_do "[$(link),$(link '' $project/other),$(link '' $project/third)]" >/dev/null
  baseline
  wandb_do "{\"do\":\"delete_collection\",\"collection\":\"$fraud\"}" >/dev/null
  expect_equal "$(told)" ''
  expect_equal "$(<err)" "wb-event: $WANDB_URL: there is no collection $fraud any longer, or the key may not see it; that makes no event"
  expect_equal "$(told)" ''
  expect_empty err
  commit
  expect_equal "$(told)" ''
  expect_empty err
  wandb_do '{"do":"settings","hidden":["acme/registry/other","acme/registry/third"]}' >/dev/null
  expect_equal "$(told)" ''
  expect_equal "$(<err)" "$all"
}
test_case 'a collection that is gone is said once' gone_is_said

renamed_by_name() {
  anew
  wandb_do "[$(link)]" >/dev/null
  one() { wb-event poll "$fraud" --state state "${open[@]}" >out 2>err; }
  one
  wb-event commit --state state
  wandb_do "{\"do\":\"rename\",\"collection\":\"$fraud\",\"name\":\"scam\"}" >/dev/null
  cp state before
  expect_status 3 one
  expect_equal "$(<err)" "wb-event: $WANDB_URL: there is no collection $fraud any more, or the key may not see it; if it was renamed, poll it by its new name, with a state of its own"
  expect_file state before
}
test_case 'a collection that is polled by its name, and renamed' renamed_by_name

# keeps MESSAGE - a commit is refused, and the state stays as it was
keeps() {
  cp state.next tried
  expect_status 2 commit 2>err
  expect_match "$(<err)" "cannot commit 'state': 'state.next' $1"
  if [[ -e before ]]; then expect_file state before; else [[ ! -e state ]] || fail 'state was made'; fi
  expect_file state.next tried
}
damaged_commits() {
  local damaged='is damaged: .*; remove that and poll again'
  anew
  wandb_do "[$(link),$(link '' $project/other)]" >/dev/null
  poll --all
  head -c -1 state.next >cut && cp state.next whole && cp cut state.next
  keeps "$damaged" # also at a first run
  cp whole state.next
  commit
  cp state before
  wandb_do "[$(link),$(link '' $project/other)]" >/dev/null
  poll
  cp state.next whole
  local size n
  size=$(stat -c %s whole)
  for n in 0 1 40 $((size / 2)) $((size - 1)) "$(head -n 1 whole | wc -c)" "$(head -n -1 whole | wc -c)"; do
    head -c "$n" whole >state.next
    keeps "$damaged"
  done
  printf 'garbage\n' >state.next
  keeps "$damaged"
  printf '{}\n' >state.next
  keeps "$damaged"
  { cat whole && printf '{}\n'; } >state.next
  keeps "$damaged"
  sed '1s/"events":2/"events":9223372036854775807/' whole >state.next
  keeps "$damaged"
  sed '1s/"wb_event_state":2/"wb_event_state":3/' whole >state.next
  keeps 'is of version 3, made by a newer wb-event; this one knows version 2'
  sed '1s/"scope":"[^"]*"/"scope":"acme\/others"/' whole >state.next
  keeps "is of acme/others on $WANDB_URL, and 'state' is not"
  sed '1s/"server":"[^"]*"/"server":"https:\/\/wandb.test"/' whole >state.next
  keeps "is of $project on https://wandb.test, and 'state' is not"
  sed '1s/"base":"[^"]*"/"base":""/' whole >state.next
  keeps "does not follow from 'state'; poll again"
  cp whole state.next
  mv state before
  expect_status 2 commit 2>err
  expect_match "$(<err)" "'state.next' does not follow from 'state'; poll again"
  [[ ! -e state ]] || fail 'state was made'
  cp before state
  commit
  expect_file state whole
  expect_equal "$(told)" ''
}
test_case 'a commit refuses what is damaged, of another registry, or does not follow, and the state stays' damaged_commits

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
  wb-event poll "$project" --state state "${open[@]}" --retries 0 --follow --interval 50ms --auto-commit >pipe 2>err &
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

# A pipe that is full, as its reader has stopped: what it took is whole lines, and all of them are told the next time.
stopped_while_writing() {
  local reader
  anew
  baseline
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":1,\"versions\":400}" >/dev/null
  mkfifo pipe
  {
    wb-event poll "$project" --state state "${open[@]}" --follow "$@" >pipe 2>err &
    printf '%s\n' "$!" >pid
    wait "$!" || printf 'status %s\n' "$?" >ended
  } &
  exec {reader}<pipe
  # this is there before the first event is written, and till the last one is
  until [[ -e state.part ]]; do read -r -t 0.01 <>pid.none || :; done
  kill -TERM "$(<pid)"
  await_line ended '^status 3$'
  expect_equal "$(<err)" 'wb-event: stopped before all events were written; the next poll writes all of them again'
  cat <&"$reader" >taken
  exec {reader}<&-
  (($(wc -l <taken) < 400)) || fail 'all were written'
  [[ ! -s taken || -z $(tail -c 1 taken) ]] || fail 'the last line is torn'
  expect_status 3 commit 2>err
  poll
  expect_equal "$(json out .event_id | sort -u | wc -l)" 400
  expect_file <(head -n "$(wc -l <taken)" out) taken
}
stopped_by_a_full_pipe() {
  stopped_while_writing
  cd ..
  stopped_while_writing --auto-commit
}
test_case '--follow ends when its reader has stopped, too, and loses nothing' stopped_by_a_full_pipe

# One that only reads slowly gets all.
slow_reader() {
  local pid reader
  anew
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":1,\"versions\":400}" >/dev/null
  mkfifo pipe
  wb-event poll "$project" --state state "${open[@]}" --all --follow >pipe 2>err &
  pid=$!
  exec {reader}<pipe
  until [[ -e state.part ]]; do read -r -t 0.01 <>pid.none || :; done
  head -n 400 <&"$reader" >taken
  until [[ -e state.next ]]; do read -r -t 0.01 <>pid.none || :; done
  kill -TERM "$pid"
  expect_status 0 wait "$pid"
  exec {reader}<&-
  poll
  expect_file taken out
}
test_case '--follow writes all to a reader that is slow' slow_reader
