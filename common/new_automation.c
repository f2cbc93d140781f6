#include "new_automation.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "event.h"
#include "header.h"
#include "json_pretty.h"
#include "json_text.h"
#include "new_job.h"
#include "secret_ref.h"
#include "sha256.h"
#include "utf8.h"
#include "webhook.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

/* A kind of receiver: what its webhook and its payload are like unless options say otherwise. */
struct template_of {
	const char *name;
	const char *url; /* NULL: to be given, as ${example} shows */
	const char *example;
	bool url_is_secret;
	const char *access_token, *secret, *header, *target;
	const char *payload;
};

/* clang-format off */
static const struct template_of templates[] = {
	{.name = "github",
		.example = "https://api.github.com/repos/OWNER/REPO/dispatches",
		.access_token = "$GITHUB_TOKEN",
		.header = "Accept: application/vnd.github+json",
		.target = "github",
		.payload = "{\"event_type\":\"${event_type}\",\"client_payload\":{"
			"\"event_author\":\"${event_author}\","
			"\"artifact_version\":\"${artifact_version}\","
			"\"artifact_version_string\":\"${artifact_version_string}\","
			"\"artifact_collection_name\":\"${artifact_collection_name}\","
			"\"project_name\":\"${project_name}\","
			"\"entity_name\":\"${entity_name}\"}}"},
	{.name = "slack",
		.url = "$SLACK_WEBHOOK_URL",
		.url_is_secret = true,
		.target = "slack",
		.payload = "{\"text\":\"${event_type}: ${artifact_version_string}\",\"blocks\":["
			"{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\","
			"\"text\":\"*${event_type}*: ${artifact_version_string}\"}},"
			"{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\","
			"\"text\":\"Author: ${event_author}\"}}]}"},
	{.name = "teams",
		.url = "$TEAMS_WEBHOOK_URL",
		.url_is_secret = true,
		.target = "teams",
		.payload = "{\"@type\":\"MessageCard\",\"@context\":\"http://schema.org/extensions\","
			"\"summary\":\"${event_type}: ${artifact_version_string}\",\"sections\":["
			"{\"activityTitle\":\"${event_type}: ${artifact_version_string}\",\"facts\":["
			"{\"name\":\"Author\",\"value\":\"${event_author}\"},"
			"{\"name\":\"Collection\",\"value\":\"${artifact_collection_name}\"}]}]}"},
	{.name = "gitlab",
		.example = "https://gitlab.com/api/v4/projects/ID/pipeline",
		.header = "PRIVATE-TOKEN: $GITLAB_TOKEN",
		.payload = "{\"ref\":\"main\",\"variables\":["
			"{\"key\":\"EVENT_TYPE\",\"value\":\"${event_type}\"},"
			"{\"key\":\"VERSION\",\"value\":\"${artifact_version_string}\"}]}"},
	/* The key stands in the body; as access_token it has a name that the body may use. */
	{.name = "pagerduty",
		.url = "https://events.pagerduty.com/v2/enqueue",
		.access_token = "$PAGERDUTY_ROUTING_KEY",
		.payload = "{\"routing_key\":\"${ACCESS_TOKEN}\",\"event_action\":\"trigger\","
			"\"dedup_key\":\"${event_id}\",\"payload\":{"
			"\"summary\":\"${event_type}: ${artifact_version_string}\","
			"\"source\":\"${entity_name}/${project_name}\",\"severity\":\"info\","
			"\"custom_details\":{\"author\":\"${event_author}\","
			"\"collection\":\"${artifact_collection_name}\"}}}"},
	{.name = "generic",
		.example = "https://HOST/PATH",
		.secret = "$WEBHOOK_SECRET",
		.payload = "{\"event_type\":\"${event_type}\",\"event_author\":\"${event_author}\","
			"\"alias\":\"${alias}\",\"tag\":\"${tag}\","
			"\"artifact_version\":\"${artifact_version}\","
			"\"artifact_version_string\":\"${artifact_version_string}\","
			"\"artifact_collection_name\":\"${artifact_collection_name}\","
			"\"project_name\":\"${project_name}\",\"entity_name\":\"${entity_name}\"}"},
};
/* clang-format on */
#define TEMPLATES (sizeof(templates) / sizeof(templates[0]))

