#!/usr/bin/env bash
#
# wb-event-read.test.sh - other systems' documents as events: the built-in maps, maps of one's own, documents in any
# layout, and what is refused

# shellcheck disable=SC2016 # what looks like variables are those of jq
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

SAMPLES=$TESTS/samples

# read_event ARGUMENT… - wb-event read into out and err
read_events() {
  wb-event read "$@" >out 2>err
}

# with_map PROGRAM [ARGUMENT…] - the same with that map
with_map() {
  printf '%s' "$1" >map.jq
  read_events --map map.jq "${@:2}"
}

# without_blanks FILE… - white space between the tokens of JSON taken away
without_blanks() {
  cat "$@" | sed -E -z 's/("([^"\\]|\\.)*")|[[:space:]]+/\1/g'
}

# ---- built-in maps ----

samples() {
  expect_status 0 read_events --from "$from" "$SAMPLES/$from"/*.json
  expect_file out "$SAMPLES/$from/events.jsonl"
  expect_match "$(<err)" '^wb-event: [1-9] of [1-9][0-9]* documents tell of no event$'
  # all have what rules and deliveries need, however the documents are laid out
  expect_equal "$(jq -s 'all((.event_id, .event_type, .artifact_version_string, .source) | length > 0) and
    (map(.event_id) | length == (unique | length))' out)" true
  # with other white space they are the same events
  without_blanks "$SAMPLES/$from"/*.json >dense
  sed -E -z 's/("([^"\\]|\\.)*")|([][{}:,])/\1 \n\3\t/g' dense >wide
  for layout in dense wide; do
    expect_status 0 read_events --from "$from" "$layout"
    expect_file out "$SAMPLES/$from/events.jsonl"
  done
}
for from in wandb github mlflow huggingface sagemaker cloudevents; do
  test_case "--from $from: its samples" samples
done

all_maps() {
  expect_equal "$(cd "$TOP/common/maps" && printf '%s\n' *.jq | sort)" \
    "$(printf '%s.jq\n' wandb github mlflow huggingface sagemaker cloudevents | sort)"
  expect_equal "$(cd "$SAMPLES" && printf '%s.jq\n' * | sort)" "$(cd "$TOP/common/maps" && printf '%s\n' *.jq | sort)"
}
test_case 'each map has samples' all_maps

# Events are the same when they are read again, here or elsewhere, with other white space.
same_ids() {
  local file=$SAMPLES/github/dispatch.json
  read_events --from github "$file" && mv out first
  tr -d '\n' <"$file" | sed 's/  */ /g' | read_events --from github
  expect_file out first
  sed 's/ann/bob/' "$file" | read_events --from github
  [[ $(json out .event_id) != "$(json first .event_id)" ]]
  expect_match "$(json first .event_id)" '^[0-9a-f]{32}$'
  expect_equal "$(json first .event_id)" "$(without_blanks "$file" | sha256sum | cut -c 1-32)"
}
test_case 'the same document is the same event' same_ids

no_path_of_jq() {
  printf '%s' '{"entity":"model_version","action":"created","data":{"name":"x","version":"three"}}' >in
  expect_status 1 read_events --from mlflow in
  expect_match "$(<err)" "^wb-event: in:1: mlflow: .*three"
}
test_case 'a document that a built-in map fails at' no_path_of_jq

