# An EventBridge event of a SageMaker model package in a group, that is, a version in a collection, once it is there. Its
# approval status is an alias, and so is the stage of its life cycle. An update says what it changed, and only that is
# told; what says nothing of that is a new package, which is linked, with the status and the stage that it begins with.
#
# SageMaker may send several EventBridge events, each with an id of its own, for one change: the ids of ours are made of
# what has changed, and when.
select(."detail-type" == "SageMaker Model Package State Change")
| select(wb_needed(["detail"]; ["object"]) | .ModelPackageGroupName != null and .ModelPackageStatus == "Completed")
| (.detail.UpdatedModelPackageFields // []) as $updated
| (if $updated == [] then .detail.CreationTime else .detail.LastModifiedTime end // .time) as $changed
| def is_told($field): $updated == [] or ($updated | index($field));
  ((select($updated == []) | {event_type: "LINK_ARTIFACT", event_id: ""}),
   (.detail.ModelApprovalStatus
    | select(. != null and is_told("ModelApprovalStatus"))
    | {event_type: "ADD_ARTIFACT_ALIAS", event_id: "/ModelApprovalStatus=\(.)", alias: .}),
   (.detail.ModelLifeCycle
    | select(.Stage != null and is_told("ModelLifeCycle"))
    | {event_type: "ADD_ARTIFACT_ALIAS", event_id: "/ModelLifeCycle=\(.Stage)/\(.StageStatus // "")", alias: .Stage,
       stage_status: .StageStatus})) as $event
| wb_needed(["account"]; ["string"]) as $account
| wb_needed(["region"]; ["string"]) as $region
| wb_needed(["detail", "ModelPackageVersion"]; ["number"]) as $version
| wb_needed(["detail", "ModelPackageArn"]; ["string"]) as $arn
| {
    event_time: .time,
    entity_name: $account,
    project_name: $region,
    artifact_collection_name: .detail.ModelPackageGroupName,
    artifact_version: $arn,
    artifact_version_string:
      "\($account)/\($region)/\(.detail.ModelPackageGroupName):\($event.alias // "v\($version)")",
    artifact_version_index: $version,
    artifact_metadata: verbatim(.detail.CustomerMetadataProperties),
    description: .detail.ModelPackageDescription
  }
+ $event
+ {event_id: "\($arn)#\($changed)\($event.event_id)"}
| with_entries(select(.value != null))
