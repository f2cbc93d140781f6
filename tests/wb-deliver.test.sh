#!/usr/bin/env bash
#
# wb-deliver.test.sh - whole runs: what they leave, when they commit, and how they end

# shellcheck disable=SC2016,SC2119 # references and variables of payloads; functions with and without arguments
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/polls.sh
. "$TESTS/polls.sh"

# configure [MEMBER…] - an automation for every event, to the receiver; members of it
configure() {
  printf '{"webhooks":{"w":{"url":"%s"}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}%s}]}\n' \
    "$RECEIVER_URL/hook" "${1:+,$1}" >automations.json
}

# deliver ARGUMENT… - a run in the directory d; messages into err
deliver() {
  wb-deliver -c automations.json -d d --send=--allow-http --send=--allow-net=127.0.0.0/8 --send=--retries=0 "$@" 2>err
}

# start_run ARGUMENT… - the same in the background; sets RUN, its process
start_run() {
  wb-deliver -c automations.json -d d --send=--allow-http --send=--allow-net=127.0.0.0/8 --send=--retries=0 "$@" 2>err &
  RUN=$!
}

# begin [MEMBER…] - an empty directory, an empty server, and a receiver of /hook; MEMBERS of the automation
begin() {
  anew
  receiver_answers '{}'
  configure "$@"
}

# receiver_answers ANSWER,… - another receiver, which gives these answers
receiver_answers() {
  answers <<<"{\"/hook\":[$1]}"
  [[ ! -e automations.json ]] || jq --arg url "$RECEIVER_URL/hook" '.webhooks.w.url = $url' automations.json >a
  [[ ! -e a ]] || mv a automations.json
}

# alias N - an event
alias_event() {
  wb-event alias acme/m/fraud:v"$1" production --id "evt-$1"
}

statuses() {
  jq -r .status "$@" | tr '\n' ' '
}

requests_got() {
  expect_equal "$(wc -l <"$RECEIVER_LOG")" "$1" requests
}

files_once() {
  begin
  { alias_event 1 && alias_event 2; } >in
  expect_status 0 deliver in
  expect_empty err
  requests_got 2
  expect_equal "$(statuses d/receipts.jsonl)" 'finished finished '
  expect_equal "$(stat -c %a d d/receipts.jsonl d/journal.jsonl | tr '\n' ' ')" '700 600 600 ' modes
  deliver - <in >out
  expect_empty out
  deliver --print <in >out
  requests_got 2
  expect_equal "$(statuses out)" 'skipped skipped '
  expect_equal "$(wc -l <d/receipts.jsonl)" 6
}
test_case 'events of files and of standard input, delivered once' files_once

reads() {
  begin
  printf '%s\n' '{"action":"go","branch":"main","sender":{"login":"bot"},"client_payload":{"entity_name":"acme","project_name":"m",
    "artifact_collection_name":"fraud","artifact_version_string":"acme/m/fraud:production"}}' '[7 ]' >dispatch.json
  expect_status 1 deliver read --from github dispatch.json
  requests_got 1
  expect_match "$(<err)" 'wb-event: dispatch.json:'
  expect_match "$(<d/event.rejects)" '7 ]$'
}
test_case 'documents of another system, refused ones put aside' reads

polls() {
  begin
  wandb_do "[$(link)]" >/dev/null
  expect_status 0 deliver poll "$project" "${open[@]}"
  expect_match "$(<err)" 'first run'
  requests_got 0
  wandb_do "[$(link)]" >/dev/null
  expect_status 0 deliver poll "$project" "${open[@]}"
  expect_empty err
  requests_got 1
  expect_status 0 deliver poll "$project" "${open[@]}"
  requests_got 1
  [[ -e d/registry.state && ! -e d/registry.state.next ]] || fail "not committed: $(ls d)"
}
test_case 'poll: told once, and committed' polls

failed_for_good() {
  begin
  receiver_answers '{"status":404,"body":"no such \u001b[31mthing"},{}'
  wandb_do "[$(link)]" >/dev/null
  deliver poll "$project" "${open[@]}" || :
  wandb_do "[$(link),$(link)]" >/dev/null
  expect_status 1 deliver poll "$project" "${open[@]}"
  expect_match "$(<err)" 'wb-deliver: a: acme/registry/fraud:v1: [0-9a-f-]+: failed: http: status 404: http://127'
  expect_match "$(<err)" "what has failed is in 'd/dead.jsonl': when the cause is mended, 'wb-deliver -d d retry'"
  expect_equal "$(statuses d/receipts.jsonl)" 'failed finished '
  expect_equal "$(wc -l <d/dead.jsonl)" 1
  [[ ! -e d/registry.state.next ]] || fail 'not committed'
  expect_status 0 deliver poll "$project" "${open[@]}"
  requests_got 2
}
test_case 'what has failed for good is told and put aside, and the rest is committed' failed_for_good

