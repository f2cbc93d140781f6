#!/usr/bin/env bash
#
# wb-automation.test.sh - automations listed, shown and checked, and what has become of their deliveries

# shellcheck disable=SC2016 # what looks like variables are those of payloads, and secrets' names
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir rules
cat >rules/deploy.json <<'END'
{
  "webhooks": {
    "github-deploy": {
      "url": "https://api.github.com/repos/acme/deploy/dispatches",
      "access_token": "$GITHUB_TOKEN", "secret": ["$NEW", "$OLD"], "signature": ["github", "standard"],
      "success_when": ".ok", "target": "github"
    }
  },
  "automations": [
    {
      "name": "deploy",
      "description": "Deploy what becomes production.",
      "on": {"event_type": "ADD_ARTIFACT_ALIAS", "entity": "acme", "project": "models",
             "collection": ["fraud", "churn"], "alias": ["production", "pr\u006fd"], "alias_regex": "^p"},
      "action": {"type": "webhook", "webhook": "github-deploy", "payload": {"event_type": "deploy"}}
    }, {"name": "trial", "enabled": false, "action": {"type": "none"}}
  ]
}
END
cat >rules/other.json <<'END'
{"automations": [
  {"name": "日本語 é", "on": {"event_type": ["LINK_MODEL", "ADD_ARTIFACT_TAG"], "author": "ann"},
   "action": {"type": "webhook", "webhook": "github-deploy"}},
  {"name": "red\u001b[31m\u009b", "action": {"type": "none"}}
]}
END

# refused MESSAGE ARGUMENT… - status 2, that message, and nothing on standard output
refused() {
  expect_status 2 wb-automation "${@:2}" >out 2>err
  expect_empty out
  expect_equal "$(<err)" "wb-automation: $1" message
}

# ---- list ----

lists() {
  cat >want <<'END'
NAME                 TRIGGER                                    SCOPE                      ACTION   ACTION NAME    QUEUE  ENABLED
deploy               ADD_ARTIFACT_ALIAS {production,prod} /^p/  acme/models/{fraud,churn}  webhook  github-deploy         yes
trial                *                                          */*/*                      none                           no
日本語 é             LINK_ARTIFACT, ADD_ARTIFACT_TAG by ann     */*/*                      webhook  github-deploy         yes
red\x1b[31m\xc2\x9b  *                                          */*/*                      none                           yes
END
  wb-automation list -c rules >out
  expect_file out want
  WB_CONFIG=rules wb-automation list >out
  expect_file out want
}
test_case 'list: a line for each automation, aligned as a terminal shows it' lists

lists_json() {
  wb-automation list --json -c rules >out
  expect_equal "$(json out -c '[.name, .event_type, .scope, .action_type, .action_name, .queue, .enabled, .file, .line]' -a)" \
    "$(cat <<'END'
["deploy",["ADD_ARTIFACT_ALIAS"],"acme/models/{fraud,churn}","webhook","github-deploy",null,true,"rules/deploy.json",10]
["trial",[],"*/*/*","none",null,null,false,"rules/deploy.json",16]
["\u65e5\u672c\u8a9e \u00e9",["LINK_ARTIFACT","ADD_ARTIFACT_TAG"],"*/*/*","webhook","github-deploy",null,true,"rules/other.json",2]
["red\u001b[31m\u009b",[],"*/*/*","none",null,null,true,"rules/other.json",4]
END
    )"
  expect_equal "$(head -n 1 out | json - -c '[.description, .on]')" \
    '["Deploy what becomes production.",{"event_type":"ADD_ARTIFACT_ALIAS","entity":"acme","project":"models","collection":["fraud","churn"],"alias":["production","prod"],"alias_regex":"^p"}]'
}
test_case 'list --json: all of it for programs' lists_json

# What tells two automations apart is to be seen, and how long they rest.
conditions_told() {
  cat >c.json <<'END'
{"automations": [
  {"name": "a", "on": {"event_type": "ADD_ARTIFACT_ALIAS", "alias": "a", "when": "true"}, "cooldown": "10m", "action": {"type": "none"}},
  {"name": "b", "on": {"event_type": "ADD_ARTIFACT_TAG", "tag": ["b", "c"]}, "cooldown": "2h", "cooldown_by": "collection", "action": {"type": "none"}},
  {"name": "c", "action": {"type": "none"}}
]}
END
  wb-automation list -c c.json | sed -n '2,$p' >out
  cat >want <<'END'
a     ADD_ARTIFACT_ALIAS a when ...  */*/*  none                        yes
b     ADD_ARTIFACT_TAG {b,c}         */*/*  none                        yes
c     *                              */*/*  none                        yes
END
  expect_file out want
  expect_equal "$(wb-automation list -c c.json --json | jq -c '[.cooldown, .cooldown_by]' | paste -s)" \
    $'["10m","automation"]\t["2h","collection"]\t[null,null]'
  expect_equal "$(wb-automation show a -c c.json | tail -n 1)" 'nothing is sent; after that it rests for 10m.'
  expect_equal "$(wb-automation show b -c c.json | tail -n 1)" 'nothing is sent; after that it rests for 2h, for that collection only.'
}
test_case 'list, show: what each waits for, and how long it rests' conditions_told

jobs() {
  cat >jobs.json <<'END'
{"automations": [
  {"name": "evaluate", "action": {"type": "launch", "queue": "gpu", "queue_entity": "ops", "project": "acme/evals",
    "job": "acme/jobs/\u0065valuate:latest", "name": "evaluate ${alias}", "resource": "kubernetes", "priority": 2,
    "overrides": {"run_config": {"lr": 1.10}}, "template_variables": {"gpus": 1}, "api_key": "$OPS_KEY",
    "base_url": "https://wandb.acme.example"}},
  {"name": "image", "enabled": false,
   "action": {"type": "launch", "queue": "cpu", "project": "acme/evals", "docker_image": "acme/eval:1"}}
]}
END
  wb-automation list -c jobs.json >out
  cat >want <<'END'
NAME      TRIGGER  SCOPE  ACTION  ACTION NAME                QUEUE     ENABLED
evaluate  *        */*/*  launch  acme/jobs/evaluate:latest  ops/gpu   yes
image     *        */*/*  launch  acme/eval:1                acme/cpu  no
END
  expect_file out want
  expect_equal "$(wb-automation list --json -c jobs.json | jq -c '[.action_type, .action_name, .queue]')" \
    '["launch","acme/jobs/evaluate:latest","ops/gpu"]
["launch","acme/eval:1","acme/cpu"]'
  expect_equal "$(wb-automation show evaluate -c jobs.json | tail -n 2)" 'When anything happens in */*/*:
the job acme/jobs/evaluate:latest is put on the queue ops/gpu, to run in acme/evals as evaluate ${alias}, on kubernetes, with the template_variables {"gpus":1}, with the overrides {"run_config":{"lr":1.10}}, at priority 2, with the key $OPS_KEY, by the server https://wandb.acme.example.'
  expect_equal "$(wb-automation show image -c jobs.json | tail -n 1)" \
    'a job of the image acme/eval:1 is put on the queue acme/cpu, to run in acme/evals.'
}
test_case 'list, show: jobs for queues of W&B Launch' jobs

# entry ID STATUS AUTOMATION [SECOND] [MEMBERS] - a line of a journal
entry() {
  printf '{"delivery_id":"%s","status":"%s","at":"2026-11-24T11:17:%s.000Z","automation":"%s"%s}\n' \
    "$1" "$2" "${4-00}" "$3" "${5-}"
}

last_execution() {
  {
    entry 1 finished deploy 01
    entry 2 failed deploy 02
    entry 2 deferred 'r\u0065d\u001b[31m\u009b' 03
    entry 3 finished gone 04
    entry 4 novel trial 05
    echo '{"delivery_id":"5","status":"finished"}'
  } >journal
  wb-automation list -c rules --journal journal | sed -E 's/ .* (yes|no) +/ /' >out
  cat >want <<'END'
NAME                 TRIGGER                                    SCOPE                      ACTION   ACTION NAME    QUEUE  ENABLED  LAST EXECUTION
deploy 2026-11-24T11:17:02.000Z Failed
trial 2026-11-24T11:17:05.000Z
日本語 never
red\x1b[31m\xc2\x9b 2026-11-24T11:17:03.000Z Pending
END
  expect_file out want
  wb-automation list -c rules --journal journal --json | jq -c .last_execution >out
  expect_equal "$(<out)" '{"at":"2026-11-24T11:17:02.000Z","status":"Failed"}
{"at":"2026-11-24T11:17:05.000Z","status":""}
null
{"at":"2026-11-24T11:17:03.000Z","status":"Pending"}'
}
test_case 'list --journal: when each was last executed, and how that went' last_execution

# ---- show ----

shows() {
  wb-automation show deploy -c rules >out
  {
    printf 'rules/deploy.json:10:5\n'
    sed -n '10,16p' rules/deploy.json | sed '7s/}, .*/}/'
    printf '\nrules/deploy.json:3:5\n'
    sed -n '3,7p' rules/deploy.json
    cat <<'END'

When a version gets an alias in acme/models/{fraud,churn}, and alias is production or prod, and alias_regex matches ^p:
its payload is sent to https://api.github.com/repos/acme/deploy/dispatches (webhook github-deploy, target github), with the bearer token $GITHUB_TOKEN, signed with $NEW and $OLD as github and standard, a success when .ok.
END
  } >want
  expect_file out want
  wb-automation show -c rules '日本語 é' | tail -n 2 >out
  expect_match "$(<out)" $'^When a version is linked or a version gets a tag in \\*/\\*/\\*, and author is ann:\nthe event is sent to https:'
  wb-automation show -c rules trial >out
  printf '%s\n' 'rules/deploy.json:16:8' '{"name": "trial", "enabled": false, "action": {"type": "none"}}' '' \
    'Disabled. If it were not: when anything happens in */*/*:' 'nothing is sent.' >want
  expect_file out want
}
test_case 'show: as it stands in its file, its webhook, and in words' shows

shows_scrubbed() {
  printf '{"automations":[{"name":"a","description":"\177\302\233[31m\n","action":{"type":"none"}}]}' | tr '\n' ' ' >c.json
  wb-automation show a -c c.json | sed -n 2p >out
  expect_equal "$(<out)" '{"name":"a","description":"\x7f\xc2\x9b[31m ","action":{"type":"none"}}'
}
test_case 'show: what would move the terminal is escaped' shows_scrubbed

