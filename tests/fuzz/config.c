/*
 * config - a configuration is either good, and then its rules match what they say, or refused with
 * errors each of which has a place in one of its files.
 *
 * The bytes are the file a.json in a directory of the process; beside it stand a payload, p.json,
 * and a second good configuration, so that names can be defined twice.
 */
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "fuzz.h"
#include "json_text.h"
#include "rules.h"

static const char payload[] = "{\"text\": \"${event_author}\n";
static const char other[] =
	"{\"webhooks\": {\"hook\": {\"url\": \"https://example.com/\", \"access_token\": \"$TOKEN\"}},\n"
	"\"automations\": [{\"name\": \"other\", \"on\": {\"alias_regex\": \"^p\", \"tag\": [\"x\", \"y\"]},\n"
	"\"action\": {\"type\": \"webhook\", \"webhook\": \"hook\"}}]}\n";

static const char *const events[] = {
	"{\"event_type\":\"ADD_ARTIFACT_ALIAS\",\"entity_name\":\"a\",\"alias\":\"production\"}",
	"{\"event_type\":\"LINK_MODEL\",\"tag\":\"x\",\"alias\":\"p\\u0072\"}",
	"{\"event_type\":\"ADD_ARTIFACT_TAG\",\"tag\":\"\",\"event_author\":\"\\ud800\"}",
};

static char dir[256], path[300], payload_path[300], other_path[300];

/* The bytes at hand, and how often they were refused. */
struct run {
	const char *text;
	size_t len, nerrors;
};

static void
write_file(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(name, "wb");

	REQUIRE(file != NULL);
	REQUIRE(size == 0 || fwrite(data, 1, size, file) == size);
	REQUIRE(fclose(file) == 0);
}

static void
remove_dir(void)
{
	unlink(path);
	unlink(payload_path);
	unlink(other_path);
	rmdir(dir);
}

static void
make_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/wb-fuzz.XXXXXX", tmp != NULL ? tmp : "/tmp");
	REQUIRE(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/a.json", dir);
	snprintf(payload_path, sizeof(payload_path), "%s/p.json", dir);
	snprintf(other_path, sizeof(other_path), "%s/b.json", dir);
	write_file(payload_path, payload, sizeof(payload) - 1);
	write_file(other_path, other, sizeof(other) - 1);
	atexit(remove_dir);
}

/* Whether line and column lie in the text, just behind its end included. */
static bool
is_inside(const struct config_place *place, const char *text, size_t len)
{
	const char *end = text + len;
	size_t columns = 1;

	for (size_t line = 1; line < place->line; line++) {
		if ((text = memchr(text, '\n', (size_t)(end - text))) == NULL)
			return false;
		text++;
	}
	for (; text < end && *text != '\n'; text++)
		columns += ((unsigned char)*text & 0xc0) != 0x80;
	return place->line > 0 && place->column > 0 && place->column <= columns;
}

static void
report(void *ctx, const struct config_place *place, const char *message)
{
	struct run *run = ctx;

	run->nerrors++;
	REQUIRE(message[0] != '\0' && strlen(message) < 2000);
	if (strcmp(place->file, path) == 0)
		REQUIRE(is_inside(place, run->text, run->len));
	else if (strcmp(place->file, payload_path) == 0)
		REQUIRE(is_inside(place, payload, sizeof(payload) - 1));
	else if (strcmp(place->file, other_path) == 0)
		REQUIRE(is_inside(place, other, sizeof(other) - 1));
	else
		REQUIRE(place->line > 0 || strncmp(message, "cannot read", 11) == 0);
}

/* The index finds just the rules that hold when looked at one by one. */
static void
check_event(struct rules *rules, const struct config *config, const char *text)
{
	const struct config_automation *list;
	const uint32_t *ids;
	struct event event;
	struct json js;
	size_t n;
	int64_t found;

	json_init(&js, text, strlen(text));
	REQUIRE(event_read(&js, &event) && json_end(&js));
	list = config_automations(config, &n);
	found = rules_match(rules, &event, &ids);
	REQUIRE(found >= 0);
	for (size_t i = 0, next = 0; i < n; i++) {
		bool is_found = next < (size_t)found && ids[next] == i;

		REQUIRE((rule_failing(&list[i].rule, config_regexes(config), &event) < 0) ==
			is_found);
		next += is_found;
	}
}

static void
check_config(const struct config *config)
{
	struct rules *rules = rules_new(config_regexes(config));
	const struct config_automation *list;
	const char *why;
	size_t n, at;

	REQUIRE(rules != NULL);
	list = config_automations(config, &n);
	for (size_t i = 0; i < n; i++) {
		const struct json_span *p = &list[i].payload;

		REQUIRE(list[i].name.len > 0);
		REQUIRE((list[i].action == CONFIG_WEBHOOK) == (list[i].webhook != NULL));
		if (list[i].webhook != NULL)
			REQUIRE(json_validate(list[i].webhook->span.p, list[i].webhook->span.len,
				&why, &at));
		if (p->type != JSON_NONE)
			REQUIRE(json_validate(p->p - (p->type == JSON_STRING),
				p->len + (p->type == JSON_STRING ? 2 : 0), &why, &at));
		REQUIRE(rules_add(rules, &list[i].rule, (uint32_t)i) == 0);
	}
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		check_event(rules, config, events[i]);
	rules_free(rules);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	struct run run = {(const char *)data, size, 0};
	char *paths[] = {path, other_path};
	struct config *config;

	if (dir[0] == '\0')
		make_dir();
	write_file(path, data, size);
	for (size_t npaths = 1; npaths <= 2; npaths++) {
		run.nerrors = 0;
		config = config_load(paths, npaths, report, &run);
		REQUIRE((config == NULL) == (run.nerrors > 0));
		if (config != NULL)
			check_config(config);
		config_free(config);
	}
	return 0;
}
