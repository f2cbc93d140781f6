#!/usr/bin/env bash
#
# wb-send-policy.test.sh - where deliveries may go: one case a rule, each of which shows that nothing left the machine
#
# Names are looked up by tests/shim/resolve.c, which lists every look-up and connection and lets none go further than
# loopback. Every run is under it, so that a rule that is broken here sends nothing either.

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

# records URL… - a request record each
records() {
  local url
  for url in "$@"; do
    url=${url//\\/\\\\}
    url=${url//$'\n'/\\n}
    url=${url//$'\t'/\\t}
    printf '{"delivery_id":"d","event":{"event_type":"x"},"automation":{"name":"a"},"request":{"url":"%s","headers":{},"body":"{}"}}\n' \
      "$url"
  done
}

# names <MAP - the names there are; without it, hooks.test, which is public
names() {
  cat >map
}
names <<<'hooks.test 9.9.9.9'

# send ARGUMENT… <RECORDS - leaves receipts, and in resolve.log what was looked up and connected to; -j 1 keeps the order
send() {
  local status=0
  with_resolver map wb-send --retries 0 --breaker 0 --progress never -j 1 "$@" >receipts 2>err || status=$?
  ((status <= 1)) || fail "status $status: $(<err)"
  expect_empty err
}

# results - class and text of each receipt; the class is "finished" if it did not fail
results() {
  sed -E 's/.*"error":\{"class":"([a-z]*)","text":"(.*)"\}\}$/\1: \2/; s/.*"status":"finished".*/finished/' receipts
}

# all CLASS - every receipt has this class
all() {
  ! results | grep -v "^$1: " >others || fail "not $1: $(<others)"
  [[ -s receipts ]] || fail 'no receipts'
}

# denied - the receipts all say so, and nothing was connected to
denied() {
  all denied
  ! grep -v '^lookup ' resolve.log >others || fail "connections: $(<others)"
}

# ---- URLs ----

# Set by the loop below; the URL is refused as it stands: nothing is even looked up.
URL='' TEXT=''
url_denied() {
  records "$URL" >in
  send <in
  denied
  expect_equal "$(<resolve.log)" '' 'look-ups'
  expect_match "$(results)" "$TEXT"
  # nor is any of them open to who allows http and the addresses of this machine
  [[ $TEXT == *'oddly spelled'* || $TEXT != *'--allow-'* ]] || return 0
  send --allow-http --allow-net 127.0.0.0/8 --allow-net ::1 --allow-net 10.0.0.0/8 <in
  denied
  expect_equal "$(<resolve.log)" '' 'look-ups'
}

odd="the URL's host is an address, oddly spelled: "
address="the URL's host is an address, .*; --allow-net .* would open it"
while read -r URL TEXT; do
  test_case "denied: $URL" url_denied
done <<END
https://127.0.0.1/ $address
https://127.0.0.1:8443/path $address
https://10.0.0.1/ $address
https://169.254.169.254/latest/meta-data/ $address
https://0.0.0.0/ $address
https://8.8.8.8/ $address
https://127.1/ $odd
https://127.0.1/ $odd
https://2130706433/ $odd
https://134744072/ $odd
https://0x7f.0.0.1/ $odd
https://0x7f000001/ $odd
https://0X7F.1/ $odd
https://017700000001/ $odd
https://0177.0.0.01/ $odd
https://127.0.0.1./ $odd
https://0/ $odd
https://1.2.3.4.5/ $odd
https://127.0.0.256/ $odd
https://hooks.test.7/ $odd
https://[::1]/ $address
https://[::]/ $address
https://[0:0:0:0:0:0:0:1]/ $address
https://[::ffff:127.0.0.1]/ $address
https://[::ffff:7f00:1]/ $address
https://[::127.0.0.1]/ $address
https://[64:ff9b::7f00:1]/ $address
https://[fd00:ec2::254]/ $address
https://[2001:4860:4860::8888]/ $address
https://[fe80::1%25lo]/ a zone id in the address
https://[fe80::1%lo]/ a zone id in the address
https://[::1/ no ']' after the IPv6 address
https://localhost/ localhost is this machine; --allow-host localhost would open it
https://LocalHost/ localhost is this machine; --allow-host localhost would open it
https://localhost./ localhost is this machine; --allow-host localhost would open it
https://localhost:8443/ localhost is this machine; --allow-host localhost would open it
https://a.localhost/ a.localhost is this machine; --allow-host a.localhost would open it
https://a.b.localhost./ a.b.localhost is this machine; --allow-host a.b.localhost would open it
https://localhost.localdomain/ localhost.localdomain is this machine
https://localhost6/ localhost6 is this machine
https://ip6-loopback/ ip6-loopback is this machine
https://me@hooks.test/ user info in front of the host
https://me:password@hooks.test/ user info in front of the host
https://hooks.test@127.0.0.1/ user info in front of the host
https://127.0.0.1@hooks.test/ user info in front of the host
https://@hooks.test/ user info in front of the host
https://hooks.test:443@127.0.0.1/ user info in front of the host
https://höoks.test/ a character outside ASCII
https://１２７.0.0.1/ a character outside ASCII
https://hooks。test/ a character outside ASCII
https://ⓛocalhost/ a character outside ASCII
https://hooks.test/é a character outside ASCII
https://%31%32%37.0.0.1/ a percent sign in the host or port
https://hooks.test%2f.evil.test/ a percent sign in the host or port
https://hooks.test%00/ a percent sign in the host or port
https://hooks.test%40127.0.0.1/ a percent sign in the host or port
https:\\\\hooks.test\\ a backslash
https://hooks.test\\@127.0.0.1/ a backslash
https://127.0.0.1\\.hooks.test/ a backslash
https://hooks.test#@127.0.0.1/ a fragment, which would never be sent
https:hooks.test/ no '//' after the scheme
https:///path an empty host
https://.hooks.test/ an empty label in the host name
https://hooks..test/ an empty label in the host name
https://hooks.test:/ an empty port
https://hooks.test:65536/ the port is above 65535
https://hooks.test:0x1bb/ the port (is not a number|starts with a zero)
https://hooks.test;@127.0.0.1/ user info in front of the host
https://hooks.test,127.0.0.1/ a character that no host name has
ftp://hooks.test/ the scheme is neither https nor http
file:///etc/passwd the scheme is neither https nor http
gopher://hooks.test/_x the scheme is neither https nor http
dict://hooks.test/x the scheme is neither https nor http
ws://hooks.test/ the scheme is neither https nor http
httpss://hooks.test/ no '//' after the scheme|the scheme is neither https nor http
hooks.test/path the scheme is neither https nor http
//hooks.test/ the scheme is neither https nor http
http://hooks.test/ the URL is http, not https; --allow-http would open it
HTTP://hooks.test/ the URL is http, not https; --allow-http would open it
END

odd_bytes() {
  records 'https://hooks.test/ x' $'https://hooks.test/\nHost: evil.test' $'https://hooks\t.test/' $'\nhttps://hooks.test/' \
    'https://hooks.test /' '' "https://$(printf '%0254d' 1 | tr 0 a)/" "https://hooks.test/$(printf '%08200d' 1)" >in
  send <in
  expect_equal "$(wc -l <receipts)" 8
  denied
  expect_equal "$(<resolve.log)" ''
}
test_case 'denied: white space, control characters, nothing, and too much in a URL' odd_bytes

public() {
  records https://hooks.test/ https://HOOKS.test:8443/a https://hooks.test./ >in
  send <in
  all connect
  # pinned: one look-up, however the name is spelled
  expect_equal "$(<resolve.log)" $'lookup hooks.test\nconnect 9.9.9.9:443\nconnect 9.9.9.9:8443\nconnect 9.9.9.9:443'
}
test_case 'open: https to a name with a public address, looked up once' public

# ---- addresses that names have ----

# Set by the loop below: a refused range and its first and last address.
RANGE='' FIRST='' LAST=''
range_denied() {
  local address mapped=''
  printf 'first.test %s\nlast.test %s\nmixed.test 9.9.9.9,%s\nmixed6.test 2606:4700::1,%s,9.9.9.9\n' \
    "$FIRST" "$LAST" "$FIRST" "$LAST" >map
  if [[ $RANGE != *:* ]]; then
    mapped=https://mapped.test/
    printf 'mapped.test ::ffff:%s\n' "$LAST" >>map
  fi
  # shellcheck disable=SC2086 # no argument where there is none
  records https://first.test/ https://last.test/ https://mixed.test/ https://mixed6.test/ $mapped >in
  send <in
  denied
  expect_equal "$(grep -c ^lookup resolve.log)" "$(wc -l <in)" 'look-ups'
  expect_equal "$(results | grep -c -F ", in $RANGE; --allow-net ")" "$(wc -l <in)" "the range named ($(results))"
  # and that is what opens it
  head -n 2 in >inside
  send --allow-net "$RANGE" <inside
  expect_no_match "$(results)" denied
  for address in "$FIRST" "$LAST"; do
    [[ $address != *:* ]] || address="[$address]"
    grep -q -x -F "connect $address:443" resolve.log || fail "--allow-net $RANGE does not open $address: $(<resolve.log)"
  done
}

while read -r RANGE FIRST LAST; do
  [[ $RANGE == 127.* ]] && continue # connections there would not end at the shim: see below
  test_case "denied: a name in $RANGE, alone or beside a public address" range_denied
done <<END
0.0.0.0/8 0.0.0.0 0.255.255.255
10.0.0.0/8 10.0.0.0 10.255.255.255
100.64.0.0/10 100.64.0.0 100.127.255.255
169.254.0.0/16 169.254.0.0 169.254.255.255
172.16.0.0/12 172.16.0.0 172.31.255.255
192.0.0.0/24 192.0.0.0 192.0.0.255
192.0.2.0/24 192.0.2.0 192.0.2.255
192.31.196.0/24 192.31.196.0 192.31.196.255
192.52.193.0/24 192.52.193.0 192.52.193.255
192.88.99.0/24 192.88.99.0 192.88.99.255
192.168.0.0/16 192.168.0.0 192.168.255.255
192.175.48.0/24 192.175.48.0 192.175.48.255
198.18.0.0/15 198.18.0.0 198.19.255.255
198.51.100.0/24 198.51.100.0 198.51.100.255
203.0.113.0/24 203.0.113.0 203.0.113.255
224.0.0.0/4 224.0.0.0 239.255.255.255
240.0.0.0/4 240.0.0.0 255.255.255.254
255.255.255.255/32 255.255.255.255 255.255.255.255
168.63.129.16/32 168.63.129.16 168.63.129.16
::ffff:0:0:0/96 ::ffff:0:0:0 ::ffff:0:ffff:ffff
64:ff9b::/96 64:ff9b:: 64:ff9b::ffff:ffff
64:ff9b:1::/48 64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff
100::/64 100:: 100::ffff:ffff:ffff:ffff
100:0:0:1::/64 100:0:0:1:: 100::1:ffff:ffff:ffff:ffff
2001::/23 2001:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff
2001:db8::/32 2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
2002::/16 2002:: 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff
2620:4f:8000::/48 2620:4f:8000:: 2620:4f:8000:ffff:ffff:ffff:ffff:ffff
3fff::/20 3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff
5f00::/16 5f00:: 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff
fc00::/7 fc00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
fe80::/10 fe80:: febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff
fec0::/10 fec0:: feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
ff00::/8 ff00:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
END

loopback() {
  names <<END
first.test 127.0.0.0
last.test 127.255.255.255
one.test 127.0.0.1
mixed.test 9.9.9.9,127.0.0.1
mapped.test ::ffff:127.0.0.1
six.test ::1
unspecified.test ::
compatible.test ::7f00:1
last6.test ::ffff:ffff
END
  start_receiver
  local name urls=()
  while read -r name _; do urls+=("http://$name:$RECEIVER_PORT/"); done <map
  records "${urls[@]}" >in
  send --allow-http <in
  denied
  expect_equal "$(results | grep -c ', in 127\.0\.0\.0/8;')" 5
  expect_equal "$(results | grep -c ', in ::/96;')" 4
  expect_empty "$RECEIVER_LOG"
}
test_case 'denied: a name in 127.0.0.0/8 or ::/96, which are this machine' loopback

both() {
  # the order must not matter, nor how many there are
  names <<END
a.test 9.9.9.9,10.0.0.1
b.test 10.0.0.1,9.9.9.9
c.test 9.9.9.9,2606:4700::1,1.1.1.1,2606:4700::2,fd00::1
END
  records https://a.test/ https://b.test/ https://c.test/ >in
  send <in
  denied
  names <<<'d.test 9.9.9.9,1.1.1.1'
  records https://d.test/ >in
  send <in
  expect_equal "$(<resolve.log)" $'lookup d.test\nconnect 9.9.9.9:443\nconnect 1.1.1.1:443'
}
test_case 'denied: a name with one public and one private address; all public ones are tried' both

rebinding() {
  start_receiver
  names <<<'rebind.test 9.9.9.9 127.0.0.1'
  records "http://rebind.test:$RECEIVER_PORT/" >in
  send --allow-http <in
  expect_match "$(results)" '^connect: '
  expect_equal "$(<resolve.log)" "lookup rebind.test"$'\n'"connect 9.9.9.9:$RECEIVER_PORT"
  expect_empty "$RECEIVER_LOG"
}
test_case 'rebinding: the address that was checked is the one that is connected to' rebinding

unpinned() {
  start_receiver
  names <<<'rebind.test 9.9.9.9 127.0.0.1'
  records "https://rebind.test:$RECEIVER_PORT/" >in
  with_shim unpin send <in
  denied
  expect_equal "$(<resolve.log)" $'lookup rebind.test\nlookup rebind.test'
  expect_equal "$(results)" \
    'denied: rebind.test has the address 127.0.0.1, in 127.0.0.0/8; --allow-net 127.0.0.1 would open it'
  expect_empty "$RECEIVER_LOG"
  # were it not refused, it would be connected to
  with_shim unpin send --allow-net 127.0.0.1 <in
  expect_match "$(results)" '^tls: '
}
test_case 'rebinding: without the pin, the check at connect time refuses' unpinned

# ---- what opens it ----

allow_net() {
  names <<END
inside.test 10.1.2.3
mapped.test ::ffff:10.1.2.4
outside.test 10.2.0.0
other.test 192.168.0.1
six.test fd00::1
END
  records https://10.1.2.5/ "https://[::ffff:10.1.2.6]/" https://inside.test/ https://mapped.test/ "https://[fd00::2]/" https://six.test/ >in
  send --allow-net 10.1.0.0/16 --allow-net fd00::/16 <in
  all connect
  expect_equal "$(grep ^connect resolve.log)" "connect 10.1.2.5:443
connect [::ffff:10.1.2.6]:443
connect 10.1.2.3:443
connect [::ffff:10.1.2.4]:443
connect [fd00::2]:443
connect [fd00::1]:443"
  records https://10.2.0.0/ https://outside.test/ https://other.test/ https://10.1.2/ http://inside.test/ https://localhost/ \
    https://8.8.8.8/ https://me@inside.test/ >in
  send --allow-net 10.1.0.0/16 --allow-net fd00::/16 <in
  denied
}
test_case '--allow-net: opens its addresses, in names and URLs, and nothing else' allow_net

allow_host() {
  names <<END
hooks.internal 10.1.2.3
a.hooks.internal 10.1.2.3
other.internal 10.1.2.3
localhost 127.0.0.1
a.localhost 127.0.0.1
END
  records https://hooks.internal/ https://HOOKS.internal./ >in
  send --allow-host Hooks.Internal <in
  all connect
  expect_equal "$(grep -c '^connect 10\.1\.2\.3:443$' resolve.log)" 2
  records https://a.hooks.internal/ https://other.internal/ https://10.1.2.3/ http://hooks.internal/ https://localhost/ >in
  send --allow-host hooks.internal <in
  denied
  start_receiver
  records "http://localhost:$RECEIVER_PORT/" >in
  send --allow-host localhost --allow-http <in
  expect_equal "$(results)" finished
  records "http://a.localhost:$RECEIVER_PORT/" "http://127.0.0.1:$RECEIVER_PORT/" "https://localhost.localdomain/" >in
  send --allow-host localhost --allow-http <in
  denied
  records "http://127.0.0.1:$RECEIVER_PORT/" >in
  send --allow-host 127.0.0.1 --allow-http <in
  denied
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 1
}
test_case '--allow-host: opens that name wherever it is, and nothing else' allow_host

allow_http() {
  names <<<'hooks.test 9.9.9.9'$'\n''inside.test 10.0.0.1'
  records http://hooks.test/ >in
  send --allow-http <in
  expect_match "$(results)" '^connect: '
  expect_equal "$(<resolve.log)" $'lookup hooks.test\nconnect 9.9.9.9:80'
  records http://inside.test/ http://127.0.0.1/ http://localhost/ "http://[::1]/" http://me@hooks.test/ ftp://hooks.test/ >in
  send --allow-http <in
  denied
}
test_case '--allow-http: opens http, and no address' allow_http

redirected() {
  cat >script.json <<<'{"/":[{"status":302,"headers":{"Location":"http://169.254.169.254/"}}]}'
  start_receiver --script script.json
  records "http://127.0.0.1:$RECEIVER_PORT/" >in
  send --allow-http --allow-net 127.0.0.1 <in
  expect_match "$(results)" '^http: status 302'
  expect_equal "$(sort -u resolve.log)" "connect 127.0.0.1:$RECEIVER_PORT"
}
test_case 'a redirect leads nowhere' redirected

secret_urls() {
  names <<<'inside.test 10.0.0.1'
  export A=https://127.0.0.1/ B=https://inside.test/ C=http://hooks.test/
  # shellcheck disable=SC2016 # names of secrets
  records '$A' '$B' '$C' >in
  send <in
  denied
}
test_case 'a URL that is a secret is checked like any other' secret_urls

dry_run() {
  # shellcheck disable=SC2153 # set here
  records https://127.1/ http://hooks.test/ https://localhost/ https://hooks.test/ >in
  expect_status 1 with_resolver map wb-send -n <in >out
  expect_equal "$(grep -c '^# denied: ' out)" 3
  expect_equal "$(<resolve.log)" ''
}
test_case 'a dry run says what would be denied' dry_run
