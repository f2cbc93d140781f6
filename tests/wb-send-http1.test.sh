#!/usr/bin/env bash
#
# wb-send-http1.test.sh - wb-send's own HTTP/1.1 over real sockets: answers that come early, late, in pieces or with the
# end of the connection; connections kept, closed and shared out; addresses of a name; memory. What responses mean is
# tested by unit/http1_parser.c.

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# records N URL… - so many for each URL, one URL after the other in turn; their bodies are the numbers from 1
records() {
  jq -n -c --argjson n "$1" '[range($n) as $i | $ARGS.positional[]] | to_entries[] |
    {delivery_id: "d-\(.key + 1)", event: {event_type: "x"}, automation: {name: "a"},
     request: {url: .value, headers: {}, body: "\(.key + 1)"}}' --args "${@:2}"
}

# send ARGUMENT… - wb-send to this machine
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 --allow-net ::1 --retries 0 --breaker 0 --order none --progress never "$@"
}

# requests N - the receiver has got so many
requests() {
  expect_equal "$(wc -l <"$RECEIVER_LOG")" "$1" 'requests'
}

# ends FILE - how many receipts there are of each kind: "N status class"
ends() {
  jq -r '[.status, .error.class // "-"] | join(" ")' "$1" | sort | uniq -c | tr -s ' ' | sed 's/^ //'
}

# connections - how many the receiver has got, as far as they had requests
connections() {
  jq -r .connection "$RECEIVER_LOG" | sort -u | wc -l
}

# start_server SOURCE [ARGUMENT…] - a program for Node.js: it has net, path (of a file for what it has seen) and ready(),
# to be called with its server or port once that listens; sets SERVER_PORT and SERVER_LOG
start_server() {
  local dir
  dir=$(mktemp -d "$T/server.XXXXXX")
  SERVER_LOG=$dir/log
  : >"$SERVER_LOG"
  mkfifo "$dir/ready"
  cat >"$dir/server.mjs" <<END
import fs from 'node:fs';
import net from 'node:net';
const [, , path, ...args] = process.argv;
const note = (text) => fs.appendFileSync(path, text + '\n');
const listen = (take, host = '127.0.0.1', port = 0) => {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.setNoDelay(true).on('error', () => {});
    take(socket);
  });
  server.listen(port, host, () => fs.writeSync(1, server.address().port + '\n'));
  return server;
};
$1
END
  node "$dir/server.mjs" "$SERVER_LOG" "${@:2}" >"$dir/ready" &
  SERVERS+=("$!")
  read -r -t 60 SERVER_PORT <"$dir/ready" || fail 'the server did not start'
}

# big N - a record body of so many bytes
big() {
  head -c "$1" /dev/zero | tr '\0' x
}

# ---- requests ----

# record_with FILE URL - a record whose body is FILE
record_with() {
  jq -n -c --rawfile body "$1" --arg url "$2" '{delivery_id: "d-1", event: {event_type: "x"}, automation: {name: "a"},
    request: {url: $url, headers: {}, body: $body}}'
}

early_answer() {
  big 9000000 >body
  # it answers after the first bytes and reads no more until the other side has closed
  start_server 'listen((socket) => socket.once("data", () => {
    socket.pause();
    socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch");
    note("answered");
  }));'
  { record_with body "http://127.0.0.1:$SERVER_PORT/" && record_with body "http://127.0.0.1:$SERVER_PORT/"; } >in
  expect_status 1 send -j 1 --max-line 16M in >receipts
  expect_equal "$(jq -r '[.http_status, .error.class, .response] | join(" ")' receipts)" $'413 http much\n413 http much'
  expect_equal "$(wc -l <"$SERVER_LOG")" 2 'connections: one that has not taken all of a request is not used again'
}
test_case 'early answer: while a large body is still being sent' early_answer

