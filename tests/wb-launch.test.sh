#!/usr/bin/env bash
#
# wb-launch.test.sh - jobs on W&B Launch queues, from automations to queues of the stand-in W&B server: what stands in
# the queue is what W&B's client would have put there, once, whatever goes wrong

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/launches.sh
. "$TESTS/launches.sh"

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
  expect_equal "$(json j .status,.automation,.event_id,.queue)" 'attempted
evaluate
e1
acme/gpu
finished
evaluate
e1
acme/gpu'
  expect_match "$(wb-automation history --journal j)" " Finished .* launch  acme/gpu  $(pushes | jq -r '.[].id') "
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

# ---- refused ----

# refused STATUS CLASS TEXT FAULT - the push fails with that error after one attempt, and is a dead letter that can be
# sent again
refused() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  [[ -z $4 ]] || wandb_do "$4" >/dev/null
  expect_status 1 send --journal j --dead-letter dead requests.jsonl >receipts
  expect_equal "$(json receipts .status,.attempts,.http_status,.error.class,.error.text)" "failed
1
$1
$2
$3"
  expect_equal "$(pushes)" '[]'
  wandb_do '[{"do":"clear_faults"},{"do":"queue","queue":"acme/model-registry/other"}]' >/dev/null
  send --journal j dead >receipts
  expect_equal "$(json receipts .status)" finished
  expect_equal "$(pushes | jq length)" 1
}

# fault KIND… - one of the server that does nothing else
fault() {
  printf '{"do":"fault","kind":"errors","executed":false,"when":{"field":"pushToRunQueueByName"},%s}' "$1"
}

no_permission() {
  refused 403 http 'status 403: the server says: permission denied (PERMISSION_ERROR)' \
    "$(fault '"status":403,"message":"permission denied","code":"PERMISSION_ERROR"')"
}
test_case 'refused: no permission' no_permission

bad_spec() {
  refused 200 rejected 'the server says: invalid run spec (BAD_REQUEST)' \
    "$(fault '"message":"invalid run spec","code":"BAD_REQUEST"')"
}
test_case 'refused: errors with the status 200' bad_spec

no_queue() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  sed -i 's/"queue":"gpu"/"queue":"nosuch"/' c.json
  requests
  expect_status 1 send requests.jsonl >receipts
  expect_equal "$(json receipts .status,.attempts,.error.class)" 'failed
1
http'
  expect_match "$(json receipts .error.text)" '^status 404: the server says: run queue not found \(NOT_FOUND\)'
}
test_case 'refused: there is no such queue' no_queue

# What the server could not do, as opposed to would not, is tried again.
transient() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  wandb_do "[$(fault '"message":"internal server error"'),$(fault '"status":503,"message":"busy"')]" >/dev/null
  send requests.jsonl >receipts
  expect_equal "$(json receipts .status,.attempts)" 'finished
3'
  expect_equal "$(pushes | jq length)" 1
  wandb_do '{"do":"fault","kind":"html","status":200,"when":{"field":"pushToRunQueueByName"}}' >/dev/null
  requests --id e2
  send requests.jsonl >receipts
  expect_equal "$(json receipts .status,.attempts)" 'finished
2'
  expect_equal "$(pushes | jq length)" 2
}
test_case 'what may pass is tried again, and nothing is queued twice' transient

# The job is queued; the answer never comes.
timeout_after() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  wandb_do '{"do":"fault","kind":"hold","when":{"field":"pushToRunQueueByName"}}' >/dev/null
  send --timeout 1 requests.jsonl >receipts
  expect_equal "$(json receipts .status,.attempts)" 'finished
2'
  expect_equal "$(pushes | jq length)" 1
}
test_case 'a timeout after the job was queued' timeout_after

# Whoever says that there are too many requests may have done this one.
too_many() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  wandb_do '{"do":"fault","kind":"rate_limit","retry_after":0,"when":{"field":"pushToRunQueueByName"}}' >/dev/null
  send --journal j requests.jsonl >receipts
  expect_equal "$(json receipts .status,.attempts)" 'finished
2'
  expect_equal "$(pushes | jq length)" 1
}
test_case 'too many requests: the queue is asked before the job is pushed again' too_many

# Nothing tells of earlier runs; so the queue is asked.
no_journal() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  wandb_do '{"do":"fault","kind":"close","where":"body","when":{"field":"pushToRunQueueByName"}}' >/dev/null
  expect_status 1 send --retries 0 --dead-letter dead requests.jsonl >receipts
  send dead >receipts
  expect_equal "$(json receipts .status,.attempts,.run_queue_item_id)" "finished
1
$(pushes | jq -r '.[].id')"
  send requests.jsonl requests.jsonl >receipts
  expect_equal "$(pushes | jq length)" 1
}
test_case 'without a journal, a job of an earlier run is not pushed again' no_journal

# What is not known is not guessed: if the question fails, nothing is pushed.
cannot_ask() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  wandb_do '[{"do":"fault","kind":"close","where":"body","when":{"field":"pushToRunQueueByName"}},
    {"do":"fault","kind":"errors","status":403,"message":"permission denied","code":"PERMISSION_ERROR","times":"always","when":{"field":"runQueueItems"}}]' \
    >/dev/null
  expect_status 1 send --journal j requests.jsonl >receipts
  expect_equal "$(json receipts .status,.error.class,.error.text)" 'failed
http
whether the job was queued before is not known: status 403: the server says: permission denied (PERMISSION_ERROR)'
  expect_equal "$(pushes | jq length)" 1
  # nor is it when an earlier run may have pushed it
  requests --id e2
  expect_status 1 send requests.jsonl >receipts
  expect_equal "$(pushes | jq length)" 1
}
test_case 'if the queue cannot be asked, nothing is pushed' cannot_ask

