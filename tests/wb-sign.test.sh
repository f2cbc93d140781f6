#!/usr/bin/env bash
#
# wb-sign.test.sh - signatures against openssl, libraries and a receiver of other hands; secrets, where they come from and
# where they may go; --verify and forgeries

# shellcheck disable=SC2016 # what looks like variables are secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

ID=0123456789abcdef0123456789abcdef
KEY=your_api_secret
KNOWN_BODY='{"key1": "value1", "key2": "value2"}'
KNOWN=4tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8U=

# record SIGN [MEMBERS [URL]] <BODY - a request record; SIGN, which may be empty, and MEMBERS are members of the request
record() {
  printf '{"delivery_id":"%s","event":{"event_type":"x","event_id":"1"},"automation":{"name":"a"},"request":{"method":"POST","url":"%s","headers":{"Content-Type":"application/json"},"body":%s%s%s}}\n' \
    "$ID" "${3-https://example.com/}" "$(jq -Rs .)" "${1:+,\"sign\":$1}" "${2:+,$2}"
}

# plain SCHEME [REFS] - a member sign
plain() {
  printf '{"scheme":%s,"refs":%s}' "$1" "${2-[\"\$S\"]}"
}

# header NAME [FILE] - a header of the record in FILE
header() {
  jq -r --arg name "$1" '.request.headers[$name]' "${2-out}"
}

# hmac KEY base64|hex <BODY - openssl's opinion
hmac() {
  case $2 in
    base64) openssl dgst -sha256 -hmac "$1" -binary | base64 -w 0 ;;
    hex) openssl dgst -sha256 -hmac "$1" -r | cut -d ' ' -f 1 ;;
  esac
}

# hmac_bytes HEXKEY <BODY - the same in base64, for a key of any bytes
hmac_bytes() {
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | base64 -w 0
}

hex() {
  od -An -v -tx1 | tr -d ' \n'
}

# refused MESSAGE COMMAND… <LINE - the line on standard input is refused with that message, kept, and nothing written
refused() {
  cat >in
  rm -f rejects
  expect_status 1 "${@:2}" --rejects rejects <in >out 2>err
  expect_empty out
  expect_equal "$(<err)" "wb-sign: standard input:1: $1" message
  expect_file rejects in
}

# bodies - make a file a body in the directory bodies
bodies() {
  local n
  mkdir -p bodies
  : >bodies/empty
  printf '%s' "$KNOWN_BODY" >bodies/known
  printf '{"é":"😀 \xe2\x80\xa8 \u00e9"}' >bodies/unicode
  printf '"\\\b\f\r\t\001\177\n/\n' >bodies/escapes
  printf 'a\0b' >bodies/nul
  for n in 55 56 63 64 65 119 128; do head -c "$n" /dev/zero | tr '\0' 1 >bodies/"$n"; done
  { printf '"' && head -c 786430 /dev/urandom | base64 -w 0 && printf '"'; } >bodies/mebibyte
}

# ---- signatures ----

known_answer() {
  export S=$KEY
  printf '%s' "$KNOWN_BODY" | record "$(plain '"wandb"')" | wb-sign >out
  expect_equal "$(header X-Wandb-Signature)" "$KNOWN"
}
test_case 'wandb: the known answer' known_answer

