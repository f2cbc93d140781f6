# shellcheck shell=bash
#
# lib.sh - what the parts of the benchmark source first, with their arguments
#
# There are: $top (the tree), $bin (the tools), $quick (1 with --quick, else 0), and a directory of this part, $work, the
# current one, gone at the end, as are servers started here. A part sets $count, which is n in figures.

set -u

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P) || exit 1
top=${bench%/*/*}
bin=${WB_BIN:-$top}
measure=${MEASURE:-$top/build/tests/bench/measure}
count=0 receiver_pid='' other_dir=''

die() {
  printf 'tests/bench/%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

case ${1-} in
  '') ;;
  --quick) ;;
  *)
    printf 'usage: tests/bench/%s [--quick]\n' "${0##*/}" >&2
    exit 2
    ;;
esac
# shellcheck disable=SC2034 # for the parts
[[ ${1-} == --quick ]] && quick=1 || quick=0
for program in "$measure" "$bin"/wb-{match,render,sign,send}; do
  [[ -x $program ]] || die "$program: not there; 'make bench' builds it"
done
unset "${!WB_@}" http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
work=$(mktemp -d "${TMPDIR:-/tmp}/wb-bench.XXXXXX") || exit 1

finish() {
  stop_nginx
  stop_receiver
  cd / && rm -rf "$work" ${other_dir:+"$other_dir"}
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$work" || exit 1

# ---- servers ----

# start_nginx - answer 200 on every path, as keep-alive as can be; sets port. The body is read and thrown away:
# otherwise the next request on the connection would not be one. /status counts the requests.
start_nginx() {
  local tries
  mkdir nginx
  for tries in 1 2 3 4 5; do
    # nginx cannot choose a port and tell: take one below those that the kernel hands out
    port=$((15000 + RANDOM % 17000))
    cat >nginx/conf <<END_OF_CONF
worker_processes 1;
pid $work/nginx/pid;
error_log $work/nginx/error.log;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path $work/nginx/body;
  proxy_temp_path $work/nginx/proxy;
  fastcgi_temp_path $work/nginx/fastcgi;
  uwsgi_temp_path $work/nginx/uwsgi;
  scgi_temp_path $work/nginx/scgi;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:$port backlog=1024;
    location / { return 200; }
    location = /status { stub_status; }
  }
}
END_OF_CONF
    nginx -e "$work/nginx/error.log" -p "$work/nginx" -c "$work/nginx/conf" >nginx/said 2>&1 && return
    grep -q 'Address already in use' nginx/said nginx/error.log || break
  done
  die "nginx did not start (try $tries): $(tail -n 5 nginx/said)"
}

# The pid file is gone when nginx is.
stop_nginx() {
  local tries pid=''
  [[ -s $work/nginx/pid ]] && read -r pid <"$work/nginx/pid"
  [[ -n $pid ]] && kill "$pid" || return 0
  for ((tries = 0; tries < 100; tries++)); do
    [[ -e $work/nginx/pid ]] || return 0
    sleep 0.05
  done
}

# requests_seen - by nginx until now, those for this number left out
status_requests=0
requests_seen() {
  ((++status_requests))
  requests=$(curl -sS --noproxy '*' "http://127.0.0.1:$port/status" | awk 'NR == 3 { print $3 }')
  [[ -n $requests ]] || die 'nginx does not tell what it has seen'
  ((requests -= status_requests))
}

# expect_requests N COMMAND… - COMMAND makes N requests
expect_requests() {
  local before
  requests_seen
  before=$requests
  "${@:2}"
  requests_seen
  ((requests - before == $1)) || die "nginx has seen $((requests - before)) requests, not $1, of: ${*:2}"
}

# start_receiver [OPTION…] - start tests/receiver.mjs, which checks wandb signatures; sets receiver_port and receiver_pid
start_receiver() {
  local word=''
  rm -f receiver.ready
  mkfifo receiver.ready
  node "$top/tests/receiver.mjs" --verify wandb --secret-env WEBHOOK_SECRET "$@" >receiver.ready &
  receiver_pid=$!
  # shellcheck disable=SC2034 # for the parts
  read -r -t 60 word receiver_port <receiver.ready
  [[ $word == ready ]] || die 'the receiver did not start'
}

