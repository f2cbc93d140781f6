#!/usr/bin/env bash
#
# wb-match-cooldown.test.sh - what cooldowns hold back, within a run and from one run to the next, and the file in between

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

cat >c.json <<'END'
{"automations": [
  {"name": "a", "cooldown": "10m", "action": {"type": "none"}},
  {"name": "b", "cooldown": "10m", "cooldown_by": "collection", "action": {"type": "none"}},
  {"name": "c", "action": {"type": "none"}}]}
END

# event ID TIME [COLLECTION] - an event at TIME of one day
event() {
  printf '{"event_type":"X","event_id":"%s","event_time":"2026-01-01T%sZ","artifact_collection_name":"%s"}\n' "$1" "$2" "${3:-x}"
}

# matches ARGUMENT… - what wb-match -c c.json with these arguments writes: ID:AUTOMATION…
matches() {
  wb-match -c c.json "$@" 2>err | jq -r '.event.event_id + ":" + .automation.name' | paste -s -d ' '
}

rests() {
  { event 1 10:00:00 && event 2 10:09:59 && event 3 10:09:59 y && event 4 10:10:00 && event 5 10:15:00 y; } >events
  expect_equal "$(matches events)" '1:a 1:b 1:c 2:c 3:b 3:c 4:a 4:b 4:c 5:c'
  expect_equal "$(<err)" 'wb-match: cooldowns held back 5 matches
wb-match: cooldowns end with this run: --state FILE keeps them'
  event 1 10:00:00 | wb-match -c <(jq '.automations[0].enabled = false | .automations[1].enabled = false' c.json) >out 2>err
  expect_empty err
}
test_case 'an automation rests for all events, or for those of a collection' rests

out_of_order() {
  { event 1 10:00:00 && event 2 09:50:01 && event 3 09:50:00 && event 4 09:55:00 && event 5 23:00:00 && event 6 10:20:00; } >events
  expect_equal "$(matches events)" '1:a 1:b 1:c 2:c 3:a 3:b 3:c 4:c 5:a 5:b 5:c 6:a 6:b 6:c'
}
test_case 'events out of order, and one from the future' out_of_order

again() {
  { event 1 10:00:00 && event 1 10:00:00 && event 2 10:01:00; } >events
  expect_equal "$(matches events)" '1:a 1:b 1:c 1:a 1:b 1:c 2:c'
}
test_case 'the event that was let through is let through again' again

# Without a time that can be read it is now, and events of one run are less than ten minutes apart.
no_time() {
  printf '{"event_type":"X","event_id":"%s"%s}\n' 1 '' 2 ',"event_time":"soon"' 3 ',"event_time":null' \
    4 ',"event_time":"2026-01-01T10:00:00Z"' 5 ',"event_time":"2026\u002d01-01T12:05:00+02:00"' >events
  expect_equal "$(matches events)" '1:a 1:b 1:c 2:c 3:c 4:a 4:b 4:c 5:c'
}
test_case 'an event without a time has that of the run' no_time

only_what_matches() {
  jq -c '.automations |= [.[0] | .on.when = ".event_id != \"1\""]' c.json >when.json
  { event 1 10:00:00 && event 2 10:05:00 && event 3 10:06:00; } >events
  expect_equal "$(wb-match -c when.json events 2>err | jq -r .event.event_id)" 2
  expect_equal "$(head -n 1 err)" 'wb-match: cooldowns held back 1 matches'
}
test_case 'what does not match starts no cooldown' only_what_matches

# ---- from one run to the next ----

# Each case begins without a state: what begins with stateless_.

stateless_persists() {
  rm -rf ./s ./s.* ./t ./t.*
  event 1 10:00:00 >one
  event 2 10:05:00 >two
  expect_equal "$(matches --state s one)" '1:a 1:b 1:c'
  expect_equal "$(find . -name 's*' | sort | paste -s)" $'./s.lock\t./s.next'
  expect_equal "$(matches --state s two)" '2:a 2:b 2:c' 'before a commit'
  expect_equal "$(matches --state s one)" '1:a 1:b 1:c'
  expect_status 0 wb-match --commit --state s
  expect_equal "$(find . -name 's*' | sort | paste -s)" $'./s\t./s.lock'
  expect_equal "$(matches --state s two)" 2:c 'after a commit'
  expect_equal "$(matches --state s one)" '1:a 1:b 1:c' 'the same again'
  expect_status 0 wb-match --commit --state s
  expect_status 0 wb-match --commit --state s
  expect_equal "$(stat -c %a s)" 600
  expect_equal "$(matches --state t --auto-commit one)" '1:a 1:b 1:c'
  expect_equal "$(matches --state t two)" 2:c
  expect_file s t
  expect_equal "$(event 3 10:10:00 | matches --state t)" '3:a 3:b 3:c'
}
test_case '--state keeps cooldowns when they are committed' stateless_persists

# What was not written does not count.
stateless_not_written() {
  rm -rf ./s ./s.* ./t ./t.*
  local i
  event 1 10:00:00 >one
  expect_status 3 wb-match -c c.json --state s --auto-commit one >/dev/full 2>err
  expect_match "$(<err)" 'cannot write'
  [[ ! -e s && ! -e s.next ]] || fail 'a state of a run that failed'
  for i in {1..2000}; do event "$i" 10:00:00; done >many
  # shellcheck disable=SC2015 # it may fail either way
  (trap '' PIPE && wb-match -c c.json --state s --auto-commit many 2>err || :) | head -n 1 >/dev/null
  [[ ! -e s && ! -e s.next ]] || fail 'a state of a run that nobody read'
  mkdir -p full && printf old >full/s.next
  expect_status 0 wb-match -c c.json --state full/s one >out
  expect_match "$(<full/s.next)" '^\{"wb_match_state":1\}'
}
test_case 'a run whose output is lost leaves nothing to commit' stateless_not_written

