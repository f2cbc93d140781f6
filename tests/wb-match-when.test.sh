#!/usr/bin/env bash
#
# wb-match-when.test.sh - conditions that are programs: what they say of events, when they are run, what they cannot reach,
# and what becomes of those that fail

# shellcheck disable=SC2016 # what looks like variables are those of jq
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# automations [NAME PROGRAM]… - a configuration of automations with these programs
automations() {
  local list=()
  while (($# > 0)); do
    list+=("$(jq -n -c --arg name "$1" --arg when "$2" '{name: $name, on: {when: $when}, action: {type: "none"}}')")
    shift 2
  done
  printf '%s\n' "${list[@]}" | jq -s '{automations: .}'
}

# names ARGUMENT… - the automations that wb-match with these arguments finds, on one line
names() {
  wb-match "$@" | jq -r .automation.name | paste -s -d ' '
}

printf '{"event_type":"LINK_ARTIFACT","event_id":"one","alias":"x","artifact_metadata":{"accuracy":0.95,"tags":["a","b"]}}\n' >event

# ---- what a program says ----

says() {
  automations true true false false null null zero 0 text '"true"' nothing empty number .artifact_metadata.accuracy \
    above '.artifact_metadata.accuracy > 0.9' below '.artifact_metadata.accuracy < 0.9' \
    both '.alias == "x" and (.artifact_metadata.tags | index("b") != null)' object '{a: true}' \
    first 'true, false' second 'false, true' then-fails 'true, error("so")' comment 'true # really' \
    own 'def f: .alias; f == "x"' several $'.alias\n|\n. == "x"' >c.json
  expect_equal "$(names -c c.json event)" 'true above both first then-fails comment own several'
}
test_case 'only true is true, and of several outputs the first counts' says

whole_event() {
  printf '%s\n' '{"event_type":"LINK_MODEL","\u0061lias":"a","alias":"b\u0063","n":1.10,"artifact_metadata":null}' >e
  automations spelled '.event_type == "LINK_MODEL"' last '.alias == "bc"' number '.n == 1.1' null 'has("artifact_metadata")' \
    id '.event_id | test("^[0-9a-f]{32}$")' >c.json
  expect_equal "$(names -c c.json e)" 'spelled last number null id'
}
test_case 'it sees the event as it came, and the id that it got' whole_event

all_must_hold() {
  printf '%s\n' '{"automations":[
    {"name":"a","on":{"alias":"x","when":"true"},"action":{"type":"none"}},
    {"name":"b","on":{"alias":"x","when":"false"},"action":{"type":"none"}},
    {"name":"c","on":{"alias":"y","when":"true"},"action":{"type":"none"}},
    {"name":"d","enabled":false,"on":{"when":"true"},"action":{"type":"none"}},
    {"name":"e","on":{"alias_regex":"^x"},"action":{"type":"none"}}]}' >c.json
  expect_equal "$(names -c c.json event event)" 'a e a e'
}
test_case 'all other conditions must hold, too' all_must_hold

# ---- where it runs ----

# processes ARGUMENT… - how often wb-match with these arguments starts a process
processes() {
  ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o trace -e trace=execve wb-match "$@" >/dev/null
  grep -c wb-jq-server trace || :
}

process_when_needed() {
  automations a true b true >c.json
  printf '{"automations":[{"name":"a","on":{"alias":"y","when":"true"},"action":{"type":"none"}},
    {"name":"b","enabled":false,"on":{"when":"true"},"action":{"type":"none"}},
    {"name":"c","action":{"type":"none"}}]}' >unneeded.json
  expect_equal "$(processes -c unneeded.json event)" 0 'processes where no other condition holds'
  expect_equal "$(processes -c c.json </dev/null)" 0 'processes without events'
  expect_equal "$(processes -c c.json event event event)" 1 'processes for three events'
}
test_case 'a process is started for the first event that needs one, and only then' process_when_needed

cannot_reach() {
  export SECRET_OF_TEST=value-of-secret
  mkdir -p home && printf 'def from_home: true;\n' >home/.jq
  automations environment '($ENV.SECRET_OF_TEST // env.SECRET_OF_TEST) == null and ($ENV | length) == 0' >c.json
  expect_equal "$(HOME=$T/home names -c c.json event)" environment
  local program
  for program in from_home input inputs debug stderr halt halt_error input_filename input_line_number get_search_list \
    'import "a" as a; true' 'include "a"; true' '"\(env | input)"' modulemeta; do
    automations a "$program" >c.json
    HOME=$T/home expect_status 2 wb-match -c c.json event >out 2>err
    expect_match "$(<err)" '^wb-match: c.json:6:17: "when": [^$]*( not allowed here|, line 1 of the program)$'
    expect_empty out
  done
}
test_case 'it sees neither environment nor files' cannot_reach

