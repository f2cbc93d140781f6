/*
 * wb-match - find the automations that each event sets off
 *
 * stdin:  events, one JSON object a line: wb-record(5)
 * stdout: a record for each event and automation that match, with all that later stages need
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "cooldown_state.h"
#include "filter.h"
#include "ids.h"
#include "jq_runner.h"
#include "jq_server.h"
#include "json_text.h"
#include "match_record.h"
#include "timestamp.h"

#define EVENT_START "{\"event\":" /* of a record */

struct args {
	char **config; /* paths, borrowed from the command line */
	size_t nconfig;
	bool explain;
	const char *state; /* or NULL */
	bool commit, auto_commit;
	struct filter_args filter;
};

/* One run: rules and what is written for each of them. */
struct matcher {
	struct args args;
	struct config *config;
	const struct config_automation *automations;
	size_t nautomations;
	const char *server; /* W&B's base URL, for launch actions */
	struct rules *rules;
	struct jq_runner *conditions; /* NULL: no automation has a program */
	struct strbuf *written;       /* ,"automation":{…}} for each, made when first needed */
	struct strbuf event;          /* the one at hand, with its id */
	struct strbuf given;          /* by its condition */
	uint32_t *chosen;             /* automations that it sets off */
	bool is_unsure;               /* a condition could not be judged for the event at hand */
	struct cooldown_state rests;
	bool has_rested;              /* a cooldown has begun */
	unsigned long long held_back; /* matches, by cooldowns */
};

enum { OPT_CONFIG = 1, OPT_EXPLAIN, OPT_STATE, OPT_COMMIT, OPT_AUTO_COMMIT };

static const struct option options[] = {
	{OPT_CONFIG, 'c', "config", "PATH",
		"read automations from PATH, a file or a directory (default $WB_CONFIG)"},
	{OPT_EXPLAIN, 0, "explain", NULL,
		"say for each event and automation which condition failed"},
	{OPT_STATE, 0, "state", "FILE", "keep cooldowns from one run to the next in FILE"},
	{OPT_COMMIT, 0, "commit", NULL, "take note that what the last run wrote is done, and end"},
	{OPT_AUTO_COMMIT, 0, "auto-commit", NULL, "commit at the end of the run"},
	FILTER_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-match [-c PATH]... [OPTION...] [FILE...]\n"
	"       wb-match --commit --state FILE",
	"Read registry events and write a record for each automation that they set off.",
	options,
};

/* Whether options go together. Returns -1, or the exit status after a message. */
static int
check_args(struct args *args)
{
	if ((args->commit || args->auto_commit) && args->state == NULL) {
		diag("--commit and --auto-commit go with --state FILE");
		return EXIT_USAGE;
	}
	if (args->commit && (args->auto_commit || args->explain || args->nconfig != 0 ||
				    args->filter.nfiles != 0 || args->filter.rejects != NULL ||
				    args->filter.max_line != 0)) {
		diag("--commit reads nothing: only --state FILE goes with it");
		return EXIT_USAGE;
	}
	if (args->nconfig == 0 && (args->config[0] = getenv("WB_CONFIG")) != NULL)
		args->nconfig = 1;
	if (args->nconfig != 0 || args->commit)
		return -1;
	diag("no automations: name a file or a directory with -c, or in $WB_CONFIG");
	return EXIT_USAGE;
}

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	if ((args->config = calloc((size_t)argc + 1, sizeof(char *))) == NULL) {
		diag("out of memory");
		return EXIT_IO;
	}
	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_OPERAND)
			filter_operand(&args->filter, argv, value);
		else if (id == OPT_CONFIG)
			args->config[args->nconfig++] = (char *)(uintptr_t)value;
		else if (id == OPT_EXPLAIN)
			args->explain = true;
		else if (id == OPT_STATE)
			args->state = value;
		else if (id == OPT_COMMIT)
			args->commit = true;
		else if (id == OPT_AUTO_COMMIT)
			args->auto_commit = true;
		else if (id == OPTIONS_ERROR || filter_option(&args->filter, id, value) != 0)
			return EXIT_USAGE;
	}
	return check_args(args);
}

