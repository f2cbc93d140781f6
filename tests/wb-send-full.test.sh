#!/usr/bin/env bash
#
# wb-send-full.test.sh - disks that are full, files that may not grow, readers that leave, descriptors that run out: what
# was delivered is told somewhere, wb-send says what is wrong and ends with status 3, and the next run sends the rest

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# records N PATH - so many for the receiver, each with an id of its own, also for its path
records() {
  awk -v n="$1" -v url="$RECEIVER_URL$2" 'BEGIN {
    for (i = 1; i <= n; i++)
      printf "{\"delivery_id\":\"d-%d\",\"event\":{\"event_type\":\"x\"},\"automation\":{\"name\":\"a\"},\"request\":{\"url\":\"%s\",\"headers\":{},\"body\":\"d-%d\"}}\n", i, url, i
  }'
}

send() {
  timeout --foreground -k 5 60 wb-send --allow-http --allow-net 127.0.0.0/8 --order none --retries 0 --breaker 0 \
    --progress never "$@"
}

# arrived - ids that the receiver got, once each or more
arrived() {
  jq -r .body_base64 "$RECEIVER_LOG" | while read -r id; do base64 -d <<<"$id" && echo; done
}

# told FILE… - the ids in journals, receipts and what went to standard error
told() {
  cat "$@" | sed -n 's/^{"delivery_id":"\([^"]*\)".*"status":"\(finished\|failed\)".*/\1/p'
}

# all_told FILE… - all that arrived stands in one of them, and nothing else
all_told() {
  expect_equal "$(told "$@" | sort -u)" "$(arrived | sort -u)" 'what is told of, and what arrived'
}

# limited KIB ARGUMENT… - send where files may not get longer; leaves receipts and err, which may
limited() {
  local kib=$1
  shift
  { (ulimit -f "$kib" && send "$@") 2>&3 3>&- | cat >receipts; } 3>&1 | cat >err
}

# on_small_disk KIB COMMAND… - with ./disk a file system of that size
on_small_disk() {
  mkdir -p disk
  # shellcheck disable=SC2016
  unshare -rm true 2>/dev/null || skip 'no file systems of our own'
  # shellcheck disable=SC2016
  unshare -rm bash -c 'set -e; mount -t tmpfs -o size="$0"k none disk; "$@"' "$@"
}

# ---- the journal ----

# in_small_disk: all that happens where ./disk is small; functions are not known there
journal_on_full_disk() {
  fresh
  start_receiver
  records 3000 / >in
  # shellcheck disable=SC2016
  on_small_disk 128 bash -c '
    set -u
    w=(timeout --foreground -k 5 60 wb-send --allow-http --allow-net 127.0.0.0/8 --order none --retries 0 --progress never)
    head -c 48k /dev/zero >disk/filler
    "${w[@]}" --journal disk/j in >receipts1 2>err1
    echo "$?" >status1
    cp disk/j j1
    head -c 1 /dev/zero >>disk/filler
    rm disk/filler
    cat disk/j >/dev/null
    mount -o remount,size=1m disk
    "${w[@]}" --journal disk/j in >receipts2 2>err2
    echo "$?" >status2
    cp disk/j j2'
  expect_equal "$(<status1)" 3
  expect_equal "$(head -n 1 err1)" "wb-send: cannot write to disk/j: No space left on device; nothing more is sent"
  (($(wc -l <j1) > 100 && $(wc -l <j1) < 3000)) || fail "journal: $(wc -l <j1) lines"
  expect_equal "$(<status2)" "0" "second run: $(<err2)"
  expect_empty err2
  all_told j2
  expect_equal "$(arrived | sort | uniq -d)" '' 'came twice'
  expect_equal "$(wc -l <j2) $(arrived | wc -l)" '3000 3000'
  expect_equal "$(told receipts1 receipts2 err1 | sort | uniq -c | awk '$1 != 1' | wc -l)" 0 'receipts, one each'
}
test_case 'journal: the disk fills up; after there is room again, the rest is sent and nothing twice' journal_on_full_disk

