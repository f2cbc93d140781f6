#!/usr/bin/env bash
#
# wb-event-poll-server.test.sh - wb-event poll and its server, which answers as badly as it is told: failures, retries, the key, the network

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/polls.sh
. "$TESTS/polls.sh"

# ---- a server that fails ----

# fault JSON… - the server's next answers are spoilt so
fault() {
  wandb_do "[$(printf '{"do":"fault",%s},' "$@" | sed 's/,$//')]" >/dev/null
}

failing() {
  local message=$1
  shift
  anew
  wandb_do "[$(link '"aliases":["prod"],"tags":["t"],"metadata":"{}"'),{\"do\":\"tag_collection\",\"collection\":\"$fraud\",\"tag\":\"t\"}]" >/dev/null
  baseline
  cp state before
  wandb_do "[$(link '"metadata":"{\"a\":1}"')]" >/dev/null
  fault "$@"
  refuses 3 "$message"
  expect_file state before
  [[ ! -e state.next && ! -e state.part ]] || fail 'something was kept'
  wandb_do '[{"do":"clear_faults"}]' >/dev/null
  expect_equal "$(told)" 'LINK_ARTIFACT fraud:1 - ann 01:00:02Z'
  cd ..
}
refusals() {
  local about="$WANDB_URL: cannot read the collections of $project:"
  failing "$about status 401: the server does not take the key, which is from the environment variable WANDB_API_KEY: the server says: status 401" '"kind":"status","status":401'
  failing "$about status 403: the server says: permission denied" \
    '"kind":"errors","status":403,"message":"permission denied","code":"PERMISSION_ERROR"'
  failing "$about the server says: it is broken \(INTERNAL\)" '"kind":"errors","message":"it is broken","times":"always"'
  failing "$about the server says: .* at project" '"kind":"partial","path":"data.project","times":"always"'
  failing 'cannot read the metadata of 1 versions: ' '"kind":"status","status":501,"when":{"operation":"WbMetadata"}'
  failing "$about status 500" '"kind":"status","status":500,"times":"always"'
  failing "$about status 404: is WANDB_BASE_URL a W&B server" '"kind":"html","status":404'
  failing "$about status 502" '"kind":"html","times":"always"'
  failing "$about the answer is a page for people: is WANDB_BASE_URL a W&B server, and nothing before it that wants a login\?" '"kind":"html","status":200'
  failing "$about status 307; redirects are not followed" '"kind":"redirect"'
  failing "$about status 429; it asks to come again in 90 s: the server says: rate limit exceeded" '"kind":"rate_limit","retry_after":90'
  failing "$about .*connection" '"kind":"close","times":"always"'
  failing "$about .*connection" '"kind":"truncate","times":"always"'
  failing "$about .*connection" '"kind":"reset","times":"always"'
}
test_case 'a server that refuses or breaks: a message, status 3, and the state as it was' refusals

# What a proxy says in plain text is no answer, and the only reason that there is.
plain_texts() {
  local about="$WANDB_URL: cannot read the collections of $project:" long
  anew
  fault '"kind":"status","status":403,"headers":{"Content-Type":"text/plain"},"body":" \n\u001b[1mBlocked by policy 7\nAsk Ann"'
  refuses 3 "^wb-event: $about status 403: it says: .x1b.1mBlocked by policy 7\$"
  printf -v long '%250s' ''
  fault "\"kind\":\"status\",\"status\":400,\"headers\":{\"Content-Type\":\"text/plain\"},\"body\":\"$WANDB_KEY${long// /x}\""
  refuses 3 "^wb-event: $about status 400: it says: [*]{40}x{160}[.]{3}\$"
  no_secret "$WANDB_KEY" .
  fault '"kind":"status","status":403,"headers":{"Content-Type":"text/plain"},"body":""'
  refuses 3 "^wb-event: $about status 403\$"
  fault '"kind":"html","status":403'
  refuses 3 "^wb-event: $about status 403\$"
}
test_case 'a text that comes instead of an answer is shown, its first line, without the key' plain_texts

long_pause() {
  local pid
  anew
  baseline
  fault '"kind":"rate_limit","retry_after":3600'
  wb-event poll "$project" --state state "${open[@]}" --retries 0 --follow --interval 1ms >out 2>err &
  pid=$!
  await_line err 'the server asks to be left alone: the next request goes out in 3[56][0-9]{2} s'
  kill "$pid"
  wait "$pid"
  expect_equal "$(grep -c 'left alone' err)" 1
  expect_equal "$(wc -l <err)" 2
  expect_match "$(head -n 1 err)" 'status 429; it asks to come again in 3600 s'
}
test_case '--follow says that it waits as long as the server asks' long_pause

malformed() {
  local wrong="$WANDB_URL: the answer about the collections of $project is not as it must be: data.project"
  failing 'answer: byte [0-9]+ of the answer: nested too deep|answer.data: expected an object, not an array' '"kind":"nested"'
  failing 'the server says: ' '"kind":"nested_errors","depth":10,"times":"always"'
  failing 'byte [0-9]+ of the answer: .*UTF-8' '"kind":"invalid_utf8"'
  failing 'byte [0-9]+ of the answer: .*UTF-8' '"kind":"invalid_utf8","member":"name"'
  failing "$wrong: expected an object, not a number" '"kind":"replace","path":"data.project","value":7'
  failing "$wrong.artifactCollections: expected an object, not null" \
    '"kind":"replace","path":"data.project.artifactCollections","value":null'
  failing "$wrong.artifactCollections.edges\[0\].node.name: expected a string, not a number" \
    '"kind":"replace","path":"data.project.artifactCollections.edges.0.node.name","value":1'
  failing "$wrong.artifactCollections.edges\[0\].node.artifactMemberships.edges\[0\].node.createdAt: expected a time such as .*, not 'soon'" \
    '"kind":"replace","path":"data.project.artifactCollections.edges.0.node.artifactMemberships.edges.0.node.createdAt","value":"soon"'
  failing "$wrong.artifactCollections.edges\[0\].node.artifactMemberships.edges\[0\].node.versionIndex: expected a whole number, not 1.5" \
    '"kind":"replace","path":"data.project.artifactCollections.edges.0.node.artifactMemberships.edges.0.node.versionIndex","value":1.5'
  failing "$wrong.artifactCollections.pageInfo.hasNextPage: expected true or false, not a string; the server may be older or newer than this program knows" \
    '"kind":"replace","path":"data.project.artifactCollections.pageInfo.hasNextPage","value":"no"'
  failing "data.a0.metadata: expected a string, not an object" \
    '"kind":"replace","path":"data.a0.metadata","value":{}'
}
test_case 'what is not as it must be is named with its place' malformed

# Each kind of length; what is too much however little is asked for ends the poll.
huge() {
  failing 'the answer is longer than 67108864 bytes' '"kind":"huge","times":"always"'
  anew
  wandb_do "[$(link)]" >/dev/null
  fault '"kind":"huge","chunked":true'
  expect_equal "$(told --all)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  expect_equal "$(wandb_do '{"do":"counts"}' | jq -c '[.requests, .faults.huge]')" '[3,1]'
}
test_case 'an answer of 100 MB is not read to its end' huge

bad_metadata() {
  anew
  baseline
  wandb_do "[$(link '"metadata":"{\"a\": NaN}"'),$(link '"metadata":"[1]"'),$(link '"metadata":"null"'),$(link)]" >/dev/null
  expect_equal "$(told | wc -l)" 4
  expect_no_match "$(<out)" artifact_metadata
  expect_match "$(<err)" "the metadata of $fraud:v0 is left out: byte 7: "
  expect_match "$(<err)" "the metadata of $fraud:v1 is left out: it is no object"
}
test_case 'metadata that is none is left out, with a message: no version holds up all others' bad_metadata

retried() {
  anew
  wandb_do "[$(link)]" >/dev/null
  baseline
  wandb_do "[$(link)]" >/dev/null
  local kind
  for kind in '"kind":"status","status":503' '"kind":"status","status":418' '"kind":"close"' '"kind":"truncate"'; do
    rm -f state.next
    wandb_do '{"do":"clear_log"}' >/dev/null
    fault "$kind"
    expect_equal "$(told --retries 1)" 'LINK_ARTIFACT fraud:1 - ann 01:00:02Z'
    expect_equal "$(requests)" 3 "$kind"
  done
  # asked to come again in a second, it does, and not before
  rm state.next
  fault '"kind":"rate_limit","retry_after":1'
  local before after
  before=$(date +%s%N)
  expect_equal "$(told --retries 1)" 'LINK_ARTIFACT fraud:1 - ann 01:00:02Z'
  after=$(date +%s%N)
  ((after - before >= 1000000000)) || fail 'it came too early'
  # which is not done when there is no time for it
  fault '"kind":"rate_limit","retry_after":90'
  refuses 3 'it asks to come again in 90 s' --retries 5 --retry-max-time 5s
}
test_case 'what may go well is tried again, when the server says, if there is time' retried

# gets REQUESTS MESSAGE [OPTION…] - so many, from a poll that fails
gets() {
  wandb_do '{"do":"clear_log"}' >/dev/null
  refuses 3 "$2" "${@:3}"
  expect_equal "$(requests)" "$1" "requests of a poll ${*:3}"
}

server_down() {
  local kind
  anew
  baseline
  for kind in '"kind":"status","status":500' '"kind":"status","status":503' '"kind":"html","status":504' '"kind":"close"' \
    '"kind":"reset"'; do
    fault "$kind,\"times\":\"always\""
    gets 1 'cannot read the collections of' --retries 0
    wandb_do '{"do":"clear_faults"}' >/dev/null
  done
  fault '"kind":"status","status":502,"times":"always"'
  gets 3 '\(3 attempts\)' --retries 2
  wandb_do '{"do":"clear_faults"}' >/dev/null
  fault '"kind":"hang","times":"always"'
  gets 2 '\(2 attempts\)' --retries 1 --timeout 100ms
}
test_case 'a server that is down gets as many requests as there are retries, and the first' server_down

# Two queries go out together. After that, one at a time looks whether the server is back.
down_for_many() {
  anew
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":100,\"versions\":41}" >/dev/null
  fault '"kind":"status","status":503,"when":{"operation":"WbParts"},"times":"always"'
  gets $((1 + 2 + 2)) "cannot read $project/model-[0-9]+ and 39 other collections in detail: status 503" --all --jobs 4 --retries 2
  # and when it is, all of them come through
  wandb_do '{"do":"clear_faults"}' >/dev/null
  fault '"kind":"status","status":503,"when":{"operation":"WbParts"},"times":3'
  poll --all --jobs 4 --retries 2 || fail "$(<err)"
  expect_equal "$(wc -l <out)" 4100
}
test_case 'many queries at a server that is down share the retries' down_for_many

# What fails again is tried in a smaller piece, within the same retries.
less_of_it() {
  anew
  wandb_do "[$(link)]" >/dev/null
  fault '"kind":"status","status":502,"when":{"contains":"first:100 after"},"times":"always"'
  wandb_do '{"do":"clear_log"}' >/dev/null
  expect_equal "$(told --all --retries 2)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .operations.WbCollections)" 3
}
test_case 'what fails twice may be too much: it is asked for in smaller pieces' less_of_it

final_statuses() {
  local status
  anew
  baseline
  for status in 400 401 403 404 409 410 422 501; do
    wandb_do '{"do":"clear_log"}' >/dev/null
    fault "\"kind\":\"errors\",\"status\":$status,\"times\":\"always\""
    expect_status 3 poll --retries 5
    # what may be too much is asked for in smaller pieces, what is refused only once
    [[ $status != @(401|403|404) ]] || expect_equal "$(requests)" 1 "requests at status $status"
    wandb_do '{"do":"clear_faults"}' >/dev/null
  done
}
test_case 'what is refused for good is not tried again' final_statuses

hung() {
  anew
  baseline
  fault '"kind":"hang"'
  wandb_do "[$(link)]" >/dev/null
  expect_equal "$(told --timeout 300ms --retries 1)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  rm state.next
  fault '"kind":"hang","times":"always"'
  refuses 3 'no answer within' --timeout 100ms
}
test_case 'a connection that hangs is given up' hung

smaller_pieces() {
  anew
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":30,\"versions\":3}" >/dev/null
  # the server refuses a hundred collections at a time, and then even twenty-five
  fault '"kind":"errors","status":422,"message":"query too complex","when":{"contains":"first:100 after"},"times":"always"' \
    '"kind":"huge","when":{"contains":"first:25 after"},"times":1'
  poll --all || fail "$(<err)"
  expect_equal "$(wc -l <out)" 90
}
test_case 'what is too much for the server is asked for in smaller pieces' smaller_pieces

# Several queries of one size that are under way together and refused are one reason to ask for less.
smaller_once() {
  local i
  anew
  wandb_do '{"do":"organization","name":"org","entity":"org-e"}' >/dev/null
  for i in 1 2 3 4; do
    wandb_do "[{\"do\":\"registry\",\"organization\":\"org\",\"name\":\"r$i\"},
      {\"do\":\"bulk\",\"project\":\"org-e/wandb-registry-r$i\",\"collections\":30,\"versions\":1}]" >/dev/null
  done
  fault '"kind":"errors","status":422,"message":"query too complex","when":{"operation":"WbCollections","contains":"first:100 after"},"times":"always"'
  wandb_do '{"do":"clear_log"}' >/dev/null
  wb-event poll --registries org --state state "${open[@]}" --all >out 2>err || fail "$(<err)"
  expect_equal "$(wc -l <out)" 120
  # each registry: all of it, and two pages of 25
  expect_equal "$(wandb_do '{"do":"counts"}' | jq .operations.WbCollections)" 12
}
test_case 'many queries that are too much for the server shrink what is asked for once' smaller_once

# ---- requests ----

few_requests() {
  anew
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":250,\"versions\":20,\"aliases\":[\"prod\"]}" >/dev/null
  baseline
  wandb_do '{"do":"clear_log"}' >/dev/null
  expect_equal "$(told)" ''
  expect_equal "$(requests)" 3 'requests for 250 unchanged collections'
  wandb_do '{"do":"clear_log"}' >/dev/null
  wandb_do "[$(link '"metadata":"{}"' $project/model-0007)]" >/dev/null
  expect_equal "$(told | wc -l)" 1
  (($(requests) <= 6)) || fail "$(requests) requests for one change"
}
test_case 'what has not changed costs a request for a hundred collections' few_requests

bounded_jobs() {
  anew
  wandb_do "{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":10,\"versions\":60,\"metadata\":\"{}\"}" >/dev/null
  wandb_do '{"do":"clear_log"}' >/dev/null
  poll --all --jobs 3 || fail "$(<err)"
  expect_equal "$(wc -l <out)" 600
  (($(wandb_do '{"do":"counts"}' | jq .max_in_flight) <= 3)) || fail 'too many at the same time'
}
test_case 'no more requests at the same time than allowed' bounded_jobs

# ---- the key, and the network ----

key_is_secret() {
  local pid arguments
  anew
  wandb_do "[$(link "\"metadata\":\"{\\\"leak\\\":\\\"$WANDB_KEY\\\"}\",\"tags\":[\"$WANDB_KEY\"]")]" >/dev/null
  wandb_do '{"do":"fault","kind":"hold"}' >/dev/null
  wb-event poll "$project" --state state "${open[@]}" --all >out 2>err &
  pid=$!
  wandb_do '{"do":"await","held":1}' >/dev/null
  tr '\0' ' ' <"/proc/$pid/cmdline" >arguments
  wandb_do '{"do":"release"}' >/dev/null
  wait "$pid"
  expect_match "$(<out)" '"leak":"\*{40}"'
  commit
  basic=$(printf 'api:%s' "$WANDB_KEY" | base64 -w 0)
  fault "\"kind\":\"errors\",\"status\":403,\"message\":\"no: $WANDB_KEY $basic\""
  refuses 3 'no: \*'
  no_secret "$WANDB_KEY" .
  ! grep -r -F "$basic" . || fail 'the header stands somewhere'
}
test_case 'the key stands in no output, message, state or argument list, even if the server repeats it' key_is_secret

from_netrc() {
  anew
  unset WANDB_API_KEY
  refuses 2 "the key for 127.0.0.1: not found in the environment, /run/secrets; set WANDB_API_KEY, or a password for machine 127.0.0.1 in ~/.netrc"
  printf 'machine api.wandb.ai login user password wrong\nmachine 127.0.0.1\n  login user\n  password %s\n' "$WANDB_KEY" \
    >"$HOME/.netrc"
  chmod 644 "$HOME/.netrc"
  refuses 2 '[~]/.netrc is readable or writable by others'
  chmod 600 "$HOME/.netrc"
  expect_equal "$(told)" ''
  printf 'machine 127.0.0.1 login user pasword %s\n' "$WANDB_KEY" >"$HOME/.netrc"
  refuses 2 'the key for 127.0.0.1, from ~/.netrc, machine 127.0.0.1: a word in it is unknown'
  rm "$HOME/.netrc"
  mkdir credentials
  (umask 077 && printf '%s\n' "$WANDB_KEY" >credentials/WANDB_API_KEY)
  expect_equal "$(CREDENTIALS_DIRECTORY=$PWD/credentials told)" ''
  chmod 644 credentials/WANDB_API_KEY
  refuses 2 "the key for 127.0.0.1, from the file 'credentials/WANDB_API_KEY': file is readable or writable by others; set" \
    --secrets dir:credentials
}
test_case 'the key comes from the environment, a credential or ~/.netrc' from_netrc

# wrong_key FROM [OPTION…] - a key that the server does not take: where it is from is said, and what it is is not
wrong_key() {
  refuses 3 "status 401: the server does not take the key, which is from $1: " "${@:2}"
  no_secret 9999999999999999999999999999999999999999 .
}
wrong_keys() {
  local wrong=9999999999999999999999999999999999999999
  anew
  WANDB_API_KEY=$wrong wrong_key 'the environment variable WANDB_API_KEY'
  unset WANDB_API_KEY
  mkdir ../kept
  (umask 077 && printf '%s\n' "$wrong" >../kept/WANDB_API_KEY)
  printf 'machine 127.0.0.1 password %s\n' "$wrong" >"$HOME/.netrc"
  chmod 600 "$HOME/.netrc"
  # shellcheck disable=SC2088 # as it is said
  wrong_key '~/.netrc, machine 127.0.0.1'
  wrong_key "the file '../kept/WANDB_API_KEY'" --secrets dir:../kept
  # shellcheck disable=SC2016 # expanded by the script
  printf '#!/bin/sh\ncat ../kept/"$1"\n' >get-key
  chmod +x get-key
  wrong_key "the helper './get-key'" --secrets exec:./get-key
  rm "$HOME/.netrc"
}
test_case 'a key that the server does not take: where it is from is said' wrong_keys

other_version() {
  anew '"without":["ArtifactCollection.artifactMemberships"]'
  refuses 3 "cannot read the collections of $project: status 400: the server says: .*artifactMemberships.*; the server is older or newer than this program knows"
}
test_case 'a server of a version that cannot be polled' other_version

from_helper() {
  anew
  # shellcheck disable=SC2016 # expanded by the script
  printf '#!/bin/sh\n[ "$1" = WANDB_API_KEY ] && echo "$KEPT"\n' >./get-key
  chmod +x get-key
  unset WANDB_API_KEY
  export KEPT=$WANDB_KEY
  expect_equal "$(WB_SECRETS=exec:./get-key told)" ''
  wb-event poll "$project" --state state --allow-http --allow-net 127.0.0.0/8 --secrets exec:./get-key --secret-timeout 30s
  unset KEPT
  WB_SECRETS=exec:./get-key refuses 2 "the key for 127.0.0.1: helper './get-key' printed a value that is empty; set WANDB_API_KEY"
  WB_SECRETS=exec:false,env refuses 2 "the key for 127.0.0.1: helper 'false' ended with status 1; set WANDB_API_KEY"
  WB_SECRETS=vault refuses 2 'unknown provider of secrets: expected env, dir:PATH, exec:COMMAND or default'
}
test_case 'the key comes from a helper' from_helper

policy() {
  anew
  expect_status 2 wb-event poll "$project" --state state 2>err
  expect_match "$(<err)" 'WANDB_BASE_URL: the URL is http, not https; --allow-http would open it'
  expect_status 2 wb-event poll "$project" --state state --allow-http 2>err
  expect_match "$(<err)" 'the URL.s host is an address, .*--allow-net'
  WANDB_BASE_URL=http://api:kept-secret@127.0.0.1 expect_status 2 wb-event poll "$project" --state state "${open[@]}" 2>err
  expect_equal "$(<err)" 'wb-event: WANDB_BASE_URL: user info in front of the host'
  WANDB_BASE_URL=ftp://x expect_status 2 wb-event poll "$project" --state state 2>err
  expect_match "$(<err)" 'WANDB_BASE_URL: the scheme is neither https nor http'
  printf 'wandb.test 127.0.0.1\n' >map
  WANDB_BASE_URL=http://wandb.test:$WANDB_PORT expect_status 3 with_resolver map \
    wb-event poll "$project" --state state --allow-http 2>err
  expect_match "$(<err)" 'wandb.test has the address 127.0.0.1, in 127.0.0.0/8'
  WANDB_BASE_URL=http://wandb.test:$WANDB_PORT expect_status 0 with_resolver map \
    wb-event poll "$project" --state state --allow-http --allow-host wandb.test 2>err
}
test_case 'the network policy holds for the server, too' policy

# A look-up that fails once is made again, and one that always fails ends the poll.
look_up_fails() {
  anew
  printf '' >map
  WANDB_BASE_URL=http://wandb.test:$WANDB_PORT expect_status 3 with_resolver map \
    wb-event poll "$project" --state state --allow-http --allow-net 127.0.0.1 --allow-host wandb.test --retries 1 >out 2>err
  expect_match "$(<err)" 'wandb\.test'
}
test_case 'a host that is not there is looked up again, and the poll ends' look_up_fails

# left_out PATH VALUE OPERATION MESSAGE - something of the answers to it; it is not asked for without end
left_out() {
  wandb_do "{\"do\":\"fault\",\"kind\":\"replace\",\"path\":\"$1\",\"value\":$2,\"times\":\"always\",\"when\":{\"operation\":\"$3\"}}" \
    >/dev/null
  refuses 3 "$4" --all
  wandb_do '{"do":"clear_faults"}' >/dev/null
}

left_out_of_answers() {
  anew
  wandb_do "[{\"do\":\"bulk\",\"project\":\"$project\",\"collections\":1,\"versions\":300,\"metadata\":\"{}\"}]" >/dev/null
  left_out data '{}' WbParts 'data\.c0|c0\.[a-zA-Z]+ is missing'
  left_out data '{}' WbMetadata 'a0 is missing'
  left_out data.c0 '{"id":"QXJ0aWZhY3RDb2xsZWN0aW9uOjEwMDE=","name":"model-0001","state":"READY","createdAt":"2026-03-24T01:00:00Z"}' WbParts 'c0\.[a-zA-Z]+ is missing'
  poll --all || fail "$(<err)"
  expect_equal "$(wc -l <out)" 300
}
test_case 'what an answer leaves out is missed, once' left_out_of_answers

too_much_metadata() {
  anew
  # shellcheck disable=SC2016
  node -e 'console.log(JSON.stringify({do: "link", collection: process.argv[1], user: "ann",
    metadata: JSON.stringify({big: "x".repeat(17e6)})}))' "$fraud" >link.json
  wandb_do <link.json >/dev/null
  poll --all || fail "$(<err)"
  expect_match "$(<err)" "the metadata of $fraud:v0 is left out: with it the event is longer than 16 MiB"
  expect_equal "$(jq -c '[.event_type, has("artifact_metadata")]' out)" '["LINK_ARTIFACT",false]'
}
test_case 'an event is never longer than what other tools take' too_much_metadata

