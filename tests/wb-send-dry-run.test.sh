#!/usr/bin/env bash
#
# wb-send-dry-run.test.sh - the scripts of --dry-run=curl send what wb-send sends, and show no secret

# shellcheck disable=SC2016,SC2089,SC2090 # what looks like variables are secrets' names; quotes are meant as they are
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

SHELLS=(sh)
for name in dash bash 'busybox sh' mksh; do
  ! type -P "${name%% *}" >/dev/null || SHELLS+=("$name")
done

# record URL [MEMBERS [HEADERS [BODY]]] - a request record; MEMBERS of the request, HEADERS as members of an object, BODY
# as the inside of a JSON string
record() {
  printf '{"delivery_id":"d-1","event":{"event_type":"LINK_ARTIFACT","event_id":"e-1"},"automation":{"name":"a"},"request":{"method":"POST","url":"%s","headers":{%s},"body":"%s"%s}}\n' \
    "$1" "${3-\"Content-Type\":\"application/json\"}" "${4-{\}}" "${2:+,$2}"
}

# send ARGUMENT… - wb-send to this machine
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 "$@"
}

# script RECORD [ARGUMENT…] - make the script of the record in this file, while no secret is to be had
script() {
  env -i PATH="$PATH" LC_ALL=C.UTF-8 "$WB_BIN/wb-send" --secrets "dir:$T/home" --allow-http --allow-net 127.0.0.0/8 --dry-run=curl "${@:2}" "$1" >script.sh
}

# request N FILTER - of the Nth request what a receiver sees, headers sorted, without what FILTER (a regex) matches
request() {
  sed -n "$1p" "$RECEIVER_LOG" | jq -r --arg skip "$2" '.method, .path, .body_base64, ([.headers | _nwise(2) | join(": ")] | sort[]
    | select(test($skip; "i") | not))'
}

# sends_the_same RECORD [FILTER] - every shell sends with the script what wb-send sends
sends_the_same() {
  local shell n=1
  : >"$RECEIVER_LOG"
  wb-sign "$1" >signed 2>err || cp "$1" signed
  send signed >receipt
  request 1 "${2-^-$}" >want
  script signed
  for shell in "${SHELLS[@]}"; do
    # shellcheck disable=SC2086 # words
    $shell script.sh >answer 2>err || fail "$shell: status $?: $(<err)"
    expect_empty err
    expect_match "$(<answer)" '^HTTP/1\.1 200 '
    n=$((n + 1))
    request "$n" "${2-^-$}" >got
    expect_file got want
  done
  expect_equal "$(wc -l <"$RECEIVER_LOG")" "$n" requests
  expect_equal "$(find "$T" -maxdepth 1 -name 'tmp.*')" '' 'files left'
}

every_byte() {
  {
    for code in {0..255}; do printf '\\u%04x' "$code"; done
    printf '%s' '\u200b\u202e\u2066\ufeff😀 ` $(touch pwned) ${X} $X '"'"' ''\"\\\\ %s %d \\\\n\nEND\nEOF\n)\n(\r\n'
    head -c 100000 /dev/urandom | base64 -w 0
    printf '%s' '\n\n'
  } >body
  start_receiver
  record "$RECEIVER_URL/" '' '"Content-Type":"text/plain"' "$(<body)" >in
  sends_the_same in
  expect_equal "$(jq -r '.body_base64' "$RECEIVER_LOG" | sort -u | base64 -d | md5sum)" "$(jq -j .request.body in | md5sum)"
  LC_ALL=C expect_no_match "$(LC_ALL=C tr -d '\n\t' <script.sh)" '[[:cntrl:]]'
  [[ ! -e pwned ]]
}
test_case 'the body: every byte arrives, and none speaks to a terminal' every_byte

empty() {
  start_receiver
  record "$RECEIVER_URL/" '' '' '' >in
  sends_the_same in
  record "$RECEIVER_URL/" '' '' '\n' >in
  sends_the_same in
}
test_case 'the body: none, and a newline only' empty