# What is not seen, or turns around what stands beside it, would make one name look like another.
invisible() {
  printf '{"automations":[{"name":"a\u202eb\u200b","description":"\u2066","action":{"type":"none"}}]}' >c.json
  wb-automation list -c c.json | sed 1d >out
  expect_match "$(<out)" '^a[\]xe2[\]x80[\]xaeb[\]xe2[\]x80[\]x8b '
  printf '{"automations":[{"name":"a\u202eb","description":"\xe2\x81\xa6","action":{"type":"none"}}]}' >c.json
  wb-automation show $'a\u202eb' -c c.json >out
  expect_match "$(<out)" '"description":"[\]xe2[\]x81[\]xa6"'
  refused 'no automation is called '"'xyz\\xe2\\x80\\xae'"'; '"'wb-automation list' lists them" show $'xyz\u202e' -c c.json
}
test_case 'list, show, messages: what is not seen is shown' invisible

shows_json() {
  wb-automation show deploy -c rules --json >out
  expect_equal "$(json out -c '[.file, .line, .column, .automation.name, .webhook.name, .webhook.line, .webhook.definition.target]')" \
    '["rules/deploy.json",10,5,"deploy","github-deploy",3,"github"]'
  expect_equal "$(wb-automation show trial -c rules --json | jq -c '[.automation.enabled, .webhook]')" '[false,null]'
}
test_case 'show --json' shows_json

# ---- secrets ----

names_secrets() {
  cat >c.json <<'END'
{"webhooks": {
  "unused": {"url": "$URL", "headers": {"X-Key": "$KEY", "X-Plain": "5 $"}},
  "used": {"url": "https://a.example/", "access_token": "$TOKEN", "secret": ["$NEW", "$OLD"],
           "tls": {"ca": "$CA", "cert": "$CERT", "key": "$PRIVATE"}}},
 "automations": [
  {"name": "a", "action": {"type": "webhook", "webhook": "used", "payload": {"k": "${NEW}", "no": "$NONE"}}},
  {"name": "l", "enabled": false, "action": {"type": "launch", "queue": "q", "job": "acme/x/j", "project": "acme/x"}},
  {"name": "m", "action": {"type": "launch", "queue": "q", "job": "acme/x/k", "project": "acme/x", "api_key": "$TOKEN"}}]}
END
  wb-automation secrets -c c.json >out
  expect_equal "$(<out)" "$(printf '%s\n' URL KEY TOKEN NEW OLD CA CERT PRIVATE WANDB_API_KEY)"
  WB_CONFIG=rules wb-automation secrets >out
  expect_equal "$(<out)" "$(printf '%s\n' GITHUB_TOKEN NEW OLD)"
  wb-event link acme/m/c:v1 >none.json
  refused "too many operands: 'deploy'" secrets deploy -c rules
  expect_status 2 wb-automation secrets -c none.json >out 2>err
  expect_empty out
  expect_status 3 wb-automation secrets -c rules >/dev/full
}
test_case 'secrets: the names of all that is needed, each once' names_secrets

# ---- history ----

a_journal() {
  entry 1 finished a 01 ',"event_id":"e1","event_type":"LINK_ARTIFACT","artifact_version_string":"acme/m/c:v1","url":"https://a.example/","attempts":1,"http_status":204'
  entry 2 deferred a 02 ',"event_id":"e2","reason":"budget","error":{"class":"http","text":"status 503"}'
  entry 3 failed b 03 ',"event_id":"e\u00333","url":"$URL","http_status":404,"error":{"class":"http","text":"status\n404"}'
  entry 2 finished a 04 ',"event_id":"e2","http_status":200'
  entry 4 deferred b 05 ',"reason":"order"'
  printf '\n{"delivery_id":"5","status":"novel"}\n'
}

history() {
  a_journal >journal
  wb-automation history --journal journal >out
  cat >want <<'END'
TIME                      STATUS    AUTOMATION  EVENT          ARTIFACT     EVENT ID  ACTION   TARGET              QUEUE ITEM  HTTP  ERROR
                          novel                                                       webhook
2026-11-24T11:17:05.000Z  Pending   b                                                 webhook                                        order
2026-11-24T11:17:04.000Z  Finished  a                                       e2        webhook                                  200
2026-11-24T11:17:03.000Z  Failed    b                                       e33       webhook  $URL                            404   http: status\x0a404
2026-11-24T11:17:01.000Z  Finished  a           LINK_ARTIFACT  acme/m/c:v1  e1        webhook  https://a.example/              204
END
  expect_file out want
}
test_case 'history: the newest first, and of a delivery only what became of it last' history

# ids ARGUMENT… - the deliveries that history finds, in its order
ids() {
  wb-automation history --journal journal --json "$@" | jq -r .delivery_id | paste -s -d ' '
}

# A job is pending from when it is about to be queued: what became of that may not be known.
history_jobs() {
  {
    entry 1 attempted a 01 ',"event_id":"e1","url":"https://api.wandb.ai/graphql","queue":"acme/gpu"'
    entry 1 finished a 02 ',"event_id":"e1","url":"https://api.wandb.ai/graphql","queue":"acme/gpu","http_status":200,"run_queue_item_id":"UnVuOjE="'
    entry 2 attempted b 03 ',"event_id":"e2","url":"https://api.wandb.ai/graphql","queue":"acme/gpu"'
  } >journal
  wb-automation history --journal journal >out
  cat >want <<'END'
TIME                      STATUS    AUTOMATION  EVENT  ARTIFACT  EVENT ID  ACTION  TARGET    QUEUE ITEM  HTTP  ERROR
2026-11-24T11:17:03.000Z  Pending   b                            e2        launch  acme/gpu
2026-11-24T11:17:02.000Z  Finished  a                            e1        launch  acme/gpu  UnVuOjE=    200
END
  expect_file out want
  expect_equal "$(ids --status pending)" '2'
  expect_equal "$(ids --status finished)" '1'
  entry 1 attempted deploy 02 >journal
  expect_match "$(wb-automation list -c rules --journal journal)" ' 2026-11-24T11:17:02.000Z Pending'
}

history_wanted() {
  a_journal >journal
  expect_equal "$(ids)" '5 4 2 3 1'
  expect_equal "$(ids --status finished)" '2 1'
  expect_equal "$(ids --status Failed)" '3'
  expect_equal "$(ids --status pending)" '4'
  expect_equal "$(ids --automation a)" '2 1'
  expect_equal "$(ids --automation a --status pending)" ''
  expect_equal "$(ids --limit 2)" '5 4'
  expect_equal "$(ids --automation b -n 1)" '4'
  wb-automation history --journal journal --json | tac >out
  grep -v -e '^$' -e '"2","status":"deferred' journal >want
  sort want >sorted
  sort out >sorted_out
  expect_file sorted_out sorted
}
test_case 'history: jobs for queues' history_jobs
test_case 'history: one automation, one status, so many; --json gives the lines as they stand' history_wanted

history_unfinished() {
  a_journal >journal
  printf '{"delivery_id":"9","stat' >>journal
  expect_equal "$(ids -n 1)" 5
  printf '\n' >>journal
  entry 10 finished a >>journal
  expect_status 1 ids >out 2>err
  expect_equal "$(<out)" '10 5 4 2 3 1'
  expect_match "$(<err)" '^wb-automation: journal: byte [0-9]+: string without closing quote$'
  : >journal
  expect_equal "$(ids)" ''
  printf '\n \n' >journal
  expect_equal "$(ids)" ''
}
test_case 'history: a line that is just being written is passed over, one that is none is told' history_unfinished

history_long() {
  {
    entry 1 finished a
    printf '{"delivery_id":"2","status":"failed","x":"%0*d"}\n' $((65536 - 44)) 0
    printf '{"delivery_id":"3","status":"failed","x":"%0*d"}\n' $((65536 - 43)) 0
    printf '{"delivery_id":"4","status":"failed","x":"%0900000d"}\n' 0
    entry 5 finished a
  } >journal
  expect_equal "$(sed -n 2p journal | wc -c)" 65537
  expect_status 1 ids >out 2>err
  expect_equal "$(<out)" '5 2 1'
  expect_equal "$(grep -c 'a line longer than 65536 bytes' err)" 2
}
test_case 'history: lines up to the length that wb-send takes' history_long

# More than is read at a time, so that lines lie across all kinds of borders.
history_many() {
  seq 20000 | awk '{ printf "{\"delivery_id\":\"%d\",\"status\":\"%s\",\"at\":\"2026-11-24T11:17:08.123Z\",\"automation\":\"a%d\",\"x\":\"%0*d\"}\n",
    $1 % 7000, $1 % 3 ? "finished" : "failed", $1 % 10, $1 % 300, 0 }' >journal
  tac journal | jq -c . | awk -F '"' '!seen[$4]++' >want
  wb-automation history --journal journal --json | jq -c . >out
  expect_file out want
  expect_equal "$(wb-automation history --journal journal | wc -l)" 7001
  # and whoever has seen enough may leave
  [[ $(wb-automation history --journal journal | head -n 2 | wc -l) == 2 ]]
}
test_case 'history: a long journal' history_many

# ---- check ----

# checks [OPTION…] <CONFIGURATION, again [OPTION…] - run check over c.json; sets $status, makes out and err
checks() {
  cat >c.json
  again "$@"
}
again() {
  status=0
  wb-automation check -c c.json "$@" >out 2>err || status=$?
}

