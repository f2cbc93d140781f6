#!/usr/bin/env bash
#
# wb-send-tls.test.sh - deliveries over TLS: HTTP/2 and 1.1, sessions, authorities, certificates of clients; and over TLS
# once more what receivers can do wrong, since it is libcurl that speaks there.

# shellcheck disable=SC2016 # what looks like variables are secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# records N URL [TLS [BODY]] - so many; TLS is the value of request.tls
records() {
  jq -n -c --argjson n "$1" --arg url "$2" --argjson tls "${3:-null}" --arg body "${4-body}" 'range($n) | {delivery_id: "d-\(. + 1)",
    event: {event_type: "x"}, automation: {name: "a"},
    request: ({url: $url, headers: {}, body: $body} + if $tls then {tls: $tls} else {} end)}'
}

# send ARGUMENT… - wb-send to this machine; send_ca trusts the test's authority
send() {
  wb-send --allow-http --allow-net 127.0.0.0/8 --retries 0 --breaker 0 --order none --progress never "$@"
}
send_ca() {
  send --cacert "$CA_FILE" "$@"
}

# fails CLASS TEXT COMMAND… <RECORD - its delivery fails with this class and a text that matches
fails() {
  expect_status 1 "${@:3}" >receipt 2>err
  expect_empty err
  expect_equal "$(json receipt '[.status, .error.class] | join(" ")')" "failed $1" "class ($(json receipt .error.text))"
  expect_match "$(json receipt .error.text)" "$2"
}

# finished N FILE - all N are
finished() {
  expect_equal "$(jq -r .status "$2" | sort | uniq -c | tr -s ' ')" " $1 finished" "$2"
}

# tls_answers <SCRIPT - start a receiver over TLS with these answers
tls_answers() {
  cat >script.json
  start_receiver --tls "$SERVER_TLS" --script script.json
}

requests() {
  expect_equal "$(wc -l <"$RECEIVER_LOG")" "$1" 'requests'
}

