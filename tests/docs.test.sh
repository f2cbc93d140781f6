#!/usr/bin/env bash
#
# docs.test.sh - what README.md and the manual pages say is so
#
# How pages are written, so that they can be tested, is told in wb-hacking(7), WRITING PAGES. In short: a display of commands is
# a session, which is run and compared; any other display is the file whose name stands before it.

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

TOOLS=(wb-event wb-match wb-render wb-sign wb-send wb-deliver wb-automation)
# Programs that a tool becomes, and that its page tells of, too.
declare -A PARTS=([wb-event]=wb-event-poll [wb-automation]='wb-automation-check wb-automation-import wb-automation-report')
PAGES=("$TOP"/man/*.[157])

# Commands that are shown and cannot be run here, each with the reason. `sudo make install` is run without sudo and
# with DESTDIR.
# shellcheck disable=SC2016 # $PWD of README.md
declare -A UNRUN=(
  ['sudo apt-get install gcc make libc6-dev libcurl4-openssl-dev libssl-dev libonig-dev libjq-dev']='changes the system'
  ['PATH=$PWD:$PATH']='would put the tools before those that lead to a receiver of ours'
  ['make check']='is what runs this test'
  ['make deb']='is what tests/packages.test.sh does'
  ['sudo apt-get install ./build/deb/wb-tools_0.1.0-0wb1_amd64.deb']='changes the system'
)
# Pages of others that ours may refer to.
FOREIGN=(amqp-consume.1 amqp-publish.1 bash.1 cron.8 crontab.5 curl.1 flock.1 head.1 jq.1 kcat.1 lintian.1 logrotate.8 make.1
  nc.1 openssl.1 parallel.1 systemd-run.1 systemd.exec.5 systemd.service.5 systemd.timer.5)

# ---- words: the sources, the help and the pages know the same ones ----

# macro_body FILE MACRO - what stands behind #define MACRO
macro_body() {
  sed -n "/^#define $2[ \\\\]/,/[^\\\\]\$/p" "$1" | sed '1s/^#define [A-Z_]*//; s/\\$//'
}

# option_entries - from C source on standard input: the options of a table, as '-c, --config PATH', sorted
option_entries() {
  tr '\n' ' ' | grep -o -E "\\{[A-Z_]+, *(0|'.'), *\"[^\"]+\", *(NULL|\"[^\"]+\")" |
    sed -E "s/^\\{[A-Z_]+, *(0|'(.)'), *\"([^\"]+)\", *(NULL|\"([^\"]+)\")/-\\2, --\\3 \\5/; s/^-, //; s/ \$//; s/ \\[/[/" | sort
}

# programs_of TOOL - the sources of the tool, and of the programs that its commands run
programs_of() {
  local file
  for file in "$TOP/tools/$1".c "$TOP/tools/$1"-*.c; do
    [[ ! -f $file ]] || printf '%s\n' "$file"
  done
}

options_of_source() {
  local programs
  mapfile -t programs < <(programs_of "$1")
  {
    sed -n '/^static const struct option options\[\]/,/^};/p' "${programs[@]}" >table
    cat table
    ! grep -q FILTER_OPTIONS table || macro_body "$TOP/common/filter.h" FILTER_OPTIONS
    ! grep -q POLICY_OPTIONS table || macro_body "$TOP/common/policy_options.h" POLICY_OPTIONS
    ! grep -q RECORDER_OPTIONS table || macro_body "$TOP/common/recorder_options.h" RECORDER_OPTIONS
    ! grep -q -E 'SECRET_(OPTIONS|PLACES)' table || macro_body "$TOP/common/secret_options.h" SECRET_PLACES
    ! grep -q SECRET_OPTIONS table || macro_body "$TOP/common/secret_options.h" SECRET_OPTIONS
    ! grep -q SEND_OPTIONS table || macro_body "$TOP/common/send_options.h" SEND_OPTIONS
    ! grep -q HISTORY_OPTIONS table || macro_body "$TOP/common/history_options.h" HISTORY_OPTIONS
    ! grep -q NEW_OPTIONS table || macro_body "$TOP/common/new_options.h" NEW_OPTIONS
    ! grep -q TRIAL_OPTIONS table || macro_body "$TOP/common/trial_options.h" TRIAL_OPTIONS
    ! grep -q POLL_OPTIONS table || macro_body "$TOP/common/poll_options.h" POLL_OPTIONS
    ! grep -q WANDB_OPTIONS table || macro_body "$TOP/common/wandb_options.h" WANDB_OPTIONS
    sed -n '/^static const struct option common\[\]/,/^};/p' "$TOP/common/options.c"
  } | option_entries | sort -u
}

