#!/usr/bin/env bash
#
# github-action.test.sh - the action for GitHub, in jobs that are run here: see runner.mjs

# shellcheck disable=SC2016 # expressions of workflows, and names of secrets
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

ACTION=$TOP/tools/github-action
TOKEN='made-up-token-41b9c7' KEY=$'made-up-key-0d2f\n-----made-up-second-line-77aa-----\r\n}'
umask 077

# ---- a repository, its cache, and jobs ----

# automations URL - the repository's, for a receiver there
automations() {
  mkdir -p workspace/automations
  jq -n --arg url "$1" '{webhooks: {w: {url: "\($url)/hook", access_token: "$TOKEN", secret: "$SIGNING_KEY"}},
    automations: [{name: "deploy", on: {event_type: "ADD_ARTIFACT_ALIAS", alias: "production"},
      action: {type: "webhook", webhook: "w", payload: {version: "${artifact_version_string}", by: "${event_author}"}}}]}' \
    >workspace/automations/deploy.json
}

# workflow [INPUT…] - workflow.yml: one step, with these lines beside the usual inputs
workflow() {
  cat >workflow.yml <<'END'
name: registry
on: workflow_dispatch
jobs:
  deliver:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - id: wb
        uses: acme/wb-tools/tools/github-action@v1
        with:
          config: automations
          bin-dir: ${{ vars.BIN }}
END
  printf '          %s\n' 'send-options: |' '  --allow-http' '  --allow-net=127.0.0.0/8' "$@" >>workflow.yml
  cat >>workflow.yml <<'END'
        env:
          TOKEN: ${{ secrets.TOKEN }}
          SIGNING_KEY: ${{ vars.SIGNING_KEY }}
          WANDB_API_KEY: ${{ vars.WANDB_KEY }}
          WANDB_BASE_URL: ${{ vars.WANDB_URL }}
END
}

polls=('poll: acme/model-registry' 'poll-options: |' '  --allow-http' '  --allow-net=127.0.0.0/8')

# context GITHUB [OTHER] - context.json, with these members of the context github, and others; a machine that nobody
# has used
context() {
  rm -rf workspace/.wb-tools temp
  mkdir temp
  jq -n --arg here "$PWD" --arg top "$TOP" --arg bin "$WB_BIN" --arg token "$TOKEN" --arg key "$KEY" \
    --arg wandb "${WANDB_URL-}" --arg wandb_key "${WANDB_KEY-}" --argjson github "$1" --argjson other "${2-null}" '{
      workflow: "\($here)/workflow.yml", workspace: "\($here)/workspace", temp: "\($here)/temp", cache: "\($here)/cache",
      actions: {"acme/wb-tools": $top}, github: $github, secrets: {TOKEN: $token},
      vars: {BIN: $bin, SIGNING_KEY: $key, WANDB_URL: $wandb, WANDB_KEY: $wandb_key},
      environment: ($ENV | with_entries(select(.key | test("^(PATH|HOME|LC_ALL|TMPDIR|[A-Z]*SAN_OPTIONS)$"))))} * ($other // {})' \
    >context.json
}

# job GITHUB [OTHER] - run the job; what came of it is in result.json, what GitHub shows in log
job() {
  context "$@"
  node "$TESTS/runner.mjs" context.json result.json >log 2>runner.errors || fail "the runner: $(<runner.errors)"
  expect_empty runner.errors
  ! grep -q -F -e "$TOKEN" -e made-up-key-0d2f -e made-up-second-line-77aa log result.json || fail 'a secret is shown'
}

# keeps_secrets - no spelling of a secret stands in what the job has shown or kept
keeps_secrets() {
  local secret
  for secret in "$TOKEN" "${KEY%%$'\n'*}" -----made-up-second-line-77aa-----; do
    no_secret "$secret" log result.json cache workspace "$(dirname "$(result .steps.wb.outputs.receipts)")"
  done
}

# result PROGRAM - of the job
result() {
  json result.json "$1"
}