# tls_nginx LISTEN [DIRECTIVES] - nginx with the server's certificate; NGINX_URL, and its log by nginx_log
tls_nginx() {
  cat >nginx.conf <<END
log_format tls '\$server_protocol \$connection \$connection_requests \$ssl_session_reused "\$ssl_client_s_dn" \$status';
server {
  listen 127.0.0.1:@PORT@ $1;
  access_log @DIR@/tls.log tls;
  ssl_certificate ${SERVER_TLS%,*};
  ssl_certificate_key ${SERVER_TLS#*,};
  location / { return 200 "ok"; }
  ${2-}
}
END
  start_nginx nginx.conf
  NGINX_URL=https://127.0.0.1:$NGINX_PORT/
}

# nginx_log - what nginx has logged; it ends before, so that nothing is missing
nginx_log() {
  stop_server "$NGINX_PID"
  cat "$NGINX_DIR/tls.log"
}

make_test_ca
# certificates of clients, by the same authority: client-a and client-b
client_certificates() {
  local name
  for name in client-a client-b; do
    printf '[%s]\nextendedKeyUsage = clientAuth\n' "$name" >>"$T/ca/conf"
    make_certificate "$name" "$(date -u -d yesterday +%Y%m%d%H%M%SZ)" 20991231235959Z
  done >>"$T/ca/log" 2>&1 || fail "no certificates of clients: $(<"$T/ca/log")"
}
client_certificates

# pems - the PEM texts as secrets: CA, CERT_A, KEY_A, CERT_B, KEY_B
pems() {
  CA=$(<"$CA_FILE") CERT_A=$(<"$T/ca/client-a.pem") KEY_A=$(<"$T/ca/client-a.key")
  CERT_B=$(<"$T/ca/client-b.pem") KEY_B=$(<"$T/ca/client-b.key")
  export CA CERT_A KEY_A CERT_B KEY_B
}
TLS_A='{"cert":"$CERT_A","key":"$KEY_A"}'
TLS_B='{"cert":"$CERT_B","key":"$KEY_B"}'

# no_key KEYFILE FILE… - no line of the key stands in any of the files
no_key() {
  local line
  while read -r line; do
    [[ $line == -* || ${#line} -lt 8 ]] || no_secret "$line" "${@:2}"
  done <"$1"
  ! grep -r -q -e 'PRIVATE KEY' -- "${@:2}" || fail 'a private key'
}

# ---- versions and sessions ----

http2() {
  tls_nginx 'ssl http2' 'http2_max_concurrent_streams 128; keepalive_requests 10000;'
  records 64 "$NGINX_URL" | send_ca -j 64 >receipts
  finished 64 receipts
  nginx_log >log
  expect_equal "$(cut -d ' ' -f 1 log | sort | uniq -c | tr -s ' ')" ' 64 HTTP/2.0'
  # the first learns that they can share, and the others wait for it
  expect_equal "$(cut -d ' ' -f 2 log | sort -u | wc -l)" 1 'connections'
}
test_case 'http/2: many deliveries share a connection' http2

http2_together() {
  cat >server.mjs <<'END'
import fs from 'node:fs';
import http2 from 'node:http2';
const [, , cert, key, wanted] = process.argv;
const waiting = [];
const server = http2.createSecureServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) });
server.on('stream', (stream) => stream.resume().on('end', () => {
  waiting.push(stream);
  if (waiting.length === Number(wanted)) for (const each of waiting.splice(0)) { each.respond({ ':status': 200 }); each.end('ok'); }
}));
let sessions = 0;
server.on('session', () => fs.writeFileSync('sessions', String(++sessions)));
server.listen(0, '127.0.0.1', () => fs.writeSync(1, `${server.address().port}\n`));
END
  local port
  mkfifo together
  node server.mjs "${SERVER_TLS%,*}" "${SERVER_TLS#*,}" 32 >together &
  SERVERS+=("$!")
  read -r -t 60 port <together
  # it answers none before all are there
  records 64 "https://127.0.0.1:$port/" '' "$(head -c 20000 /dev/zero | tr '\0' x)" | send_ca -j 32 >receipts
  finished 64 receipts
  expect_equal "$(<sessions)" 1
}
test_case 'http/2: they are under way at the same time' http2_together

http2_breaks() {
  cat >breaks.mjs <<'END'
import fs from 'node:fs';
import http2 from 'node:http2';
const [, , cert, key] = process.argv;
const { NGHTTP2_INTERNAL_ERROR, NGHTTP2_REFUSED_STREAM, NGHTTP2_NO_ERROR, NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants;
const server = http2.createSecureServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) });
server.on('stream', (stream, headers) => {
  const path = headers[':path'];
  fs.appendFileSync('breaks.log', path + '\n');
  stream.on('error', () => {});
  stream.resume().on('end', () => {
    if (path === '/rst') return stream.close(NGHTTP2_INTERNAL_ERROR);
    if (path === '/goaway') return stream.session.goaway(NGHTTP2_ENHANCE_YOUR_CALM, 0), stream.session.destroy();
    if (path === '/gone') return last.resetAndDestroy();
    if (path === '/last') stream.session.goaway(NGHTTP2_NO_ERROR, stream.id);
    stream.respond({ ':status': path === '/no' ? 404 : 200 });
    stream.end('ok');
  });
});
let last;
server.on('connection', (socket) => { last = socket; });
server.on('sessionError', () => {});
server.listen(0, '127.0.0.1', () => fs.writeSync(1, `${server.address().port}\n`));
END
  local port path
  mkfifo breaks
  node breaks.mjs "${SERVER_TLS%,*}" "${SERVER_TLS#*,}" >breaks &
  SERVERS+=("$!")
  read -r -t 60 port <breaks
  for path in rst goaway gone; do
    records 1 "https://127.0.0.1:$port/$path" | fails reset . send_ca
    note "$path: $(json receipt .error.text)"
  done
  records 1 "https://127.0.0.1:$port/no" | fails http '^status 404$' send_ca
  # a session that takes no more is left for another
  records 10 "https://127.0.0.1:$port/last" | send_ca -j 1 >receipts
  finished 10 receipts
  # none was sent a second time unasked
  expect_equal "$(sort breaks.log | uniq -c | tr -s ' ')" $' 1 /goaway\n 1 /gone\n 10 /last\n 1 /no\n 1 /rst'
}
test_case 'http/2: RST_STREAM, GOAWAY and a connection that breaks' http2_breaks