head_of_request() {
  export TOK='t"o\k$(touch pwned)`é %s' AGENT=agent HOME=$T/home http_proxy=http://127.0.0.1:1 CURL_HOME=$T/home
  printf 'user-agent = curlrc\n' >"$HOME/.curlrc"
  start_receiver
  record "$RECEIVER_URL/p?q=[1-2]{a,b}&c='\$(touch\${IFS}pwned)'\`id\`;d#" '' '' | sed 's/#"/"/' >in
  sends_the_same in
  record "$RECEIVER_URL/../a/./b" '"auth":{"scheme":"bearer","ref":"$TOK"}' \
    '"X-Empty":"","X-T":"$TOK","x'"'"'`$id":"v'"'"'`$(touch pwned)\\\"\t%s; a","END":"","#hash":"1","X-Same":"1","x-same":"2"' >in
  sends_the_same in
  record "$RECEIVER_URL/" '' '"user-agent":"$AGENT","Accept":"a/b"' >in
  sends_the_same in
  [[ ! -e pwned ]]
}
test_case 'the head: the headers, URL and no others, whatever curlrc and environment say' head_of_request

late_secrets() {
  export ONE URL HOOK=sesame
  ONE=$(printf 'q"b\\n\n\n\t\r\b\f\001\037\177é😀$`%%s \\u0041')$'\n'
  start_receiver
  URL=$RECEIVER_URL/hooks/'a"'$HOOK
  record '$URL' '"secrets":[{"at":6,"ref":"$ONE"},{"at":6,"ref":"$HOOK"},{"at":10,"ref":"$HOOK"},{"at":16,"ref":"$ONE"}]' '"A":"b"' \
    '{\"a\":\"\",\"éé\":1}' >in
  sends_the_same in
}
test_case 'late secrets: in the body, spelled for JSON, and as URL' late_secrets

# a late secret inside of a character: no JSON any more, but what wb-send sends
inside_a_character() {
  export ONE=x
  start_receiver
  record "$RECEIVER_URL/" '"secrets":[{"at":2,"ref":"$ONE"}]' '' '\"é\"' >in
  sends_the_same in
}
test_case 'late secrets: inside of a character' inside_a_character

# verified SCHEME NAME… - the signatures of all requests are good
verified() {
  local scheme=$1 n=0 args lines
  lines=$(wc -l <"$RECEIVER_LOG")
  ((lines > 1)) || fail "$lines requests"
  for ((n = 1; n <= lines; n++)); do
    sed -n "${n}p" "$RECEIVER_LOG" | jq -r .body_base64 | base64 -d >body
    mapfile -t args < <(sed -n "${n}p" "$RECEIVER_LOG" | jq -r '.headers | _nwise(2) | "-H", join(":")')
    wb-sign --verify "$scheme" "${@:2}" "${args[@]}" body || fail "$scheme: $n: ${args[*]}"
  done
}

schemes() {
  local scheme key
  export K
  start_receiver
  for scheme in wandb wandb-hex github standard; do
    for key in k "$(printf '%064d' 1)" "$(printf '%065d' 1)" "$(printf '%0500d' 1)" $'\001\xff\'"$(touch pwned) %s\n'; do
      K=$key
      record "$RECEIVER_URL/" "\"sign\":{\"scheme\":\"$scheme\",\"refs\":[\"\$K\"]}" '' '{\"é\":\"\\n'"'"'\"}' >in
      sends_the_same in '^webhook-(timestamp|signature)'
      verified "$scheme" --secret K
    done
  done
  [[ ! -e pwned ]]
}
test_case 'signatures: every scheme, with short keys and long ones' schemes