runs_for_ever() {
  automations before true endless 'last(repeat(1))' after true >c.json
  cat event event event event >events
  rm -f rejects
  expect_status 1 wb-match -c c.json --rejects rejects events >out 2>err
  expect_equal "$(jq -r .automation.name out | paste -s -d ' ')" 'before after before after before after before after'
  printf 'wb-match: events:%s: endless: when fails for event one, which counts as no match: took longer than 1 s%s\n' \
    1 '' 2 '' 3 ', and is not run again' 4 ', and is not run again' >want
  expect_file err want
  expect_file rejects events
}
test_case 'one that runs for ever costs a second three times, and only itself' runs_for_ever

# A stranger who makes an event large must not silence an automation.
large_events() {
  local i
  automations slow 'if .n == 1 then last(repeat(1)) else true end' >c.json
  for i in 1 2 3 4 5 6; do
    printf '{"event_type":"X","event_id":"%s","n":%s}\n' "$i" "$((i % 3 != 0))"
  done >events
  rm -f rejects
  expect_status 1 wb-match -c c.json --rejects rejects events >out 2>err
  expect_equal "$(jq -r .event.event_id out | paste -s -d ' ')" '3 6'
  expect_equal "$(jq -r .event_id rejects | paste -s -d ' ')" '1 2 4 5'
  expect_equal "$(grep -c 'not run again' err)" 0
}
test_case 'one that took too long for some events is run for others' large_events

eats_memory() {
  ! grep -q -a -E '__asan_init' "$WB_BIN/wb-match" || skip 'memory and crashes, with a sanitizer'
  automations before true doubled 'reduce range(60) as $i ("xx"; .+.)' after true >c.json
  expect_status 1 wb-match -c c.json event event event event >out 2>err
  expect_equal "$(jq -r .automation.name out | paste -s -d ' ')" 'before after before after before after before after'
  expect_equal "$(sed 's/.*match: //' err | uniq -c | sed 's/^ *//')" \
    $'2 needs more than 256 MiB of memory\n2 needs more than 256 MiB of memory, and is not run again'
}
test_case 'one that eats all memory fails alone' eats_memory

# ---- errors ----

run_time_errors() {
  automations index '.alias.name == 1' own 'error("so \(.alias)")' fine true >c.json
  { cat event && printf '{"event_type":"X","alias":{"name":1}}\n{"event_type":"X","artifact_metadata":{"n":1}}\n'; } >events
  rm -f rejects
  expect_status 1 wb-match -c c.json --rejects rejects events >out 2>err
  expect_equal "$(jq -r .automation.name out | paste -s -d ' ')" 'fine fine'
  expect_equal "$(sed -n 1,3p err | sed 's/ with .*"name"$/ …/')" \
    'wb-match: events:1: index: when fails for event one, which counts as no match: Cannot index string …
wb-match: events:1: own: when fails for event one, which counts as no match: so x
wb-match: events:2: byte 27: alias is not a string'
  expect_match "$(sed -n 4p err)" \
    "^wb-match: events:3: own: when fails for event $(sed -n 2p out | jq -r .event.event_id), which counts as no match: so null\$"
  expect_file rejects events 'every one of which has a condition that could not be judged, or is none'
}
test_case 'an error names automation and event, does not match, keeps the event, and makes the status 1' run_time_errors

too_deep() {
  automations a true >c.json
  { printf '{"event_type":"X","event_id":"1","x":' && printf '[%.0s' {1..400} && printf ']%.0s' {1..400} && echo '}'; } >deep
  expect_status 1 wb-match -c c.json deep event >out 2>err
  expect_equal "$(jq -r .event.event_id out)" one
  expect_match "$(<err)" '^wb-match: deep:1: a: when fails for event 1, [^$]*too deep'
}
test_case 'an event that is nested too deep for jq does not match' too_deep

