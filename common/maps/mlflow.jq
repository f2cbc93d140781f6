# A webhook of MLflow 3: {"entity", "action", "timestamp", "data"}. A model is a collection. Its tags have values, of which
# one that is removed says nothing: the key is the tag. What happens to models themselves, to prompts, and the end of an
# alias is no event.
. as $said
| "\(.entity).\(.action)"
| (if . == "model_version.created" then {event_type: "LINK_ARTIFACT"}
   elif . == "model_version_alias.created" then {event_type: "ADD_ARTIFACT_ALIAS", alias: $said.data.alias}
   elif . == "model_version_tag.set" then
     {event_type: "ADD_ARTIFACT_TAG", tag: $said.data.key, tag_value: $said.data.value}
   elif . == "model_version_tag.deleted" then {event_type: "REMOVE_ARTIFACT_TAG", tag: $said.data.key}
   else empty end) as $event
| $said
| wb_needed(["data", "name"]; ["string"]) as $name
| wb_needed(["data", "version"]; ["string", "number"]) as $version
| {
    event_time: .timestamp,
    entity_name: .workspace,
    artifact_collection_name: $name,
    artifact_version: "models:/\($name)/\($version)",
    artifact_version_string: "\($name):\($event.alias // "v\($version)")",
    artifact_version_index: ($version | tonumber? // error("data.version must be a number, not " + tojson)),
    artifact_metadata: verbatim(.data.tags),
    run_id: .data.run_id,
    model_uri: .data.source
  }
+ $event
| with_entries(select(.value != null))
