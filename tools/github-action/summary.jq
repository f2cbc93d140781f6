# The summary of a run, in Markdown, out of its receipts.
# $server: the W&B server, or empty; $result: a sentence about the run.
include "text";

def code: "<code>\(markdown)</code>";

# The page of a version in the model registry. Other registries have the name of their organization in the address,
# which no event knows.
def page:
  (.artifact_version_string // "" | strings
    | capture("^(?<entity>[^/:]+)/model-registry/(?<collection>.+):(?<version>[^:]+)$")) as {$entity, $collection, $version}
  | ($server | if test("^https?://[A-Za-z0-9.:/-]+$") then sub("^https://api\\.wandb\\.ai"; "https://wandb.ai") | sub("/+$"; "")
    else "https://wandb.ai" end)
  + "/\($entity | @uri)/registry/model?selectionPath=\("\($entity)/model-registry/\($collection)" | @uri)&amp;view="
  + (if $version | test("^v[0-9]+$") then "membership&amp;version=\($version)" else "all-models" end);

def version:
  (.artifact_version_string // .event_id // "" | plain(200) | code) as $text
  | ([page?] | first) as $page
  | if $page then "<a href=\"\($page)\">\($text)</a>" else $text end;

def row:
  "| " + ([(.automation | plain(100) | code), version, .status, (.http_status // "" | tostring), (.attempts | tostring),
    "\(.duration_ms // 0) ms", (host | code)] | join(" | ")) + " |";

def details:
  "", "<details open><summary>\(.automation | plain(100) | code): \(failure | markdown)</summary>", "",
  (if .response then "<pre>\(.response | plain(1000) | markdown)</pre>", "" else empty end), "</details>";

[inputs] as $all
| ({failed: 0, deferred: 1, finished: 2, skipped: 3}) as $order
| ($all | sort_by($order[.status])) as $sorted
| "### wb-tools", "", "\($result).", "",
  (["finished", "failed", "deferred", "skipped"] | map(. as $status | "\([$all[] | select(.status == $status)] | length) \($status)") | join(", ") + "."),
  "",
  (if $all == [] then empty else
    "| automation | version | status | HTTP | attempts | time | to |", "| --- | --- | --- | --- | --- | --- | --- |",
    ($sorted[] | row), ($sorted[] | select(.status == "failed" or .status == "deferred") | details) end)