options_of_help() {
  local program
  while read -r program; do
    program=${program##*/}
    program=${program%.c}
    "$program" --help
  done < <(programs_of "$1") | sed -n '/^options:/,/^$/p' |
    sed -n -E 's/^ +((-., )?--[a-z-]+(\[=[A-Z]+\]| [^ ]+)?) .*/\1/p' | sed 's/ *$//' | sort -u
}

options_of_page() {
  sed -n 's/^\.It Fl //p' "$TOP/man/$1.1" |
    sed -E 's/^([^-]) , -/-\1, --/; t arg; s/^-/--/; :arg; s/ Ns Op = Ns Ar (.*)/[=\1]/; s/ Ar / /' | sort
}

tool_options() {
  local part
  for part in "$tool" ${PARTS[$tool]-}; do
    options_of_source "$part" >"source.$part"
    (($(wc -l <"source.$part") >= 4)) || fail "no table found in tools/$part.c"
    options_of_help "$part" >"help.$part"
  done
  sort -u "source.$tool"* >source
  sort -u "help.$tool"* >help
  options_of_page "$tool" | sort -u >page
  expect_equal "$(<help)" "$(<source)" 'options of the help, wanted as in the source'
  expect_equal "$(<page)" "$(<source)" 'options of the page, wanted as in the source'
}
for tool in "${TOOLS[@]}"; do
  test_case "$tool: the options of source, help and page are the same" tool_options
done

# section PAGE NAME - the source of a section
section() {
  awk -v name=".Sh $2" '/^\.Sh / { here = $0 == name } here' "$TOP/man/$1"
}

# The statuses of enum exit_status that a tool can end with: its own, and those of filters if it is one.
statuses_of_source() {
  local names programs
  mapfile -t programs < <(programs_of "$1")
  names=$(grep -o -h -E 'EXIT_(DONE|REJECTED|USAGE|IO)' "${programs[@]}")
  ! grep -q '"filter.h"' "${programs[@]}" ||
    names+=$'\n'$(grep -o -h -E 'EXIT_(DONE|REJECTED|USAGE|IO)' "$TOP/common/filter.c")
  ! grep -q '"deliver.h"' "${programs[@]}" || names+=$'\n'$(grep -o -E '(EXIT|DELIVER)_[A-Z]+' "$TOP/common/deliver.c")
  {
    grep -o -E 'EXIT_[A-Z]+ = [0-9]' "$TOP/common/diag.h"
    grep -o -E 'DELIVER_AGAIN [0-9]' "$TOP/common/deliver.h"
  } | grep -F -f <(sort -u <<<"$names") | sed 's/.* //' | sort
}

statuses_of_page() {
  section "$1" 'EXIT STATUS' | sed -n 's/^\.It \([0-9]\)$/\1/p'
}

exit_statuses() {
  local tool
  for tool in "${TOOLS[@]}"; do
    expect_equal "$(statuses_of_page "$tool.1")" "$(statuses_of_source "$tool")" "exit statuses of $tool"
  done
  expect_equal "$(statuses_of_page wb.7)" "$(sed -n -E 's/.*(EXIT_[A-Z]+ =|DELIVER_AGAIN) ([0-9]).*/\2/p' "$TOP/common/diag.h" "$TOP/common/deliver.h")" wb.7
}
test_case 'every exit status is documented' exit_statuses

# same_words WHAT PAGE SECTION - the names of the list there are the words of standard input
same_words() {
  sort >words
  [[ -s words ]] || fail "$1: none found in the sources"
  expect_equal "$(section "$2" "$3" | sed -n -E 's/^\.It (Cm|Li) ([A-Za-z_-]+)( .*)?$/\2/p' | sort)" "$(<words)" \
    "$1, wanted as in the sources"
}

# quoted FILE FROM - the strings of the initializer that starts in the line that FROM matches
quoted() {
  awk -v from="$2" '$0 ~ from { on = 1 } on; on && /};/ { exit }' "$TOP/common/$1" | grep -o '"[^"]*"' | tr -d '"'
}

words() {
  {
    sed -n -E 's/^\t\[EVENT_[A-Z_]+\] = \{"([a-z_]+)".*/\1/p' "$TOP/common/event.c"
    quoted event.c '^static const char [*]const types'
  } | same_words 'members and types of events' wb-record.5 EVENTS
  quoted config.c '^static const char [*]const names' | same_words 'members of a file' wb-automations.5 DESCRIPTION
  { quoted webhook.c '^const char [*]const webhook_members' && quoted webhook.c '^const char [*]const webhook_tls_members'; } |
    same_words 'members of webhooks' wb-automations.5 WEBHOOKS
  quoted config_automation.c '^static const char [*]const names' |
    same_words 'members of automations' wb-automations.5 AUTOMATIONS
  quoted config_action.c '^static const char [*]const action_names' |
    same_words 'members of actions' wb-automations.5 'THE ACTION'
  sed -n '/define LAUNCH_MEMBER_NAMES/,/[^\\]$/p' "$TOP/common/launch.h" | grep -o '"[^"]*"' | tr -d '"' |
    same_words 'members of launch actions' wb-automations.5 LAUNCH
  { sed -n -E 's/^\t\[RULE_[A-Z_]+\] = \{"([a-z_]+)".*/\1/p' "$TOP/common/rules.c" &&
    sed -n -E 's/^\ton_names\[WHEN\] = "([a-z_]+)";$/\1/p' "$TOP/common/config_automation.c"; } |
    same_words 'conditions' wb-automations.5 CONDITIONS
  quoted target.c 'static const char [*]const names' | same_words 'targets' wb-automations.5 TARGETS
  quoted signature_scheme.c '^} schemes' | grep -v -i -e ^x- -e -signature |
    same_words 'signature schemes' wb-sign.1 DESCRIPTION
  {
    grep -o -h -E '(getenv\(|each\(store, )"[A-Z_]+"' "$TOP"/{tools,common}/*.c | tr -d '"' | sed 's/.*[( ]//'
    sed -n 's/^#define GRAPHQL_KEY "\([A-Z_]*\)".*/\1/p' "$TOP/common/graphql.h"
  } | sort -u >variables
  section wb.7 ENVIRONMENT | sed -n 's/^\.It Ev //p' | tr -d ' ' | tr ',' '\n' | sort >documented
  expect_equal "$(<documented)" "$(<variables)" 'environment variables of wb.7'
}
test_case 'every word that the tools accept is documented, and no other' words

# Every longer piece of a message, between what differs from time to time, stands in the sources.
diagnostics() {
  local page message piece pieces=0
  cat "$TOP"/tools/*.c "$TOP"/common/*.{c,h,jq} | tr '\n\t' '  ' | sed 's/" *"//g' |
    tr -c 'A-Za-z0-9_.,-' ' ' | tr -s ' ' >sources
  for page in "${PAGES[@]}"; do
    while IFS= read -r message; do
      while IFS= read -r piece; do
        [[ $piece == *' '* ]] || continue
        ((++pieces))
        grep -q -F -- "$piece" sources || fail "${page##*/}: no tool says: $piece"
      done < <(sed -E 's/\b(NAME|TEXT|KIND|WHAT|TYPE|FILE|LINE|COLUMN|N|MEMBER|PLACE|ACCESS_TOKEN)\b/\n/g' <<<"$message" |
        sed -E 's/\\\(dq|[^A-Za-z0-9_., -]/\n/g' | sed -E 's/^ +| +$//g; s/  +/ /g')
    done < <(awk '/^\.Bl -diag/ { in_list = 1 } /^\.El/ { in_list = 0 } in_list && sub(/^\.It /, "")' "$page")
  done
  ((pieces > 30)) || fail "only $pieces pieces of messages found"
}
test_case 'every message of DIAGNOSTICS stands in the sources' diagnostics