relayed() {
  local event='"data":{"event_type":"LINK_ARTIFACT","event_id":"%s"}'
  # named ID TYPE [DATA] - a CloudEvent
  named() {
    printf '{"specversion":"1.0","source":"/broker","id":"%s","type":"%s",%s}\n' "$1" "$2" "${3:-\"data\":{\}}"
  }
  # the same event over two brokers, and one without an id over both
  # shellcheck disable=SC2059 # the format is above
  { named 1 x "$(printf "$event" evt-1)" && named 2 x "$(printf "$event" evt-1)" &&
    named 1 x "$(printf "$event" '')" && named 2 x "$(printf "$event" '')"; } | read_events --from cloudevents
  expect_equal "$(json out .event_id | paste -s -d ' ')" 'evt-1 evt-1 /broker#1 /broker#2'
  # types with a version, and what is none
  { for type in LINK_ARTIFACT com.example.link_artifact com.LINK_ARTIFACT.v1 LINK_ARTIFACT.2.0; do named 1 "$type"; done; } >in
  expect_status 0 read_events --from cloudevents in
  expect_equal "$(json out .event_type | sort | uniq -c | sed 's/^ *//')" '4 LINK_ARTIFACT'
  { for type in '' . v1 .v1 LINK_ARTIFACT.vx LINK_ARTIFACT.done LINK_ARTIFACT. 2.LINK_ARTIFACTS; do named 1 "$type"; done; } >in
  expect_status 0 read_events --from cloudevents in
  expect_empty out
}
test_case 'a CloudEvent keeps the id of its event, and may have a version' relayed

# What SageMaker says several times is one event, and what happens again is another one.
repeated() {
  local file=$SAMPLES/sagemaker/lifecycle.json
  ids() { wb-event read --from sagemaker "$@" | jq -r .event_id; }
  # says FILTER - the ids are the same, also when what the filter changes is other
  says() {
    jq "$1" "$file" >changed
    expect_equal "$(ids changed)" "$(ids "$file")" "$1"
  }
  # says_other FILTER N - N of the ids are others
  says_other() {
    jq "$1" "$file" >changed
    expect_equal "$(comm -13 <(ids "$file" | sort) <(ids changed | sort) | wc -l)" "$2" "$1"
  }
  says '.id = "another" | .time = "2026-11-24T05:00:00Z"'
  says '.detail.CustomerMetadataProperties = {a: "b"}'
  # a new package may be told of once more without a change
  says 'if .detail.UpdatedModelPackageFields == [] then del(.detail.UpdatedModelPackageFields) |
    .detail.LastModifiedTime = "2026-11-24T05:00:00Z" else . end'
  says_other '.detail.LastModifiedTime = "2026-11-24T05:00:00Z"' 2
  says_other '.detail.ModelApprovalStatus = "Rejected"' 2
  says_other '.detail.ModelLifeCycle.StageStatus = "Approved"' 2
  says_other '.detail.CreationTime = "2026-11-24T05:00:00Z"' 3
  says_other '.detail.ModelPackageArn += "1"' 5
  says_other 'del(.detail.LastModifiedTime)' 2
}
test_case 'an event of SageMaker has its id from what changed' repeated

# Payloads whose strings do not hold what they should are refused: without it, rules would judge by less than was sent.
wrong_strings() {
  wrong_string() {
    printf '{"event_type":"LINK_ARTIFACT",%s}' "$1" >in
    expect_status 1 read_events --from wandb in
    expect_equal "$(<err)" "wb-event: in:1: wandb: not an event: $2"
  }
  wrong_string '"artifact_metadata":"{\"loss\":NaN}"' \
    'the string at ["artifact_metadata"] is no JSON text: not a JSON value at byte 9'
  wrong_string '"client_payload":{"event_type":"LINK_ARTIFACT","artifact_metadata":"{} {}"}' \
    'the string at ["client_payload","artifact_metadata"] is no JSON text: more after the JSON value at byte 4'
  wrong_string '"artifact_metadata":"[]"' 'artifact_metadata is not an object'
  wrong_string '"artifact_version_index":"v3"' 'artifact_version_index is not a number'
  wrong_string '"artifact_version_index":"03"' 'artifact_version_index is not a number'
}
test_case 'strings of payloads that are not what they should be' wrong_strings

# ---- documents ----

E='"event_type":"LINK_ARTIFACT"'

