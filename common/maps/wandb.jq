# The body of a webhook that W&B has delivered. Its members are what somebody's payload made them: those that have the
# names of the variables are taken, at the top or in a client_payload, as in W&B's examples. Variables that W&B had no
# value for are empty.
(if .client_payload | type == "object" then ["client_payload"] else [] end) as $at
| getpath($at) as $said
| ($said.artifact_version_string // "" | tostring | split(":") | last // "") as $name
| ([$said.event_type, .event_type] | map(select(IN($event_types[]))) | first
  // if $name == "" or ($said.artifact_version_string | contains(":") | not) then null
     elif $name | test("^v[0-9]+$") then "LINK_ARTIFACT"
     else "ADD_ARTIFACT_ALIAS" end) as $type
| select($type)
| members(getpath($at))
+ {event_type: $type}
+ if $type == "ADD_ARTIFACT_ALIAS" and ($said.alias // "") == "" then {alias: $name} else {} end
+ ($said.artifact_version_index
  | if type == "string" and test("^[0-9]+$") then {artifact_version_index: tonumber} else {} end)
+ ($said.artifact_metadata
  | if type == "string" then {artifact_metadata: (try (fromjson | objects) catch null)} else {} end)