# Hundreds wait for a retry when all is to end, and their lines would fill the disk before the answer to the one that is
# under way comes.
deferred_on_full_disk() {
  fresh
  local sending
  unshare -rm true 2>/dev/null || skip 'no file systems of our own'
  echo '{"/slow":[{"delay_ms":3000}],"*":[{"status":503}]}' >script
  start_receiver --script script
  { records 1 /slow | sed 's/d-/slow-/g' && records 600 /; } >in
  # shellcheck disable=SC2016
  on_small_disk 128 bash -c '
    timeout --foreground -k 5 60 bash -c "echo \$\$ >pid; exec wb-send \"\$@\"" - --allow-http \
      --allow-net 127.0.0.0/8 --order none --breaker 0 --progress never --journal disk/j in >receipts 2>err
    echo "$?" >status
    cp disk/j .' &
  sending=$!
  await_requests 601
  kill -TERM "$(<pid)"
  wait "$sending"
  expect_equal "$(<status)" 1 "status ($(head -n 2 err))"
  expect_equal "$(jq -r .status receipts | sort | uniq -c | xargs)" '600 deferred 1 finished'
  expect_equal "$(told j)" slow-1
  (($(wc -l <j) > 100)) || fail "journal: $(wc -l <j) lines"
}
test_case 'journal: what is deferred takes no room from what is under way' deferred_on_full_disk

journal_limited() {
  fresh
  start_receiver
  records 2000 / >in
  expect_status 3 limited 64 --journal j in
  expect_equal "$(head -n 1 err)" 'wb-send: cannot write to j: File too large; nothing more is sent'
  all_told receipts err j
  all_told j
  (($(wc -l <j) > 100)) || fail "journal: $(wc -l <j) lines"
  expect_status 0 send --journal j in >receipts
  expect_equal "$(arrived | sort | uniq -d)" '' 'came twice'
  expect_equal "$(wc -l <j)" 2000
  # no room at all: nothing is sent, and nothing is waited for
  : >"$RECEIVER_LOG"
  expect_status 3 limited 0 --journal new in
  expect_equal "$(<err)" 'wb-send: cannot write to new: File too large; nothing more is sent'
  expect_empty "$RECEIVER_LOG"
}
test_case 'journal: a limit on the size of files' journal_limited

# counted FILE - what the last line of messages says, after the progress that it takes the place of: "12 finished, 3 deferred"
counted() {
  tail -n 1 "$1" | sed -n 's/.*wb-send: \(.*\) in [0-9].*/\1/p'
}

# counts FILE - the same of the receipts in it
counts() {
  sed -n 's/^{.*"status":"\([a-z]*\)".*/\1/p' "$1" | sort | uniq -c | awk '
    { n[$2] = $1 }
    END {
      split("finished failed deferred skipped", names)
      for (i = 1; i <= 4; i++)
        if (n[names[i]]) text = text (text != "" ? ", " : "") n[names[i]] " " names[i]
      print text
    }'
}

# What could not be sent for lack of room waits in the next run; its receipts can be printed, and are. Where they cannot
# be, what was not tried is not told of, and not counted either.
all_counted() {
  fresh
  echo '{"*":[{"delay_ms":20}]}' >script
  start_receiver --script script
  records 2000 / >in
  expect_status 3 limited 16 --jobs 8 --journal j --progress always in
  expect_match "$(counted err)" '^[0-9]+ finished, [0-9]+ deferred$'
  expect_equal "$(counts receipts)" "$(counted err)"
  expect_status 3 send --jobs 8 --progress always in >/dev/full 2>err
  expect_equal "$(counts err)" "$(counted err)"
}
test_case 'journal: each receipt is counted, and each that is counted is told' all_counted

# Nothing is under way, and input stays open: it must not be waited for.
full_and_open_input() {
  fresh
  start_receiver
  mkfifo fifo
  records 1 / >in
  exec {hold}<>fifo
  cat in >fifo
  expect_status 3 limited 0 --journal new fifo
  expect_equal "$(<err)" 'wb-send: cannot write to new: File too large; nothing more is sent'
  exec {hold}<&-
}
test_case 'journal: no room, and input that stays open' full_and_open_input

# ---- dead letters ----

