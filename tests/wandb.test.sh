#!/usr/bin/env bash
#
# wandb.test.sh - the stand-in W&B server is right itself: what it takes, what it answers, and how it goes wrong

# shellcheck disable=SC2016 # what looks like variables are those of queries, and operators of filters
# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"

C=acme/wandb-registry-model/churn

# post [CURL-OPTION…] - standard input to the server, as $TYPE (application/json); the answer's body to `body`, its head
# to `head`; its status is printed, or the exit status of curl if there was no whole answer
post() {
  local status=0 code
  code=$(curl -q -sS -u "api:$WANDB_KEY" -H "Content-Type: ${TYPE-application/json}" --data-binary @- -o body -D head \
    -w '%{http_code}' "$@" "$WANDB_URL/graphql" 2>curl.err) || status=$?
  if ((status == 0)); then printf '%s\n' "$code"; else printf 'curl %s\n' "$status"; fi
}

# query QUERY [VARIABLES]
query() {
  jq -n -c --arg query "$1" --argjson variables "${2:-null}" '{$query, $variables}'
}

# ask QUERY [VARIABLES] - what came of it, as compact JSON
ask() {
  local status
  status=$(query "$@" | post)
  [[ $status == 200 ]] || fail "status $status: $(<body)"
  jq -c .data body
}

# refused STATUS REGEX QUERY [VARIABLES]
refused() {
  expect_equal "$(query "${@:3}" | post)" "$1" "status of $3"
  expect_match "$(jq -r '.errors[0].message' body)" "$2"
}

# give COMMAND… - a fresh server gets these
give() {
  local list
  list=$(printf '%s,' '{"do":"reset"}' '{"do":"organization","name":"Acme Inc","entity":"acme"}' \
    '{"do":"registry","organization":"Acme Inc","name":"model"}' "$@")
  wandb_do "[${list%,}]" >results
}

# collection FIELDS - these fields of $C
collection() {
  ask "query {project(entityName: \"acme\", name: \"wandb-registry-model\") {artifactCollection(name: \"churn\") {$1}}}" |
    jq -c .project.artifactCollection
}

# connection FIELD FIELDS - these fields of the nodes of a connection of $C, one node a line
connection() {
  collection "${1%%(*}${1#"${1%%(*}"} {edges {node {$2}}}" | jq -c ".${1%%(*}.edges[].node"
}

link() {
  printf '{"do":"link","collection":"%s","after":10%s}' "$C" "${1:+,$1}"
}

# shellcheck disable=SC2119 # it needs no option
start_wandb

# ---- what it takes ----

wants_the_key() {
  give
  expect_equal "$(query '{viewer {username}}' | post -u api:wrong)" 401
  expect_equal "$(jq -c . body)" \
    '{"errors":[{"message":"user is not logged in","extensions":{"code":"UNAUTHENTICATED"}}],"data":null}'
  expect_equal "$(query '{viewer {username}}' | post -u "user:$WANDB_KEY")" 401
  expect_equal "$(query '{viewer {username}}' | post)" 200
  expect_equal "$(wandb_do '{"do":"log"}' | jq -c '[.[].authorized]')" '[false,false,true]'
  no_secret "$WANDB_KEY" "$WANDB_LOG" body head
}
test_case 'the key is wanted, as the password of api, and stands in no log' wants_the_key

wants_json() {
  give
  expect_equal "$(query '{viewer {username}}' | TYPE=text/plain post)" 400
  expect_equal "$(printf '{"query":' | post)" 400
  expect_equal "$(printf '{"query":"{viewer {username}}","more":1}' | post)" 400
  expect_equal "$(printf '[]' | post)" 400
  expect_equal "$(query '{viewer {username}}' | post -X PUT)" 405
  expect_equal "$(curl -q -s -o body -w '%{http_code}' "$WANDB_URL/other")" 404
}
test_case 'a request is JSON with a query and variables, and nothing else' wants_json

checks_queries() {
  give
  refused 400 'Cannot query field "nope"' '{nope}'
  refused 400 'Unknown argument "names"' '{project(names: "x") {id}}'
  refused 400 'Unknown argument "filters"' \
    '{artifactCollection(id: "x") {artifactMemberships(filters: "{}") {edges {node {id}}}}}'
  refused 400 'Unknown argument "order"' \
    '{artifactCollection(id: "x") {artifactMemberships(order: "+created_at") {edges {node {id}}}}}'
  refused 400 'Cannot query field "id" on type "ArtifactAliasAction"' \
    '{artifactCollection(id: "x") {aliasActionHistory {edges {node {id}}}}}'
  refused 400 'Cannot query field "user"' \
    '{artifactCollection(id: "x") {artifactMemberships {edges {node {user {username}}}}}}'
  refused 400 'of type "ID" used in position expecting type "ID!"' 'query($id: ID) {artifact(id: $id) {id}}'
  refused 400 'must have a selection of subfields' '{artifact(id: "x") {tags}}'
  refused 400 'introspection has been disabled' '{__schema {types {name}}}'
  refused 400 'Syntax Error' '{'
}
test_case 'a query that the schema does not know is refused with status 400' checks_queries

checks_variables() {
  local query
  give
  refused 400 '.id. of required type .ID!. was not provided' 'query($id: ID!) {artifact(id: $id) {id}}' '{}'
  refused 400 'got invalid value' 'query($n: Int) {project(name: "x") {artifactCollections(first: $n) {totalCount}}}' \
    '{"n": "5"}'
  query='query($f: JSONString) {project(entityName: "acme", name: "wandb-registry-model") {
    artifactCollections(filters: $f) {totalCount}}}'
  refused 400 'what is not JSON' "$query" '{"f": "{"}'
  refused 400 'is no string' "$query" '{"f": {}}'
  refused 400 'unknown key color' "$query" '{"f": "{\"color\":1}"}'
  refused 400 'unknown operator \$near' "$query" '{"f": "{\"name\":{\"$near\":1}}"}'
  refused 400 'not a time' "$query" '{"f": "{\"created_at\":{\"$gte\":\"yesterday\"}}"}'
}
test_case 'variables and filters of the wrong type are refused' checks_variables

