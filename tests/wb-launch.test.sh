#!/usr/bin/env bash
#
# wb-launch.test.sh - jobs on W&B Launch queues, from automations to queues of the stand-in W&B server: what stands in
# the queue is what W&B's client would have put there, once, whatever goes wrong

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# fresh - go to a directory of this case, with a server that has the queue gpu
fresh() {
  cd "$(mktemp -d "$T/case.XXXXXX")"
  start_wandb "$@"
  wandb_do '{"do":"queue","queue":"acme/model-registry/gpu"}' >/dev/null
}

# config ACTION [NAME] - c.json with one automation that launches
config() {
  printf '{"automations":[{"name":"%s","action":{"type":"launch","queue":"gpu","project":"acme/evals"%s}}]}\n' \
    "${2-evaluate}" "$1" >c.json
}

# requests [ARGUMENT…] - request records of what wb-event alias says with these arguments
requests() {
  wb-event alias acme/model-registry/fraud:v3 production --id e1 --artifact-id QXJ0 "$@" >event.jsonl
  WANDB_BASE_URL=$WANDB_URL wb-match -c c.json event.jsonl | wb-render | wb-sign >requests.jsonl
}

send() {
  WANDB_API_KEY=$WANDB_KEY timeout --foreground -k 5 60 wb-send --allow-http --allow-net 127.0.0.0/8 --progress never "$@"
}

pushes() {
  wandb_do '{"do":"pushes"}'
}

one_job() {
  fresh
  # shellcheck disable=SC2016
  config ',"job":"acme/jobs/evaluate:latest","name":"evaluate ${artifact_version_string}","resource":"kubernetes",
    "resource_args":{"kubernetes":{"namespace":"${run_id}"}},
    "overrides":{"run_config":{"model":"${artifact_version}","lr":1.10,"n":12345678901234567890,"who":"${event_author}"},
      "args":["--fast","${alias}"],"entry_point":["python","eval.py"]}'
  requests --author 'a"nn'
  send requests.jsonl >receipts
  pushes | jq -r '.[].runSpec' >got
  cat >want <<'END'
{"entity":"acme","project":"evals","job":"acme/jobs/evaluate:latest","name":"evaluate acme/model-registry/fraud:production","resource":"kubernetes","resource_args":{"kubernetes":{"namespace":"${run_id}"}},"docker":{},"git":{},"overrides":{"run_config":{"model":"wandb-artifact://_id/QXJ0","lr":1.10,"n":12345678901234567890,"who":"a\"nn"},"args":["--fast","production"],"entry_point":["python","eval.py"]},"run_id":"09c8bd08125c9dee60a263d3f7e0d80f"}
END
  expect_file got want
  expect_equal "$(json receipts .status,.run_queue_item_id)" "finished
$(pushes | jq -r '.[].id')"
}
test_case 'a job stands in the queue as it is meant, byte for byte' one_job

# The answer is lost when the job is queued already.
lost_answer() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  wandb_do '{"do":"fault","kind":"close","where":"body","when":{"field":"pushToRunQueueByName"}}' >/dev/null
  send --journal j requests.jsonl >receipts
  expect_equal "$(json receipts .status,.attempts,.run_queue_item_id)" "finished
2
$(pushes | jq -r '.[].id')"
  expect_equal "$(json j .status)" 'attempted
finished'
}
test_case 'an answer that is lost: the queue is asked before the job is pushed again' lost_answer

# A run that died has left nothing but that it was about to push; the run itself has left the queue.
died() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  wandb_do '{"do":"fault","kind":"close","where":"body","when":{"field":"pushToRunQueueByName"}}' >/dev/null
  expect_status 1 send --retries 0 --journal j requests.jsonl >receipts
  sed -i 1q j
  wandb_do '{"do":"agent","queue":"acme/model-registry/gpu"}' >/dev/null
  send --journal j requests.jsonl >receipts
  expect_equal "$(json receipts .status,.run_queue_item_id)" 'finished
null'
  expect_equal "$(pushes | jq length)" 1
}
test_case 'a run that died: the next one finds what it has queued, be it started' died