rotation() {
  local key
  export OLD NEW=plain
  start_receiver
  for key in whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_AP8B whsec_AP8BAg== whsec_AP8BAg whsec_AP8BAgM= whsec_AP8BAgM; do
    OLD=$key
    record "$RECEIVER_URL/" '"secrets":[{"at":1,"ref":"$NEW"}],"sign":{"scheme":["standard","github"],"refs":["$OLD","$NEW"]}' >in
    sends_the_same in '^webhook-(timestamp|signature)'
    verified standard --secret OLD
    verified standard --secret NEW
    verified github --secret OLD
  done
  # those that stand in the record are not sent on
  jq -c '.request.headers["webhook-signature"] = "v1,AAAA" | .request.headers["webhook-timestamp"] = "1" | .request.headers["X-HUB-Signature-256"] = "old"' signed >old
  script old
  sh script.sh >answer
  tail -n 1 "$RECEIVER_LOG" >last && cat last last >"$RECEIVER_LOG"
  verified standard --secret OLD
  for OLD in whsec_ 'whsec_!!!!'; do
    expect_status 1 sh script.sh >answer 2>err
    expect_match "$(<err)" 'a whsec_ key that is not base64'
  done
}
test_case 'signatures: several keys, whsec_ and others, made afresh' rotation

tls() {
  export CA CERT KEY
  make_test_ca
  start_receiver --tls "$SERVER_TLS"
  record "$RECEIVER_URL/" >in
  script in --cacert ca/ca.pem
  sh script.sh >answer
  expect_match "$(<answer)" '^HTTP/1\.1 200 '
  script in --cacert ca/other.pem
  expect_status 77 sh script.sh >answer 2>err
  CA=$(<ca/ca.pem) CERT=$(<ca/server.pem) KEY=$(<ca/server.key)
  record "$RECEIVER_URL/" '"tls":{"ca":"$CA","cert":"$CERT","key":"$KEY"}' >in
  script in
  sh script.sh >answer
  expect_match "$(<answer)" '^HTTP/1\.1 200 '
  KEY=$(<ca/ca.key)
  expect_status 58 sh script.sh >answer 2>err
}
test_case 'tls: an authority, a certificate and its key out of secrets' tls

options() {
  record https://hooks.test/ >in
  script in --timeout 1500ms --connect-timeout 2s --proxy "http://us'er:pass@127.0.0.1:1/"
  expect_match "$(<script.sh)" '--connect-timeout 2 --max-time 1\.500 .*'"--noproxy '' --proxy 'http://127\\.0\\.0\\.1:1/'"
  expect_no_match "$(<script.sh)" "us'er|pass"
  expect_status 2 wb-send --dry-run=xml in 2>err
  expect_equal "$(<err)" "wb-send: --dry-run takes text or curl, not 'xml'"
  expect_status 2 wb-send --dry-run= in 2>err
  expect_status 3 wb-send --dry-run curl 2>err
  expect_equal "$(<err)" "wb-send: cannot open 'curl': No such file or directory"
  expect_equal "$(wb-send --dry-run=text in)" "$(wb-send -n in)"
}
test_case 'options: times and proxy are those of wb-send; formats' options

no_value() {
  export TOK HOOK=x
  start_receiver
  record "$RECEIVER_URL/" '"auth":{"scheme":"bearer","ref":"$TOK"}' >in
  script in
  unset TOK
  ! sh script.sh >answer 2>err || fail 'it ran without a secret'
  expect_match "$(<err)" TOK
  export TOK
  for TOK in $'two\nlines' $'a\tb' $'\177'; do
    expect_status 1 sh script.sh >answer 2>err
    expect_match "$(<err)" 'a secret with a control character'
  done
  record '$HOOK' >in
  script in
  for HOOK in $'https://a.test/\noutput = pwned' 'https://a.test/ b'; do
    expect_status 1 sh script.sh >answer 2>err
    expect_match "$(<err)" 'a URL with a space or control character'
  done
  HOOK=file:///etc/passwd
  expect_status 1 sh script.sh >answer 2>err
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 0 requests
  expect_equal "$(find "$T" -maxdepth 1 -name 'tmp.*')" '' 'files left'
}
test_case 'secrets: none, or one that would not be what it is taken for' no_value

