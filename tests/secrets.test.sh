#!/usr/bin/env bash
#
# secrets.test.sh - programs that are asked for secrets, as wb-sign and wb-send run them: what they are given, how they
# may fail, that they hold up nothing else, and that none is left behind

# shellcheck disable=SC2016 # what looks like variables are names of secrets
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

VALUE=hunter2-of-this-test
# shellcheck disable=SC2119 # without options
start_receiver

# get <SCRIPT - make ./get
get() {
  { echo '#!/bin/sh' && cat; } >./get
  chmod 755 get
}

# record ID REF - a request to sign with REF, which is sent as a header, too
record() {
  printf '{"delivery_id":"%s","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"%s","headers":{"X-T":"%s"},"body":"{}","sign":{"scheme":"wandb","refs":["%s"]}}}\n' \
    "$1" "$RECEIVER_URL/$1" "$2" "$2"
}

# to_send ID REF - the same, with nothing to sign
to_send() {
  record "$@" | sed 's/,"sign".*/}}/'
}

# send ARGUMENT… - wb-send to this machine, with ./get
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 --progress never --secrets exec:./get "$@"
}

# signature KEY - of the body {}
signature() {
  printf '{}' | openssl dgst -sha256 -hmac "$1" -binary | base64
}

# signed ARGUMENT… - the signature that wb-sign makes with $S
signed() {
  record 1 '$S' | wb-sign "$@" | jq -r '.request.headers["X-Wandb-Signature"]'
}

# ---- what is run, and how ----

a_helper() {
  get <<<'echo "asked: $*" >>asked; echo "$VALUE"'
  export VALUE
  expect_equal "$(signed --secrets exec:./get)" "$(signature "$VALUE")"
  expect_equal "$(signed --secrets "exec: $PWD/get   one"$'\t"two  three"\n')" "$(signature "$VALUE")"
  mkdir bin other
  cp get bin/get-it
  echo nothing >other/get-it
  expect_equal "$(PATH=$PWD/none:$PWD/other:$PWD/bin:$PATH signed --secrets 'exec:get-it $HOME * ;')" "$(signature "$VALUE")"
  expect_equal "$(WB_SECRETS='env,exec:./get four' signed)" "$(signature "$VALUE")"
  expect_equal "$(<asked)" 'asked: S
asked: one "two three" S
asked: $HOME * ; S
asked: four S'
}
test_case 'a helper gets its words, as no shell would read them, and the name behind them' a_helper

# Several records, one look-up: the value is good for the run.
once() {
  get <<<'echo "$1" >>asked; echo "$1-value"'
  rm -f asked
  for i in 1 2 3; do record $i '$S' && record $i '$OTHER'; done >in
  wb-sign --secrets exec:./get in >out
  expect_equal "$(sort asked | xargs)" 'OTHER S'
  for i in 1 2 3; do to_send $i '$S'; done >in
  : >"$RECEIVER_LOG"
  send in >receipts
  expect_equal "$(sort asked | xargs)" 'OTHER S S'
  expect_equal "$(sent)" S-value,S-value,S-value
}
# sent - the values that came to the receiver
sent() {
  jq -r '.headers[(.headers | index("X-T")) + 1]' "$RECEIVER_LOG" | paste -s -d ,
}
test_case 'a name is asked for once a run' once

surroundings() {
  get <<'END'
{
  echo "stdin $(wc -c)"
  echo "descriptors $(ls /proc/self/fd | xargs)"
  # but for two that the C library has for itself
  grep -E '^Sig(Blk|Ign):' /proc/self/status | while read -r what set; do echo "$what $((0x$set & 0x7fffffff))"; done
  read -r pid name state parent group session terminal rest <"/proc/$$/stat"
  [ "$group $session $terminal" = "$$ $$ 0" ] && echo 'a session without a terminal'
  echo "core $(ulimit -c)"
  echo "$HERE"
} >around
echo "$VALUE"
END
  cat >want <<'END'
stdin 0
descriptors 0 1 2 3
SigBlk: 0
SigIgn: 0
a session without a terminal
core 0
what the environment has
END
  export VALUE HERE='what the environment has'
  # such as whoever started the tool may have left behind
  trap '' PIPE USR1 CHLD
  exec 7</dev/null
  expect_equal "$(signed --secrets exec:./get)" "$(signature "$VALUE")"
  expect_file around want
  rm around
  to_send 1 '$S' | send >receipts
  expect_equal "$(json receipts .status)" finished
  expect_file around want
}
test_case 'a helper gets the environment, and no input, descriptors, signals or terminal' surroundings

