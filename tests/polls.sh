# shellcheck shell=bash
#
# polls.sh - what tests of wb-event poll share: a stand-in W&B server, and words for what is done with it. To be sourced
# after lib.sh.

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