layouts() {
  {
    printf '{%s,"alias":"1"}\n' "$E"
    printf '\n \t\r\n{%s,"alias":"2"}{%s,\n"alias":"3"} ' "$E" "$E"
    printf '{\n  %s,\n  "alias": "4",\n\n  "x": {\n    "y": [\n{\n}\n]\n  }\n}\n' "$E"
    printf '  {"alias":"5 }{ \\"","b\\\\":"\\\\",%s}\r\n' "$E"
    printf '{%s,"alias":"6"}' "$E"
  } >in
  expect_status 0 read_events in
  expect_empty err
  expect_equal "$(json out .alias)" $'1\n2\n3\n4\n5 }{ "\n6'
  # a byte at a time
  expect_status 0 read_events < <(while IFS= read -r -N 1 -d '' c; do printf '%s' "$c"; done <in)
  expect_equal "$(json out .alias | wc -l)" 6
  # several files; a document ends with its file
  printf '{%s,"alias":"7"}\n{\n' "$E" >first.json
  printf '"a":1}\n\n{%s,"alias":"8"}' "$E" >second.json
  expect_status 1 read_events first.json second.json in
  expect_equal "$(json out .alias | paste -s -d ' ')" '7 8 1 2 3 4 5 }{ " 6'
  expect_equal "$(<err)" $'wb-event: first.json:2: byte 2: unexpected end of JSON text\nwb-event: second.json:1: byte 1: not a JSON object'
}
test_case 'documents in every layout' layouts

# refused LINE BYTE TEXT - the only message
refused() {
  expect_equal "$(<err)" "wb-event: in:$1: byte $2: $3"
}

bad_documents() {
  local bad
  for bad in '{' '{"a":' '{"a":1,' '{"a":[1,' '{"a":{' '{"a' '{"a":"b' '{"a" 1}' 'x' '1' '"{"' '{"a":1}}' '{]' '{"a":01}' $'{"\xff":1}'; do
    printf '{%s,"alias":"1"}\n%s\n{%s,"alias":"2"}\n{%s,"alias":"3"}\n' "$E" "$bad" "$E" "$E" >in
    rm -f rejects
    expect_status 1 read_events --rejects rejects in
    expect_equal "$(json out .alias | paste -s -d ' ')" '1 2 3' "after $bad"
    [[ $bad == '{"a":1}}' ]] || expect_equal "$(<rejects)" "$bad" rejects
  done
  printf '{%s}\n{\n  "a": {\n    "b": tru,\n  }\n}\n{%s}\n' "$E" "$E" >in
  rm -f rejects
  expect_status 1 read_events --rejects rejects in
  refused 4 10 'not a JSON value, in the document of line 2'
  expect_equal "$(wc -l <out)" 2
  expect_equal "$(<rejects)" "$(sed -n '2,6p' in)"
  printf '{\n "a": [\n' >in
  expect_status 1 read_events in
  refused 2 8 'unexpected end of JSON text, in the document of line 1'
  # what is appended to is lines, even after the last one of a file without a newline
  printf '{"a":' >in
  rm -f rejects
  expect_status 1 read_events --rejects rejects in
  expect_equal "$(<rejects)" '{"a":'
}
test_case 'a broken document takes no other with it' bad_documents

# Each array is of three events, and of what is wrong with it.
arrays() {
  local a=$'{\n'"$E"',"alias":"a"}' b="{$E,\"alias\":\"b\"}" c="{$E,\"alias\":\"c\"}"
  for array in "[$a,$b,$c]" "[ $a , $b , $c ]" "[$a,$b][][ $c]" $'[\n'"  $a,"$'\n'"  $b,"$'\n'"  $c"$'\n]' \
    $'[\n'"$a"$'\n,'"$b"$'\n,'"$c"$'\n]'; do
    printf '{%s,"alias":"1"}\n%s\n{%s,"alias":"2"}\n' "$E" "$array" "$E" >in
    expect_status 0 read_events in
    expect_empty err
    expect_equal "$(json out .alias | paste -s -d ' ')" '1 a b c 2'
  done
  # an item is the same event as the same document alone
  jq -n -c --argjson a "$b" '[$a, $a]' | read_events
  expect_equal "$(sort -u out)" "$(wb-event read <<<"$b")"
  # an array ends with its file
  printf '[%s\n\n' "$b" >first.json
  rm -f rejects
  expect_status 1 read_events --rejects rejects first.json in
  expect_equal "$(json out .alias | paste -s -d ' ')" 'b 1 a b c 2'
  expect_equal "$(<err)" 'wb-event: first.json:1: unexpected end of the array of line 1'
  expect_empty rejects
  # so does a broken one
  echo '[1]' >first.json
  printf '%s,' "$b" >second.json
  expect_status 1 read_events first.json second.json
  expect_equal "$(json out .alias)" b
  expect_equal "$(<err)" "$(printf 'wb-event: %s.json:1: byte 1: not a JSON object\n' first second)"
}
test_case 'documents in arrays' arrays