many_failures() {
  begin
  receiver_answers '{"status":404}'
  for ((i = 0; i < 23; i++)); do alias_event "$i"; done >in
  expect_status 1 deliver in
  expect_equal "$(grep -c 'failed: http' err)" 20
  expect_match "$(<err)" 'and 3 others have failed'
}
test_case 'no more than 20 failures are told' many_failures

deferred() {
  begin '"cooldown":"1h","cooldown_by":"collection"'
  receiver_answers '{"status":503},{}'
  wandb_do "[$(link)]" >/dev/null
  deliver poll "$project" "${open[@]}" || :
  wandb_do "[$(link)]" >/dev/null
  cp d/registry.state before
  cp d/rests rests
  expect_status 4 deliver --send=--retries=1 --send=--retry-max-time=1ms poll "$project" "${open[@]}"
  expect_match "$(<err)" 'nothing is committed, and the next run goes on with it'
  expect_file d/registry.state before
  expect_file d/rests rests
  expect_status 0 deliver poll "$project" "${open[@]}"
  expect_equal "$(statuses d/receipts.jsonl)" 'deferred finished '
  expect_status 0 deliver poll "$project" "${open[@]}"
  requests_got 2
}
test_case 'what is deferred keeps the run from being committed; the next one goes on' deferred

lacking_secret() {
  begin
  # shellcheck disable=SC2016 # a reference
  jq '.webhooks.w.secret = "$KEY"' automations.json >a && mv a automations.json
  alias_event 1 >in
  expect_status 4 deliver in
  expect_match "$(<err)" 'KEY'
  requests_got 0
  KEY=made-up expect_status 0 deliver in
  requests_got 1
}
test_case 'a secret that is missing is no loss' lacking_secret

# secrets_with OPTION… - a run for an event that it signs, and has a token for, by secrets of a directory
secrets_with() {
  alias_event 1 >in
  deliver --secrets "dir:$PWD/secrets" "$@" in
}

secret_options() {
  begin
  jq '.webhooks.w += {secret: "$SIGNING", access_token: "$TOKEN"}' automations.json >a && mv a automations.json
  (umask 077 && mkdir secrets && printf made-up >secrets/SIGNING && printf made-up >secrets/TOKEN &&
    printf %s "$WANDB_API_KEY" >secrets/WANDB_API_KEY)
  # what wb-sign uses, and what wb-send does
  expect_status 4 secrets_with --bound-only --secret-host TOKEN=127.0.0.1
  expect_match "$(<err)" 'wb-sign: .*SIGNING.* is not bound to a host'
  expect_status 4 secrets_with --secret-host SIGNING=hooks.acme.example
  expect_match "$(<err)" 'wb-sign: .*SIGNING.* is not bound to this host'
  expect_status 1 secrets_with --bound-only --secret-host SIGNING=127.0.0.1
  expect_match "$(<err)" 'a: .*failed: secret: .*TOKEN.* is not bound to a host'
  expect_status 2 secrets_with --secret-timeout never
  expect_match "$(<err)" 'wb-sign: .*secret-timeout'
  requests_got 0
  rm -r d
  expect_status 0 secrets_with --bound-only --secret-host SIGNING=127.0.0.1 --secret-host=TOKEN=127.0.0.1
  requests_got 1
  # and what the poll does
  unset WANDB_API_KEY
  expect_status 0 deliver --secrets "dir:$PWD/secrets" --bound-only poll "$project" "${open[@]}"
  expect_match "$(<err)" 'first run'
}
test_case 'options of secrets are for all that use some' secret_options

unreadable() {
  begin
  wandb_do "[$(link)]" >/dev/null
  deliver poll "$project" "${open[@]}" || :
  cp d/registry.state before
  expect_status 3 deliver poll "$project" "${open[@]}" --retries 0 --proxy http://127.0.0.1:1
  expect_file d/registry.state before
  jq '.automations[0].nme = 1' automations.json >a && mv a automations.json
  expect_status 2 deliver poll "$project" "${open[@]}"
  expect_match "$(<err)" 'nme'
  requests_got 0
}
test_case 'a registry that cannot be read, and a wrong configuration' unreadable