stateless_old_ones_go() {
  rm -rf ./s ./s.* ./t ./t.*
  event 1 10:00:00 >one
  printf '{"event_type":"X","event_id":"2","event_time":"2026-01-0%sZ","artifact_collection_name":"y"}\n' 2T10:10:00 >two
  expect_equal "$(matches --state s --auto-commit one)" '1:a 1:b 1:c'
  expect_equal "$(wc -l <s)" 3
  expect_equal "$(matches --state s --auto-commit two)" '2:a 2:b 2:c'
  expect_equal "$(wc -l <s)" 3 'lines: two of the new event, none of the old one'
}
test_case 'what cannot matter any more is not kept' stateless_old_ones_go

stateless_damaged() {
  rm -rf ./s ./s.* ./t ./t.*
  local line='{"key":"0123456789abcdef","event":"0123456789abcdef","at_ms":1,"length_ms":1}' head='{"wb_match_state":1}'
  local text
  event 1 10:00:00 >one
  while IFS='|' read -r text message; do
    printf '%b' "$text" >s
    expect_status 2 wb-match -c c.json --state s one >out 2>err
    expect_empty out
    expect_equal "$(<err)" "wb-match: state 's': line $message"
    expect_equal "$(<s)" "$(printf '%b' "$text")" 'the state'
  done <<END
|1: it is empty
$head|1: its end is missing
$line\n|1: not a state of this version of wb-match
{"wb_match_state":2}\n|1: not a state of this version of wb-match
$head\n$head\n|2: not a state of this version of wb-match
$head\n{}\n|2: not a cooldown
$head\n$line\n{"key":"x","event":"1","at_ms":1,"length_ms":1}\n|3: not such a number
$head\n{"key":1,"event":"1","at_ms":1,"length_ms":1}\n|2: not such a number
$head\n{"key":"1","event":"1","at_ms":-1,"length_ms":1}\n|2: not such a number
$head\nx\n|2: not a JSON value
END
  mkdir d
  expect_status 2 wb-match -c c.json --state d one 2>err
  expect_equal "$(<err)" "wb-match: state 'd' is not a regular file"
}
test_case 'a state that is damaged, or none, is an error' stateless_damaged

stateless_in_use() {
  rm -rf ./s ./s.* ./t ./t.*
  local pid
  mkfifo in
  wb-match -c c.json --state s in >out &
  pid=$!
  exec {w}>in # it has the lock when it opens its input
  event 1 10:00:00 >one
  expect_status 2 wb-match -c c.json --state s one 2>err
  expect_equal "$(<err)" "wb-match: state 's' is in use by another wb-match"
  expect_status 2 wb-match --commit --state s 2>err
  expect_equal "$(<err)" "wb-match: state 's' is in use by another wb-match"
  exec {w}>&-
  wait "$pid"
}
test_case 'one run at a time' stateless_in_use

usage() {
  expect_status 2 wb-match --commit 2>err
  expect_equal "$(<err)" 'wb-match: --commit and --auto-commit go with --state FILE'
  expect_status 2 wb-match -c c.json --auto-commit 2>err
  expect_equal "$(<err)" 'wb-match: --commit and --auto-commit go with --state FILE'
  expect_status 2 wb-match -c c.json --commit --state s 2>err
  expect_equal "$(<err)" 'wb-match: --commit reads nothing: only --state FILE goes with it'
  expect_status 2 wb-match --commit --state nosuch 2>err
  expect_equal "$(<err)" "wb-match: there is no state 'nosuch': a run with --state makes it"
  expect_status 2 wb-match -c c.json --state no/such 2>err
  expect_equal "$(<err)" "wb-match: cannot open 'no/such.lock': No such file or directory"
}
test_case 'usage errors' usage

# ---- configuration ----

# refused MEMBERS MESSAGE - at the place where ¦ stands
refused() {
  local text='{"automations":[¦{"name":"a",'$1',"action":{"type":"none"}}]}' before
  [[ $1 != *¦* ]] || text=${text/¦/}
  before=${text%%¦*}
  printf '%s' "${text/¦/}" >bad.json
  expect_status 2 wb-match -c bad.json 2>err
  expect_equal "$(<err)" "wb-match: bad.json:1:$((${#before} + 1)): $2"
}

bad_configuration() {
  local text
  for text in 10 m 10x 0m -1m 1.5h '10 m' 3651d 99999999999s 1ms; do
    refused "\"cooldown\":¦\"$text\"" 'cooldown must be a time such as "90s", "10m", "12h" or "7d", up to 3650d'
  done
  refused '"cooldown":¦600' 'cooldown must be a string, not a number'
  refused '"cooldown":"1m","cooldown_by":¦"entity"' 'cooldown_by must be "automation" or "collection"'
  refused '"cooldown_by":"collection"' '"cooldown_by" without "cooldown"'
}
test_case 'error: cooldowns that are none' bad_configuration

explains() {
  { event 1 10:00:00 && event 2 10:05:00; } >events
  expect_status 0 wb-match -c c.json --explain events >/dev/null 2>err
  expect_equal "$(sed -n 4p err)" \
    'wb-match: events:2: a: held back: the cooldown of 600 s since 2026-01-01T10:00:00Z is not over'
}
test_case '--explain says what is held back' explains
