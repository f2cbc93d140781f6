#!/usr/bin/env bash
#
# wb-event-poll-histories.test.sh - histories and lists that change behind what was read, and states of older versions

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/polls.sh
. "$TESTS/polls.sh"

settings() {
  wandb_do "{\"do\":\"settings\",$1}" >/dev/null
}

# told [OPTION…] - what a poll tells, and commit it: TYPE COLLECTION:INDEX ALIAS-OR-TAG AUTHOR; not their times
told() {
  poll "$@" || fail "status $?: $(<err)"
  commit
  jq -r '[.event_type, "\(.artifact_collection_name):\(.artifact_version_index // "")", .alias // .tag // "-",
    .event_author // "-"] | join(" ")' out
}

# alias VERSION NAME
put() {
  printf '{"do":"alias","version":"%s:v%s","alias":"%s","user":"bob","after":1}' "$fraud" "$1" "$2"
}

# at TIME COMMAND… - give the command this time of day
at() {
  date -d "$1" +%s000 >clock
  CLOCK_FILE=$PWD/clock with_shim clock "${@:2}"
}

# old_key TEXT… - of an entry of a history, as version 1 of the state has it; "-" is null
old_key() {
  local text
  for text; do
    if [[ $text == - ]]; then printf -- '-\0'; else printf '+%s\0' "$text"; fi
  done | sha256sum | cut -c1-16
}

# ---- states of older versions ----

upgrade() {
  anew
  wandb_do "[$(link),$(link),$(put 0 prod),$(put 1 prod),$(put 0 prod)]" >made
  told >/dev/null
  local a b ms=1774314000000
  a=$(json made '.[0].artifact') b=$(json made '.[1].artifact')
  printf '["%s@%s","%s@%s","%s@%s"]' "$(old_key prod $((ms + 3000)) - "$a" ADD)" $((ms + 3000)) \
    "$(old_key prod $((ms + 4000)) "$a" "$b" MOVE)" $((ms + 4000)) \
    "$(old_key prod $((ms + 5000)) "$b" "$a" MOVE)" $((ms + 5000)) >keys
  jq -c --slurpfile keys keys 'if .wb_event_state then .wb_event_state = 1 else
    .alias_history.seen = $keys[0] | del(.alias_history.keys, .link_history.keys) end' state >old
  expect_match "$(<old)" '"wb_event_state":1,.*"created"'
  cp old state
  expect_equal "$(told)" ''
  expect_match "$(<state)" '"wb_event_state":2,.*"alias_history":\{"keys":2,'
  cp old state
  wandb_do "[{\"do\":\"delete_artifact\",\"version\":\"$fraud:v1\"},$(link),$(put 2 prod)]" >/dev/null
  settings '"denied":["aliasActionHistory"]'
  expect_equal "$(told)" 'LINK_ARTIFACT fraud:2 - ann
ADD_ARTIFACT_ALIAS fraud:2 prod -
UNLINK_ARTIFACT fraud:1 - -'
  settings '"denied":[]'
  wandb_do "[$(put 0 prod)]" >/dev/null
  told >/dev/null
  expect_equal "$(jq -r '"\(.artifact_version_index) \(.event_author)"' out | tail -n 1)" '0 bob'
  expect_equal "$(told)" ''
}
test_case 'a state of the first version is read, and its entries are known' upgrade

deleted_source() {
  anew
  wandb_do "[$(link),$(link),$(put 0 prod),$(put 1 prod)]" >/dev/null
  told >/dev/null
  wandb_do "[{\"do\":\"delete_artifact\",\"version\":\"$fraud:v0\"}]" >/dev/null
  expect_equal "$(told)" 'UNLINK_ARTIFACT fraud:0 - -'
  wandb_do "[$(link),$(put 1 staging),$(put 2 prod)]" >/dev/null
  told >/dev/null
  wandb_do "[{\"do\":\"delete_artifact\",\"version\":\"$fraud:v1\"}]" >/dev/null
  expect_equal "$(told)" 'UNLINK_ARTIFACT fraud:1 - -'
  wandb_do '{"do":"clear_log"}' >/dev/null
  expect_equal "$(told)" ''
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .requests)" 1 'nothing is read twice'
}
test_case 'a version that is deleted makes no old alias news' deleted_source