places() {
  get <<<'case $1 in S) exit 66;; BOTH) echo of-helper;; *) exit 1;; esac'
  mkdir -m 700 dir
  (umask 077 && echo of-dir >dir/S && echo of-dir >dir/BOTH && echo of-dir >dir/LATER)
  expect_equal "$(signed --secrets exec:./get --secrets dir:dir)" "$(signature of-dir)"
  expect_equal "$(S=of-env signed --secrets exec:./get --secrets env --secrets dir:dir)" "$(signature of-env)"
  expect_equal "$(record 1 '$BOTH' | wb-sign --secrets exec:./get --secrets dir:dir | jq -r '.request.headers[]' | tail -n 1)" \
    "$(signature of-helper)"
  # what has failed may have had another value
  record 1 '$LATER' | expect_status 1 wb-sign --secrets exec:./get --secrets dir:dir >out 2>err
  expect_empty out
  expect_equal "$(<err)" "wb-sign: standard input:1: secret LATER: helper './get' ended with status 1"
  record 1 '$S' | expect_status 1 wb-sign --secrets exec:./get >out 2>err
  expect_equal "$(<err)" 'wb-sign: standard input:1: secret S: not found in ./get'
  # the usual places, before it and behind it
  expect_equal "$(CREDENTIALS_DIRECTORY=$PWD/dir signed --secrets default --secrets exec:false)" "$(signature of-dir)"
  expect_equal "$(S=of-env signed --secrets exec:./get --secrets default)" "$(signature of-env)"
}
test_case 'status 66 hands a name on to the next place, any other one ends the search' places

# As Kubernetes mounts a secret: each key is a link to a file below a link to a directory.
mounted() {
  mkdir -p mount/..2026_11_24_11_17_00.123456789
  ln -s ..2026_11_24_11_17_00.123456789 mount/..data
  ln -s ..data/S mount/S
  printf of-mount >mount/..data/S
  chmod 440 mount/..data/S
  expect_equal "$(signed --secrets dir:mount)" "$(signature of-mount)"
  # with a defaultMode of its own
  chmod 644 mount/..data/S
  record 1 '$S' | expect_status 1 wb-sign --secrets dir:mount >out 2>err
  expect_equal "$(<err)" 'wb-sign: standard input:1: secret S: file is readable or writable by others'
}
test_case 'dir: takes what Kubernetes mounts, if others may not read it' mounted

# As Docker puts them there, for all of a container to read.
run_secrets() {
  unshare -r -m mount -t tmpfs none /run 2>/dev/null || skip 'no mount name space'
  record 1 '$S' >in
  cat >in-container <<'END'
mount -t tmpfs none /run && mkdir /run/secrets && printf of-run >/run/secrets/S && chmod 444 /run/secrets/S &&
  wb-sign in && { wb-sign --secrets dir:/run/secrets in || [ $? = 1 ]; } &&
  wb-sign --secrets exec:false --secrets default in || [ $? = 1 ]
END
  unshare -r -m sh in-container >out 2>err
  expect_equal "$(json out '.request.headers["X-Wandb-Signature"]')" "$(signature of-run)"
  expect_equal "$(<err)" "wb-sign: in:1: secret S: file is readable or writable by others
wb-sign: in:1: secret S: helper 'false' ended with status 1"
}
test_case '/run/secrets is looked at behind the others, whoever may read it' run_secrets

unusable() {
  local spec message
  echo 'no program' >plain
  mkdir directory
  while IFS='|' read -r spec message; do
    record 1 '$S' | expect_status 2 wb-sign --secrets "exec:$spec" >out 2>err
    expect_empty out
    expect_equal "$(<err)" "wb-sign: $message"
    expect_status 2 wb-send --secrets "exec:$spec" /dev/null 2>err
    expect_equal "$(<err)" "wb-send: $message"
  done <<END
|exec: needs a command, such as exec:/usr/local/bin/get-secret
nowhere/get x|cannot use secrets helper 'nowhere/get': No such file or directory
./plain|cannot use secrets helper './plain': Permission denied
./directory|cannot use secrets helper './directory': Permission denied
no-such-helper|cannot use secrets helper 'no-such-helper': not found in \$PATH
$(printf 'x %.0s' {1..65})|a secrets helper has at most 64 words
END
  PATH=$PWD:$PATH expect_status 2 wb-sign --secrets exec:plain 2>err
  expect_equal "$(<err)" "wb-sign: cannot use secrets helper 'plain': Permission denied"
  for spec in 0 -1s 2h x; do
    expect_status 2 wb-sign --secret-timeout "$spec" 2>err
    expect_match "$(<err)" '^wb-sign: --secret-timeout takes '
  done
}
test_case 'what is no helper is told before anything is done' unusable

