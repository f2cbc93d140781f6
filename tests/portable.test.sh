#!/usr/bin/env bash
#
# portable.test.sh - the ways of systems other than Linux (make PORTABLE=1): what they call, and that they work
#
# What cannot be seen here is what the headers of others are like.

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

[[ $(uname -s) == Linux ]] || skip 'not on Linux, where the ordinary build is the portable one'
grep -q -a -E '__(asan|msan|tsan)_init' "$WB_BIN/wb-event" && skip 'the ordinary build is enough with a sanitizer'

build=$TOP/build-portable
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -C "$TOP" -j "$(nproc)" PORTABLE=1 COMPLETION= all \
  "$build/tests/unit/signals" "$build/tests/unit/portable" B="$build" >log 2>&1 || fail "$(tail -n 30 log)"
ordinary=$WB_BIN

# ---- what they are made of ----

calls() {
  nm "$build"/*.o 2>/dev/null >names
  # names of libraries that are everywhere the same
  awk 'NF == 3 { defined[$3] = 1 } NF == 2 && $1 == "U" { used[$2] = 1 }
    END { for (name in used) if (!(name in defined) &&
      name !~ /^(curl|jq|jv|onig|Onig|EVP|CRYPTO|OSSL|ERR|BIO|PEM|X509|OPENSSL)_?/) print name }' names | sort >used
  (($(wc -l <used) > 100)) || fail 'hardly anything is called'
  sed 's/#.*//' "$TESTS/portable.symbols" | tr -s ' ' '\n' | sed '/^$/d' | sort -u >allowed
  expect_equal "$(comm -23 used allowed)" '' 'called, and not in tests/portable.symbols'
}
test_case 'nothing is called that FreeBSD or macOS has not' calls

ordinary_calls() {
  [[ $ordinary == "$TOP" ]] || skip 'other objects'
  nm "$TOP"/build/*.o 2>/dev/null | awk 'NF == 2 && $1 == "U" { print $2 }' | sort -u >used
  for name in epoll_wait signalfd pipe2 syscall prctl fdatasync memrchr; do
    expect_match "$(<used)" $'\n'"$name"$'\n'
  done
}
test_case 'Linux has its own ways in the ordinary build' ordinary_calls

headers() {
  local name
  "${CC:-cc}" -M -D_GNU_SOURCE -DWB_PORTABLE '-DWB_VERSION="0"' -I"$TOP/common" "$TOP"/common/*.c "$TOP"/tools/*.c |
    tr -s ' \134' '\n' | sed -n -E 's,^/usr/include/([a-z0-9_]+-linux-[a-z]+/)?,,p' | sort -u >headers
  expect_match "$(<headers)" $'\n''sys/stat.h'$'\n'
  # limits.h of glibc includes one of linux/ itself
  for name in sys/epoll.h sys/signalfd.h sys/eventfd.h sys/prctl.h sys/syscall.h sys/inotify.h sys/sendfile.h malloc.h; do
    ! grep -q -x -F "$name" headers || fail "$name"
  done
}
test_case 'no header of Linux alone is included' headers

# ---- that they work ----

PATH=$build/bin:$PATH

unit() { "$build/tests/unit/$unit"; }
for unit in signals portable; do
  test_case "unit test: $unit" unit
done

# automation URL LEAST - a configuration that sends versions after LEAST there
automation() {
  # shellcheck disable=SC2016 # a secret by name
  printf '{"webhooks":{"w":{"url":"%s","secret":"$KEY"}},"automations":[{"name":"a","on":{"event_type":"LINK_ARTIFACT",
    "when":".artifact_version_index > %d"},"action":{"type":"webhook","webhook":"w"}}]}' "$1" "$2"
}

# Programs in the path of events, a program that is asked for secrets, and two deliveries at a time.
pipeline() {
  start_receiver
  automation "http://127.0.0.1:$RECEIVER_PORT/hook" 1 >c.json
  printf '#!/bin/sh\necho made-up-key\n' >helper
  chmod +x helper
  for ((i = 0; i < 20; i++)); do
    wb-event link "acme/models/m$((i % 5)):v$i" --id "e$i"
  done >events
  wb-match -c c.json events | wb-render | wb-sign --secrets "exec:$T/helper" |
    wb-send --allow-http --allow-net 127.0.0.1 --journal j --jobs 2 --secrets "exec:$T/helper" >receipts
  expect_equal "$(json receipts .status | sort | uniq -c | tr -s ' ')" ' 18 finished'
  expect_equal "$(wc -l <j | tr -d ' ')" 18
  wb-match -c c.json events | wb-render | wb-sign --secrets "exec:$T/helper" |
    wb-send --allow-http --allow-net 127.0.0.1 --journal j >receipts
  expect_equal "$(json receipts .status | sort | uniq -c | tr -s ' ')" ' 18 skipped'
}
test_case 'a pipeline: programs, helpers, deliveries, a journal' pipeline

parts() {
  printf '{"type":"x"}' >documents
  printf '{event_type: "LINK_ARTIFACT", artifact_version_index: 3}\n' >map.jq
  expect_equal "$(wb-event read --map map.jq documents | jq -c '[.event_type, .artifact_version_index]')" '["LINK_ARTIFACT",3]'
  expect_match "$(wb-event poll --help)" '^usage: wb-event poll'
  # by the path of its file, too, as long as it is found there by name
  expect_match "$("$build/bin/wb-event" poll --help)" '^usage: wb-event poll'
  PATH=/usr/bin expect_status 3 "$build/bin/wb-event" poll --help 2>err
  expect_match "$(<err)" 'cannot tell where wb-event-poll is: '
}
test_case 'programs find those that stand beside them' parts

edits() {
  mkdir c
  wb-automation add one -c c --on link --url https://hooks.acme.example/x 2>/dev/null
  wb-automation disable one -c c
  expect_equal "$(wb-automation list -c c --json | jq -c '[.name, .enabled]')" '["one",false]'
  wb-automation delete one -c c --yes
  expect_equal "$(wb-automation list -c c --json)" ''
}
test_case 'automations are changed' edits

# The first signal ends a run in order, the one behind it at once.
stopped() {
  answers <<<'{"*":[{"stall":true}]}'
  automation "$RECEIVER_URL/hook" 0 >c.json
  export KEY=made-up
  wb-event link acme/models/m:v3 --id e1 | wb-match -c c.json | wb-render | wb-sign >requests
  wb-send --allow-http --allow-net 127.0.0.1 requests >receipts 2>err &
  SENDER=$!
  await_requests 1
  kill -TERM "$SENDER"
  await_line err 'stopped by SIGTERM'
  kill -HUP "$SENDER"
  ended 1
  expect_equal "$(counts receipts)" '1 deferred stopped'
}
test_case 'a signal stops a run, and another one breaks it off' stopped