is_an_older_server() {
  give '{"do":"settings","without":["Artifact.tags","Project.artifactCollections.filters",
    "ArtifactCollection.artifactCollectionActions"]}' "$(link)"
  refused 400 'Cannot query field "tags" on type "Artifact"' '{artifact(id: "x") {tags {name}}}'
  refused 400 'Cannot query field "artifactCollectionActions" on type "ArtifactPortfolio"' \
    '{artifactCollection(id: "x") {...on ArtifactPortfolio {artifactCollectionActions {edges {node {id}}}}}}'
  refused 400 'Unknown argument "filters"' '{project(name: "x") {artifactCollections(filters: "{}") {totalCount}}}'
  expect_equal "$(collection 'name tags {edges {node {name}}}')" '{"name":"churn","tags":{"edges":[]}}'
}
test_case 'fields and arguments that an older server lacks can be taken away' is_an_older_server

refuses_commands() {
  local command
  for command in '{"do":"nope"}' '{"do":"link"}' '{"do":"link","collection":"a/b/c","colour":1}' '{"do":"alias",
    "version":"a/b/c:v0","alias":"x"}' '{"do":"settings","nope":1}' '{"do":"settings","empty_every":1}' '{"do":"fault",
    "kind":"nope"}' '{"do":"fault","kind":"html","nope":1}' '{"do":"settings","without":["Artifact.nope"]}' 'nope'; do
    give
    expect_equal "$(curl -q -s -o body -w '%{http_code}' -d "$command" "$WANDB_URL/control")" 400 "$command"
    expect_equal "$(jq -r '.error | type' body)" string
  done
}
test_case 'a mistyped command is refused' refuses_commands

# ---- the model ----

links() {
  give "$(link '"user":"ann","metadata":"{\"n\":12345678901234567890,\"x\":1.10}","tags":["ok"],"aliases":["prod"]')" \
    "$(link '"created_by":{"user":"bob"}')"
  connection 'artifactMemberships' 'versionIndex createdAt aliases {alias} artifact {versionIndex createdAt metadata
    tags {name} createdBy {__typename ...on Run {name user {username}} ...on User {username}}}' >got
  cat >want <<'WANT'
{"versionIndex":1,"createdAt":"2026-03-24T01:00:20Z","aliases":[{"alias":"v1"},{"alias":"latest"}],"artifact":{"versionIndex":101,"createdAt":"2026-03-23T00:00:20Z","metadata":null,"tags":[],"createdBy":{"__typename":"User","username":"bob"}}}
{"versionIndex":0,"createdAt":"2026-03-24T01:00:10Z","aliases":[{"alias":"v0"},{"alias":"prod"}],"artifact":{"versionIndex":100,"createdAt":"2026-03-23T00:00:10Z","metadata":"{\"n\":12345678901234567890,\"x\":1.10}","tags":[{"name":"ok"}],"createdBy":{"__typename":"Run","name":"run1001","user":{"username":"trainer"}}}}
WANT
  expect_file got want
}
test_case 'a link has its own index and time, moves latest and makes v<N>; metadata is kept byte for byte' links

keeps_histories() {
  local artifact
  give "$(link '"user":"ann","aliases":["prod"]')" "$(link '"user":null,"aliases":["prod"]')" \
    "{\"do\":\"unalias\",\"version\":\"$C:v1\",\"alias\":\"prod\",\"user\":\"bob\",\"after\":10}" \
    "{\"do\":\"unlink\",\"version\":\"$C:v0\",\"user\":\"cat\",\"after\":10}"
  artifact=$(jq -r '.[3].artifact' results)
  wandb_do "$(link "\"artifact\":\"$artifact\"")" >/dev/null
  connection 'artifactCollectionActions(order: "+created_at")' 'actionType createdAt user {username}' >got
  cat >want <<'WANT'
{"actionType":"LINK","createdAt":"2026-03-24T01:00:10Z","user":{"username":"ann"}}
{"actionType":"LINK","createdAt":"2026-03-24T01:00:20Z","user":null}
{"actionType":"UNLINK","createdAt":"2026-03-24T01:00:40Z","user":{"username":"cat"}}
{"actionType":"LINK","createdAt":"2026-03-24T01:00:50Z","user":{"username":"linker"}}
WANT
  expect_file got want
  connection 'aliasActionHistory(order: "-created_at", alias: "prod")' \
    'actionType alias createdAt user {username} sourceArtifact {versionIndex} targetArtifact {versionIndex}' >got
  cat >want <<'WANT'
{"actionType":"REMOVE","alias":"prod","createdAt":"2026-03-24T01:00:30Z","user":{"username":"bob"},"sourceArtifact":{"versionIndex":101},"targetArtifact":null}
{"actionType":"MOVE","alias":"prod","createdAt":"2026-03-24T01:00:20Z","user":null,"sourceArtifact":{"versionIndex":100},"targetArtifact":{"versionIndex":101}}
{"actionType":"ADD","alias":"prod","createdAt":"2026-03-24T01:00:10Z","user":{"username":"ann"},"sourceArtifact":null,"targetArtifact":{"versionIndex":100}}
WANT
  expect_file got want
  expect_equal "$(collection 'artifactMembership(aliasName: "latest") {versionIndex artifact {id}}')" \
    "{\"artifactMembership\":{\"versionIndex\":2,\"artifact\":{\"id\":\"$artifact\"}}}"
}
test_case 'histories: links and unlinks, aliases added, moved and removed, with author and time' keeps_histories