# bad_array ARRAY LINE BYTE TEXT - its first item is taken, and all that follows it
bad_array() {
  printf '{%s,"alias":"1"}\n%s\n{%s,"alias":"2"}\n{%s,"alias":"3"}\n' "$E" "$1" "$E" "$E" >in
  expect_status 1 read_events in
  refused "${@:2}"
  expect_equal "$(json out .alias | paste -s -d ' ')" '1 a 2 3' "$1"
}

bad_arrays() {
  local a="{$E,\"alias\":\"a\"}"
  bad_array "[$a $a]" 2 1 "expected ',' or ']'"
  bad_array "[$a,]" 2 1 'not a JSON object'
  bad_array "[$a,,$a]" 2 1 'not a JSON object'
  bad_array "[$a]]" 2 1 'not a JSON object'
  bad_array "[$a,1,$a]" 2 1 'not a JSON object'
  bad_array "[$a,[$a]]" 2 1 'not a JSON object'
  bad_array "[$a,null]" 2 1 'not a JSON object'
  bad_array "[$a"$',\n{"a":tru}\n]' 3 6 'not a JSON value'
  bad_array "[,"$'\n'"$a" 2 1 'not a JSON object'
  bad_array "$a,"$'\n' 2 1 'not a JSON object'
}
test_case 'a broken array takes no other document with it' bad_arrays

other_bytes() {
  # white space is what RFC 8259 says
  printf '\0\0{%s,"alias":"1"}\0{%s}\n{%s,"alias":"2"}\n\0\n\v{%s}\n' "$E" "$E" "$E" "$E" >in
  rm -f rejects
  expect_status 1 read_events --rejects rejects in
  expect_equal "$(json out .alias)" 2
  expect_equal "$(<err)" "$(printf 'wb-event: in:%s: byte 1: not a JSON object\n' 1 3 4)"
  expect_equal "$(od -A n -c rejects)" "$(sed 2d in | od -A n -c)"
  # a byte order mark before all of a file
  printf '\xef\xbb\xbf{%s,\n"alias":"1"}\n' "$E" >marked
  printf '\xef\xbb\xbf\n[{%s,"alias":"2"}]' "$E" >marked2
  expect_status 0 read_events marked marked2
  expect_equal "$(json out .alias | paste -s -d ' ')" '1 2'
  expect_equal "$(sed -n 2p out)" "$(printf '{%s,"alias":"2"}' "$E" | wb-event read)"
  cat marked2 marked2 | expect_status 1 read_events
  expect_equal "$(<err)" 'wb-event: standard input:2: byte 1: not a JSON object'
  for encoding in UTF-16LE UTF-16BE; do
    printf '\ufeff{%s}\n' "$E" | iconv -t "$encoding" | tr -d '\n' >in
    expect_status 1 read_events in
    refused 1 1 'UTF-16, and not UTF-8'
  done
}
test_case 'bytes that are no JSON' other_bytes