http1_by_alpn() {
  tls_nginx ssl
  records 20 "$NGINX_URL" | send_ca -j 4 >receipts
  finished 20 receipts
  nginx_log >log
  expect_equal "$(cut -d ' ' -f 1 log | sort -u)" HTTP/1.1
  (($(cut -d ' ' -f 2 log | sort -u | wc -l) <= 4)) || fail "connections: $(<log)"
}
test_case 'http/1.1: where the server has no other; connections are kept' http1_by_alpn

sessions() {
  local version
  for version in TLSv1.2 TLSv1.3; do
    tls_nginx ssl "keepalive_timeout 0; ssl_protocols $version; ssl_session_cache shared:SSL:1m;"
    records 10 "$NGINX_URL" | send_ca -j 1 >receipts
    finished 10 receipts
    nginx_log >log
    expect_equal "$(cut -d ' ' -f 2 log | sort -u | wc -l)" 10 'connections'
    expect_equal "$(cut -d ' ' -f 4 log | uniq -c | tr -s ' ')" $' 1 .\n 9 r' "sessions, $version"
  done
}
test_case 'sessions: used again by new connections' sessions

# Each of the deliveries under way at the same time has a handle of libcurl of its own.
shared_sessions() {
  local line
  tls_nginx ssl 'keepalive_timeout 0; ssl_protocols TLSv1.2; ssl_session_cache shared:SSL:1m;'
  coproc send_ca -j 4
  records 1 "$NGINX_URL" >&"${COPROC[1]}"
  read -r -t 60 line <&"${COPROC[0]}"
  expect_match "$line" '"status":"finished"'
  records 4 "$NGINX_URL" >four
  cat four >&"${COPROC[1]}"
  for _ in 1 2 3 4; do read -r -t 60 line <&"${COPROC[0]}"; done
  eval "exec ${COPROC[1]}>&-"
  # shellcheck disable=SC2154 # set by coproc
  wait "$COPROC_PID"
  nginx_log >log
  expect_equal "$(cut -d ' ' -f 4 log | uniq -c | tr -s ' ')" $' 1 .\n 4 r'
}
test_case 'sessions: shared by deliveries at the same time' shared_sessions

# ---- whom to trust ----

tried_again() {
  start_receiver --tls "$EXPIRED_TLS"
  records 1 "$RECEIVER_URL/" | fails tls expired send_ca --retries 1
  expect_equal "$(json receipt .attempts)" 2
  start_receiver --tls "$WRONG_HOST_TLS"
  records 1 "$RECEIVER_URL/" | fails tls . send_ca --retries 0
  expect_equal "$(json receipt .attempts)" 1
  start_receiver --tls "$SERVER_TLS"
  records 1 "$RECEIVER_URL/" | fails tls . send
  requests 0
}
test_case 'trust: a certificate that does not fit is tried again as often as --retries says' tried_again