targets() {
  local target
  grep -o -h -E '(^|`|^sudo |^\.(It )?Ic )make [a-z]+' "$TOP/README.md" "${PAGES[@]}" | sed 's/.*make //' | sort -u >targets
  [[ -s targets ]] || fail 'none found'
  while IFS= read -r target; do
    grep -q "^$target:" "$TOP/Makefile" || fail "make $target: no such target"
  done <targets
}
test_case 'every target of make that is named exists' targets

modules() {
  local file
  for file in "$TOP"/common/*.[ch]; do
    file=${file##*/}
    printf '%s\n' "${file%.*}"
  done | sort -u >modules
  expect_equal "$(awk '/^\.Ss / { here = $0 == ".Ss Modules" } here && sub(/^\.It Pa /, "")' "$TOP/man/wb-hacking.7" |
    sed 's/ , /\n/g' | sort)" "$(<modules)" 'modules of wb-hacking(7)'
}
test_case 'every module is in the guide' modules

# ---- pages: well-formed, and referring to what is there ----

lint() {
  local page
  mkdir -p manpath/man{1,5,7,8}
  for page in "${PAGES[@]}"; do
    ln -s "$page" "manpath/man${page##*.}/"
  done
  for page in "${FOREIGN[@]}"; do
    grep -q -h -F ".Xr ${page%.*} ${page##*.}" "${PAGES[@]}" || fail "no page refers to ${page%.*}(${page##*.})"
    touch "manpath/man${page##*.}/$page"
  done
  # with -W style it looks for the pages that are referred to in $MANPATH
  # shellcheck disable=SC2094 # it writes to no page
  MANPATH=$T/manpath mandoc -T lint -W style "${PAGES[@]}" >lint 2>errors || :
  expect_equal "$(<lint)" '' 'mandoc -T lint'
  expect_equal "$(grep -v 'outdated mandoc.db' errors)" '' 'mandoc'
}
test_case 'mandoc finds nothing to complain of, and every reference leads to a page' lint

