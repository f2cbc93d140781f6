# shellcheck shell=bash
#
# brokers.sh - what tests of deliveries by many machines share: what they deliver, and a RabbitMQ of their own. To be
# sourced after lib.sh.

RECIPES=$TOP/tools/machines

# Recipes run wb-send as it is; here it may send to this machine.
mkdir bin
cat >bin/wb-send <<'END'
#!/usr/bin/env bash
exec "$WB_BIN/wb-send" --allow-http --allow-net 127.0.0.0/8 --retry-max-time "${RETRY_MAX_TIME:-5m}" --progress never "$@"
END
chmod +x bin/wb-send
export PATH=$T/bin:$PATH KEY=made-up-key-of-the-test WB_SECRET_HOSTS=KEY=127.0.0.1

# configure - automations, a file with one automation that tells the receiver which delivery it is, of which collection, and when
configure() {
  jq -n --arg url "$RECEIVER_URL/hook" '{
    webhooks: {w: {url: $url, secret: "$KEY", signature: "standard"}},
    automations: [{name: "a", action: {type: "webhook", webhook: "w",
      payload: {id: "${delivery_id}", key: "${artifact_collection_name}", event: "${event_id}"}}}]}' >automations
}

# sign COLLECTIONS EVENTS - event.jsonl with so many events of each collection, and signed.jsonl, their records
sign() {
  local n c
  for ((n = 1; n <= $2; n++)); do
    for ((c = 1; c <= $1; c++)); do
      printf '{"event_id":"%03d-%d","event_type":"LINK_ARTIFACT","entity_name":"acme","project_name":"r",' "$n" "$c"
      printf '"artifact_collection_name":"collection %d"}\n' "$c"
    done
  done >event.jsonl
  wb-match -c automations event.jsonl | wb-render | wb-sign >signed.jsonl
}

# run_shown WORD [FROM TO]… - become a shell that runs the display of wb-operations(7) which has the WORD, with the
# recipes in PATH, and with TO in place of each FROM
run_shown() {
  local text word=$1
  text=$(awk -v word="$word" '/^\.Bd -unfilled/ { on = 1; text = ""; next }
    /^\.Ed/ { if (on && index(text, word)) { print text; exit } on = 0 }
    on { gsub(/\\e/, "\\"); text = text $0 "\n" }' "$TOP/man/wb-operations.7")
  [[ -n $text ]] || fail "wb-operations(7) shows no $word"
  shift
  while (($# > 0)); do
    [[ $text == *"$1"* ]] || fail "there is no $1 in: $text"
    text=${text//"$1"/"$2"}
    shift 2
  done
  PATH=$RECIPES:$PATH exec bash -o pipefail -c "$text"
}

# await_deliveries N - wait until so many different ones have come
await_deliveries() {
  local line lines pid
  local -A seen=()
  exec {lines}< <(exec tail -n +1 -f -- "$RECEIVER_LOG")
  pid=$!
  while ((${#seen[@]} < $1)) && read -r -t 60 -u "$lines" line; do
    [[ ! $line =~ '"webhook-id","'([^\"]+) ]] || seen[${BASH_REMATCH[1]}]=1
  done
  kill "$pid" || :
  exec {lines}<&-
  ((${#seen[@]} == $1)) || fail "${#seen[@]} deliveries have come, expected $1"
}

# all_arrived - nothing of signed.jsonl is missing; makes arrived, a line for each request
all_arrived() {
  jq -r '.body_base64 | @base64d | fromjson | "\(.id)\t\(.key)\t\(.event)"' "$RECEIVER_LOG" >arrived
  expect_equal "$(cut -f 1 arrived | sort -u)" "$(jq -r .delivery_id signed.jsonl | sort)" 'deliveries'
}

# in_order - what has come for the first time is in the order of its collection
in_order() {
  awk -F '\t' '!seen[$1]++' arrived | sort -s -t $'\t' -k 2,2 >first
  expect_equal "$(<first)" "$(sort -t $'\t' -k 2,2 -k 3,3 first)" 'order of each collection'
}

# ---- RabbitMQ ----

# rabbitmq_server - where the program is that needs not be started by root or a user of its own
rabbitmq_server() {
  local file
  for file in /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server; do
    [[ ! -x $file ]] || printf '%s\n' "$file"
  done | tail -n 1
}

# prepare_broker QUEUES - a directory of a broker that is to have so many queues for deliveries; sets BROKER_DIR,
# BROKER_PORT and AMQP, as the recipes want it
prepare_broker() {
  # below the ports that the kernel hands out
  local port=$((15000 + RANDOM % 4000 * 4))
  BROKER_DIR=$(mktemp -d "$T/broker.XXXXXX")
  BROKER_PORT=$port EPMD_PORT=$((port + 1))
  mkdir "$BROKER_DIR/home"
  (umask 077 && printf 'username:guest\npassword:guest\n' >"$BROKER_DIR/auth")
  export AMQP="--server 127.0.0.1 --port $port --authfile $BROKER_DIR/auth"
  printf '[rabbitmq_consistent_hash_exchange].\n' >"$BROKER_DIR/plugins"
  jq -n --argjson queues "$1" -f "$RECIPES/rabbitmq.jq" | jq '. + {
    vhosts: [{name: "/"}], users: [{name: "guest", password: "guest", tags: []}],
    permissions: [{user: "guest", vhost: "/", configure: "", write: ".*", read: ".*"}]}' >"$BROKER_DIR/definitions.json"
  printf '%s\n' "listeners.tcp.1 = 127.0.0.1:$port" "load_definitions = $BROKER_DIR/definitions.json" \
    'log.console = true' 'log.file = false' >"$BROKER_DIR/rabbitmq.conf"
}

# run_broker - as the broker that was prepared
run_broker() {
  export HOME=$BROKER_DIR/home RABBITMQ_NODENAME=wb@localhost RABBITMQ_CONF_ENV_FILE=/dev/null \
    RABBITMQ_MNESIA_BASE=$BROKER_DIR/data RABBITMQ_LOG_BASE=$BROKER_DIR RABBITMQ_CONFIG_FILE=$BROKER_DIR/rabbitmq.conf \
    RABBITMQ_ENABLED_PLUGINS_FILE=$BROKER_DIR/plugins RABBITMQ_DIST_PORT=$((BROKER_PORT + 2)) \
    ERL_EPMD_PORT=$EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1 RUNNING_UNDER_SYSTEMD=true \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+sbwt none +sbwtdcpu none +sbwtdio none'
  exec "$@"
}

# start_broker - sets BROKER_PID; when this returns it takes connections
start_broker() {
  [[ -n ${EPMD_PID-} ]] || {
    (run_broker epmd -port "$EPMD_PORT" -address 127.0.0.1) >"$BROKER_DIR/epmd.log" 2>&1 </dev/null &
    EPMD_PID=$!
    SERVERS+=("$EPMD_PID")
  }
  : >"$BROKER_DIR/log"
  (run_broker "$(rabbitmq_server)") >"$BROKER_DIR/log" 2>&1 </dev/null &
  BROKER_PID=$!
  SERVERS+=("$BROKER_PID")
  await_line "$BROKER_DIR/log" 'Server startup complete|BOOT FAILED|Runtime terminating'
  grep -q 'Server startup complete' "$BROKER_DIR/log" || fail "the broker did not start: $(tail -n 20 "$BROKER_DIR/log")"
}

# kill_broker - as a power cut would
kill_broker() {
  kill -KILL "$BROKER_PID"
  stop_server "$BROKER_PID"
}
