# shellcheck shell=bash
#
# lib.sh - what every tests/*.test.sh sources first
#
#   . "$(dirname "$0")/lib.sh"
#   adds_alias() {
#     wb-event alias a/m/c:v3 production >event.jsonl
#     expect_equal "$(json event.jsonl .alias)" production
#   }
#   test_case 'alias: the alias stands in the event' adds_alias
#
# There are: $TOP and $TESTS (the tree and its tests/), $WB_BIN (the tools, first in PATH), $SHIM_DIR (the preload
# libraries), and $T: a directory of this test file, the current one, gone at the end (KEEP=1 keeps it).
# A case runs in a subshell with set -e, pipefail and no input; servers that it started end with it, servers started
# outside of cases end with the file. Outside of cases a failed expectation ends the file.
# Two things set -e cannot see: `command | grep -q` may fail because grep leaves early (catch the output and use
# expect_match), and `local x=$(command)` hides the status (declare first, then assign).

set -u
set +e

TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P) || exit 2
TOP=${TESTS%/*}
WB_BIN=$(cd "${WB_BIN:-$TOP}" && pwd -P) || exit 2
SHIM_DIR=${SHIM_DIR:-$TOP/build/tests}
FAILED=0
SERVERS=()
CASE=

# A test must not find what the person or machine that runs it has set: secrets, proxies, settings of the tools.
scrub_environment() {
  local name
  for name in $(compgen -e); do
    case $name in
      WB_BIN) ;;
      WB_* | WANDB_* | *_proxy | *_PROXY | *_TOKEN | *_KEY | *_SECRET* | *_PASSWORD | CREDENTIALS_DIRECTORY | \
        SSL_CERT_* | CURL_* | NODE_* | RESOLVE_* | FAIL_ALLOC* | BASH_ENV | ENV | LANG | LANGUAGE | LC_*)
        unset "$name"
        ;;
    esac
  done
}

scrub_environment
T=$(mktemp -d "${TMPDIR:-/tmp}/wb-test.XXXXXX") || exit 2
mkdir "$T/home" || exit 2
export WB_BIN LC_ALL=C.UTF-8 HOME=$T/home TMPDIR=$T PATH=$WB_BIN:$PATH:/usr/sbin:/sbin
umask 022
ulimit -c 0
cd "$T" || exit 2

finish() {
  local status=$?
  stop_servers
  if [[ -n ${KEEP-} ]]; then printf '# kept: %s\n' "$T"; else rm -rf "$T"; fi
  ((status == 0 && FAILED > 0)) && status=1
  exit "$status"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- cases ----

# as_comments - standard input as comment lines that do no harm to a terminal
as_comments() {
  LC_ALL=C tr -d '\000-\010\013-\037\177' | sed 's/^/# /'
}

# note TEXT… - say something that is shown if the case fails, wherever standard output goes at the moment
note() {
  if [[ -n $CASE ]]; then printf '%s\n' "$*" >>"$CASE.notes"; else printf '%s\n' "$*" | as_comments; fi
}

# fail TEXT… - the case has failed (outside of cases: the file)
fail() {
  note "$@"
  [[ -n $CASE ]] && return 1
  printf 'not ok - %s, outside of any case\n' "${0##*/}"
  exit 1
}

# skip REASON - the rest of the case (outside of cases: of the file) cannot be run here
skip() {
  if [[ -n $CASE ]]; then printf '%s' "$*" >"$CASE.skip"; else printf 'ok - %s # skip %s\n' "${0##*/}" "$*"; fi
  exit 0
}