see_also() {
  local page name
  for page in "${PAGES[@]}"; do
    name=${page##*/}
    grep -q '^\.Sh SEE ALSO$' "$page" || fail "$name: no SEE ALSO"
    grep -q '^\.Sh SECURITY CONSIDERATIONS$' "$page" || [[ $name == wb-cookbook.7 || $name == wb-hacking.7 ]] ||
      fail "$name: no SECURITY CONSIDERATIONS"
    grep -q -F "${name%.*}(${name##*.})" "$TOP/README.md" || fail "$name: not in README.md"
  done
}
test_case 'every page says what to read next, and what to beware of' see_also

# ---- displays: sessions are run, files are made ----

# blocks FILE - the displays of a page or of README.md, one line each a line of theirs, behind a tag and a tab:
# S (the first line of a session), s (another one), F (a file begins: its name), f (a line of it), R (a script begins),
# r (a line of it), E (an error)
blocks() {
  if [[ $1 == *.md ]]; then
    awk '
      /^```/ && !open { open = 1; kind = substr($0, 4); first = 1
        if (kind == "json") print "F\t" name
        else if (kind == "sh") print "R\t"
        else if (kind != "" && kind != "console") print "E\tunknown kind of block: " kind
        next }
      /^```/ { open = 0; next }
      open && kind == "json" { print "f\t" $0 }
      open && kind == "sh" { print "r\t" $0 }
      open && kind == "console" { print (first ? "S" : "s") "\t" $0; first = 0 }
      !open { n = split($0, part, "`"); for (i = 2; i < n; i += 2) name = part[i] }' "$1"
  else
    awk '
      function text(line) {
        gsub(/\\&/, "", line); gsub(/\\e/, "\001", line)
        if (line ~ /\\/ || line ~ /^[.'"'"']/) print "E\tnot plain text in a display: " line
        gsub(/\001/, "\\", line)
        return line
      }
      /^\.Bd -literal/ { open = 1; first = 1; next }
      /^\.Ed/ { open = 0; next }
      open && first { session = /^\$ /; print (session ? "S\t" text($0) : "F\t" name "\nf\t" text($0)); first = 0; next }
      open { print (session ? "s\t" : "f\t") text($0) }
      !open && /^\.Pa / { name = $2 }' "$1"
  fi
}

# Names lead to a receiver of ours: wb-send gets a proxy that connects everybody to it, whatever the name, and an
# authority that vouches for it. All else, options of the example's own included, is as in the page.
make_wrapper() {
  mkdir bin
  cat >bin/wb-send <<'END'
#!/usr/bin/env bash
# jobs go to the W&B server of the test
for file in "$@"; do
  [[ ! -f $file ]] || ! grep -q '"launch":{' "$file" || exec "$WB_BIN/wb-send" --allow-http --allow-net 127.0.0.0/8 "$@"
done
args=() cacert=(--cacert "$DOCS_CA")
# what is local in a page is local here, too
[[ " $* " != *" --allow-host localhost "* ]] || exec "$WB_BIN/wb-send" "$@"
while (($# > 0)); do
  case $1 in
    --proxy) shift ;;
    --cacert) cacert=() args+=("$1") ;;
    *) args+=("$1") ;;
  esac
  shift
done
exec "$WB_BIN/wb-send" --proxy "$DOCS_PROXY" ${cacert[@]+"${cacert[@]}"} ${args[@]+"${args[@]}"}
END
  cat >bin/wb-automation <<'END'
#!/usr/bin/env bash
# it runs the wb-send that stands beside it, not the one above
[[ ${1-} != test ]] || set -- "$@" --proxy "$DOCS_PROXY" --cacert "$DOCS_CA"
[[ ${1-} != @(import|check) ]] || set -- "$@" --allow-http --allow-net 127.0.0.0/8
exec "$WB_BIN/wb-automation" "$@"
END
  chmod +x bin/wb-automation bin/wb-send
  cat >bin/wb-event <<'END'
#!/usr/bin/env bash
[[ ${1-} != poll ]] || set -- "$@" --allow-http --allow-net 127.0.0.0/8
exec "$WB_BIN/wb-event" "$@"
END
  cat >bin/wb-deliver <<'END'
#!/usr/bin/env bash
# it runs the programs that stand beside it, not those above
[[ " $* " != *" poll "* ]] || set -- "$@" --allow-http --allow-net 127.0.0.0/8
exec "$WB_BIN/wb-deliver" --send=--proxy --send="$DOCS_PROXY" --send=--cacert --send="$DOCS_CA" "$@"
END
  chmod +x bin/wb-event bin/wb-deliver
}

# The registry that pages poll.
make_registry() {
  # shellcheck disable=SC2119 # without options
  start_wandb
  export WANDB_BASE_URL=$WANDB_URL WANDB_API_KEY=$WANDB_KEY
  wandb_do '[{"do":"link","collection":"acme/model-registry/fraud","user":"ann"},
    {"do":"link","collection":"acme/model-registry/fraud","user":"ann","aliases":["production"],"after":1}]' >/dev/null
  make_automations
}

# The automations that pages import.
make_automations() {
  local hook queue slack scope='"scope":{"collection":"acme/model-registry/fraud"}'
  hook=$(wandb_do '{"do":"webhook","entity":"acme","name":"deploy-hook","url":"https://hooks.acme.example/deploy",
    "secret":"WEBHOOK_SECRET"}' | jq .id)
  queue=$(wandb_do '{"do":"queue","queue":"acme/model-registry/gpu"}' | jq .id)
  wandb_do '{"do":"link","collection":"acme/jobs/evaluate","type":"job"}' >/dev/null
  slack=$(wandb_do '{"do":"slack","entity":"acme","team":"Acme","channel":"models"}' | jq .id)
  # shellcheck disable=SC2016 # a variable of payloads
  wandb_do '[{"do":"automation","name":"evaluate","description":"Evaluate what is linked.",'"$scope"',"event":"LINK_MODEL",
    "filter":"{\"filter\":\"{\\\"$or\\\":[{\\\"$and\\\":[]}]}\"}",
    "action":{"type":"QueueJobTriggeredAction","queue":'"$queue"',
      "template":"{\"entity\":\"acme\",\"project\":\"evals\",\"job\":\"acme/jobs/evaluate:latest\",\"overrides\":{\"run_config\":{\"model\":\"${artifact_version}\"}}}"}},
    {"do":"automation","name":"tell-team","description":"Tell them.",'"$scope"',"event":"LINK_MODEL",
    "filter":"{\"filter\":\"{\\\"$or\\\":[{\\\"$and\\\":[]}]}\"}",
    "action":{"type":"NotificationTriggeredAction","integration":'"$slack"',"title":"New model","message":"Look at it",
      "severity":"INFO"}},
    {"do":"automation","name":"promote",'"$scope"',"event":"ADD_ARTIFACT_ALIAS",
    "filter":"{\"filter\":\"{\\\"$or\\\":[{\\\"$and\\\":[{\\\"alias\\\":{\\\"$regex\\\":\\\"^prod\\\"}}]}]}\"}",
    "action":{"type":"GenericWebhookTriggeredAction","integration":'"$hook"',
      "payload":"{\"text\":\"${artifact_version_string}\"}"}}]' >/dev/null
}

