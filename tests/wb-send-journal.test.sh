#!/usr/bin/env bash
#
# wb-send-journal.test.sh - what the journal and the dead letters hold, what a second run makes of them, and what wb-send
# refuses to start with

# shellcheck disable=SC2016 # what looks like variables are secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# record ID PATH [MEMBERS] - a request record for the receiver; MEMBERS of the request
record() {
  printf '{"delivery_id":"%s","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"%s","headers":{},"body":"%s"%s}}\n' \
    "$1" "$RECEIVER_URL$2" "$1" "${3:+,$3}"
}

# send ARGUMENT… - wb-send to this machine
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 --retries 0 --breaker 0 --progress never "$@"
}

# requests N - the receiver has got so many requests
requests() {
  expect_equal "$(wc -l <"$RECEIVER_LOG")" "$1" 'requests'
}

# statuses FILE - of its receipts, in order
statuses() {
  jq -r .status "$1" | tr '\n' ' '
}

# entry ID [TIME] - a line of a journal
entry() {
  printf '{"delivery_id":"%s","status":"finished","at":"%s"}\n' "$1" "${2-2026-11-24T11:17:08.123Z}"
}

# refused COMMAND… <RECORDS - ends with status 2, without a receipt and without a request
refused() {
  local before
  before=$(wc -l <"$RECEIVER_LOG")
  expect_status 2 "$@" >receipts 2>err
  expect_empty receipts
  requests "$before"
}

# ---- what it holds ----

contents() {
  fresh
  answers <<<'{"/ok":[{}],"/no":[{"status":404}],"/later":[{"status":503,"delay_ms":20}]}'
  {
    record d-1 /ok && record d-2 /no && record d-3 /later && record d-4 /ok
    printf '{"delivery_id":"d-5","event":{"event_type":"x","event_id":"%s"},"automation":{"name":"%s"},"request":{"url":"%s","headers":{},"body":""}}\n' \
      "$(printf '%0257d' 0)" "$(printf '%0256d' 0)" "$RECEIVER_URL/no?$(printf '%0512d' 0)"
    printf '{"delivery_id":"d-6","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"http://10.0.0.1/","headers":{},"body":""}}\n'
  } >in
  expect_status 1 send --order none -j 1 --retries 1 --retry-max-time 1ms --journal j in >receipts
  expect_equal "$(statuses receipts)" 'finished failed deferred finished failed failed '
  time='2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z'
  sed -E "s/\"at\":\"$time\"/\"at\":T/; s/\"started_at\":\"$time\",\"duration_ms\":[0-9]+/\"started_at\":T/; s/:$RECEIVER_PORT/:P/" j >lines
  cat >expected <<'END'
{"delivery_id":"d-1","status":"finished","at":T,"automation":"a","event_type":"x","url":"http://127.0.0.1:P/ok","attempts":1,"http_status":200,"started_at":T}
{"delivery_id":"d-2","status":"failed","at":T,"automation":"a","event_type":"x","url":"http://127.0.0.1:P/no","attempts":1,"http_status":404,"started_at":T,"error":{"class":"http","text":"status 404"}}
{"delivery_id":"d-3","status":"deferred","at":T,"automation":"a","event_type":"x","url":"http://127.0.0.1:P/later","attempts":1,"http_status":503,"started_at":T,"reason":"budget","error":{"class":"http","text":"status 503"}}
{"delivery_id":"d-4","status":"finished","at":T,"automation":"a","event_type":"x","url":"http://127.0.0.1:P/ok","attempts":1,"http_status":200,"started_at":T}
END
  printf '{"delivery_id":"d-5","status":"failed","at":T,"automation":"%s","event_type":"x","attempts":1,"http_status":404,"started_at":T,"error":{"class":"http","text":"status 404"}}\n' \
    "$(printf '%0256d' 0)" >>expected
  printf '%s\n' '{"delivery_id":"d-6","status":"failed","at":T,"automation":"a","event_type":"x","url":"http://10.0.0.1/","attempts":0,"started_at":T,"error":{"class":"denied","text":"the URL'"'"'s host is an address, 10.0.0.1 in 10.0.0.0/8; --allow-net 10.0.0.1 would open it"}}' >>expected
  expect_file lines expected
  expect_equal "$(stat -c %a j)" 600 mode
  (($(stat -c '%b * %B' j) <= 8192)) || fail 'the disk space that was reserved is not given back'
}
test_case 'journal: lines of what is finished, failed, or was tried in vain' contents