many_bodies() {
  local file
  export S='k e"y\é!'
  bodies
  for file in bodies/*; do
    record "$(plain '["wandb","github"]')" <"$file"
    record "$(plain '"wandb-hex"')" <"$file"
    record "$(plain '"standard"')" <"$file"
  done >in
  wb-sign --now 1700000000 in >out
  jq -r '.request.headers | [."X-Wandb-Signature" // "-", ."X-Hub-Signature-256" // "-", ."webhook-signature" // "-"] | join(" ")' \
    out >got
  for file in bodies/*; do
    printf '%s sha256=%s -\n' "$(hmac "$S" base64 <"$file")" "$(hmac "$S" hex <"$file")"
    printf '%s - -\n' "$(hmac "$S" hex <"$file")"
    printf -- '- - v1,%s\n' "$({ printf '%s' "$ID.1700000000." && cat "$file"; } | hmac "$S" base64)"
  done >want
  expect_file got want
}
test_case 'every scheme: what openssl says, for bodies of every kind and length' many_bodies

late_secrets() {
  export S=key T=$'tok"en\\\n\x01é'
  local escaped='tok\"en\\\n\u0001é'
  printf '{"é":"","b":""}' |
    record "$(plain '["wandb","standard"]')" '"secrets":[{"at":7,"ref":"$T"},{"at":7,"ref":"$S"},{"at":14,"ref":"$T"}]' |
    wb-sign --now 5 >out
  printf '%s' "{\"é\":\"${escaped}key\",\"b\":\"$escaped\"}" >late
  expect_equal "$(header X-Wandb-Signature)" "$(hmac key base64 <late)"
  expect_equal "$(header webhook-signature)" "v1,$({ printf '%s' "$ID.5." && cat late; } | hmac key base64)"
  expect_equal "$(jq -j .request.body out)" '{"é":"","b":""}' 'body that goes on'
}
test_case 'late secrets: signed as they will be sent, JSON-escaped, and not passed on' late_secrets

late_out_of_bounds() {
  export S=key
  printf 'ab' | record "$(plain '"wandb"')" '"secrets":[{"at":2,"ref":"$S"}]' | wb-sign >out
  expect_equal "$(header X-Wandb-Signature)" "$(printf 'abkey' | hmac key base64)"
  printf 'ab' | record "$(plain '"wandb"')" '"secrets":[{"at":3,"ref":"$S"}]' |
    refused "a secret's place is behind the end of the body" wb-sign
}
test_case 'late secrets: at the end of the body, and behind it' late_out_of_bounds

several_schemes() {
  export S=$KEY
  printf '%s' "$KNOWN_BODY" | record "$(plain '["standard","github","wandb"]')" | wb-sign --now 1700000000 >out
  expect_equal "$(jq -c .request.headers out)" "{\"Content-Type\":\"application/json\",\"webhook-id\":\"$ID\",\
\"webhook-timestamp\":\"1700000000\",\"webhook-signature\":\"v1,$(printf '%s' "$ID.1700000000.$KNOWN_BODY" | hmac "$KEY" base64)\",\
\"X-Hub-Signature-256\":\"sha256=$(printf '%s' "$KNOWN_BODY" | hmac "$KEY" hex)\",\"X-Wandb-Signature\":\"$KNOWN\"}"
}
test_case 'several schemes: one header each, in their order' several_schemes

clock() {
  local before after
  export S=k
  before=$(date +%s)
  record "$(plain '"standard"')" <<<x | wb-sign >out
  after=$(date +%s)
  (($(header webhook-timestamp) >= before && $(header webhook-timestamp) <= after)) ||
    fail "timestamp $(header webhook-timestamp), between $before and $after"
  expect_status 2 wb-sign --now -1 </dev/null
  expect_status 2 wb-sign --now 1.5 </dev/null
}
test_case 'standard: the time is now, or what --now says' clock

whsec() {
  local key
  key=$(printf 'a binary \001\377 key of 24 bytes' | base64 -w 0)
  export S=whsec_$key
  printf 'x' | record "$(plain '"standard"')" | wb-sign --now 9 >out
  expect_equal "$(header webhook-signature)" "v1,$(printf '%s' "$ID.9.x" | hmac_bytes "$(base64 -d <<<"$key" | hex)")"
  # of other schemes it is a key like any other
  printf 'x' | record "$(plain '"wandb"')" | wb-sign >out
  expect_equal "$(header X-Wandb-Signature)" "$(printf 'x' | hmac "$S" base64)"
  export S='whsec_not base64!'
  printf 'x' | record "$(plain '"standard"')" | refused 'the secret starts with whsec_ but is not base64 behind it' wb-sign
}
test_case 'standard: whsec_ keys are base64' whsec

rotation() {
  export NEW=new-key OLD=old-key
  printf 'x' | record "$(plain '["standard","wandb"]' '["$NEW","$OLD"]')" | wb-sign --now 9 >out
  expect_equal "$(header webhook-signature)" \
    "v1,$(printf '%s' "$ID.9.x" | hmac new-key base64) v1,$(printf '%s' "$ID.9.x" | hmac old-key base64)"
  expect_equal "$(header X-Wandb-Signature)" "$(printf x | hmac new-key base64)" 'other schemes take the first'
}
test_case 'rotation: standard signs with every key' rotation

# ---- records ----

again() {
  export S=k
  record "$(plain '["wandb","standard"]')" <<<x >in
  wb-sign --now 5 in >once
  wb-sign --now 5 once >twice
  expect_file twice once
  wb-sign --now 6 once >out
  wb-sign --now 6 in >want
  expect_file out want
  sed 's/X-Wandb-Signature/x-wandb-SIGNATURE/; s/webhook-id/Webhook-Id/' once | wb-sign --now 5 >out
  expect_file out once
  record "$(plain '"github"')" <<<x |
    sed 's/"Content-Type":"application\/json"/"x-hub-signature-256":"old","A":"b","X-Hub-Signature-256":"old"/' | wb-sign >out
  expect_equal "$(jq -c .request.headers out)" "{\"A\":\"b\",\"X-Hub-Signature-256\":\"sha256=$(hmac k hex <<<x)\"}"
}
test_case 're-signing replaces signatures, in any case of letters' again

unsigned() {
  {
    record '' <<<x
    printf '{ "request" : {"x":1.10, "body":"\\u0041","headers":{ },"url":"http://a/"},"delivery_id":"d" ,"automation":{"name":"a"},"event":{"event_type":"x"}, "a": 1, "a":12345678901234567890 }\n'
  } >in
  wb-sign in >out 2>err
  expect_file out in
  expect_empty err
  head -c -1 in | wb-sign >out
  expect_file out in
}
test_case 'records without sign pass unchanged' unsigned

rest_unchanged() {
  export S=k
  local before='{"x": 1.10,"request" : {"sign":{"scheme":"wandb","refs":"$S"}, "body":"\u0041","headers" : { "A" : "\u0042" ,"B":"$REF"'
  local after=' },"url":"http://a/","y":[ 1e400 ]},"delivery_id":"d" ,"automation":{"name":"a"},"event":{"event_type":"x","event_type":"y"}, "a": 1 }'
  printf '%s\n' "$before$after" | wb-sign >out
  expect_equal "$(<out)" "{\"x\": 1.10,\"request\" : {\"sign\":{\"scheme\":\"wandb\",\"refs\":\"\$S\"}, \"body\":\"\\u0041\",\
\"headers\" : {\"A\" : \"\\u0042\",\"B\":\"\$REF\",\"X-Wandb-Signature\":\"$(printf A | hmac k base64)\"}${after# \}}"
  printf '%s\n' "${before%%\"A\"*}$after" | wb-sign >out
  expect_match "$(<out)" '"headers" : \{"X-Wandb-Signature":"[^"]*"\},"url":"http://a/","y":\[ 1e400 \]'
}
test_case 'nothing but the headers of a record changes' rest_unchanged

bad_lines() {
  export S=k
  { record "$(plain '"wandb"')" <<<1 && printf 'x\r\n\n' && record "$(plain '"none"')" <<<x && record '' <<<2; } >in
  rm -f rejects
  expect_status 1 wb-sign --rejects rejects in - </dev/null >out 2>err
  expect_equal "$(jq -j .request.body out)" $'1\n2'
  expect_match "$(<err)" $'^wb-sign: in:2: byte 1: not a JSON value\nwb-sign: in:4: byte [0-9]+: unknown signature scheme$'
  expect_equal "$(hex <rejects)" "$({ printf 'x\r\n' && sed -n 4p in; } | hex)"
}
test_case 'bad lines: skipped and kept as they came, the others are done' bad_lines

bad_urls() {
  export S=k
  printf x | record "$(plain '"wandb"')" '' 'ftp://a/' | refused 'malformed URL: the scheme is neither https nor http' wb-sign
  printf x | record "$(plain '"wandb"')" '' 'https://me@a/' | refused 'malformed URL: user info in front of the host' wb-sign
}
test_case 'bad lines: a URL that will not be sent to is not signed for' bad_urls

oversize() {
  { record '' <<<1 && head -c 5000 /dev/zero | tr '\0' x | record '' && record '' <<<2; } >in
  rm -f rejects
  expect_status 1 wb-sign --max-line 4K --rejects rejects <in >out 2>err
  expect_equal "$(jq -j .request.body out)" $'1\n2'
  expect_equal "$(<err)" 'wb-sign: standard input:2: line longer than 4096 bytes (--max-line)'
  expect_equal "$(<rejects)" "$(sed -n 2p in)"
}
test_case 'bad lines: oversize' oversize

# A record that is too long for wb-send only with its signature; headers with white space, and an old one, count right.
too_long() {
  local limit=$((16 * 1024 * 1024)) sign='"sign":{"scheme":"wandb","refs":["$S"]}' headers size
  export S=k
  for headers in '{}' '{ "A" : "b" }' '{"A": "b" , "x-wandb-signature":"old" ,"C":"d"}'; do
    line() {
      printf '{"delivery_id":"d","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"https://a/",'
      printf '"headers":%s,%s,"body":"' "$headers" "$sign"
      head -c "$1" /dev/zero | tr '\0' x
      printf '"}}\n'
    }
    line 100 | wb-sign >out
    size=$((limit + 1 - $(wc -c <out) + 100))
    line $size | wb-sign >out
    expect_equal "$(wc -c <out)" $((limit + 1)) "the longest one with $headers"
    wb-sign out >again
    expect_file again out
    line $((size + 1)) >in
    expect_status 1 wb-sign in >out 2>err
    expect_empty out
    expect_equal "$(<err)" "wb-sign: in:1: its record would be longer than $limit bytes (--max-line)"
  done
}
test_case 'bad lines: too long when signed' too_long

failed_output() {
  local i
  record '' <<<1 >in
  expect_status 3 wb-sign in >/dev/full 2>err
  expect_equal "$(<err)" 'wb-sign: cannot write to standard output: No space left on device'
  expect_status 3 wb-sign missing >out 2>err
  expect_equal "$(<err)" "wb-sign: cannot open 'missing': No such file or directory"
  head -c 100000 /dev/zero | tr '\0' x | record '' >in
  for ((i = 0; i < 20; i++)); do cat in; done >many
  { wb-sign many 2>err && printf 'done' >status; } | head -n 1 >out
  expect_equal "$(<status)" 'done'
  expect_empty err
}
test_case 'output: a full disk is status 3, a reader that leaves is no failure' failed_output

live() {
  local line
  export S=k
  coproc wb-sign
  record "$(plain '"wandb"')" <<<x >&"${COPROC[1]}"
  read -r -t 60 line <&"${COPROC[0]}"
  expect_match "$line" '"X-Wandb-Signature":'
  eval "exec ${COPROC[1]}>&-"
  # shellcheck disable=SC2154 # set by coproc
  wait "$COPROC_PID"
}
test_case 'output: a record is written before the next is waited for' live

live_fifo() {
  local line signing reading
  mkfifo late.in late.out
  record '' <<<x >in
  wb-sign in late.in >late.out &
  signing=$!
  exec {reading}<late.out
  read -r -t 60 line <&"$reading"
  expect_match "$line" '"body":"x'
  : >late.in
  wait "$signing"
}
test_case 'output: a record is written before the writer of a FIFO is waited for' live_fifo

# ---- secrets ----

# signs WANT COMMAND… - the record in the file one is signed with the key WANT
signs() {
  "${@:2}" <one >out 2>err || fail "status $?: $(<err)"
  expect_equal "$(header X-Wandb-Signature)" "$(printf x | hmac "$1" base64)" "signature with $1"
}

make_one() {
  printf x | record "$(plain '"wandb"')" >one
}

# refuses MESSAGE COMMAND… - the record in the file one is refused
refuses() {
  refused "$@" <one
}

missing_secret() {
  make_one
  refuses 'secret S: not found in the environment, /run/secrets' wb-sign
  S='' refuses 'secret S: is empty' wb-sign
  export S=hunter2hunter2
  printf x | record "$(plain '"wandb"')" '"secrets":[{"at":0,"ref":"$NOT_THERE"}]' | refused 'secret NOT_THERE: not found in the environment, /run/secrets' wb-sign
  printf x | record "$(plain '"standard"' '["$S","$NOT_THERE"]')" | refused 'secret NOT_THERE: not found in the environment, /run/secrets' wb-sign
  no_secret hunter2hunter2 out err rejects
}
test_case 'secrets: one that is missing is named, its line refused' missing_secret

providers() {
  make_one
  mkdir -m 700 -p secrets other credentials
  printf 'from-dir' >secrets/S
  printf 'from-other' >other/S
  printf 'from-credentials' >credentials/S
  chmod 600 secrets/S other/S credentials/S
  signs from-dir wb-sign --secrets dir:secrets
  signs from-dir wb-sign --secrets env --secrets dir:secrets --secrets dir:other
  signs from-other wb-sign --secrets dir:other --secrets dir:secrets
  export S=from-env
  signs from-env wb-sign
  signs from-env wb-sign --secrets env
  signs from-env wb-sign --secrets env --secrets dir:secrets
  signs from-dir wb-sign --secrets dir:secrets
  signs from-dir env WB_SECRETS="dir:$T/secrets,env" wb-sign
  signs from-other env WB_SECRETS="dir:$T/secrets" wb-sign --secrets dir:other
  signs from-env env CREDENTIALS_DIRECTORY="$T/credentials" wb-sign
  unset S
  signs from-credentials env CREDENTIALS_DIRECTORY="$T/credentials" wb-sign
  # a whole directory, as LoadCredential=secrets:PATH loads it
  mkdir loaded
  (umask 077 && printf from-loaded >loaded/secrets_S)
  signs from-loaded env CREDENTIALS_DIRECTORY="$T/loaded" wb-sign
  CREDENTIALS_DIRECTORY=$T/loaded refuses "secret S: not found in $T/loaded" wb-sign --secrets "dir:$T/loaded"
  cp -p credentials/S loaded/
  signs from-credentials env CREDENTIALS_DIRECTORY="$T/loaded" wb-sign
  CREDENTIALS_DIRECTORY=$T/credentials refuses 'secret S: not found in the environment' wb-sign --secrets env
  # one that cannot be used is not passed over in silence
  expect_status 1 env CREDENTIALS_DIRECTORY=credentials wb-sign <one >out 2>err
  expect_equal "$(<err)" "wb-sign: nothing is looked up in \$CREDENTIALS_DIRECTORY, 'credentials': not an absolute path
wb-sign: standard input:1: secret S: not found in the environment, /run/secrets"
  expect_status 1 env CREDENTIALS_DIRECTORY="$T/gone" wb-sign <one >out 2>err
  expect_equal "$(head -n 1 err)" "wb-sign: nothing is looked up in \$CREDENTIALS_DIRECTORY, '$T/gone': No such file or directory"
  expect_status 2 wb-sign --secrets dir:secrets,env <one 2>err
  expect_equal "$(<err)" "wb-sign: cannot use secrets directory 'secrets,env': No such file or directory; say --secrets for each place: commas stand in \$WB_SECRETS only"
  rm other/S
  refuses 'secret S: not found in other, the environment' wb-sign --secrets dir:other --secrets env
}
test_case 'secrets: env, dir:, $WB_SECRETS and $CREDENTIALS_DIRECTORY, in order' providers

# Whoever can write to the directory could put another secret there.
secret_directories() {
  local mode refuse
  make_one
  mkdir -p open
  printf v >open/S
  chmod 600 open/S
  for mode in 700 755 1777 1770; do
    chmod "$mode" open
    signs v wb-sign --secrets dir:open
    signs v env CREDENTIALS_DIRECTORY="$PWD/open" wb-sign
  done
  for mode in 777 770 722; do
    chmod "$mode" open
    CREDENTIALS_DIRECTORY=$PWD/open refuses 'secret S: its directory can be written to by group or others' wb-sign
    expect_status 2 wb-sign --secrets dir:open one.jsonl 2>err
    expect_equal "$(<err)" "wb-sign: cannot use secrets directory 'open': its group or others can write to it, and so put other secrets there; 'chmod go-w' prevents that"
  done
  # through links, as Kubernetes has them
  chmod 1777 open
  mkdir open/..data
  mv open/S open/..data/S
  ln -s ..data/S open/S
  signs v wb-sign --secrets dir:open
  [[ $(id -u) == 0 ]] || skip 'not root'
  chown -h 12345 open/S
  # where fs.protected_symlinks is set, the kernel itself does not follow such a link
  refuse='file belongs to another user, in a directory that others can write to'
  [[ $(</proc/sys/fs/protected_symlinks) == 0 ]] || refuse='file cannot be opened: permission denied'
  refuses "secret S: $refuse" wb-sign --secrets dir:open
  chown -h 0 open/S
  chown 12345 open/..data/S
  refuses 'secret S: file belongs to another user, in a directory that others can write to' wb-sign --secrets dir:open
  chmod 755 open
  signs v wb-sign --secrets dir:open
}
test_case 'secrets: a directory that others can write to is refused, unless it is sticky' secret_directories

secret_files() {
  local mode
  make_one
  mkdir -m 700 -p files
  for mode in 400 600 640 440 660; do
    rm -f files/S
    printf 'v' >files/S
    chmod "$mode" files/S
    signs v wb-sign --secrets dir:files
  done
  for mode in 604 644 602 601 666; do
    chmod "$mode" files/S
    refuses 'secret S: file is readable or writable by others' wb-sign --secrets dir:files
    CREDENTIALS_DIRECTORY=$T/files refuses 'secret S: file is readable or writable by others' wb-sign
  done
  chmod 600 files/S
  printf 'v\n' >files/S && signs v wb-sign --secrets dir:files
  printf 'v\r\n' >files/S && signs v wb-sign --secrets dir:files
  printf ' v \n\n' >files/S && signs $' v \n' wb-sign --secrets dir:files
  printf '\n' >files/S && refuses 'secret S: is empty' wb-sign --secrets dir:files
  head -c 65536 /dev/zero | tr '\0' k >files/S && signs "$(<files/S)" wb-sign --secrets dir:files
  printf 'k' >>files/S && refuses 'secret S: is longer than 65536 bytes' wb-sign --secrets dir:files
  rm files/S && mkdir files/S && refuses 'secret S: is not a regular file' wb-sign --secrets dir:files
  rmdir files/S && mkfifo -m 600 files/S && refuses 'secret S: is not a regular file' wb-sign --secrets dir:files
  rm files/S && printf 'v' >files/target && chmod 600 files/target && ln -s target files/S && signs v wb-sign --secrets dir:files
}
test_case 'secrets: modes, last newline, length and kind of files' secret_files

malformed_providers() {
  local spec
  for spec in environment 'dir:missing' 'dir:in' 'dir:' ''; do
    printf 'x' >in
    expect_status 2 wb-sign --secrets "$spec" </dev/null >out 2>err
    expect_match "$(<err)" '^wb-sign: (unknown provider of secrets|cannot use secrets directory)'
  done
  expect_status 2 env WB_SECRETS=nonsense wb-sign </dev/null
  expect_status 2 env WB_SECRET_HOSTS=nonsense wb-sign </dev/null 2>err
  expect_equal "$(tail -n 1 err)" 'wb-sign: the environment variable WB_SECRET_HOSTS says so'
  expect_status 2 wb-sign --secret-host 'S' </dev/null
  expect_status 2 wb-sign --secret-host 'S=a:443' </dev/null 2>err
  expect_equal "$(<err)" 'wb-sign: malformed binding of secret S: the host must have no port'
  expect_status 2 wb-sign --secret-host 'S=hunter2 hunter2' </dev/null 2>err
  no_secret 'hunter2 hunter2' err
}
test_case 'secrets: malformed providers and bindings are status 2' malformed_providers

bindings() {
  export S=k
  make_one
  signs k wb-sign --secret-host S=example.com
  signs k wb-sign --secret-host S=other.test --secret-host S=EXAMPLE.com.
  signs k wb-sign --secret-host T=other.test
  signs k wb-sign --bound-only --secret-host S=example.com
  refuses 'secret S: is not bound to this host' wb-sign --secret-host S=other.test
  refuses 'secret S: is not bound to this host' wb-sign --secret-host S=ample.com
  refuses 'secret S: is not bound to this host' wb-sign --secret-host S=example.co
  refuses 'secret S: is not bound to this host' wb-sign --secret-host S=example.org
  refuses 'secret S: is not bound to this host' wb-sign --secret-host S=a.example.com
  refuses 'secret S: is not bound to a host' wb-sign --bound-only
  refuses 'secret S: is not bound to a host' wb-sign --bound-only --secret-host T=example.com
  signs k env WB_SECRET_HOSTS=T=other.test,S=example.com wb-sign --bound-only
  WB_SECRET_HOSTS=S=other.test refuses 'secret S: is not bound to this host' wb-sign
  # what the environment says of other secrets than the options stays
  WB_SECRET_HOSTS=S=other.test refuses 'secret S: is not bound to this host' wb-sign --secret-host T=example.com
  signs k env WB_SECRET_HOSTS=S=other.test wb-sign --secret-host S=example.com
  # of the URL's host, whatever else it holds
  printf x | record "$(plain '"wandb"')" '' 'https://EXAMPLE.com.:8443/?@other.test' >one
  signs k wb-sign --secret-host S=example.com
  refuses 'secret S: is not bound to this host' wb-sign --secret-host S=other.test
}
test_case 'secrets: --secret-host, --bound-only and $WB_SECRET_HOSTS' bindings

secret_urls() {
  export S=k HOOK_URL=https://example.com/hunter2hunter2
  printf x | record "$(plain '"wandb"')" '' '$HOOK_URL' >one
  signs k wb-sign
  signs k wb-sign --secret-host S=example.com
  refuses 'secret S: is not bound to this host' wb-sign --secret-host S=other.test
  unset HOOK_URL
  signs k wb-sign
  refuses 'secret S: is bound to a host' wb-sign --secret-host S=example.com
  refuses 'secret S: is not bound to a host' wb-sign --bound-only
  no_secret hunter2hunter2 out err rejects
}
test_case 'secrets: bindings where the URL itself is a secret' secret_urls

# ---- --verify ----

# verified STATUS ARGUMENT… <BODY - wb-sign --verify ends with STATUS
verified() {
  expect_status "$1" wb-sign --verify "${@:2}" >out 2>err
  expect_empty out
}

verify_good() {
  local hex body=$KNOWN_BODY
  export S=$KEY OLD=old
  printf '%s' "$body" >body
  hex=$(hmac "$KEY" hex <body)
  verified 0 wandb --secret S --header "X-Wandb-Signature: $KNOWN" <body
  verified 0 wandb --secret '$S' -H "x-wandb-signature:$KNOWN" body
  verified 0 wandb --secret S -H 'Host: a' -H "X-WANDB-SIGNATURE:   $KNOWN" - <body
  verified 0 wandb-hex --secret S -H "X-Wandb-Signature: $hex" body
  verified 0 wandb-hex --secret S -H "X-Wandb-Signature: ${hex^^}" body
  verified 0 github --secret S -H "X-Hub-Signature-256: sha256=$hex" body
  verified 0 github --secret OLD --secret S -H "X-Hub-Signature-256: sha256=$hex" body
  verified 0 wandb --secret S -H "X-Wandb-Signature: $(hmac "$KEY" base64 </dev/null)" </dev/null
  expect_empty err
}
test_case 'verify: good signatures of wandb, wandb-hex and github' verify_good

# standard NOW [OPTION…] - verify the file body with the headers in id, stamp and signature
standard() {
  wb-sign --verify standard --now "$1" --secret S "${@:2}" \
    -H "webhook-id: $id" -H "webhook-timestamp: $stamp" -H "webhook-signature: $signature" body
}

verify_standard() {
  local id=msg_1 stamp=1700000000 signature good
  export S=$KEY
  printf 'x' >body
  good=v1,$(printf 'msg_1.1700000000.x' | hmac "$KEY" base64)
  signature=$good
  expect_status 0 standard 1700000000
  expect_status 0 standard 1700000300
  expect_status 0 standard 1699999700
  expect_status 1 standard 1700000301 2>err
  expect_equal "$(<err)" 'wb-sign: not verified: webhook-timestamp is too old'
  expect_status 1 standard 1699999699 2>err
  expect_equal "$(<err)" 'wb-sign: not verified: webhook-timestamp is in the future'
  expect_status 0 standard 1700003600 --tolerance 1h
  expect_status 1 standard 1700003601 --tolerance 1h
  expect_status 1 wb-sign --verify standard --secret S -H "webhook-id: $id" -H "webhook-timestamp: $stamp" \
    -H "webhook-signature: $good" body 2>err
  expect_match "$(<err)" 'too old'
  signature="v1a,xx v1,$(printf 'y' | hmac "$KEY" base64) $good"
  expect_status 0 standard 1700000000
  stamp=1700000001 expect_status 1 standard 1700000000
  id=msg_2 expect_status 1 standard 1700000000
  id=msg.1 expect_status 1 standard 1700000000
  stamp=+1700000000 expect_status 1 standard 1700000000
  signature=${good#v1,} expect_status 1 standard 1700000000
  signature=v2,${good#v1,} expect_status 1 standard 1700000000
}
test_case 'verify: standard, with its id, its time and lists of signatures' verify_standard

# forged MESSAGE ARGUMENT… <BODY
forged() {
  verified 1 "${@:2}"
  expect_equal "$(<err)" "wb-sign: not verified: $1" "message for $*"
}

forgeries() {
  local hex
  export S=$KEY OTHER=other
  printf '%s' "$KNOWN_BODY" >body
  hex=$(hmac "$KEY" hex <body)
  local no='signature does not match'
  # a bit of the body, of the signature; a shorter and a longer body
  tr 1 0 <body | forged "$no" wandb --secret S -H "X-Wandb-Signature: $KNOWN"
  head -c -1 body | forged "$no" wandb --secret S -H "X-Wandb-Signature: $KNOWN"
  { cat body && printf '\n'; } | forged "$no" wandb --secret S -H "X-Wandb-Signature: $KNOWN"
  forged "$no" wandb --secret S -H "X-Wandb-Signature: 5${KNOWN#?}" body
  forged "$no" wandb-hex --secret S -H "X-Wandb-Signature: ${hex%?}$(tr 0-9a-f 1-9a-f0 <<<"${hex: -1}")" body
  forged "$no" github --secret S -H "X-Hub-Signature-256: sha256=$(tr 0-9a-f 1-9a-f0 <<<"${hex:0:1}")${hex#?}" body
  # another key
  forged "$no" wandb --secret OTHER -H "X-Wandb-Signature: $KNOWN" body
  # truncated, lengthened, empty, another scheme's
  forged 'signature is not 32 bytes in base64' wandb --secret S -H "X-Wandb-Signature: ${KNOWN%?}" body
  forged 'signature is not 32 bytes in base64' wandb --secret S -H "X-Wandb-Signature: $KNOWN " body
  forged 'signature is not 32 bytes in base64' wandb --secret S -H "X-Wandb-Signature: $hex" body
  forged 'signature is not 64 hexadecimal digits' wandb-hex --secret S -H "X-Wandb-Signature: ${hex%?}" body
  forged 'signature is not 64 hexadecimal digits' wandb-hex --secret S -H "X-Wandb-Signature: $KNOWN" body
  forged 'signature does not start with sha256=' github --secret S -H "X-Hub-Signature-256: $hex" body
  forged 'signature is not 64 hexadecimal digits' github --secret S -H "X-Hub-Signature-256: sha256=" body
  forged 'the signature header is empty' wandb --secret S -H "X-Wandb-Signature:" body
  # headers that are missing
  forged 'no signature header' wandb --secret S body
  forged 'no signature header' github --secret S -H "X-Wandb-Signature: $KNOWN" body
  forged 'no webhook-id header' standard --secret S -H 'webhook-signature: v1,x' -H 'webhook-timestamp: 1' body
  forged 'no webhook-timestamp header' standard --secret S -H 'webhook-signature: v1,x' -H 'webhook-id: 1' body
  no_secret "$KEY" err out
}
test_case 'verify: forgeries are status 1, and say why' forgeries

verify_usage() {
  export S=$KEY
  printf '%s' "$KNOWN_BODY" >body
  verified 2 wandb -H "X-Wandb-Signature: $KNOWN" body
  verified 2 md5 --secret S body
  verified 2 wandb --secret S body body
  verified 2 wandb --secret 'S-1' body
  verified 2 wandb --secret S -H 'no colon' body
  verified 2 wandb --secret NOT_THERE -H "X-Wandb-Signature: $KNOWN" body
  expect_equal "$(<err)" 'wb-sign: secret NOT_THERE: not found in the environment, /run/secrets'
  verified 2 standard --secret S --tolerance never body
  verified 3 wandb --secret S -H "X-Wandb-Signature: $KNOWN" missing
  expect_equal "$(<err)" 'wb-sign: cannot read missing: No such file or directory'
  verified 3 wandb --secret S -H "X-Wandb-Signature: $KNOWN" .
  expect_status 2 wb-sign --secret S </dev/null 2>err
  expect_equal "$(<err)" 'wb-sign: --secret and --header go with --verify; records say themselves what signs them'
}
test_case 'verify: usage errors are status 2, a body that cannot be read status 3' verify_usage

verify_own() {
  local scheme file header
  export S=key
  bodies
  for scheme in wandb wandb-hex github standard; do
    for file in bodies/*; do
      record "$(plain "\"$scheme\"")" <"$file" | wb-sign --now 1700000000 >signed
      mapfile -t header < <(jq -r '.request.headers | to_entries[] | "--header", "\(.key): \(.value)"' signed)
      wb-sign --verify "$scheme" --now 1700000000 --secret S "${header[@]}" "$file" || fail "$scheme, $file"
    done
  done
}
test_case 'verify: what wb-sign signed, every scheme and body' verify_own

# ---- code of other hands ----

# deliver MEMBERS <BODY - sign with all schemes that go together, and send to the receiver
deliver() {
  record "$1" "${2-}" "$RECEIVER_URL/" | wb-sign >signed && wb-send --allow-http --allow-net 127.0.0.1 signed >receipt
}

npm_libraries() {
  local scheme file name
  bodies
  rm bodies/nul # not text
  for scheme in github standard wandb wandb-hex; do
    for name in PLAIN WHSEC; do
      # as a receiver has it, and as the sender has it
      export PLAIN='the signing key' WHSEC
      WHSEC=whsec_$(printf 'the signing key 2' | base64 -w 0)
      start_receiver --verify "$scheme" --secret-env "$name"
      for file in bodies/*; do
        # the one takes no empty body, the other none that is not JSON
        [[ $scheme.${file#*/} == @(github.empty|standard.empty|standard.escapes) ]] && continue
        deliver "$(plain "\"$scheme\"" "[\"\$$name\"]")" <"$file" || fail "$scheme with $name, $file: $(<receipt)"
      done
      printf '{"a":""}' | deliver "$(plain "\"$scheme\"" "[\"\$$name\"]")" '"secrets":[{"at":6,"ref":"$PLAIN"}]'
      printf '{}' | record "$(plain "\"$scheme\"" "[\"\$$name\"]")" '' "$RECEIVER_URL/" | wb-sign | sed 's/"body":"{}"/"body":"{ }"/' >signed
      # a time-stamped one is signed afresh, over what is sent
      if [[ $scheme == standard ]]; then
        expect_status 0 wb-send --allow-http --allow-net 127.0.0.1 signed >receipt
      else
        expect_status 1 wb-send --allow-http --allow-net 127.0.0.1 signed >receipt
        expect_equal "$(jq .http_status receipt)" 401 'a forgery'
      fi
      stop_receiver "$RECEIVER_PID"
    done
  done
}
test_case 'receivers: @octokit/webhooks-methods and standardwebhooks verify what arrives' npm_libraries