# ---- values ----

odd_values() {
  get <<<'printf "a\0b\r\n"'
  expect_equal "$(signed --secrets exec:./get)" \
    "$(printf '{}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:610062 -binary | base64)"
  to_send 1 '$S' | expect_status 1 send >receipts
  expect_equal "$(json receipts -c '[.status, .error.text]')" \
    '["failed","secret S: holds a control character, so it cannot be in a header"]'
  get <<<'head -c 65536 /dev/zero | tr "\0" x; echo'
  expect_equal "$(signed --secrets exec:./get)" "$(signature "$(printf 'x%.0s' {1..65536})")"
}
test_case 'values: any bytes, as many as others may have, less one newline' odd_values

# fails MESSAGE [LIMIT] - ./get, through both tools; other secrets are not the worse for it
fails() {
  sed -i '1a[ $1 = GOOD ] && echo good && exit' get
  { record 1 '$GOOD' && record 2 '$S' && record 3 '$S' && record 4 '$GOOD'; } >in
  expect_status 1 wb-sign --secrets exec:./get --secret-timeout "${2-30s}" in >out 2>err
  expect_equal "$(json out .delivery_id | xargs)" '1 4'
  expect_equal "$(grep -F -e in:2: -e in:3: err)" "wb-sign: in:2: secret S: helper './get' $1
wb-sign: in:3: secret S: helper './get' $1"
  : >"$RECEIVER_LOG"
  { to_send 1 '$GOOD' && to_send 2 '$S' && to_send 3 '$S' && to_send 4 '$GOOD'; } >in
  expect_status 1 send --secret-timeout "${2-30s}" --retries 0 in >receipts 2>err
  expect_equal "$(jq -r '[.delivery_id, .status, .attempts, .error.class, .error.text] | map(. // "-") | join(" ")' receipts | sort)" \
    "1 finished 1 - -
2 failed 0 secret secret S: helper './get' $1
3 failed 0 secret secret S: helper './get' $1
4 finished 1 - -"
  expect_equal "$(jq -r .path "$RECEIVER_LOG" | sort | xargs)" '/1 /4' requests
}

failing() {
  get <<<'exit 7'
  fails 'ended with status 7'
  get <<<'kill -KILL $$'
  fails 'was ended by signal 9'
  get <<<':'
  fails 'printed a value that is empty'
  get <<<'echo'
  fails 'printed a value that is empty'
  get <<<'exec yes'
  fails 'printed a value that is longer than 65536 bytes'
  get <<<'head -c 65537 /dev/zero | tr "\0" x'
  fails 'printed a value that is longer than 65536 bytes'
  get <<<'echo value; exec sleep 1000'
  fails 'took longer than 1 s' 1s
  get <<<'echo value; exec >&- 2>&- sleep 1000'
  fails 'took longer than 1500 ms' 1500ms
  get <<<'exec yes >&2'
  fails 'took longer than 1 s' 1s
}
test_case 'helpers that fail, print nothing or too much, or never end' failing

# One that was there at the beginning.
cannot_start() {
  get <<<'echo gone; rm get'
  { record 1 '$S' && record 2 '$OTHER'; } | expect_status 1 wb-sign --secrets exec:./get >out 2>err
  expect_equal "$(json out .delivery_id)" 1
  expect_equal "$(<err)" "wb-sign: standard input:2: secret OTHER: helper './get' cannot be started: No such file or directory"
  get <<<'cp no-program get.new; mv get.new get; echo value'
  echo 'no program' >no-program
  chmod +x no-program
  { to_send 1 '$S' && to_send 2 '$OTHER'; } | expect_status 1 send --retries 0 --jobs 1 >receipts
  expect_equal "$(json receipts -c '[.status, .error.text]')" '["finished",null]
["failed","secret OTHER: helper '"'./get'"' cannot be started: Exec format error"]'
}
test_case 'helpers that are gone, or are no programs any more' cannot_start

# Something that a helper started and left behind holds its output open: not waited for, and left alone.
left_behind() {
  mkfifo hold
  get <<<'exec 3<>hold; read -r line <&3 & echo value'
  expect_equal "$(signed --secrets exec:./get)" "$(signature value)"
  to_send 1 '$S' | send >receipts
  expect_equal "$(json receipts .status)" finished
  printf 'one\ntwo\n' >hold
}
test_case 'what a helper leaves running is not waited for' left_behind