dead_letters_full() {
  fresh
  echo '{"*":[{"status":404}]}' >script
  start_receiver --script script
  records 1000 / >in
  expect_status 3 limited 16 --dead-letter dead in
  expect_equal "$(head -n 1 err)" 'wb-send: cannot write to dead: File too large; nothing more is sent'
  # receipts go where they should, also of what could not be put aside
  all_told receipts
  expect_equal "$(tail -n +2 err)" \
    "wb-send: $(($(told receipts | wc -l) - $(wc -l <dead))) deliveries have failed and are not in 'dead'; their receipts say which"
  expect_equal "$(tail -c 1 dead | wc -l)" 1 'newline at the end'
  # what stands there is whole, and its receipts need not be repeated
  expect_equal "$(sort dead | comm -23 - <(sort in))" '' 'lines that are none of the input'
  expect_status 3 send --dead-letter /dev/full in >receipts 2>err
  expect_equal "$(head -n 1 err)" 'wb-send: cannot write to /dev/full: No space left on device; nothing more is sent'
}
test_case 'dead letters: full' dead_letters_full

# ---- receipts ----

# More input than is read at once.
stdout_full() {
  fresh
  start_receiver
  records 100000 / >in
  expect_status 3 send --journal j in >/dev/full 2>err
  expect_equal "$(head -n 2 err)" 'wb-send: cannot write to standard output: No space left on device; nothing more is sent
wb-send: these deliveries have ended, but their receipts could not be printed:'
  all_told err
  all_told j
  (($(wc -l <j) < 1000)) || fail "it went on for $(wc -l <j)"
  : >"$RECEIVER_LOG"
  expect_status 3 send --journal j2 in >&- 2>err
  expect_equal "$(<err)" 'wb-send: cannot write to standard output: Bad file descriptor; nothing was sent'
  expect_status 3 send --journal j2 in 1<j 2>err
  expect_equal "$(<err)" 'wb-send: cannot write to standard output: Bad file descriptor; nothing was sent'
  expect_empty "$RECEIVER_LOG"
  [[ ! -e j2 ]] || fail 'it made a journal'
}
test_case 'receipts: a full disk, a closed descriptor; however long the input' stdout_full

# A receipt that broke off would become one line with the first one of the next run.
receipts_on_full_disk() {
  fresh
  unshare -rm true 2>/dev/null || skip 'no file systems of our own'
  start_receiver
  records 2000 / >in
  # shellcheck disable=SC2016
  on_small_disk 128 bash -c '
    w=(timeout --foreground -k 5 60 wb-send --allow-http --allow-net 127.0.0.0/8 --order none --retries 0 --progress never)
    printf "{\"first\":1}\n" >disk/receipts
    "${w[@]}" --journal j in >>disk/receipts 2>err1
    echo "$?" >status1
    cp disk/receipts receipts1
    mount -o remount,size=2m disk
    "${w[@]}" --journal j in >>disk/receipts 2>err2
    echo "$?" >status2
    cp disk/receipts receipts2'
  expect_equal "$(<status1) $(<status2)" '3 0' "$(head -n 2 err1 err2)"
  expect_equal "$(tail -c 1 receipts1 | od -A n -c | tr -d ' ')" '\n' 'the last byte'
  jq -e . receipts2 >parsed || fail 'a receipt is torn'
  expect_equal "$(sed -n 's/^{"delivery_id":"\(d-[0-9]*\)".*/\1/p' receipts1 receipts2 err1 | sort -u | wc -l)" 2000
}
test_case 'receipts: a full disk leaves whole lines behind' receipts_on_full_disk

stdout_small() {
  fresh
  start_receiver
  records 2000 / >in
  # shellcheck disable=SC2016
  on_small_disk 64 bash -c '
    timeout --foreground -k 5 60 wb-send --allow-http --allow-net 127.0.0.0/8 --order none --retries 0 --journal j \
      --progress never in >disk/receipts 2>err
    echo "$?" >status
    cp disk/receipts .'
  expect_equal "$(<status)" 3
  expect_equal "$(head -n 1 err)" 'wb-send: cannot write to standard output: No space left on device; nothing more is sent'
  all_told receipts err
  all_told j
  (($(wc -l <receipts) > 100)) || fail "$(wc -l <receipts) receipts"
}
test_case 'receipts: a disk that fills up' stdout_small

reader_leaves() {
  fresh
  start_receiver
  records 100000 / >in
  {
    local status=0
    send --journal j in 2>err || status=$?
    printf '%s' "$status" >status
  } | head -n 20 >receipts
  expect_equal "$(<status)" 3
  expect_equal "$(head -n 1 err)" 'wb-send: cannot write to standard output: Broken pipe; nothing more is sent'
  all_told j
  (($(wc -l <j) < 50000)) || fail "it went on for $(wc -l <j)"
}
test_case 'receipts: a reader that leaves' reader_leaves