long_documents() {
  printf '{%s,"alias":"1"}\n{%s,"x":[\n' "$E" "$E" >in
  for i in {1..100}; do printf '  %s,\n' "$i"; done >>in
  printf '0]}\n{%s,"alias":"2"}\n{"x":"%0200d"}\n{%s,"alias":"3"}\n' "$E" 0 "$E" >>in
  rm -f rejects
  expect_status 1 read_events --max-line 200 --rejects rejects in
  expect_equal "$(json out .alias | paste -s -d ' ')" '1 2 3'
  expect_equal "$(<err)" $'wb-event: in:2: document longer than 200 bytes (--max-line)\nwb-event: in:105: line longer than 200 bytes (--max-line)'
  expect_equal "$(<rejects)" "$(sed -n '2,103p; 105p' in)"
}
test_case 'documents that are too long' long_documents

# Half a million lines that might each begin a document take no time that grows with their square.
many_lines() {
  { printf '{%s,"x":[\n' "$E" && head -n 500000 < <(yes '{},') && printf '{}]}\n'; } >in
  expect_status 0 timeout 60 wb-event read in >out
  expect_equal "$(json out '.x | length')" 500001
  head -n 20000 < <(yes '{"a":') >in
  expect_status 1 timeout 60 wb-event read in >out 2>err
  expect_empty out
}
test_case 'many lines' many_lines

# ---- events ----

lossless() {
  printf '{%s,"artifact_metadata":{"a":1.10,"b":12345678901234567890,"a":1e400,"\\u00e9":"\\/ \\ud83d\\ude00"},\n "z": [ -0.0 ], "y":null,"alias":null}' "$E" >in
  expect_status 0 read_events in
  expect_equal "$(sed 's/^{"event_id":"[0-9a-f]*",//' out)" \
    "$E"',"artifact_metadata":{"a":1.10,"b":12345678901234567890,"a":1e400,"\u00e9":"\/ \ud83d\ude00"},"z":[-0.0],"y":null}'
  expect_status 0 with_map '{event_type: "LINK_ARTIFACT", artifact_metadata: {b: verbatim(.artifact_metadata.b), c: .artifact_metadata.b, d: verbatim(.z[0])}}' in
  expect_equal "$(json out 'has("artifact_metadata")')" true
  expect_match "$(<out)" '"artifact_metadata":\{"b":12345678901234567890,"c":12345678901234567[0-9]*,"d":-0\.0\}\}$'
  expect_status 0 with_map '{event_type: "LINK_ARTIFACT"} + members(.artifact_metadata)' in
  expect_match "$(<out)" '"b":12345678901234567890,'
  # JSON text in a string
  printf '%s' '{"x":["","{\"a\" : 1.10,\u0022b\u0022:[1e400 ,\"\\u00e9\"]}","1.0"]}' >in
  expect_status 0 with_map '{event_type: "LINK_ARTIFACT", x: [verbatim_json(.x[1, 2])], y: verbatim_json(.y)}' in
  expect_match "$(<out)" '"x":\[\{"a":1\.10,"b":\[1e400,"\\u00e9"\]\},1\.0\],"y":null\}$'
  # a document that guesses what references look like
  printf '{%s,"x":{"wb:0000000000000000":["event_type"]}}' "$E" >in
  expect_status 0 with_map '.' in
  expect_match "$(<out)" '"x":\{"wb:0000000000000000":\["event_type"\]\}'
}
test_case 'what is passed on keeps its spelling' lossless

wrong_places() {
  printf '{"a":{"b":1},"b":2}' >in
  expect_status 1 with_map '.a | {event_type: "LINK_ARTIFACT", x: verbatim(.b)}' in
  expect_equal "$(<err)" "wb-event: in:1: map.jq: verbatim: not a place in the document; '.' must be the document"
  expect_status 1 with_map '{event_type: "LINK_ARTIFACT", x: verbatim(.b + 1)}' in
  expect_match "$(<err)" '^wb-event: in:1: map.jq: Invalid path expression'
  expect_status 1 with_map '{event_type: "LINK_ARTIFACT", x: verbatim_json(.b)}' in
  expect_equal "$(<err)" 'wb-event: in:1: map.jq: verbatim_json: not a string'
  expect_status 0 with_map '{event_type: "LINK_ARTIFACT", x: verbatim(.nosuch)}' in
  expect_match "$(<out)" '"x":null}$'
}
test_case 'verbatim takes places in the document' wrong_places