# came CONCLUSION FINISHED FAILED DEFERRED SKIPPED - of the job
came() {
  expect_equal "$(result '.steps.wb as {$outputs} | [.conclusion, ($outputs | .finished, .failed, .deferred, .skipped)] | join(" ")')" \
    "$*" "conclusion, finished, failed, deferred, skipped ($(tail -n 30 log))"
}

requests() {
  wc -l <"$RECEIVER_LOG"
}

# bodies - what the receiver got
bodies() {
  jq -r '.body_base64 | @base64d' "$RECEIVER_LOG"
}

# dispatch JSON - the members of github of a repository_dispatch with this payload
dispatch() {
  jq -n -c --argjson payload "$1" '{event_name: "repository_dispatch", run_id: "1742",
    event: {action: "registry", branch: "main", sender: {login: "bot"}, client_payload: $payload}}'
}

production='{"entity_name": "acme", "project_name": "model-registry", "artifact_collection_name": "fraud",
  "event_author": "ann", "artifact_version_string": "acme/model-registry/fraud:production"}'

# ---- the files ----

valid() {
  node "$TESTS/workflows.mjs" "$ACTION/action.yml" "$TOP"/man/examples/workflows/*.yml >out || fail "$(<out)"
  expect_empty out
  mkdir broken
  sed 's/^    - id: build$/    - id: build\n      iff: true/' "$ACTION/action.yml" >broken/action.yml
  sed 's/fail-on: failed/fail-on: ${{ input.x }}/' "$TOP/man/examples/workflows/poll.yml" >broken/poll.yml
  expect_status 1 node "$TESTS/workflows.mjs" broken/action.yml >out
  expect_status 1 node "$TESTS/workflows.mjs" broken/poll.yml >out
}
test_case 'the action and the workflows are what GitHub takes' valid

# An expression inside of a script would make whatever it stands for a part of the script.
inert() {
  local scripts
  cat >scripts.mjs <<'END'
import fs from 'node:fs';
import { createRequire } from 'node:module';
const { parse } = createRequire(process.argv[2])('yaml');
const walk = (value) => value === null || typeof value !== 'object' ? []
  : Object.entries(value).flatMap(([key, item]) => (key === 'run' ? [item] : walk(item)));
process.argv.slice(3).forEach((file) => walk(parse(fs.readFileSync(file, 'utf8'))).forEach((run) => console.log(run)));
END
  scripts=$(node scripts.mjs "$TESTS/runner.mjs" "$ACTION/action.yml" "$TOP"/man/examples/workflows/*.yml)
  expect_equal "$scripts" "$(printf 'exec "$GITHUB_ACTION_PATH/%s"\n' prepare build deliver report)"
}
test_case 'no expression stands in a script' inert

# documented: every input is used, and every other action is pinned to a commit
complete() {
  local name
  while read -r name; do
    grep -q "inputs\.$name }}" "$ACTION/action.yml" || fail "not used: $name"
  done < <(sed -n '/^outputs:/q; s/^  \([a-z-]*\):$/\1/p' "$ACTION/action.yml")
  expect_equal "$(sed -n 's/^\.It Cm //p' "$TOP/man/wb-github-action.7" | sed 's/ , /\n/g' | sort)" \
    "$(sed -n '/^runs:/q; s/^  \([a-z-]*\):$/\1/p' "$ACTION/action.yml" | sort)" 'inputs and outputs of the page, wanted as of the action'
  expect_equal "$(grep -h -o 'uses: actions/.*' "$ACTION/action.yml" "$TOP"/man/examples/workflows/*.yml |
    grep -v -E '@[0-9a-f]{40} # v[0-9.]+$' || :)" '' 'actions that are not pinned'
}
test_case 'every input is used and documented, and actions of others are pinned' complete

# ---- events ----

dispatched() {
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  workflow
  job "$(dispatch "$production")"
  came success 1 0 0 0
  expect_equal "$(bodies)" '{"version":"acme/model-registry/fraud:production","by":"ann"}'
  expect_equal "$(result .steps.wb.outputs.status)" 0
  expect_equal "$(json "$(result .steps.wb.outputs.receipts)" '.status')" finished
  expect_equal "$(result '.steps.wb.outputs["dead-letters"]')" ''
  expect_equal "$(result '.annotations | length')" 0 annotations
  expect_match "$(result .summary)" '1 finished, 0 failed, 0 deferred, 0 skipped'
  expect_match "$(result .summary)" 'href="https://wandb.ai/acme/registry/model[?]selectionPath=acme%2Fmodel-registry%2Ffraud&amp;view=all-models"'
  keeps_secrets
  # the same run again, on another machine
  job "$(dispatch "$production" | jq -c '.run_attempt = "2"')"
  came success 0 0 0 1
  expect_equal "$(requests)" 1
  # another run has a journal of its own
  job "$(dispatch "$production" | jq -c '.run_id = "1743"')"
  came success 1 0 0 0
}
test_case 'a repository_dispatch: delivered, and not again when the run is run again' dispatched

inline() {
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  wb-event alias acme/model-registry/fraud:v3 production --id 'e"1 $(touch owned) `touch owned`' >event.jsonl
  workflow "events: '$(cat event.jsonl)'"
  job '{}'
  came success 1 0 0 0
  [[ ! -e workspace/owned ]] || fail 'a command was run'
  workflow 'events: made/events.jsonl' 'cache-key: events'
  job '{}'
  came failure 0 0 0 0
  expect_match "$(result '.annotations[].message')" "there is no file 'made/events.jsonl'"
  expect_equal "$(result '.cached | map(select(startswith("wb-state/events/"))) | length')" 0 'states of no run'
  mkdir -p workspace/made
  wb-event alias acme/model-registry/fraud:v4 production --id e2 >workspace/made/events.jsonl
  job '{}'
  came success 1 0 0 0
  job '{"run_id": "2"}'
  came success 0 0 0 1
  workflow 'events: made/mlflow.json' 'from: mlflow'
  echo '{"entity": "model_version_alias", "action": "created", "timestamp": "2026-11-24T02:22:00+00:00",
    "data": {"name": "fraud", "version": "3", "alias": "production"}}' >workspace/made/mlflow.json
  job '{}'
  came success 1 0 0 0
}
test_case 'events as an input: lines, a file, documents of another system; a state that is shared by its name' inline

typed() {
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  workflow 'events: >-' '  {"event_id": "run-${{ github.run_id }}", "event_type": "ADD_ARTIFACT_ALIAS", "alias": "production",' \
    '  "event_author": ${{ toJSON(github.actor) }}, "artifact_version_string": ${{ toJSON(inputs.collection) }}}'
  job '{}' '{"inputs": {"collection": "a\"}\n$(touch owned)"}}'
  came success 1 0 0 0
  [[ ! -e workspace/owned ]] || fail 'a command was run'
  expect_equal "$(bodies)" '{"version":"a\"}\n$(touch owned)","by":"ann"}'
  job '{"run_attempt": "2"}' '{"inputs": {"collection": "a\"}\n$(touch owned)"}}'
  came success 0 0 0 1
}
test_case 'an event that a workflow writes itself, of what somebody has typed' typed

# ---- polls ----

# registry - a registry with a version
registry() {
  # shellcheck disable=SC2119 # without options
  start_wandb
  wandb_do '{"do":"link","collection":"acme/model-registry/fraud","user":"ann"}' >/dev/null
}

# promote VERSION - give it the alias
promote() {
  wandb_do "{\"do\":\"alias\",\"version\":\"acme/model-registry/fraud:$1\",\"alias\":\"production\",\"user\":\"ann\",\"after\":1}" >/dev/null
}

polled() {
  fresh
  registry
  start_receiver
  automations "$RECEIVER_URL"
  workflow "${polls[@]}"
  job '{"run_id": "1"}'
  came success 0 0 0 0
  expect_match "$(result '.annotations[] | select(.level == "notice").message')" 'There is no state: this is a first run'
  job '{"run_id": "2"}'
  came success 0 0 0 0
  expect_equal "$(result '.annotations | length')" 0 annotations
  expect_equal "$(requests)" 0
  promote v0
  job '{"run_id": "3"}'
  came success 1 0 0 0
  job '{"run_id": "4"}'
  came success 0 0 0 0
  expect_equal "$(bodies)" '{"version":"acme/model-registry/fraud:production","by":"ann"}'
  expect_equal "$(result '.cached | length == (. | unique | length)')" true 'keys are each of one run'
}
test_case 'polls: the state comes out of the cache, and each change is delivered once' polled

state_lost() {
  fresh
  registry
  promote v0
  start_receiver
  automations "$RECEIVER_URL"
  workflow "${polls[@]}" 'require-state: true'
  job '{}'
  came failure 0 0 0 0
  expect_match "$(result '.annotations[].message')" 'there is no state to go on from'
  expect_equal "$(result '.cached | length')" 0
  workflow "${polls[@]}" 'since: 2026-03-24T00:00:00Z'
  job '{}'
  came success 1 0 0 0
  workflow "${polls[@]}" 'require-state: true'
  job '{"run_id": "2"}'
  came success 0 0 0 0
  # the cache does not answer
  promote v0
  job '{"run_id": "3"}' '{"cache_is_down": true}'
  came failure 0 0 0 0
  expect_equal "$(requests)" 1
}
test_case 'polls: no state is a first run, which since and require-state tell what to do' state_lost

not_saved() {
  fresh
  registry
  start_receiver
  automations "$RECEIVER_URL"
  workflow "${polls[@]}" 'since: 2026-03-24T00:00:00Z'
  promote v0
  job '{}' '{"cache_is_down": true}'
  came failure 1 0 0 0
  expect_match "$(result '.annotations[] | select(.level == "error").message')" 'could not be saved in the cache'
}
test_case 'a state that could not be saved fails the step' not_saved

# ---- what does not work ----

failing() {
  fresh
  answers <<'END'
{"/hook": [{"status": 410, "body": "gone\n::error::injected by a receiver ##[error]old <b>html</b>"}]}
END
  automations "$RECEIVER_URL"
  workflow
  job "$(dispatch "$production")"
  came failure 0 1 0 0
  expect_equal "$(result '.annotations | map(.level + ": " + .title) | join(", ")')" 'error: deploy: failed, error: wb-tools'
  expect_equal "$(result '.annotations[0].message')" \
    'acme/model-registry/fraud:production to 127.0.0.1:'"$RECEIVER_PORT"': status 410 (1 attempts)'
  expect_equal "$(result .steps.wb.outputs.status)" 1
  expect_equal "$(wc -l <"$(result '.steps.wb.outputs["dead-letters"]')")" 1 'dead letters'
  # each run hands over its own
  job "$(dispatch "$production" | jq -c '.run_attempt = "2"')"
  came failure 0 1 0 0
  expect_equal "$(wc -l <"$(result '.steps.wb.outputs["dead-letters"]')")" 1 'dead letters'
  expect_match "$(result .summary)" '<details open>.*gone.*</details>'
  keeps_secrets
  for level in failed deferred; do
    workflow "fail-on: $level"
    job "$(dispatch "$production" | jq -c --arg id "$level" '.run_id = $id')"
    came failure 0 1 0 0
  done
  workflow 'fail-on: never' 'summary: false'
  job "$(dispatch "$production" | jq -c '.run_id = "never"')"
  came success 0 1 0 0
  expect_equal "$(result .summary)" ''
  expect_equal "$(result '.annotations | length')" 1 annotations
}
test_case 'a delivery that fails: annotations, outputs, dead letters, and what the step makes of it' failing

many_fail() {
  fresh
  answers <<<'{"*": [{"status": 400}]}'
  automations "$RECEIVER_URL"
  mkdir -p workspace/made
  for n in {1..40}; do
    wb-event alias "acme/model-registry/m$n:v1" production --id "e$n"
  done >workspace/made/events.jsonl
  workflow 'events: made/events.jsonl' 'match-options: --max-line=1M'
  job '{}'
  came failure 0 40 0 0
  expect_equal "$(result '.annotations | length')" 10 annotations
  expect_match "$(result '.annotations[8].message')" '32 more deliveries have failed'
}
test_case 'a step has at most ten annotations' many_fail

deferring() {
  fresh
  registry
  answers <<<'{"/hook": [{"status": 503}, {"status": 503}, {"status": 200}]}'
  automations "$RECEIVER_URL"
  workflow '  --retry-max-time=10ms' "${polls[@]}" 'since: 2026-03-24T00:00:00Z' 'fail-on: failed'
  promote v0
  job '{"run_id": "1"}'
  came success 0 0 1 0
  expect_equal "$(result '.annotations | map(.level + ": " + .message) | join(", ")' | sed 's/.*, //')" 'warning: 1 deliveries are deferred'
  expect_equal "$(result .steps.wb.outputs.status)" 4
  sed -i '/fail-on/d' workflow.yml
  job '{"run_id": "2"}'
  came failure 0 0 1 0
  job '{"run_id": "3"}'
  came success 1 0 0 0
  job '{"run_id": "4"}'
  came success 0 0 0 0
}
test_case 'what is deferred is delivered by a later run, and fails the step or does not' deferring

secret_missing() {
  fresh
  registry
  start_receiver
  automations "$RECEIVER_URL"
  workflow "${polls[@]}" 'since: 2026-03-24T00:00:00Z' 'fail-on: failed'
  sed -i '/SIGNING_KEY/d' workflow.yml
  promote v0
  job '{"run_id": "1"}'
  expect_equal "$(result .conclusion)" failure
  expect_match "$(result '.annotations[] | select(.level == "warning" and .file).message')" 'secret .SIGNING_KEY: not found'
  expect_equal "$(requests)" 0
  workflow "${polls[@]}" 'since: 2026-03-24T00:00:00Z' 'fail-on: failed'
  job '{"run_id": "2"}'
  came success 1 0 0 0
}
test_case 'a secret that is missing fails the step, and the next run delivers' secret_missing

wrong() {
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  rejects() {
    workflow "${@:2}"
    job "$(dispatch "$production")"
    expect_equal "$(result .conclusion)" failure "$2"
    expect_match "$(result '.annotations[] | select(.level == "error").message')" "$1"
  }
  rejects 'fail-on is one of deferred failed never, not .x' 'fail-on: x'
  rejects 'dry-run is one of true false' 'dry-run: "yes"'
  rejects 'poll and events exclude each other' 'poll: a/b' 'events: x'
  rejects 'it goes with events' 'from: wandb'
  rejects 'cache-key takes at most' 'cache-key: a/b'
  rejects 'state-dir is the name' 'state-dir: "~/x"'
  workflow
  sed -i 's|bin-dir: .*|bin-dir: /nowhere|' workflow.yml
  job "$(dispatch "$production")"
  expect_match "$(result '.annotations[].message')" "the tools are not all in '/nowhere'"
  workflow
  job '{}'
  expect_match "$(result '.annotations[].message')" 'what is to be delivered'
  sed -i 's/config: automations/config: none.json/' workflow.yml
  job "$(dispatch "$production")"
  came failure 0 0 0 0
  expect_match "$(result '.annotations[].message')" 'the configuration cannot be used'
  sed -i 's/config: none.json/config: automations/' workflow.yml
  sed -i 's/"ADD_ARTIFACT_ALIAS"/"ADD_ALIAS"/' workspace/automations/deploy.json
  job "$(dispatch "$production")"
  came failure 0 0 0 0
  mkdir -p mine && echo precious >mine/file
  automations "$RECEIVER_URL"
  workflow "state-dir: $PWD/mine"
  job "$(dispatch "$production")"
  expect_match "$(result '.annotations[].message')" 'is not empty, and not of an earlier run'
  expect_equal "$(<mine/file)" precious
  expect_equal "$(requests)" 0
}
test_case 'inputs and configurations that are wrong' wrong

# ---- runs that are broken off ----

# break_off COMMAND… - do it, with the runner's pid behind it, when one of three deliveries is done and one is under way;
# then run the job again
break_off() {
  local runner
  fresh
  answers <<<'{"/hook": [{"status": 200}, {"stall": true}, {"status": 200}]}'
  automations "$RECEIVER_URL"
  mkdir -p workspace/made
  for n in 1 2 3; do
    wb-event alias "acme/model-registry/fraud:v$n" production --author "nr$n" --id "e$n"
  done >workspace/made/events.jsonl
  workflow 'events: made/events.jsonl'
  context '{}'
  node "$TESTS/runner.mjs" context.json result.json >log 2>runner.errors &
  runner=$!
  SERVERS+=("$runner")
  await_requests 2
  "$@" "$runner"
  wait "$runner" || fail "the runner: $(<runner.errors)"
  unset 'SERVERS[-1]'
  came "$conclusion" 1 0 "$deferred" 0
  expect_equal "$(result '.cached | length')" 1 'states saved'
  job '{"run_attempt": "2"}'
  came success 2 0 0 1
  # the second one had no answer: nobody knows whether it arrived
  expect_equal "$(bodies | jq -r .by | paste -s -d ' ')" 'nr1 nr2 nr2 nr3'
}

cancelled() {
  local conclusion=cancelled deferred=2
  break_off kill
}
test_case 'a job that is cancelled saves what it has delivered, and the next attempt goes on' cancelled

lose_deliver() {
  kill -KILL "$(pgrep -f "^$WB_BIN/wb-deliver --directory $PWD/workspace/")"
}

deliver_lost() {
  local conclusion=failure deferred=0
  break_off lose_deliver
  expect_status 1 pgrep -f "^wb-send .*$PWD/workspace/"
}
test_case 'a run whose program is killed saves what it has delivered, too, when nothing of it goes on' deliver_lost

# ---- what others have written ----

hostile() {
  local name masks
  fresh
  answers <<'END'
{"/hook": [{"status": 400, "body": "<script>alert(1)</script> [link](https://evil.example) | ::set-output name=failed::0"}]}
END
  automations "$RECEIVER_URL"
  name=$'x\u202e%0A::error::y,title=owned,file=z\n::set-output name=failed::0\r\n::add-mask::failed\n##[error]old <img src=x onerror=alert(1)> [a](https://evil.example) | @acme ${{ secrets.TOKEN }} $(touch owned) `x` www.evil.example'
  jq --arg name "$name" '.automations[0].name = $name' workspace/automations/deploy.json >named &&
    mv named workspace/automations/deploy.json
  workflow
  job "$(dispatch "$(jq -n --arg name "$name" '{event_type: "ADD_ARTIFACT_ALIAS", alias: "production", entity_name: $name,
    event_author: $name, artifact_version_string: "acme/model-registry/\($name):production"}')")"
  came failure 0 1 0 0
  [[ ! -e workspace/owned ]] || fail 'a command was run'
  expect_equal "$(result '.annotations | map(.level) | join(" ")')" 'error error'
  expect_equal "$(result '.annotations | map(.message, .title) | map(test("[\\n\\r\u202e]")) | any')" false
  expect_match "$(result '.annotations[0].title')" ',title=owned,file=z'
  expect_equal "$(result '.annotations | map(.file) | unique | tojson')" '[null]'
  # all that is not a letter, a digit or harmless is spelled by its number
  expect_equal "$(result .summary | grep -o -E '<[^>]*>' | sed 's/ .*/>/' | sort -u | paste -s -d ' ')" \
    '</code> </details> </pre> </summary> <code> <details> <pre> <summary>'
  expect_no_match "$(result .summary)" 'onerror=|evil\.example|@acme|\]\(|`|##\['
  masks=$(result .masks)
  automations "$RECEIVER_URL"
  job "$(dispatch '{"event_type": "ADD_ARTIFACT_ALIAS", "alias": "production",
    "artifact_version_string": "acme/model-registry/a\"><img src=x> &:v3"}' | jq -c '.run_id = "2"')"
  expect_equal "$masks" "$(result .masks)" 'masks, wanted as without such names'
  expect_equal "$(result .summary | grep -o -E '<a [^>]*>')" '<a href="https://wandb.ai/acme/registry/model?selectionPath=acme%2Fmodel-registry%2Fa%22%3E%3Cimg%20src%3Dx%3E%20%26&amp;view=membership&amp;version=v3">'
}
test_case 'names and answers command nothing, and are text in the summary' hostile