# Entries of a version that was deleted look like those of a server that says of no unlink what it was of.
nameless() {
  local other=$project/other visit
  anew "$@"
  wandb_do "[{\"do\":\"collection\",\"collection\":\"$fraud\"},$(link '' "$other")]" >made
  told >/dev/null
  visit="{\"do\":\"link\",\"collection\":\"$fraud\",\"artifact\":$(jq '.[1].artifact' made),\"user\":\"ann\"}"
  wandb_do "[$visit,$(link),$(link),{\"do\":\"unlink\",\"version\":\"$fraud:v1\"},
    {\"do\":\"unlink\",\"version\":\"$fraud:v0\",\"after\":1},{\"do\":\"delete_artifact\",\"version\":\"$other:v0\"}]" >/dev/null
  told >changes
  expect_equal "$(cut -d ' ' -f 1,2 changes | sort)" 'LINK_ARTIFACT fraud:
LINK_ARTIFACT fraud:2
UNLINK_ARTIFACT fraud:
UNLINK_ARTIFACT other:0'
  expect_equal "$(told)" ''
}
all_deleted() {
  nameless
  nameless '"history_limit":5'
  nameless '"unlink_artifact":"null"'
  nameless '"action_types":{"link":"a version was added","unlink":"a version was removed"}'
}
test_case 'what is left in a history of a version that was deleted makes no link be told twice' all_deleted

# ---- what shows late ----

two_unknown_unlinks() {
  anew '"history_limit":1'
  wandb_do "{\"do\":\"collection\",\"collection\":\"$fraud\"}" >/dev/null
  told >/dev/null
  wandb_do "[$(link)]" >made
  wandb_do "{\"do\":\"unlink\",\"version\":\"$fraud:v0\",\"user\":\"bob\"}" >/dev/null
  at 2026-03-25T00:00:00Z told >unlinks
  json out .event_id >ids
  wandb_do "[{\"do\":\"link\",\"collection\":\"$fraud\",\"artifact\":$(jq '.[0].artifact' made)},
    {\"do\":\"unlink\",\"version\":\"$fraud:v1\",\"user\":\"eve\"}]" >/dev/null
  at 2026-03-25T00:00:00Z told >>unlinks
  json out .event_id >>ids
  expect_equal "$(<unlinks)" $'UNLINK_ARTIFACT fraud: - bob\nUNLINK_ARTIFACT fraud: - eve'
  expect_equal "$(sort -u ids | wc -l)" 2 'each has an id of its own'
}
test_case 'two unlinks of one time, whose links are lost, are two events' two_unknown_unlinks

visits_of_one_time() {
  anew '"history_limit":2'
  wandb_do "{\"do\":\"collection\",\"collection\":\"$fraud\"}" >/dev/null
  told >/dev/null
  wandb_do "[$(link)]" >made
  at 2026-03-24T01:00:05Z told >/dev/null
  json out .event_id >ids
  local i again
  for i in 1 2; do
    again="{\"do\":\"link\",\"collection\":\"$fraud\",\"artifact\":$(jq '.[0].artifact' made)}"
    wandb_do "[{\"do\":\"unlink\",\"version\":\"$fraud:v$((i - 1))\"},$again]" >/dev/null
    at 2026-03-24T01:00:05Z told >visit
    expect_equal "$(cut -d ' ' -f 1 visit)" $'UNLINK_ARTIFACT\nLINK_ARTIFACT'
    json out .event_id >>ids
  done
  expect_equal "$(sort -u ids | wc -l)" 5 'each has an id of its own'
}
test_case 'a version that comes and goes within one second has as many ids, though the history is cut' visits_of_one_time

late_at_first() {
  anew '"denied":["artifactCollectionActions","aliasActionHistory"]'
  wandb_do "[$(link),$(link)]" >/dev/null
  told >/dev/null
  wandb_do "[{\"do\":\"clock\",\"after\":300},$(put 0 prod),{\"do\":\"unlink\",\"version\":\"$fraud:v1\"},$(link)]" >/dev/null
  at 2026-03-24T01:05:10Z told >changes
  expect_equal "$(<changes)" 'LINK_ARTIFACT fraud:2 - -
ADD_ARTIFACT_ALIAS fraud:0 prod -
UNLINK_ARTIFACT fraud:1 - -'
  settings '"denied":[],"history_delay":100'
  at 2026-03-24T01:05:20Z told >changes
  expect_empty changes
  settings '"history_delay":0'
  at 2026-03-24T01:05:30Z told >changes
  expect_empty changes
  wandb_do "[{\"do\":\"clock\",\"after\":60},$(put 2 prod),$(put 0 prod)]" >/dev/null
  at 2026-03-24T01:06:30Z told >changes
  expect_equal "$(<changes)" $'ADD_ARTIFACT_ALIAS fraud:2 prod bob\nADD_ARTIFACT_ALIAS fraud:0 prod bob'
}
test_case 'what was told without a history is not told again when that shows at last, and lags' late_at_first

late_by_another_clock() {
  anew "$@"
  wandb_do "[$(link)]" >/dev/null
  told >/dev/null
  settings '"history_delay":50'
  wandb_do "[{\"do\":\"clock\",\"after\":100},$(put 0 prod),{\"do\":\"clock\",\"after\":10}]" >/dev/null
  at 2026-03-24T00:00:00Z told >changes
  expect_equal "$(<changes)" 'ADD_ARTIFACT_ALIAS fraud:0 prod -'
  settings '"history_delay":0'
  at 2026-03-24T00:00:01Z told >changes
  expect_empty changes
  # what happens behind that is another event
  wandb_do "[{\"do\":\"unalias\",\"version\":\"$fraud:v0\",\"alias\":\"prod\",\"after\":10},$(put 0 prod)]" >/dev/null
  at 2026-03-24T00:00:02Z told >changes
  expect_equal "$(<changes)" 'ADD_ARTIFACT_ALIAS fraud:0 prod bob'
}
test_case 'what shows late is told once, though the clock here is an hour behind that of the server' late_by_another_clock

# ---- collections that come and go ----

# deleted_meanwhile NAME - this collection is deleted while the next page is asked for
deleted_meanwhile() {
  wandb_do "{\"do\":\"fault\",\"kind\":\"meanwhile\",\"commands\":[{\"do\":\"delete_collection\",
    \"collection\":\"$project/$1\"}]}" >/dev/null
}

# The list has the newest collection first.
moved_list() {
  anew '"page_limit":1,"cursors":"offset"'
  wandb_do "[$(link '"aliases":["prod"]' $project/a),$(link '"aliases":["prod"]' $project/b),
    $(link '"after":200' $project/c)]" >/dev/null
  deleted_meanwhile c
  expect_equal "$(told)" ''
  expect_no_match "$(<state)" '"name":"b"' 'b was shown, and this tests nothing'
  wandb_do "[{\"do\":\"clock\",\"after\":200},$(link '' $project/b)]" >/dev/null
  expect_equal "$(told)" 'LINK_ARTIFACT b:1 - ann'
  wandb_do "[$(link '"aliases":["prod"]' $project/d),{\"do\":\"collection\",\"collection\":\"$project/e\"}]" >/dev/null
  deleted_meanwhile e
  expect_equal "$(told)" ''
  expect_no_match "$(<state)" '"name":"d"' 'd was shown, and this tests nothing'
  wandb_do "[$(link '' $project/d)]" >/dev/null
  expect_equal "$(told)" 'LINK_ARTIFACT d:0 - ann
ADD_ARTIFACT_ALIAS d:0 prod ann
LINK_ARTIFACT d:1 - ann'
  expect_equal "$(told)" ''
}
test_case 'what a list that moves hides is told of once, and not of what was before' moved_list

shown_twice() {
  anew '"page_limit":1,"cursors":"offset"'
  wandb_do "[$(link)]" >/dev/null
  told >/dev/null
  wandb_do "[$(link)]" >/dev/null
  wandb_do "{\"do\":\"fault\",\"kind\":\"meanwhile\",\"commands\":[$(link '' $project/new)]}" >/dev/null
  told >first
  told >>first
  expect_equal "$(sort first)" 'LINK_ARTIFACT fraud:1 - ann
LINK_ARTIFACT new:0 - ann'
}
test_case 'what a list that moves shows twice is told of once' shown_twice

torn_at_first() {
  anew '"page_limit":2,"ties":"+id"'
  wandb_do "[$(link),$(link),$(put 0 prod),{\"do\":\"alias\",\"version\":\"$fraud:v1\",\"alias\":\"prod\"},
    {\"do\":\"alias\",\"version\":\"$fraud:v0\",\"alias\":\"staging\",\"after\":200}]" >/dev/null
  expect_equal "$(told)" ''
  settings '"page_limit":1000'
  expect_equal "$(told)" ''
  wandb_do "[$(put 0 prod)]" >/dev/null
  expect_equal "$(told)" 'ADD_ARTIFACT_ALIAS fraud:0 prod bob'
}
test_case 'what ends a page of the first poll, and was undone at the same time, is no news later' torn_at_first

hidden_at_first() {
  anew '"hidden":["acme/registry/fraud"]'
  wandb_do "[$(link),$(put 0 prod),$(link '"after":200' $project/other)]" >/dev/null
  told "$@" >/dev/null
  settings '"hidden":[]'
  wandb_do "[$(link),$(put 1 prod)]" >/dev/null
  expect_equal "$(told)" 'LINK_ARTIFACT fraud:1 - ann
ADD_ARTIFACT_ALIAS fraud:1 prod bob'
  expect_equal "$(told)" ''
}
test_case 'of what could not be seen at first, nothing is told that is older' hidden_at_first
test_case 'the same with --since' hidden_at_first --since 2026-03-24T01:02:00Z

hidden_for_a_while() {
  anew
  wandb_do "[$(link),$(put 0 prod)]" >/dev/null
  told >/dev/null
  settings "\"hidden\":[\"$fraud\"]"
  expect_equal "$(told)" ''
  wandb_do "[$(link)]" >/dev/null
  expect_equal "$(told)" ''
  settings '"hidden":[]'
  expect_equal "$(told)" 'LINK_ARTIFACT fraud:1 - ann'
  expect_no_match "$(<state)" '"gone"'
  expect_equal "$(told)" ''
}
test_case 'a collection that is not shown for a while tells only what has happened since' hidden_for_a_while

gone_for_long() {
  anew
  wandb_do "[$(link)]" >/dev/null
  at 2026-04-01T00:00:00Z told >/dev/null
  settings "\"hidden\":[\"$fraud\"]"
  at 2026-04-02T00:00:00Z told >/dev/null
  expect_match "$(<state)" '"gone":1775088000000'
  wandb_do '{"do":"clear_log"}' >/dev/null
  at 2026-06-30T00:00:00Z told >/dev/null
  expect_match "$(<state)" '"gone":1775088000000'
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .requests)" 1 'nothing is asked of what is gone'
  at 2026-07-02T00:00:00Z told >/dev/null
  expect_no_match "$(<state)" gone
}
test_case 'what was not shown for 90 days is forgotten' gone_for_long