varies_histories() {
  give '{"do":"settings","move_actions":2,"latest_in_history":true,"versions_in_history":true,
    "unlink_in_alias_history":true,"unlink_moves_latest":true,"unlink_artifact":"null"}' "$(link)" "$(link)" \
    "{\"do\":\"unlink\",\"version\":\"$C:v1\",\"after\":10}"
  connection 'aliasActionHistory(order: "+created_at")' 'actionType alias targetArtifact {versionIndex}' |
    jq -r '[.actionType, .alias, .targetArtifact.versionIndex // "-"] | join(" ")' >got
  printf '%s\n' 'ADD v0 100' 'ADD latest 100' 'ADD v1 101' 'REMOVE latest -' 'ADD latest 101' 'REMOVE v1 -' \
    'REMOVE latest -' 'ADD latest 100' >want
  expect_file got want
  expect_equal "$(connection 'artifactCollectionActions(order: "-created_at", first: 1)' 'actionType artifact {id}')" \
    '{"actionType":"UNLINK","artifact":null}'
  wandb_do '{"do":"settings","history_limit":2}' >/dev/null
  expect_equal "$(connection 'aliasActionHistory(order: "+created_at")' alias | jq -s -c 'map(.alias)')" \
    '["latest","latest"]'
  wandb_do '[{"do":"settings","history_limit":null,"history_delay":5},{"do":"clock","after":4}]' >/dev/null
  expect_equal "$(connection artifactCollectionActions id | wc -l)" 2
  wandb_do '{"do":"clock","after":1}' >/dev/null
  expect_equal "$(connection artifactCollectionActions id | wc -l)" 3
}
test_case 'histories: moves in two actions, latest, what an unlink says; cut short; late' varies_histories

tells_the_truth() {
  give "$(link '"user":"ann","aliases":["prod"]')" "$(link '"aliases":["prod"]')" \
    "{\"do\":\"tag\",\"version\":\"$C:v0\",\"tag\":\"ok\"}" "{\"do\":\"untag\",\"version\":\"$C:v0\",\"tag\":\"ok\"}" \
    "{\"do\":\"tag_collection\",\"collection\":\"$C\",\"tag\":\"hot\"}" \
    "{\"do\":\"metadata\",\"version\":\"$C:prod\",\"metadata\":\"{}\"}" "{\"do\":\"unlink\",\"version\":\"$C:v0\"}" \
    "{\"do\":\"delete_artifact\",\"version\":\"$C:v1\"}" "{\"do\":\"delete_collection\",\"collection\":\"$C\"}"
  wandb_do '{"do":"changes"}' | jq -r '.[] | [.time[17:19], .type, .version // "-", .alias // .tag // "-",
    .previous // "-", .user // "-", .metadata // "-"] | join(" ")' >got
  cat >want <<'WANT'
10 LINK_ARTIFACT 0 - - ann -
10 ADD_ARTIFACT_ALIAS 0 prod - ann -
20 LINK_ARTIFACT 1 - - linker -
20 ADD_ARTIFACT_ALIAS 1 prod 0 linker -
20 ADD_ARTIFACT_TAG 0 ok - - -
20 REMOVE_ARTIFACT_TAG 0 ok - - -
20 ADD_COLLECTION_TAG - hot - - -
20 UPDATE_METADATA 1 - - - {}
20 UNLINK_ARTIFACT 0 - - linker -
20 DELETE_ARTIFACT 1 - - - {}
20 DELETE_COLLECTION - - - - -
WANT
  expect_file got want
  expect_equal "$(wandb_do '{"do":"changes","types":["ADD_ARTIFACT_ALIAS"],"implied":true,"since":4}' |
    jq -c 'map(.alias)')" '["v1","latest","prod"]'
  expect_equal "$(collection name)" null
}
test_case 'changes: what has really happened' tells_the_truth

# random_changes SEED - 200 commands; those that cannot be done at their time are not
random_changes() {
  awk -v seed="$1" -v c="$C" 'BEGIN {
    srand(seed)
    for (i = 0; i < 200; i++) {
      v = c ":" (rand() < .3 ? "a" int(rand() * 3) : "v" int(rand() * i / 5))
      r = rand()
      if (r < .3) print "{\"do\":\"link\",\"collection\":\"" c "\",\"after\":" int(rand() * 3) "}"
      else if (r < .4) print "{\"do\":\"unlink\",\"version\":\"" v "\"}"
      else if (r < .7) print "{\"do\":\"alias\",\"version\":\"" v "\",\"alias\":\"a" int(rand() * 3) "\"}"
      else if (r < .8) print "{\"do\":\"unalias\",\"version\":\"" v "\",\"alias\":\"a" int(rand() * 3) "\"}"
      else if (r < .9) print "{\"do\":\"tag\",\"version\":\"" v "\",\"tag\":\"t" int(rand() * 3) "\"}"
      else if (r < .97) print "{\"do\":\"untag\",\"version\":\"" v "\",\"tag\":\"t" int(rand() * 3) "\"}"
      else print "{\"do\":\"delete_artifact\",\"version\":\"" v "\"}"
    }
  }'
}