npm_rotation() {
  export NEW=new-key OLD=old-key
  for name in NEW OLD; do
    start_receiver --verify standard --secret-env "$name"
    printf '{}' | deliver "$(plain '"standard"' '["$NEW","$OLD"]')" || fail "$name: $(<receipt)"
    stop_receiver "$RECEIVER_PID"
  done
}
test_case 'receivers: standardwebhooks verifies with either key while they are rotated' npm_rotation

# start_webhook HOOKS - adnanh's webhook with the file HOOKS; sets WEBHOOK_URL
start_webhook() {
  local tries line pid port
  mkfifo webhook.log
  for tries in 1 2 3 4 5; do
    port=$((15000 + RANDOM % 17000))
    webhook -hooks "$1" -ip 127.0.0.1 -port "$port" -verbose -urlprefix hooks >webhook.log 2>&1 </dev/null &
    pid=$!
    exec {log}<webhook.log
    while read -r -t 60 -u "$log" line; do
      if [[ $line == *'serving hooks on'* ]]; then
        SERVERS+=("$pid")
        cat <&"$log" >>webhook.txt &
        SERVERS+=("$!")
        WEBHOOK_URL=http://127.0.0.1:$port/hooks
        return
      fi
      note "webhook, try $tries: $line"
    done
    exec {log}<&-
    wait "$pid" || :
  done
  fail 'webhook did not start'
}