early_reset() {
  big 9000000 >body
  # unread bytes at the close make it a reset, perhaps before the answer was read: then it is no answer
  start_server 'listen((socket) => socket.once("data", () => {
    socket.pause();
    socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nmuch", () => socket.destroy());
  }));'
  record_with body "http://127.0.0.1:$SERVER_PORT/" | expect_status 1 send --max-line 16M >receipt
  expect_match "$(jq -r '[.http_status, .error.class] | map(tostring) | join(" ")' receipt)" '^(413 http|null reset)$'
}
test_case 'early answer: and a reset behind it' early_reset

big_both_ways() {
  { big 3000000 && head -c 3000000 /dev/urandom | base64 -w 0; } >body
  answers <<<'{"*":[{"body_bytes":900000}]}'
  for n in 1 2 3; do record_with body "$RECEIVER_URL/$n"; done >in
  send -j 2 --max-line 16M --max-response 1M --show-response in >receipts
  expect_equal "$(jq -r '.response | length' receipts)" $'900000\n900000\n900000'
  requests 3
  jq -r .body_base64 "$RECEIVER_LOG" | while read -r got; do base64 -d <<<"$got" | cmp - body; done
}
test_case 'requests: bodies that are too big for one write, and big answers' big_both_ways

targets() {
  local path
  start_receiver
  for path in '' '?q=1' '/' '//a//b' '/a/../b/./c' '/%2e%2E/%41?a=%20&b=+&c=?/' "/~!\$&'()*+,;=:@" '/a?'; do
    records 1 "$RECEIVER_URL$path"
  done >in
  send -j 1 in >receipts || fail "$(<receipts)"
  jq -r .path "$RECEIVER_LOG" >got
  printf '%s\n' / '/?q=1' / //a//b /a/../b/./c '/%2e%2E/%41?a=%20&b=+&c=?/' "/~!\$&'()*+,;=:@" '/a?' >want
  expect_file got want
}
test_case 'requests: path and query as in the URL, byte for byte' targets

host_header() {
  start_receiver
  printf 'receiver.test 127.0.0.1\n' >map
  records 1 "http://RECEIVER.test:$RECEIVER_PORT/" "http://receiver.test.:$RECEIVER_PORT/" "$RECEIVER_URL" >in
  with_resolver map send -j 1 in >receipts
  expect_equal "$(jq -r '.headers[1]' "$RECEIVER_LOG")" \
    "$(printf '%s:%s\n' receiver.test "$RECEIVER_PORT" receiver.test "$RECEIVER_PORT" 127.0.0.1 "$RECEIVER_PORT")"
}
test_case 'requests: Host' host_header

default_port() {
  # nothing listens there: the port can be asked for by nobody but root
  (start_receiver --listen 127.0.0.87 --port 80 && stop_servers) >out 2>&1 || skip 'port 80 of 127.0.0.87 cannot be had'
  start_receiver --listen 127.0.0.87 --port 80
  records 1 http://127.0.0.87/ http://127.0.0.87:80/ >in
  send -j 1 in >receipts
  expect_equal "$(jq -r '.headers[1]' "$RECEIVER_LOG")" $'127.0.0.87\n127.0.0.87'
  expect_equal "$(connections)" 1
}
test_case 'requests: port 80 does not stand in Host' default_port

ipv6() {
  (start_receiver --listen ::1 && stop_servers) >out 2>&1 || skip 'no IPv6'
  start_receiver --listen ::1
  records 4 "$RECEIVER_URL/" >in
  send -j 1 in >receipts
  requests 4
  expect_equal "$(connections)" 1
  expect_equal "$(jq -r '.headers[1]' "$RECEIVER_LOG" | sort -u)" "[::1]:$RECEIVER_PORT"
}
test_case 'requests: to ::1' ipv6

# ---- answers ----