# What the changes add up to is what the API shows; and so do the links and unlinks, and the moves of aliases.
adds_up() {
  local seed
  for seed in 1 2 3; do
    give '{"do":"settings","unlink_in_alias_history":true,"latest_in_history":true,"versions_in_history":true}'
    random_changes "$seed" | jq -c -s '{do: "try", commands: .}' | wandb_do >tried
    connection 'artifactMemberships(first: 1000)' 'versionIndex aliases {alias} artifact {id tags {name}}' >versions
    jq -c -s 'map({v: .versionIndex, id: .artifact.id, a: [.aliases[].alias] | sort, t: [.artifact.tags[].name] | sort}) |
      sort_by(.v)[]' versions >want
    wandb_do '{"do":"changes","implied":true}' | jq -c 'reduce .[] as $c ({};
      ($c.version | tostring) as $v |
      if $c.type == "LINK_ARTIFACT" then .[$v] = {v: $c.version, id: $c.artifact, a: [], t: []}
      elif $c.type == "ADD_ARTIFACT_ALIAS" then map_values(.a -= [$c.alias]) | .[$v].a += [$c.alias]
      elif $c.type == "REMOVE_ARTIFACT_ALIAS" then if has($v) then .[$v].a -= [$c.alias] else . end
      elif $c.type == "ADD_ARTIFACT_TAG" then .[$v].t += [$c.tag]
      elif $c.type == "REMOVE_ARTIFACT_TAG" then .[$v].t -= [$c.tag]
      else del(.[$v]) end) | map(.a |= sort | .t |= sort) | sort_by(.v)[]' >got
    expect_file got want
    (($(wc -l <want) > 10)) || fail 'too little happened'
    connection 'aliasActionHistory(first: 1000, order: "+created_at")' 'alias sourceArtifact {id} targetArtifact {id}' |
      jq -c -s 'reduce .[] as $c ({}; .[$c.alias] = $c.targetArtifact.id) | to_entries | map(select(.value)) |
        sort_by(.key)[] | [.key, .value]' >got
    jq -c -s '[.[] | .artifact.id as $id | .aliases[] | [.alias, $id]] | sort_by(.[0])[]' versions >want
    expect_file got want
  done
}
test_case 'changes and histories add up to what is there' adds_up

touches() {
  give "$(link)" "{\"do\":\"alias\",\"version\":\"$C:v0\",\"alias\":\"x\",\"after\":10}"
  expect_equal "$(collection updatedAt)" '{"updatedAt":"2026-03-24T01:00:10Z"}'
  wandb_do "[{\"do\":\"settings\",\"touch\":[\"tag\"],\"times\":\"bare\"},
    {\"do\":\"tag\",\"version\":\"$C:v0\",\"tag\":\"x\",\"after\":10}]" >/dev/null
  expect_equal "$(collection updatedAt)" '{"updatedAt":"2026-03-24T01:00:30"}'
}
test_case 'updatedAt moves with what it is told to; times come without Z, too' touches

# ---- lists ----

# pages FIRST [ORDER] - the names of all collections, by pages, to `names`; how many pages there were, and how many
# empty ones, to `pages`
pages() {
  local after=null page count=0 none=0
  : >names
  while :; do
    page=$(ask 'query($first: Int, $after: String, $order: String) {
      project(entityName: "acme", name: "wandb-registry-model") {
      artifactCollections(first: $first, after: $after, order: $order) {
      pageInfo {endCursor hasNextPage} edges {cursor node {name}}}}}' \
      "{\"first\": $1, \"after\": $after, \"order\": ${2:-null}}" | jq -r '.project.artifactCollections |
      (.edges[].node.name), (.pageInfo | if .hasNextPage then .endCursor | tojson else "end" end)')
    ((++count))
    after=${page##*$'\n'}
    if [[ $page == "$after" ]]; then ((++none)); else printf '%s\n' "${page%$'\n'*}" >>names; fi
    [[ $after != end ]] || break
  done
  printf '%s %s\n' "$count" "$none" >pages
}

# shaped SETTINGS FIRST PAGES EMPTY [ORDER]
shaped() {
  wandb_do "{\"do\":\"settings\",\"page_limit\":1000,\"short_every\":0,\"empty_every\":0,\"trailing_page\":false,
    \"cursors\":\"keyset\"${1:+,$1}}" >/dev/null
  pages "$2" "${5-}"
  expect_file names want
  expect_equal "$(<pages)" "$3 $4" "pages with $1"
}

pages_to_the_end() {
  local cursors
  give '{"do":"bulk","project":"acme/wandb-registry-model","collections":25,"versions":1}'
  printf 'model-%04d\n' {25..1} >want
  for cursors in keyset offset salted; do
    shaped "\"cursors\":\"$cursors\"" 100 1 0
    shaped "\"cursors\":\"$cursors\"" 10 3 0
    shaped "\"cursors\":\"$cursors\"" 5 5 0
    shaped "\"cursors\":\"$cursors\",\"trailing_page\":true" 5 6 1
    shaped "\"cursors\":\"$cursors\",\"page_limit\":7" 100 4 0
    shaped "\"cursors\":\"$cursors\",\"short_every\":2" 10 3 0
    shaped "\"cursors\":\"$cursors\",\"empty_every\":2" 10 5 2
  done
  sort -o want want
  shaped '"empty_every":3,"short_every":2' 8 7 2 '"+name"'
}
test_case 'pages: limits, short and empty ones, and cursors of each kind lead to the end' pages_to_the_end

# cursors - those of all collections, in order
cursors() {
  ask '{project(entityName: "acme", name: "wandb-registry-model") {artifactCollections(order: "+name") {
    edges {cursor}}}}' | jq -c '.project.artifactCollections.edges | map(.cursor)'
}

cursors_are_as_told() {
  local before
  give "$(link)" '{"do":"settings","cursors":"keyset"}'
  before=$(cursors)
  expect_equal "$(cursors)" "$before"
  wandb_do '{"do":"settings","cursors":"salted"}' >/dev/null
  before=$(cursors)
  expect_no_match "$(cursors)" "^${before//[+\/\"\[\]]/.}\$"
  refused 400 'invalid cursor' '{viewer {id} project(entityName: "acme", name: "wandb-registry-model") {
    artifactCollections(order: "-name", after: "'"$(cursors | jq -r '.[0]')"'") {totalCount}}}'
  refused 400 'invalid cursor' '{project(entityName: "acme", name: "wandb-registry-model") {
    artifactCollections(after: "x") {totalCount}}}'
}
test_case 'cursors stay, or change each time, and hold for one list in one order' cursors_are_as_told