/* The server of launch actions that name none. Returns 0, or -1 after a message. */
static int
find_server(struct matcher *m)
{
	char error[LAUNCH_ERROR_MAX];
	bool is_used = false;

	m->server = getenv("WANDB_BASE_URL");
	if (m->server == NULL || *m->server == '\0')
		m->server = LAUNCH_BASE_URL;
	for (size_t i = 0; i < m->nautomations; i++)
		is_used |= m->automations[i].action == CONFIG_LAUNCH &&
			   m->automations[i].launch.member[LAUNCH_URL].type == JSON_NONE;
	if (!is_used || launch_check_server(m->server, error))
		return 0;
	diag("WANDB_BASE_URL: %s", error);
	return -1;
}

/*
 * Load the configuration and index its rules. Returns 0, or -1 after a message; to
 * be released either way.
 */
static int
matcher_init(struct matcher *m, const struct args *args)
{
	*m = (struct matcher){.args = *args};
	strbuf_init(&m->event, (size_t)LINES_MAX_LIMIT);
	strbuf_init(&m->given, (size_t)LINES_MAX_LIMIT);
	if ((m->config = config_load(args->config, args->nconfig, config_say, NULL)) == NULL)
		return -1;
	m->automations = config_automations(m->config, &m->nautomations);
	if (find_server(m) != 0)
		return -1;
	m->rules = rules_new(config_regexes(m->config));
	m->written = calloc(m->nautomations + 1, sizeof(*m->written));
	m->chosen = calloc(m->nautomations + 1, sizeof(*m->chosen));
	if (jq_bundle_count(config_conditions(m->config)) != 0)
		m->conditions = jq_runner_new(config_conditions(m->config));
	if (m->rules == NULL || m->written == NULL || m->chosen == NULL ||
		(m->conditions == NULL) != (jq_bundle_count(config_conditions(m->config)) == 0)) {
		diag("out of memory");
		return -1;
	}
	for (size_t i = 0; i < m->nautomations; i++) {
		if (m->automations[i].enabled &&
			rules_add(m->rules, &m->automations[i].rule, (uint32_t)i) != 0) {
			diag("out of memory");
			return -1;
		}
	}
	return cooldown_state_open(&m->rests, args->state) == EXIT_DONE ? 0 : -1;
}

static void
matcher_release(struct matcher *m)
{
	for (size_t i = 0; m->written != NULL && i < m->nautomations; i++)
		strbuf_release(&m->written[i]);
	free(m->written);
	free(m->chosen);
	rules_free(m->rules);
	jq_runner_free(m->conditions);
	cooldown_state_close(&m->rests);
	config_free(m->config);
	strbuf_release(&m->event);
	strbuf_release(&m->given);
}

/* How much of a text of ${len} bytes is shown. */
static int
shown(size_t len)
{
	return (int)(len < 200 ? len : 200);
}

