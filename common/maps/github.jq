# The event of a repository_dispatch, as GitHub Actions has it in $GITHUB_EVENT_PATH: what was sent as client_payload, or
# its member "event" if there is such an object. A payload without event_type, as in W&B's example, is judged by action
# and then by artifact_version_string.
select(.client_payload | type == "object")
| (["client_payload"] + if .client_payload.event | type == "object" then ["event"] else [] end) as $at
| getpath($at) as $said
| ($said.artifact_version_string // "" | tostring | split(":") | last // "") as $name
| ([$said.event_type, .action] | map(select(IN($event_types[]))) | first
  // if $name == "" or ($said.artifact_version_string | contains(":") | not) then null
     elif $name | test("^v[0-9]+$") then "LINK_ARTIFACT"
     else "ADD_ARTIFACT_ALIAS" end) as $type
| select($type)
| {event_author: .sender.login}
+ members(getpath($at))
+ {event_type: $type}
+ if $type == "ADD_ARTIFACT_ALIAS" and ($said.alias // "") == "" then {alias: $name} else {} end
