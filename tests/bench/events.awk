# events.awk - make COUNT events of about 450 bytes, the same ones each time; PRODUCTION in 20 (2) set the alias production
#
# usage: awk -v count=COUNT [-v production=PRODUCTION] -f events.awk

# The next pseudo-random number, from 0 to n - 1 [Park and Miller's generator].
function pick(n) {
	state = state * 16807 % 2147483647
	return state % n
}

BEGIN {
	state = 20260101
	if (production == "")
		production = 2
	for (i = 0; i < count; i++) {
		model = "model-" pick(1000)
		version = pick(500)
		n = pick(20)
		type = n < 8 || n < production ? "ADD_ARTIFACT_ALIAS" : n < 14 ? "LINK_ARTIFACT" : "ADD_ARTIFACT_TAG"
		alias = n < production ? "production" : n < 8 ? "staging-" pick(10) : ""
		printf "{\"event_id\":\"0199%04x-%04x-7%03x-8%03x-%06x%06x\",", pick(65536), pick(65536), pick(4096), pick(4096),
			pick(16777216), pick(16777216)
		printf "\"event_time\":\"2026-%02d-%02dT%02d:%02d:%02dZ\",", 1 + pick(12), 1 + pick(28), pick(24), pick(60), pick(60)
		printf "\"event_type\":\"%s\",\"event_author\":\"user-%03d\",", type, pick(1000)
		printf "\"entity_name\":\"acme\",\"project_name\":\"model-registry\",\"artifact_collection_name\":\"%s\",", model
		printf "\"artifact_version\":\"wandb-artifact://_id/QXJ0aWZhY3Q6%09d\",", pick(1000000000)
		printf "\"artifact_version_string\":\"acme/model-registry/%s:%s\",", model, alias != "" ? alias : "v" version
		printf "\"artifact_version_index\":%d,", version
		if (alias != "")
			printf "\"alias\":\"%s\",", alias
		else if (n >= 14)
			printf "\"tag\":\"tag-%d\",", pick(50)
		printf "\"artifact_metadata\":{\"accuracy\":0.%04d,\"framework\":\"pytorch\"}}\n", pick(10000)
	}
}