# with_levels N - metadata of so many, told
with_levels() {
  anew
  # shellcheck disable=SC2016
  node -e 'console.log(JSON.stringify({do: "link", collection: process.argv[1], user: "ann",
    metadata: "{\"a\":".repeat(process.argv[2]) + "1" + "}".repeat(process.argv[2])}))' "$fraud" "$1" >link.json
  wandb_do <link.json >/dev/null
  poll --all || fail "$(<err)"
}
too_deep_metadata() {
  with_levels 511
  expect_match "$(<err)" "the metadata of $fraud:v0 is left out: byte [0-9]+: nested deeper than 512 levels"
  expect_equal "$(jq -c '[.event_type, has("artifact_metadata")]' out)" '["LINK_ARTIFACT",false]'
  with_levels 510
  expect_empty err
  expect_match "$(<out)" '"artifact_metadata":\{'
  printf '{"webhooks":{"w":{"url":"https://wandb.test/"}},"automations":[{"name":"all","on":{"event_type":"LINK_ARTIFACT"},
    "action":{"type":"webhook","webhook":"w","payload":{"m":"${artifact_metadata}"}}}]}\n' >config.json
  wb-match -c config.json <out >matched
  wb-render <matched >rendered
  expect_match "$(<rendered)" 'wandb.test'
}
test_case 'an event is never nested deeper than what other tools take' too_deep_metadata