named_authority() {
  pems
  start_receiver --tls "$SERVER_TLS"
  records 1 "$RECEIVER_URL/" '{"ca":"$CA"}' | send >receipt
  requests 1
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=other' -days 30 -keyout other.key -out other.pem 2>err
  OTHER=$(<other.pem)
  export OTHER
  # it stands in place of --cacert, and of what another record has named
  { records 1 "$RECEIVER_URL/" '{"ca":"$CA"}' && records 1 "$RECEIVER_URL/" '{"ca":"$OTHER"}' && records 1 "$RECEIVER_URL/"; } >in
  expect_status 1 send_ca -j 1 in >receipts
  expect_equal "$(jq -r '[.status, .error.class // "-"] | join(" ")' receipts)" $'finished -\nfailed tls\nfinished -'
  expect_status 1 send -j 1 in >receipts
  expect_equal "$(jq -r '[.status, .error.class // "-"] | join(" ")' receipts)" $'finished -\nfailed tls\nfailed tls'
  export OTHER=nonsense
  records 1 "$RECEIVER_URL/" '{"ca":"$OTHER"}' | fails tls '^tls\.ca is no certificate in PEM$' send_ca
  no_secret nonsense receipt
}
test_case 'trust: the authority of a record, for that record alone' named_authority

system_store() {
  local n
  ! grep -q -a __asan_init "$(type -P wb-send)" || skip 'a sanitizer cannot be traced'
  start_receiver --tls "$SERVER_TLS"
  records 1 "$RECEIVER_URL/" >in
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=other' -days 30 -keyout other.key -out other.pem 2>err
  OTHER=$(<other.pem)
  export OTHER
  expect_status 1 strace -f -qq -e trace=%file -o trace "$(type -P wb-send)" --allow-net 127.0.0.0/8 --retries 0 --progress never in >receipt
  grep -q -F /etc/ssl/certs trace || skip 'the store of this system is elsewhere'
  for n in option record; do
    rm trace
    if [[ $n == option ]]; then
      expect_status 1 strace -f -qq -e trace=%file -o trace "$(type -P wb-send)" --cacert other.pem --allow-net 127.0.0.0/8 \
        --retries 0 --progress never in >receipt
    else
      records 1 "$RECEIVER_URL/" '{"ca":"$OTHER"}' >in
      expect_status 1 strace -f -qq -e trace=%file -o trace "$(type -P wb-send)" --allow-net 127.0.0.0/8 --retries 0 \
        --progress never in >receipt
    fi
    expect_equal "$(json receipt .error.class)" tls
    expect_match "$(<trace)" wb-send
    expect_no_match "$(<trace)" '/etc/ssl/certs|/usr/lib/ssl/cert'
  done
}
test_case 'trust: --cacert and tls.ca stand in place of the store of the system' system_store

# ---- who we are ----

MTLS='ssl_verify_client on;'

client() {
  pems
  mkdir secrets
  cp "$T/ca/client-a.pem" secrets/FILE_CERT
  cp "$T/ca/client-a.key" secrets/FILE_KEY
  chmod -R go= secrets
  tls_nginx 'ssl http2' "$MTLS ssl_client_certificate $CA_FILE;"
  records 1 "$NGINX_URL" "$TLS_A" | send_ca >receipt
  records 1 "$NGINX_URL" '{"ca":"$CA","cert":"$CERT_A","key":"$KEY_A"}' | send >receipt
  records 1 "$NGINX_URL" '{"cert":"$FILE_CERT","key":"$FILE_KEY"}' | send_ca --secrets "dir:$PWD/secrets" >receipt
  # nginx says so with HTTP, behind a handshake that went well
  records 1 "$NGINX_URL" | fails http '^status 400$' send_ca --show-response
  expect_match "$(json receipt .response)" 'No required SSL certificate was sent'
  nginx_log >log
  expect_equal "$(cut -d ' ' -f 5- log)" $'"CN=client-a" 200\n"CN=client-a" 200\n"CN=client-a" 200\n"-" 400'
}
test_case 'client: certificate and key from the environment and a directory; none' client

