#!/usr/bin/env bash
#
# alloc-send.test.sh - every allocation of wb-send fails once: see alloc.test.sh

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/allocs.sh
. "$TESTS/allocs.sh"

dry_run() {
  local policy=(--allow-http --allow-net 127.0.0.1 --allow-host localhost)
  # the records' text is not JSON, but all of its lines are lines of a good run
  survives_each 0 is_part_of is_same wb-send "${policy[@]}" --dry-run signed.jsonl
  survives_each 0 is_part_of is_same wb-send "${policy[@]}" --dry-run=curl signed.jsonl
}
test_case 'wb-send --dry-run' dry_run

# all_or_said FILE WHOLE - as many receipts as there should be, or it was said, and that it is not the lines' fault
all_or_said() {
  local lines whole
  mapfile -t lines <"$1"
  mapfile -t whole <"$2"
  ((${#lines[@]} == ${#whole[@]})) || [[ $status -ge 2 && -s err ]]
}

# are_receipts FILE WHOLE - whole ones, to be looked at by receipts_hold
are_receipts() {
  local text
  ends_in_newline "$1" || return
  slurp text "$1"
  printf '%s' "$text" >"receipts/$n"
  all_or_said "$@"
}

# receipts_hold PROGRAM - in all receipts of a run, of which there is not more than one a delivery
receipts_hold() {
  local wrong
  wrong=$(jq -n -r "[inputs | {run: input_filename, id: .delivery_id, holds: ($1)}] |
    (.[] | select(.holds | not)), (group_by([.run, .id])[] | select(length > 1)[0]) | .run" receipts/*)
  expect_equal "$wrong" '' 'runs whose receipts are wrong'
  rm -r receipts
}

# send_each STATUS PROGRAM LOOK COMMAND… - survives_each, of what makes receipts
send_each() {
  mkdir receipts
  WORKERS=8 survives_each "$1" "$3" "$3" "${@:4}"
  receipts_hold "$2"
}

of_failures='.status == "failed" and (.error.text | length > 0) or .status == "deferred" and .attempts == 0'

send() {
  local policy=(--allow-http --allow-net 127.0.0.1 --allow-host localhost)
  send_each 1 "$of_failures" are_receipts wb-send "${policy[@]}" --retries 0 --breaker 0 --jobs 2 signed.jsonl
}
test_case 'wb-send to closed ports' send

send_helper() {
  local policy=(--allow-http --allow-net 127.0.0.1 --allow-host localhost)
  a_helper
  STEP=3 send_each 1 "$of_failures" are_receipts wb-send "${policy[@]}" --secrets exec:./get --retries 0 --breaker 0 --jobs 2 signed.jsonl
}
test_case 'wb-send, secrets from a helper' send_helper

# kept_receipts FILE GOOD - whole ones; dead letters are lines of the input, the journal can be read
kept_receipts() {
  local line lines journal
  ends_in_newline journal && ends_in_newline dead || return
  mapfile -t lines <dead
  for line in ${lines[@]+"${lines[@]}"}; do
    [[ -n ${wanted[$line]-} ]] || return
  done
  slurp journal journal
  printf '%s' "$journal" >"journals/$n"
  are_receipts "$@"
}

start_anew() {
  printf '%s\n' "$first" >journal
  : >dead
}

send_and_keep() {
  local policy=(--allow-http --allow-net 127.0.0.1 --allow-host localhost) first lines line
  local -A wanted=()
  {
    # one that may not be sent, and so fails
    sed -n '1{s/"delivery_id":"/&y/;s,http://127.0.0.1:1/,http://10.1.2.3/,;p;}' signed.jsonl
    cat signed.jsonl
    sed 's/"delivery_id":"/&x/' signed.jsonl
  } >kept.jsonl
  mapfile -t lines <kept.jsonl
  for line in "${lines[@]}"; do wanted[$line]=1; done
  first=$(jq -r .delivery_id signed.jsonl | sed -n 1p |
    sed 's/.*/{"delivery_id":"&","status":"finished","at":"2026-11-24T11:17:08.123Z"}\n{"delivery_id":"old","status":"finished","at":"2000-01-01T00:00:00Z"}/')
  mkdir journals
  BEFORE=start_anew send_each 1 '.status | IN("failed", "skipped", "deferred")' kept_receipts wb-send "${policy[@]}" \
    --retries 1 --retry-max-time 1ms --breaker 2 --breaker-wait 1ms --rate 100000/s --order collection --jobs 2 \
    --journal journal --journal-keep 36500d --dead-letter dead kept.jsonl
  jq -n -e 'all(inputs; .status | IN("finished", "failed", "deferred"))' journals/* >/dev/null || fail 'a journal is wrong'
  rm -r journals
  [[ -s dead ]] || fail 'no dead letters'
  grep -q '"skipped"' good || fail 'nothing was skipped'
}
test_case 'wb-send with a journal and dead letters, to closed ports' send_and_keep

# counted REGEX FILE… - in the order of ${ids[@]}, how often each is the second group of a line that
# matches, and how many match; into COUNTED
counted() {
  local regex=$1 file line lines id sum=0 text=
  local -A counts=()
  for file in "${@:2}"; do
    mapfile -t lines <"$file"
    for line in ${lines[@]+"${lines[@]}"}; do
      [[ $line =~ $regex ]] || continue
      id=${BASH_REMATCH[2]}
      counts[$id]=$((${counts[$id]:-0} + 1))
      sum=$((sum + 1))
    done
  done
  for id in "${ids[@]}"; do text+=" ${counts[$id]:-0}"; done
  COUNTED="$text of $sum"
}

# no_failure FILE… - no delivery has failed, but for a program that had no memory
no_failure() {
  local file line lines
  for file; do
    mapfile -t lines <"$file"
    for line in ${lines[@]+"${lines[@]}"}; do
      [[ $line != *'"status":"failed"'* || $line == *'"text":"success_when: out of memory"'* ]] || fail "$file: $line"
    done
  done
}

# arrive_some WORKER COUNT - to the receiver of its own that was started last
arrive_some() {
  local n status told text ids
  mkdir "arrivals.$1"
  cd "arrivals.$1"
  sed "s,http://[^\"]*:1/,$RECEIVER_URL/," ../signed.jsonl | jq -c '.request.url += .delivery_id' >in.jsonl
  mapfile -t ids < <(jq -r .delivery_id in.jsonl)
  for ((n = 1 + $1; n <= $2; n += RECEIVERS)); do
    : >"$RECEIVER_LOG"
    : >finished
    status=0
    fail_alloc "$n" "${arrive[@]}" in.jsonl >out 2>err || status=$?
    no_failure out err finished
    slurp text finished
    printf '%s' "$text" >"../journals/$n"
    counted '^(\{"delivery_id":")([^"]*)","status":"(finished|failed)"' finished
    told=$COUNTED
    counted '("path":"\/)([^"]*)"' "$RECEIVER_LOG"
    slurp text err
    # once each, unless the answer was lost
    [[ $text != *'out of memory for the response'* ]] || COUNTED=${COUNTED//2/1}
    [[ $text != *'out of memory for the response'* ]] || told=${told% of *} COUNTED=${COUNTED% of *}
    expect_equal "$told" "$COUNTED" "allocation $n: journal, and what arrived"
    counted '^(\{"delivery_id":"|wb-send: delivery )([^" ]*)(".*"status":"(finished|failed)"| is [a-z]*; there is no memory for its receipt$)' \
      out err
    expect_equal "${COUNTED% of *}" "${told% of *}" "allocation $n: receipts"
    printf '%s' "$text" >>told
  done
}

# What arrives is in the journal, and told of on standard output or, where that failed, on standard error. No delivery
# fails before it is sent, nor for an answer that could not be kept: lack of memory is not its fault, and ends.
RECEIVERS=4
arrives() {
  local arrive=(wb-send --allow-http --allow-net 127.0.0.1 --jobs 2 --journal finished) count worker pids=() pid told
  jq -n -c '{"*": [{body: ({ok: true, long: ("x" * 20000)} | tojson)}]}' >script.json
  start_receiver --script script.json
  sed "s,http://[^\"]*:1/,$RECEIVER_URL/," signed.jsonl >in.jsonl
  FAIL_ALLOC_COUNT=count expect_status 0 fail_alloc 0 "${arrive[@]}" in.jsonl >good
  expect_equal "$(jq -r .status good | xargs)" 'finished finished finished finished'
  count=$(<count)
  mkdir journals
  for ((worker = 0; worker < RECEIVERS; worker++)); do
    start_receiver --script "$PWD/script.json"
    arrive_some "$worker" "$count" &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  expect_equal "$(cd journals && printf '%s\n' * | wc -l)" "$count"
  told=$(cat arrivals.*/told)
  jq -e . journals/* >/dev/null || fail 'a journal cannot be read'
  expect_match "$told" 'wb-send: out of memory for the response'
  expect_match "$told" 'wb-send: cannot set up the request: out of memory'
}
test_case 'wb-send to a receiver' arrives
