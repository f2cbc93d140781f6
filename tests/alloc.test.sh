#!/usr/bin/env bash
#
# alloc.test.sh - every allocation of every tool fails once: the tool says so, or does without it and does all it
# should; it never crashes, and never writes a torn or a wrong line

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

! grep -q -a -E '__(asan|msan|tsan)_init|\.gcda' "$WB_BIN/wb-match" ||
  skip 'a sanitizer has its own allocator, and coverage allocates'
export TOKEN=token-for-tests ONE=first-key-for-tests TWO=second-key-for-tests

# ---- what holds for the output ----

ends_in_newline() {
  [[ ! -s $1 || -z $(tail -c 1 "$1") ]]
}

# is_part_of FILE WHOLE - all lines of FILE stand in WHOLE, in the same order
is_part_of() {
  ends_in_newline "$1" || return
  awk 'NR == FNR { whole[++n] = $0; next } { do i++; while (i <= n && whole[i] != $0); if (i > n) exit 1 }' "$2" "$1"
}

# all_or_said FILE WHOLE - as many receipts as there should be, or it was said, and that it is not the lines' fault
all_or_said() {
  (($(wc -l <"$1") == $(wc -l <"$2"))) || [[ $status -ge 2 && -s err ]]
}

# are_receipts FILE WHOLE - whole ones, of failures or of what was not tried, not more than one a delivery
are_receipts() {
  ends_in_newline "$1" || return
  jq -e -s 'all(.status == "failed" and (.error.text | length > 0) or .status == "deferred" and .attempts == 0) and
    (map(.delivery_id) | length == (unique | length))' "$1" >/dev/null || return
  all_or_said "$@"
}

# survives N STATUS PART SAME COMMAND… - allocation N fails. When the status is the usual STATUS the output must be the
# usual one, in the file good, as SAME compares them; else it must be as PART says, and there must be a message.
survives() {
  local n=$1 usual=$2 part=$3 same=$4 status=0
  shift 4
  fail_alloc "$n" "$@" >out 2>err || status=$?
  if ((status == usual)); then
    $same out good || fail "allocation $n fails, the status is $status, but the output is not right:$(printf ' %q' "$@")"
    return
  fi
  ((status >= 1 && status <= 3)) || fail "allocation $n fails: status $status:$(printf ' %q' "$@")"
  [[ -s err ]] || fail "allocation $n fails: status $status without a message:$(printf ' %q' "$@")"
  $part out good || fail "allocation $n fails: torn or wrong lines:$(printf ' %q' "$@")"
}

# survives_each STATUS PART SAME COMMAND… - the same for all allocations; $STEP: only for each of so many
survives_each() {
  local count n
  FAIL_ALLOC_COUNT=count expect_status "$1" fail_alloc 0 "${@:4}" >good 2>err
  count=$(<count)
  ((count > 0)) || fail 'allocates nothing'
  for ((n = 1; n <= count; n += ${STEP:-1})); do
    survives "$n" "$@"
  done
}

# ---- what goes in ----

cat >c.json <<'END'
{"webhooks": {
  "hook": {"url": "http://127.0.0.1:1/", "access_token": "$TOKEN", "secret": ["$ONE", "$TWO"],
    "signature": ["wandb", "standard"], "headers": {"X-Token": "$TWO"}, "success_when": ".\u006fk"},
  "chat": {"url": "http://localhost:1/", "target": "slack"}},
 "automations": [
  {"name": "regex", "on": {"alias_regex": "^p", "tag_regex": "x", "when": ".event_type != null"},
    "action": {"type": "webhook", "webhook": "hook", "payload": {"text": "${alias} ${ACCESS_TOKEN} ${ONE}"}}},
  {"name": "valu\u0065s", "on": {"event_type": "ADD_ARTIFACT_ALIAS", "alias": ["production", "pr\u006fd"]},
    "action": {"type": "webhook", "webhook": "chat", "payload_file": "payload.json"}},
  {"name": "nothing", "action": {"type": "none"}}]}