pieces() {
  # each byte is a packet of its own
  start_server 'listen((socket) => {
    const bytes = Buffer.from("HTTP/1.1 103 x\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nX: a\r\n b\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nok\r\n1\r\n!\r\n0\r\nT: x\r\n\r\n");
    note("connection");
    socket.on("data", () => {
      let i = 0;
      const step = () => i < bytes.length && socket.write(bytes.subarray(i, ++i), () => setImmediate(step));
      step();
    });
  });'
  records 20 "http://127.0.0.1:$SERVER_PORT/" | send -j 1 --show-response >receipts
  expect_equal "$(jq -r '[.status, .response] | join(" ")' receipts | sort | uniq -c | tr -s ' ')" ' 20 finished ok!'
  expect_equal "$(wc -l <"$SERVER_LOG")" 1 'connections'
}
test_case 'answers: one byte at a time, and the connection is kept' pieces

with_fin() {
  # the end of the connection comes with the answer, which does not announce it
  start_server 'let n = 0;
  const heads = ["Content-Length: 2\r\n\r\nok", "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "\r\nok"];
  listen((socket) => {
    note("connection");
    socket.on("data", () => socket.end("HTTP/1.1 200 OK\r\n" + heads[n++ % 3]));
  });'
  # a host each: the end may come just behind the answer, and the next request must not meet it
  seq -f 'h%.0f.test 127.0.0.1' 60 >map
  # shellcheck disable=SC2046 # hosts
  records 1 $(seq -f "http://h%.0f.test:$SERVER_PORT/" 60) >in
  with_resolver map send -j 4 --show-response in >receipts
  expect_equal "$(jq -r '[.status, .response] | join(" ")' receipts | sort | uniq -c | tr -s ' ')" ' 60 finished ok'
  expect_equal "$(wc -l <"$SERVER_LOG")" 60 'connections'
}
test_case 'answers: together with the end of the connection' with_fin

half_closed() {
  # a server that closes its side at once, and answers nothing
  start_server 'listen((socket) => socket.end().resume());'
  records 5 "http://127.0.0.1:$SERVER_PORT/" | expect_status 1 send >receipts
  expect_equal "$(ends receipts)" '5 failed reset'
  expect_equal "$(jq -r .error.text receipts | sort -u)" \
    'the connection was closed without an answer; whether the request arrived is not known'
}
test_case 'answers: none, but the end of the connection' half_closed

behind_the_answer() {
  # bytes that nobody asked for are not the answer to the next request
  start_server 'listen((socket) => {
    note("connection");
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
  });'
  records 10 "http://127.0.0.1:$SERVER_PORT/" | send -j 1 --show-response >receipts
  expect_equal "$(jq -r .response receipts | sort -u)" ok
  expect_equal "$(wc -l <"$SERVER_LOG")" 10 'connections'
}
test_case 'answers: an answer that was not asked for is nobody'"'"'s' behind_the_answer

late_body() {
  # a status that has no body, and one all the same, once the next request is there
  start_server 'listen((socket) => {
    note("connection");
    socket.once("data", () => {
      socket.write("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n");
      socket.on("data", () => socket.write("okHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
    });
  });'
  records 5 "http://127.0.0.1:$SERVER_PORT/" | send -j 1 >receipts
  expect_equal "$(wc -l <"$SERVER_LOG")" 5 'connections'
}
test_case 'answers: a connection whose 204 says that it has a body is not used again' late_body

too_many_chunks() {
  jq -n '{"*": [{raw: ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{\"ok\":true}\r\n" + "1\r\n \r\n" * 200000 + "3\r\n...\r\n0\r\n\r\n")}]}' >script.json
  start_receiver --script script.json
  records 1 "$RECEIVER_URL/" | jq -c '.request.success_when = ".ok"' >in
  expect_status 1 send in >receipt
  expect_equal "$(jq -r '[.status, .error.class, .error.text] | join(" ")' receipt)" \
    'failed rejected success_when: the response is longer than 1048576 bytes, too long for success_when'
}
test_case 'answers: of too many chunks, the rest is known to be missing' too_many_chunks

