#!/usr/bin/env bash
#
# wb-launch-kill.test.sh - jobs on W&B Launch queues, and a wb-send that is killed

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/launches.sh
. "$TESTS/launches.sh"

AGENTS=$(jq -n -c '{do: "try", commands: [range(6) | {do: "agent", queue: "acme/model-registry/gpu"}]}')

# kill_some KILLS - with the server that was started last
kill_some() {
  local kills=$1 seen i pid
  # shellcheck disable=SC2016
  config ',"job":"acme/jobs/evaluate:latest","name":"${event_id}"'
  for ((i = 1; i <= 20 * kills; i++)); do
    printf '{"event_id":"e%d","event_type":"LINK_ARTIFACT","artifact_collection_name":"c%d"}\n' "$i" $((i % 50))
  done | WANDB_BASE_URL=$WANDB_URL wb-match -c c.json | wb-render >requests.jsonl
  wandb_do '{"do":"fault","kind":"close","where":"body","chance":0.1,"times":"always"}' >/dev/null
  seen=$(wandb_do '{"do":"counts"}' | jq .requests)
  for ((i = 0; i < kills; i++)); do
    WANDB_API_KEY=$WANDB_KEY wb-send --allow-http --allow-net 127.0.0.0/8 --progress never --journal j --jobs 8 \
      requests.jsonl >/dev/null 2>err &
    pid=$!
    wandb_do "{\"do\":\"await\",\"requests\":$((seen + RANDOM % 6))}" >/dev/null
    kill -9 "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
    seen=$(wandb_do "[$AGENTS,{\"do\":\"counts\"}]" | jq '.[1].requests')
  done
  wandb_do '{"do":"clear_faults"}' >/dev/null
  send --journal j --jobs 8 requests.jsonl >receipts
  pushes | jq -r '.[].runSpec' | jq -r .name | sort >got
  jq -r .event.event_id requests.jsonl | sort >want
  expect_file got want
}

# Killed at random moments, answers lost at random, agents that take jobs away: each job is there once in the end. In
# parts that go on side by side, as each mostly waits.
killed() {
  local left=${KILLS:-200} pids=() parts kills pid
  for parts in 4 3 2 1; do
    kills=$((left / parts)) left=$((left - left / parts))
    ((kills > 0)) || continue
    fresh
    kill_some "$kills" &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
}
test_case '200 kills, lost answers and jobs that agents took: each job is queued once' killed
