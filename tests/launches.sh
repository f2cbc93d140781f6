# shellcheck shell=bash
#
# launches.sh - what tests of Launch jobs share: a server with a queue, and what is sent to it. To be sourced after
# lib.sh.

# fresh - go to a directory of this case, with a server that has the queue gpu
fresh() {
  cd "$(mktemp -d "$T/case.XXXXXX")" || return
  # shellcheck disable=SC2119 # without options
  start_wandb
  wandb_do '{"do":"queue","queue":"acme/model-registry/gpu"}' >/dev/null
}

# config ACTION [NAME] - c.json with one automation that launches
config() {
  printf '{"automations":[{"name":"%s","action":{"type":"launch","queue":"gpu","project":"acme/evals"%s}}]}\n' \
    "${2-evaluate}" "$1" >c.json
}

# requests [ARGUMENT…] - request records of what wb-event alias says with these arguments
requests() {
  wb-event alias acme/model-registry/fraud:v3 production --id e1 --artifact-id QXJ0 "$@" >event.jsonl
  WANDB_BASE_URL=$WANDB_URL wb-match -c c.json event.jsonl | wb-render | wb-sign >requests.jsonl
}

send() {
  WANDB_API_KEY=$WANDB_KEY timeout --foreground -k 5 60 wb-send --allow-http --allow-net 127.0.0.0/8 --progress never "$@"
}

pushes() {
  wandb_do '{"do":"pushes"}'
}