static const struct {
	const char *name, *type;
} types[] = {
	{"link", "LINK_ARTIFACT"},
	{"unlink", "UNLINK_ARTIFACT"},
	{"create", "CREATE_ARTIFACT"},
	{"alias", "ADD_ARTIFACT_ALIAS"},
	{"tag", "ADD_ARTIFACT_TAG"},
	{"untag", "REMOVE_ARTIFACT_TAG"},
	{"collection-tag", "ADD_COLLECTION_TAG"},
	{"collection-untag", "REMOVE_COLLECTION_TAG"},
};

/* The template called so, NULL if there is none. Without a name it is one that says nothing. */
static const struct template_of *
find_template(const char *name)
{
	static const struct template_of nothing;

	if (name == NULL)
		return &nothing;
	for (size_t i = 0; i < TEMPLATES; i++)
		if (strcmp(templates[i].name, name) == 0)
			return &templates[i];
	return NULL;
}

const char *
new_automation_type(const char *name)
{
	const int type = event_type_find(name, strlen(name));

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	return type < 0 ? NULL : event_type_name(type);
}

/* ${len} bytes at most, whole characters. */
static size_t
cut(const char *text, size_t len)
{
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len;
}

/* Some digits that tell ${name} from others that begin like it. */
static void
add_digits(struct strbuf *sb, const char *name)
{
	unsigned char digest[SHA256_SIZE];
	struct sha256 ctx;
	char hex[33];

	sha256_init(&ctx);
	sha256_update(&ctx, name, strlen(name));
	sha256_final(&ctx, digest);
	sha256_hex16(digest, hex);
	strbuf_addc(sb, '-');
	strbuf_add(sb, hex, 8);
}

void
new_automation_file(const char *name, struct strbuf *sb)
{
	const size_t len = strlen(name);
	const bool is_long = len > NEW_AUTOMATION_FILE_BYTES;
	const size_t end = is_long ? cut(name, NEW_AUTOMATION_FILE_BYTES) : len;

	for (size_t i = 0; i < end; i++) {
		const char c = name[i];
		const bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				   (c >= '0' && c <= '9') || c == '_' || (unsigned char)c >= 0x80 ||
				   (i > 0 && (c == '-' || c == '.'));

		strbuf_addc(sb, stays ? c : i > 0 ? '-' : '_');
	}
	if (is_long)
		add_digits(sb, name);
	strbuf_lit(sb, ".json");
}

/* ---- what is refused ---- */

static bool
is_ref(const char *text)
{
	return secret_ref_name(text, strlen(text)) != 0;
}

static int
refuse(char error[NEW_AUTOMATION_ERROR_MAX], const char *fmt, const char *detail)
{
	snprintf(error, NEW_AUTOMATION_ERROR_MAX, fmt, detail);
	return -1;
}

static bool
is_text(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text);
	uint32_t code;

	for (size_t n = 0; left > 0; p += n, left -= n)
		if ((n = *p < 0x80 ? 1 : utf8_decode(p, left, &code)) == 0)
			return false;
	return *text != '\0';
}

static const char *
bad_value(const struct new_values *values, const char *name)
{
	for (size_t i = 0; i < values->n; i++)
		if (!is_text(values->list[i]))
			return name;
	return NULL;
}