short_key() {
  anew
  WANDB_API_KEY=acme refuses 2 'too short'
}
test_case 'what is too short to be a key is not taken for one' short_key

other_projects() {
  anew
  wandb_do '[{"do":"organization","name":"org","entity":"org-e"},{"do":"registry","organization":"org","name":"r"},
    {"do":"link","collection":"org-e/wandb-registry-r/m","user":"ann"},{"do":"link","collection":"org-e/other/m","user":"ann"},
    {"do":"settings","ignored_filters":["projects"]}]' >/dev/null
  wb-event poll --registries org --state s2 "${open[@]}" --all >out 2>err || fail "$(<err)"
  expect_equal "$(jq -r .project_name out)" wandb-registry-r
}
test_case 'projects that are no registries are none, whatever the server makes of a filter' other_projects

over_tls() {
  anew
  make_test_ca
  start_wandb --tls "$SERVER_TLS"
  export WANDB_BASE_URL=$WANDB_URL/
  wandb_do "[{\"do\":\"project\",\"project\":\"$project\"},$(link)]" >/dev/null
  expect_equal "$(told --cacert "$CA_FILE" --all)" 'LINK_ARTIFACT fraud:0 - ann 01:00:01Z'
  expect_status 3 poll
  expect_match "$(<err)" 'certificate'
}
test_case 'over TLS' over_tls