# What is late, or prints too much, is killed with all of its process group: whoever has the other end of the FIFO sees
# the last of them go.
killed() {
  local reader script
  mkfifo held
  for script in 'sleep 1000' 'yes'; do
    get <<<"exec 3>held; sleep 1000 & $script"
    cat held >/dev/null &
    reader=$!
    record 1 '$S' | expect_status 1 wb-sign --secrets exec:./get --secret-timeout 1s 2>err
    wait "$reader"
    cat held >/dev/null &
    reader=$!
    to_send 1 '$S' | expect_status 1 send --secret-timeout 1s --retries 0 >receipts
    wait "$reader"
  done
}
test_case 'a helper that is late, or prints too much, is killed with what it has started' killed

# ---- what helpers say ----

says() {
  get <<'END'
for i in 1 2 3 4 5 6; do echo "line $i" >&2; done
printf 'red \033[31m\n\nlast' >&2
exit 3
END
  record 1 '$S' | expect_status 1 wb-sign --secrets exec:./get 2>err
  expect_equal "$(<err)" "wb-sign: secret S: its helper says: line 5
wb-sign: secret S: its helper says: line 6
wb-sign: secret S: its helper says: red \\x1b[31m
wb-sign: secret S: its helper says: last
wb-sign: standard input:1: secret S: helper './get' ended with status 3"
  to_send 1 '$S' | expect_status 1 send --retries 0 2>err >receipts
  expect_equal "$(head -n 1 err)" 'wb-send: secret S: its helper says: line 5'
  # more than is kept: the end of it
  get <<<'i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i"; done >&2; exit 3'
  record 1 '$S' | expect_status 1 wb-sign --secrets exec:./get 2>err
  expect_equal "$(sed -n '1p;5p' err)" 'wb-sign: secret S: its helper says: line 1996
wb-sign: secret S: its helper says: line 2000'
  # all is well, whatever is said
  get <<<'echo "a new version is there" >&2; echo value'
  expect_equal "$(signed --secrets exec:./get 2>err)" "$(signature value)"
  expect_empty err
}
test_case 'the end of what a helper says is told if it fails, and only then' says

says_secrets() {
  export VALUE
  get <<<'set -x; echo "$VALUE"; exit 1'
  record 1 '$S' | expect_status 1 wb-sign --secrets exec:./get >out 2>err
  expect_match "$(<err)" 'its helper says: \+ echo \*+'
  no_secret "$VALUE" err out
  # a value of before
  get <<<'[ "$1" = OTHER ] && echo "$VALUE" && exit; echo "not $(printf %s "$VALUE" | base64)" >&2; exit 1'
  { to_send 1 '$OTHER' && to_send 2 '$S'; } | expect_status 1 send --jobs 1 --retries 0 >receipts 2>err
  expect_match "$(<err)" 'its helper says: not \*+'
  no_secret "$VALUE" err receipts
}
test_case 'values that a helper says are masked' says_secrets

# ---- keys that are changed ----

# verifies SCHEME NAME… - whether wb-sign --verify takes the signature in the file signed by one of the secrets
verifies() {
  local words
  mapfile -t words < <(printf -- '--secret\n%s\n' "${@:2}" &&
    json signed '.request.headers | to_entries[] | "--header", .key + ": " + .value')
  json signed .request.body -j >body
  wb-sign --verify "$1" "${words[@]}" body 2>err
}

rotation() {
  local scheme
  export NEW=new-key-of-this-test OLD=old-key-of-this-test
  wb-event alias a/m/c:v3 production >event
  for scheme in wandb wandb-hex github standard; do
    printf '{"webhooks":{"w":{"url":"https://a.example/","signature":"%s","secret":["$NEW","$OLD"]}},
      "automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]}' "$scheme" >c.json
    wb-match -c c.json event | wb-render | wb-sign >signed
    verifies "$scheme" NEW
    # a receiver that takes both is served before, while and after
    verifies "$scheme" OLD NEW
    if [[ $scheme == standard ]]; then
      verifies "$scheme" OLD
    else
      expect_status 1 verifies "$scheme" OLD
      # what signs nothing need not be there
      wb-match -c c.json event | wb-render >request
      env -u OLD wb-sign request | cmp - signed
    fi
  done
  wb-match -c c.json event | wb-render | expect_status 1 env -u OLD wb-sign >out 2>err
  expect_match "$(<err)" 'secret OLD: not found'
}
test_case 'a key is changed: the new one signs, and with standard the old one, too' rotation

# ---- all else goes on ----

# The first one's secret comes only after the others were delivered.
goes_on() {
  mkfifo go
  get <<<'[ $1 != SLOW ] || read -r line <go; echo "value of $1"'
  : >"$RECEIVER_LOG"
  { to_send slow '$SLOW' && to_send 1 '$S' && to_send slow-too '$SLOW' && to_send 2 '$OTHER'; } >in
  send --secret-timeout 60s --order none in >receipts &
  local sender=$!
  await_requests 2
  echo >go
  wait "$sender"
  expect_equal "$(json receipts '[.delivery_id, .status] | join(" ")' | tail -n 2 | sort)" 'slow finished
slow-too finished'
  expect_equal "$(sent | tr , '\n' | sort | paste -s -d ,)" 'value of OTHER,value of S,value of SLOW,value of SLOW'
}
test_case 'wb-send: a helper holds up no delivery that does not need it' goes_on

in_order() {
  get <<<'echo "value of $1"'
  : >"$RECEIVER_LOG"
  for i in 1 2 3 4 5 6; do to_send $i "\$S$i"; done | sed "s|$RECEIVER_URL/.|$RECEIVER_URL/|" >in
  send --order endpoint in >receipts
  expect_equal "$(sent)" 'value of S1,value of S2,value of S3,value of S4,value of S5,value of S6'
}
test_case 'wb-send: order is kept' in_order

again() {
  get <<<'echo >>tries; [ $(wc -l <tries) -gt 1 ] && echo value'
  { to_send 1 '$S' && to_send 2 '$S'; } | send --secret-timeout 1s >receipts 2>err
  expect_equal "$(json receipts '[.status, .attempts] | join(" ")' | uniq -c | xargs)" '2 finished 1'
  expect_equal "$(<err)" "wb-send: secret S: helper './get' ended with status 1"
  expect_equal "$(wc -l <tries)" 2
  # with a journal the next run goes on with what there was no time for
  rm tries
  to_send 3 '$S' >in
  expect_status 1 send --journal journal --retry-max-time 1ms in >receipts 2>err
  expect_equal "$(json receipts -c '[.status, .reason, .attempts, .error.class]')" '["deferred","budget",0,"secret"]'
  send --journal journal in >receipts
  expect_equal "$(json receipts .status)" finished
  # that there is no such secret is no failure of the helper, and final
  get <<<'exit 66'
  to_send 1 '$S' | expect_status 1 send >receipts
  expect_equal "$(json receipts -c '[.status, .error.text]')" '["failed","secret S: not found in ./get"]'
}
test_case 'wb-send: when a helper fails, the delivery is tried again' again

skips() {
  get <<<'echo value'
  to_send 1 '$S' >in
  send --journal skipped in in >receipts
  expect_equal "$(json receipts .status | sort | xargs)" 'finished skipped'
}
test_case 'wb-send: two lines of one delivery wait for one helper, and one is sent' skips

# ---- stopped ----

# a_hanging_helper - ./get writes a line into the FIFO started, and has the FIFO held open; sets $reader, which ends when
# all of ./get has ended
a_hanging_helper() {
  rm -f started held
  mkfifo started held
  get <<<'exec 3>held; echo >started; exec sleep 1000'
  cat held >/dev/null &
  reader=$!
}

stopped_sign() {
  local signal status pid reader
  for signal in TERM INT HUP; do
    a_hanging_helper
    record 1 '$S' >in
    # what a shell starts in the background ignores SIGINT
    env --default-signal=INT wb-sign --secrets exec:./get in >out 2>err &
    pid=$!
    read -r _ <started
    kill -s "$signal" "$pid"
    status=0
    wait "$pid" || status=$?
    expect_equal "$status" "$((128 + $(kill -l "$signal")))" "status after SIG$signal"
    wait "$reader"
    expect_empty out
  done
}
test_case 'wb-sign: a signal ends the helper, too' stopped_sign

stopped_send() {
  local pid reader
  a_hanging_helper
  { to_send 1 '$S' && to_send 2 '$S'; } >in
  wb-send --allow-http --allow-net 127.0.0.0/8 --secrets exec:./get --secret-timeout 1h --grace 1h \
    --journal stopped in >receipts 2>err &
  pid=$!
  read -r _ <started
  kill -TERM "$pid"
  expect_status 1 wait "$pid"
  wait "$reader"
  expect_equal "$(json receipts -c '[.status, .reason, .attempts]' | uniq -c | xargs)" '2 [deferred,stopped,0]'
  get <<<'echo value'
  send --journal stopped in >receipts
  expect_equal "$(json receipts .status | uniq -c | xargs)" '2 finished'
}
test_case 'wb-send: a stop does not wait for helpers, and the next run goes on' stopped_send