stop_receiver() {
  [[ -n $receiver_pid ]] || return 0
  kill "$receiver_pid" && wait "$receiver_pid"
  receiver_pid=
}

# ---- deliveries: what parts with a receiver send ----

# github PORT - the automations of man/examples/github.json, to a port of this machine, with bodies of about 600 bytes
github_path=/repos/acme/deploy/dispatches
github_note=$(printf '%0287d' 0)
github() {
  # shellcheck disable=SC2016 # the $ are jq's
  jq --arg url "http://127.0.0.1:$1$github_path" --arg note "$github_note" '
    .webhooks["github-deploy"].url = $url |
    .automations[0].action.payload.client_payload.note = $note' "$top/man/examples/github.json"
}

# The secrets of that example; they open nothing.
export GITHUB_TOKEN=a-token-that-opens-nothing WEBHOOK_SECRET=a-key-for-measurements

# events COUNT PRODUCTION - of which PRODUCTION in 20 match
events() {
  awk -v count="$1" -v production="$2" -f "$bench/events.awk"
}

# sign CONFIGURATION FILE - the signed records that events make
sign() {
  "$bin/wb-match" -c "$1" "$2" | "$bin/wb-render" | "$bin/wb-sign"
}

# shellcheck disable=SC2034 # for the parts
send=("$bin/wb-send" -j64 --allow-http --allow-net 127.0.0.1)

# has_option NAME - wb-send knows it
has_option() {
  "$bin/wb-send" --help | grep -q -E -e "--$1\\>"
}

# ---- measuring ----

# progress RUN RUNS - for who waits
progress() {
  [[ -t 2 ]] && printf '\r%s: run %d of %d ' "${0##*/}" "$1" "$2" >&2
}
end_progress() {
  [[ -t 2 ]] && printf '\r%40s\r' '' >&2
}

# take NAME RUNS STATUS COMMAND… - add "nanoseconds KiB" lines to NAME.taken
take() {
  "$measure" "${@:2}" >>"$1.taken" 2>"$1.err" || die "$1: $(head -n 5 "$1.err")"
}

# median NAME - of the nanoseconds
median() {
  sort -n "$1.taken" | awk '{ t[NR] = $1 } END { print (t[int((NR + 1) / 2)] + t[int(NR / 2) + 1]) / 2 }'
}

# peak NAME - KiB
peak() {
  awk '$2 > max { max = $2 } END { print max }' "$1.taken"
}

# ---- the table ----

# row WHAT OURS PEER RATIO TARGET IS_MET
row() {
  printf '%-44s %15s %15s %8s  %-9s %s\n' "$@"
}

# compare WHAT OURS PEER TARGET FORMAT EXPRESSION - TARGET is '>= N', '<= N' or '< N'; of nanoseconds OURS and PEER, the
# awk EXPRESSION (of ns and n) is what FORMAT shows; what is faster has the greater ratio with >=, the smaller one else.
compare() {
  local what=$1 ours peer ratio met
  ours=$(median "$2")
  peer=$(median "$3")
  read -r ratio met < <(awk -v a="$ours" -v b="$peer" -v target="$4" 'BEGIN {
    split(target, t); r = t[1] == ">=" ? b / a : a / b
    met = t[1] == ">=" ? r >= t[2] : t[1] == "<=" ? r <= t[2] : r < t[2]
    printf "%.2f %s\n", r, met ? "met" : "not met" }')
  row "$what" "$(figure "$ours" "$5" "$6")" "$(figure "$peer" "$5" "$6")" "$ratio" "$4" "$met"
}
figure() {
  awk -v ns="$1" -v n="$count" "BEGIN { printf \"$2\", $3 }"
}

# memory WHAT NAME MIB - of NAME and of few-NAME; both are to stay below MIB
memory() {
  local many few
  many=$(peak "$2")
  few=$(peak "few-$2")
  row "$1" "$(mib "$many")" "$(mib "$few")" "$(awk -v a="$many" -v b="$few" 'BEGIN { printf "%.2f", a / b }')" "< $3 MiB" \
    "$( ((many < $3 * 1024 && few < $3 * 1024)) && echo met || echo 'not met')"
}
mib() {
  awk -v kib="$1" 'BEGIN { printf "%.1f MiB", kib / 1024 }'
}
