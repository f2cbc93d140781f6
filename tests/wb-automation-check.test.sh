#!/usr/bin/env bash
#
# wb-automation-check.test.sh - queues and jobs that a W&B server is asked for

# shellcheck disable=SC2016 # what looks like variables are those of payloads, and secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck disable=SC2119 # it needs no option
start_wandb
export WANDB_BASE_URL=$WANDB_URL WANDB_API_KEY=$WANDB_KEY
open=(--allow-http --allow-net 127.0.0.0/8 --retries 0)

# fresh - a directory of the case's own, and a server with a queue and a job
fresh() {
  cd "$(mktemp -d "$T/case.XXXXXX")" || return
  wandb_do '[{"do":"clear_faults"},{"do":"reset"},{"do":"queue","queue":"acme/model-registry/gpu"},
    {"do":"queue","queue":"ops/model-registry/fast","priorities":true},
    {"do":"link","collection":"acme/jobs/evaluate","type":"job","aliases":["good"]},
    {"do":"link","collection":"acme/jobs/data","type":"dataset"},{"do":"clear_log"}]' >/dev/null
}

# action MEMBERS - c.json with one automation that launches, in lines of its own
action() {
  printf '{"automations": [\n{"name": "a", "action": {"type": "launch",\n%s}}\n]}\n' "$1" >c.json
}

# checks STATUS [OPTION…] - online; what is found is in the file out, messages in err; no key stands anywhere
checks() {
  expect_status "$1" wb-automation check --online -c c.json "${open[@]}" "${@:2}" >out 2>err || fail "$(<out) $(<err)"
  no_secret "$WANDB_KEY" out err
}

all_there() {
  fresh
  cat >c.json <<'END'
{"automations": [
  {"name": "a", "action": {"type": "launch", "queue": "gpu", "project": "acme/evals", "job": "acme/jobs/evaluate:latest"}},
  {"name": "b", "action": {"type": "launch", "queue": "gpu", "project": "acme/evals", "job": "acme/jobs/\u0065valuate", "name": "b"}},
  {"name": "c", "on": {"alias": "x"}, "action": {"type": "launch", "queue": "gpu", "project": "acme/evals", "job": "acme/jobs/evaluate:good"}},
  {"name": "d", "action": {"type": "launch", "queue": "fast", "queue_entity": "ops", "priority": 0, "project": "acme/evals", "docker_image": "x"}},
  {"name": "e", "action": {"type": "none"}}
]}
END
  checks 0
  expect_empty out
  expect_empty err
  # each is asked for once: gpu, fast, evaluate:latest (which is what no alias means), evaluate:good
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .requests)" 4
  # the same without the network asks nobody
  WANDB_API_KEY='' wb-automation check -c c.json
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .requests)" 4
  echo '{"automations": []}' >c.json
  checks 0
}
test_case 'what is there is asked for once, and nothing is said' all_there

missing() {
  fresh
  action '"queue": "gone",
 "project": "acme/evals", "job": "acme/jobs/evaluate:v7"'
  checks 2
  cat >want <<'END'
c.json:3:10: error: there is no queue acme/gone, or the key may not see it
c.json:4:34: error: there is no job acme/jobs/evaluate:v7, or the key may not see it
END
  expect_file out want
  expect_equal "$(<err)" 'wb-automation: 2 errors, 0 warnings'
  checks 2 --format github
  cat >want <<'END'
::error file=c.json,line=3,col=10::there is no queue acme/gone, or the key may not see it
::error file=c.json,line=4,col=34::there is no job acme/jobs/evaluate:v7, or the key may not see it
END
  expect_file out want
  # a project that is not there, something else, and a queue without priorities
  action '"queue": "gpu", "queue_entity": "nobody",
 "project": "acme/evals", "job": "acme/jobs/data:latest"'
  checks 2
  cat >want <<'END'
c.json:3:10: error: there is no queue nobody/gpu, or the key may not see it
c.json:4:34: error: acme/jobs/data:latest is no job: its type is dataset
END
  expect_file out want
  action '"queue": "gpu", "priority": 1,
 "project": "acme/evals", "job": "acme/jobs/evaluate"'
  checks 2
  expect_equal "$(<out)" 'c.json:3:29: error: the queue acme/gpu has no priorities'
}
test_case 'a queue or a job that is missing, or is something else, is an error with its place' missing