# ---- connections ----

# live COMMAND… - start it with a pipe to write to, LIVE_IN, and one to read from, LIVE_OUT
live() {
  coproc LIVE { "$@"; }
  # shellcheck disable=SC2153 # set by coproc
  LIVE_IN=${LIVE[1]} LIVE_OUT=${LIVE[0]} LIVE_WAIT=$LIVE_PID
}

idle_close() {
  local n line
  start_server 'listen((socket) => {
    note("connection");
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", () => {
      socket.end(); // a little later, without a word
      socket.on("end", () => note("end"));
    }));
  });'
  RECEIVER_LOG=$SERVER_LOG
  live send -j 1
  for n in 1 2 3 4; do
    records 1 "http://127.0.0.1:$SERVER_PORT/" >&"$LIVE_IN"
    read -r -t 60 -u "$LIVE_OUT" line
    expect_equal "$(jq -r '.status' <<<"$line")" finished "delivery $n"
    # wb-send has seen the end once it closes, too
    await_requests $((2 * n))
  done
  eval "exec $LIVE_IN>&-"
  wait "$LIVE_WAIT"
  expect_equal "$(grep -c connection "$SERVER_LOG")" 4 'connections'
}
test_case 'connections: the server closes one that is idle; the next delivery gets another' idle_close

many_hosts() {
  local i
  answers <<<'{"*":[{}]}'
  for ((i = 1; i <= 50; i++)); do printf 'h%d.test 127.0.0.1\n' "$i"; done >map
  # shellcheck disable=SC2046 # hosts
  records 3 $(seq -f "http://h%.0f.test:$RECEIVER_PORT/" 50) >in
  with_resolver map send -j 4 in >receipts
  expect_equal "$(ends receipts)" '150 finished -'
  # every delivery is named by the host that it is for
  expect_equal "$(jq -r '"\(.headers[1]) \(.body_base64 | @base64d | (tonumber - 1) % 50 + 1)"' "$RECEIVER_LOG" |
    awk -v port="$RECEIVER_PORT" '$1 != "h" $2 ".test:" port' | wc -l)" 0 'wrong hosts'
  # no connection is used for two hosts
  expect_equal "$(jq -r '"\(.connection) \(.headers[1])"' "$RECEIVER_LOG" | sort -u | cut -d ' ' -f 1 | uniq -d)" ''
}
test_case 'connections: to many hosts, none used for two' many_hosts

same_hash() {
  local one=hooks0internals0.test other=hsyfarq3bmm9w8a9.test # found by turning hash_bytes around
  start_receiver --listen 127.0.0.1
  local port=$RECEIVER_PORT log=$RECEIVER_LOG
  start_receiver --listen 127.0.0.2 --port "$port"
  printf '%s 127.0.0.1\n%s 127.0.0.2\n' "$one" "$other" >map
  records 3 "http://$one:$port/" "http://$other:$port/" >in
  with_resolver map send -j 1 in >receipts
  expect_equal "$(jq -r '.headers[1]' "$log" | sort -u)" "$one:$port"
  expect_equal "$(jq -r '.headers[1]' "$RECEIVER_LOG" | sort -u)" "$other:$port"
}
test_case 'connections: two hosts with one hash are two' same_hash