# What is under way when receipts cannot be printed any more ends as always, but for its receipt.
stdout_full_in_flight() {
  fresh
  echo '{"/ok":[{}],"/late":[{"delay_ms":500}],"/no":[{"delay_ms":500,"status":404}]}' >script
  start_receiver --script script
  { records 1 /ok && records 2 /late | sed 's/d-/late-/g' && records 2 /no | sed 's/d-/no-/g'; } >in
  expect_status 3 send -j 5 --journal j --dead-letter dead in >/dev/full 2>err
  expect_equal "$(jq -r 'select(.status == "finished").delivery_id' j | sort | xargs)" 'd-1 late-1 late-2'
  expect_equal "$(sort dead)" "$(grep '"no-' in | sort)"
  all_told err
}
test_case 'receipts: none can be printed, and dead letters of what is under way are kept' stdout_full_in_flight

# ---- descriptors ----

make_test_ca

# with_descriptors N ARGUMENT… - send with so many; leaves receipts and err
with_descriptors() {
  (
    ulimit -n "$1"
    exec wb-send --allow-http --allow-net 127.0.0.0/8 --order none --retries 0 --breaker 3 --progress never \
      -j 64 --journal j --dead-letter dead "${@:2}" in
  ) >receipts 2>err
}

# too_few - what is said then
too_few() {
  echo "wb-send: cannot connect to 127.0.0.1 port $RECEIVER_PORT: Too many open files; raise 'ulimit -n', or send fewer at a time with --jobs"
}

few_descriptors() {
  fresh
  local n scheme
  for n in 64 20 16 14; do
    for scheme in http https; do
      [[ $scheme == http || $n -ge 16 ]] || continue # libcurl has some for itself
      rm -f j dead
      if [[ $scheme == http ]]; then start_receiver; else start_receiver --tls "$SERVER_TLS"; fi
      records 300 / >in
      expect_status 0 with_descriptors "$n" --retry-max-time 30s --cacert "$CA_FILE"
      expect_equal "$(jq -r '[.status, .attempts] | join(" ")' receipts | sort | uniq -c | tr -s ' ')" ' 300 finished 1' "$scheme with $n"
      expect_equal "$(arrived | sort | uniq -d)" ''
      expect_empty dead
      # libcurl learns it by a connection that it cannot have
      [[ $scheme == https && ! -s err ]] || expect_equal "$(<err)" "$([[ $scheme == http ]] || too_few)"
      stop_server "$RECEIVER_PID"
    done
  done
}
test_case 'descriptors: with few of them, fewer deliveries are under way, and all arrive' few_descriptors

# The fewest that the manual promises to be enough, with everything that takes some.
promised_descriptors() {
  fresh
  start_receiver --tls "$SERVER_TLS" --script <(printf '{"*":[{"body":"{\\"ok\\":true}"}]}')
  records 100 / | sed 's/"headers":/"success_when":".ok",&/' >in
  expect_status 0 with_descriptors 24 --retry-max-time 30s --cacert "$CA_FILE" --rejects rejects
  expect_equal "$(jq -r '[.status, .attempts] | join(" ")' receipts | sort | uniq -c | tr -s ' ')" ' 100 finished 1'
}
test_case 'descriptors: as many as are said to be enough are' promised_descriptors

# Descriptors that are to be had again are used, by the same run.
descriptors_again() {
  fresh
  local sender status=0
  start_receiver --tls "$SERVER_TLS" --script <(printf '{"*":[{"delay_ms":100}]}')
  records 800 / >in
  (
    ulimit -S -n 18
    exec wb-send --allow-http --allow-net 127.0.0.0/8 --order none --progress never -j 64 --cacert "$CA_FILE" in
  ) >receipts 2>err &
  sender=$!
  await_requests 20
  expect_equal "$(<err)" "$(too_few)"
  prlimit --pid "$sender" --nofile=1024:
  wait "$sender" || status=$?
  expect_equal "$status $(jq -r '[.status, .attempts] | join(" ")' receipts | sort | uniq -c | tr -s ' ')" '0  800 finished 1'
  expect_equal "$(jq -s 'map(.in_flight) | max >= 18' "$RECEIVER_LOG")" true 'more connections than there were descriptors'
}
test_case 'descriptors: as many are used as there are, also when there are more again' descriptors_again