retry() {
  begin
  receiver_answers '{"status":404},{"status":404},{"status":404},{"status":401},{}'
  for i in 1 2 3; do alias_event "$i"; done >in
  expect_status 0 deliver retry
  expect_equal "$(<err)" "wb-deliver: nothing is put aside in 'd/dead.jsonl'"
  expect_status 1 deliver in
  requests_got 3
  expect_status 0 deliver --dry-run retry >out
  expect_equal "$(grep -c '^POST' out)" 3
  expect_status 1 deliver --print retry >out
  expect_equal "$(statuses out)" 'failed finished finished '
  requests_got 6
  expect_equal "$(jq -r .event.event_id d/dead.jsonl)" evt-1
  expect_status 0 deliver retry
  [[ ! -s d/dead.jsonl && ! -e d/dead.again ]] || fail "left: $(ls d)"
  requests_got 7
  expect_status 0 deliver in
  requests_got 7
  expect_status 2 deliver retry in
  expect_match "$(<err)" "nothing stands behind it, but 'in'"
}
test_case 'retry: dead letters are sent again, and only by that' retry

# link_to COLLECTION - a version linked there
link_to() {
  wandb_do "[$(link '' "$project/$1")]" >/dev/null
}

put_aside_once() {
  begin
  answers <<<'{"/gone":[{"status":410}],"/down":[{"status":503},{"status":503},{}]}'
  jq -n --arg url "$RECEIVER_URL" '["gone", "down"] | {webhooks: map({key: ., value: {url: "\($url)/\(.)"}}) | from_entries,
    automations: map({name: ., on: {collection: .}, action: {type: "webhook", webhook: .}})}' >automations.json
  link_to gone && link_to down
  deliver poll "$project" "${open[@]}" || :
  link_to gone && link_to down
  expect_status 4 deliver --send=--retries=1 --send=--retry-max-time=1ms poll "$project" "${open[@]}"
  expect_match "$(<err)" "'wb-deliver -d d retry' sends it again"
  expect_status 4 deliver --send=--retries=1 --send=--retry-max-time=1ms poll "$project" "${open[@]}"
  expect_status 0 deliver poll "$project" "${open[@]}"
  expect_equal "$(jq -r .path "$RECEIVER_LOG" | sort | uniq -c | xargs)" '3 /down 1 /gone'
  expect_equal "$(wc -l <d/dead.jsonl)" 1
}
test_case 'poll: what has failed is put aside once, however often the run is repeated for what is deferred' put_aside_once

broken_retry() {
  begin
  receiver_answers '{"status":404},{"status":404},{"status":503},{}'
  { alias_event 1 && alias_event 2; } >in
  expect_status 1 deliver in
  expect_status 4 deliver --send=--retries=1 --send=--retry-max-time=1ms retry
  expect_match "$(<err)" 'the next retry goes on with it'
  expect_equal "$(wc -l <d/dead.again)" 2
  requests_got 3
  expect_status 0 deliver retry
  requests_got 5
  [[ ! -e d/dead.again ]] || fail "left: $(ls d)"
}
test_case 'retry: what is deferred stays for the next one' broken_retry

belongs_to_another() {
  begin
  alias_event 1 >in
  ((EUID == 0)) || skip 'needs root'
  mkdir d && chown 12345 d
  expect_status 2 deliver in
  expect_equal "$(<err)" "wb-deliver: directory 'd' belongs to user 12345: run it as that user"
  expect_equal "$(ls d)" ''
}
test_case 'root makes no files in the directory of another user' belongs_to_another

down() {
  begin
  alias_event 1 >in
  stop_receiver
  # options that are given come behind ours
  expect_status 4 wb-deliver -c automations.json -d d --send=--allow-http --send=--allow-net=127.0.0.0/8 \
    --send=--retry-max-time=10ms in 2>err
  expect_equal "$(jq -r '.status, .reason' d/receipts.jsonl | xargs)" 'deferred budget'
  [[ ! -e d/dead.jsonl || ! -s d/dead.jsonl ]] || fail 'put aside'
}
test_case 'a receiver that is down: deferred, not failed' down