/* What cannot stand in a file, as an option or "the name"; NULL: all can. */
static const char *
bad_text(const struct new_automation *a)
{
	const struct {
		const char *name, *text;
	} single[] = {{"the name", a->name}, {"--description", a->description},
		{"--webhook", a->webhook}, {"--url", a->url}, {"--target", a->target},
		{"--success-when", a->success_when}, {"--when", a->when},
		{"--cooldown", a->cooldown}, {"--cooldown-by", a->cooldown_by},
		{"--payload-jq", a->payload_jq}};
	static const char *const conditions[RULE_FIELDS] = {[RULE_EVENT_TYPE] = "--on",
		[RULE_ENTITY] = "--entity",
		[RULE_PROJECT] = "--project",
		[RULE_COLLECTION] = "--collection",
		[RULE_ALIAS] = "--alias",
		[RULE_TAG] = "--tag",
		[RULE_AUTHOR] = "--author",
		[RULE_ALIAS_REGEX] = "--alias-regex",
		[RULE_TAG_REGEX] = "--tag-regex"};
	static const char *const jobs[LAUNCH_MEMBERS] = {[LAUNCH_QUEUE] = "--launch",
		[LAUNCH_QUEUE_ENTITY] = "--queue-entity",
		[LAUNCH_JOB] = "--job",
		[LAUNCH_DOCKER_IMAGE] = "--docker-image",
		[LAUNCH_PROJECT] = "--run-project",
		[LAUNCH_NAME] = "--run-name",
		[LAUNCH_RESOURCE] = "--resource",
		[LAUNCH_RESOURCE_ARGS] = "--resource-args",
		[LAUNCH_OVERRIDES] = "--overrides",
		[LAUNCH_TEMPLATE_VARIABLES] = "--template-variables",
		[LAUNCH_PRIORITY] = "--priority",
		[LAUNCH_KEY] = "--api-key",
		[LAUNCH_URL] = "--base-url"};
	const char *bad = NULL;

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (single[i].text != NULL && !is_text(single[i].text))
			return single[i].name;
	for (int i = 0; i < LAUNCH_MEMBERS; i++)
		if (a->launch[i] != NULL && !is_text(a->launch[i]))
			return jobs[i];
	for (int field = 0; field < RULE_FIELDS && bad == NULL; field++)
		bad = bad_value(&a->conditions[field], conditions[field]);
	if (bad == NULL)
		bad = bad_value(&a->signatures, "--signature");
	return bad != NULL ? bad : bad_value(&a->headers, "--header");
}

/* What stands behind the colon of "NAME: VALUE"; NULL: there is none. */
static const char *
header_value(const char *header)
{
	const char *colon = strchr(header, ':');

	return colon != NULL && colon > header ? colon + 1 + strspn(colon + 1, " \t") : NULL;
}

static size_t
header_name_len(const char *header)
{
	return strcspn(header, ":");
}

static int
check_headers(const struct new_automation *a, char error[NEW_AUTOMATION_ERROR_MAX])
{
	for (size_t i = 0; i < a->headers.n; i++) {
		const char *header = a->headers.list[i], *value = header_value(header);

		if (value == NULL)
			return refuse(error, "--header takes %s", "'NAME: VALUE'");
		if (header_is_secret(header, header_name_len(header)) && !is_ref(value))
			return refuse(error,
				"the value of such a header is a secret: --header takes the name of one, such as '%s' in quotes",
				"Authorization: $NAME");
	}
	return 0;
}

/* Values of secrets are refused before they are written anywhere, and are not shown. */
static int
check_secrets(const struct new_automation *a, char error[NEW_AUTOMATION_ERROR_MAX])
{
	static const char no_value[] =
		"--%s takes the name of a secret, such as '$NAME' in quotes, never its value";

	if (a->access_token != NULL && !is_ref(a->access_token))
		return refuse(error, no_value, "access-token");
	if (a->launch[LAUNCH_KEY] != NULL && !is_ref(a->launch[LAUNCH_KEY]))
		return refuse(error, no_value, "api-key");
	for (size_t i = 0; i < a->secrets.n; i++)
		if (!is_ref(a->secrets.list[i]))
			return refuse(error, no_value, "secret");
	return check_headers(a, error);
}