# names_of ARGUMENTS - of collections, in one line
names_of() {
  ask "{project(entityName: \"acme\", name: \"wandb-registry-model\") {artifactCollections$1 {edges {node {name}}}}}" |
    jq -r '[.project.artifactCollections.edges[].node.name] | join(" ")'
}

# filtered FILTERS NAMES
filtered() {
  expect_equal "$(names_of "(order: \"+name\", filters: $(jq -n -c --arg filters "$1" '$filters'))")" "$2" "$1"
}

orders_and_filters() {
  local p=acme/wandb-registry-model
  give "{\"do\":\"collection\",\"collection\":\"$p/b\"}" "{\"do\":\"collection\",\"collection\":\"$p/c\",\"after\":10}" \
    "{\"do\":\"collection\",\"collection\":\"$p/a\"}" "{\"do\":\"tag_collection\",\"collection\":\"$p/a\",\"tag\":\"x\"}"
  expect_equal "$(names_of '')" 'a c b'
  expect_equal "$(names_of '(order: "+name")')" 'a b c'
  expect_equal "$(names_of '(order: "-name")')" 'c b a'
  expect_equal "$(names_of '(order: "+created_at")')" 'b c a'
  expect_equal "$(names_of '(order: "-created_at")')" 'c a b'
  wandb_do '{"do":"settings","ties":"-id"}' >/dev/null
  expect_equal "$(names_of '(order: "+created_at")')" 'b a c'
  refused 400 'order: unknown' '{organization(name: "Acme Inc") {orgEntity {projects(order: "+size") {edges {cursor}}}}}'
  filtered '{"name":"a"}' 'a'
  filtered '{"name":{"$regex":"^[ab]$"}}' 'a b'
  filtered '{"name":{"$in":["c","x"]}}' 'c'
  filtered '{"name":{"$nin":["c","x"]}}' 'a b'
  filtered '{"name":{"$ne":"b"}}' 'a c'
  filtered '{"$or":[{"name":"a"},{"name":"c"}]}' 'a c'
  filtered '{"$nor":[{"name":"a"},{"name":"c"}]}' 'b'
  filtered '{"$and":[{"name":{"$gte":"b"}},{"$not":{"name":"c"}}]}' 'b'
  filtered '{"created_at":{"$gte":"2026-03-24T01:00:10"}}' 'a c'
  filtered '{"created_at":{"$gt":"2026-03-24T01:00:00Z","$lte":"2026-03-24T01:00:10Z"}}' 'a c'
  filtered '{"created_at":{"$lt":"2026-03-24T01:00:10+00:00"}}' 'b'
  filtered '{"tag":"x"}' 'a'
  filtered '{"tag":{"$exists":false}}' 'b c'
  wandb_do '{"do":"settings","ignored_filters":["artifactCollections"],"ignored_orders":["artifactCollections"]}' \
    >/dev/null
  filtered '{"name":"a"}' 'a c b'
  wandb_do '{"do":"settings","ignored_filters":[],"filter_keys":{"artifactCollections":["name"]}}' >/dev/null
  refused 400 'unknown key tag' '{project(entityName: "acme", name: "wandb-registry-model") {
    artifactCollections(filters: "{\"tag\":\"x\"}") {totalCount}}}'
}
test_case 'orders and filters' orders_and_filters

across_an_organization() {
  local more='{"do":"registry","organization":"Acme Inc","name":"data"}' query
  give "$more" "$(link '"aliases":["prod"],"metadata":"{\"f1\":0.5}"')" "$(link)" \
    '{"do":"project","project":"acme/other"}' '{"do":"link","collection":"acme/wandb-registry-data/rows"}'
  ask '{organization(name: "Acme Inc") {name orgEntity {name projects(filters: "{\"name\":{\"$regex\":\"^wandb-registry-\"}}")
    {edges {node {name}}}}}}' >got
  printf '%s\n' '{"organization":{"name":"Acme Inc","orgEntity":{"name":"acme","projects":{"edges":[{"node":{"name":"wandb-registry-data"}},{"node":{"name":"wandb-registry-model"}}]}}}}' >want
  expect_file got want
  query='query($p: JSONString, $f: JSONString) {entity(name: "acme") {artifactMemberships(projectFilters: $p, filters: $f,
    order: "+created_at") {edges {node {versionIndex artifactCollection {name project {name}}}}}}}'
  ask "$query" | jq -r '.entity.artifactMemberships.edges[].node | "\(.artifactCollection.name) \(.versionIndex)"' >got
  printf '%s\n' 'churn 0' 'churn 1' 'rows 0' >want
  expect_file got want
  expect_equal "$(ask "$query" '{"p":"{\"name\":\"wandb-registry-data\"}"}' | grep -c -F '"name":"rows"')" 1
  # created_at is the artifact's time, long before that of the link
  expect_equal "$(ask "$query" '{"f":"{\"created_at\":{\"$gte\":\"2026-03-24T01:00:00Z\"}}"}')" \
    '{"entity":{"artifactMemberships":{"edges":[]}}}'
  expect_equal "$(ask "$query" '{"f":"{\"alias\":\"prod\",\"metadata.f1\":{\"$lt\":1}}"}' | jq '.. | .versionIndex? // empty')" 0
}
test_case 'registries and versions across an organization' across_an_organization