masked() {
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  registry
  workflow "${polls[@]}" 'since: 2026-03-24T00:00:00Z'
  promote v0
  cat >>workflow.yml <<'END'
      - shell: bash
        env:
          WANDB_API_KEY: ${{ vars.WANDB_KEY }}
          SIGNING_KEY: ${{ vars.SIGNING_KEY }}
        run: |
          echo "${SIGNING_KEY%%$'\n'*} and } in the log"
          echo "$SIGNING_KEY $WANDB_API_KEY"
END
  job '{}'
  came success 1 0 0 0
  expect_match "$(<log)" '[*][*][*] and } in the log'
  no_secret "$WANDB_KEY" log
}
test_case 'values of secrets are masked in the log, whatever prints them, line by line' masked

bound() {
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  workflow 'secret-hosts: |' '  TOKEN=127.0.0.1' '  SIGNING_KEY=elsewhere.example'
  job "$(dispatch "$production")"
  expect_equal "$(result .conclusion)" failure
  workflow 'secret-hosts: TOKEN=127.0.0.1'
  job "$(dispatch "$production" | jq -c '.run_id = "2"')"
  expect_equal "$(result .conclusion)" failure
  expect_match "$(result '.annotations[].message')" 'does not say where the secret SIGNING_KEY may go'
  expect_equal "$(requests)" 0
  workflow 'secret-hosts: |' '  TOKEN=127.0.0.1' '  SIGNING_KEY=127.0.0.1'
  job "$(dispatch "$production" | jq -c '.run_id = "3"')"
  came success 1 0 0 0
}
test_case 'secrets go to the hosts that are listed, and others nowhere' bound