empty_id() {
  printf '{"a":1}\n' >in
  expect_status 0 with_map '{event_type: "LINK_ARTIFACT", event_id: ""}' in
  cp out with_empty
  expect_status 0 with_map '{event_type: "LINK_ARTIFACT"}' in
  expect_file with_empty out
}
test_case 'an empty event_id is none' empty_id

# not_event MESSAGE PROGRAM - what the program makes is none
not_event() {
  expect_status 1 with_map "$2" in
  expect_empty out
  expect_equal "$(<err)" "wb-event: in:1: map.jq: $1"
}

not_events() {
  printf '{"a":1}\n' >in
  not_event 'not an event: the event has no event_type' '{}'
  not_event "not an event: wb-record(5) knows no event_type 'x'" '{event_type: "x"}'
  not_event 'not an event: event_type is not a string' '{event_type: 1}'
  not_event 'not an event: not a JSON object' '1'
  not_event 'not an event: not a JSON object' 'null'
  not_event 'not an event: alias is not a string' '{event_type: "LINK_ARTIFACT", alias: 1}'
  not_event 'not an event: artifact_metadata is not an object' '{event_type: "LINK_ARTIFACT", artifact_metadata: []}'
  not_event "not an event: artifact_version_index is not a whole number: '1.5'" '{event_type: "LINK_ARTIFACT", artifact_version_index: 1.5}'
  not_event "not an event: artifact_version_index is not a whole number: '-1'" '{event_type: "LINK_ARTIFACT", artifact_version_index: -1}'
  not_event "not an event: event_time is no time as of RFC 3339: 'now'" '{event_type: "LINK_ARTIFACT", event_time: "now"}'
  # one that is wrong takes those beside it along: the document can be read again as a whole
  not_event 'not an event: the event has no event_type' '{event_type: "LINK_ARTIFACT"}, {}'
  not_event 'so it is' '{event_type: "LINK_ARTIFACT"}, error("so it is")'
  not_event '{"so":"it is"}' '{event_type: "LINK_ARTIFACT"}, ({so: "it is"} | error)'
  # which libjq takes for the end of the outputs
  not_event 'null (not a string)' '{event_type: "LINK_ARTIFACT"}, error(null)'
  not_event 'null (not a string)' '{event_type: "LINK_ARTIFACT"}, (null | error)'
  expect_status 1 with_map '.a.b' in
  expect_match "$(<err)" '^wb-event: in:1: map.jq: Cannot index number with (string )?"b"$'
}
test_case 'what a map makes is checked' not_events

made() {
  printf '{"a":1}' >in
  expect_status 0 with_map '{z: 1, event_type: "LINK_MODEL", source: "me", event_time: "2026-11-24T03:25:00+01:00", event_id: "x"}, {event_type: $event_types[3]}, {event_type: "LINK_ARTIFACT"}' in
  expect_empty err
  expect_equal "$(sed -n 1p out)" '{"event_id":"x","event_time":"2026-11-24T02:25:00Z","event_type":"LINK_ARTIFACT","source":"me","z":1}'
  expect_equal "$(json out .event_id | sed -n 2,3p)" "$(for i in 1 2; do printf '{"a":1}\0%s' "$i" | sha256sum | cut -c 1-32; done)"
  expect_status 0 with_map 'empty' in in
  expect_empty out
  expect_equal "$(<err)" 'wb-event: 2 of 2 documents tell of no event'
}
test_case 'what a map need not make' made

# ---- maps that do not behave ----

