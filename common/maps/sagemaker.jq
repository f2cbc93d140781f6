# An EventBridge event of a SageMaker model package in a group, that is, a version in a collection, once it is there. Its
# approval status is an alias, and so is the stage of its life cycle. Of an update, only what it changed is told.
select(."detail-type" == "SageMaker Model Package State Change")
| select(.detail | .ModelPackageGroupName != null and .ModelPackageStatus == "Completed")
| .id as $id
| .detail.UpdatedModelPackageFields as $updated
| ((.detail.ModelApprovalStatus
    | select(. != null and ($updated == null or ($updated | index("ModelApprovalStatus"))))
    | {event_id: $id, alias: .}),
   (.detail.ModelLifeCycle.Stage
    | select(. != null and ($updated // [] | index("ModelLifeCycle")))
    | {event_id: "\($id)/ModelLifeCycle", alias: .})) as $event
| {
    event_time: .time,
    event_type: "ADD_ARTIFACT_ALIAS",
    entity_name: .account,
    project_name: .region,
    artifact_collection_name: .detail.ModelPackageGroupName,
    artifact_version: .detail.ModelPackageArn,
    artifact_version_string: "\(.account)/\(.region)/\(.detail.ModelPackageGroupName):\($event.alias)",
    artifact_version_index: .detail.ModelPackageVersion,
    artifact_metadata: verbatim(.detail.CustomerMetadataProperties),
    description: .detail.ModelPackageDescription
  }
+ $event
| with_entries(select(.value != null))