hides_and_denies() {
  give "$(link)" "$(link)" '{"do":"link","collection":"acme/wandb-registry-model/other"}' \
    "{\"do\":\"settings\",\"hidden\":[\"acme/wandb-registry-model/other\"]}"
  expect_equal "$(ask '{project(entityName: "acme", name: "wandb-registry-model") {
    artifactCollections(first: 1) {pageInfo {hasNextPage} edges {node {name}}}}}')" \
    '{"project":{"artifactCollections":{"pageInfo":{"hasNextPage":true},"edges":[]}}}'
  wandb_do "{\"do\":\"settings\",\"hidden\":[],\"denied\":[\"artifactCollectionActions@$C\"]}" >/dev/null
  expect_equal "$(query '{project(entityName: "acme", name: "wandb-registry-model") {artifactCollections {edges {node {name
    artifactCollectionActions {edges {node {actionType}}}}}}}}' | post)" 403
  expect_equal "$(jq -c .errors body)" '[{"message":"permission denied","locations":[{"line":2,"column":5}],'\
'"path":["project","artifactCollections","edges",1,"node","artifactCollectionActions"],"extensions":{"code":"PERMISSION_ERROR"}}]'
  expect_equal "$(jq -c '.data.project.artifactCollections.edges' body)" \
    '[{"node":{"name":"other","artifactCollectionActions":{"edges":[{"node":{"actionType":"LINK"}}]}}},{"node":null}]'
}
test_case 'what may not be seen is left out of pages; what may not be asked is refused with status 403' hides_and_denies

finds_moved_projects() {
  give "$(link)" '{"do":"redirect","project":"team/model-registry","to":"acme/wandb-registry-model"}'
  expect_equal "$(ask '{project(entityName: "team", name: "model-registry") {name entityName}}')" \
    '{"project":{"name":"wandb-registry-model","entityName":"acme"}}'
  expect_equal "$(ask '{project(entityName: "team", name: "nope") {name} artifact(id: "x") {id} entity(name: "x") {id}
    organization(name: "x") {id} artifactCollection(id: "QXJ0aWZhY3Q6MTAwMQ==") {id}}')" \
    '{"project":null,"artifact":null,"entity":null,"organization":null,"artifactCollection":null}'
}
test_case 'a project that has moved is found at its new place; what is missing is null' finds_moved_projects

# ---- faults ----

# spoiled FAULT WANT [CURL-OPTION…] - post prints that for a request that meets this fault, and 200 for the next one
spoiled() {
  wandb_do "[{\"do\":\"clear_faults\"},{\"do\":\"fault\",\"kind\":$1}]" >/dev/null
  rm -f body head
  expect_equal "$(query '{project(entityName: "acme", name: "wandb-registry-model") {id name}}' | post "${@:3}")" "$2" "$1"
  [[ ! -e body ]] || mv body spoiled.body
  mv head spoiled.head 2>/dev/null || :
  expect_equal "$(query '{viewer {username}}' | post)" 200 "after $1"
}

answers_badly() {
  give
  spoiled '"status"' 500
  spoiled '"status","status":404,"body":"gone","headers":{"X-A":"b"}' 404
  expect_equal "$(<spoiled.body) $(grep -c -i '^x-a: b' spoiled.head)" 'gone 1'
  spoiled '"rate_limit","retry_after":7,"reset":9' 429
  expect_equal "$(grep -i -E '^(retry-after|ratelimit)' spoiled.head | tr -d '\r' | tr '[:upper:]' '[:lower:]')" \
    $'ratelimit-remaining: 0\nratelimit-reset: 9\nretry-after: 7'
  spoiled '"rate_limit","retry_in":60' 429
  expect_match "$(<spoiled.head)" 'Retry-After: [A-Z][a-z][a-z], [0-9]{2} [A-Z][a-z][a-z] [0-9]{4} [0-9:]{8} GMT'
  spoiled '"errors","message":"no"' 200
  expect_equal "$(<spoiled.body)" '{"errors":[{"message":"no","extensions":{"code":"INTERNAL"}}],"data":null}'
  spoiled '"partial","path":"data.project.name"' 200
  expect_equal "$(jq -c '[.data.project.name, .errors[0].path]' spoiled.body)" '[null,["project","name"]]'
  spoiled '"replace","path":"data.project","value":"text"' 200
  expect_equal "$(<spoiled.body)" '{"data":{"project":"text"}}'
  spoiled '"invalid_utf8","member":"name"' 200
  expect_equal "$(LC_ALL=C grep -a -c $'"name":"\xff' spoiled.body)" 1
  spoiled '"nested_errors"' 200
  expect_equal "$(jq -r '[.. | .message? // empty] | length' spoiled.body)" 10
  spoiled '"nested","depth":5' 200
  expect_equal "$(<spoiled.body)" '{"data":[[[[[]]]]]}'
  spoiled '"html"' 502
  expect_match "$(<spoiled.head)$(<spoiled.body)" 'text/html.*<html>'
  spoiled '"redirect"' 307
  expect_match "$(<spoiled.head)" 'Location: /elsewhere'
  spoiled '"gzip"' 200
  expect_match "$(gzip -dc <spoiled.body)" '^\{"data":\{"project":'
  spoiled '"delay","ms":1' 200
}
test_case 'faults: answers that are wrong' answers_badly

breaks_off() {
  give
  spoiled '"truncate"' 'curl 18'
  expect_match "$(<spoiled.body)" '^\{"data":'
  spoiled '"truncate","chunked":true' 'curl 18'
  expect_match "$(<spoiled.head)" 'chunked'
  spoiled '"close"' 'curl 52'
  spoiled '"close","where":"body"' 'curl 18'
  spoiled '"reset"' 'curl 56'
  spoiled '"reset","where":"before"' 'curl 56'
  spoiled '"hang"' 'curl 28' -m 1
}
test_case 'faults: answers that are cut off, or never come' breaks_off

hangs_in_the_middle() {
  local start client
  give '{"do":"fault","kind":"hang","where":"body"}'
  mkfifo part
  query '{viewer {username}}' | curl -q -s -N -u "api:$WANDB_KEY" -H 'Content-Type: application/json' -d @- -o part \
    "$WANDB_URL/graphql" &
  client=$!
  read -r -N 8 start <part
  expect_equal "$start" '{"data":'
  kill "$client"
  wait "$client" || :
  expect_equal "$(wandb_do '{"do":"counts"}' | jq -c .faults)" '{"hang":1}'
}
test_case 'faults: an answer that hangs in the middle' hangs_in_the_middle