static int
check_webhook(const struct new_automation *a, const struct template_of *t,
	char error[NEW_AUTOMATION_ERROR_MAX])
{
	const char *url = a->url != NULL ? a->url : t->url;

	if (!a->makes_webhook && a->webhook == NULL)
		return refuse(error, "what is to be sent where? %s",
			"Give --webhook NAME, or --url URL or --template NAME to make a webhook, or --launch QUEUE");
	if (!a->makes_webhook && new_automation_says_webhook(a))
		return refuse(error, "%s say what a new webhook is like, which needs --url",
			"--secret, --signature, --access-token, --header, --target, --success-when and --success-status");
	if (!a->makes_webhook)
		return 0;
	if (url == NULL)
		return refuse(error, "the webhook needs --url, such as %s", t->example);
	if (t->url_is_secret && !is_ref(url))
		return refuse(error,
			"such a URL is a secret: --url takes the name of one, such as '%s' in quotes",
			t->url);
	return 0;
}

static int
check(const struct new_automation *a, const struct template_of *t,
	char error[NEW_AUTOMATION_ERROR_MAX])
{
	const char *wrong, *bad = bad_text(a);

	if (bad != NULL)
		return refuse(error, "%s must be UTF-8, and not empty", bad);
	if (t == NULL)
		return refuse(error,
			"--template takes github, slack, teams, gitlab, pagerduty or generic, not '%s'",
			a->template);
	if (a->payload != NULL && a->payload_jq != NULL)
		return refuse(error, "%s exclude each other", "--payload and --payload-jq");
	if (a->conditions[RULE_ALIAS_REGEX].n > 1 || a->conditions[RULE_TAG_REGEX].n > 1)
		return refuse(error, "one expression is all there can be: write %s",
			"'(this|that)'");
	if (check_secrets(a, error) != 0)
		return -1;
	if (!new_job_is_said(a))
		return check_webhook(a, t, error);
	return (wrong = new_job_check(a)) != NULL ? refuse(error, "%s", wrong) : 0;
}

/* ---- what is written ---- */

/* The name of a member, with a comma before it unless it is the first one of its object. */
static void
add_name(struct strbuf *sb, const char *name)
{
	if (sb->len > 0 && sb->buf[sb->len - 1] != '{')
		strbuf_addc(sb, ',');
	json_quote(sb, name);
	strbuf_addc(sb, ':');
}

static void
add_text(struct strbuf *sb, const char *name, const char *value)
{
	if (value == NULL)
		return;
	add_name(sb, name);
	json_quote(sb, value);
}

/* One value as a string, several as an array. */
static void
add_values(struct strbuf *sb, const char *name, const struct new_values *values)
{
	if (values->n == 0)
		return;
	add_name(sb, name);
	if (values->n > 1)
		strbuf_addc(sb, '[');
	for (size_t i = 0; i < values->n; i++) {
		if (i > 0)
			strbuf_addc(sb, ',');
		json_quote(sb, values->list[i]);
	}
	if (values->n > 1)
		strbuf_addc(sb, ']');
}

static void
add_statuses(struct strbuf *sb, const struct new_values *statuses)
{
	if (statuses->n == 0)
		return;
	add_name(sb, webhook_members[WEBHOOK_SUCCESS_STATUS]);
	strbuf_adds(sb, statuses->n > 1 ? "[" : "");
	for (size_t i = 0; i < statuses->n; i++) {
		strbuf_adds(sb, i > 0 ? "," : "");
		strbuf_adds(sb, statuses->list[i]);
	}
	strbuf_adds(sb, statuses->n > 1 ? "]" : "");
}

static void
add_header(struct strbuf *sb, const char *header)
{
	if (sb->len > 0 && sb->buf[sb->len - 1] != '{')
		strbuf_addc(sb, ',');
	strbuf_addc(sb, '"');
	json_escape(sb, header, header_name_len(header));
	strbuf_lit(sb, "\":");
	json_quote(sb, header_value(header));
}