again() {
  fresh
  answers <<<'{"/ok":[{}],"/no":[{"status":404},{}]}'
  { record d-1 /ok && record d-2 /no && record d-3 /ok; } >in
  expect_status 1 send --journal j in >first
  cp j before
  expect_status 0 send --journal j in >receipts 2>err
  expect_empty err
  expect_equal "$(jq -c '[.delivery_id, .status, .attempts, .http_status, .duration_ms]' receipts | sort)" \
    '["d-1","skipped",0,null,0]
["d-2","finished",1,200,'"$(jq 'select(.status == "finished").duration_ms' receipts)"']
["d-3","skipped",0,null,0]'
  requests 4
  expect_equal "$(head -n 3 j)" "$(<before)" 'earlier lines'
  cp j before
  expect_status 0 send --journal j in >receipts
  expect_equal "$(statuses receipts)" 'skipped skipped skipped '
  requests 4
  expect_file j before
}
test_case 'journal: a second run skips what is finished, sends the rest, and a third one nothing' again

same_id() {
  fresh
  local order
  start_receiver
  for order in none collection endpoint; do
    rm -f j
    for _ in 1 2 3 4; do record d-1 /; done >in
    expect_status 0 send --order "$order" --journal j in >receipts
    expect_equal "$(statuses receipts)" 'finished skipped skipped skipped ' "$order"
    expect_equal "$(wc -l <j)" 1 lines
  done
  requests 3
}
test_case 'journal: the same delivery four times in one run is sent once' same_id

no_secrets() {
  fresh
  export TOK=bearer-token-1234 KEY=signing-key-5678 LATE=late-secret-9012
  answers <<<'{"/ok":[{}],"/no":[{"status":404,"body":"late-secret-9012 bearer-token-1234"}]}'
  for path in ok no; do
    record "d-$path" /$path '"auth":{"scheme":"bearer","ref":"$TOK"},"secrets":[{"at":0,"ref":"$LATE"}],"sign":{"scheme":["wandb"],"refs":"$KEY"}'
  done >in
  wb-sign in >signed
  expect_status 1 send --journal j --dead-letter dead signed >receipts 2>err
  expect_equal "$(jq -r '.headers | index("Bearer bearer-token-1234") != null' "$RECEIVER_LOG")" $'true\ntrue' 'they were sent'
  expect_equal "$(wc -l <j) $(wc -l <dead)" '2 1' 'lines of both'
  for secret in "$TOK" "$KEY" "$LATE"; do
    no_secret "$secret" j dead receipts err
  done
}
test_case 'no secret stands in the journal, the dead letters, or receipts' no_secrets

# ---- durable first ----