compile_errors() {
  cat >c.json <<'END'
{"automations": [
  {"name": "a", "on": {"when": "nosuch"}, "action": {"type": "none"}},
  {"name": "b", "on": {"when": ".x == 1"}, "action": {"type": "none"}},
  {"name": "c", "on": {"when": ".x) or (1"}, "action": {"type": "none"}},
  {"name": "é", "on": {"alias": "é", "when": "\n.x y"}, "action": {"type": "none"}},
  {"name": "e", "on": {"when": "nosuch"}, "action": {"type": "none"}},
  {"name": "f", "on": {"when": ""}, "action": {"type": "none"}},
  {"name": "g", "on": {"when": true}, "action": {"type": "none"}}]}
END
  expect_status 2 wb-match -c c.json event >out 2>err
  expect_empty out
  sort -t : -k 3,3n err | sed 's/, expecting.*,/,/' >sorted
  cat >want <<'END'
wb-match: c.json:2:32: "when": nosuch/0 is not defined, line 1 of the program
wb-match: c.json:4:32: "when": syntax error, unexpected INVALID_CHARACTER, line 1 of the program
wb-match: c.json:5:46: "when": syntax error, unexpected IDENT, line 2 of the program
wb-match: c.json:6:32: "when": nosuch/0 is not defined, line 1 of the program
wb-match: c.json:7:32: when must not be empty
wb-match: c.json:8:32: when must be a string, not true
END
  sed -i 's/unexpected .)./unexpected INVALID_CHARACTER/' sorted
  expect_file sorted want
}
test_case 'a program that jq does not take is an error at its place, each one' compile_errors

# ---- many ----

many() {
  jq -n -c '{automations: [range(1000) | {name: "\(.)", on: {when: ".n == \(.) # \(.)"}, action: {type: "none"}}]}' >c.json
  printf '{"event_type":"X","event_id":"%s","n":%s}\n' 1 0 2 999 3 500 4 1000 >events
  expect_equal "$(names -c c.json events)" '0 999 500'
}
test_case 'a thousand different programs' many

# ---- --explain ----

explains() {
  automations yes true no '.alias, 1' nothing empty fails 'error("so")' >c.json
  jq -c '.automations += [{name: "other", on: {alias: "y", when: "true"}, action: {type: "none"}}]' c.json >d.json
  expect_status 1 wb-match --explain -c d.json event >out 2>err
  expect_equal "$(jq -r .automation.name out)" yes
  cat >want <<'END'
wb-match: event:1: yes: matches
wb-match: event:1: no: when does not hold: it gives "x"
wb-match: event:1: nothing: when does not hold: it gives nothing
wb-match: event:1: fails: when fails for event one, which counts as no match: so
wb-match: event:1: other: alias does not hold: alias is "x"
END
  expect_file err want
}
test_case '--explain says what a program gave' explains

# ---- no process ----

# What cannot be asked is not answered with no: the line and all behind it are left for another run.
no_process() {
  automations always true >c.json
  cat event event >two
  expect_status 3 bash -c 'ulimit -n 4; exec wb-match -c c.json two' >out 2>err
  expect_equal "$(<err)" \
    'wb-match: two:1: always: cannot start a process for jq programs: Too many open files; nothing more is read'
  expect_equal "$(wc -c <out)" 0
}
test_case 'without a process for programs nothing more is read' no_process

# ---- regular expressions ----

gives_up() {
  cat >c.json <<'END'
{"automations": [{"name": "off", "enabled": false, "on": {"alias_regex": "^(a+)+$"}, "action": {"type": "none"}},
  {"name": "steps", "on": {"alias_regex": "^(a+)+$"}, "action": {"type": "none"}},
  {"name": "all", "action": {"type": "none"}}]}
END
  printf '{"event_type":"X","event_id":"1","alias":"%s!"}\n{"event_type":"X","event_id":"2","alias":"aaa"}\n' \
    "$(printf 'a%.0s' {1..4000})" >events
  rm -f rejects
  expect_status 1 wb-match -c c.json --rejects rejects events >out 2>err
  expect_equal "$(<err)" \
    'wb-match: events:1: steps: alias_regex gave up on this event, which counts as no match: too many steps'
  expect_equal "$(jq -r '.event.event_id + .automation.name' out | paste -s -d ' ')" '1all 2steps 2all'
  expect_file rejects <(head -n 1 events)
}
test_case 'a regular expression that gives up is named, and the event kept' gives_up
