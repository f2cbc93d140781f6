#!/usr/bin/env bash
#
# wb-event-poll-histories.test.sh - histories and lists that change behind what was read, and states of older versions

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
  [[ $# -eq 0 ]] || settings "$1"
}

settings() {
  wandb_do "{\"do\":\"settings\",$1}" >/dev/null
}

# told [OPTION…] - what a poll tells, and commit it: TYPE COLLECTION:INDEX ALIAS-OR-TAG AUTHOR
told() {
  wb-event poll "$project" --state state "${open[@]}" --retries 0 "$@" >out 2>err || fail "status $?: $(<err)"
  wb-event commit --state state
  jq -r '[.event_type, "\(.artifact_collection_name):\(.artifact_version_index // "")", .alias // .tag // "-",
    .event_author // "-"] | join(" ")' out
}

# link [MEMBERS [COLLECTION]]
link() {
  printf '{"do":"link","collection":"%s","user":"ann","after":1%s}' "${2:-$fraud}" "${1:+,$1}"
}

# alias VERSION NAME
put() {
  printf '{"do":"alias","version":"%s:v%s","alias":"%s","user":"bob","after":1}' "$fraud" "$1" "$2"
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

# ---- collections that come and go ----

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

# at TIME COMMAND… - give the command this time of day
at() {
  date -d "$1" +%s000 >clock
  CLOCK_FILE=$PWD/clock with_shim clock "${@:2}"
}

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