# warns WHERE MESSAGE [OPTION…] <CONFIGURATION - just this warning, where ¦ stands, the only one of the kind WHERE
warns() {
  local text before lines last want=$1
  text=$(cat)
  before=${text%%¦*}
  lines=${before//[!$'\n']/}
  last=${before##*$'\n'}
  checks "${@:2}" <<<"${text/¦/}"
  expect_equal "$(<out)" "c.json:$((${#lines} + 1)):$((${#last} + 1)): warning: $want"
  expect_equal "$status" 0 status
}

# with_on ON [SECOND] - a configuration of an automation that has these conditions
with_on() {
  printf '{"webhooks":{"w":{"url":"https://a.example/","secret":"$S"}},"automations":[\n'
  printf '{"name":"a","on":{%s},"action":{"type":"webhook","webhook":"w"}}%s]}' "$1" "${2:+,$2}"
}

clean() {
  expect_status 0 wb-automation check -c "$TOP/man/examples" --strict >out 2>err
  expect_empty out
  expect_empty err
  checks < <(with_on '"event_type":["ADD_ARTIFACT_ALIAS"],"alias":["x","production"],"alias_regex":"^p"')
  expect_empty out
  checks < <(with_on '"event_type":["ADD_ARTIFACT_TAG","REMOVE_COLLECTION_TAG"],"tag_regex":"^p"')
  expect_empty out
  expect_equal "$status" 0
}
test_case 'check: nothing to say of what is good' clean

never_matches() {
  warns 'an event of the type LINK_ARTIFACT has no alias, so it never matches' \
    < <(with_on '"event_type":"LINK_MODEL",¦"alias":"x"')
  warns 'an event of the type CREATE_ARTIFACT has no alias, so it never matches' \
    < <(with_on '"event_type":["CREATE_ARTIFACT","ADD_ARTIFACT_ALIAS"],¦"alias_regex":"x"')
  warns 'an event of the type ADD_ARTIFACT_ALIAS has no tag, so it never matches' \
    < <(with_on '"event_type":"ADD_ARTIFACT_ALIAS",¦"tag":"x"')
  warns 'never matches: no event has both an alias and a tag' < <(with_on '"alias":"x", ¦"tag_regex":"y"')
  warns 'never matches: alias_regex fits none of the values of "alias"' \
    < <(with_on '¦"alias_regex":"^p$","alias":["pp","q"]')
  warns "a project of W&B has no '/' in its name, as \"acme/models\" has: the conditions entity, project and collection are for one part each" < <(with_on '"entity":"acme",¦"project":["models","acme/models"]')
  warns "a collection of W&B has no '/' in its name, as \"a/b/c\" has: the conditions entity, project and collection are for one part each" < <(with_on '¦"collection":"a/b/c"')
  warns "an entity of W&B has no '/' in its name, as \"/\" has: the conditions entity, project and collection are for one part each" < <(with_on '¦"entity":"/"')
  warns 'never matches: tag_regex fits none of the values of "tag"' < <(with_on '"tag":"q",¦"tag_regex":"p"')
}
test_case 'check: automations that no event sets off' never_matches

environment_warnings() {
  local text='the environment is empty for programs: env and $ENV give nothing' program
  for program in 'env.STAGE == \"x\"' '$ENV.STAGE' '.a | env' '\"\\(env.A) b\" == .alias' '{a: env}' '[1, env ]' '.a #\n|env'; do
    warns "$text" < <(with_on '"when":¦"'"$program"'"')
  done
  for program in '.env' '.a.env' '$__loc__.env' '{env: 1}' '{env}' '{a, env}' '\"env\" == .alias' '\"\\(.alias) env $ENV\" == .a' \
    '.a # env' 'environment_x' '. as $env | $env' '.alias == \"\\\\\" # env'; do
    program=${program/environment_x/def environment: 1; environment}
    checks < <(with_on '"when":"'"$program"'"')
    expect_empty out
  done
  warns "$text" <<<'{"webhooks":{"w":{"url":"https://a.example/","secret":"$S","success_when":¦"env.A"}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]}'
  warns "$text" <<<'{"webhooks":{"w":{"url":"https://a.example/","secret":"$S"}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"w","payload_jq":¦"[env]"}}]}'
}
test_case 'check: programs that look at the environment' environment_warnings

repeated() {
  local same='"enabled":true,"action":{"webhook":"w", "type":"webhook"}}'
  warns 'does the same as "a", so that it is done twice' \
    < <(with_on '"alias":"x","author":["y"]' '{"on":{"author":[ "y" ],"alias":"x"},"name":¦"b",'"$same")
  checks < <(with_on '"alias":"x"' '{"on":{"alias":"z"},"name":"b",'"$same")
  expect_empty out
  checks < <(with_on '"alias":"x"' '{"on":{"alias":"x"},"name":"b",'"${same/true/false}")
  expect_empty out
}
repeated_jobs() {
  cat >c.json <<'END'
{"automations": [
{"name": "a", "action": {"type": "launch", "queue": "g", "job": "a/b/c", "project": "a/b"}},
{"name": "b", "action": {"type": "launch", "queue": "g", "job": "a/b/d", "project": "a/b"}},
{"name": "c", "action": {"type": "launch", "project": "a/b", "queue": "g", "job": "a/b/c"}}
]}
END
  wb-automation check -c c.json >out 2>err
  expect_equal "$(<out)" 'c.json:4:10: warning: does the same as "a", so that it is done twice'
}
test_case 'check: automations that queue the same job' repeated_jobs

test_case 'check: automations that do the same' repeated

webhook_warnings() {
  warns 'webhook "w" is used by no automation' <<<'{"webhooks":{¦"w":{"url":"https://a.example/","secret":"$S"}}}'
  local use='"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]'
  warns 'webhook "w" proves nothing to its receiver: give it a "secret" to sign with' \
    <<<'{"webhooks":{¦"w":{"url":"https://a.example/"}},'"$use}"
  warns 'would be denied: the URL is http, not https; --allow-http would open it' \
    <<<'{"webhooks":{"w":{"secret":"$S","url":¦"http://a.example/"}},'"$use}"
  again --allow-http
  expect_empty out
  warns "would be denied: the URL's host is an address, 10.0.0.1 in 10.0.0.0/8; --allow-net 10.0.0.1 would open it" \
    <<<'{"webhooks":{"w":{"secret":"$S","url":¦"https://10.0.0.1/"}},'"$use}"
  again --allow-net 10.0.0.0/8
  expect_empty out
  warns 'would be denied: localhost is this machine; --allow-host localhost would open it' \
    <<<'{"webhooks":{"w":{"secret":"$S","url":¦"https://localhost/"}},'"$use}"
  again --allow-host localhost
  expect_empty out
}
test_case 'check: webhooks that nobody uses, that prove nothing, that the policy refuses' webhook_warnings

# A URL that is a secret, and receivers that check no signature.
secret_urls() {
  local use='"automations":[{"name":"a","action":{"type":"webhook","webhook":"w","payload":{"text":"x"}}}]}' url why
  local advice='put it where secrets are, and write the name of one, such as "$WEBHOOK_URL"'
  for url in https://hooks.slack.com/services/T0/B0/value https://acme.webhook.office.com/webhookb2/value \
    https://discord.com/api/webhooks/1/value 'https://a.example/x?a=b&Api_Key=value-of-key' 'https://a.example?token=value-of-key'; do
    why='whoever knows this URL can send there'
    [[ $url != *'?'* ]] || why='a parameter of this URL is a secret'
    warns "$why: $advice" <<<'{"webhooks":{"w":{"url":¦"'"$url"'"}},'"$use"
  done
  for url in 'https://a.example/?key=value&x-token=value-of&token=x' https://slack.com/services/x https://hooks.slack.com/services/; do
    checks <<<'{"webhooks":{"w":{"secret":"$S","url":"'"$url"'"}},'"$use"
    expect_empty out
  done
  for target in slack teams; do
    checks <<<'{"webhooks":{"w":{"url":"https://chat.acme.example/hooks/x","target":"'"$target"'"}},'"$use"
    expect_empty out
  done
}
test_case 'check: a URL that is a secret; slack and teams check no signature' secret_urls

rotation_warnings() {
  local use='"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]' signature
  for signature in '' '"signature":"github",' '"signature":["wandb","github"],'; do
    warns 'signs nothing: with the signatures of this webhook, only the first secret does' \
      <<<'{"webhooks":{"w":{"url":"https://a.example/",'"$signature"'"secret":["$NEW", ¦"$OLD", "$OLDER"]}},'"$use}"
  done
  for signature in '"standard"' '["wandb","standard"]'; do
    checks <<<'{"webhooks":{"w":{"url":"https://a.example/","signature":'"$signature"',"secret":["$NEW", "$OLD"]}},'"$use}"
    expect_empty out
  done
  checks <<<'{"webhooks":{"w":{"url":"https://a.example/","secret":["$NEW"]}},'"$use}"
  expect_empty out
}
test_case 'check: keys that sign nothing' rotation_warnings

# limited TARGET PAYLOAD - a webhook of that target
limited() {
  printf '{"webhooks":{"w":{"url":"https://a.example/","secret":"$S","target":"%s"}},"automations":[\n' "$1"
  printf '{"name":"a","action":{"type":"webhook","webhook":"w","payload":¦%s}}]}' "$2"
}

limits() {
  local members
  warns 'payload of "a" for a test event: github: the body has no string "event_type"' < <(limited github '{"x":1}')
  members=$(jq -n -c '[range(11) | {key: "k\(.)", value: 1}] | from_entries')
  warns 'payload of "a" for a test event: github: top-level members of "client_payload": 11, the limit is 10' \
    < <(limited github '{"event_type":"${event_type}","client_payload":'"$members}")
  warns 'payload of "a" for a test event: slack: blocks: 51, the limit is 50' \
    < <(limited slack "{\"blocks\":$(jq -n -c '[range(51) | {}]')}")
  warns 'payload of "a" for a test event: teams: bytes: 28679, the limit is 28672' \
    < <(limited teams "{\"text\":\"$(printf '%028668d' 0)\"}")
  checks < <(limited github '{"event_type":"${event_type} of ${artifact_version_string}"}' | sed 's/¦//')
  expect_empty out
}
test_case 'check: payloads that break a limit of their target' limits

resolves() {
  local secrets='{"webhooks":{"w":{"url":"https://a.example/","access_token":"$HERE_TOKEN","secret":["$HERE_SECRET",
"$GONE"],"signature":"standard","headers":{"X":"$EMPTY"},"tls":{"ca":"$GONE_CA"}}},
"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]}'
  export HERE_TOKEN=value-of-token HERE_SECRET=value-of-secret EMPTY=
  checks --resolve <<<"$secrets"
  expect_equal "$(<out)" 'c.json:2:1: warning: secret $GONE: not found in the environment, /run/secrets
c.json:2:48: warning: secret $EMPTY: is empty
c.json:2:70: warning: secret $GONE_CA: not found in the environment, /run/secrets'
  expect_equal "$status $(<err)" '0 wb-automation: 0 errors, 3 warnings'
  mkdir -m 700 kept
  (umask 077 && printf 'value-of-gone\n' | tee kept/GONE kept/EMPTY >/dev/null)
  (umask 077 && openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=a -keyout key -out kept/GONE_CA 2>/dev/null)
  checks --resolve --secrets env --secrets dir:kept <<<"$secrets"
  expect_equal "$(<out)" 'c.json:2:48: warning: secret $EMPTY: is empty'
  checks --resolve --secrets dir:kept --secrets env --secret-host HERE_TOKEN=b.example <<<"$secrets"
  expect_equal "$(<out)" 'c.json:1:61: warning: secret $HERE_TOKEN: is not bound to this host'
  checks <<<"$secrets"
  expect_empty out
}
test_case 'check --resolve: secrets that cannot be looked up' resolves