endless() {
  printf '{"n":1}\n{"n":2}\n{"n":3}\n' >in
  expect_status 1 with_map 'if .n == 2 then last(repeat(1)) else {event_type: "LINK_ARTIFACT", n: .n} end' in
  expect_equal "$(json out .n | paste -s -d ' ')" '1 3'
  expect_equal "$(<err)" 'wb-event: in:2: map.jq: took longer than 5 s'
  # where there is so much of it, outputs are too many before the time is up
  printf '{}\n' >in
  expect_status 1 with_map '("\"" * 1000000) as $x | repeat({event_type: "LINK_ARTIFACT", x: $x})' in
  expect_empty out
  expect_equal "$(<err)" 'wb-event: in:1: map.jq: its outputs are too long'
}
test_case 'a map that runs for ever is stopped' endless

# An array of so many items is wanted at once.
wants_memory() {
  ! grep -q -a -E '__asan_init' "$WB_BIN/wb-event-read" || skip 'memory, with a sanitizer'
  printf '{"n":%s}\n' 1 2 1 3 4 5 1 >in
  rm -f rejects
  expect_status 1 with_map '{event_type: "LINK_ARTIFACT", n: .n} | if .n > 1 then .n |= ([] | .[100000000] = 1) else . end' \
    --rejects rejects in
  expect_equal "$(json out .n | paste -s -d ' ')" '1 1'
  expect_equal "$(<err)" "$(printf 'wb-event: in:%s: map.jq: needs more than 1024 MiB of memory%s\n' \
    2 '' 4 '' 5 '' 6 ', and is not run again' 7 ', and is not run again')"
  expect_equal "$(<rejects)" "$(sed '1d; 3d' in)"
}
test_case 'a map that wants too much memory three times in a row is not run again' wants_memory

# nothing FILE - what the map is told of the world
no_reach() {
  printf '{}' >in
  SECRET=hunter2hunter2 expect_status 0 with_map '{event_type: "LINK_ARTIFACT", x: [$ENV, env]}' in
  expect_match "$(<out)" '"x":\[\{\},\{\}\]\}$'
  for program in input inputs debug stderr input_filename halt 'include "x"; .' 'import "x" as x; .'; do
    expect_status 2 with_map "$program" in
    expect_empty out
    expect_match "$(<err)" '^wb-event: map\.jq: .*(not allowed here|syntax error)'
  done
}
test_case 'a map reaches nothing but its document' no_reach

bad_maps() {
  printf '{}' >in
  expect_status 2 with_map $'.a |\n .b c' in
  expect_match "$(<err)" '^wb-event: map\.jq: syntax error.*, line 2 of the program$'
  expect_status 2 with_map '' in
  expect_match "$(<err)" '^wb-event: map\.jq: syntax error'
  expect_status 2 read_events --map nosuch.jq in
  expect_equal "$(<err)" "wb-event: cannot read 'nosuch.jq': No such file or directory"
  printf '.%070000d' 0 >long.jq
  expect_status 2 read_events --map long.jq in
  expect_equal "$(<err)" "wb-event: 'long.jq' is longer than a map may be: 65536 bytes"
  expect_status 2 read_events --from gihtub in
  expect_equal "$(<err)" "wb-event: --from knows no 'gihtub'; did you mean 'github'?"
  expect_status 2 read_events --from x in
  expect_equal "$(<err)" "wb-event: --from knows no 'x'; wb-event(1) lists what it knows"
  expect_status 2 read_events --from github --map map.jq in
  expect_equal "$(<err)" 'wb-event: --from and --map exclude each other'
  expect_status 2 read_events --form github in
  expect_match "$(<err)" "'--from'"
}
test_case 'maps that there are not' bad_maps

# ---- files and outputs ----

failures() {
  printf '{%s}\n' "$E" >in
  expect_status 3 read_events nosuch
  expect_equal "$(<err)" "wb-event: cannot open 'nosuch': No such file or directory"
  expect_status 3 wb-event read in >/dev/full 2>err
  expect_equal "$(<err)" 'wb-event: cannot write to standard output: No space left on device'
  expect_status 2 read_events --rejects in in
  expect_status 0 read_events - <in
  cp "$WB_BIN/wb-event" alone
  expect_status 3 ./alone read in >out 2>err
  expect_match "$(<err)" "^wb-event: cannot run '.*/wb-event-read': No such file or directory$"
}
test_case 'what cannot be read or written' failures