bad_clients() {
  local name text
  pems
  export NONSENSE='nonsense and more of it' TORN=${KEY_A:0:100}
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=stranger' -days 30 -keyout stranger.key -out stranger.pem 2>err
  STRANGER=$(<stranger.pem) STRANGER_KEY=$(<stranger.key)
  LOCKED=$(openssl ec -in "$T/ca/client-a.key" -aes128 -passout pass:word 2>err)
  export STRANGER STRANGER_KEY LOCKED
  tls_nginx ssl "$MTLS ssl_client_certificate $CA_FILE;"
  while read -r name text; do
    # it is ours to mend: never tried again, and no fault of the endpoint
    records 2 "$NGINX_URL" "{$name}" >in
    expect_status 1 send_ca -j 1 --retries 2 --breaker 1 --journal journal --dead-letter dead in >receipt 2>err
    expect_empty err
    expect_equal "$(json receipt '[.status, .error.class, .attempts, .error.text] | join(" ")')" \
      "failed tls 1 $text"$'\n'"failed tls 1 $text" "$name"
    rm journal
    no_key "$T/ca/client-a.key" receipt err dead
    no_key "$T/ca/client-b.key" receipt err dead
    no_secret 'nonsense and more of it' receipt err dead
  done <<'END'
"cert":"$CERT_A","key":"$KEY_B" tls.key is not the key of tls.cert
"cert":"$CERT_A","key":"$NONSENSE" tls.key is no private key in PEM, or one with a passphrase
"cert":"$CERT_A","key":"$TORN" tls.key is no private key in PEM, or one with a passphrase
"cert":"$CERT_A","key":"$LOCKED" tls.key is no private key in PEM, or one with a passphrase
"cert":"$NONSENSE","key":"$KEY_A" tls.cert is no certificate in PEM
"cert":"$KEY_A","key":"$KEY_A" tls.cert is no certificate in PEM
"ca":"$NONSENSE" tls.ca is no certificate in PEM
"ca":"$KEY_A" tls.ca is no certificate in PEM
END
  records 1 "$NGINX_URL" '{"cert":"$STRANGER","key":"$STRANGER_KEY"}' | fails http '^status 400$' send_ca
  records 1 "$NGINX_URL" '{"cert":"$GONE","key":"$KEY_A"}' | fails secret '^secret GONE: not found in the environment, /run/secrets$' send_ca
}
test_case 'client: a key of another, torn texts, a stranger; no key is shown' bad_clients

bad_authorities() {
  local hold sender text
  start_receiver --tls "$SERVER_TLS"
  records 2 "$RECEIVER_URL" >in
  printf 'nonsense\n' >no.pem
  mkdir -p dir.pem
  rm -f fifo.pem
  mkfifo fifo.pem
  while read -r name text; do
    expect_status 2 send --cacert "$name.pem" --journal untouched in >out 2>err
    expect_match "$(<err)" "^wb-send: --cacert: $text\$"
    expect_empty out
    [[ ! -e untouched ]] || fail 'it made a journal'
  done <<'END'
no no certificates can be read from 'no\.pem': .+
missing cannot open 'missing\.pem': No such file or directory
dir 'dir\.pem' is not a regular file, and is read more than once
fifo 'fifo\.pem' is not a regular file, and is read more than once
END
  # a dry run may be for another machine
  send --dry-run=curl --cacert missing.pem in >out
  # what is gone later is told as often as it is needed, and never tried again
  cp "$CA_FILE" gone.pem
  rm -f fifo && mkfifo fifo
  send --cacert gone.pem --retries 2 --breaker 1 fifo >receipt 2>err &
  sender=$!
  exec {hold}>fifo
  rm gone.pem
  cat in >&"$hold"
  exec {hold}>&-
  expect_status 1 wait "$sender"
  expect_equal "$(json receipt '[.status, .error.class, .attempts] | join(" ")')" $'failed tls 1\nfailed tls 1'
  expect_match "$(json receipt .error.text)" '^no certificates can be read from gone\.pem, given with --cacert: '
  requests 0
}
test_case 'trust: --cacert that is no file of certificates is status 2; one that goes away' bad_authorities