# Values that are there, and of no use.
resolves_useless() {
  mkdir -m 700 s
  umask 077
  printf 'value-of-token\n\n' >s/TOKEN
  printf 'value\tof-header' >s/HEADER
  printf 'whsec_value-of-key!' >s/KEY
  printf ' \n\n' >s/BLANK
  printf 'value-of-pem' >s/PEM
  openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=a -keyout s/PRIVATE -out s/CERT 2>/dev/null
  openssl genrsa -out s/OTHER 2048 2>/dev/null
  local use='"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]}'
  local resolve=(checks --resolve --secrets dir:s)
  "${resolve[@]}" <<<'{"webhooks":{"w":{"url":"https://a.example/","access_token":"$TOKEN","headers":{"X-A":"$HEADER"},
"signature":["wandb","standard"],"secret":["$KEY","$BLANK"]}},'"$use"
  expect_equal "$(<out)" 'c.json:1:61: warning: secret $TOKEN: holds a control character, so it cannot be in a header
c.json:1:87: warning: secret $HEADER: holds a control character, so it cannot be in a header
c.json:2:44: warning: secret $KEY: it starts with whsec_ but is not base64 behind it
c.json:2:51: warning: secret $BLANK: its value is white space only'
  # any bytes are a key for the others
  "${resolve[@]}" <<<'{"webhooks":{"w":{"url":"https://a.example/","secret":"$KEY"}},'"$use"
  expect_empty out
  local tls error
  while IFS='|' read -r error tls; do
    "${resolve[@]}" <<<'{"webhooks":{"w":{"url":"https://a.example/","tls":'"$tls}},$use"
    expect_equal "$(<out)" "${error:+c.json:1:52: warning: $error}"
  done <<'END'
tls.ca is no certificate in PEM|{"ca":"$PEM"}
tls.cert is no certificate in PEM|{"cert":"$PEM","key":"$PRIVATE"}
tls.key is no private key in PEM, or one with a passphrase|{"cert":"$CERT","key":"$PEM"}
tls.key is not the key of tls.cert|{"cert":"$CERT","key":"$OTHER"}
|{"ca":"$CERT","cert":"$CERT","key":"$PRIVATE"}
END
  no_secret value-of out err
}
test_case 'check --resolve: values that cannot be used' resolves_useless

resolves_helper() {
  # shellcheck disable=SC2016 # expanded by the script
  printf '%s\n' '#!/bin/sh' 'case $1 in HERE) echo value-of-here;; GONE) exit 66;; *) echo no; echo "not found: $1" >&2; exit 2;; esac' >./get
  chmod +x get
  local text='{"webhooks":{"w":{"url":"https://a.example/","access_token":"$HERE","secret":"$GONE",
"headers":{"X":"$BROKEN"}}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]}'
  checks --resolve --secrets exec:./get <<<"$text"
  expect_equal "$(<out)" "c.json:1:78: warning: secret \$GONE: not found in ./get
c.json:2:16: warning: secret \$BROKEN: helper './get' ended with status 2"
  expect_equal "$(<err)" 'wb-automation: secret BROKEN: its helper says: not found: BROKEN
wb-automation: 0 errors, 2 warnings'
  no_secret value-of-here out err
  GONE=value-of-gone WB_SECRETS=exec:./get,env checks --resolve <<<"$text"
  expect_equal "$(<out)" "c.json:2:16: warning: secret \$BROKEN: helper './get' ended with status 2"
  no_secret value-of-gone out err
}
test_case 'check --resolve: a program is asked' resolves_helper

resolves_urls() {
  local text='{"webhooks":{"w":{"url":"$WHERE"}},"automations":[{"name":"a","action":{"type":"webhook","webhook":"w"}}]}'
  WHERE=https://hooks.example/value-of-url checks --resolve <<<"$text"
  expect_empty out
  WHERE=https://127.0.0.1/value-of-url checks --resolve <<<"$text"
  expect_equal "$(<out)" 'c.json:1:25: warning: secret $WHERE: its value is a URL that would be denied'
  WHERE=value-of-url checks --resolve <<<"$text"
  expect_equal "$(<out)" 'c.json:1:25: warning: secret $WHERE: its value is no URL that can be sent to'
  no_secret value-of-url out err
  WHERE=https://hooks.example/ checks --resolve --secret-host WHERE=other.example <<<"$text"
  expect_equal "$(<out)" 'c.json:1:25: warning: secret $WHERE: is not bound to this host'
}
test_case 'check --resolve: a URL that is a secret is judged and not shown' resolves_urls

finds_all() {
  printf '{"automations":[{"name":"a","on":{"alias":[]},"action":{"type":"x"}},\n{"name":"b"}]}' >bad.json
  printf '{"webhooks":{"w":{"url":"http://a.example/"}}' >torn.json
  expect_status 2 wb-automation check -c bad.json -c torn.json -c nowhere >out 2>err
  expect_equal "$(<out)" 'bad.json:1:43: error: alias must not be an empty list
bad.json:1:64: error: unknown action type "x"; known are webhook, launch and none
bad.json:2:1: error: an automation needs "action"
torn.json:1:46: error: unexpected end of JSON text
nowhere: error: cannot read: No such file or directory
torn.json:1:14: warning: webhook "w" proves nothing to its receiver: give it a "secret" to sign with
torn.json:1:25: warning: would be denied: the URL is http, not https; --allow-http would open it'
  expect_equal "$(<err)" 'wb-automation: 5 errors, 2 warnings'
}
test_case 'check: all errors of all files, and warnings beside them' finds_all

annotations() {
  printf '{"automations":[{"name":"a\\u001b%%,:","on":{"aliass":1},\n"action":{"type":"none"}}]}' >'b,a:%d.json'
  expect_status 2 wb-automation check -c 'b,a:%d.json' -c $'no\nwhere' --format github >out 2>err
  expect_equal "$(<out)" '::error file=b%2Ca%3A%25d.json,line=1,col=44::unknown member "aliass" of on; did you mean "alias"?
::error file=no\x0awhere::cannot read: No such file or directory'
  printf '{"webhooks":{"100%%,:":{"url":"https://a.example/","secret":"$S"}}}' >c.json
  wb-automation check -c c.json --format=github >out
  expect_equal "$(<out)" '::warning file=c.json,line=1,col=14::webhook "100%25,:" is used by no automation'
}
test_case 'check --format github: annotations, escaped as the runner wants it' annotations

findings_json() {
  printf '{"automations":[{"name":"a","on":{"aliass":1},\n"action":{"type":"none"}}]}' >'b"a.json'
  printf '{"webhooks":{"w\u00e9":{"url":"https://a.example/","secret":"$S"}}}' >c.json
  expect_status 2 wb-automation check -c 'b"a.json' -c c.json -c gone --format json >out 2>err
  cat >want <<'END'
{"file":"b\"a.json","line":1,"column":35,"severity":"error","message":"unknown member \"aliass\" of on; did you mean \"alias\"?"}
{"file":"gone","line":null,"column":null,"severity":"error","message":"cannot read: No such file or directory"}
END
  expect_file out want
  expect_equal "$(<err)" 'wb-automation: 2 errors, 0 warnings'
  expect_status 1 wb-automation check -c c.json --format json --strict >out 2>err
  expect_equal "$(json out -r '[.file, .line, .column, .severity, .message] | join(" ")')" \
    'c.json 1 14 warning webhook "wé" is used by no automation'
}
test_case 'check --format json: a line for each finding' findings_json

check_statuses() {
  checks --strict <<<'{"webhooks":{"w":{"url":"https://a.example/","secret":"$S"}}}'
  expect_equal "$status" 1
  again
  expect_equal "$status" 0
  checks --strict <<<'{}'
  expect_equal "$status" 0
  checks --strict <<<'{"webhooks":[]}'
  expect_equal "$status" 2
  expect_status 3 wb-automation check -c c.json >/dev/full
  refused "--format takes text, github or json, not 'xml'" check -c c.json --format xml
  refused '--json does not go with check' check -c c.json --json
}
test_case 'check: the exit status, for CI' check_statuses

# ---- enable, disable, delete ----

# fresh - go to a directory of this case, with the rules
fresh() {
  cd "$(mktemp -d "$T/case.XXXXXX")"
  cp -r "$T/rules" rules
}

# quietly ARGUMENT… - done, and nothing said
quietly() {
  wb-automation "$@" >out 2>err
  expect_empty out
  expect_empty err
}

disables() {
  fresh
  quietly disable deploy -c rules
  # but for the new member, byte for byte as it was
  grep -v '^      "enabled": false,$' rules/deploy.json | sha256sum >got
  sha256sum <"$T/rules/deploy.json" >want
  expect_file got want
  expect_equal "$(sed -n 13p rules/deploy.json)" '      "enabled": false,'
  expect_equal "$(wb-automation list -c rules --json | jq -c '[.name, .enabled]' | head -n 1)" '["deploy",false]'
  cp rules/deploy.json disabled.json
  stat -c %i rules/deploy.json >inode
  quietly disable deploy -c rules # it is already
  expect_file rules/deploy.json disabled.json
  expect_equal "$(stat -c %i rules/deploy.json)" "$(<inode)" inode
  quietly enable deploy -c rules
  sed 's/"enabled": false,$/"enabled": true,/' disabled.json >want
  expect_file rules/deploy.json want
  quietly enable trial -c rules
  sed -i 's/"trial", "enabled": false/"trial", "enabled": true/' want
  expect_file rules/deploy.json want
  quietly enable '日本語 é' -c rules
  expect_file rules/other.json "$T/rules/other.json"
}
test_case 'enable, disable: all else in the file stays byte for byte' disables

deletes() {
  fresh
  quietly delete -y trial -c rules
  sed 's/    }, {"name": "trial".*/    }/' "$T/rules/deploy.json" >want
  expect_file rules/deploy.json want
  quietly delete --yes $'red\e[31m\u009b' -c rules
  sed '$!N;$!D' "$T/rules/other.json" >/dev/null
  printf '%s\n' '{"automations": [' "$(sed -n 2,3p "$T/rules/other.json" | sed '2s/},$/}/')" ']}' >want
  expect_file rules/other.json want
  quietly delete --yes '日本語 é' -c rules/other.json -c rules/deploy.json
  expect_equal "$(<rules/other.json)" '{"automations": []}'
  wb-automation delete --yes deploy -c rules --keep-webhook 2>err
  expect_equal "$(<err)" "wb-automation: webhook 'github-deploy' of rules/deploy.json is used by no automation any more"
  expect_equal "$(jq -c .automations rules/deploy.json)" '[]'
  printf '{"automations":[{"name":"only","action":{"type":"none"}}],"webhooks":{ }}' >rules/only.json
  quietly delete --yes only -c rules
  [[ ! -e rules/only.json ]] || fail 'a file with nothing in it was left'
  expect_equal "$(ls -A rules)" $'deploy.json\nother.json'
}
test_case 'delete: all else stays; a file that holds nothing else goes' deletes

