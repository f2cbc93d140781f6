#!/usr/bin/env bash
#
# wb-event.test.sh - events made by hand: what is written, byte for byte, and what is refused

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

fixed=(--id I --time 2026-11-24T02:25:00Z)
start='{"event_id":"I","event_time":"2026-11-24T02:25:00Z","event_type":'
names='"entity_name":"acme","project_name":"model-registry","artifact_collection_name":"fraud"'
model=acme/model-registry/fraud
at_v3="\"artifact_version_string\":\"$model:v3\",\"artifact_version_index\":3"

# writes LINE ARGUMENT… - wb-event with the fixed id and time writes just that line, and no message
writes() {
  wb-event "${@:2}" "${fixed[@]}" >out 2>err || fail "status $?: $(<err)"
  printf '%s\n' "$1" >want
  expect_file out want
  expect_empty err
}

# refuses MESSAGE ARGUMENT… - status 2, nothing on standard output, and that message
refuses() {
  expect_status 2 wb-event "${@:2}" >out 2>err
  expect_empty out
  expect_equal "$(<err)" "wb-event: $1" message
}

# metadata TEXT - what wb-event makes of metadata
metadata() {
  local line
  line=$(wb-event link "$model:3" "${fixed[@]}" --metadata "$1")
  [[ $line == *',"artifact_metadata":'*'}' ]] || fail "no metadata in $line"
  line=${line#*',"artifact_metadata":'}
  printf '%s' "${line%\}}"
}

# closed_pipe COMMAND… - with a standard output whose reader has gone; PIPE_STATUS is the status
closed_pipe() {
  local pipe reader
  PIPE_STATUS=0
  exec {pipe}> >(:)
  reader=$!
  wait "$reader" || :
  "$@" 1>&"$pipe" 2>err || PIPE_STATUS=$?
  exec {pipe}>&-
}

# ---- what is written ----

makes_link() {
  writes "$start\"LINK_ARTIFACT\",$names,$at_v3}" link "$model:v3"
}
test_case 'link: the version stands in the event' makes_link

makes_alias() {
  local at="\"artifact_version_string\":\"$model:production\",\"artifact_version_index\":3"
  writes "$start\"ADD_ARTIFACT_ALIAS\",$names,$at,\"alias\":\"production\"}" alias "$model:v3" production
}
test_case 'alias: the version string names the alias' makes_alias

makes_tag() {
  writes "$start\"ADD_ARTIFACT_TAG\",$names,$at_v3,\"tag\":\"checked\"}" tag "$model:v3" checked
}
test_case 'tag: the version string names the version' makes_tag

makes_all_members() {
  local want
  want="$start\"ADD_ARTIFACT_ALIAS\",\"event_author\":\"ann\",$names,"
  want+='"artifact_version":"wandb-artifact://_id/QXJ0aWZhY3Q6NTE3ODg5ODg3",'
  want+="\"artifact_version_string\":\"$model:production\",\"artifact_version_index\":3,"
  want+='"alias":"production","artifact_metadata":{"accuracy":0.97}}'
  writes "$want" alias "$model:v3" production --author ann --metadata '{"accuracy": 0.97}' \
    --artifact-id QXJ0aWZhY3Q6NTE3ODg5ODg3
  writes "$want" alias "$model:v3" production -a ann -m '{"accuracy": 0.97}' \
    --artifact-id=QXJ0aWZhY3Q6NTE3ODg5ODg3
  writes "$want" alias "$model:v3" production -aann '-m{"accuracy":0.97}' \
    --artifact-id QXJ0aWZhY3Q6NTE3ODg5ODg3
}
test_case 'every option, long and short' makes_all_members

last_option_counts() {
  expect_equal "$(wb-event link "$model:3" -a ann --author bob | jq -r .event_author)" bob
}
test_case 'the last one of an option given twice counts' last_option_counts

options_anywhere() {
  wb-event "${fixed[@]}" --author ann alias "$model:3" production >before
  wb-event alias "${fixed[@]}" "$model:3" --author ann production >between
  wb-event alias "$model:3" production "${fixed[@]}" --author ann >after
  expect_file before after
  expect_file between after
}
test_case 'options stand before, between and after operands' options_anywhere

double_dash() {
  wb-event alias "$model:v3" "${fixed[@]}" -- --author >out
  expect_equal "$(json out .alias)" --author
  wb-event "${fixed[@]}" alias "$model:v3" -- -- >out
  expect_equal "$(json out .alias)" --
  wb-event "${fixed[@]}" alias "$model:v3" - >out
  expect_equal "$(json out .alias)" -
  refuses "too many operands: '--author'" link "$model:3" -- --author
}
test_case '-- ends the options, and - is an operand' double_dash

version_spellings() {
  local version want
  while read -r version want; do
    wb-event link "$model:$version" >out
    expect_equal "$(json out '"\(.artifact_version_string) \(.artifact_version_index)"')" "$model:v$want $want" "$version"
  done <<'END'
3 3
v3 3
v03 3
0003 3
v0 0
000 0
v10 10
100 100
v123456789012345 123456789012345
END
}
test_case 'a version is v3, 3 or 03' version_spellings

colon_in_collection() {
  wb-event link a/m/c:d:v4 >out
  expect_equal "$(json out '[.artifact_collection_name, .artifact_version_string, .artifact_version_index] | join(" ")')" \
    'c:d a/m/c:d:v4 4'
  wb-event link a:b/m/c:4 >out
  expect_equal "$(json out .entity_name)" a:b
}
test_case 'the last colon parts collection and version' colon_in_collection

quoted_texts() {
  local text
  # shellcheck disable=SC2016
  for text in 'say "hi"' 'back\slash' $'two\nlines\r\ttab' $'\b\f\x01\x1f\x7f' 'Ωmega' '😀' '</script>' '${alias}' '\u0041'; do
    wb-event alias "$model:3" "$text" --author "$text" --id "$text" --artifact-id "$text" >out
    (($(wc -l <out) == 1)) || fail "more than a line for $text"
    expect_equal "$(json out .alias)" "$text" alias
    expect_equal "$(json out .event_author)" "$text" author
    expect_equal "$(json out .event_id)" "$text" id
    expect_equal "$(json out .artifact_version)" "wandb-artifact://_id/$text" artifact_version
    expect_equal "$(json out .artifact_version_string)" "$model:$text" artifact_version_string
    wb-event tag "$model:3" "$text" >out
    expect_equal "$(json out .tag)" "$text" tag
  done
  wb-event link $'a"\n/m\\/Ω😀:3' >out
  expect_equal "$(json out '[.entity_name, .project_name, .artifact_collection_name] | tojson')" \
    '["a\"\n","m\\","Ω😀"]'
}
test_case 'any character comes through as it is' quoted_texts

exact_escapes() {
  local author='"\"\\/\b\f\n\r\t\u0001\u001f'$'\x7f''é😀"'
  writes "$start\"LINK_ARTIFACT\",\"event_author\":$author,$names,$at_v3}" link "$model:3" --author $'"\\/\b\f\n\r\t\x01\x1f\x7fé😀'
}
test_case 'only what must be escaped is escaped' exact_escapes

# ---- time and id ----

other_times() {
  local given want
  while IFS='|' read -r given want; do
    wb-event link "$model:3" --time "$given" >out
    expect_equal "$(json out .event_time)" "$want" "$given"
  done <<'END'
2026-11-24T04:25:00+02:00|2026-11-24T02:25:00Z
2026-11-24 02:25:00|2026-11-24T02:25:00Z
2026-11-24t02:25:00z|2026-11-24T02:25:00Z
2026-11-24T02:25:00.5Z|2026-11-24T02:25:00.500Z
2026-11-24T02:25:00.123987-23:59|2026-11-25T02:24:00.123Z
2024-02-29T23:59:60Z|2024-02-29T23:59:59Z
1970-01-01T00:00:00Z|1970-01-01T00:00:00Z
9999-12-31T23:59:59.999Z|9999-12-31T23:59:59.999Z
END
}
test_case '--time takes any RFC 3339 time and writes UTC' other_times

bad_times() {
  local time
  for time in x 2026-11-24 2026-13-01T00:00:00Z 2026-02-29T00:00:00Z 2026-11-24T24:00:00Z \
    2026-11-24T02:25:00+2 1969-12-31T23:59:59Z 1970-01-01T00:00:00+00:01 9999-12-31T23:59:59-00:01 \
    '2026-11-24T02:25:00Z ' 2026-11-24T02:25Z; do
    refuses "--time takes a time such as 2026-11-24T02:25:00Z, not '$time'" link "$model:3" --time "$time"
  done
}
test_case '--time refuses what is no time of the years 1970 to 9999' bad_times

# with_ms TIME - with milliseconds, so that times compare as texts
with_ms() {
  if [[ $1 == *.* ]]; then printf '%s' "$1"; else printf '%s' "${1%Z}.000Z"; fi
}

now_by_default() {
  local before after got
  before=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
  wb-event link "$model:3" >out
  after=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)
  got=$(with_ms "$(json out .event_time)")
  expect_match "$got" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$'
  [[ ! $got < $before && ! $got > $after ]] || fail "$got is not within $before and $after"
}
test_case 'the time is now, in UTC, if none is given' now_by_default

