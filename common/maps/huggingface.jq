# A webhook of the Hugging Face Hub, version 3. A repository is a collection, a commit a version: a new head of main is a
# version linked, a git tag set an alias. Pull requests, other branches, spaces and discussions are no events.
select((.event.scope | tostring | startswith("repo.content")) and (wb_needed(["repo", "type"]; ["string"]) | IN("model", "dataset")))
| .updatedRefs[]? as $ref
| select($ref.newSha != null)
| (if $ref.ref == "refs/heads/main" then {event_type: "LINK_ARTIFACT"}
   elif $ref.ref | startswith("refs/tags/") then {event_type: "ADD_ARTIFACT_ALIAS", alias: $ref.ref[10:]}
   else empty end) as $event
| (wb_needed(["repo", "name"]; ["string"]) | split("/")) as $name
| {
    entity_name: (if $name | length > 1 then $name[0] else null end),
    project_name: "\(.repo.type)s",
    artifact_collection_name: $name[-1],
    artifact_version: "hf://\(if .repo.type == "dataset" then "datasets/" else "" end)\(.repo.name)@\($ref.newSha)",
    artifact_version_string: "\(.repo.name):\($event.alias // $ref.newSha)",
    artifact_metadata: verbatim(.repo),
    commit: $ref.newSha
  }
+ $event
| with_entries(select(.value != null))