# What was made together goes together, unless somebody else may need it.
deletes_webhook() {
  fresh
  wb-automation add pd -c rules --url https://a.example/ --secret '$S' >out
  wb-automation delete --yes pd -c rules 2>err
  expect_equal "$(<err)" "wb-automation: webhook 'pd' went with it: no other automation uses it"
  expect_equal "$(ls -A rules)" $'deploy.json\nother.json'
  wb-automation add pd -c rules --url https://a.example/ --secret '$S' >out
  wb-automation add also -c rules --webhook pd --on tag >out
  quietly delete --yes pd -c rules
  expect_equal "$(jq -c . rules/pd.json)" '{"webhooks":{"pd":{"url":"https://a.example/","secret":"$S"}},"automations":[]}'
  expect_status 0 wb-automation check -c rules
  # it stands elsewhere, or others may be beside the file that is named, or nobody knows
  wb-automation delete --yes also -c rules 2>err
  expect_equal "$(<err)" "wb-automation: webhook 'pd' of rules/pd.json is used by no automation any more"
  rm rules/pd.json
  wb-automation add pd -c rules --url https://a.example/ --secret '$S' >out
  cp rules/pd.json pd.json
  wb-automation delete --yes pd -c rules/pd.json 2>err
  expect_equal "$(<err)" "wb-automation: webhook 'pd' of rules/pd.json is used by no automation any more"
  cp pd.json rules/pd.json
  printf '{' >rules/broken.json
  wb-automation delete --yes pd -c rules 2>err
  expect_equal "$(jq -c '.webhooks | keys' rules/pd.json)" '["pd"]'
  rm rules/broken.json
  # all else of the file stays
  printf '%s\n' '{"webhooks": {"ab": {"url": "https://a.example/", "secret": "$S"},' '  "c": {"url": "https://a.example/", "secret": "$S"}},' \
    ' "automations": [{"name": "x", "action": {"type": "webhook", "webhook": "c"}},' '  {"name": "y", "action": {"type": "webhook", "webhook": "ab"}}' ']}' >rules/pd.json
  wb-automation delete --yes x -c rules 2>err
  printf '%s\n' '{"webhooks": {"ab": {"url": "https://a.example/", "secret": "$S"}},' \
    ' "automations": [{"name": "y", "action": {"type": "webhook", "webhook": "ab"}}' ']}' >want
  expect_file rules/pd.json want
  refused "delete 'y' of rules/pd.json, and its webhook 'ab'? There is no terminal to ask on: say --yes" delete y -c rules
}
test_case 'delete: the webhook that only this automation used goes with it' deletes_webhook

# on_terminal INPUT COMMAND… - with a terminal as standard input; its status, and err
on_terminal() {
  local input=$1
  shift
  printf '%s' "$input" | script -q -e -c "$(printf '%q ' "$@") 2>$PWD/err" /dev/null >/dev/null
}

deletes_asked() {
  fresh
  command -v script >/dev/null || skip 'no script(1)'
  refused "delete 'trial' of rules/deploy.json? There is no terminal to ask on: say --yes" delete trial -c rules
  expect_status 2 on_terminal $'n\n' wb-automation delete trial -c rules
  expect_equal "$(<err)" "wb-automation: delete 'trial' of rules/deploy.json? [y/N]"$'\nwb-automation: nothing was done'
  expect_file rules/deploy.json "$T/rules/deploy.json"
  on_terminal $'y\n' wb-automation delete trial -c rules
  expect_equal "$(wb-automation list -c rules --json | jq -r .name | head -n 2 | tail -n 1)" '日本語 é'
}
test_case 'delete asks on a terminal' deletes_asked

edits_refused() {
  fresh
  refused "no automation is called 'nobody'; 'wb-automation list' lists them" disable nobody -c rules
  refused "no automation is called 'deplyo'; did you mean 'deploy'?" disable deplyo -c rules
  refused "no automation is called 'deplyo'; did you mean 'deploy'?" delete -y deplyo -c rules
  refused "no automation is called 'trail'; did you mean 'trial'?" show trail -c rules
  printf '{"automations":[{"name":"half","action":{"ty' >rules/half.json
  expect_status 2 wb-automation disable half -c rules 2>err
  expect_equal "$(<err)" 'wb-automation: rules/half.json:1:45: string without closing quote; nothing was done'
  expect_status 2 wb-automation disable nobody -c rules 2>err
  expect_equal "$(<err)" "wb-automation: rules/half.json:1:45: string without closing quote
wb-automation: no automation is called 'nobody'; 'wb-automation list' lists them"
  # what is broken elsewhere keeps nobody from disabling
  quietly disable deploy -c rules
  printf '{"automations":[{"name":"deploy","action":{"type":"none"}}]}' >rules/half.json
  refused "'deploy' is defined more than once: remove all but one by hand" enable deploy -c rules
  printf '{"automations":[{"name":"twice","action":{"type":"none"}},{"name":"tw\\u0069ce","action":1}]}' >rules/half.json
  refused "'twice' is defined more than once: remove all but one by hand" delete -y twice -c rules
  expect_equal "$(ls -A rules)" $'deploy.json\nhalf.json\nother.json'
}
test_case 'edits: no such automation, a file half written, a name that is not unique' edits_refused

# A disk that is full, for files only: what is said goes through a pipe.
edits_fail() {
  fresh
  # shellcheck disable=SC2317 # called by expect_status
  disable() (
    trap '' XFSZ
    ulimit -f 0
    wb-automation "$@" 2>&1
  )
  expect_status 3 disable disable deploy -c rules | cat >err
  expect_equal "$(<err)" "wb-automation: cannot change 'rules/deploy.json': File too large"
  expect_file rules/deploy.json "$T/rules/deploy.json"
  expect_status 3 disable add new -w github-deploy -c rules | cat >err
  expect_equal "$(<err)" "wb-automation: cannot make 'rules/new.json': File too large"
  expect_equal "$(ls -A rules)" $'deploy.json\nother.json'
}
test_case 'edits: a disk that is full' edits_fail

links() {
  fresh
  mkdir real
  mv rules/deploy.json real/
  ln -s ../real/deploy.json rules/deploy.json
  chmod 640 real/deploy.json
  quietly disable deploy -c rules
  [[ -L rules/deploy.json ]] || fail 'the link was replaced'
  expect_equal "$(stat -c %a real/deploy.json)" 640 mode
  expect_equal "$(wb-automation list -c rules --json | jq .enabled | head -n 1)" false
}
test_case 'edits: a link stays one, and so does the mode of the file' links

# Killed at any of the system calls that touch files, the file is the old one or the new one.
killed() {
  fresh
  command -v strace >/dev/null || skip 'no strace'
  export ASAN_OPTIONS=detect_leaks=0
  cp rules/deploy.json old.json
  wb-automation disable deploy -c rules
  cp rules/deploy.json new.json
  cp old.json rules/deploy.json
  local call n calls seen_old=0 seen_new=0
  for call in openat flock unlinkat write fchmod fsync renameat close; do
    strace -o trace -e trace="$call" wb-automation disable deploy -c rules
    calls=$(grep -c "^$call" trace)
    ((calls > 0)) || fail "no $call"
    for ((n = 1; n <= calls; n++)); do
      cp old.json rules/deploy.json
      strace -o /dev/null -e inject="$call:signal=KILL:when=$n" wb-automation disable deploy -c rules 2>/dev/null || :
      if cmp -s rules/deploy.json old.json; then
        ((++seen_old))
      else
        expect_file rules/deploy.json new.json
        ((++seen_new))
      fi
    done
    cp old.json rules/deploy.json
  done
  ((seen_old > 10 && seen_new > 2)) || fail "old $seen_old times, new $seen_new times"
  quietly disable deploy -c rules # what was left does no harm
  expect_equal "$(ls -A rules)" $'deploy.json\nother.json'
}
test_case 'edits: whoever is killed leaves the old file or the new one, whole' killed

concurrent_edits() {
  fresh
  local i pids=()
  jq -n '{automations: [range(50) | {name: "a\(.)", enabled: false, action: {type: "none"}}]}' >rules/many.json
  for ((i = 0; i < 50; i++)); do
    wb-automation enable "a$i" -c rules/many.json &
    pids+=("$!")
    wb-automation add "b$i" --url https://a.example/ --secret '$S' --on link --entity "e$i" -c rules >/dev/null &
    pids+=("$!")
  done
  for i in "${pids[@]}"; do wait "$i"; done
  expect_equal "$(jq '[.automations[].enabled] | all' rules/many.json)" true
  expect_equal "$(wb-automation list -c rules --json | jq -r .name | grep -c '^b')" 50
  expect_status 0 wb-automation check -c rules
}
test_case 'a hundred at a time: no change is lost' concurrent_edits

# One that does not heed the lock: while the new file stands beside the old one, and wb-automation is stopped.
changed_meanwhile() {
  fresh
  command -v strace >/dev/null || skip 'no strace'
  export ASAN_OPTIONS=detect_leaks=0
  strace -o /dev/null -e inject=fsync:signal=STOP:when=1 wb-automation disable deploy -c rules 2>err &
  local pid=$!
  while [[ ! -s rules/.replace.new ]]; do
    kill -0 "$pid" || fail 'it has ended'
  done
  echo >>rules/deploy.json
  while kill -0 "$pid" 2>/dev/null; do
    pkill -CONT -P "$pid" || :
  done
  expect_status 2 wait "$pid"
  expect_equal "$(<err)" 'wb-automation: rules/deploy.json: changed by another program meanwhile; nothing was done, so try again'
  { cat "$T/rules/deploy.json" && echo; } >want
  expect_file rules/deploy.json want
  [[ ! -e rules/.replace.new ]] || fail 'the new file was left'
}
test_case 'edits: a file that another program changes meanwhile is left to it' changed_meanwhile

# ---- add ----