alone() {
  local listen
  pems
  for listen in ssl 'ssl http2'; do
    tls_nginx "$listen" "ssl_verify_client optional; ssl_client_certificate $CA_FILE; ssl_session_cache shared:SSL:1m; $1"
    {
      for _ in 1 2 3; do
        records 1 "$NGINX_URL" "$TLS_A" '' && records 1 "$NGINX_URL" "$TLS_B" && records 1 "$NGINX_URL"
      done
    } >in
    send_ca -j 1 in >receipts
    finished 9 receipts
    nginx_log >log
    expect_equal "$(cut -d '"' -f 2 log)" $'CN=client-a\nCN=client-b\n-\nCN=client-a\nCN=client-b\n-\nCN=client-a\nCN=client-b\n-' "$listen"
    # on no connection two, whoever sent before
    expect_equal "$(awk -F '[ "]+' '{ print $2, $5 }' log | sort -u | cut -d ' ' -f 1 | uniq -d)" ''
  done
}
alone_kept() { alone ''; }
alone_new() { alone 'keepalive_timeout 0;'; }
test_case 'client: a connection is used for no other certificate' alone_kept
test_case 'client: a session is used for no other certificate' alone_new

same_certificate_other_key() {
  pems
  # who has the certificate, which is public, but not its key, gets nothing over a connection of who has
  tls_nginx ssl "$MTLS ssl_client_certificate $CA_FILE;"
  { records 1 "$NGINX_URL" "$TLS_A" && records 1 "$NGINX_URL" '{"cert":"$CERT_A","key":"$KEY_B"}'; } >in
  send_ca -j 1 in >receipts || :
  expect_equal "$(jq -r .status receipts)" $'finished\nfailed'
}
test_case 'client: a connection is used for no other key' same_certificate_other_key

bound_key() {
  pems
  tls_nginx ssl "$MTLS ssl_client_certificate $CA_FILE;"
  records 1 "$NGINX_URL" "$TLS_A" >in
  fails secret '^secret KEY_A: is not bound to this host$' send_ca --secret-host KEY_A=other.test in
  fails secret '^secret (CERT|KEY)_A: is not bound to a host$' send_ca --bound-only in
  send_ca --bound-only --secret-host KEY_A=127.0.0.1 --secret-host CERT_A=127.0.0.1 in >receipt
  finished 1 receipt
  nginx_log >log
  expect_equal "$(wc -l <log)" 1 "$(<log)"
}
test_case 'client: a key is sent for only where --secret-host binds it' bound_key

hidden_keys() {
  pems
  # an answer that says what it should not know
  jq -n --arg key "$KEY_A" '{"*": [{status: 500, body: $key}]}' >script
  start_receiver --tls "$SERVER_TLS" --script script
  records 1 "$RECEIVER_URL/" "$TLS_A" | fails http . send_ca --journal journal --dead-letter dead
  no_key "$T/ca/client-a.key" receipt err journal dead "$RECEIVER_LOG"
}
test_case 'client: a key that comes back is masked' hidden_keys

# ---- what receivers do wrong ----

endless() {
  tls_answers <<<'{"/headers":[{"endless_headers":true}],"/body":[{"endless_body":true}],"/bad":[{"status":503,"endless_body":true}]}'
  records 1 "$RECEIVER_URL/headers" | fails reset '^the response has more than 262144 bytes of headers$' send_ca
  records 1 "$RECEIVER_URL/body" | send_ca --show-response >receipt
  expect_equal "$(json receipt '[.status, .http_status, (.response | length)] | join(" ")')" 'finished 200 4096'
  records 1 "$RECEIVER_URL/bad" | fails http '^status 503$' send_ca
  jq -n '{"/trailers": [{raw: ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n" + "X: y\r\n" * 200000)}],
    "/late": [{raw: "HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nRetry-After: 9\r\n\r\n"}],
    "/interim": [{raw: ("HTTP/1.1 103 x\r\n\r\n" * 200000)}]}' >script.json
  start_receiver --tls "$SERVER_TLS" --script script.json
  records 1 "$RECEIVER_URL/trailers" | jq -c '.request.success_when = "true"' | fails rejected 'is longer than' send_ca
  records 1 "$RECEIVER_URL/interim" | fails reset '^the response has more than 262144 bytes of headers$' send_ca
  # behind the head, it asks for nothing
  records 1 "$RECEIVER_URL/late" | send_ca --retries 1 --retry-max-time 2s >receipt || :
  expect_equal "$(json receipt '[.status, .attempts] | join(" ")')" 'failed 2'
}
test_case 'answers: headers or a body without an end are ended' endless