make_proxy() {
  cat >proxy.mjs <<'END'
/* usage: proxy.mjs TLS-PORT PLAIN-PORT - a proxy for which every host is here */
import fs from 'node:fs';
import net from 'node:net';
const [tlsPort, plainPort] = process.argv.slice(2).map(Number);
const server = net.createServer((client) => {
  client.once('data', (head) => {
    const isTunnel = head.toString('latin1').startsWith('CONNECT ');
    const upstream = net.connect(isTunnel ? tlsPort : plainPort, '127.0.0.1', () => {
      if (isTunnel) client.write('HTTP/1.1 200 here\r\n\r\n');
      else upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    for (const [a, b] of [[client, upstream], [upstream, client]]) a.on('error', () => b.destroy());
  });
});
process.on('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', () => fs.writeSync(1, `ready ${server.address().port}\n`));
END
  local word port
  mkfifo proxy.ready
  node proxy.mjs "$1" "$2" >proxy.ready </dev/null &
  SERVERS+=("$!")
  read -r -t 60 word port <proxy.ready || :
  [[ $word == ready ]] || fail 'the proxy did not start'
  export DOCS_PROXY=http://127.0.0.1:$port
}

# A certificate for all hosts that pages name.
make_documented_certificate() {
  make_test_ca
  printf '[documented]\nsubjectAltName = DNS:api.github.com, DNS:slack.com, DNS:hooks.slack.com, %s, %s\n' \
    'DNS:*.webhook.office.com' 'DNS:*.acme.example, DNS:*.execute-api.eu-west-1.amazonaws.com' >>"$T/ca/conf"
  make_certificate documented "$(date -u -d yesterday +%Y%m%d%H%M%SZ)" 20991231235959Z >>"$T/ca/log" 2>&1 ||
    fail "no certificate: $(<"$T/ca/log")"
  export DOCS_CA=$CA_FILE
}

# What a page may take for granted: secrets in the environment, and what GitHub sets on a runner.
preset() {
  export GITHUB_TOKEN=made-up-github-token WEBHOOK_SECRET=made-up-webhook-secret GITLAB_TOKEN=made-up-gitlab-token
  export SLACK_TOKEN=made-up-slack-token GITLAB_TRIGGER_TOKEN=made-up-trigger-token K8S_TOKEN=made-up-cluster-token
  export SAGEMAKER_API_KEY=made-up-gateway-key AIRFLOW_TOKEN=made-up-airflow-token
  export SLACK_WEBHOOK_URL=https://hooks.slack.com/services/T0/B0/made-up
  export TEAMS_WEBHOOK_URL=https://acme.webhook.office.com/webhookb2/made-up
  export MODEL=acme/model-registry/fraud:v3 GITHUB_ACTOR=ann GITHUB_RUN_ID=1742
}

start_servers() {
  local tls
  printf '%s\n' '{"/repos/acme/deploy/dispatches": [{"status": 204}],
    "/repos/acme/deploy/actions/workflows/evaluate.yml/dispatches": [{"status": 204}],
    "/api/v4/projects/42/pipeline": [{"status": 201, "body": "{}"}],
    "/api/v4/projects/42/trigger/pipeline": [{"status": 201, "body": "{}"}],
    "/apis/batch/v1/namespaces/ml/jobs": [{"status": 201, "body": "{}"}, {"status": 409, "body": "{\"reason\":\"AlreadyExists\"}"}],
    "/api/v2/dags/evaluate/dagRuns": [{"body": "{}"}, {"status": 409, "body": "{}"}],
    "/api/v1/dags/evaluate/dagRuns": [{"body": "{}"}, {"status": 409, "body": "{}"}], "/down": [{"status": 503}],
    "/api/chat.postMessage": [{"body": "{\"ok\":false,\"error\":\"channel_not_found\"}"}, {"body": "{\"ok\":true}"}]}' \
    >answers.json
  make_documented_certificate
  start_receiver --tls "$T/ca/documented.pem,$T/ca/documented.key" --script "$T/answers.json"
  tls=$RECEIVER_PORT
  start_receiver
  make_proxy "$tls" "$RECEIVER_PORT"
  make_wrapper
  make_registry
}

# is_whole COMMAND - whether no more lines belong to it
is_whole() {
  [[ $1 != *\\ ]] && bash -n <<<"$1" 2>/dev/null
}

# add_step COMMAND - add a command to the script of the page; its output goes to N.out, its status to N.status
add_step() {
  local n=$((++steps)) command=$1
  commands[n]=$command
  command=${command//'/usr/local/share/doc/wb-tools/machines'/$TOP/tools/machines}
  # shellcheck disable=SC2016 # expanded by the script
  printf 'docs_set "$docs_last"\n{ docs_set "$docs_last"\n%s\n} >%q 2>&1 </dev/null\n' \
    "${command//'/usr/local/share/doc/wb-tools'/$TOP/man}" "$out/$n.out" >>"$out/script"
  # shellcheck disable=SC2016
  printf 'docs_last=$?; echo "$docs_last" >%q\n' "$out/$n.status" >>"$out/script"
}

# make_file NAME - make it of lines; one of the source tree must be that one, a configuration must load
make_file() {
  local name=$1 file
  if [[ -e $TOP/$name ]]; then
    expect_equal "$(printf '%s\n' "${lines[@]}")" "$(<"$TOP/$name")" "$name"
    return
  fi
  file=$out/$((++files)).file
  printf '%s\n' "${lines[@]}" >"$file"
  add_step "mkdir -p $(printf '%q' "$(dirname "$name")") && cp $(printf '%q %q' "$file" "$name")"
  if [[ $name == *.json ]]; then
    jq empty "$file" || fail "$name: not JSON"
    ! jq -e 'has("automations") or has("webhooks")' "$file" >/dev/null || configurations+=("$name")
  fi
  [[ ! -e $TOP/man/examples/${name##*/} ]] || expect_file "$file" "$TOP/man/examples/${name##*/}"
  [[ ! -e $TOP/man/$name ]] || expect_file "$file" "$TOP/man/$name"
  # what other programs would run
  case $name in
    *.yml)
      awk '/^ *run: \|$/ { on = 1; next } on' "$file" >"$file.run"
      [[ ! -s $file.run ]] || later+=("bash --noprofile --norc -e -o pipefail $(printf '%q' "$file.run")")
      ;;
    # without its settings, which are of another machine
    crontab) later+=("$(sed '/^[A-Z_]*=/d' "$file" | cut -d ' ' -f 6-)") ;;
  esac
}

# check_configurations - those that a page shows load, each alone, or all together if one uses what another defines
check_configurations() {
  local i all=()
  for i in "${!configurations[@]}"; do
    all+=(-c "${configurations[i]}")
  done
  for i in "${!configurations[@]}"; do
    wb-match -c "${configurations[i]}" 2>"$T/errors" && continue
    [[ $(<"$T/errors") == *': no webhook is called '* ]] || fail "$(<"$T/errors")"
    expect_status 0 wb-match "${all[@]}"
  done
}

# take_session - lines are commands and what they print: N.want
take_session() {
  local line command='' whole=yes
  for line in "${lines[@]}"; do
    if [[ $whole == no ]]; then
      command+=$'\n'$line
    elif [[ $line == '$ '* ]]; then
      command=${line#'$ '}
    else
      printf '%s\n' "$line" >>"$out/$steps.want"
      continue
    fi
    whole=no
    is_whole "$command" || continue
    whole=yes
    add_step "$command"
  done
  [[ $whole == yes ]] || fail "no end of: $command"
}

# take_script - lines are a script of README.md
take_script() {
  local line
  for line in "${lines[@]}"; do
    [[ -n ${UNRUN[$line]-} ]] && continue
    # make makes the tools of the top directory; others may be under test
    [[ $line != *make* || $WB_BIN == "$TOP" ]] || continue
    case $line in
      'sudo make install') line="make install DESTDIR=$T/dest" ;;
    esac
    add_step "$line"
    printf '...\n' >"$out/$steps.want"
  done
}

take_block() {
  case $1 in
    S) take_session ;;
    F) make_file "$2" ;;
    R) take_script ;;
  esac
}

