#!/usr/bin/env bash
#
# wb-send-order.test.sh - deliveries of one key arrive in order and never side by side, whatever fails; others go on

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# send ARGUMENT… - wb-send to this machine
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 --breaker 0 --progress never "$@"
}

# start_flaky [OPTION…] - start tests/flaky.mjs; sets FLAKY_URL, FLAKY_LOG (complete once it is stopped) and FLAKY_PID
start_flaky() {
  local dir word='' port
  dir=$(mktemp -d "$T/flaky.XXXXXX")
  mkfifo "$dir/ready"
  FLAKY_LOG=$dir/log
  node "$TESTS/flaky.mjs" --log "$FLAKY_LOG" "$@" >"$dir/ready" 2>"$dir/stderr" </dev/null &
  FLAKY_PID=$!
  SERVERS+=("$FLAKY_PID")
  read -r -t 60 word port <"$dir/ready" || :
  FLAKY_URL=http://127.0.0.1:$port
  [[ $word == ready ]] || fail "flaky.mjs did not start: $(<"$dir/stderr")"
}

# random_records N KEYS URL - so many, each of a key by chance: a collection, and behind the URL; their bodies are
# "KEY N", N from 1 for each key
random_records() {
  awk -v n="$1" -v keys="$2" -v url="$3" 'BEGIN {
    srand(42)
    for (i = 1; i <= n; i++) {
      key = int(rand() * keys)
      printf "{\"delivery_id\":\"d-%d\",\"event\":{\"event_type\":\"x\",\"entity_name\":\"e\",\"project_name\":\"p\",\"artifact_collection_name\":\"c%d\"},\"automation\":{\"name\":\"a\"},\"request\":{\"url\":\"%s%d\",\"headers\":{\"Content-Type\":\"text/plain\"},\"body\":\"%d %d\"}}\n", i, key, url, key, key, ++of[key]
    }
  }'
}

# in_order LOG - what is wrong in it: a request while another one of its key is under way, or before all earlier ones
# of its key have succeeded, or after it has itself. Says how many there were.
in_order() {
  awk '
    $1 == "overlap" { print; next }
    NF != 3 { print "malformed: " $0; next }
    $2 != done[$1] + 1 { print "after " done[$1] + 0 ": " $0 }
    $3 == 200 { done[$1] = $2; successes++ }
    $3 != 200 { failures[$3]++ }
    END { printf "%d successes, %d failures of %d kinds\n", successes, NR - successes, length(failures) }' "$1"
}