# The item is on the last page of a long queue.
long_queue() {
  local i
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  wandb_do '{"do":"settings","page_limit":4,"empty_every":3}' >/dev/null
  requests
  wandb_do '{"do":"fault","kind":"close","where":"body","when":{"field":"pushToRunQueueByName"}}' >/dev/null
  expect_status 1 send --retries 0 --journal j requests.jsonl >receipts
  for ((i = 2; i < 30; i++)); do
    requests --id "e$i"
    cat requests.jsonl
  done >others
  send --journal j others >receipts
  requests
  send --journal j requests.jsonl >receipts
  expect_equal "$(json receipts .status,.run_queue_item_id)" "finished
$(pushes | jq -r '.[-1].id')"
  expect_equal "$(pushes | jq length)" 29
}
test_case 'a long queue is looked through to its end' long_queue

# ---- the request ----

all_members() {
  fresh
  wandb_do '{"do":"queue","queue":"owner/model-registry/gpu","priorities":true}' >/dev/null
  # shellcheck disable=SC2016
  config ',"queue_entity":"owner","docker_image":"acme/eval:1","priority":0,
    "template_variables":{"gpus": 1.0, "who": "${event_author}"},"api_key":"$OTHER_KEY",
    "overrides":{"run_config":{"m":"${artifact_metadata:json}"},"dockerfile":"D","working_dir":"/w","files":{},"artifacts":{}}'
  requests --metadata '{"acc":0.930}'
  WANDB_API_KEY='' OTHER_KEY=$WANDB_KEY wb-send --allow-http --allow-net 127.0.0.0/8 requests.jsonl >receipts
  pushes | jq -c '.[] | [.entity, .priority, .templateVariableValues]' >got
  # shellcheck disable=SC2016
  echo '["owner",0,"{\"gpus\":1.0,\"who\":\"${event_author}\"}"]' >want
  expect_file got want
  pushes | jq -r '.[].runSpec' >got
  cat >want <<'END'
{"entity":"acme","project":"evals","resource":null,"docker":{"docker_image":"acme/eval:1"},"git":{},"overrides":{"run_config":{"m":{"acc":0.930}},"dockerfile":"D","working_dir":"/w","files":{},"artifacts":{}},"run_id":"09c8bd08125c9dee60a263d3f7e0d80f"}
END
  expect_file got want
}
test_case 'all members' all_members

# The key goes late, and nowhere else; the network policy holds for the server as for any.
secret_and_policy() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  expect_status 1 wb-send requests.jsonl >receipts 2>err
  expect_equal "$(json receipts .error.class)" denied
  WANDB_API_KEY='' expect_status 1 wb-send --allow-http --allow-net 127.0.0.0/8 requests.jsonl >receipts 2>err
  expect_equal "$(json receipts .error.class)" secret
  wandb_do '{"do":"fault","kind":"errors","status":403,"message":"no '"$(printf 'api:%s' "$WANDB_KEY" | base64 -w 0)"' '"$WANDB_KEY"'"}' >/dev/null
  expect_status 1 send --dead-letter dead --journal j requests.jsonl >receipts
  ! grep -r -F -e "$WANDB_KEY" -e "$(printf 'api:%s' "$WANDB_KEY" | base64 -w 0)" receipts dead j requests.jsonl || fail 'the key is there'
  expect_match "$(json receipts .error.text)" '\*\*\*'
  wb-send --dry-run requests.jsonl >shown || :
  expect_match "$(<shown)" "Authorization: Basic base64\\(api:\\\$WANDB_API_KEY\\)"
}
test_case 'the key stands nowhere, and the network policy holds' secret_and_policy

script() {
  fresh
  config ',"job":"acme/jobs/evaluate:latest"'
  requests
  send --dry-run=curl requests.jsonl >script
  WANDB_API_KEY=$WANDB_KEY sh script >said
  expect_match "$(<said)" '"runQueueItemId":"[A-Za-z0-9=]+"'
  expect_equal "$(pushes | jq length)" 1
}
test_case 'the script of a dry run does the same' script

tried() {
  fresh
  # shellcheck disable=SC2016
  config ',"job":"acme/jobs/evaluate:latest","overrides":{"run_config":{"who":"${event_author}"}}'
  sed -i 's/{"name"/{"enabled":false,"name"/' c.json
  WANDB_API_KEY=$WANDB_KEY WANDB_BASE_URL=$WANDB_URL wb-automation test evaluate -c c.json --author ann --allow-http \
    --allow-net 127.0.0.0/8 >out
  expect_match "$(<out)" 'pushToRunQueueByName'
  expect_match "$(tail -n 3 out)" "^finished: HTTP 200 in [0-9]+ ms.*$(pushes | jq -r '.[].id')"
  expect_equal "$(pushes | jq -r '.[].runSpec' | jq -c .overrides)" '{"run_config":{"who":"ann"}}'
  # each time it is another job
  WANDB_API_KEY=$WANDB_KEY WANDB_BASE_URL=$WANDB_URL wb-automation test evaluate -c c.json --allow-http \
    --allow-net 127.0.0.0/8 >out
  expect_equal "$(pushes | jq length)" 2
  expect_status 2 wb-automation test evaluate -c c.json --payload 1 2>err
  expect_equal "$(<err)" "wb-automation: 'evaluate' puts a job on a queue, which has no payload"
}
test_case 'wb-automation test puts a job on its queue' tried

wrong_server() {
  config ',"job":"acme/jobs/evaluate:latest"'
  WANDB_BASE_URL=ftp://x expect_status 2 wb-match -c c.json </dev/null 2>err
  expect_equal "$(<err)" 'wb-match: WANDB_BASE_URL: not the URL of a server: the scheme is neither https nor http'
}
test_case 'a wrong server is a configuration error' wrong_server