/* Those that were asked for, and that of the template unless it is one of them. */
static void
add_headers(struct strbuf *sb, const struct new_values *headers, const char *usual)
{
	if (headers->n == 0 && usual == NULL)
		return;
	add_name(sb, webhook_members[WEBHOOK_HEADERS]);
	strbuf_addc(sb, '{');
	for (size_t i = 0; i < headers->n; i++) {
		const size_t len = header_name_len(headers->list[i]);

		if (usual != NULL && header_name_len(usual) == len &&
			strncasecmp(usual, headers->list[i], len) == 0)
			usual = NULL;
		add_header(sb, headers->list[i]);
	}
	if (usual != NULL)
		add_header(sb, usual);
	strbuf_addc(sb, '}');
}

static void
add_webhook(struct strbuf *sb, const struct new_automation *a, const struct template_of *t)
{
	const char *default_secret[] = {t->secret};
	const struct new_values by_default = {default_secret, t->secret != NULL};

	add_name(sb, "webhooks");
	strbuf_addc(sb, '{');
	add_name(sb, a->webhook != NULL ? a->webhook : a->name);
	strbuf_addc(sb, '{');
	add_text(sb, webhook_members[WEBHOOK_URL], a->url != NULL ? a->url : t->url);
	add_text(sb, webhook_members[WEBHOOK_ACCESS_TOKEN],
		a->access_token != NULL ? a->access_token : t->access_token);
	add_values(sb, webhook_members[WEBHOOK_SECRET],
		a->secrets.n > 0 ? &a->secrets : &by_default);
	add_values(sb, webhook_members[WEBHOOK_SIGNATURE], &a->signatures);
	add_headers(sb, &a->headers, t->header);
	add_text(sb, webhook_members[WEBHOOK_SUCCESS_WHEN], a->success_when);
	add_statuses(sb, &a->success_statuses);
	add_text(sb, webhook_members[WEBHOOK_TARGET], a->target != NULL ? a->target : t->target);
	strbuf_lit(sb, "}}");
}

static void
add_json(struct strbuf *sb, const char *name, const char *json)
{
	if (json == NULL)
		return;
	add_name(sb, name);
	strbuf_adds(sb, json);
}

static void
add_delivery(struct strbuf *sb, const struct new_automation *a, const struct template_of *t)
{
	add_text(sb, "type", "webhook");
	add_text(sb, "webhook", a->webhook != NULL ? a->webhook : a->name);
	add_json(sb, "payload",
		a->payload != NULL || a->payload_jq != NULL ? a->payload : t->payload);
	add_text(sb, "payload_jq", a->payload_jq);
}

static void
add_automation(struct strbuf *sb, const struct new_automation *a, const struct template_of *t)
{
	add_name(sb, "automations");
	strbuf_lit(sb, "[{");
	add_text(sb, "name", a->name);
	add_text(sb, "description", a->description);
	if (a->disabled) {
		add_name(sb, "enabled");
		strbuf_lit(sb, "false");
	}
	add_name(sb, "on");
	strbuf_addc(sb, '{');
	for (int field = 0; field < RULE_FIELDS; field++)
		add_values(sb, rule_field_name(field), &a->conditions[field]);
	add_text(sb, "when", a->when);
	strbuf_addc(sb, '}');
	add_text(sb, "cooldown", a->cooldown);
	add_text(sb, "cooldown_by", a->cooldown_by);
	add_name(sb, "action");
	strbuf_addc(sb, '{');
	if (a->launch[LAUNCH_QUEUE] != NULL)
		new_job_write(sb, a);
	else
		add_delivery(sb, a, t);
	strbuf_lit(sb, "}}]");
}

int
new_automation_write(const struct new_automation *a, struct strbuf *sb,
	char error[NEW_AUTOMATION_ERROR_MAX])
{
	const struct template_of *t = find_template(a->template);
	struct strbuf text;

	if (check(a, t, error) != 0)
		return -1;
	strbuf_init(&text, TEXT_MAX);
	strbuf_addc(&text, '{');
	if (a->makes_webhook)
		add_webhook(&text, a, t);
	add_automation(&text, a, t);
	strbuf_addc(&text, '}');
	sb->failed |= strbuf_failed(&text);
	if (!strbuf_failed(&text))
		json_pretty(sb, text.buf, text.len);
	strbuf_release(&text);
	return 0;
}