# Called by the ERR trap: where in the test file it was, through its helpers, and which command, unless an expectation
# has said so.
note_where() {
  local status=$1 command=$2 where='' i
  [[ -e $CASE.where ]] && return
  for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
    [[ ${FUNCNAME[i]} == test_case ]] && break
    [[ ${BASH_SOURCE[i]} == "${BASH_SOURCE[0]}" ]] && continue
    where+=${where:+, from }${BASH_SOURCE[i]##*/}:${BASH_LINENO[i - 1]}
  done
  [[ ${BASH_SOURCE[1]} == "${BASH_SOURCE[0]}" ]] || where+=": status $status: $command"
  printf '%s\n' "$where" >"$CASE.where"
}

# test_case NAME FUNCTION
test_case() {
  local name=$1 function=$2 status
  (
    set -e
    false
    exit 77
  )
  if [[ $? == 77 ]]; then
    printf 'not ok - %s\n# test_case stands in a condition, where set -e is void\n' "$name"
    exit 1
  fi
  CASE=$T/.case
  rm -f "$CASE".*
  : >"$CASE.notes"
  (
    # shellcheck disable=SC2030 # local to the case on purpose
    SERVERS=()
    trap 'set +e; trap - ERR; stop_servers' EXIT
    trap 'note_where "$?" "$BASH_COMMAND"' ERR
    shopt -s inherit_errexit
    set -eE -o pipefail
    "$function"
  ) >"$CASE.out" 2>&1 </dev/null
  status=$?
  if ((status != 0)); then
    printf 'not ok - %s\n' "$name"
    ((FAILED++))
    [[ -e $CASE.where ]] || printf 'the case ended with status %s\n' "$status" >"$CASE.where"
    cat "$CASE.where" "$CASE.notes" | as_comments
    tail -n 100 "$CASE.out" | as_comments
  elif [[ -e $CASE.skip ]]; then
    printf 'ok - %s # skip %s\n' "$name" "$(<"$CASE.skip")"
  else
    printf 'ok - %s\n' "$name"
  fi
  CASE=
}

# ---- expectations: silent and 0 when they hold ----

# expect_status N COMMAND… - redirections after it are the command's
expect_status() {
  local want=$1 got=0
  shift
  "$@" || got=$?
  [[ $got == "$want" ]] || fail "status $got, expected $want:$(printf ' %q' "$@")"
}

# expect_equal GOT WANT [WHAT]
expect_equal() {
  local what=${3:-value}
  [[ $1 == "$2" ]] && return
  if [[ $1$2 == *$'\n'* ]]; then
    fail "$what: $(diff -a -u --label want --label got <(printf '%s\n' "$2") <(printf '%s\n' "$1"))"
  else
    fail "$what: got  $1"$'\n'"$what: want $2"
  fi
}

# expect_file FILE WANTFILE - the same bytes
expect_file() {
  cmp -s -- "$1" "$2" && return
  fail "$1: not as expected: $(diff -a -u -- "$2" "$1" 2>&1 | head -n 60)"
}

# expect_match TEXT REGEX - extended; ^ and $ are the ends of the whole text
expect_match() {
  [[ $1 =~ $2 ]] || fail "no match for $2 in: $1"
}

# expect_no_match TEXT REGEX
expect_no_match() {
  local status=0
  # shellcheck disable=SC2319 # a malformed regex gives 2 and must not pass
  [[ $1 =~ $2 ]] || status=$?
  ((status == 1)) || fail "unexpected match for $2 (or no regex) in: $1"
}

# expect_empty FILE - it is there and holds nothing
expect_empty() {
  if [[ ! -f $1 ]]; then
    fail "$1: no such file"
  elif [[ -s $1 ]]; then
    fail "$1: not empty: $(head -n 20 -- "$1" | tr -d '\000')"
  fi
}

# json FILE PROGRAM [OPTION…] - what jq -r prints
json() {
  jq -r "${@:3}" "$2" "$1"
}

# The 13 spellings that a secret could hide in, each after its name and a blank.
secret_spellings() {
  local value=$1 hex uri json base64 pad
  hex=$(printf '%s' "$value" | od -An -v -tx1 | tr -d '\n')
  uri=$(printf '%s' "$value" | jq -Rrs @uri)
  printf 'raw %s\nhex %s\nurl %s\nurl %s\nurl %s\n' "$value" "${hex// /}" "$uri" "${uri//'%20'/+}" "${hex// /%}"
  json=$(printf '%s' "$value" | jq -Rs .)
  printf 'json %s\n' "${json:1:-1}"
  json=$(printf '%s' "$value" | jq -Rsa .)
  printf 'json %s\n' "${json:1:-1}"
  # Inside of longer data it can start at any of three places of a base64 group; the characters that it shares with
  # its neighbours are left out.
  for pad in '' . ..; do
    base64=$(printf '%s' "$pad$value" | base64 -w 0)
    [[ $base64 == *= ]] && base64=${base64%%=*} base64=${base64%?}
    [[ -n $pad ]] && base64=${base64:${#pad}+1}
    printf 'base64 %s\nbase64 %s\n' "$base64" "$(tr '+/' '-_' <<<"$base64")"
  done
}

# no_secret VALUE FILE… - VALUE (8 bytes or more, one line) stands in none of the files or directories, in no spelling
no_secret() {
  local value=$1 spelling spellings found status
  shift
  if [[ ${#value} -lt 8 || $value == *$'\n'* || $# -eq 0 ]]; then
    fail 'no_secret: needs 8 characters or more, and a file'
    return
  fi
  mapfile -t spellings < <(secret_spellings "$value")
  ((${#spellings[@]} == 13)) || fail 'no_secret: spellings are missing'
  for spelling in "${spellings[@]}"; do
    status=0
    found=$(LC_ALL=C grep -r -l -a -i -F -e "${spelling#* }" -- "$@" 2>&1) || status=$?
    ((status == 1)) && continue
    fail "the secret (${spelling%% *}) stands in, or cannot be looked for: $found"
    return
  done
}

# ---- servers ----

# stop_server PID - end a server of this shell (a case cannot stop one that was started outside of it)
stop_server() {
  local pid=$1 status=0 other rest=()
  kill "$pid" 2>/dev/null || :
  wait "$pid" 2>/dev/null || status=$?
  ((status == 0)) || printf 'server %s ended with status %s\n' "$pid" "$status"
  # shellcheck disable=SC2031
  for other in ${SERVERS[@]+"${SERVERS[@]}"}; do
    [[ $other == "$pid" ]] || rest+=("$other")
  done
  SERVERS=(${rest[@]+"${rest[@]}"})
}

stop_servers() {
  while ((${#SERVERS[@]} > 0)); do stop_server "${SERVERS[0]}"; done
}

# await_line FILE REGEX - wait until a line of FILE, which need not be there yet, matches
await_line() {
  local line pid lines found=
  : >>"$1"
  exec {lines}< <(exec tail -n +1 -f -- "$1")
  pid=$!
  while [[ -z $found ]] && read -r -t 60 -u "$lines" line; do
    if [[ $line =~ $2 ]]; then found=1; fi
  done
  kill "$pid" || :
  exec {lines}<&-
  [[ -n $found ]] || fail "no line in $1 that matches $2"
}

# start_receiver [OPTION…] - start tests/receiver.mjs with these options; sets RECEIVER_URL, RECEIVER_PORT, RECEIVER_LOG
# (one JSON line a request, there from the start) and RECEIVER_PID
start_receiver() {
  local dir scheme=http host=127.0.0.1 i word=
  for ((i = 1; i <= $#; i++)); do
    [[ ${!i} == --tls ]] && scheme=https
    [[ ${!i} == --listen ]] && host=${*:i+1:1}
  done
  [[ $host == *:* ]] && host="[$host]"
  dir=$(mktemp -d "$T/receiver.XXXXXX")
  mkfifo "$dir/ready"
  RECEIVER_LOG=$dir/log.jsonl
  : >"$RECEIVER_LOG"
  node "$TESTS/receiver.mjs" --log "$RECEIVER_LOG" "$@" >"$dir/ready" 2>"$dir/stderr" </dev/null &
  RECEIVER_PID=$!
  SERVERS+=("$RECEIVER_PID")
  read -r -t 60 word RECEIVER_PORT <"$dir/ready" || :
  # shellcheck disable=SC2034 # for the tests
  RECEIVER_URL=$scheme://$host:$RECEIVER_PORT
  [[ $word == ready ]] || fail "the receiver did not start: $(<"$dir/stderr")"
}

# stop_receiver [PID] - the one started last, or that one; when this returns its port is closed
stop_receiver() {
  stop_server "${1:-$RECEIVER_PID}"
}

# answers <SCRIPT - start a receiver with these answers
answers() {
  cat >script.json
  start_receiver --script script.json
}

# fresh - go to a directory of this case
fresh() {
  cd "$(mktemp -d "$T/case.XXXXXX")"
}

# ended STATUS - $SENDER, which was started, ends with it; what it said is in err
ended() {
  local status=0
  wait "$SENDER" || status=$?
  expect_equal "$status" "$1" "status ($(head -n 3 err))"
}

# counts FILE - how many receipts of each status and reason
counts() {
  jq -r '[.status, .reason // empty] | join(" ")' "$1" | sort | uniq -c | awk '{ $1 = $1; print }' | paste -s -d ,
}

# await_requests N - wait until $RECEIVER_LOG has N lines
await_requests() {
  local wanted=$1 seen lines pid
  exec {lines}< <(exec tail -n +1 -f -- "$RECEIVER_LOG")
  pid=$!
  for ((seen = 0; seen < wanted; seen++)); do
    read -r -t 60 -u "$lines" || break
  done
  kill "$pid" || :
  exec {lines}<&-
  ((seen == wanted)) || fail "the receiver has got $seen requests, expected $wanted"
}

# start_wandb [OPTION…] - start tests/wandb.mjs, a stand-in W&B server, with these options; sets WANDB_URL, WANDB_PORT,
# WANDB_KEY (the API key that it wants), WANDB_LOG (one JSON line a request, there from the start) and WANDB_PID
start_wandb() {
  local dir scheme=http word=
  [[ " $* " == *' --tls '* ]] && scheme=https
  dir=$(mktemp -d "$T/wandb.XXXXXX")
  mkfifo "$dir/ready"
  WANDB_LOG=$dir/log.jsonl
  : >"$WANDB_LOG"
  WANDB_KEY=0f9e8d7c6b5a49382716f5e4d3c2b1a098765432
  WANDB_KEY=$WANDB_KEY node "$TESTS/wandb.mjs" --key-env WANDB_KEY --log "$WANDB_LOG" "$@" \
    >"$dir/ready" 2>"$dir/stderr" </dev/null &
  WANDB_PID=$!
  SERVERS+=("$WANDB_PID")
  read -r -t 60 word WANDB_PORT <"$dir/ready" || :
  WANDB_URL=$scheme://127.0.0.1:$WANDB_PORT
  [[ $word == ready ]] || fail "the stand-in W&B server did not start: $(<"$dir/stderr")"
}

# wandb_do [JSON] - give the stand-in W&B server a command or a list of commands (default: standard input), as
# tests/wandb.mjs says; prints the result
wandb_do() {
  local result status=0
  result=$(printf '%s' "${1-$(cat)}" |
    curl -q -sS -k -m 120 --fail-with-body --data-binary @- "$WANDB_URL/control") || status=$?
  ((status == 0)) || fail "wandb_do: $result"
  printf '%s\n' "$result"
}

# start_nginx CONF - start nginx with the file CONF inside of http { }, where @PORT@ is a free port and @DIR@ a
# directory of its own; sets NGINX_PORT, NGINX_DIR (access.log, error.log) and NGINX_PID
start_nginx() {
  local conf=$1 line tries lines
  NGINX_DIR=$(mktemp -d "$T/nginx.XXXXXX")
  mkfifo "$NGINX_DIR/stderr"
  for tries in 1 2 3 4 5; do
    # nginx cannot choose a port and tell: take one below those that the kernel hands out, and try again if taken
    NGINX_PORT=$((15000 + RANDOM % 17000))
    nginx_configuration "$conf" >"$NGINX_DIR/nginx.conf"
    # it goes on talking to a standard error that nobody reads any more
    (trap '' PIPE && exec nginx -e stderr -p "$NGINX_DIR" -c "$NGINX_DIR/nginx.conf") 2>"$NGINX_DIR/stderr" </dev/null &
    NGINX_PID=$!
    lines=
    while read -r -t 60 line; do
      lines+=$line$'\n'
      if [[ $line == *'[notice]'*'using the "'* ]]; then # said once all ports are open
        SERVERS+=("$NGINX_PID")
        return
      fi
    done <"$NGINX_DIR/stderr"
    kill "$NGINX_PID" 2>/dev/null || :
    wait "$NGINX_PID" || :
    [[ $lines == *'Address already in use'* ]] || break
  done
  fail "nginx did not start (try $tries): $lines"
}

nginx_configuration() {
  local temp
  printf 'daemon off;\nmaster_process off;\npid %s/pid;\n' "$NGINX_DIR"
  printf 'error_log stderr notice;\nerror_log %s/error.log notice;\n' "$NGINX_DIR"
  printf 'events { worker_connections 512; }\nhttp {\naccess_log %s/access.log;\n' "$NGINX_DIR"
  for temp in client_body proxy fastcgi uwsgi scgi; do
    printf '%s_temp_path %s/%s;\n' "$temp" "$NGINX_DIR" "$temp"
  done
  sed -e "s|@PORT@|$NGINX_PORT|g" -e "s|@DIR@|$NGINX_DIR|g" -- "$1"
  printf '}\n'
}

# make_test_ca - make a certificate authority and three servers' certificates in $T/ca; sets CA_FILE and, as CERT,KEY
# for --tls: SERVER_TLS (localhost, receiver.test, 127.0.0.1, ::1), EXPIRED_TLS (the same, long ago), WRONG_HOST_TLS
# (other.test)
make_test_ca() {
  local dir=$T/ca
  # shellcheck disable=SC2034 # for the tests
  CA_FILE=$dir/ca.pem SERVER_TLS=$dir/server.pem,$dir/server.key EXPIRED_TLS=$dir/expired.pem,$dir/expired.key \
    WRONG_HOST_TLS=$dir/wrong-host.pem,$dir/wrong-host.key
  mkdir "$dir"
  test_ca_configuration "$dir" >"$dir/conf"
  : >"$dir/index"
  {
    openssl req -x509 -config "$dir/conf" -extensions authority -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
      -subj '/CN=test authority' -days 3650 -keyout "$dir/ca.key" -out "$dir/ca.pem" &&
      make_certificate server "$(date -u -d yesterday +%Y%m%d%H%M%SZ)" 20991231235959Z &&
      make_certificate expired 20010101000000Z 20020101000000Z &&
      make_certificate wrong-host "$(date -u -d yesterday +%Y%m%d%H%M%SZ)" 20991231235959Z
  } >"$dir/log" 2>&1 || fail "no test certificates: $(<"$dir/log")"
}

# make_certificate NAME FROM TO - only `openssl ca` can date a certificate in every version of openssl
make_certificate() {
  local dir=$T/ca
  openssl req -config "$dir/conf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$dir/$1.key" -out "$dir/$1.csr" &&
    openssl ca -batch -notext -config "$dir/conf" -extensions "$1" -startdate "$2" -enddate "$3" \
      -in "$dir/$1.csr" -out "$dir/$1.pem"
}

test_ca_configuration() {
  local dir=$1 here=DNS:localhost,DNS:receiver.test,IP:127.0.0.1,IP:::1
  cat <<END
[ca]
default_ca = test
[test]
database = $dir/index
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
rand_serial = yes
unique_subject = no
policy = any
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[server]
subjectAltName = $here
[expired]
subjectAltName = $here
[wrong-host]
subjectAltName = DNS:other.test
END
}

# ---- preload libraries: tests/shim/ ----

# with_shim NAME COMMAND…
with_shim() {
  local shim=$SHIM_DIR/$1.so
  shift
  [[ -f $shim ]] || fail "$shim: not built"
  # a sanitizer's run time wants to be the first library, but does not need to be
  LD_PRELOAD=${LD_PRELOAD:+$LD_PRELOAD:}$shim ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0 "$@"
}

# with_resolver MAP COMMAND… - names are looked up in the file MAP only; look-ups and connections are listed in
# $T/resolve.log, which is emptied first
with_resolver() {
  : >"$T/resolve.log"
  RESOLVE_MAP=$1 RESOLVE_LOG=$T/resolve.log with_shim resolve "${@:2}"
}

# fail_alloc N COMMAND… - the Nth allocation fails (FAIL_ALLOC_STICKY=1: and all after it; FAIL_ALLOC_ALL=1: those of
# libraries count too)
fail_alloc() {
  FAIL_ALLOC=$1 with_shim failalloc "${@:2}"
}

# fail_each_alloc STATUSES COMMAND… - run COMMAND as often as it allocates, each time with another allocation failing;
# its status must be one of STATUSES ('0|3'), the first of which is that of a run where none fails.
# Output goes to files in $T: fail_alloc.out, fail_alloc.err
fail_each_alloc() {
  local statuses=$1 out=$T/fail_alloc count n status
  shift
  ! grep -q -a -E '__(asan|msan|tsan)_init' "$(type -P "$1")" || skip 'a sanitizer has its own allocator'
  rm -f "$out.count"
  FAIL_ALLOC_COUNT=$out.count expect_status "${statuses%%|*}" fail_alloc 0 "$@" >"$out.out" 2>"$out.err"
  count=$(<"$out.count")
  ((count > 0)) || fail "$1 allocates nothing"
  for ((n = 1; n <= count; n++)); do
    status=0
    fail_alloc "$n" "$@" >"$out.out" 2>"$out.err" || status=$?
    [[ $status =~ ^($statuses)$ ]] && continue
    fail "allocation $n of $count fails: status $status, expected $statuses:$(printf ' %q' "$@")"
    return
  done
}