END
cat >payload.json <<'END'
{"text": "\u0024{alias} by ${event_author}", "all": "${artifact_metadata:json}", "as text": "${artifact_metadata}"}
END
long=$(printf '%0300000d' 0)
cat >events.jsonl <<'END'
{"event_type":"ADD_ARTIFACT_ALIAS","alias":"production","tag":"x","artifact_metadata":{"a":["<",1.10]}}
{"event_type":"ADD_ARTIFACT_ALIAS","alias":"pr\u006fd","tag":"z","event_id":"\u0031","event_author":"a\"b"}
END
printf '{"event_type":"LINK_ARTIFACT","alias":"production","tag":"x","event_author":"%s"}\n' "$long" >>events.jsonl
wb-match -c c.json events.jsonl >matches.jsonl
wb-render matches.jsonl >requests.jsonl
wb-sign --now 1800000000 requests.jsonl >signed.jsonl
(($(wc -l <matches.jsonl) == 7 && $(wc -l <signed.jsonl) == 4)) || fail 'not the lines that were wanted'

# ---- each tool ----

event() {
  local text='{"accuracy": 0.9, "name": "\u00e9"}'
  printf '%s\n' "$text" >metadata.json
  survives_each 0 is_part_of 'cmp -s' wb-event alias a/m/c:v3 production --author ann --metadata @metadata.json \
    --time 2026-11-24T02:25:00Z --id 1
}
test_case 'wb-event' event

match() {
  survives_each 0 is_part_of 'cmp -s' wb-match -c c.json events.jsonl
}
test_case 'wb-match' match

# Where libjq finds no memory, the tool can only end. It is told so; but libjq's copies of names (strdup) are unchecked,
# and it dies of those. Of its many allocations a few.
match_in_libjq() {
  local count n status told=0 died=0
  printf '%s\n' '{"webhooks":{"w":{"url":"https://a.example/","success_when":".ok"}}}' >program.json
  FAIL_ALLOC_ALL=1 FAIL_ALLOC_COUNT=count fail_alloc 0 wb-match -c program.json </dev/null
  count=$(<count)
  ((count > 5000)) || fail "only $count allocations"
  for ((n = 50; n <= count; n += count / 60)); do
    status=0
    FAIL_ALLOC_ALL=1 fail_alloc "$n" wb-match -c program.json </dev/null >out 2>err || status=$?
    expect_empty out
    case $status in
      0) ;;
      3)
        expect_equal "$(<err)" 'wb-match: out of memory in a jq program' "allocation $n of $count"
        ((++told))
        ;;
      1[3-9]?) ((++died)) ;;
      *) fail "allocation $n of $count: status $status: $(<err)" ;;
    esac
  done
  ((told > 2 * died)) || fail "told $told times, died $died times"
}
test_case 'wb-match, in libjq' match_in_libjq

match_explain() {
  survives_each 0 is_part_of 'cmp -s' wb-match -c c.json --explain events.jsonl
}
test_case 'wb-match --explain' match_explain

bad_configuration() {
  printf '%s\n' '{"automations": [{"name": "a\u0062", "on": {"alias": [], "alias_regex": "("}, "actoin": 1}]}' >bad.json
  survives_each 2 is_part_of 'cmp -s' wb-match -c bad.json -c c.json events.jsonl
}
test_case 'wb-match, a configuration with errors' bad_configuration

# with_rejects INPUT COMMAND… - there is a bad line in the middle; refused lines are kept whole, and only such of the input
with_rejects() {
  rm -f rejects
  survives_each 1 is_part_of is_part_of "${@:2}" --rejects rejects "$1"
  ends_in_newline rejects
  expect_status 1 grep -v -x -F -f "$1" rejects
}

match_rejects() {
  sed '1a{"event_type":' events.jsonl >mixed.jsonl
  with_rejects mixed.jsonl wb-match -c c.json
}
test_case 'wb-match --rejects' match_rejects

render() {
  survives_each 0 is_part_of 'cmp -s' wb-render matches.jsonl
}
test_case 'wb-render' render

render_rejects() {
  sed '1a{"event_type":' matches.jsonl >mixed.jsonl
  with_rejects mixed.jsonl wb-render
}
test_case 'wb-render --rejects' render_rejects

