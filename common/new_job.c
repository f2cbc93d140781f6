#include "new_job.h"

#include "json_text.h"

bool
new_job_is_said(const struct new_automation *a)
{
	bool says = a->run_config != NULL;

	for (int i = 0; i < LAUNCH_MEMBERS; i++)
		says |= a->launch[i] != NULL;
	return says;
}

const char *
new_job_check(const struct new_automation *a)
{
	const char *const *l = a->launch;

	if (l[LAUNCH_QUEUE] == NULL)
		return "what is said of a job needs --launch QUEUE";
	if (new_automation_says_webhook(a) || a->webhook != NULL || a->url != NULL ||
		a->template != NULL || a->payload != NULL || a->payload_jq != NULL)
		return "--launch puts a job on a queue, and goes with nothing of webhooks and payloads";
	if (l[LAUNCH_PROJECT] == NULL)
		return "where is the run to go? Give --run-project ENTITY/PROJECT";
	if (l[LAUNCH_JOB] == NULL && l[LAUNCH_DOCKER_IMAGE] == NULL)
		return "what is to be run? Give --job ENTITY/PROJECT/NAME:ALIAS, or --docker-image IMAGE";
	if (a->run_config != NULL && l[LAUNCH_OVERRIDES] != NULL)
		return "--run-config and --overrides exclude each other: write run_config into the overrides";
	return NULL;
}

static void
add_member(struct strbuf *sb, enum launch_member member, const char *value, bool is_json)
{
	if (value == NULL)
		return;
	strbuf_printf(sb, ",\"%s\":", launch_members[member]);
	if (is_json)
		strbuf_adds(sb, value);
	else
		json_quote(sb, value);
}

void
new_job_write(struct strbuf *sb, const struct new_automation *a)
{
	static const bool is_json[LAUNCH_MEMBERS] = {
		[LAUNCH_RESOURCE_ARGS] = true,
		[LAUNCH_OVERRIDES] = true,
		[LAUNCH_TEMPLATE_VARIABLES] = true,
		[LAUNCH_PRIORITY] = true,
	};

	strbuf_lit(sb, "\"type\":\"launch\"");
	for (int i = 0; i < LAUNCH_MEMBERS; i++)
		add_member(sb, (enum launch_member)i, a->launch[i], is_json[i]);
	if (a->run_config != NULL) {
		strbuf_printf(sb, ",\"%s\":{\"run_config\":", launch_members[LAUNCH_OVERRIDES]);
		strbuf_adds(sb, a->run_config);
		strbuf_addc(sb, '}');
	}
}