is_huge() {
  local chunked
  give
  for chunked in false true; do
    spoiled "\"huge\",\"chunked\":$chunked" 200
    expect_equal "$(wc -c <spoiled.body)" 100000032
    expect_equal "$(head -c 29 spoiled.body) $(tail -c 5 spoiled.body)" '{"data":{"project":{"name":"x x"}}}'
  done
}
test_case 'faults: an answer of 100 MB' is_huge

# meets FAULT STATUSES - of five requests
meets() {
  local i statuses=()
  wandb_do "[{\"do\":\"clear_faults\"},{\"do\":\"clear_log\"},{\"do\":\"fault\",\"kind\":\"status\"${1:+,$1}}]" >/dev/null
  for i in 1 2 3 4 5; do
    statuses+=("$(query 'query Find($i: ID!) {artifact(id: $i) {id}}' "{\"i\":\"$i\"}" | post)")
  done
  expect_equal "${statuses[*]}" "$2" "$1"
}

chooses_requests() {
  give
  meets '' '500 200 200 200 200'
  meets '"times":2' '500 500 200 200 200'
  meets '"times":"always"' '500 500 500 500 500'
  meets '"skip":3' '200 200 200 500 200'
  meets '"when":{"request":2}' '200 500 200 200 200'
  meets '"when":{"operation":"Find","variables":{"i":"4"}}' '200 200 200 500 200'
  meets '"when":{"operation":"Other"}' '200 200 200 200 200'
  meets '"when":{"field":"artifact"},"skip":1' '200 500 200 200 200'
  meets '"when":{"field":"project"}' '200 200 200 200 200'
  meets '"when":{"contains":"\"5\""}' '200 200 200 200 500'
  meets '"chance":0,"times":"always"' '200 200 200 200 200'
  wandb_do '{"do":"faults"}' | jq -c . >got
  printf '%s\n' '[{"kind":"status","left":"always","used":0}]' >want
  expect_file got want
}
test_case 'faults: which requests, and how often' chooses_requests

holds_requests() {
  local first second
  give '{"do":"clear_log"}' '{"do":"fault","kind":"hold","times":2}'
  mkdir 1 2
  (cd 1 && query '{viewer {username}}' | post >status) &
  first=$!
  (cd 2 && query '{viewer {username}}' | post >status) &
  second=$!
  wandb_do '{"do":"await","held":2,"requests":2}' >/dev/null
  expect_equal "$(cat 1/status 2/status)" ''
  expect_equal "$(wandb_do '[{"do":"counts"},{"do":"release"}]' | jq -c '[.[0].max_in_flight, .[1].released]')" '[2,2]'
  wait "$first" "$second"
  expect_equal "$(<1/status) $(<2/status)" '200 200'
}
test_case 'requests can be held, and are answered when told to' holds_requests

changes_meanwhile() {
  give "$(link)" "{\"do\":\"fault\",\"kind\":\"meanwhile\",\"commands\":[$(link)]}"
  expect_equal "$(connection artifactMemberships versionIndex | wc -l)" 1
  expect_equal "$(connection artifactMemberships versionIndex | wc -l)" 2
}
test_case 'something can happen between two requests' changes_meanwhile

speaks_tls() {
  make_test_ca
  start_wandb --tls "$SERVER_TLS"
  wandb_do '{"do":"clock"}' >/dev/null
  expect_equal "$(query '{viewer {username}}' | post --cacert "$CA_FILE")" 200
  expect_equal "$(query '{viewer {username}}' | post)" 'curl 60'
}
test_case 'it speaks TLS' speaks_tls

# ---- Launch ----

launches() {
  local push spec='{"job":"team/jobs/x:latest","n":1.10}'
  push='mutation($queue: String!, $spec: JSONString!, $priority: Int) {pushToRunQueueByName(input: {entityName: "team",
    projectName: "model-registry", queueName: $queue, runSpec: $spec, priority: $priority}) {runQueueItemId runSpec}}'
  give '{"do":"queue","queue":"team/model-registry/gpu"}'
  ask "$push" "$(jq -n -c --arg spec "$spec" '{queue: "gpu", $spec}')" | jq -c .pushToRunQueueByName >got
  printf '{"runQueueItemId":"UnVuUXVldWVJdGVtOjEwMDE=","runSpec":%s}\n' "$(jq -n --arg spec "$spec" '$spec')" >want
  expect_file got want
  expect_equal "$(wandb_do '{"do":"pushes"}' | jq -r '.[].runSpec')" "$spec"
  expect_equal "$(ask '{project(entityName: "team", name: "model-registry") {runQueue(name: "gpu") {
    runQueueItems {edges {node {state runSpec}}}}}}' | jq -c '.project.runQueue.runQueueItems.edges[].node')" \
    '{"state":"PENDING","runSpec":{"job":"team/jobs/x:latest","n":1.1}}'
  refused 404 'not found' "$push" '{"queue":"cpu","spec":"{}"}'
  refused 400 'no priorities' "$push" '{"queue":"gpu","spec":"{}","priority":1}'
  refused 400 'not JSON' "$push" '{"queue":"gpu","spec":"{"}'
  wandb_do '[{"do":"fault","kind":"status"},{"do":"fault","kind":"status","executed":false}]' >/dev/null
  expect_equal "$(query "$push" '{"queue":"gpu","spec":"{}"}' | post)" 500
  expect_equal "$(wandb_do '{"do":"pushes"}' | jq length)" 1 'not executed'
}
test_case 'Launch: what is pushed stands in the queue' launches

# ---- automations ----