adds() {
  fresh
  expect_equal "$(wb-automation add fraud-live -c rules --on alias --alias production --alias prod --entity acme \
    --project models --collection fraud --author ann --webhook github-deploy --payload '{"event_type" :"x", "n":1.10}' \
    --description 'for "fraud"' --disabled)" rules/fraud-live.json
  cat >want <<'END'
{
  "automations": [
    {
      "name": "fraud-live",
      "description": "for \"fraud\"",
      "enabled": false,
      "on": {
        "event_type": "ADD_ARTIFACT_ALIAS",
        "entity": "acme",
        "project": "models",
        "collection": "fraud",
        "alias": [
          "production",
          "prod"
        ],
        "author": "ann"
      },
      "action": {
        "type": "webhook",
        "webhook": "github-deploy",
        "payload": {
          "event_type": "x",
          "n": 1.10
        }
      }
    }
  ]
}
END
  expect_file rules/fraud-live.json want
  printf '[ ]\n' >payload.json
  wb-automation add 'a /b:é' -c rules --on tag --on REMOVE_COLLECTION_TAG --tag-regex '^x' --url 'https://a.example/' \
    --secret '$NEW' --secret '$OLD' --signature standard --access-token '$T' --webhook w --payload @payload.json >out
  expect_equal "$(<out)" 'rules/a--b-é.json'
  expect_equal "$(jq -c . "$(<out)")" '{"webhooks":{"w":{"url":"https://a.example/","access_token":"$T","secret":["$NEW","$OLD"],"signature":"standard"}},"automations":[{"name":"a /b:é","on":{"event_type":["ADD_ARTIFACT_TAG","REMOVE_COLLECTION_TAG"],"tag_regex":"^x"},"action":{"type":"webhook","webhook":"w","payload":[]}}]}'
  wb-automation add c -c rules/deploy.json -c new.json --webhook github-deploy --file new.json >out
  expect_equal "$(jq -c '.automations[0]' new.json)" '{"name":"c","on":{},"action":{"type":"webhook","webhook":"github-deploy"}}'
  expect_equal "$(ls -A rules)" $'a--b-é.json\ndeploy.json\nfraud-live.json\nother.json'
  # a long name is cut
  local name
  name=$(printf 'é%.0s' {1..300})
  wb-automation add "$name" -c rules -w github-deploy >out
  expect_match "$(<out)" '^rules/é{50}-[0-9a-f]{8}[.]json$'
  wb-automation list -c rules --json | jq -r .name >names
  expect_match "$(<names)" "$name"
  rm "$(<out)"
  # the first one of a directory
  mkdir empty
  wb-automation add first -c empty/ --url https://a.example/ >out
  expect_equal "$(<out)" empty/first.json
  # the directory is made, too, but for nothing
  wb-automation add first -c none --url https://a.example/ --secret '$S' >out 2>err
  expect_equal "$(<out) $(<err)" "none/first.json wb-automation: made the directory 'none'"
  wb-automation delete -y first -c none 2>err
  wb-automation list -c none >out 2>err
  expect_equal "$(<out)$(<err)" 'NAME  TRIGGER  SCOPE  ACTION  ACTION NAME  QUEUE  ENABLED'
  wb-automation list -c none --json >out
  expect_empty out
  expect_status 2 wb-automation check -c none >out
  refused 'new/first.json:4:14: "url": the scheme is neither https nor http' add first -c new --url ftp://a.example/
  [[ ! -e new ]] || fail 'a directory was left'
  expect_status 3 wb-automation add first -c none/a/b --url https://a.example/ 2>err
  expect_equal "$(<err)" "wb-automation: cannot make 'none/a/b': No such file or directory"
}
test_case 'add: a file of its own, well laid out' adds

adds_jobs() {
  fresh
  expect_equal "$(wb-automation add evaluate -c rules --on alias --alias production --launch gpu \
    --job acme/jobs/evaluate:latest --run-project acme/evals --run-config '{"model" : "${artifact_version}", "lr":1.10}')" \
    rules/evaluate.json
  cat >want <<'END'
{
  "automations": [
    {
      "name": "evaluate",
      "on": {
        "event_type": "ADD_ARTIFACT_ALIAS",
        "alias": "production"
      },
      "action": {
        "type": "launch",
        "queue": "gpu",
        "job": "acme/jobs/evaluate:latest",
        "project": "acme/evals",
        "overrides": {
          "run_config": {
            "model": "${artifact_version}",
            "lr": 1.10
          }
        }
      }
    }
  ]
}
END
  expect_file rules/evaluate.json want
  printf '{"args":["--fast","${alias}"]}\n' >overrides.json
  wb-automation add all -c rules --launch gpu --queue-entity ops --docker-image acme/eval:1 --run-project acme/evals \
    --run-name 'for ${event_author}' --resource kubernetes --resource-args '{"kubernetes":{"n":"${run_id}"}}' \
    --overrides @overrides.json --priority 02 --api-key '$OPS_KEY' --base-url https://wandb.acme.example >out
  expect_equal "$(jq -c '.automations[0].action' rules/all.json)" \
    '{"type":"launch","queue":"gpu","queue_entity":"ops","docker_image":"acme/eval:1","project":"acme/evals","name":"for ${event_author}","resource":"kubernetes","resource_args":{"kubernetes":{"n":"${run_id}"}},"overrides":{"args":["--fast","${alias}"]},"priority":2,"api_key":"$OPS_KEY","base_url":"https://wandb.acme.example"}'
  wb-automation add values -c rules --launch gpu --job x/y/a --run-project acme/evals --template-variables '{"gpus":1}' >out
  expect_equal "$(jq -c '.automations[0].action.template_variables' rules/values.json)" '{"gpus":1}'
}
test_case 'add --launch: jobs for queues' adds_jobs

adds_no_job() {
  fresh
  ls -A rules >before
  local add=(add new -c rules) job=(--launch gpu --run-project acme/evals --job x/y/a) option
  local both='--launch puts a job on a queue, and goes with nothing of webhooks and payloads'
  for option in '--webhook=github-deploy' '--url=https://a.example/' '--template=github' '--payload={}' '--payload-jq=.' \
    '--secret=$S' '--signature=wandb' '--access-token=$T' '--header=A: b' '--target=slack' '--success-when=.ok' '--success-status=409'; do
    refused "$both" "${add[@]}" "${job[@]}" "$option"
  done
  refused 'what is said of a job needs --launch QUEUE' "${add[@]}" -w github-deploy --job x/y/a
  refused 'what is said of a job needs --launch QUEUE' "${add[@]}" --run-config '{}'
  refused 'where is the run to go? Give --run-project ENTITY/PROJECT' "${add[@]}" --launch gpu --job x/y/a
  refused 'what is to be run? Give --job ENTITY/PROJECT/NAME:ALIAS, or --docker-image IMAGE' \
    "${add[@]}" --launch gpu --run-project acme/evals
  refused '--run-config and --overrides exclude each other: write run_config into the overrides' \
    "${add[@]}" "${job[@]}" --run-config '{}' --overrides '{}'
  refused "--api-key takes the name of a secret, such as '\$NAME' in quotes, never its value" \
    "${add[@]}" "${job[@]}" --api-key value-of-key
  refused '--run-config: byte 1: not a JSON object' "${add[@]}" "${job[@]}" --run-config '[]'
  refused "--priority takes a whole number from 0 to 999999999, not '-1'" "${add[@]}" "${job[@]}" --priority=-1
  refused '--resource must be UTF-8, and not empty' "${add[@]}" "${job[@]}" --resource ''
  # what must go together is told by the configuration
  refused 'rules/new.json:6:17: a launch action needs one of "job" and "docker_image"' \
    "${add[@]}" "${job[@]}" --docker-image b
  refused 'rules/new.json:10:20: "project" must be where the run goes, as "ENTITY/PROJECT"' \
    "${add[@]}" --launch gpu --job x/y/a --run-project evals
  refused 'rules/new.json:13:19: unknown variable ${no}' "${add[@]}" "${job[@]}" --run-config '{"a":"${no}"}'
  refused '--job does not go with test' test deploy -c rules --job x/y/a
  expect_file <(ls -A rules) before
}
test_case 'add --launch: what is refused' adds_no_job

adds_programs() {
  fresh
  wb-automation add live -c rules --on alias --alias production --when '.artifact_metadata.accuracy > "0.9"' \
    --cooldown 10m --cooldown-by collection --payload-jq '{by: .event_author}' --webhook api --url https://a.example/ \
    --secret '$S' -H 'X-One: 1' --header $'Authorization:\t$TOKEN' --success-when '.ok' >out 2>err
  expect_empty err
  cat >want <<'END'
{
  "webhooks": {
    "api": {
      "url": "https://a.example/",
      "secret": "$S",
      "headers": {
        "X-One": "1",
        "Authorization": "$TOKEN"
      },
      "success_when": ".ok"
    }
  },
  "automations": [
    {
      "name": "live",
      "on": {
        "event_type": "ADD_ARTIFACT_ALIAS",
        "alias": "production",
        "when": ".artifact_metadata.accuracy > \"0.9\""
      },
      "cooldown": "10m",
      "cooldown_by": "collection",
      "action": {
        "type": "webhook",
        "webhook": "api",
        "payload_jq": "{by: .event_author}"
      }
    }
  ]
}
END
  expect_file rules/live.json want
  wb-automation add once -c rules --url https://a.example/ --secret '$S' --success-status 409 >out
  expect_equal "$(jq -c .webhooks.once rules/once.json)" '{"url":"https://a.example/","secret":"$S","success_status":409}'
  wb-automation add twice -c rules --url https://a.example/ --secret '$S' --success-status 409 --success-status 0410 --on link >out
  expect_equal "$(jq -c .webhooks.twice.success_status rules/twice.json)" '[409,410]'
  expect_match "$(wb-automation show twice -c rules)" 'a success also with the status 409 and 410\.$'
  refused "--success-status takes a whole number from 300 to 599, not '200'" add x -c rules --url https://a.example/ --success-status 200
  # a program in place of a template's payload, a header in place of its own, another one beside it
  wb-automation add hub -c rules --template github --url https://api.github.com/repos/acme/x/dispatches --payload-jq . \
    -H 'accept: */*' >out
  expect_equal "$(jq -c '.webhooks.hub.headers, .automations[0].action.payload_jq, .automations[0].action.payload' rules/hub.json)" \
    $'{"accept":"*/*"}\n"."\nnull'
  wb-automation add lab -c rules --template gitlab --url https://gitlab.com/api/v4/projects/1/pipeline -H 'X-A: $B' >out
  expect_equal "$(jq -c .webhooks.lab.headers rules/lab.json)" '{"X-A":"$B","PRIVATE-TOKEN":"$GITLAB_TOKEN"}'
}
test_case 'add: programs, cooldowns and headers' adds_programs