# What is wrong in the files is told first, and then nobody is asked.
errors_first() {
  fresh
  action '"queue": "gone", "project": "acme"'
  checks 2
  expect_equal "$(<out)" 'c.json:3:29: error: "project" must be where the run goes, as "ENTITY/PROJECT"'
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .requests)" 0
  action '"queue": "gpu", "project": "acme/evals", "docker_image": "x"'
  sed -i 's/"action"/"on": {"event_type": "LINK_ARTIFACT", "alias": "x"}, &/' c.json
  checks 0
  expect_match "$(<out)" 'warning: an event of the type LINK_ARTIFACT has no alias'
  checks 1 --strict
}
test_case 'errors and warnings of the files are as they are without --online' errors_first

no_answer() {
  fresh
  action '"queue": "gpu", "project": "acme/evals", "job": "acme/jobs/evaluate:latest"'
  wandb_do '{"do":"fault","kind":"errors","status":403,"message":"permission denied","code":"PERMISSION_ERROR","times":"always"}' >/dev/null
  checks 3
  expect_match "$(<out)" '^c.json:3:10: error: cannot tell whether there is a queue acme/gpu: .*permission denied'
  expect_match "$(<out)" $'\nc.json:3:49: error: cannot tell whether there is a job acme/jobs/evaluate:latest: .*permission denied'
  # the policy, and a server that is not there
  expect_status 3 wb-automation check --online -c c.json >out 2>err
  expect_match "$(<out)" '^c.json:3:10: error: cannot tell whether there is a queue acme/gpu, one of 2 questions that have no answer: its server would be denied: '
  wandb_do '{"do":"clear_faults"}' >/dev/null
  WANDB_API_KEY=made-up-key-made-up-key-made-up-key-made-up checks 3
  expect_match "$(<out)" '401'
  unset WANDB_API_KEY
  checks 3
  expect_match "$(<out)" 'cannot tell whether there is a queue acme/gpu, one of 2 .*: secret \$WANDB_API_KEY: not found'
  # ~/.netrc, and where secrets are
  mkdir home secrets
  (umask 077 && printf 'machine 127.0.0.1 login user password %s\n' "$WANDB_KEY" >home/.netrc &&
    printf '%s\n' "$WANDB_KEY" >secrets/WANDB_API_KEY)
  HOME=$PWD/home checks 0
  expect_equal "$(<out)" 'c.json:3:10: warning: secret $WANDB_API_KEY is in ~/.netrc only, where wb-send does not look for it'
  HOME=$PWD/home checks 1 --strict
  HOME=$PWD/home WANDB_API_KEY=$WANDB_KEY checks 0
  expect_empty out
  checks 0 --secrets "dir:$PWD/secrets"
}
test_case 'what cannot be asked is told, and is no success' no_answer

# two - c.json with a queue and a job, to be asked about
two() {
  action '"queue": "gpu",
 "project": "acme/evals", "job": "acme/jobs/evaluate:latest"'
}

cannot_wait() {
  fresh
  two
  with_shim nopoll expect_status 3 wb-automation-check --online -c c.json "${open[@]}" >out 2>err
  expect_equal "$(<out)" 'c.json:3:10: error: cannot tell whether there is a queue acme/gpu, one of 2 questions that have no answer: cannot wait for the network: out of memory or descriptors'
}
test_case 'waiting that fails is told' cannot_wait

retried() {
  fresh
  action '"queue": "gpu", "project": "acme/evals", "docker_image": "x"'
  wandb_do '{"do":"fault","kind":"html","status":502,"times":2}' >/dev/null
  checks 0 --retries 2
  expect_empty out
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .requests)" 3
}
test_case '--retries holds for what is asked' retried

# A server that fails has failed for all that it would be asked.
failing() {
  fresh
  two
  wandb_do '{"do":"fault","kind":"html","status":502,"times":"always"}' >/dev/null
  checks 3
  expect_match "$(<out)" '^c.json:3:10: error: cannot tell whether there is a queue acme/gpu, one of 2 questions that have no answer: .*502'
  expect_equal "$(grep -c . out)" 1
  # one that wants to be left alone for an hour is
  wandb_do '[{"do":"clear_faults"},{"do":"fault","kind":"rate_limit","retry_after":3600}]' >/dev/null
  checks 3 --retries 5
  expect_match "$(<out)" '^c.json:3:10: error: cannot tell .* one of 2 questions that have no answer: .*429'
  expect_equal "$(grep -c . out)" 1
}
test_case 'a server that fails is asked nothing more, and told of once' failing