# read_page FILE - make its files, and the script of its sessions
read_page() {
  local tag text kind='' name='' lines=()
  while IFS=$'\t' read -r tag text; do
    case $tag in
      S | F | R)
        take_block "$kind" "$name"
        kind=$tag name=$text lines=()
        [[ $tag != S ]] || lines=("$text")
        ;;
      s | f | r) lines+=("$text") ;;
      E) fail "${1##*/}: $text" ;;
    esac
  done < <(blocks "$1")
  take_block "$kind" "$name"
}

# matches WANT GOT - whether the lines are those, where ... stands for anything inside of a line, or as a line for all
matches() {
  local want_lines got_lines pattern i
  [[ $1 != '...' ]] || return 0
  mapfile -t want_lines <<<"$1"
  mapfile -t got_lines <<<"$2"
  ((${#want_lines[@]} == ${#got_lines[@]})) || return
  for i in "${!want_lines[@]}"; do
    pattern=$(sed 's/[][\\*?]/\\&/g; s/\.\.\./*/g' <<<"${want_lines[i]}")
    # shellcheck disable=SC2053 # a pattern
    [[ ${got_lines[i]} == $pattern ]] || return
  done
}

check_step() {
  local n=$1 status want='' got
  [[ -e $out/$n.status ]] || fail "never came to an end: ${commands[n]}"
  status=$(<"$out/$n.status")
  got=$(<"$out/$n.out")
  [[ ! -e $out/$n.want ]] || want=$(<"$out/$n.want")
  matches "$want" "$got" || fail "${commands[n]}"$'\n'"prints$(diff -u --label page --label run \
    <(printf '%s\n' "$want") <(printf '%s\n' "$got") | sed 1,2d)"
  [[ $status == 0 || ${commands[n + 1]-} == 'echo $?' ]] || fail "${commands[n]}"$'\n'"ends with status $status: $got"
}

# run_page FILE [HOME] - run all sessions of a page here, and compare
run_page() {
  local page=$1 home=${2-$PWD} out n steps=0 files=0 commands=() configurations=() later=()
  out=$T/out.${page##*/}
  mkdir "$out"
  # shellcheck disable=SC2016
  printf 'docs_last=0\ndocs_set() { return "$1"; }\n' >"$out/script"
  read_page "$page"
  for n in "${!later[@]}"; do
    add_step "${later[n]}"
    printf '...\n' >"$out/$steps.want"
  done
  ((steps > 0)) || fail 'no commands found'
  (
    preset
    export PATH=$T/bin:$TESTS/cli:$PATH HOME=$home
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS bash --norc -o pipefail "$out/script"
  ) || :
  for ((n = 1; n <= steps; n++)); do
    check_step "$n"
  done
  check_configurations
}

page_sessions() {
  mkdir "page.${page##*/}"
  cd "page.${page##*/}" || return
  ln -s . registry # the crontab's
  cp "$DOCS_CA" acme-ca.pem
  run_page "$page"
}

readme() {
  local tool command package
  for command in "${!UNRUN[@]}"; do
    grep -q -x -F -- "$command" "$TOP/README.md" || fail "not in README.md: $command"
    for package in ${command#sudo apt-get install}; do
      [[ $command != *apt-get* || $package == ./* ]] || grep -q "^  '$package " "$TESTS/setup" || fail "not in tests/setup: $package"
    done
  done
  cd "$TOP" || return
  mkdir "$T/readme-home"
  run_page README.md "$T/readme-home"
  cd "$T" || return
  [[ $WB_BIN == "$TOP" ]] || return 0
  # shellcheck disable=SC2048 # of some there are several
  for tool in "${TOOLS[@]}" ${PARTS[*]}; do
    expect_file "dest/usr/local/bin/$tool" "$WB_BIN/$tool"
  done
  expect_equal "$(cd dest/usr/local/share/man && find . -type f -printf '%f\n' | sort)" \
    "$(printf '%s\n' "${PAGES[@]##*/}" | sort)" 'pages installed'
  env -u MAKEFLAGS -u MAKELEVEL make -s -C "$TOP" uninstall DESTDIR="$T/dest"
  expect_equal "$(find dest -type f)" '' 'left after make uninstall'
}

start_servers
for page in "${PAGES[@]}"; do
  ! grep -q '^\$ ' "$page" || test_case "${page##*/}: its commands do what it shows" page_sessions
done
test_case 'README.md: its commands do what it shows' readme

# ---- records: the members that there are, and those that are documented ----

# members SECTION - the names that wb-record(5) lists there, those of inner lists too
members() {
  section wb-record.5 "$1" | sed -n 's/^\.It Cm //p' | sort -u
}

record_members() {
  preset
  # shellcheck disable=SC2016 # names of secrets
  printf '%s\n' '{"webhooks":{"w":{"url":"https://hooks.acme.example/","access_token":"$GITHUB_TOKEN",
    "secret":"$WEBHOOK_SECRET"}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"w",
    "payload":{"token":"${ACCESS_TOKEN}"}}}]}' >c.json
  wb-event alias acme/model-registry/fraud:v3 production | wb-match -c c.json >match
  expect_equal "$(members 'MATCH RECORDS')" "$(json match 'keys[], (.automation | keys[])' | sort -u)" match
  wb-render match | wb-sign >signed
  jq -c '.automation.action.webhook += {success_when: ".ok", success_status: 409, tls: {ca: "$CA"}}' match | wb-render | cat signed - >requests
  echo '{"automations":[{"name":"l","action":{"type":"launch","queue":"q","job":"acme/x/j","project":"acme/x"}}]}' >l.json
  # shellcheck disable=SC2119 # without options
  start_wandb
  wandb_do '{"do":"queue","queue":"acme/model-registry/q"}' >/dev/null
  wb-event alias acme/model-registry/fraud:v3 production | WANDB_BASE_URL=$WANDB_URL wb-match -c l.json | wb-render >launch
  cat launch >>requests
  expect_equal "$(members 'REQUEST RECORDS')" "$(json requests 'keys[], (.request | keys[])' | sort -u)" request
  bin/wb-send --show-response signed >receipts
  WANDB_API_KEY=$WANDB_KEY wb-send --allow-http --allow-net 127.0.0.0/8 launch >>receipts
  expect_status 1 env -u GITHUB_TOKEN bin/wb-send signed >>receipts
  sed 's|https://hooks.acme.example/|&down|' signed >down
  expect_status 1 bin/wb-send --retry-max-time 10ms down >>receipts
  expect_equal "$(members RECEIPTS)" "$(json receipts 'keys[]' | sort -u)" receipt
  {
    quoted transfer.c 'static const char [*]const names' && quoted receipt.c 'static const char [*]const names' &&
      quoted queue.c 'static const char [*]const names'
  } | sort >words
  expect_equal "$(section wb-record.5 RECEIPTS | sed -n 's/^\.It Li //p' | sort)" "$(<words)" \
    'statuses, reasons and classes of errors'
}
test_case 'every member of a record is documented, and no other' record_members

examples() {
  local file
  expect_status 0 wb-match -c "$TOP/man/examples"
  for file in "$TOP"/man/examples/*.json; do
    jq --indent 2 . "$file" >pretty
    expect_file "$file" pretty
  done
}
test_case 'the examples load together, and are well laid out' examples

demo() {
  expect_status 0 "$TESTS/demo"
}
test_case 'the demo succeeds' demo

ci() {
  expect_equal "$(sed '1d;/^set -eu$/d;/^cd /d' "$TOP/.ci/run")" 'make check' .ci/run
  grep -q -x 'make check' "$TOP/README.md" || fail 'README.md has another test command'
}
test_case 'CI runs the test command of README.md' ci