adds_warned() {
  fresh
  cp rules/other.json rules/more.json
  sed -i 's/"name": "/&another /; s/"name": "red/"name": "another red/' rules/more.json
  expect_equal "$(wb-automation add quiet -c rules --on link --alias x --url http://a.example/ 2>err)" rules/quiet.json
  expect_equal "$(<err)" "wb-automation: rules/quiet.json:12:9: warning: an event of the type LINK_ARTIFACT has no alias, so it never matches
wb-automation: rules/quiet.json:3:5: warning: webhook \"quiet\" proves nothing to its receiver: give it a \"secret\" to sign with
wb-automation: rules/quiet.json:4:14: warning: would be denied: the URL is http, not https; --allow-http would open it"
  [[ -s rules/quiet.json ]] || fail 'not made'
  wb-automation add again -c rules -w github-deploy --on alias >out 2>err
  expect_empty err
  wb-automation add once-more -c rules -w github-deploy --on alias >out 2>err
  expect_match "$(<err)" '^wb-automation: rules/once-more.json:4:15: warning: does the same as "again", so that it is done twice$'
  wb-automation add plain -c rules --url http://a.example/ --secret '$S' --allow-http >out 2>err
  expect_empty err
  refused '--secrets does not go with add' add x -c rules -w github-deploy --secrets env
}
test_case 'add: what check would warn of is told, of the new file only' adds_warned

templates() {
  fresh
  local name url
  for name in github slack teams gitlab pagerduty generic; do
    url=()
    case $name in github | gitlab | generic) url=(--url https://hooks.acme.example/x) ;; esac
    wb-automation add "$name" -c rules --template "$name" --on alias --on link ${url[@]+"${url[@]}"} >/dev/null
    jq --indent 2 . "rules/$name.json" >pretty
    expect_file "rules/$name.json" pretty
    # what they make is taken by their targets
    wb-event alias a/m/c:v3 production --author '<!channel>' | wb-match -c "rules/$name.json" | wb-render >"$name.jsonl"
    expect_equal "$(wc -l <"$name.jsonl")" 1
  done
  wb-automation check -c rules >out
  expect_empty out
  expect_equal "$(json pagerduty.jsonl '.request | .url, (.secrets[0].ref)')" 'https://events.pagerduty.com/v2/enqueue
$PAGERDUTY_ROUTING_KEY'
  expect_equal "$(json slack.jsonl '.request.url')" '$SLACK_WEBHOOK_URL'
  # for a webhook that there is, only the payload
  wb-automation add again -c rules --template github --webhook github-deploy >out
  expect_equal "$(jq -c 'keys' rules/again.json)" '["automations"]'
  # options say more than templates
  wb-automation add mine -c rules --template generic --url https://b.example/ --secret '$MINE' --payload 1 >out
  expect_equal "$(jq -c '[.webhooks.mine, .automations[0].action.payload]' rules/mine.json)" '[{"url":"https://b.example/","secret":"$MINE"},1]'
}
test_case 'add --template: for every kind of receiver' templates

adds_nothing() {
  fresh
  ls -A rules >before
  local add=(add new -c rules)
  refused 'what is to be sent where? Give --webhook NAME, or --url URL or --template NAME to make a webhook, or --launch QUEUE' "${add[@]}"
  refused 'rules/new.json:8:20: no webhook is called "nobody"' "${add[@]}" --webhook nobody
  refused 'the webhook needs --url, such as https://api.github.com/repos/OWNER/REPO/dispatches' "${add[@]}" --template github
  refused "such a URL is a secret: --url takes the name of one, such as '\$SLACK_WEBHOOK_URL' in quotes" \
    "${add[@]}" --template slack --url https://hooks.slack.com/services/T/B/value-of-url
  refused "--template takes github, slack, teams, gitlab, pagerduty or generic, not 'x\\x1b'" "${add[@]}" --template $'x\e'
  refused "--secret takes the name of a secret, such as '\$NAME' in quotes, never its value" \
    "${add[@]}" --url https://a.example/ --secret value-of-secret
  refused "--access-token takes the name of a secret, such as '\$NAME' in quotes, never its value" \
    "${add[@]}" --url https://a.example/ --access-token value-of-token
  refused 'rules/new.json:6:17: "when": syntax error, unexpected $end, line 1 of the program' "${add[@]}" -w github-deploy --when '.a |'
  refused 'rules/new.json:9:23: "payload_jq": syntax error, unexpected $end, line 1 of the program' \
    "${add[@]}" -w github-deploy --payload-jq '{'
  refused 'rules/new.json:6:19: cooldown must be a time such as "90s", "10m", "12h" or "7d", up to 3650d' \
    "${add[@]}" -w github-deploy --cooldown soon
  refused 'rules/new.json:3:5: "cooldown_by" without "cooldown"' "${add[@]}" -w github-deploy --cooldown-by collection
  refused 'rules/new.json:7:22: cooldown_by must be "automation" or "collection"' \
    "${add[@]}" -w github-deploy --cooldown 5m --cooldown-by entity
  refused '--payload and --payload-jq exclude each other' "${add[@]}" -w github-deploy --payload 1 --payload-jq .
  refused "--header takes 'NAME: VALUE'" "${add[@]}" --url https://a.example/ --header ': x'
  refused "the value of such a header is a secret: --header takes the name of one, such as 'Authorization: \$NAME' in quotes" \
    "${add[@]}" --url https://a.example/ --header 'X-Api-Key: value-of-key'
  refused 'rules/new.json:6:9: header "Host": this header is set by the sender' "${add[@]}" --url https://a.example/ -H 'Host: b'
  refused '--when must be UTF-8, and not empty' "${add[@]}" -w github-deploy --when ''
  refused 'the name must be UTF-8, and not empty' add '' -c rules -w github-deploy
  refused '--header must be UTF-8, and not empty' "${add[@]}" --url https://a.example/ -H 'A: b' -H $'B: \xff'
  refused '--secret, --signature, --access-token, --header, --target, --success-when and --success-status say what a new webhook is like, which needs --url' \
    "${add[@]}" --webhook github-deploy --secret '$S'
  refused 'rules/new.json:4:14: "url": the scheme is neither https nor http' "${add[@]}" --url ftp://a.example/
  refused "--on takes link, unlink, create, alias, tag, untag, collection-tag, collection-untag or a type of wb-record(5), not 'x'" \
    "${add[@]}" --webhook github-deploy --on x
  refused "one expression is all there can be: write '(this|that)'" "${add[@]}" -w github-deploy --alias-regex a --alias-regex b
  refused '--alias must be UTF-8, and not empty' "${add[@]}" -w github-deploy --alias $'\xff'
  refused '--alias must be UTF-8, and not empty' "${add[@]}" -w github-deploy --alias ''
  refused '--payload: byte 3: expected a member name in quotes' "${add[@]}" -w github-deploy --payload '{ 1}'
  refused "cannot read 'gone': No such file or directory" "${add[@]}" -w github-deploy --payload @gone
  refused 'rules/new.json:9:21: payload of "new": unknown variable ${no}' "${add[@]}" -w github-deploy --payload '"${no}"'
  refused 'where is it to go? Give one directory with -c, or --file' add new -c rules/deploy.json -w github-deploy
  refused "an automation 'deploy' exists already in rules/deploy.json" add deploy -c rules --file rules/again.json -w github-deploy
  refused "an automation 'deploy' exists already in rules/deploy.json" add deploy -c rules -w github-deploy
  refused "a webhook 'github-deploy' exists already in rules/deploy.json: use it with --webhook and without --url, or give the new one another name with --webhook" \
    "${add[@]}" --url https://a.example/ --webhook github-deploy
  # what would not be read
  refused "'new.json' would not be read: give its directory, or the file itself, with -c, too" "${add[@]}" -w github-deploy --file new.json
  refused "'nowhere/x.json' would not be read: give its directory, or the file itself, with -c, too" \
    "${add[@]}" -w github-deploy --file nowhere/x.json
  for file in rules/new rules/.new.json rules/new.jsonl rules/.json; do
    refused "'$file' would not be read: of a directory, those files are whose names end in .json and do not begin with a dot" \
      "${add[@]}" -w github-deploy --file "$file"
  done
  touch rules/new.json
  expect_status 2 wb-automation "${add[@]}" -w github-deploy 2>err
  expect_match "$(<err)" '^wb-automation: rules/new.json:1:1: the file is empty$'
  rm rules/new.json
  expect_file <(ls -A rules) before
  # never over a file that is there
  echo '{}' >rules/new.json
  refused 'rules/new.json is there already: say with --file where the automation is to go' "${add[@]}" -w github-deploy
  refused 'rules/other.json is there already: say with --file where the automation is to go' \
    "${add[@]}" -w github-deploy --file rules/other.json
  expect_equal "$(<rules/new.json)" '{}'
}
test_case 'add: what is refused, and that nothing is made then' adds_nothing

# ---- test ----

export HOOK_TOKEN=value-of-token HOOK_SECRET=value-of-secret

# a_receiver <SCRIPT - answers as told; rules/hook.json has automations that send to it
a_receiver() {
  fresh
  cat >script.json
  start_receiver --script script.json --verify wandb --secret-env HOOK_SECRET
  cat >rules/hook.json <<END
{"webhooks": {"hook": {"url": "$RECEIVER_URL/hook", "secret": "\$HOOK_SECRET", "headers": {"X-Token": "\$HOOK_TOKEN"}}},
 "automations": [
  {"name": "hook", "enabled": false, "on": {"event_type": ["LINK_ARTIFACT", "ADD_ARTIFACT_ALIAS"], "entity": "acme",
    "alias_regex": "^(staging|production)\$"},
   "action": {"type": "webhook", "webhook": "hook", "payload": {"text": "\${alias} of \${entity_name} \${HOOK_TOKEN}"}}},
  {"name": "file", "action": {"type": "webhook", "webhook": "hook", "payload_file": "payload.txt"}},
  {"name": "loud", "on": {"alias": "x"}, "action": {"type": "webhook", "webhook": "hook"}}]}
END
  printf '{"meta": "${artifact_metadata:json}"}' >rules/payload.txt
}

# tries ARGUMENT… - the verb, to this machine
tries() {
  wb-automation test "$@" -c rules --allow-http --allow-net 127.0.0.0/8
}

# body N - of the Nth request
body() {
  sed -n "$1p" "$RECEIVER_LOG" | jq -r .body_base64 | base64 -d
}