uuid_by_default() {
  local before after id other
  before=$(date +%s%3N)
  id=$(wb-event link "$model:3" | jq -r .event_id)
  after=$(date +%s%3N)
  expect_match "$id" '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
  other=$((16#${id:0:8}${id:9:4}))
  ((before <= other && other <= after)) || fail "$other ms is not within $before and $after"
}
test_case 'the id is a UUID of version 7 if none is given' uuid_by_default

uuids_in_order() {
  local ids=() previous i
  for ((i = 0; i < 60; i++)); do ids+=("$(wb-event link "$model:3" | jq -r .event_id)"); done
  previous=${ids[0]}
  for ((i = 1; i < 60; i++)); do
    [[ ${ids[i]} != "$previous" ]] || fail "$previous was made twice"
    # two of one millisecond have no order
    [[ ${ids[i]} > $previous || ${ids[i]:0:13} == "${previous:0:13}" ]] || fail "${ids[i]} follows $previous"
    previous=${ids[i]}
  done
  [[ ${ids[0]:0:13} != "${ids[59]:0:13}" ]] || fail 'sixty events within a millisecond'
}
test_case 'ids sort by time' uuids_in_order

# ---- metadata ----

metadata_kept() {
  local text
  for text in '{}' '{"a":1.10,"b":12345678901234567890,"c":1e400,"d":-0.0,"e":1E+2}' \
    '{"a":1,"a":2}' '{"\u0061":"\ud83d\ude00 \/ \"x\" \\"}' '{"z":[],"a":{},"n":[null,true,false]}' \
    '{"é":"😀","":" a  b "}'; do
    expect_equal "$(metadata "$text")" "$text"
  done
}
test_case 'metadata: numbers, order, duplicates and escapes stay as spelled' metadata_kept

metadata_compact() {
  expect_equal "$(metadata $' \t\r\n{ "a" : [ 1 , 2 ,\t3 ] ,\r\n "b c" : { } , "d" : "x  \\" ,\\\\" } \n')" \
    '{"a":[1,2,3],"b c":{},"d":"x  \" ,\\"}'
}
test_case 'metadata: white space outside of strings is dropped' metadata_compact

metadata_from_file() {
  printf '{\n  "accuracy": 1.10,\n  "note": "a b"\n}\n' >m.json
  expect_equal "$(metadata @m.json)" '{"accuracy":1.10,"note":"a b"}'
  expect_equal "$(metadata @"$PWD/m.json")" '{"accuracy":1.10,"note":"a b"}'
  expect_equal "$(metadata @- <m.json)" '{"accuracy":1.10,"note":"a b"}'
  expect_equal "$(metadata @- < <(printf '{"a":'; printf '1}'))" '{"a":1}' 'from a pipe'
}
test_case 'metadata: from a file and from standard input' metadata_from_file

large_metadata() {
  local dir=$PWD
  { printf '{"a":"'; head -c 3000000 /dev/zero | tr '\0' x; printf '"}'; } >large.json
  wb-event link "$model:3" --metadata "@$dir/large.json" >out
  expect_equal "$(json out '.artifact_metadata.a | length')" 3000000
  # by a pipe, whose size is not known beforehand
  wb-event link "$model:3" --metadata @- < <(cat large.json) >out
  expect_equal "$(json out '.artifact_metadata.a | length')" 3000000
}
test_case 'metadata: megabytes of it' large_metadata

too_large_metadata() {
  local without
  { printf '{"a":"'; head -c 16777216 /dev/zero | tr '\0' x; printf '"}'; } >large.json
  refuses "cannot read 'large.json': File too large" link "$model:3" --metadata @large.json
  { printf '{"a":"'; head -c 16777208 /dev/zero | tr '\0' x; printf '"}'; } >large.json
  expect_equal "$(wc -c <large.json)" 16777216 'size of the file'
  without=$(wb-event link "$model:3" "${fixed[@]}" --metadata '{}' | wc -c)
  expect_equal "$(wb-event link "$model:3" "${fixed[@]}" --metadata @large.json | wc -c)" $((without + 16777214))
}
test_case 'metadata: 16 MiB and no more' too_large_metadata

bad_metadata() {
  refuses '--metadata: byte 2: unexpected end of JSON text' link "$model:3" --metadata ' '
  refuses '--metadata: byte 1: not a JSON object' link "$model:3" --metadata '[1]'
  refuses '--metadata: byte 3: not a JSON object' link "$model:3" --metadata '  "a"'
  refuses '--metadata: byte 1: not a JSON object' link "$model:3" --metadata null
  refuses '--metadata: byte 1: not a JSON value' link "$model:3" --metadata m.json
  refuses '--metadata: byte 7: unexpected end of JSON text' link "$model:3" --metadata '{"a":1'
  refuses '--metadata: byte 8: more after the JSON value' link "$model:3" --metadata '{"a":1}{}'
  refuses '--metadata: byte 6: number with a leading zero' link "$model:3" --metadata '{"a":01}'
  refuses '--metadata: byte 6: not a JSON value' link "$model:3" --metadata '{"a":NaN}'
  refuses '--metadata: byte 7: not UTF-8' link "$model:3" --metadata $'{"a":"\xff"}'
  refuses '--metadata: byte 7: control character in string' link "$model:3" --metadata $'{"a":"\n"}'
  printf '{\n"a" 1}' >bad.json
  refuses "bad.json: byte 7: expected ':'" link "$model:3" --metadata @bad.json
  printf '\xef\xbb\xbf{}' >bad.json
  refuses 'bad.json: byte 1: not a JSON value' link "$model:3" --metadata @bad.json
  printf '{"a":"\0"}' >bad.json
  refuses 'bad.json: byte 7: control character in string' link "$model:3" --metadata @bad.json
  : >bad.json
  refuses 'bad.json: byte 1: unexpected end of JSON text' link "$model:3" --metadata @bad.json
}
test_case 'metadata: malformed, or not an object' bad_metadata

bad_metadata_on_stdin() {
  refuses '-: byte 1: not a JSON object' link "$model:3" --metadata @- <<<'[]'
  refuses '-: byte 1: unexpected end of JSON text' link "$model:3" --metadata @- </dev/null
}
test_case 'metadata: malformed on standard input' bad_metadata_on_stdin

missing_metadata() {
  refuses "cannot read 'nowhere.json': No such file or directory" link "$model:3" --metadata @nowhere.json
  refuses "cannot read '': No such file or directory" link "$model:3" --metadata @
  refuses "cannot read '/': Is a directory" link "$model:3" --metadata @/
}
test_case 'metadata: a file that cannot be read' missing_metadata

# deep N - N objects, one in the other
deep() {
  printf '{"a":%.0s' $(seq $(($1 - 1)))
  printf '{}'
  printf '}%.0s' $(seq $(($1 - 1)))
}

deep_metadata() {
  expect_equal "$(metadata "$(deep 511)")" "$(deep 511)"
  refuses 'an operand or option: nested deeper than 512 levels' link "$model:3" --metadata "$(deep 512)"
  refuses '--metadata: byte 2561: nested deeper than 512 levels' link "$model:3" --metadata "$(deep 513)"
}
test_case 'metadata: 511 levels fit into an event, 512 do not' deep_metadata

# ---- what is refused ----

no_command() {
  refuses "what happened? Say link, alias or tag, poll, commit or read; 'wb-event --help' tells more"
  refuses "what happened? Say link, alias or tag, poll, commit or read; 'wb-event --help' tells more" --author ann
}
test_case 'no command' no_command

unknown_command() {
  refuses "unknown command 'lnik'; did you mean 'link'?" lnik "$model:3"
  refuses "unknown command 'Alias'; did you mean 'alias'?" Alias "$model:3" production
  refuses "unknown command 'frobnicate'; known are link, alias, tag, poll, commit and read" frobnicate
  refuses "unknown command ''; known are link, alias, tag, poll, commit and read" ''
}
test_case 'an unknown command, the nearest one named' unknown_command

missing_operands() {
  refuses 'wb-event link needs ENTITY/PROJECT/COLLECTION:VERSION' link
  refuses 'wb-event alias needs ENTITY/PROJECT/COLLECTION:VERSION and the alias' alias "$model:3"
  refuses 'wb-event alias needs ENTITY/PROJECT/COLLECTION:VERSION and the alias' alias "$model:3" ''
  refuses 'wb-event tag needs ENTITY/PROJECT/COLLECTION:VERSION and the tag' tag "$model:3"
  refuses 'wb-event tag needs ENTITY/PROJECT/COLLECTION:VERSION and the tag' tag
}
test_case 'missing operands' missing_operands

surplus_operands() {
  refuses "too many operands: 'production'" link "$model:3" production
  refuses "too many operands: 'more'" alias "$model:3" production more
  refuses "too many operands: ''" tag "$model:3" checked ''
}
test_case 'operands too many' surplus_operands

malformed_versions() {
  local version
  for version in '' v3 fraud:v3 model-registry/fraud:v3 "$model" "$model:" "$model:v" "$model:vv3" "$model:V3" \
    "$model:latest" "$model:3 " "$model: 3" "$model:+3" "$model:-1" "$model:3.0" "$model:v1234567890123456" \
    "/model-registry/fraud:v3" "acme//fraud:v3" "acme/model-registry/:v3" "acme/model-registry/fr/aud:v3" \
    "acme:v3/model-registry/fraud"; do
    refuses "'$version' is not ENTITY/PROJECT/COLLECTION:VERSION, such as acme/model-registry/fraud:v3" link "$version"
  done
}
test_case 'what is no ENTITY/PROJECT/COLLECTION:VERSION' malformed_versions

invalid_utf8() {
  local bytes=$'x\xff'
  refuses 'an operand or option: not UTF-8' alias "$model:3" "$bytes"
  refuses 'an operand or option: not UTF-8' tag "$model:3" "$bytes"
  refuses 'an operand or option: not UTF-8' link "$bytes/m/c:3"
  refuses 'an operand or option: not UTF-8' link "a/m/$bytes:3"
  refuses 'an operand or option: not UTF-8' link "$model:3" --author "$bytes"
  refuses 'an operand or option: not UTF-8' link "$model:3" --id "$bytes"
  refuses 'an operand or option: not UTF-8' link "$model:3" --artifact-id "$bytes"
  refuses 'an operand or option: not UTF-8' link "$model:3" --author $'\xed\xa0\x80'
  refuses 'an operand or option: not UTF-8' link "$model:3" --author $'\xc0\x80'
  refuses 'an operand or option: not UTF-8' link "$model:3" --author $'\xf0\x9f\x98'
}
test_case 'an operand or option that is not UTF-8' invalid_utf8

unknown_options() {
  refuses "unknown option '--autor'; did you mean '--author'?" link "$model:3" --autor ann
  refuses "unknown option '--meta'; did you mean '--metadata'?" link "$model:3" --meta=1
  refuses "unknown option '--versoin'; did you mean '--version'?" --versoin
  refuses "unknown option '--frobnicate'; 'wb-event --help' lists the options" link --frobnicate
  refuses "unknown option '-x'; 'wb-event --help' lists the options" link "$model:3" -x
}
test_case 'an unknown option, the nearest one named' unknown_options

option_arguments() {
  local name
  for name in author metadata artifact-id time id; do
    expect_status 2 wb-event link "$model:3" "--$name" >out 2>err
    expect_empty out
    expect_match "$(<err)" "^wb-event: option '--$name' needs an argument: [A-Z|@]+\$"
  done
  refuses "option '-a' needs an argument: USER" link "$model:3" -a
  refuses "option '--help' takes no argument" --help=yes
  refuses "option '--version' takes no argument" --version=
}
test_case 'a missing or a surplus argument of an option' option_arguments

empty_options() {
  local name
  for name in author metadata artifact-id time id; do
    refuses "--$name is empty; leave it out if there is none" link "$model:3" "--$name" ''
    refuses "--$name is empty; leave it out if there is none" link "$model:3" "--$name="
  done
}
test_case 'an empty option, more often an unset variable than meant' empty_options

scrubbed_message() {
  refuses "unknown command 'a\\x1b[2Jb\\x0ac\\xff'; known are link, alias, tag, poll, commit and read" $'a\e[2Jb\nc\xff'
}
test_case 'control characters do not reach the terminal' scrubbed_message

# ---- output ----

full_disk() {
  expect_status 3 wb-event link "$model:3" >/dev/full 2>err
  expect_equal "$(<err)" 'wb-event: cannot write to standard output: No space left on device'
}
test_case 'a full disk: status 3' full_disk

no_stdout() {
  expect_status 3 wb-event link "$model:3" >&- 2>err
  expect_equal "$(<err)" 'wb-event: cannot write to standard output: Bad file descriptor'
}
test_case 'no standard output: status 3' no_stdout

reader_gone() {
  closed_pipe wb-event link "$model:3"
  expect_equal "$PIPE_STATUS" 0 status
  expect_empty err
}
test_case 'a closed pipe: quiet, status 0' reader_gone

answers_help() {
  local option
  wb-event --help >out 2>err
  expect_empty err
  expect_match "$(<out)" '^usage: wb-event link '
  for option in '-a, --author USER' '-m, --metadata JSON|@FILE' '--artifact-id ID' '-t, --time TIME' '--id ID' \
    '-h, --help' '-V, --version'; do
    [[ $(<out) == *" $option "* ]] || fail "the help text does not show $option"
  done
  wb-event -h >out2
  expect_file out2 out
  wb-event --author ann --help >out2
  expect_file out2 out
  wb-event link "$model:3" --author ann --help >out
  expect_match "$(<out)" '^usage: wb-event link ' ' --author USER '
}
test_case '--help goes to standard output' answers_help

answers_version() {
  local version
  version=$(sed -n 's/^VERSION = //p' "$TOP/Makefile")
  expect_equal "$(wb-event --version)" "wb-event (wb-tools) $version"
  expect_equal "$(wb-event -V 2>&1)" "wb-event (wb-tools) $version"
}
test_case '--version goes to standard output' answers_version

answers_to_full_disk() {
  local option
  for option in --help --version; do
    expect_status 3 wb-event "$option" >/dev/full 2>err
    expect_equal "$(<err)" 'wb-event: cannot write to standard output'
  done
}
test_case '--help and --version on a full disk fail' answers_to_full_disk

reads_back() {
  wb-event alias "$model:3" production --author $'é"\n' --metadata '{"a":1e400}' "${fixed[@]}" >event.jsonl
  printf '{"automations":[{"name":"all","action":{"type":"none"}}]}' >c.json
  wb-match -c c.json event.jsonl >out
  printf '{"event":%s,"automation":{"name":"all","action":{"type":"none"}}}\n' "$(<event.jsonl)" >want
  expect_file out want
}
test_case 'wb-match reads the event as it was written' reads_back
