#!/usr/bin/env bash
#
# cron.test.sh - the line for cron in tools/cron, as cron runs it, and the rules for logrotate in tools/logrotate

# shellcheck disable=SC2119 # functions with and without arguments
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

start_wandb

# begin [ANSWER,…] - a registry that is known, an automation for its links, and what /etc/cron.d has, in settings and
# line; the places of these are here
begin() {
  fresh
  wandb_do '[{"do":"reset"},{"do":"clear_faults"},{"do":"project","project":"acme/model-registry"}]' >/dev/null
  answers <<<"{\"/hook\":[${1-{\}}]}"
  mkdir -p etc/registry/{automations,secrets} lib
  # shellcheck disable=SC2016 # the name of a secret
  printf '{"webhooks":{"w":{"url":"%s","secret":"$KEY"}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]}\n' \
    "$RECEIVER_URL/hook" >etc/registry/automations/a.json
  (umask 077 && printf made-up >etc/registry/secrets/KEY && printf %s "$WANDB_KEY" >etc/registry/secrets/WANDB_API_KEY)
  sed -e "s|/usr/local/bin|$WB_BIN|; s|/etc/wb-tools|$PWD/etc|g; s|/var/lib/wb-deliver|$PWD/lib|g" \
    -e 's|$| --allow-http --allow-net=127.0.0.0/8|; s|wb-deliver -c|wb-deliver --send=--allow-http --send=--allow-net=127.0.0.0/8 -c|' \
    "$TOP/tools/cron/wb-deliver" | grep -v '^#' >cron.d
  mapfile -t settings < <(sed -n 's/ --allow-http .*//; /^[A-Z_]*=/p' cron.d)
  # five fields of time, and the user
  line=$(sed -n -E 's/^([^ ]+ ){5}registry //p' cron.d)
  [[ -n $line ]] || fail 'no line for cron'
}

# cron - run the line as cron does; what it would mail is in mail
cron() {
  env -i HOME="$T/home" LOGNAME=registry SHELL=/bin/sh "${settings[@]}" WANDB_BASE_URL="$WANDB_URL" \
    /bin/sh -c "$line" >mail 2>&1 </dev/null
}

link_model() {
  wandb_do '{"do":"link","collection":"acme/model-registry/fraud"}' >/dev/null
}

mails() {
  begin '{"status":200},{"status":404},{"status":200}'
  expect_status 0 cron
  expect_match "$(<mail)" 'first run'
  link_model
  expect_status 0 cron
  expect_empty mail
  expect_status 0 cron
  expect_empty mail
  link_model
  expect_status 1 cron
  expect_match "$(<mail)" 'a: acme/model-registry/fraud:v1: [0-9a-f]{32}: failed: http: status 404'
  expect_match "$(<mail)" '1 failed in'
  expect_match "$(<mail)" "what has failed is in '$PWD/lib/registry/dead.jsonl'"
  mv etc/registry/secrets/KEY .
  link_model
  expect_status 4 cron
  expect_match "$(<mail)" 'secret KEY: not found in .*nothing is committed'
  mv KEY etc/registry/secrets/
  expect_status 0 cron
  expect_empty mail
  wandb_do '{"do":"fault","kind":"status","status":401}' >/dev/null
  expect_status 3 cron
  expect_match "$(<mail)" '401'
  expect_equal "$(counts lib/registry/receipts.jsonl)" '1 failed,2 finished'
}
test_case 'cron: no mail when all is well, and one that says what is wrong when not' mails

meeting() {
  begin
  mkdir -m 700 lib/registry
  exec 9>>lib/registry/lock
  flock 9
  expect_status 0 cron
  expect_empty mail
}
test_case 'cron: a run that meets another one says nothing' meeting

# rotate - as logrotate does when the week is over
rotate() {
  sed "s|/var/lib/wb-deliver|$PWD/lib|g" "$TOP/tools/logrotate/wb-deliver" >rules
  expect_status 0 logrotate --force --state "$PWD/logrotate.state" rules >said 2>&1
  expect_empty said
}

# all NAME - what there is of a file, and of those that it has become
all() {
  cat lib/registry/"$1"*[!z]
  [[ ! -e lib/registry/$1.2.gz ]] || zcat lib/registry/"$1".*.gz
}

# A run has a delivery behind it and one before it when the files are rotated, twice.
rotated() {
  local run
  begin '{"status":404},{"status":200},{"status":404}'
  mkfifo events
  KEY=made-up wb-deliver -c etc/registry/automations -d lib/registry --send=--allow-http --send=--allow-net=127.0.0.0/8 \
    events 2>err &
  run=$!
  exec {events}>events
  wb-event link acme/m/c:v1 --id 1 >&"$events"
  await_line lib/registry/receipts.jsonl '"failed"'
  rotate
  [[ -e lib/registry/receipts.jsonl.1 && ! -e lib/registry/receipts.jsonl ]] || fail 'not rotated'
  wb-event link acme/m/c:v2 --id 2 >&"$events"
  wb-event link acme/m/c:v3 --id 3 >&"$events"
  exec {events}>&-
  expect_status 1 wait "$run"
  wb-event link acme/m/c:v4 --id 4 | KEY=made-up expect_status 1 wb-deliver -c etc/registry/automations -d lib/registry \
    --send=--allow-http --send=--allow-net=127.0.0.0/8 2>err
  rotate
  expect_equal "$(all receipts.jsonl | jq -r .event_id | sort | paste -s -d ' ')" '1 2 3 4' 'receipts'
  expect_equal "$(all dead.jsonl | jq -r .event.event_id | sort | paste -s -d ' ')" '1 3 4' 'dead letters'
  [[ -e lib/registry/receipts.jsonl.2.gz ]] || fail 'nothing was compressed'
  expect_equal "$(jq -r .event_id lib/registry/journal.jsonl | paste -s -d ' ')" '1 2 3 4' 'the journal'
}
test_case 'logrotate: what it takes away while a run goes on loses nothing' rotated
