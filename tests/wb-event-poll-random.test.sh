#!/usr/bin/env bash
#
# wb-event-poll-random.test.sh - wb-event poll under chance: changes, deaths and commits in any order, and allocations that fail

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/polls.sh
. "$TESTS/polls.sh"

# shard FIRST RUNS - so many of them, from that seed on, against the server that was started last
shard() {
  local first=$1 runs=$2
  mkdir "states.$first"
  WANDB_BASE_URL=$WANDB_URL node "$TESTS/interleave.mjs" --url "$WANDB_URL" --dir "$PWD/states.$first" --runs "$runs" --seed "$first" -- "$PWD/polls" \
    >"totals.$first" 2>"errors.$first"
}

interleaved() {
  local first=${POLL_SEED:-7} left=${POLL_RUNS:-200} pids=() runs shards
  note "POLL_SEED=$first repeats this"
  # shellcheck disable=SC2016 # the script's own
  printf '#!/bin/sh\ncommand=$1\nshift\n[ "$command" != poll ] || set -- "$@" %s\nexec wb-event "$command" "$@"\n' \
    "${open[*]}" >polls
  chmod +x polls
  # side by side, as they mostly wait for each other
  for shards in 4 3 2 1; do
    runs=$((left / shards))
    ((runs > 0)) || continue
    # shellcheck disable=SC2119 # without options
    start_wandb
    shard "$first" "$runs" &
    pids+=("$!")
    first=$((first + runs)) left=$((left - runs))
  done
  for runs in "${pids[@]}"; do
    wait "$runs" || fail "$(tail -q -n 60 errors.*)"
  done
  expect_equal "$(jq -s 'map(.runs) | add' totals.*)" "${POLL_RUNS:-200}"
  jq -e -s 'all(.; (map(.killed) | add) > 0 and (map(.events) | add) > 0)' totals.* >/dev/null || fail "$(cat totals.*)"
}
test_case '200 random sequences of changes, polls, deaths and commits: every change is told exactly once' interleaved

memory() {
  # shellcheck disable=SC2119
  anew
  wandb_do "[$(link '"aliases":["prod"],"tags":["t"],"metadata":"{}"')]" >/dev/null
  fail_each_alloc '0|3|2' wb-event-poll "$project" --state "$PWD/state" "${open[@]}" --all --retries 0
}
test_case 'an allocation that fails is an error, whichever it is' memory