large() {
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  mkdir -p workspace/made
  wb-event alias acme/model-registry/fraud:v1 production >one
  jq -c --arg long "$(printf '%0180d' 0 | tr 0 %)" 'range(800) as $n | .event_id = "e\($n)" |
    .artifact_version_string = "acme/model-registry/\($long):v\($n)"' one >workspace/made/events.jsonl
  workflow 'events: made/events.jsonl'
  job '{}'
  came success 800 0 0 0
  (($(result .summary | wc -c) < 1024 * 1024)) || fail 'the summary is too large'
  expect_match "$(result .summary)" '[0-9]+ more lines do not fit here'
}
test_case 'a summary that would be too large is cut' large

# ---- places ----

dry() {
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  workflow 'dry-run: true'
  job "$(dispatch "$production")"
  came success 0 0 0 0
  expect_match "$(<log)" 'Authorization: Bearer .TOKEN'
  expect_equal "$(requests)" 0
  expect_equal "$(result '.cached | length')" 0
}
test_case 'a dry run shows the requests, and keeps nothing' dry

# A runner of one's own keeps the directory, and needs neither a cache nor sudo.
self_hosted() {
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  mkdir bin
  printf '#!/bin/sh\necho "$0 $*" >>%q\nexit 1\n' "$PWD/called" | tee bin/sudo bin/apt-get bin/make >bin/cc
  chmod +x bin/*
  workflow 'cache: false' "state-dir: $PWD/state"
  job "$(dispatch "$production")" "{\"environment\": {\"PATH\": \"$PWD/bin:$PATH\"}, \"cache_is_down\": true}"
  came success 1 0 0 0
  job "$(dispatch "$production" | jq -c '.run_id = "2"')" "{\"environment\": {\"PATH\": \"$PWD/bin:$PATH\"}, \"cache_is_down\": true}"
  came success 0 0 0 1
  [[ ! -e called ]] || fail "called: $(<called)"
}
test_case 'a runner of one'"'"'s own: installed tools, a directory that stays, no cache, no sudo' self_hosted

built() {
  [[ $WB_BIN == "$TOP" ]] || skip 'other tools than those of the top directory are tested'
  fresh
  start_receiver
  automations "$RECEIVER_URL"
  workflow
  sed -i '/bin-dir/d' workflow.yml
  job "$(dispatch "$production")"
  came success 1 0 0 0
  expect_equal "$(result '.cached | map(select(startswith("wb-tools/"))) | length')" 1 'tools saved'
  expect_match "$(<log)" 'Build wb-tools'
  # with the tools out of the cache nothing is built
  mkdir bin
  printf '#!/bin/sh\nexit 1\n' | tee bin/make >bin/cc
  chmod +x bin/*
  job "$(dispatch "$production" | jq -c '.run_id = "2"')" "{\"environment\": {\"PATH\": \"$PWD/bin:$PATH\"}}"
  came success 1 0 0 0
  expect_no_match "$(<log)" 'Build wb-tools'
}
test_case 'the tools are built once, and come out of the cache then' built

# example NAME - workflow.yml: the example, for servers of this machine
example() {
  sed -E -e 's|^( *)config: automations$|&\n\1bin-dir: ${{ vars.BIN }}\n\1send-options: "--allow-http\\n--allow-net=127.0.0.0/8"|' \
    -e 's|^( *)poll: .*|&\n\1poll-options: "--allow-http\\n--allow-net=127.0.0.0/8"|' \
    -e 's|=api\.github\.com|=127.0.0.1|' -e 's/- id: deliver/- id: wb/' -e 's/steps\.deliver/steps.wb/g' -e 's|^( *)env:|&\n\1  WANDB_BASE_URL: ${{ vars.WANDB_URL }}|' \
    "$TOP/man/examples/workflows/$1.yml" >workflow.yml
}

# run_example GITHUB
run_example() {
  job "$1" "$(jq -n -c --arg key "$WANDB_KEY" \
    '{secrets: {DEPLOY_TOKEN: "made-up-deploy-token", WEBHOOK_SECRET: "made-up-webhook-secret", WANDB_API_KEY: $key}}')"
}

examples() {
  fresh
  registry
  answers <<<'{"*": [{"status": 204}, {"status": 204}, {"status": 422}]}'
  mkdir -p workspace/automations
  sed "s|https://api.github.com|$RECEIVER_URL|" "$TOP/man/examples/github.json" >workspace/automations/github.json
  example dispatch
  run_example "$(dispatch "$production")"
  came success 1 0 0 0
  example poll
  run_example '{"event_name": "schedule"}'
  came success 0 0 0 0
  promote v0
  run_example '{"event_name": "schedule", "run_id": "2"}'
  came success 1 0 0 0
  expect_equal "$(result '.uploaded | length')" 0 'files that were put aside'
  wandb_do '{"do":"link","collection":"acme/model-registry/fraud","user":"ann","aliases":["production"],"after":1}' >/dev/null
  run_example '{"event_name": "schedule", "run_id": "3"}'
  came failure 0 1 0 0
  expect_match "$(result '.uploaded | join(" ")')" '/put-aside/dead.jsonl$'
  expect_equal "$(jq -r .path "$RECEIVER_LOG" | uniq -c | awk '{ print $1, $2 }')" '3 /repos/acme/deploy/dispatches'
}
test_case 'the examples: an event that was sent, and a registry that is polled' examples