adnanh() {
  local hook body=$KNOWN_BODY
  export S=$KEY
  cat >hooks.json <<END
[{"id":"github","execute-command":"/bin/true","response-message":"ran","trigger-rule-mismatch-http-response-code":403,
  "trigger-rule":{"match":{"type":"payload-hmac-sha256","secret":"$KEY","parameter":{"source":"header","name":"X-Hub-Signature-256"}}}},
 {"id":"wandb-hex","execute-command":"/bin/true","response-message":"ran","trigger-rule-mismatch-http-response-code":403,
  "trigger-rule":{"match":{"type":"payload-hmac-sha256","secret":"$KEY","parameter":{"source":"header","name":"X-Wandb-Signature"}}}}]
END
  start_webhook hooks.json
  for hook in github wandb-hex; do
    printf '%s' "$body" | record "$(plain "\"$hook\"")" '' "$WEBHOOK_URL/$hook" | wb-sign >signed
    wb-send --allow-http --allow-net 127.0.0.1 --show-response signed >receipt || fail "$hook: $(<receipt)"
    expect_equal "$(json receipt .response)" ran "$hook"
    sed 's/value2/value3/' signed >forged
    expect_status 1 wb-send --allow-http --allow-net 127.0.0.1 forged >receipt
    expect_match "$(json receipt .http_status)" '^(403|500)$'
  done
}
test_case "receivers: adnanh's webhook takes github and wandb-hex, and no forgery" adnanh