resets() {
  local point
  tls_answers <<'END'
{"/reset/before":[{"reset":"before"}],"/reset/headers":[{"reset":"headers"}],"/reset/body":[{"reset":"body","body":"12345678"}],
 "/close/before":[{"close":"before"}],"/close/headers":[{"close":"headers"}],"/close/body":[{"close":"body","body":"12345678"}],
 "/status":[{"raw":"HTTP/1.1 2"}],"/head":[{"raw":"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"}],
 "/interim":[{"raw":"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX: y"}],
 "/chunks":[{"raw":"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"}],
 "/text":[{"raw":"hello\r\n\r\n"}],"/length":[{"raw":"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"}]}
END
  for point in reset/before reset/headers close/before close/headers status head interim text length; do
    note "$point"
    records 1 "$RECEIVER_URL/$point" | fails reset . send_ca
    note "$(json receipt .error.text)"
  done
  # the status has come, and only a success_when asks for more
  for point in reset/body close/body chunks; do
    records 1 "$RECEIVER_URL/$point" | send_ca --retries 3 >receipt
    expect_equal "$(json receipt '[.status, .http_status, .attempts, .error] | map(tostring) | join(" ")')" 'finished 200 1 null'
    records 1 "$RECEIVER_URL/$point" | jq -c '.request.success_when = "true"' | fails reset . send_ca
  done
  requests 15
}
test_case 'answers: broken off before, during and behind the headers, and what is not HTTP' resets

others() {
  local status path
  tls_answers <<'END'
{"/301":[{"status":301,"headers":{"Location":"/elsewhere"}}],"/307":[{"status":307,"headers":{"Location":"/elsewhere"}}],
 "/308":[{"status":308,"headers":{"Location":"/elsewhere"}}],"/103":[{"informational":[100,103]}],"/204":[{"status":204}],
 "/close":[{"close":true}],"/chunks":[{"raw":"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"}],
 "/wait":[{"status":503,"headers":{"Retry-After":"7"}}]}
END
  for status in 301 307 308; do
    records 1 "$RECEIVER_URL/$status" | fails http "^status $status; redirects are not followed$" send_ca
  done
  for path in 103 204 close chunks; do
    records 1 "$RECEIVER_URL/$path" | send_ca >receipt
    finished 1 receipt
  done
  # the wait that is asked for is longer than there is time
  records 1 "$RECEIVER_URL/wait" | expect_status 1 send_ca --retries 1 --retry-max-time 2s >receipt
  expect_equal "$(json receipt '[.status, .reason, .attempts] | join(" ")')" 'deferred budget 1'
  requests 8
}
test_case 'answers: redirects are not followed; interim answers, Retry-After' others

stalls() {
  local point
  tls_answers <<'END'
{"/before":[{"stall":"before"}],"/headers":[{"stall":"headers"}],"/body":[{"stall":"body","body":"12345678"}],
 "/drip":[{"drip_ms":1000,"body":"12345678"}]}
END
  records 1 "$RECEIVER_URL/before" | fails timeout ' timed out after ' send_ca --timeout 300ms
  records 1 "$RECEIVER_URL/headers" | fails timeout '^the answer did not end within [0-9]+ ms$' send_ca --timeout 300ms
  records 1 "$RECEIVER_URL/body" | jq -c '.request.success_when = "true"' |
    fails timeout '^the answer did not end within [0-9]+ ms$' send_ca --timeout 300ms
  records 1 "$RECEIVER_URL/body" | send_ca --retries 3 --timeout 300ms >receipt
  finished 1 receipt
  records 1 "$RECEIVER_URL/drip" | jq -c '.request.success_when = "true"' | fails timeout . send_ca --timeout 300ms
}
test_case 'answers: stalled or dripping until the timeout' stalls