# A configuration that nobody has read yet may name any server: keys go where they may only.
bound() {
  fresh
  local here=${WANDB_URL/127.0.0.1/localhost}
  action '"queue": "gpu", "project": "acme/evals", "docker_image": "x",
 "base_url": "'"$here"'"'
  checks 3 --allow-host localhost
  expect_match "$(<out)" 'secret \$WANDB_API_KEY: is not bound to this host'
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .requests)" 0
  checks 0 --allow-host localhost --secret-host WANDB_API_KEY=localhost
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .requests)" 1
  # another key is not for this server unless it is said so
  action '"queue": "gpu", "project": "acme/evals", "docker_image": "x",
 "api_key": "$OTHER_KEY"'
  export OTHER_KEY=$WANDB_KEY
  checks 3
  expect_match "$(<out)" 'secret \$OTHER_KEY: is not bound to a host'
  WANDB_API_KEY='' checks 0 --secret-host OTHER_KEY=127.0.0.1
  WANDB_API_KEY='' WB_SECRET_HOSTS=OTHER_KEY=127.0.0.1 checks 0
}
test_case 'keys go to the server of the environment, and where --secret-host says' bound

offline() {
  fresh
  action '"queue": "gpu", "project": "acme/evals", "docker_image": "x",
 "base_url": "http://wandb.acme.example", "api_key": "$NO_KEY"'
  wb-automation check -c c.json --resolve >out 2>err
  cat >want <<'END'
c.json:4:14: warning: would be denied: the URL is http, not https; --allow-http would open it
c.json:4:54: warning: secret $NO_KEY: not found in the environment, /run/secrets
END
  expect_file out want
  wb-automation check -c c.json --allow-http >out
  expect_empty out
}
test_case 'without --online, servers and keys of jobs are judged as those of webhooks are' offline

jobs() {
  fresh
  local job
  for job in x jobs/x acme/jobs/ /jobs/x acme//x acme/jobs/x/y acme/jobs/x: acme/jobs/:v1 acme/jobs/; do
    action '"queue": "gpu", "project": "acme/evals", "job": "'"$job"'"'
    expect_status 2 wb-automation check -c c.json >out 2>err
    expect_equal "$(<out)" 'c.json:3:49: error: "job" must be ENTITY/PROJECT/NAME, with or without :ALIAS'
    expect_status 2 wb-match -c c.json </dev/null 2>err
  done
  for job in acme/jobs/x acme/jobs/x:v1 'acme\/jobs\u002fx' wandb-artifact://_id/QXJ0; do
    action '"queue": "gpu", "project": "acme/evals", "job": "'"$job"'"'
    wb-automation check -c c.json >out
    expect_empty out
  done
  # the last one, which is not looked up
  checks 0
  expect_empty out
}
test_case 'the form of a job is checked without asking' jobs

usage() {
  fresh
  action '"queue": "gpu", "project": "acme/evals", "docker_image": "x"'
  expect_status 2 wb-automation -c c.json check --online 2>err
  expect_equal "$(<err)" 'wb-automation: check stands first: wb-automation check --online ...'
  expect_status 2 wb-automation check --online 2>err
  expect_equal "$(<err)" 'wb-automation: no automations: name a file or a directory with -c, or in $WB_CONFIG'
  expect_status 2 wb-automation check --online c.json 2>err
  expect_equal "$(<err)" "wb-automation: too many operands: 'c.json'"
  WB_CONFIG=c.json wb-automation check --online "${open[@]}"
  action '"queue": "gone", "project": "acme/evals", "docker_image": "x"'
  expect_status 3 wb-automation check --online -c c.json "${open[@]}" >/dev/full 2>err
  expect_match "$(<err)" 'cannot write to standard output: No space left on device'
}
test_case 'a command line that is wrong, and output that fails' usage

starved() {
  fresh
  local n count status
  action '"queue": "gpu", "project": "acme/evals", "job": "acme/jobs/evaluate:latest"'
  grep -q -a -E '__(asan|msan|tsan)_init|\.gcda' "$WB_BIN/wb-automation-check" && skip 'a sanitizer has its own allocator'
  FAIL_ALLOC_COUNT=count expect_status 0 fail_alloc 0 wb-automation-check --online -c c.json "${open[@]}" >out 2>err
  count=$(<count)
  ((count > 50)) || fail "only $count allocations"
  for ((n = 1; n <= count; n++)); do
    status=0
    fail_alloc "$n" wb-automation-check --online -c c.json "${open[@]}" >out 2>err || status=$?
    [[ $status == [023] ]] || fail "allocation $n: status $status: $(<err)"
    [[ $status == 0 || -s err ]] || fail "allocation $n: status $status without a word"
  done
}
test_case 'memory that runs out anywhere is told' starved