no_room() {
  begin
  alias_event 1 >in
  mkdir d
  ln -s /dev/full d/receipts.jsonl
  expect_status 3 deliver in
  expect_match "$(<err)" "cannot write to 'd/receipts.jsonl': No space"
  [[ ! -e d/rests ]] || fail committed
  rm d/receipts.jsonl
  expect_status 3 deliver --print in >/dev/full
  expect_match "$(<err)" 'standard output: No space'
  expect_status 3 deliver --print in >&-
  expect_status 0 deliver in
  requests_got 1
}
test_case 'receipts that cannot be written' no_room

usage() {
  begin
  local word
  for word in --state=x --auto-commit -f --follow --interval -s; do
    expect_status 2 deliver poll "$project" "$word" x
    expect_match "$(<err)" "^wb-deliver: poll: $word is not to be given"
  done
  for word in --journal=x --dead-letter=x --rejects=x -n --dry-run; do
    expect_status 2 deliver "--send=$word" in
    expect_match "$(<err)" "^wb-deliver: --send: $word is not to be given"
  done
  expect_status 2 deliver --match=--rejects=x in
  expect_status 2 deliver read --rejects x in
  expect_match "$(<err)" '^wb-deliver: read: --rejects is not to be given'
  expect_status 2 deliver --every 1s in
  expect_match "$(<err)" 'every goes with poll'
  expect_status 2 deliver --dry-run --every 1s poll "$project"
  expect_match "$(<err)" 'every and --dry-run exclude'
  expect_status 2 wb-deliver -d '' in 2>err
  expect_status 2 wb-deliver -d no/such in 2>err
  expect_match "$(<err)" "cannot make directory 'no/such'"
  expect_status 2 wb-deliver --drectory x 2>err
  expect_match "$(<err)" "did you mean '--directory'"
  expect_status 2 wb-deliver -d "$(printf '%04096d' 0)" 2>err
  touch file
  expect_status 2 wb-deliver -d file in 2>err
  expect_match "$(<err)" "cannot lock 'file/lock': Not a directory"
  ln -s file d2 && expect_status 2 wb-deliver -d d2 in 2>err
  mkdir d && echo '{}' >d/journal.jsonl
  alias_event 1 >in
  expect_status 2 deliver in
  expect_match "$(<err)" 'wb-send: .*journal'
}
test_case 'what is wrong is said, and nothing is done' usage

dry_run() {
  begin
  alias_event 1 >in
  expect_status 0 deliver --dry-run in >out
  expect_match "$(<out)" '^# [0-9a-f]{32} a'
  requests_got 0
  echo nonsense >in
  expect_status 1 deliver -n in >out
  [[ ! -e d/journal.jsonl && ! -e d/receipts.jsonl && ! -e d/match.rejects && ! -e d/rests ]] || fail "kept: $(ls d)"
}
test_case 'a dry run shows, and keeps nothing' dry_run

meeting() {
  local first
  begin
  mkfifo in
  exec 7<>in
  start_run in 7>&-
  first=$RUN
  alias_event 1 >&7
  await_requests 1
  expect_status 0 wb-deliver -c automations.json -d d poll "$project" "${open[@]}" 7>&- 2>meeting
  expect_empty meeting
  expect_status 2 wb-deliver -c automations.json -d d --dry-run in 7>&- 2>meeting
  expect_match "$(<meeting)" "another run is going on in 'd'"
  alias_event 2 >file
  start_run file 7>&-
  # when it waits for the lock, the kernel says so
  until grep -q -e "-> FLOCK .* $RUN " /proc/locks; do :; done
  requests_got 1
  exec 7>&-
  wait "$first"
  wait "$RUN"
  requests_got 2
}
test_case 'two runs in one directory: a poll goes away, others wait' meeting

stopped() {
  begin
  receiver_answers '{"stall":"before"}'
  mkfifo in
  exec 7<>in
  start_run --send=--grace=1ms in 7>&-
  alias_event 1 >&7
  await_requests 1
  kill -TERM "$RUN"
  expect_status 4 wait "$RUN"
  exec 7>&-
  expect_match "$(<err)" 'nothing is committed'
  expect_equal "$(statuses d/receipts.jsonl)" 'deferred '
  [[ ! -e d/rests ]] || fail committed
  receiver_answers '{}'
  alias_event 1 >file
  expect_status 0 deliver file
}
test_case 'SIGTERM: passed on, receipts taken, not committed' stopped