tests_it() {
  a_receiver <<<'{"/hook":[{"status":201,"body":"taken: value-of-token\u001b[31m\n"}]}'
  tries hook >out 2>err
  expect_empty err
  expect_match "$(<out)" '^# [0-9a-f]{32} hook
POST http://127.0.0.1:[0-9]+/hook
Content-Type: application/json
X-Token: \$HOOK_TOKEN
X-Wandb-Signature: [A-Za-z0-9+/=]{44}

\{"text":"staging of acme \$HOOK_TOKEN"\}

finished: HTTP 201 in [0-9]+ ms

taken: \*{14}\\x1b\[31m$'
  expect_equal "$(body 1)" '{"text":"staging of acme value-of-token"}'
  no_secret value-of-token out err
  no_secret value-of-secret out err
  expect_equal "$(jq '.automations[0].enabled' rules/hook.json)" false 'enabled, afterwards'
}
test_case 'test: a disabled automation, through all stages to its endpoint' tests_it

# The receiver repeats the key, which wb-send does not know for all schemes.
masks_keys() {
  local scheme
  export NEW=newnew-sekret
  a_receiver <<<'{}'
  start_receiver --script <(printf %s '{"/hook":[{"status":500,"body":"key=newnew-sekret {\"k\":\"bmV3bmV3LXNla3JldA==\"} value-of-token"}]}')
  for scheme in wandb wandb-hex github standard; do
    jq --arg scheme "$scheme" --arg url "$RECEIVER_URL/hook" '.webhooks.hook.url = $url | .webhooks.hook.secret = ["$NEW", "$OLD"] | .webhooks.hook.signature = $scheme' rules/hook.json >h
    mv h rules/hook.json
    if [[ $scheme == standard ]]; then export OLD=oldold-sekret; fi
    expect_status 1 tries hook >out 2>err
    expect_equal "$(tail -n 1 out)" 'key=************* {"k":"******************=="} **************' "$scheme"
    expect_status 1 tries hook --json >out 2>err
    expect_equal "$(json out -r .response)" 'key=************* {"k":"******************=="} **************' "$scheme"
  done
  no_secret newnew-sekret out err
}
test_case 'test: the key that signs is masked in the answer, whatever the scheme' masks_keys

tests_failing() {
  a_receiver <<<'{"/hook":[{"status":500,"body":"no"}]}'
  expect_status 1 tries hook >out 2>err
  expect_match "$(tail -n 3 out)" '^failed: HTTP 500 in [0-9]+ ms; http: status 500

no$'
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 1 requests
  expect_status 1 wb-automation test hook -c rules >out 2>err
  expect_match "$(<out)" 'denied: the URL is http, not https; --allow-http would open it'
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 1 requests
  expect_status 1 env -u HOOK_SECRET wb-automation test hook -c rules >out 2>err
  expect_match "$(<err)" 'wb-sign: .* HOOK_SECRET: not found'
  expect_status 1 tries hook --secret-host HOOK_TOKEN=other.example >out 2>err
  expect_match "$(<err)" 'wb-sign: .* HOOK_TOKEN: is not bound to this host'
}
test_case 'test: what fails ends with status 1' tests_failing

tests_options() {
  a_receiver <<<'{"/hook":[{}]}'
  tries hook --alias production --author ann --metadata '{"a":1}' >out
  expect_equal "$(body 1)" '{"text":"production of acme value-of-token"}'
  tries hook --payload '{"by":"${event_author}","${event_type}":[]}' --on alias >out
  expect_equal "$(body 2)" '{"by":"test","ADD_ARTIFACT_ALIAS":[]}'
  tries file --metadata '{"a":1.10}' >out
  expect_equal "$(body 3)" '{"meta":{"a":1.10}}'
  echo '{"event_type":"LINK_ARTIFACT","alias":"x","event_id":"1"}' >event.jsonl
  tries loud --event event.jsonl >out
  expect_equal "$(body 4)" "$(<event.jsonl)"
  printf '${alias}' | jq -R . >p.json
  tries loud --payload @p.json --json >out
  expect_equal "$(body 5)" '"x"'
  expect_equal "$(json out -c '[.status, .http_status, .attempts, .response, .event_type]')" '["finished",200,1,"ok","ADD_ARTIFACT_ALIAS"]'
  env -u HOOK_SECRET -u HOOK_TOKEN true
  mkdir -m 700 kept
  (umask 077 && printf value-of-token >kept/HOOK_TOKEN && printf value-of-secret >kept/HOOK_SECRET)
  env -u HOOK_SECRET -u HOOK_TOKEN PATH="$PATH" wb-automation test hook -c rules --allow-http --allow-net 127.0.0.0/8 \
    --secrets dir:kept --timeout 60s >out
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 6 requests
  # shellcheck disable=SC2016 # expanded by the script
  printf '%s\n' '#!/bin/sh' 'case $1 in HOOK_TOKEN) echo value-of-token;; *) echo value-of-secret;; esac' >./get
  chmod +x get
  env -u HOOK_SECRET -u HOOK_TOKEN wb-automation test hook -c rules --allow-http --allow-net 127.0.0.0/8 \
    --secrets exec:./get --secret-timeout 30s >out
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 7 requests
  no_secret value-of-token out
}
test_case 'test: with another event, another payload, other secrets' tests_options

tests_mismatch() {
  a_receiver <<<'{"/hook":[{}]}'
  expect_status 1 tries hook --alias other >out 2>err
  expect_empty out
  expect_equal "$(<err)" 'wb-match: standard input:1: hook: alias_regex does not hold: alias is "other"
wb-automation: this event does not set off '"'hook'"': change it with options, or give another one with --event'
  refused "there is no event in '/dev/null'" test hook -c rules --event /dev/null
  printf ' \r\n{}\n' >event.jsonl
  refused "there is no event in the first line of 'event.jsonl'" test hook -c rules --event event.jsonl
  for option in --on=alias --entity=a --project=b --collection=c --alias=d --tag=e --author=f '--metadata={}'; do
    refused "${option%%=*} does not go with --event, whose file says all of the event" test hook -c rules --event event.jsonl "$option"
  done
  echo '{"event_type":' >event.jsonl
  expect_status 1 tries hook --event event.jsonl 2>err
  expect_match "$(<err)" '^wb-match: standard input:1: byte 15: '
  refused "'trial' sends nothing that could be tested" test trial -c rules
  refused '--metadata: byte 1: not a JSON object' test hook -c rules --metadata '[]'
  refused "cannot read 'gone': No such file or directory" test hook -c rules --event gone
  refused '--alias-regex does not go with test' test hook -c rules --alias-regex x
  sed -i 's/"^(staging|production)$"/"^(a)\\\\1$"/' rules/hook.json
  refused 'no alias is known that alias_regex matches; give one with --alias' test hook -c rules
  expect_status 2 tries hook --timeout never >out 2>err
  expect_equal "$(wc -l <"$RECEIVER_LOG")" 0 requests
}
test_case 'test: an event that does not set it off' tests_mismatch

programs() {
  a_receiver <<<'{"/hook":[{}]}'
  sed -i 's/"on": {"alias": "x"}/"on": {"alias": "x", "when": ".artifact_metadata.accuracy > 0.9"}/
    s/"name": "loud",/& "cooldown": "10m",/
    s/\("payload_file": "payload.txt"\)/"payload_jq": "{by: .event_author}"/' rules/hook.json
  expect_status 0 wb-automation check -c rules
  expect_equal "$(wb-automation show loud -c rules | tail -n 2 | head -n 1)" \
    'When anything happens in */*/*, and alias is x, and when .artifact_metadata.accuracy > 0.9:'
  expect_match "$(wb-automation show file -c rules)" $'\nits payload is sent to '
  expect_equal "$(wb-automation list -c rules --json | jq -c 'select(.name == "loud").on.when')" '".artifact_metadata.accuracy > 0.9"'
  quietly disable loud -c rules
  expect_status 1 tries loud >out 2>err
  expect_match "$(<err)" 'wb-match: standard input:1: loud: when does not hold: it gives false'
  # a test is not held back, and holds nothing back
  tries loud --metadata '{"accuracy":0.95}' >out 2>err
  tries loud --metadata '{"accuracy":0.95}' >out 2>err
  expect_empty err
  tries file --author ann >out
  expect_equal "$(body 3)" '{"by":"ann"}'
  tries file --payload '1' >out
  expect_equal "$(body 4)" 1
}
test_case 'programs as conditions and payloads: shown, checked, tried' programs

# Deliveries that are under way go on when their automation is gone.
in_flight() {
  a_receiver <<<'{"/hook":[{}]}'
  wb-event alias acme/m/c:v1 x >event.jsonl
  wb-match -c rules event.jsonl | wb-render | wb-sign >signed.jsonl
  quietly delete --yes loud -c rules
  quietly delete --yes file -c rules
  expect_equal "$(wb-match -c rules event.jsonl | grep -c -e loud -e file || :)" 0
  wb-send --allow-http --allow-net 127.0.0.0/8 signed.jsonl >receipts 2>/dev/null
  expect_equal "$(json receipts .status | sort | uniq -c | tr -s ' ')" ' 2 finished'
}
test_case 'delete: what is in flight is delivered' in_flight

# ---- what is refused ----

usage() {
  refused "what is to be done? 'wb-automation --help' tells what there is"
  refused "unknown command 'lst'; did you mean 'list'?" lst
  refused "unknown command 'frobnicate'; 'wb-automation --help' lists them" frobnicate
  refused "too many operands: 'x'" list x
  refused 'show needs the name of an automation' show -c rules
  refused "no automation is called 'nobody\\x1b'; 'wb-automation list' lists them" show $'nobody\e' -c rules
  refused 'no automations: name a file or a directory with -c, or in $WB_CONFIG' list
  refused '--limit does not go with list' list -c rules -n 1
  refused "--status takes finished, failed or pending, not 'skipped'" history --journal j --status skipped
  refused "--limit takes a whole number from 1 to 18446744073709551615, not '0'" history --journal j -n 0
  refused 'history needs --journal FILE, the journal of wb-send' history
  refused "unknown option '--jsn'; did you mean '--json'?" list --jsn
  refused 'c.json:1:2: unknown member "x" of a configuration file' list -c c.json
}
echo '{"x":1}' >c.json
test_case 'a command line or a configuration that is wrong' usage

failures() {
  expect_status 3 wb-automation list -c rules >/dev/full 2>err
  expect_equal "$(<err)" 'wb-automation: cannot write to standard output: No space left on device'
  expect_status 3 wb-automation show deploy -c rules >/dev/full
  a_journal >journal
  expect_status 3 wb-automation history --journal journal >/dev/full
  expect_status 3 wb-automation history --journal nowhere 2>err
  expect_equal "$(<err)" "wb-automation: cannot read journal 'nowhere': No such file or directory"
  expect_status 3 wb-automation history --journal rules 2>err
  expect_equal "$(<err)" "wb-automation: cannot read journal 'rules': Is a directory"
  expect_status 3 wb-automation list -c rules --journal nowhere >out 2>err
  expect_empty out
}
test_case 'input or output that fails' failures