# checked N LOG RECEIPTS FAILURES - all of N arrived in order, with at least so many failures between
checked() {
  local result pattern="^$1 successes, ([0-9]+) failures of 4 kinds\$"
  result=$(in_order "$2" | head -n 20)
  note "$result"
  expect_match "$result" "$pattern"
  [[ $result =~ $pattern ]]
  ((BASH_REMATCH[1] >= $4)) || fail 'too few failures to show anything'
  # and the receipts tell the same
  expect_equal "$(jq -n -r '[inputs | [.status, .attempts]] | "\(map(select(.[0] == "finished")) | length) finished, \(map(.[1]) | add) attempts"' "$3")" \
    "$1 finished, $(wc -l <"$2") attempts"
  expect_equal "$(sed -E 's/.*"delivery_id":"([^"]*)".*/\1/' "$3" | sort -u | wc -l)" "$1" 'deliveries'
}

collections() {
  start_flaky --seed 1 --fail 3000
  # all to one URL
  random_records 100000 1000 "$FLAKY_URL/?" | sed 's/?[0-9]*"/"/' >in
  expect_status 0 send -j 64 --retries 50 in >receipts 2>err
  expect_empty err
  stop_server "$FLAKY_PID"
  checked 100000 "$FLAKY_LOG" receipts 200
}
test_case 'collection: 100,000 deliveries of 1,000 keys in order, while some fail' collections

endpoints() {
  start_flaky --seed 2 --fail 20000
  # all of one collection
  random_records 5000 200 "$FLAKY_URL/" | sed 's/"c[0-9]*"/"c"/' >in
  expect_status 0 send -j 64 --order endpoint --retries 50 in >receipts
  stop_server "$FLAKY_PID"
  checked 5000 "$FLAKY_LOG" receipts 50
}
test_case 'endpoint: the same for each URL' endpoints

# Without an order each arrives, but not in order: this shows too that the checks above can fail.
none() {
  start_flaky --seed 3 --fail 20000
  random_records 5000 20 "$FLAKY_URL/" >in
  expect_status 0 send -j 64 --order none --retries 50 in >receipts
  stop_server "$FLAKY_PID"
  expect_equal "$(awk '$1 != "overlap" && $3 == 200 { print $1, $2 }' "$FLAKY_LOG" | sort | uniq -c | awk '{ print $1 }' | sort | uniq -c | tr -s ' ')" \
    ' 5000 1' 'deliveries that arrived, and how often'
  expect_match "$(in_order "$FLAKY_LOG")" overlap
  expect_match "$(in_order "$FLAKY_LOG")" 'after [0-9]'
}
test_case 'none: each arrives once, in any order' none

# ---- in small ----

# delivery ID COLLECTION PATH [AUTOMATION [EVENT-MEMBERS]]
delivery() {
  printf '{"delivery_id":"%s","event":{"event_type":"x","entity_name":"e","project_name":"p","artifact_collection_name":"%s"%s},"automation":{"name":"%s"},"request":{"url":"%s%s","headers":{"Content-Type":"text/plain"},"body":"%s"}}\n' \
    "$1" "$2" "${5-}" "${4-a}" "$RECEIVER_URL" "$3" "$1"
}

# got - the bodies of all requests, in order
got() {
  jq -r '.body_base64 | @base64d' "$RECEIVER_LOG" | paste -s -d ' '
}

# ends FILE - how each delivery ended: ID STATUS ATTEMPTS CLASS REASON, sorted
ends() {
  jq -r '[.delivery_id, .status, .attempts, .error.class // "-", .reason // "-"] | map(tostring) | join(" ")' "$1" | sort -V
}

SLOW='{"status":503,"headers":{"Retry-After":"1"}}'

keys() {
  answers <<<"{\"/slow\":[$SLOW,{}]}"
  {
    delivery a1 c /slow
    delivery a2 c /1
    delivery b1 d /1         # another collection
    delivery a3 '\u0063' /1  # the same, in other letters
    delivery c1 c /1 other   # another automation
    delivery e1 c /1 a ',"entity_name":"f"'
  } | sed '/"e1"/s/"entity_name":"e",//' >in
  expect_status 0 send -j 1 in >receipts
  expect_equal "$(got)" 'a1 b1 c1 e1 a1 a2 a3'
}
test_case 'collection: the key is automation, entity, project and collection' keys

one_endpoint() {
  answers <<<"{\"/slow\":[{\"status\":500,\"headers\":{\"Retry-After\":\"1\"}},{}]}"
  { delivery a1 c /slow && delivery a2 d /slow && delivery b1 c /1 && delivery a3 c /slow && delivery b2 c /1; } >in
  expect_status 0 send -j 1 --order endpoint in >receipts
  expect_equal "$(got)" 'a1 b1 b2 a1 a2 a3'
}
test_case 'endpoint: the key is the URL' one_endpoint

no_order() {
  answers <<<"{\"/slow\":[{\"status\":500,\"headers\":{\"Retry-After\":\"1\"}},{}]}"
  { delivery a1 c /slow && delivery a2 c /slow && delivery a3 c /1; } >in
  expect_status 0 send -j 1 --order none in >receipts
  expect_equal "$(got)" 'a1 a2 a3 a1'
}
test_case 'none: a delivery that waits holds back no other' no_order

# A failure that is final does not hold back what comes later; a deferral does.
final_failure() {
  answers <<<'{"/no":[{"status":404}]}'
  { delivery a1 c /no && delivery a2 c /1; } >in
  expect_status 1 send in >receipts
  expect_equal "$(ends receipts)" $'a1 failed 1 http -\na2 finished 1 - -'
}
test_case 'final: after a delivery that failed for good the next one goes' final_failure

FULL='{"status":503,"headers":{"Retry-After":"1000"}}'

deferred() {
  answers <<<"{\"/full\":[$FULL,{}]}"
  {
    delivery a1 c /1
    delivery a2 c /full
    delivery b1 d /1
    delivery a3 c /1
    delivery a4 c /1
    delivery b2 d /1
  } >in
  expect_status 1 send -j 1 --journal journal in >receipts
  expect_equal "$(ends receipts)" 'a1 finished 1 - -
a2 deferred 1 http budget
a3 deferred 0 - order
a4 deferred 0 - order
b1 finished 1 - -
b2 finished 1 - -'
  expect_equal "$(got)" 'a1 b1 a2 b2'
  # the next run sends the rest, in order
  expect_status 0 send --journal journal in >receipts
  expect_equal "$(ends receipts)" 'a1 skipped 0 - -
a2 finished 1 - -
a3 finished 1 - -
a4 finished 1 - -
b1 skipped 0 - -
b2 skipped 0 - -'
  expect_equal "$(got)" 'a1 b1 a2 b2 a2 a3 a4'
}
test_case 'deferred: the rest of the key, too, and the next run sends it in order' deferred

# What comes later in the run as well.
deferred_later() {
  local order line pid status
  for order in collection endpoint none; do
    answers <<<"{\"/full\":[$FULL,{}]}"
    status=0
    coproc send --order "$order"
    # shellcheck disable=SC2153 # set by coproc, until it has ended, as are the descriptors
    pid=$COPROC_PID
    exec {feed}>&"${COPROC[1]}" {receipts}<&"${COPROC[0]}"
    eval "exec ${COPROC[1]}>&- ${COPROC[0]}<&-"
    delivery a1 c /full >&"$feed"
    read -r -t 60 line <&"$receipts"
    printf '%s\n' "$line" >out
    { delivery a2 c /full && delivery a3 c /1 && delivery b1 d /1; } >&"$feed"
    exec {feed}>&-
    cat <&"$receipts" >>out
    wait "$pid" || status=$?
    expect_equal "$status" 1
    case $order in
      # the endpoint is paused, too
      collection) expect_equal "$(ends out)" $'a1 deferred 1 http budget\na2 deferred 0 - order\na3 deferred 0 - order\nb1 finished 1 - -' ;;
      endpoint) expect_equal "$(ends out)" $'a1 deferred 1 http budget\na2 deferred 0 - order\na3 finished 1 - -\nb1 finished 1 - -' ;;
      none) expect_equal "$(ends out)" $'a1 deferred 1 http budget\na2 deferred 0 - budget\na3 finished 1 - -\nb1 finished 1 - -' ;;
    esac
    stop_receiver "$RECEIVER_PID"
  done
}
test_case 'deferred: what comes later in the run, too' deferred_later
