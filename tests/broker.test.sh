#!/usr/bin/env bash
#
# broker.test.sh - the recipes of tools/machines carry deliveries through a RabbitMQ to consumers: these are
# killed, and so is the broker, and nothing is lost
#
# Environment: SEED of what is killed and when (a fixed one; random)

# shellcheck source=SCRIPTDIR/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=SCRIPTDIR/brokers.sh
. "$TESTS/brokers.sh"

collections=12 events=25 batch=10
total=$((collections * events))

export PAUSE=0.2 BATCH=$batch

prepare_broker 2
# a queue beside the others, from which a message is taken away sooner
jq '.queues += [.queues[0] | .name = "impatient" | .arguments["x-delivery-limit"] = 2]' "$BROKER_DIR/definitions.json" \
  >definitions.json
mv definitions.json "$BROKER_DIR/definitions.json"
start_broker

# amqp COMMAND… - with the options of the broker
amqp() {
  local options
  read -r -a options <<<"$AMQP"
  timeout 60 "amqp-$1" "${options[@]}" "${@:2}"
}

expect_no_message() {
  local status=0
  amqp get --queue "$1" >message || status=$?
  expect_equal "$status" 2 "status of amqp-get, for there is no message in $1"
}

# start_consumer QUEUE DIRECTORY - adds to consumers
start_consumer() {
  (run_shown consume-rabbitmq /var/lib/wb-deliver/deliveries.0 "$2" ' deliveries.0 ' " $1 " consume-rabbitmq 'exec consume-rabbitmq') \
    >>"$2.log" 2>&1 &
  consumers+=("$!")
  SERVERS+=("$!")
}

# descendant PID NAME - the process of this name that PID has started, or one that it has
descendant() {
  local child
  for child in $(pgrep -P "$1"); do
    if [[ $(ps -o comm= -p "$child") == "$2" ]]; then
      printf '%s\n' "$child"
    else
      descendant "$child" "$2"
    fi
  done
}

# kill_one - a consumer, or the wb-send of one, taken at random, if there is one at the moment; counts in kills
kill_one() {
  local names=(amqp-consume wb-send) first=$((RANDOM % 2)) turn=$((RANDOM % ${#consumers[@]})) i pid
  for ((i = 0; i < 2 * ${#consumers[@]}; i++)); do
    # each of them with one program, and then with the other
    pid=$(descendant "${consumers[(turn + i) % ${#consumers[@]}]}" "${names[(first + i / ${#consumers[@]}) % 2]}")
    [[ -n $pid ]] || continue
    kill -KILL "$pid" 2>/dev/null || continue
    ((++kills))
    return
  done
  return 1
}

# What has failed for good is put aside where it was tried; what is deferred goes back, and in the end to the dead.
set_aside() {
  local consumers=()
  fresh
  answers <<<'{"/hook": [{"status": 404}, {"status": 200}, {"status": 503}]}'
  configure
  sign 1 3
  export RETRY_MAX_TIME=10ms
  head -n 2 signed.jsonl | amqp publish --routing-key impatient
  tail -n 1 signed.jsonl | amqp publish --routing-key impatient
  start_consumer impatient consumer
  amqp consume --queue deliveries.dead --count 1 -- cat >dead.jsonl
  stop_server "${consumers[0]}"
  tail -n 1 signed.jsonl >wanted
  expect_file dead.jsonl wanted
  head -n 1 signed.jsonl >wanted
  expect_file consumer/dead.jsonl wanted
  expect_equal "$(counts consumer/receipts.jsonl)" '3 deferred budget,1 failed,1 finished'
  expect_no_message deliveries.dead
}
test_case 'what fails is put aside, what is deferred goes back to the queue, and not for ever' set_aside

# Nothing is published of what the broker has not taken whole.
no_broker() {
  fresh
  start_receiver
  configure
  sign 1 1
  expect_status 1 env AMQP='--server 127.0.0.1 --port 1' "$RECIPES/publish-rabbitmq" deliveries <signed.jsonl 2>err
  expect_match "$(<err)" 'socket'
  expect_status 1 "$RECIPES/publish-rabbitmq" nonesuch <signed.jsonl 2>err
  expect_match "$(<err)" 'NOT_FOUND'
  : | expect_status 0 "$RECIPES/publish-rabbitmq" deliveries
}
test_case 'a broker that is not there, or has not been set up, is an error' no_broker

# The last case, since it ends the broker.
consumers_killed() {
  local consumers=() kills=0 mark=0 i repeats
  RANDOM=$SEED
  start_receiver --verify standard --secret-env KEY --script <(echo '{"/hook": [{"delay_ms": 10}]}')
  configure
  sign "$collections" "$events"
  (run_shown publish-rabbitmq)
  for ((i = 0; i < 4; i++)); do
    start_consumer "deliveries.$((i % 2))" "consumer.$i"
  done
  for ((i = 0; i < 12; i++)); do
    ((mark += 5 + RANDOM % 10))
    await_requests "$mark"
    kill_one || :
    if ((i == 5)); then
      kill_broker
      start_broker
      ((kills += 2)) # a message is under way in each queue
    fi
  done
  await_deliveries "$total"
  for i in "${consumers[@]}"; do
    stop_server "$i"
  done
  all_arrived
  expect_equal "$(jq -r 'select(.verified | not)' "$RECEIVER_LOG")" '' 'with a bad signature'
  repeats=$(($(wc -l <arrived) - total))
  note "seed $SEED: $repeats deliveries came again, of at most $((kills * batch)) after $kills kills"
  ((repeats <= kills * batch)) || fail 'too many'
  ((kills > 8)) || fail 'too few were killed'
  in_order
  expect_no_message deliveries.dead
}
SEED=${SEED:-20261130}
[[ $SEED != random ]] || SEED=$RANDOM
test_case 'consumers and the broker are killed: nothing is lost, little comes again, the order is kept' consumers_killed