/* Say something of the event at hand and ${a}. */
static void say(const struct filter *f, const struct config_automation *a, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void
say(const struct filter *f, const struct config_automation *a, const char *fmt, ...)
{
	char text[DIAG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	diag("%s:%llu: %.*s: %s", f->source, (unsigned long long)f->in.number, shown(a->name.len),
		a->name.p, text);
}

/* Why ${a} does not match the event, as far as that needs no program. */
static void
explain(const struct matcher *m, const struct filter *f, const struct event *event,
	const struct config_automation *a)
{
	const int field = rule_failing(&a->rule, config_regexes(m->config), event);
	const struct json_span *value;

	if (!a->enabled)
		say(f, a, "disabled");
	else if ((value = &event->member[rule_field_member(field)])->type == JSON_NONE)
		say(f, a, "%s does not hold: the event has no %s", rule_field_name(field),
			event_member_name(rule_field_member(field)));
	else
		say(f, a, "%s does not hold: %s is \"%.*s\"", rule_field_name(field),
			event_member_name(rule_field_member(field)), shown(value->len), value->p);
}

/* That an automation does not match the event is only a guess: tell it, and keep the event. */
static void
unsure(struct matcher *m, struct filter *f)
{
	m->is_unsure = true;
	if (f->status < EXIT_REJECTED)
		f->status = EXIT_REJECTED;
}

/* The field of ${a} that the regular expression ${id} is for, or -1. */
static int
regex_field(const struct config_automation *a, int64_t id)
{
	for (int field = RULE_VALUES; a->enabled && field < RULE_FIELDS; field++)
		if (a->rule.regex[field - RULE_VALUES] == id)
			return field;
	return -1;
}

/* Say which regular expression gave up on the event at hand, if one did. */
static void
regex_failed(struct matcher *m, struct filter *f)
{
	const int64_t id = regexes_gave_up(config_regexes(m->config));
	int field = -1;
	size_t i = 0;

	if (id < 0)
		return;
	while (i < m->nautomations && (field = regex_field(&m->automations[i], id)) < 0)
		i++;
	if (field >= 0)
		say(f, &m->automations[i],
			"%s gave up on this event, which counts as no match: too many steps",
			rule_field_name(field));
	unsure(m, f);
}

static void
condition_failed(struct matcher *m, struct filter *f, const struct config_automation *a,
	const struct event *event, int result, const char *error)
{
	char own[ID_SIZE];
	const struct text id = id_spelled(event, own);

	if (result == JQ_WORKER_UNABLE) {
		say(f, a, "%s; nothing more is read", error);
		f->status = EXIT_IO;
		return;
	}
	say(f, a, "when fails for event %.*s, which counts as no match: %s", shown(id.len), id.p,
		error);
	unsure(m, f);
}

/* Whether the event, all other conditions of ${a} being true, makes its program say true. */
static bool
condition_holds(struct matcher *m, struct filter *f, const struct event *event,
	const struct config_automation *a)
{
	char error[JQ_PROGRAM_ERROR_MAX];
	int result;

	if (a->when < 0)
		return true;
	if (f->status >= EXIT_IO)
		return false;
	strbuf_reset(&m->given);
	result = jq_runner_first(m->conditions, a->when, m->event.buf, m->event.len, &m->given,
		error);
	if (result < 0)
		condition_failed(m, f, a, event, result, error);
	else if (result > 0 && m->given.len == 4 && memcmp(m->given.buf, "true", 4) == 0)
		return true;
	else if (m->args.explain && result > 0)
		say(f, a, "when does not hold: it gives %.*s", shown(m->given.len), m->given.buf);
	else if (m->args.explain)
		say(f, a, "when does not hold: it gives nothing");
	return false;
}

/* The time of the event, or now if it has none that can be read. */
static int64_t
event_ms(const struct event *event, struct strbuf *scratch)
{
	const struct json_span *time = &event->member[EVENT_TIME];
	int64_t ms;

	strbuf_reset(scratch);
	if (time->type == JSON_STRING)
		json_decode(scratch, time);
	if (scratch->len == 0 || timestamp_parse(scratch->buf, scratch->len, &ms) != 0)
		ms = timestamp_now_ms();
	return ms;
}

static struct cooldown_use
cooldown_use(struct matcher *m, const struct event *event, const struct config_automation *a)
{
	char own[ID_SIZE];
	const struct text id = id_spelled(event, own);
	const bool by_collection = a->cooldown_by == CONFIG_BY_COLLECTION;

	return (struct cooldown_use){
		.key = cooldown_key(&a->name, by_collection ? event : NULL, &m->given),
		.event = cooldown_event(&id),
		.at_ms = event_ms(event, &m->given),
		.length_ms = a->cooldown_ms};
}

static bool
is_held_back(struct matcher *m, const struct filter *f, const struct event *event,
	const struct config_automation *a)
{
	struct cooldown_use use;
	char at[TIMESTAMP_MAX];
	int64_t last_ms;

	if (a->cooldown_ms == 0)
		return false;
	use = cooldown_use(m, event, a);
	if (!cooldown_holds(m->rests.cooldowns, &use, &last_ms))
		return false;
	m->held_back++;
	if (m->args.explain)
		say(f, a, "held back: the cooldown of %lld s since %s is not over",
			(long long)(a->cooldown_ms / 1000), timestamp_format(last_ms, at));
	return true;
}

/*
 * Put those of the ${n} automations ${ids}, whose other conditions hold, that the event sets off
 * into m->chosen. Returns how many.
 */
static size_t
choose(struct matcher *m, struct filter *f, const struct event *event, const uint32_t *ids,
	size_t n)
{
	size_t chosen = 0, next = 0;

	for (size_t i = 0; m->args.explain ? i < m->nautomations : next < n; i++) {
		const uint32_t id = m->args.explain ? (uint32_t)i : ids[next];
		const struct config_automation *a = &m->automations[id];

		if (next == n || ids[next] != id) {
			explain(m, f, event, a);
			continue;
		}
		next++;
		if (!condition_holds(m, f, event, a) || is_held_back(m, f, event, a))
			continue;
		m->chosen[chosen++] = id;
		if (m->args.explain)
			say(f, a, "matches");
	}
	return chosen;
}

/*
 * Have what follows the event in records of the ${n} chosen automations ready. False if that cannot
 * be, or a record would be too long, after the line was refused: there are all of its records or
 * none.
 */
static bool
write_automations(struct matcher *m, struct filter *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct strbuf *written = &m->written[m->chosen[i]];

		if (written->len == 0)
			match_record_end(written, &m->automations[m->chosen[i]], m->server);
		if (strbuf_failed(written)) {
			filter_fail(f, "out of memory");
			return false;
		}
		if (!filter_fits(f, strlen(EVENT_START) + m->event.len + written->len - 1))
			return false;
	}
	return true;
}

static void
match_event(struct matcher *m, struct filter *f)
{
	struct event event;
	const uint32_t *ids;
	struct json js;
	size_t chosen;
	int64_t n;

	/* It is to stand in a record. */
	json_init_within(&js, f->in.line, f->in.len, 1);
	if (!event_read(&js, &event) || !json_end(&js)) {
		filter_reject_json(f, &js);
		return;
	}
	n = rules_match(m->rules, &event, &ids);
	m->is_unsure = false;
	regex_failed(m, f);
	strbuf_reset(&m->event);
	if (n > 0)
		id_add_event(&m->event, &event);
	if (n < 0 || strbuf_failed(&m->event)) {
		filter_fail(f, "out of memory");
		return;
	}
	chosen = choose(m, f, &event, ids, (size_t)n);
	if (f->status >= EXIT_IO || !write_automations(m, f, chosen))
		return;
	if (m->is_unsure)
		filter_keep(f);
	for (size_t i = 0; i < chosen; i++) {
		const struct config_automation *a = &m->automations[m->chosen[i]];
		const struct strbuf *written = &m->written[m->chosen[i]];

		if (a->cooldown_ms != 0) {
			const struct cooldown_use use = cooldown_use(m, &event, a);

			if (cooldown_note(m->rests.cooldowns, &use) != 0) {
				filter_fail(f, "out of memory");
				return;
			}
			m->has_rested = true;
		}
		output_lit(&f->out, EVENT_START);
		output_add(&f->out, m->event.buf, m->event.len);
		output_add(&f->out, written->buf, written->len);
	}
}

/* Read all events. Returns the exit status. */
static int
match(struct matcher *m, struct filter *f)
{
	int status, kept;

	while (filter_next(f))
		match_event(m, f);
	status = filter_finish(f);
	if (m->held_back != 0)
		diag("cooldowns held back %llu matches", m->held_back);
	if (m->has_rested && m->args.state == NULL)
		diag("cooldowns end with this run: --state FILE keeps them");
	/* what was not written whole, or nobody wanted, is to be done again */
	if (status == EXIT_IO || f->out.error != 0)
		return status;
	kept = cooldown_state_finish(&m->rests, m->args.auto_commit);
	return kept > status ? kept : status;
}

int
main(int argc, char **argv)
{
	struct args args = {0};
	struct matcher m = {0};
	struct filter f;
	int status;

	jq_server_main(argc, argv);
	diag_init("wb-match");
	if ((status = parse_args(&args, argc, argv)) < 0 && args.commit)
		status = cooldown_state_commit(args.state);
	if (status < 0 && (matcher_init(&m, &args) != 0 || filter_init(&f, &args.filter) != 0))
		status = EXIT_USAGE;
	if (status < 0)
		status = match(&m, &f);
	matcher_release(&m);
	free(args.config);
	return status;
}
