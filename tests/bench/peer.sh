#!/usr/bin/env bash
#
# peer.sh - what a shell programmer would write in place of the pipeline: for every event in FILE that sets the alias
# production, POST the payload of man/examples/github.json to URL, signed
#
# usage: peer.sh URL NOTE FILE
#
# NOTE is one more member of client_payload. Environment: GITHUB_TOKEN, WEBHOOK_SECRET. Exit status: 1 if a delivery has
# failed.
set -u -o pipefail

url=$1 note=$2 file=$3
status=0
while IFS= read -r event; do
  # shellcheck disable=SC2016 # the $ is jq's
  body=$(jq -c --arg note "$note" '
    select(.event_type == "ADD_ARTIFACT_ALIAS" and .entity_name == "acme" and .project_name == "model-registry"
      and .alias == "production") |
    {event_type: "BUILD_AND_DEPLOY", client_payload: ({event_author, artifact_version, artifact_version_string,
      artifact_collection_name, project_name, entity_name} + {note: $note})}' <<<"$event") || status=1
  [[ -n $body ]] || continue
  signature=$(printf '%s' "$body" | openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" -binary | base64 -w 0) || status=1
  curl -sS -f -o /dev/null --noproxy '*' -H 'Content-Type: application/json' \
    -H 'Accept: application/vnd.github+json' -H "X-Wandb-Signature: $signature" \
    -H "Authorization: Bearer $GITHUB_TOKEN" --data-binary "$body" "$url" || status=1
done <"$file"
exit "$status"