# give_automations - a webhook, and an automation of each kind of scope and action
give_automations() {
  local webhook slack queue
  give '{"do":"collection","collection":"acme/wandb-registry-model/churn"}' \
    '{"do":"artifact","sequence":"acme/lab/models"}' \
    '{"do":"webhook","entity":"acme","name":"hook","url":"https://hooks.acme.example/","secret":"KEY"}' \
    '{"do":"slack","entity":"acme","team":"Acme","channel":"models"}' '{"do":"queue","queue":"acme/model-registry/gpu"}'
  webhook=$(json results '.[5].id') slack=$(json results '.[6].id') queue=$(json results '.[7].id')
  jq -n -c --arg webhook "$webhook" --arg slack "$slack" --arg queue "$queue" '
    [{scope: {collection: "acme/wandb-registry-model/churn"}, event: "LINK_MODEL", filter: "{}",
      action: {type: "GenericWebhookTriggeredAction", integration: $webhook, payload: "{\"n\": 1.10}"}},
     {scope: {collection: "acme/lab/models"}, event: "CREATE_ARTIFACT", filter: "{}",
      action: {type: "QueueJobTriggeredAction", queue: $queue, template: "{}"}},
     {scope: {project: "acme/lab"}, event: "RUN_STATE", filter: "{}",
      action: {type: "NotificationTriggeredAction", integration: $slack, title: "t", message: "m", severity: "WARN"}},
     {scope: {entity: "acme"}, event: "SOMETHING_NEW", filter: "{}", action: {type: "NoOpTriggeredAction"}},
     {scope: {future: "acme"}, event: "RUN_STATE", filter: "{}", condition: "future",
      action: {type: "FutureTriggeredAction"}}] | to_entries | map({do: "automation", name: "a\(.key)"} + .value)' |
    wandb_do >/dev/null
}

automations() {
  local node='name enabled description scope {__typename ...on ArtifactPortfolio {name project {name entityName}}
    ...on ArtifactSequence {name} ...on Project {name} ...on Entity {name}}
    triggeringCondition {__typename ...on FilterEventTriggeringCondition {eventType filter}}
    triggeredAction {__typename ...on GenericWebhookTriggeredAction {requestPayload
      integration {...on GenericWebhookIntegration {name urlEndpoint accessTokenRef secretRef}}}
      ...on QueueJobTriggeredAction {queue {name entityName} template}
      ...on NotificationTriggeredAction {integration {__typename ...on SlackIntegration {teamName channelName}} title severity}}'
  give_automations
  ask "{entity(name: \"acme\") {triggers {totalCount edges {node {$node}}}}}" |
    jq -c '.entity.triggers | .totalCount, (.edges | reverse[].node | [.name, .scope, .triggeringCondition, .triggeredAction])' >got
  cat >want <<'END'
5
["a0",{"__typename":"ArtifactPortfolio","name":"churn","project":{"name":"wandb-registry-model","entityName":"acme"}},{"__typename":"FilterEventTriggeringCondition","eventType":"LINK_MODEL","filter":"{}"},{"__typename":"GenericWebhookTriggeredAction","requestPayload":"{\"n\": 1.10}","integration":{"name":"hook","urlEndpoint":"https://hooks.acme.example/","accessTokenRef":null,"secretRef":"KEY"}}]
["a1",{"__typename":"ArtifactSequence","name":"models"},{"__typename":"FilterEventTriggeringCondition","eventType":"CREATE_ARTIFACT","filter":"{}"},{"__typename":"QueueJobTriggeredAction","queue":{"name":"gpu","entityName":"acme"},"template":"{}"}]
["a2",{"__typename":"Project","name":"lab"},{"__typename":"FilterEventTriggeringCondition","eventType":"RUN_STATE","filter":"{}"},{"__typename":"NotificationTriggeredAction","integration":{"__typename":"SlackIntegration","teamName":"Acme","channelName":"models"},"title":"t","severity":"WARN"}]
["a3",{"__typename":"Entity","name":"acme"},{"__typename":"FilterEventTriggeringCondition","eventType":"SOMETHING_NEW","filter":"{}"},{"__typename":"NoOpTriggeredAction"}]
["a4",{"__typename":"FutureScope"},{"__typename":"FutureTriggeringCondition"},{"__typename":"FutureTriggeredAction"}]
END
  expect_file got want
  expect_equal "$(ask "{project(entityName: \"acme\", name: \"lab\") {triggers {name}}}" | jq -c '[.. | .name? // empty]')" \
    '["a1","a2"]'
  expect_equal "$(ask '{entity(name: "acme") {integrations(first: 1) {pageInfo {hasNextPage} edges {node {id}}}}}' |
    jq -c '.entity.integrations | [.pageInfo.hasNextPage, (.edges | length)]')" '[true,1]'
  refused 400 'Cannot query field "accessTokenRef" on type "Integration"' \
    '{entity(name: "acme") {integrations {edges {node {accessTokenRef}}}}}'
}
test_case 'automations: scopes, conditions, actions and integrations' automations

older_automations() {
  give_automations
  wandb_do '{"do":"settings","without":["Entity.triggers","TriggerScope.Entity","TriggeredAction.NoOpTriggeredAction"]}' \
    >/dev/null
  refused 400 'Cannot query field "triggers" on type "Entity"' '{entity(name: "acme") {triggers {totalCount}}}'
  refused 400 'objects of type "TriggeredAction" can never be of type "NoOpTriggeredAction"' \
    '{project(entityName: "acme", name: "lab") {triggers {triggeredAction {...on NoOpTriggeredAction {noOp}}}}}'
  refused 400 'objects of type "TriggerScope" can never be of type "Entity"' \
    '{project(entityName: "acme", name: "lab") {triggers {scope {...on Entity {name}}}}}'
}
test_case 'automations: what older servers do not have' older_automations