no_second_post() {
  local how body
  # of a body that is empty, libcurl has nothing to send again
  for body in once ''; do
    for how in close reset; do
      tls_answers <<<"{\"*\":[{},{\"$how\":\"before\"},{}]}"
      records 3 "$RECEIVER_URL/" '' "$body" >in
      expect_status 1 send_ca -j 1 in >receipts
      requests 3
      expect_equal "$(json receipts '[.status, .error.class // "-", .attempts] | join(" ")')" \
        $'finished - 1\nfailed reset 1\nfinished - 1' "$how"
      expect_equal "$(jq -r 'select(.error) | .error.text' receipts)" \
        'the connection was closed without an answer; whether the request arrived is not known'
      # libcurl has a new connection before it learns that it must not send again
      expect_match "$(jq -r .connection "$RECEIVER_LOG" | tr '\n' ' ')" '^1 1 [23] $'
    done
  done
}
test_case 'answers: a kept connection that closes without one; nothing is sent twice unasked' no_second_post

tunnel() {
  local port
  cat >proxy.mjs <<'END_OF_PROXY'
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
const proxy = http.createServer();
proxy.on('connect', (request, client) => {
  fs.appendFileSync('tunnels', request.url + '\n');
  const [host, port] = request.url.split(':');
  const server = net.connect(port, host, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
  client.on('error', () => {}).pipe(server).on('error', () => {}).pipe(client);
});
proxy.listen(0, '127.0.0.1', () => fs.writeSync(1, `${proxy.address().port}\n`));
END_OF_PROXY
  mkfifo proxy
  node proxy.mjs >proxy &
  SERVERS+=("$!")
  read -r -t 60 port <proxy
  tls_answers <<<'{"*":[{},{"close":"before"},{}]}'
  records 3 "$RECEIVER_URL/" >in
  expect_status 1 send_ca -j 1 --proxy "http://127.0.0.1:$port" in >receipts
  expect_equal "$(json receipts '[.status, .error.class // "-", .attempts] | join(" ")')" \
    $'finished - 1\nfailed reset 1\nfinished - 1'
  requests 3
  expect_match "$(<tunnels)" "^127\\.0\\.0\\.1:$RECEIVER_PORT"
}
test_case 'proxy: through a tunnel; nothing is sent twice unasked' tunnel

early() {
  head -c 4000000 /dev/zero | tr '\0' x >big
  tls_nginx ssl 'client_max_body_size 1k;'
  jq -n -c --rawfile body big --arg url "$NGINX_URL" '{delivery_id: "d-1", event: {event_type: "x"}, automation: {name: "a"}, request: {url: $url, headers: {}, body: $body}}' >in
  expect_status 1 send_ca --max-line 16M in >receipt
  expect_equal "$(json receipt .http_status)" 413
}
test_case 'answers: early, to a body that is too large' early

big_both_ways() {
  local n
  head -c 3000000 /dev/urandom | base64 -w 0 >big
  tls_answers <<<'{"*":[{"body_bytes":900000}]}'
  for n in 1 2 3; do
    jq -n -c --rawfile body big --arg url "$RECEIVER_URL/" '{delivery_id: "d-1", event: {event_type: "x"}, automation: {name: "a"}, request: {url: $url, headers: {}, body: $body}}'
  done >in
  send_ca --max-line 16M --max-response 1M --show-response -j 2 in >receipts
  expect_equal "$(jq -r '.response | length' receipts)" $'900000\n900000\n900000'
  jq -r .body_base64 "$RECEIVER_LOG" | while read -r got; do base64 -d <<<"$got" | cmp - big; done
}
test_case 'answers: big bodies both ways' big_both_ways