count() {
  ! grep -q -a __asan_init "$(type -P wb-send)" || skip 'a sanitizer cannot be traced'
  # sockets that are open at the same time, idle ones included
  start_server 'let open = 0;
  listen((socket) => {
    note(++open);
    socket.on("end", () => { open--; socket.end(); });
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  });'
  seq -f 'h%.0f.test 127.0.0.1' 40 >map
  # shellcheck disable=SC2046 # hosts
  records 5 $(seq -f "http://h%.0f.test:$SERVER_PORT/" 40) >in
  with_resolver map strace -f -qq -e trace=socket,close,connect -o trace "$(type -P wb-send)" --allow-http \
    --allow-net 127.0.0.0/8 --retries 0 --breaker 0 --order none --progress never -j 5 in >receipts
  expect_equal "$(ends receipts)" '200 finished -'
  awk '/socket\(AF_INET, SOCK_STREAM/ && match($0, /= [0-9]+$/) { open[substr($0, RSTART + 2)] = 1; if (++n > most) most = n }
    match($0, /close\([0-9]+\)/) { fd = substr($0, RSTART + 6, RLENGTH - 7); if (fd in open) { delete open[fd]; n-- } }
    END { print most }' trace >most
  expect_match "$(<most)" '^[1-5]$'
}
test_case 'connections: never more than jobs, idle ones included' count

# ---- addresses ----

refused_first() {
  start_receiver --listen 127.0.0.2
  printf 'two.test 127.0.0.1,127.0.0.2\nboth.test 127.0.0.1,127.0.0.3\nmixed.test ::1,127.0.0.1,127.0.0.2\n' >map
  records 2 "http://two.test:$RECEIVER_PORT/" "http://mixed.test:$RECEIVER_PORT/" >in
  with_resolver map send -j 1 in >receipts
  expect_equal "$(ends receipts)" '4 finished -'
  expect_equal "$(grep '^connect' resolve.log | head -n 2)" \
    "connect 127.0.0.1:$RECEIVER_PORT"$'\n'"connect 127.0.0.2:$RECEIVER_PORT"
  records 1 "http://both.test:$RECEIVER_PORT/" >in
  expect_status 1 with_resolver map send in >receipts
  expect_equal "$(jq -r .error.text receipts)" "cannot connect to both.test port $RECEIVER_PORT: Connection refused"
  expect_equal "$(grep -c '^connect' resolve.log)" 2
}
test_case 'addresses: one that refuses is followed by the next' refused_first

silent_first() {
  local first second
  # 127.0.0.2 does not accept: its queue is full
  start_server 'const server = net.createServer();
  server.listen({ port: 0, host: "127.0.0.2", backlog: 1 }, () => {
    fs.writeSync(1, server.address().port + "\n");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });'
  exec {first}<>"/dev/tcp/127.0.0.2/$SERVER_PORT" {second}<>"/dev/tcp/127.0.0.2/$SERVER_PORT"
  start_receiver --listen 127.0.0.1 --port "$SERVER_PORT"
  printf 'two.test 127.0.0.2,127.0.0.1\nsilent.test 127.0.0.2\n' >map
  records 1 "http://two.test:$SERVER_PORT/" >in
  with_resolver map send --connect-timeout 1s in >receipts
  requests 1
  records 1 "http://silent.test:$SERVER_PORT/" >in
  expect_status 1 with_resolver map send --connect-timeout 200ms in >receipts
  expect_equal "$(ends receipts)" '1 failed timeout'
  expect_match "$(jq -r .error.text receipts)" '^no connection within [0-9]+ ms$'
  exec {first}>&- {second}>&-
}
test_case 'addresses: one that does not answer leaves time for the next' silent_first

# ---- memory ----

# as of a shell's limit: what is not to be had is not used
limited_memory() {
  local kind status
  ! grep -q -a __asan_init "$(type -P wb-send)" || skip 'a sanitizer needs more'
  answers <<<'{"/headers":[{"endless_headers":true}],"/body":[{"endless_body":true}]}'
  for kind in headers body; do
    records 64 "$RECEIVER_URL/$kind" >in
    status=0
    (ulimit -d 24000 && send -j 64 in) >receipts 2>err || status=$?
    expect_empty err
    expect_equal "$status $(ends receipts)" "$([[ $kind == body ]] && echo '0 64 finished -' || echo '1 64 failed reset')"
  done
}
test_case 'memory: bounded while 64 answers have no end' limited_memory