durable_first() {
  fresh
  command -v strace >/dev/null || skip 'no strace'
  start_receiver
  for n in {1..50}; do record "d-$n" /; done >in
  strace -f -qq -o trace -e trace=openat,write,fdatasync,pipe2 true || skip 'strace may not'
  # leaks cannot be looked for under strace
  ASAN_OPTIONS=detect_leaks=0 strace -f -qq -s 1000000 -o trace -e trace=openat,write,fdatasync -- wb-send --allow-http --allow-net 127.0.0.0/8 \
    --order none --progress never --journal j in >receipts
  expect_equal "$(statuses receipts | tr ' ' '\n' | sort | uniq -c | xargs)" '50 finished'
  # Of each receipt, what the journal got before the last fdatasync that began then and had returned.
  awk '
    /openat\(.*"j", O_RDWR/ { sub(/.* = /, ""); fd = $0; next }
    function ids(text, into,   part) {
      while (match(text, /delivery_id\\":\\"d-[0-9]+/)) {
        into[substr(text, RSTART + 16, RLENGTH - 16)] = 1
        text = substr(text, RSTART + RLENGTH)
      }
    }
    fd != "" && $0 ~ " write\\(" fd "," { ids($0, written); next }
    fd != "" && $0 ~ " fdatasync\\(" fd { delete syncing; for (id in written) syncing[id] = 1; syncs++ }
    / fdatasync\(.*\) += 0$/ || /fdatasync resumed.* = 0$/ { for (id in syncing) durable[id] = 1; next }
    / write\(1,/ {
      delete told
      ids($0, told)
      for (id in told) { receipts++; if (!(id in durable)) { print "too early: " id; bad = 1 } }
    }
    END { print (receipts > 9 && syncs > 1 ? "enough" : "not enough: " receipts " " syncs); exit bad }' trace >order ||
    fail "$(<order)"
  expect_equal "$(<order)" enough
}
test_case 'journal: a line is durable before its receipt is written' durable_first

# A file that is new can be lost with its name, however durable it is itself.
durable_names() {
  fresh
  command -v strace >/dev/null || skip 'no strace'
  strace -f -qq -o trace -e trace=openat,fsync,fdatasync true || skip 'strace may not'
  mkdir letters
  answers <<<'{"*":[{"status":404}]}'
  record d-1 / >in
  ASAN_OPTIONS=detect_leaks=0 expect_status 1 strace -f -qq -o trace -e trace=openat,fsync,fdatasync wb-send --allow-http \
    --allow-net 127.0.0.0/8 --progress never --journal j --dead-letter letters/dead in >receipts
  for name in "$PWD" "$PWD/letters"; do
    awk -v name="\"$name\"" '
      index($0, name) && /O_DIRECTORY/ { sub(/.* = /, ""); fd = $0; next }
      fd != "" && $0 ~ " fsync\\(" fd "\\) += 0" { found = 1 }
      END { exit !found }' trace || fail "$name is not made durable"
  done
}
test_case 'journal and dead letters: when new, their directories are durable, too' durable_names

# ---- journals that are not as they should be ----

torn() {
  fresh
  local line n
  start_receiver
  { record d-1 / && record d-2 /; } >in
  line=$(entry d-2)
  for ((n = 1; n <= ${#line}; n++)); do
    { entry d-1 && printf '%s' "${line:0:n}"; } >j
    : >"$RECEIVER_LOG"
    expect_status 0 send --journal j in >receipts 2>err
    if ((n == ${#line})); then
      # only the newline is missing
      expect_empty err
      expect_equal "$(statuses receipts)" 'skipped skipped '
      requests 0
    else
      expect_equal "$(<err)" "wb-send: journal 'j': the last line was torn: its $n bytes are cut off"
      expect_equal "$(statuses receipts)" 'skipped finished '
      requests 1
    fi
    expect_equal "$(jq -r .delivery_id j | xargs)" 'd-1 d-2' "the journal, torn after $n bytes"
    expect_equal "$(tail -c 1 j | wc -l)" 1 'newline at the end'
  done
}
test_case 'journal: a torn last line of any length is mended, and told of' torn

torn_first() {
  fresh
  start_receiver
  printf '{"delivery_id":"d-' >j
  record d-1 / | expect_status 0 send --journal j >receipts 2>err
  expect_equal "$(<err)" "wb-send: journal 'j': the last line was torn: its 18 bytes are cut off"
  expect_equal "$(jq -r .delivery_id j)" d-1
}
test_case 'journal: a torn line that is the only one' torn_first

whole_line() {
  fresh
  local bad
  start_receiver
  record d-9 / >in
  while IFS= read -r bad; do
    { entry d-1 && printf '%s' "$bad"; } >j
    cp j before
    refused send --journal j in
    expect_match "$(<err)" '^wb-send: j:2: byte [0-9]+: .*; nothing was sent: repair the line, or delete it$'
    expect_file j before
  done <<'END'
{"delivery_id":"d-2"}
{"status":"finished"}
{"delivery_id":"d 2","status":"finished"}
{"webhook":{"url":"https://example.com/"}}
["d-2"]
END
  record d-2 / | tr -d '\n' >j
  cp j before
  refused send --journal j in
  expect_file j before
  requests 0
}
test_case 'journal: a whole last line of something else is not torn' whole_line

corrupt() {
  fresh
  local bad
  start_receiver
  record d-9 / >in
  while IFS= read -r bad; do
    { entry d-1 && printf '%s\n' "$bad" && entry d-2; } >j
    cp j before
    refused send --journal j in
    expect_match "$(<err)" '^wb-send: j:2: byte [0-9]+: .*; nothing was sent: repair the line, or delete it$'
    expect_file j before
  done <<'END'
{"delivery_id":"d-1","status":"finished","at":"2026-11-2
{"delivery_id":"d-1","status":"finished","at":"yesterday"}
{"delivery_id":"d 1","status":"finished","at":"2026-11-24T11:17:08.123Z"}
{"delivery_id":"","status":"finished"}
{"status":"finished"}
{"delivery_id":"d-1"}
[]
x
END
  printf 'some\0bytes\n' >j
  refused send --journal j in
  expect_match "$(<err)" '^wb-send: j:1: byte 1: '
}
test_case 'journal: a bad line in the middle: nothing is sent, nothing changed' corrupt

locked() {
  fresh
  local pid
  answers <<<'{"/stall":[{"stall":true}]}'
  record d-1 /stall >in1
  record d-2 / >in2
  wb-send --allow-http --allow-net 127.0.0.1 --journal j in1 >first 2>first.err &
  pid=$!
  await_requests 1
  expect_status 2 send --journal j in2 >receipts 2>err
  expect_empty receipts
  expect_equal "$(<err)" "wb-send: journal 'j' is in use by another wb-send"
  ln -s j link
  expect_status 2 send --journal link --journal-keep 1s in2 2>err
  requests 1
  kill -KILL "$pid"
  wait "$pid" || :
  expect_status 0 send --journal j in2 >receipts 2>err
  expect_empty err
}
test_case 'journal: a second sender ends at once, and may have it when the first one was killed' locked

unusable() {
  fresh
  start_receiver
  record d-1 / >in
  mkdir dir
  refused send --journal dir in
  expect_equal "$(<err)" "wb-send: cannot open journal 'dir': Is a directory"
  refused send --journal missing/j in
  expect_equal "$(<err)" "wb-send: cannot open journal 'missing/j': No such file or directory"
  refused send --journal /dev/null in
  expect_equal "$(<err)" "wb-send: journal '/dev/null' is not a regular file"
  mkfifo fifo
  refused send --journal fifo in
  expect_equal "$(<err)" "wb-send: journal 'fifo' is not a regular file"
  refused send --journal '' in
  expect_match "$(<err)" "^wb-send: cannot open journal ''"
  record d-2 / >records
  cp records before
  refused send --journal records in
  expect_match "$(<err)" '^wb-send: records:1: '
  expect_file records before
  refused send --dead-letter dir in
  expect_equal "$(<err)" "wb-send: cannot open 'dir': Is a directory"
  refused send --journal-keep 30d in
  expect_equal "$(<err)" 'wb-send: --journal-keep goes with --journal'
  refused send --journal j --journal-keep 30y in
  if ((EUID == 0)) && setpriv --reuid 65534 --clear-groups true 2>/dev/null; then
    chmod 755 . "$T" && chmod 644 in
    refused setpriv --reuid 65534 --clear-groups "$WB_BIN/wb-send" --allow-http --journal j-of-another in
    expect_equal "$(<err)" "wb-send: cannot open journal 'j-of-another': Permission denied"
  fi
}
test_case 'journal and dead letters: directories, devices, other files' unusable

skip_failed() {
  fresh
  answers <<<'{"/no":[{"status":404}],"/ok":[{}]}'
  { record d-1 /no && record d-2 /ok; } >in
  expect_status 1 send --journal j in >receipts
  # twice in one run, too
  { cat in in && record d-3 /no && record d-3 /no; } >again
  expect_status 1 send --journal j --skip-failed --order none -j 1 again >receipts
  expect_equal "$(statuses receipts)" 'skipped skipped skipped skipped failed skipped '
  requests 3
  expect_status 1 send --journal j in >receipts
  expect_equal "$(jq -r .status receipts | sort | tr '\n' ' ')" 'failed skipped '
  expect_status 2 send --skip-failed in 2>err
  expect_equal "$(<err)" 'wb-send: --skip-failed goes with --journal'
}
test_case '--skip-failed: what has failed is skipped, too' skip_failed

kept() {
  fresh
  local now
  start_receiver
  now=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
  entry d-old 2020-01-01T00:00:00.000Z >old
  { entry d-1 "$now" && cat old && entry d-2 "$now" && printf '{"delivery_id":"d-3","status":"finished"}\n'; } >j
  grep -v d-old j >want
  chmod 640 j
  cp j before
  { record d-1 / && record d-old /; } >in
  expect_status 0 send --journal j in >receipts
  expect_equal "$(statuses receipts)" 'skipped skipped '
  expect_file j before
  send --journal j --journal-keep 1d </dev/null >receipts 2>err
  expect_empty err
  expect_file j want
  expect_equal "$(stat -c %a j)" 640
  expect_equal "$(ls j.new 2>&1 || :)" "ls: cannot access 'j.new': No such file or directory"
  expect_status 0 send --journal j --journal-keep 1d in >receipts
  expect_equal "$(statuses receipts)" 'skipped finished '
  requests 1
}
test_case '--journal-keep: old lines are dropped, and sent again' kept

# ---- one file for two things ----

same_file() {
  fresh
  local name option
  start_receiver
  record d-1 / >in
  cp in before
  ln in hard
  ln -s in soft
  for name in in hard soft ./in; do
    for option in --journal --dead-letter --rejects; do
      refused send "$option" "$name" in
      expect_equal "$(<err)" "wb-send: $option '$name' is an input as well; it would be read for ever"
      refused send "$option" "$name" <in
      refused send "$option" "$name" /dev/null - <in
    done
  done
  expect_file in before
}
test_case 'an input as journal, dead letters or rejects: refused' same_file

same_output() {
  fresh
  local name option
  start_receiver
  record d-1 / >in
  entry d-0 >j
  cp j before
  ln -s j soft
  for name in j soft; do
    for option in --dead-letter --rejects; do
      refused send --journal j "$option" "$name" in
      expect_equal "$(<err)" "wb-send: $option is the same file as --journal 'j'"
    done
  done
  # shellcheck disable=SC2094 # the mistake that is to be found
  expect_status 2 send --journal j in >>j 2>err
  expect_equal "$(<err)" "wb-send: standard output is the same file as --journal 'j'"
  refused send --journal new --dead-letter new in
  refused send --journal new --rejects ./new in
  expect_file j before
}
test_case 'the journal as dead letters or rejects: refused, it would be corrupt' same_output

mixed() {
  fresh
  local option
  start_receiver
  record d-1 / >in
  echo x >both
  cp both before
  ln -s both soft
  refused send --dead-letter both --rejects soft in
  expect_equal "$(<err)" "wb-send: --rejects is the same file as --dead-letter 'both'"
  # shellcheck disable=SC2094 # the mistakes that are to be found
  {
    expect_status 2 send --dead-letter soft in >>both 2>err
    expect_equal "$(<err)" "wb-send: standard output is the same file as --dead-letter 'soft'"
    expect_status 2 send --rejects soft in >>both 2>err
  }
  expect_equal "$(<err)" "wb-send: --rejects 'soft' is standard output as well; what is refused would be mixed with what is not"
  expect_file both before
  for option in --dead-letter --rejects; do
    send "$option" /dev/stdout in 2>err | cat >receipts && fail "$option /dev/stdout"
    expect_match "$(<err)" ' standard output '
    expect_empty receipts
  done
  requests 0
  # nothing is kept there
  expect_status 0 send --dead-letter /dev/null --rejects /dev/null in >/dev/null
}
test_case 'one file for dead letters, rejects and receipts: refused' mixed

# ---- dead letters ----

dead_letters() {
  fresh
  answers <<<'{"/ok":[{}],"/no":[{"status":404}],"/later":[{"status":503,"delay_ms":20}]}'
  record d-1 /ok >ok
  record d-2 /no | sed 's/,"/ ,\t"/g; s/^{/ { /; s/}}$/} ,"more" : [ 1.0, "\\u00e9é" ] } \r/' >odd
  { record d-3 /no | tr -d '\n' && printf '   \t\n'; } >odd2
  record d-4 /later >later
  entry d-5 >j
  record d-5 /no >known
  record d-6 /no '"tls":1' >rejected
  { cat ok odd later known rejected odd2 && echo '{' && record d-7 /no | tr -d '\n'; } >in
  expect_status 1 send --order none -j 1 --retries 1 --retry-max-time 1ms --journal j --dead-letter dead in >receipts 2>err
  expect_equal "$(statuses receipts | tr ' ' '\n' | sort | uniq -c | xargs)" '1 deferred 3 failed 1 finished 1 skipped'
  { cat odd odd2 && record d-7 /no; } >want
  expect_file dead want
  expect_equal "$(stat -c %a dead)" 600
  # the same again, behind a file without a newline at its end
  { printf 'what was there' && echo; } | cat - want >want2
  printf 'what was there' >dead
  expect_status 1 send --order none -j 1 --retries 1 --retry-max-time 1ms --journal j --dead-letter dead in >receipts 2>err
  expect_file dead want2
}
test_case 'dead letters: the lines of what failed, byte for byte, and of nothing else' dead_letters

replay() {
  fresh
  answers <<<'{"*":[{"status":500},{"status":400},{}]}'
  { record d-1 / && record d-2 /; } >in
  expect_status 1 send -j 1 --journal j --dead-letter dead in >receipts
  expect_file dead in
  expect_status 0 send --journal j --dead-letter dead2 <dead >receipts
  expect_equal "$(statuses receipts)" 'finished finished '
  expect_empty dead2
  expect_status 0 send --journal j dead >receipts
  expect_equal "$(statuses receipts)" 'skipped skipped '
  requests 4
}
test_case 'dead letters: sent again, they arrive' replay