denied() {
  start_receiver
  record "$RECEIVER_URL/" >in
  expect_status 1 wb-send --dry-run=curl in >script.sh
  expect_match "$(<script.sh)" $'\n# denied: [^\n]*\n\\(\nexit 1 # '
  expect_status 1 sh script.sh
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 0 requests
  sed -i '/^exit 1/d' script.sh
  sh script.sh >answer
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 1 requests
  record 'https://a.test/\n)\ntouch pwned\u001b' >in
  expect_status 1 wb-send --dry-run=curl in >script.sh
  expect_equal "$(<script.sh)" $'#!/bin/sh\n# d-1 a\n# denied: a control character\n(\nexit 1 # wb-send would not send it\n)'
  record "$RECEIVER_URL/" '"secrets":[{"at":3,"ref":"$S"}]' >in
  script in
  S=x expect_status 1 sh script.sh
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 1 requests
  [[ ! -e pwned ]]
}
test_case 'what wb-send would not send is not sent by the script' denied

several() {
  start_receiver
  { record "$RECEIVER_URL/1" && record "$RECEIVER_URL/2" '"auth":{"scheme":"bearer","ref":"$TOK"}' && record "$RECEIVER_URL/3"; } |
    jq -c '.automation.name = "é\n)\ntouch pwned #\u001b]0;x\u0007\u009b"' >in
  script in
  env -u TOK sh script.sh >answer 2>err
  expect_equal "$(jq -r .path "$RECEIVER_LOG")" $'/1\n/3'
  expect_match "$(<script.sh)" '^#!/bin/sh'$'\n''# d-1 é\\x0a\)\\x0atouch pwned #\\x1b\]0;x\\x07\\xc2\\x9b'$'\n'
  [[ ! -e pwned ]]
}
test_case 'several scripts behind each other stand each for itself; names are comments' several

hidden() {
  export TOK=hunter2hunter2 KEY=open-sesame-open URL LATE=late-late-late
  type -P strace >/dev/null || skip 'no strace'
  start_receiver
  URL=$RECEIVER_URL/secret-path-secret
  record '$URL' '"secrets":[{"at":1,"ref":"$LATE"}],"auth":{"scheme":"bearer","ref":"$TOK"},"sign":{"scheme":["standard","wandb"],"refs":"$KEY"}' \
    '"X-T":"$TOK"' >in
  script in
  strace -o /dev/null true || skip 'strace may not trace'
  for shell in "${SHELLS[@]}"; do
    # shellcheck disable=SC2086 # words
    strace -f -v -s 100000 -e trace=execve -e abbrev=none -o trace $shell script.sh >answer
    # the environment is the third argument; all but it
    sed -E 's/\], \[.*//' trace >arguments
    expect_match "$(<arguments)" '/curl", \["curl", '
    for secret in "$TOK" "$KEY" secret-path-secret "$LATE"; do
      no_secret "$secret" arguments script.sh
    done
  done
}
test_case 'no secret stands in an argument' hidden

linted() {
  type -P shellcheck >/dev/null || skip 'no shellcheck'
  record '$URL' '"secrets":[{"at":1,"ref":"$LATE"}],"auth":{"scheme":"bearer","ref":"$TOK"},"sign":{"scheme":["standard","wandb","github"],"refs":["$KEY","$KEY2"]},"tls":{"ca":"$CA","cert":"$CERT","key":"$TLS_KEY"}' \
    '"X-T":"$TOK"' >in
  script in
  shellcheck script.sh
}
test_case 'shellcheck has nothing to say' linted

judged_answers() {
  record https://hooks.test/ '"success_when":".ok\n== true"' >in
  wb-send --dry-run in >out || fail "$(<out)"
  grep -q -x '# a success only if this holds of the answer: .ok\\x0a== true' out || fail "$(<out)"
  wb-send --dry-run=curl in >script.sh
  grep -q '^# a success only if this holds of the answer: .ok' script.sh || fail "$(<script.sh)"
  sh -n script.sh
}
test_case 'a success_when is said, since nothing else asks for it' judged_answers
