#!/usr/bin/env bash
#
# static.test.sh - programs that need no library (make static), in a directory that holds nothing else
#
# It takes what is in build-static/bin: to build the libraries takes minutes.

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

bin=$TOP/build-static/bin
[[ -x $bin/wb-send ]] || skip 'not built: make static'
[[ ! $bin/wb-send -ot $TOP/tools/wb-send.c ]] || skip 'built of older sources: make static'

linked() {
  local program
  for program in "$bin"/wb-*; do
    readelf -W -h -l -d "$program" >elf
    # position independent, and nothing to load
    expect_match "$(<elf)" 'Type: +DYN '
    expect_no_match "$(<elf)" 'INTERP|\(NEEDED\)|RWE'
    expect_match "$(<elf)" 'GNU_RELRO'
  done
}
test_case 'static, position independent' linked

# An empty directory is the root: there are the programs, a file of authorities, names, and something at /dev/null.
make_root() {
  mkdir -p root/bin root/etc/ssl/certs root/dev root/work
  cp "$bin"/wb-* root/bin
  cp "$CA_FILE" root/etc/ssl/certs/ca-certificates.crt
  printf '127.0.0.1 localhost receiver.test\n' >root/etc/hosts
  : >root/dev/null
  unshare -r true 2>/dev/null || skip 'no user namespaces'
}

pipeline() {
  make_test_ca
  start_receiver --tls "$T/ca/server.pem,$T/ca/server.key"
  make_root
  # shellcheck disable=SC2016 # a secret by name
  printf '{"webhooks":{"w":{"url":"https://receiver.test:%d/hook","secret":"$KEY"}},"automations":[{"name":"a",
    "on":{"event_type":"LINK_ARTIFACT","collection":"m","when":".artifact_version_index > 1"},
    "action":{"type":"webhook","webhook":"w"}}]}' "$RECEIVER_PORT" >root/work/c.json
  printf '{"n":3}\n{"n":1}\n' >root/work/documents
  printf '{event_type: "LINK_ARTIFACT", artifact_collection_name: "m", artifact_version_index: .n, event_id: "e\\(.n)"}' \
    >root/work/map.jq
  local chroot=(/usr/bin/unshare -r /usr/sbin/chroot "$T/root")
  export KEY=made-up PATH=/bin
  "${chroot[@]}" /bin/wb-event read --map /work/map.jq /work/documents |
    "${chroot[@]}" /bin/wb-match -c /work/c.json | "${chroot[@]}" /bin/wb-render | "${chroot[@]}" /bin/wb-sign |
    "${chroot[@]}" /bin/wb-send --allow-net 127.0.0.0/8 --journal /work/j >receipts 2>err || fail "$(<err)"
  PATH=/usr/bin:/bin
  expect_equal "$(json receipts '[.status, .http_status]' -c)" '["finished",200]'
  expect_match "$(<root/work/j)" '"finished"'
}
test_case 'a pipeline over TLS, with nothing in reach' pipeline