sign() {
  survives_each 0 is_part_of 'cmp -s' wb-sign --now 1800000000 requests.jsonl
}
test_case 'wb-sign' sign

sign_providers() {
  mkdir -m 700 secrets
  for name in TOKEN ONE TWO; do
    (umask 077 && printf '%s\n' "${!name}" >secrets/"$name")
  done
  WB_SECRETS=env,dir:secrets survives_each 0 is_part_of 'cmp -s' wb-sign --secrets dir:secrets --now 1800000000 \
    --secret-host TWO=127.0.0.1 requests.jsonl
}
test_case 'wb-sign, secrets from files' sign_providers

# a_helper - ./get, which knows all secrets
a_helper() {
  # shellcheck disable=SC2016 # expanded by the script
  printf '#!/bin/sh\ncase $1 in TOKEN) echo "$TOKEN";; ONE) echo "$ONE";; TWO) echo "$TWO";; *) exit 66;; esac\n' >./get
  chmod +x get
}

sign_helper() {
  a_helper
  survives_each 0 is_part_of 'cmp -s' wb-sign --secrets exec:./get --secrets env --now 1800000000 requests.jsonl
}
test_case 'wb-sign, secrets from a helper' sign_helper

verify() {
  local signature
  printf '%s' "$long" >body
  signature=$(openssl dgst -sha256 -hmac "$ONE" -binary body | base64)
  survives_each 0 is_part_of 'cmp -s' wb-sign --verify wandb --secret TWO --secret ONE \
    --header "X-Wandb-Signature: $signature" body
}
test_case 'wb-sign --verify' verify

dry_run() {
  local policy=(--allow-http --allow-net 127.0.0.1 --allow-host localhost)
  # the records' text is not JSON, but all of its lines are lines of a good run
  survives_each 0 is_part_of 'cmp -s' wb-send "${policy[@]}" --dry-run signed.jsonl
  survives_each 0 is_part_of 'cmp -s' wb-send "${policy[@]}" --dry-run=curl signed.jsonl
}
test_case 'wb-send --dry-run' dry_run

send() {
  local policy=(--allow-http --allow-net 127.0.0.1 --allow-host localhost)
  survives_each 1 are_receipts are_receipts wb-send "${policy[@]}" --retries 0 --breaker 0 --jobs 2 signed.jsonl
}
test_case 'wb-send to closed ports' send

send_helper() {
  local policy=(--allow-http --allow-net 127.0.0.1 --allow-host localhost)
  a_helper
  STEP=3 survives_each 1 are_receipts are_receipts wb-send "${policy[@]}" --secrets exec:./get --retries 0 --breaker 0 --jobs 2 signed.jsonl
}
test_case 'wb-send, secrets from a helper' send_helper

# are_whole FILE… - of what is kept of deliveries, whatever failed
are_whole() {
  ends_in_newline journal && ends_in_newline dead || return
  jq -e -s 'all(.status | IN("finished", "failed", "deferred"))' journal >/dev/null && is_part_of <(sort -u dead) <(sort kept.jsonl)
}

# kept_receipts FILE GOOD - whole ones; dead letters are lines of the input, the journal can be read
kept_receipts() {
  ends_in_newline "$1" && are_whole || return
  jq -e -s 'all(.status | IN("failed", "skipped", "deferred"))' "$1" >/dev/null || return
  all_or_said "$@"
}

send_and_keep() {
  local policy=(--allow-http --allow-net 127.0.0.1 --allow-host localhost)
  {
    # one that may not be sent, and so fails
    sed -n '1{s/"delivery_id":"/&y/;s,http://127.0.0.1:1/,http://10.1.2.3/,;p;}' signed.jsonl
    cat signed.jsonl
    sed 's/"delivery_id":"/&x/' signed.jsonl
  } >kept.jsonl
  jq -r .delivery_id signed.jsonl | sed -n 1p |
    sed 's/.*/{"delivery_id":"&","status":"finished","at":"2026-11-24T11:17:08.123Z"}\n{"delivery_id":"old","status":"finished","at":"2000-01-01T00:00:00Z"}/' >journal
  survives_each 1 kept_receipts kept_receipts wb-send "${policy[@]}" --retries 1 --retry-max-time 1ms --breaker 2 \
    --breaker-wait 1ms --rate 100000/s --order collection --jobs 2 --journal journal --journal-keep 36500d --dead-letter dead kept.jsonl
  [[ -s dead ]] || fail 'no dead letters'
  grep -q '"skipped"' good || fail 'nothing was skipped'
}
test_case 'wb-send with a journal and dead letters, to closed ports' send_and_keep