# Those that have a connection keep it for long; the others do not wait for one beyond their budgets.
starved() {
  local scheme sender status
  fresh
  for scheme in http https; do
    echo '{"*":[{"stall":true}]}' >script
    if [[ $scheme == http ]]; then start_receiver --script script; else start_receiver --script script --tls "$SERVER_TLS"; fi
    records 60 / >in
    (
      ulimit -n 20
      exec wb-send --allow-http --allow-net 127.0.0.0/8 --order none --retries 0 --progress never -j 64 --cacert "$CA_FILE" \
        --connect-timeout 1h --timeout 2h --retry-max-time 500ms in
    ) >receipts 2>err &
    sender=$!
    await_line receipts '"attempts":0.*"reason":"budget".*"class":"connect"'
    kill -TERM "$sender"
    await_line err 'stopped by SIGTERM'
    kill -TERM "$sender"
    status=0
    wait "$sender" || status=$?
    expect_equal "$status $(wc -l <receipts)" '1 60' "$scheme"
    rm receipts err
  done
}
test_case 'descriptors: what has none does not wait for one beyond its budget' starved

no_descriptors() {
  local scheme=$1 n status
  fresh
  if [[ $scheme == http ]]; then start_receiver; else start_receiver --tls "$SERVER_TLS"; fi
  records 300 / >in
  for n in 14 13 12 11 10 9 8 7 6; do
    rm -f j dead
    : >"$RECEIVER_LOG"
    status=0
    with_descriptors "$n" --retry-max-time 1s --cacert "$CA_FILE" || status=$?
    ((status <= 3)) || fail "status $status with $n: $(<err)"
    note "with $n: status $status, $(head -n 1 err)"
    if ((status >= 2)); then
      expect_match "$(<err)" '^wb-send: cannot |wb-send: error while loading'
      expect_empty receipts
      expect_empty "$RECEIVER_LOG"
      continue
    fi
    expect_equal "$(wc -l <receipts)" 300 "receipts with $n"
    expect_equal "$(told <(grep '"status":"finished"' j) | sort)" "$(arrived | sort)" "journal, and what arrived, with $n"
    # it is no fault of the receiver: nothing has failed, and no circuit has opened
    expect_empty dead
    expect_equal "$(jq -r '[.status, .reason // "-", .error.class // "-", .attempts] | join(" ")' receipts | sort -u | sed '/^finished - - 1$/d')" \
      "$( ((status == 0)) || echo 'deferred budget connect 0')" "with $n"
    if ((status == 1)); then
      expect_equal "$(<err)" "$(too_few)"
      expect_status 0 send --journal j --cacert "$CA_FILE" in >receipts
    fi
    expect_equal "$(arrived | sort -u | wc -l)" 300
    expect_equal "$(arrived | sort | uniq -d)" ''
  done
}
no_descriptors_tls() {
  no_descriptors https
}
no_descriptors_http() {
  no_descriptors http
}
test_case 'descriptors: with none for a connection, that is said, and what was not sent is deferred' no_descriptors_http
test_case 'descriptors: the same over TLS' no_descriptors_tls

# Each delivery has a secret of its own, in a file; that it cannot be opened now says nothing of the secret.
no_descriptors_secrets() {
  fresh
  local n status
  start_receiver
  mkdir -m 700 secrets
  for ((n = 1; n <= 40; n++)); do (umask 077 && echo "secret-$n-of-many" >secrets/S$n); done
  records 40 / | jq -c '.request.headers["X-Secret"] = "$S" + .delivery_id[2:]' >in
  for n in 14 13 12 11 10 9; do
    rm -f j dead
    : >"$RECEIVER_LOG"
    status=0
    with_descriptors "$n" --retry-max-time 2s --secrets dir:secrets || status=$?
    note "with $n: status $status, $(head -n 1 err)"
    ((status >= 2)) && continue
    expect_empty dead
    expect_equal "$(jq -r '[.status, .error.class // "-", .attempts] | join(" ")' receipts | sort -u | sed '/^finished - 1$/d')" \
      "$( ((status == 0)) || echo 'deferred connect 0')" "with $n"
  done
}
test_case 'descriptors: with none for the file of a secret, it is tried again' no_descriptors_secrets