# An event comes out when the document is there, not when there are many.
live() {
  local line
  mkfifo pipe
  wb-event read <pipe >out 2>err &
  exec {fd}>pipe
  printf '{%s}\n' "$E" >&"$fd"
  exec {lines}< <(exec tail -n +1 -f out)
  read -r -t 60 -u "$lines" line
  expect_match "$line" LINK_ARTIFACT
  kill $!
  exec {fd}>&- {lines}<&-
  wait
}
test_case 'what has come is written before more is waited for' live

allocations() {
  printf '{%s,"x":1}\n{"a":\n{\n%s,"artifact_metadata":{"a":[1.10]}}\n' "$E" "$E" >in
  fail_each_alloc '1|2|3' wb-event-read in
  fail_each_alloc '0|1|2|3' wb-event-read --from cloudevents "$SAMPLES/cloudevents/event.json"
}
test_case 'every allocation fails once' allocations

no_process() {
  printf '{%s}\n' "$E" >in
  expect_status 3 bash -c 'ulimit -n 4; exec wb-event-read in' >out 2>err
  expect_equal "$(<err)" 'wb-event: jq: cannot start a process for jq programs: Too many open files'
}
test_case 'without a process for programs nothing is read' no_process

# lacks NAME DOCUMENT MESSAGE - a document that a map of ours refuses, between two that it takes
lacks() {
  { cat "good.$1" && printf '%s\n' "$2" && cat "good.$1"; } >in
  expect_status 1 wb-event read --from "$1" in >out 2>err
  expect_equal "$(<err)" "wb-event: in:2: $1: $3"
  expect_equal "$(wc -l <out)" 2
}
missing_members() {
  fresh
  jq -c -n '{entity: "model_version", action: "created", data: {name: "fraud", version: "3"}}' >good.mlflow
  jq -c -n '{event: {scope: "repo.content"}, repo: {type: "model", name: "a/b"},
    updatedRefs: [{ref: "refs/heads/main", newSha: "c"}]}' >good.huggingface
  jq -c -n '{"detail-type": "SageMaker Model Package State Change", account: "1", region: "eu", detail: {
    ModelPackageGroupName: "g", ModelPackageStatus: "Completed", ModelPackageVersion: 3, ModelPackageArn: "arn",
    ModelApprovalStatus: "Approved", UpdatedModelPackageFields: ["ModelApprovalStatus"]}}' >good.sagemaker
  lacks mlflow "$(jq -c 'del(.data)' good.mlflow)" 'data is missing'
  lacks mlflow "$(jq -c 'del(.data.version)' good.mlflow)" 'data.version is missing'
  lacks mlflow "$(jq -c '.data = 7' good.mlflow)" 'data must be an object, not a number'
  lacks mlflow "$(jq -c '.data.name = []' good.mlflow)" 'data.name must be a string, not an array'
  lacks mlflow "$(jq -c '.data.version = true' good.mlflow)" 'data.version must be a string or a number, not a boolean'
  lacks mlflow "$(jq -c '.data.version = "v3"' good.mlflow)" 'data.version must be a number, not "v3"'
  lacks huggingface "$(jq -c 'del(.repo)' good.huggingface)" 'repo is missing'
  lacks huggingface "$(jq -c 'del(.repo.name)' good.huggingface)" 'repo.name is missing'
  lacks sagemaker "$(jq -c '.detail = "x"' good.sagemaker)" 'detail must be an object, not a string'
  lacks sagemaker "$(jq -c 'del(.account)' good.sagemaker)" 'account is missing'
  lacks sagemaker "$(jq -c 'del(.detail.ModelPackageVersion)' good.sagemaker)" 'detail.ModelPackageVersion is missing'
}
test_case 'a document without a member that its event needs is refused, and the member named' missing_members