killed() {
  begin
  receiver_answers '{"stall":"before"}'
  mkfifo in
  exec 7<>in
  start_run in 7>&-
  alias_event 1 >&7
  await_requests 1
  pkill -KILL -P "$RUN" -x wb-send
  exec 7>&-
  expect_status 3 wait "$RUN"
  expect_match "$(<err)" 'wb-send was ended by signal 9'
  [[ ! -e d/rests ]] || fail committed
}
test_case 'a stage that is killed: status 3, not committed' killed

# wb-send alone is told to stop: those before it take that for a reader who left on purpose.
stopped_alone() {
  begin
  mkfifo in
  exec 7<>in
  start_run in 7>&-
  alias_event 1 >&7
  await_requests 1
  pkill -TERM -P "$RUN" -x wb-send
  timeout 60 pidwait -P "$RUN" -x wb-send || :
  alias_event 2 >&7
  exec 7>&-
  expect_status 4 wait "$RUN"
  expect_match "$(<err)" 'wb-send: stopped by SIGTERM.*nothing is committed'
  expect_equal "$(statuses d/receipts.jsonl)" 'finished '
  [[ ! -e d/rests ]] || fail committed
}
test_case 'a stage that is stopped: what it has not read is not lost' stopped_alone

stopped_while_dry() {
  begin
  mkfifo in
  exec 7<>in
  start_run --dry-run in >out 7>&-
  alias_event 1 >&7
  await_line out '^# '
  kill -TERM "$RUN"
  expect_status 4 wait "$RUN"
}
test_case 'SIGTERM: ends a dry run, too' stopped_while_dry

every() {
  begin
  wandb_do "[$(link)]" >/dev/null
  start_run --every 20ms poll "$project" "${open[@]}"
  await_line err 'first run'
  wandb_do "[$(link)]" >/dev/null
  await_requests 1
  wandb_do "[$(link)]" >/dev/null
  await_requests 2
  jq '.automations[0].nme = 1' automations.json >a && mv a automations.json
  await_line err nme
  jq 'del(.automations[0].nme)' automations.json >a && mv a automations.json
  wandb_do "[$(link)]" >/dev/null
  await_requests 3
  kill -TERM "$RUN"
  wait "$RUN" || (($? == 4))
  expect_equal "$(statuses d/receipts.jsonl)" 'finished finished finished '
}
test_case '--every: run again and again, until stopped' every

# Whatever was under way when all was killed may have arrived and not be known to have; all else is sent once.
killed_often() {
  local i seen=0
  begin
  jq '.automations[0].action.payload = "${artifact_version_string}"' automations.json >a && mv a automations.json
  wandb_do "[$(link)]" >/dev/null
  deliver poll "$project" "${open[@]}" || :
  for ((i = 0; i < 12; i++)); do
    wandb_do "[$(link),$(link),$(link),$(link)]" >/dev/null
    setsid bash -c 'wb-deliver -c automations.json -d d --send=--allow-http --send=--allow-net=127.0.0.0/8 "$@"' \
      run poll "$project" "${open[@]}" 2>>err &
    RUN=$!
    await_requests "$((seen + 1 + i % 3))"
    kill -KILL -- "-$RUN" || : # it may have ended
    wait "$RUN" || :
    flock d/lock true # until the last of its programs is gone
    seen=$(wc -l <"$RECEIVER_LOG")
  done
  expect_status 0 deliver poll "$project" "${open[@]}"
  jq -r '.body_base64 | @base64d | fromjson' "$RECEIVER_LOG" >got
  expect_equal "$(sort -u got | wc -l)" 48 'links that have arrived'
  (($(wc -l <got) <= 48 + 12)) || fail "$(wc -l <got) requests for 48 links: more than one twice a kill"
  expect_status 0 deliver poll "$project" "${open[@]}"
  expect_equal "$(statuses d/receipts.jsonl | tr ' ' '\n' | sort -u | xargs)" 'finished skipped'
}
test_case 'killed again and again: nothing lost, and only what was under way is sent twice' killed_often

# The programs that it starts inherit the failing allocation.
allocations() {
  local n status
  begin
  alias_event 1 >in
  for ((n = 1; n <= 60; n++)); do
    status=0
    fail_alloc "$n" wb-deliver -c automations.json -d d --send=--allow-http --send=--allow-net=127.0.0.0/8 in 2>err ||
      status=$?
    [[ $status =~ ^[0-4]$ ]] || fail "allocation $n: status $status: $(<err)"
    [[ $status == 0 || -s err ]] || fail "allocation $n: status $status without a word"
  done
  expect_status 0 deliver in
  requests_got 1
}
test_case 'failing allocations: said, nothing lost, nothing twice' allocations