usage() {
  anew
  local message
  while IFS='|' read -r message arguments; do
    # shellcheck disable=SC2086 # several
    expect_status 2 wb-event poll $arguments >out 2>err
    expect_empty out
    expect_equal "$(head -n 1 err)" "wb-event: $message"
  done <<'END'
where is the state? Say --state FILE|acme/registry
what is to be polled? Say ENTITY/PROJECT, ENTITY/PROJECT/COLLECTION or --registries ORG|--state s
what is to be polled? Say ENTITY/PROJECT, ENTITY/PROJECT/COLLECTION or --registries ORG|--state s acme/x --registries org
'acme' is not ENTITY/PROJECT or ENTITY/PROJECT/COLLECTION, such as acme/model-registry|acme --state s
'acme/x/y/z' is not ENTITY/PROJECT or ENTITY/PROJECT/COLLECTION, such as acme/model-registry|acme/x/y/z --state s
'acme//y' is not ENTITY/PROJECT or ENTITY/PROJECT/COLLECTION, such as acme/model-registry|acme//y --state s
too many operands: 'b'|acme/x b --state s
--since takes a time such as 2026-11-24T02:25:00Z, not 'yesterday'|acme/x --state s --since yesterday
--since and --all exclude each other|acme/x --state s --all --since 2026-11-24T02:25:00Z
--since 9999-01-01T00:00:00Z is more than a day ahead of the clock of this machine|acme/x --state s --since 9999-01-01T00:00:00Z
--interval goes with --follow|acme/x --state s --interval 3s
END
  [[ ! -e s.lock ]] || fail 'something was made'
  # a clock that is behind that of the one who asks is no error
  expect_equal "$(told --since "$(date -u -d '+23 hours' +%FT%TZ)")" ''
  expect_status 0 wb-event poll --help >out
  expect_match "$(<out)" '^usage: wb-event poll '
  mkdir alone
  cp "$(type -P wb-event)" alone/
  expect_status 3 alone/wb-event poll 2>err
  expect_equal "$(<err)" "wb-event: cannot run '$PWD/alone/wb-event-poll': No such file or directory"
}
test_case 'what is asked for wrongly is said' usage