# What arrives is in the journal, and told of on standard output or, where that failed, on standard error. No delivery
# fails before it is sent, nor for an answer that could not be kept: lack of memory is not its fault, and ends.
arrives() {
  local count n status told came
  jq -n -c '{"*": [{body: ({ok: true, long: ("x" * 20000)} | tojson)}]}' >script.json
  start_receiver --script script.json
  sed "s,http://[^\"]*:1/,$RECEIVER_URL/," signed.jsonl | jq -c '.request.url += .delivery_id' >in.jsonl
  set -- wb-send --allow-http --allow-net 127.0.0.1 --jobs 2 --journal finished in.jsonl
  FAIL_ALLOC_COUNT=count expect_status 0 fail_alloc 0 "$@" >good
  expect_equal "$(jq -r .status good | xargs)" 'finished finished finished finished'
  count=$(<count)
  for ((n = 1; n <= count; n++)); do
    : >"$RECEIVER_LOG"
    : >finished
    status=0
    fail_alloc "$n" "$@" >out 2>err || status=$?
    expect_equal "$(cat out err finished | sed -n '/"text":"success_when: out of memory"/d; /"status":"failed"/p')" ''
    told=$(jq -r 'select(.status != "deferred") | .delivery_id' finished | sort)
    came=$(jq -r '.path[1:]' "$RECEIVER_LOG" | sort)
    # once each, unless the answer was lost
    [[ $(<err) == *'out of memory for the response'* ]] && came=$(uniq <<<"$came")
    expect_equal "$told" "$came" "allocation $n of $count: journal, and what arrived"
    expect_equal "$(cat out err | sed -n 's/^{"delivery_id":"\([^"]*\)".*"status":"\(finished\|failed\)".*/\1/p
      s/^wb-send: delivery \(.*\) is [a-z]*; there is no memory for its receipt$/\1/p' | sort)" "$told" "allocation $n: receipts"
    cat err >>messages
  done
  expect_match "$(<messages)" 'wb-send: out of memory for the response'
  expect_match "$(<messages)" 'wb-send: cannot set up the request: out of memory'
}
test_case 'wb-send to a receiver' arrives

# ---- the libraries below them, where they can bear it: libcrypto 3.0 takes a lock that it could not allocate ----

libraries() {
  sed -E 's/, "(success_)?when": "[^"]*"//' c.json >no-program.json
  export FAIL_ALLOC_ALL=1
  survives_each 0 is_part_of 'cmp -s' wb-match -c no-program.json events.jsonl
}
test_case 'in the libraries, too' libraries

sticky() {
  export FAIL_ALLOC_STICKY=1
  survives_each 0 is_part_of 'cmp -s' wb-match -c c.json events.jsonl
  survives_each 0 is_part_of 'cmp -s' wb-render matches.jsonl
  survives_each 0 is_part_of 'cmp -s' wb-sign --now 1800000000 requests.jsonl
}
test_case 'and all that follow' sticky

# ---- wb-automation ----

# is_nothing_or_all FILE WHOLE - a table or text is written as a whole, or not at all
is_nothing_or_all() {
  [[ ! -s $1 ]] || cmp -s "$1" "$2"
}

journal_line() {
  printf '{"delivery_id":"%s","status":"%s","at":"2026-11-24T11:17:08.123Z","automation":"%s","error":{"class":"\\u0061","text":"b"}}\n' "$@"
}

automation_reads() {
  { journal_line 1 finished regex && journal_line 2 failed 'valu\u0065s' && journal_line 1 failed nothing; } >automation.journal
  survives_each 0 is_nothing_or_all 'cmp -s' wb-automation list -c c.json --journal automation.journal
  survives_each 0 is_part_of 'cmp -s' wb-automation list -c c.json --journal automation.journal --json
  survives_each 0 is_nothing_or_all 'cmp -s' wb-automation show regex -c c.json
  survives_each 0 is_nothing_or_all 'cmp -s' wb-automation show regex -c c.json --json
  survives_each 0 is_nothing_or_all 'cmp -s' wb-automation history --journal automation.journal
  survives_each 0 is_part_of 'cmp -s' wb-automation history --journal automation.journal --json
}
test_case 'wb-automation list, show, history' automation_reads

# What was not read for want of memory may be missed elsewhere; it is said then that memory is what is wanting.
says_why() {
  ends_in_newline "$1" && grep -q -E ': (out of memory|cannot read: Cannot allocate memory)$' "$1"
}
is_part_or_says_why() {
  is_part_of "$1" "$2" || says_why "$1"
}
is_same_or_says_why() {
  cmp -s "$1" "$2" || says_why "$1"
}

automation_check() {
  unset TOKEN
  survives_each 0 is_part_or_says_why is_same_or_says_why wb-automation check -c c.json --resolve --secrets env
}
test_case 'wb-automation check' automation_check

# edited WHAT… - whatever allocation fails, the file is the old or the new one, and which one the status says
edited() {
  local n count status
  cp c.json edit.json
  FAIL_ALLOC_COUNT=count expect_status 0 fail_alloc 0 wb-automation "$@" >out 2>err
  count=$(<count)
  cp edit.json new.json
  ! cmp -s c.json new.json || fail 'nothing was changed'
  for ((n = 1; n <= count; n++)); do
    cp c.json edit.json
    status=0
    fail_alloc "$n" wb-automation "$@" >out 2>err || status=$?
    if ((status == 0)); then
      expect_file edit.json new.json
    else
      ((status >= 1 && status <= 3)) || fail "allocation $n fails: status $status"
      [[ -s err ]] || fail "allocation $n fails: status $status without a message"
      expect_file edit.json c.json
    fi
  done
}

automation_edits() {
  edited disable regex -c edit.json
  edited delete --yes nothing -c edit.json
}
test_case 'wb-automation disable, delete' automation_edits

automation_adds() {
  local n count status
  local add=(wb-automation add new -c c.json -c made.json --file made.json --template generic --url https://a.example/ --alias x --alias y)
  rm -f made.json
  FAIL_ALLOC_COUNT=count expect_status 0 fail_alloc 0 "${add[@]}" >out 2>err
  count=$(<count)
  mv made.json want.json
  for ((n = 1; n <= count; n++)); do
    status=0
    fail_alloc "$n" "${add[@]}" >out 2>err || status=$?
    if ((status == 0)); then
      expect_file made.json want.json
    else
      ((status >= 1 && status <= 3)) || fail "allocation $n fails: status $status"
      [[ -s err ]] || fail "allocation $n fails: status $status without a message"
      # only its name could not be printed
      [[ ! -e made.json || $(<err) == *'standard output'* ]] || fail "allocation $n fails: a file was made"
    fi
    rm -f made.json
  done
}
test_case 'wb-automation add' automation_adds

# Of the other tools it runs, the same allocation fails, too.
automation_tests() {
  local n count status
  local test=(wb-automation test regex -c c.json --alias p --tag x --allow-http --allow-net 127.0.0.1)
  export TOKEN=token-for-tests
  FAIL_ALLOC_COUNT=count expect_status 1 fail_alloc 0 "${test[@]}" >out 2>err
  grep -q '^failed in ' out || fail "$(<out)"
  count=$(<count)
  for ((n = 1; n <= count; n += 3)); do
    status=0
    fail_alloc "$n" "${test[@]}" >out 2>err || status=$?
    ((status >= 1 && status <= 3)) || fail "allocation $n fails: status $status"
    [[ -s err ]] || grep -q '^failed' out || fail "allocation $n fails: nothing was said"
  done
}
test_case 'wb-automation test' automation_tests
