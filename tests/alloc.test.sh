#!/usr/bin/env bash
#
# alloc.test.sh - every allocation of every filter fails once: the tool says so, or does without it and does all it
# should; it never crashes, and never writes a torn or a wrong line. Of the other tools, alloc-*.test.sh does the same.

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/allocs.sh
. "$TESTS/allocs.sh"

event() {
  local text='{"accuracy": 0.9, "name": "\u00e9"}'
  printf '%s\n' "$text" >metadata.json
  survives_each 0 is_part_of is_same wb-event alias a/m/c:v3 production --author ann --metadata @metadata.json \
    --time 2026-11-24T02:25:00Z --id 1
}
test_case 'wb-event' event

match() {
  survives_each 0 is_part_of is_same wb-match -c c.json events.jsonl
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
  survives_each 0 is_part_of is_same wb-match -c c.json --explain events.jsonl
}
test_case 'wb-match --explain' match_explain

bad_configuration() {
  printf '%s\n' '{"automations": [{"name": "a\u0062", "on": {"alias": [], "alias_regex": "("}, "actoin": 1}]}' >bad.json
  survives_each 2 is_part_of is_same wb-match -c bad.json -c c.json events.jsonl
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
  survives_each 0 is_part_of is_same wb-render matches.jsonl
}
test_case 'wb-render' render

render_rejects() {
  sed '1a{"event_type":' matches.jsonl >mixed.jsonl
  with_rejects mixed.jsonl wb-render
}
test_case 'wb-render --rejects' render_rejects

sign() {
  survives_each 0 is_part_of is_same wb-sign --now 1800000000 requests.jsonl
}
test_case 'wb-sign' sign

sign_providers() {
  mkdir -m 700 secrets
  for name in TOKEN ONE TWO; do
    (umask 077 && printf '%s\n' "${!name}" >secrets/"$name")
  done
  WB_SECRETS=env,dir:secrets survives_each 0 is_part_of is_same wb-sign --secrets dir:secrets --now 1800000000 \
    --secret-host TWO=127.0.0.1 requests.jsonl
}
test_case 'wb-sign, secrets from files' sign_providers

sign_helper() {
  a_helper
  survives_each 0 is_part_of is_same wb-sign --secrets exec:./get --secrets env --now 1800000000 requests.jsonl
}
test_case 'wb-sign, secrets from a helper' sign_helper

verify() {
  local signature
  printf '%s' "$long" >body
  signature=$(openssl dgst -sha256 -hmac "$ONE" -binary body | base64)
  survives_each 0 is_part_of is_same wb-sign --verify wandb --secret TWO --secret ONE \
    --header "X-Wandb-Signature: $signature" body
}
test_case 'wb-sign --verify' verify

# ---- the libraries below them, where they can bear it: libcrypto 3.0 takes a lock that it could not allocate ----

libraries() {
  sed -E 's/, "(success_)?when": "[^"]*"//' c.json >no-program.json
  export FAIL_ALLOC_ALL=1
  survives_each 0 is_part_of is_same wb-match -c no-program.json events.jsonl
}
test_case 'in the libraries, too' libraries

sticky() {
  export FAIL_ALLOC_STICKY=1
  survives_each 0 is_part_of is_same wb-match -c c.json events.jsonl
  survives_each 0 is_part_of is_same wb-render matches.jsonl
  survives_each 0 is_part_of is_same wb-sign --now 1800000000 requests.jsonl
}
test_case 'and all that follow' sticky
