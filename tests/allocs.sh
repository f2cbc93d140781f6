# shellcheck shell=bash
#
# allocs.sh - what the tests of allocations that fail share: what must hold for the output, and what goes in. To be
# sourced after lib.sh.
#
# Some thousand runs are looked at, so nothing here starts a program for each of them: what needs one is looked at once,
# in the end.

! grep -q -a -E '__(asan|msan|tsan)_init|\.gcda' "$WB_BIN/wb-match" ||
  skip 'a sanitizer has its own allocator, and coverage allocates'
shopt -s extglob
export TOKEN=token-for-tests ONE=first-key-for-tests TWO=second-key-for-tests

# ---- what holds for the output ----

# slurp NAME FILE - the whole file becomes the value of the variable
slurp() {
  IFS= read -r -d '' "$1" <"$2" || :
}

is_same() {
  local one other
  slurp one "$1"
  slurp other "$2"
  [[ $one == "$other" ]]
}

ends_in_newline() {
  local text
  slurp text "$1"
  [[ -z $text || $text == *$'\n' ]]
}

# is_part_of FILE WHOLE - all lines of FILE stand in WHOLE, in the same order
is_part_of() {
  local lines whole line i=0
  ends_in_newline "$1" || return
  mapfile -t lines <"$1"
  mapfile -t whole <"$2"
  for line in ${lines[@]+"${lines[@]}"}; do
    while ((i < ${#whole[@]})) && [[ ${whole[i]} != "$line" ]]; do i=$((i + 1)); done
    ((i < ${#whole[@]})) || return
    i=$((i + 1))
  done
}

# survives N STATUS PART SAME COMMAND… - allocation N fails. When the status is the usual STATUS the output must be the
# usual one, in the file good, as SAME compares them; else it must be as PART says, and there must be a message.
survives() {
  local n=$1 usual=$2 part=$3 same=$4 status=0
  shift 4
  ${BEFORE:-:}
  fail_alloc "$n" "$@" >out 2>err || status=$?
  if ((status == usual)); then
    $same out good || fail "allocation $n fails, the status is $status, but the output is not right:$(printf ' %q' "$@")"
    return
  fi
  ((status >= 1 && status <= 3)) || fail "allocation $n fails: status $status:$(printf ' %q' "$@")"
  [[ -s err ]] || fail "allocation $n fails: status $status without a message:$(printf ' %q' "$@")"
  $part out good || fail "allocation $n fails: torn or wrong lines:$(printf ' %q' "$@")"
}

# survives_each STATUS PART SAME COMMAND… - the same for all allocations; $STEP: only for each of so many; $BEFORE: what
# is done before each run; $WORKERS: so many runs at a time, each in a directory of its own, of a program that mostly waits
survives_each() {
  local count worker pids=() pid
  ${BEFORE:-:}
  FAIL_ALLOC_COUNT=count expect_status "$1" fail_alloc 0 "${@:4}" >good 2>err
  count=$(<count)
  ((count > 0)) || fail 'allocates nothing'
  if [[ -z ${WORKERS-} ]]; then
    survives_some 0 "$@"
    return
  fi
  for ((worker = 0; worker < WORKERS; worker++)); do
    mkdir "worker.$worker"
    ln -s "$PWD"/!(worker.*|out|err|journal|dead) "worker.$worker/"
    (cd "worker.$worker" && survives_some "$worker" "$@") &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  rm -r worker.*
}

# survives_some WORKER …
survives_some() {
  local n worker=$1
  shift
  for ((n = 1 + worker * ${STEP:-1}; n <= count; n += ${STEP:-1} * ${WORKERS:-1})); do
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

# a_helper - ./get, which knows all secrets
a_helper() {
  # shellcheck disable=SC2016 # expanded by the script
  printf '#!/bin/sh\ncase $1 in TOKEN) echo "$TOKEN";; ONE) echo "$ONE";; TWO) echo "$TWO";; *) exit 66;; esac\n' >./get
  chmod +x get
}
