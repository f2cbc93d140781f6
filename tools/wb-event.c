/*
 * wb-event - make registry events
 *
 * stdout: events, one JSON object a line: wb-record(5)
 *
 * `wb-event poll` is a program of its own, wb-event-poll, for which this one makes room: it alone
 * uses the network and a key, and needs libcurl, which takes longer to load than an event to make.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside.h"
#include "diag.h"
#include "event.h"
#include "file.h"
#include "json_text.h"
#include "nearest.h"
#include "options.h"
#include "output.h"
#include "poll_commit.h"
#include "poll_run.h"
#include "timestamp.h"
#include "uuid.h"

#define METADATA_MAX ((size_t)16 * 1024 * 1024)

/* A command that makes an event by hand. */
struct command {
	const char *name;
	const char *event_type;
	int member; /* that its second operand is, or -1 if it takes none */
};

static const struct command commands[] = {
	{"link", "LINK_ARTIFACT", -1},
	{"alias", "ADD_ARTIFACT_ALIAS", EVENT_ALIAS},
	{"tag", "ADD_ARTIFACT_TAG", EVENT_TAG},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))
#define OTHERS 3 /* that do not make an event by hand */
#define COMMIT "commit"

struct args {
	const char *operands[3];
	size_t noperands;
	const char *author, *metadata, *artifact_id, *time, *id;
	const char *state, *run;
};

/* ENTITY/PROJECT/COLLECTION:VERSION, taken apart; texts borrowed. */
struct version {
	const char *entity, *project, *collection, *index;
	size_t entity_len, project_len, collection_len, index_len;
};

enum { OPT_AUTHOR = 1, OPT_METADATA, OPT_ARTIFACT_ID, OPT_TIME, OPT_ID, OPT_STATE, OPT_RUN };

static const struct option options[] = {
	{OPT_AUTHOR, 'a', "author", "USER", "the user who did it"},
	{OPT_METADATA, 'm', "metadata", "JSON|@FILE", "the version's metadata, a JSON object"},
	{OPT_ARTIFACT_ID, 0, "artifact-id", "ID", "the version's id, for artifact_version"},
	{OPT_TIME, 't', "time", "TIME", "when it happened, RFC 3339 (default now)"},
	{OPT_ID, 0, "id", "ID", "event_id (default a new UUIDv7)"},
	{OPT_STATE, 's', "state", "FILE", "commit: the state of wb-event poll"},
	{OPT_RUN, 0, "run", "ID", "commit: only what the poll with --run ID has left"},
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-event link  ENTITY/PROJECT/COLLECTION:VERSION [OPTION...]\n"
	"       wb-event alias ENTITY/PROJECT/COLLECTION:VERSION ALIAS [OPTION...]\n"
	"       wb-event tag   ENTITY/PROJECT/COLLECTION:VERSION TAG [OPTION...]\n"
	"       wb-event commit --state FILE [--run ID]\n"
	"       wb-event poll ...: 'wb-event poll --help' tells more\n"
	"       wb-event read ...: 'wb-event read --help' tells more",
	"Write the event of a version linked, an alias added or a tag added. VERSION is v3 or 3.\n"
	"Or commit what wb-event poll has written.",
	options,
};

/* An empty value is an unset variable more often than it is meant. */
static bool
is_empty(const struct args *args)
{
	const struct {
		const char *name, *value;
	} all[] = {{"author", args->author}, {"metadata", args->metadata},
		{"artifact-id", args->artifact_id}, {"time", args->time}, {"id", args->id},
		{"state", args->state}, {"run", args->run}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (all[i].value != NULL && all[i].value[0] == '\0') {
			diag("--%s is empty; leave it out if there is none", all[i].name);
			return true;
		}
	}
	return false;
}

/* Whether an option goes with commit, or with the commands that make an event. */
static bool
goes_with(int id, int is_commit)
{
	return (id == OPT_STATE || id == OPT_RUN) == (is_commit != 0);
}

static void
take_operand(struct args *args, struct options *o, const char *value)
{
	bool is_known = strcmp(value, COMMIT) == 0;

	if (args->noperands == 0) {
		for (size_t i = 0; i < COMMANDS; i++)
			is_known |= strcmp(value, commands[i].name) == 0;
		if (is_known)
			options_command(o, value, goes_with, strcmp(value, COMMIT) == 0);
	}
	args->operands[args->noperands++] = value;
}

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		switch (id) {
		case OPTIONS_DONE:
			return EXIT_DONE;
		case OPTIONS_FAILED:
			return EXIT_IO;
		case OPTIONS_ERROR:
			return EXIT_USAGE;
		case OPTIONS_OPERAND:
			if (args->noperands == 3) {
				diag("too many operands: '%s'", value);
				return EXIT_USAGE;
			}
			take_operand(args, &o, value);
			break;
		case OPT_AUTHOR:
			args->author = value;
			break;
		case OPT_METADATA:
			args->metadata = value;
			break;
		case OPT_ARTIFACT_ID:
			args->artifact_id = value;
			break;
		case OPT_TIME:
			args->time = value;
			break;
		case OPT_ID:
			args->id = value;
			break;
		case OPT_STATE:
			args->state = value;
			break;
		case OPT_RUN:
			args->run = value;
			break;
		}
	}
	return is_empty(args) ? EXIT_USAGE : -1;
}

static const struct command *
find_command(const char *name)
{
	static const char *const others[] = {"poll", COMMIT, "read"};
	const char *names[COMMANDS + OTHERS], *near;

	if (name == NULL) {
		diag("what happened? Say link, alias or tag, poll, commit or read; 'wb-event --help' tells more");
		return NULL;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
		names[i] = commands[i].name;
	}
	memcpy(names + COMMANDS, others, sizeof(others));
	near = nearest_name(name, strlen(name), names, COMMANDS + OTHERS);
	diag("unknown command '%s'%s%s%s", name,
		near != NULL ? "; did you mean '"
			     : "; known are link, alias, tag, poll, commit and read",
		near != NULL ? near : "", near != NULL ? "'?" : "");
	return NULL;
}

/* Take ${text} apart. Returns 0, or -1 after a message. */
static int
parse_version(const char *text, struct version *v)
{
	const char *first = strchr(text, '/'),
		   *second = first != NULL ? strchr(first + 1, '/') : NULL;
	const char *colon = second != NULL ? strrchr(second + 1, ':') : NULL;

	if (colon == NULL)
		goto bad;
	*v = (struct version){.entity = text,
		.entity_len = (size_t)(first - text),
		.project = first + 1,
		.project_len = (size_t)(second - first) - 1,
		.collection = second + 1,
		.collection_len = (size_t)(colon - second) - 1,
		.index = colon + 1};
	if (*v->index == 'v')
		v->index++;
	v->index_len = strlen(v->index);
	if (v->entity_len == 0 || v->project_len == 0 || v->collection_len == 0 ||
		v->index_len == 0 || v->index_len > 15 ||
		strspn(v->index, "0123456789") != v->index_len ||
		memchr(v->collection, '/', v->collection_len) != NULL)
		goto bad;
	while (v->index_len > 1 && *v->index == '0') {
		v->index++;
		v->index_len--;
	}
	return 0;
bad:
	diag("'%s' is not ENTITY/PROJECT/COLLECTION:VERSION, such as acme/model-registry/fraud:v3",
		text);
	return -1;
}

/*
 * Read metadata, itself or from a file, and append it without white space. Returns
 * 0, or -1 after a message.
 */
static int
add_metadata(struct strbuf *sb, const char *metadata)
{
	const char *name = metadata[0] == '@' ? metadata + 1 : "--metadata", *text = metadata;
	struct strbuf content;
	struct json js;
	int status = -1;

	strbuf_init(&content, METADATA_MAX);
	if (metadata[0] == '@' && file_read(name, &content) != 0) {
		diag("cannot read '%s': %s", name, strerror(errno));
		goto out;
	}
	if (metadata[0] == '@')
		text = content.buf != NULL ? content.buf : "";
	json_init(&js, text, metadata[0] == '@' ? content.len : strlen(text));
	if (json_peek(&js) != JSON_OBJECT)
		json_fail(&js, js.p, "not a JSON object");
	else
		json_value(&js, NULL);
	if (!json_end(&js)) {
		diag("%s: byte %zu: %s", name, js.error_at + 1, js.error);
		goto out;
	}
	strbuf_lit(sb, ",\"artifact_metadata\":");
	json_compact(sb, js.start, (size_t)(js.end - js.start));
	status = 0;
out:
	strbuf_release(&content);
	return status;
}

static void
add_string(struct strbuf *sb, enum event_member member, const char *text, size_t len)
{
	/* Not json_quote: bytes that are not UTF-8 must be found by check_event, not replaced. */
	strbuf_printf(sb, "%s\"%s\":\"", sb->len > 1 ? "," : "", event_member_name(member));
	json_escape(sb, text, len);
	strbuf_addc(sb, '"');
}

/* The time asked for, or now, in UTC. Returns 0, or -1 after a message. */
static int
add_time(struct strbuf *sb, const char *time)
{
	int64_t ms = timestamp_now_ms();
	char text[TIMESTAMP_MAX];

	if (time != NULL && timestamp_parse(time, strlen(time), &ms) != 0) {
		diag("--time takes a time such as 2026-11-24T02:25:00Z, not '%s'", time);
		return -1;
	}
	timestamp_format(ms, text);
	add_string(sb, EVENT_TIME, text, strlen(text));
	return 0;
}

/* Append the event that ${command} makes of ${args}. Returns 0, or -1 after a message. */
static int
add_event(struct strbuf *sb, const struct command *command, const struct args *args,
	const struct version *v)
{
	char id[UUID_SIZE];

	strbuf_addc(sb, '{');
	if (args->id == NULL && uuid_v7(id) != 0) {
		diag("no random numbers: %s", strerror(errno));
		return -1;
	}
	add_string(sb, EVENT_ID, args->id != NULL ? args->id : id,
		strlen(args->id != NULL ? args->id : id));
	if (add_time(sb, args->time) != 0)
		return -1;
	add_string(sb, EVENT_TYPE, command->event_type, strlen(command->event_type));
	if (args->author != NULL)
		add_string(sb, EVENT_AUTHOR, args->author, strlen(args->author));
	add_string(sb, EVENT_ENTITY, v->entity, v->entity_len);
	add_string(sb, EVENT_PROJECT, v->project, v->project_len);
	add_string(sb, EVENT_COLLECTION, v->collection, v->collection_len);
	if (args->artifact_id != NULL) {
		strbuf_printf(sb, ",\"%s\":\"wandb-artifact://_id/",
			event_member_name(EVENT_VERSION));
		json_escape(sb, args->artifact_id, strlen(args->artifact_id));
		strbuf_addc(sb, '"');
	}
	strbuf_printf(sb, ",\"%s\":\"", event_member_name(EVENT_VERSION_STRING));
	json_escape(sb, v->entity, (size_t)(v->collection + v->collection_len - v->entity));
	strbuf_addc(sb, ':');
	if (command->member == EVENT_ALIAS)
		json_escape(sb, args->operands[2], strlen(args->operands[2]));
	else
		strbuf_printf(sb, "v%.*s", (int)v->index_len, v->index);
	strbuf_printf(sb, "\",\"%s\":%.*s", event_member_name(EVENT_VERSION_INDEX),
		(int)v->index_len, v->index);
	if (command->member >= 0)
		add_string(sb, (enum event_member)command->member, args->operands[2],
			strlen(args->operands[2]));
	if (args->metadata != NULL && add_metadata(sb, args->metadata) != 0)
		return -1;
	strbuf_lit(sb, "}\n");
	return 0;
}

/* The operands that ${command} needs. Returns 0, or -1 after a message. */
static int
check_operands(const struct command *command, const struct args *args)
{
	size_t wanted = command->member >= 0 ? 3 : 2;

	if (args->state != NULL || args->run != NULL) {
		diag("--%s goes with poll and commit", args->state != NULL ? "state" : "run");
		return -1;
	}
	if (args->noperands == wanted && (wanted == 2 || args->operands[2][0] != '\0'))
		return 0;
	if (args->noperands > wanted)
		diag("too many operands: '%s'", args->operands[wanted]);
	else
		diag("wb-event %s needs ENTITY/PROJECT/COLLECTION:VERSION%s", command->name,
			command->member == EVENT_ALIAS ? " and the alias"
			: wanted == 3                  ? " and the tag"
						       : "");
	return -1;
}

/* An event is no place for a stranger's bytes: refuse what is not UTF-8 instead of replacing it. */
static int
check_event(const struct strbuf *sb)
{
	struct event event;
	struct json js;

	json_init(&js, sb->buf, sb->len);
	if (event_read(&js, &event) && json_end(&js))
		return 0;
	diag("an operand or option: %s", js.error);
	return -1;
}

/* Write the event that was asked for, and return the exit status. */
static int
write_event(const struct args *args)
{
	const struct command *command = NULL;
	int status = EXIT_DONE;
	struct version version;
	struct strbuf event;
	struct output out;

	strbuf_init(&event, METADATA_MAX * 2);
	if ((command = find_command(args->operands[0])) == NULL ||
		check_operands(command, args) != 0 ||
		parse_version(args->operands[1], &version) != 0 ||
		add_event(&event, command, args, &version) != 0) {
		status = EXIT_USAGE;
	} else if (strbuf_failed(&event)) {
		diag("out of memory");
		status = EXIT_IO;
	} else if (check_event(&event) != 0) {
		status = EXIT_USAGE;
	} else {
		output_init(&out, STDOUT_FILENO, "standard output");
		output_add(&out, event.buf, event.len);
		if (output_close(&out) != 0 && out.error != EPIPE) {
			diag("cannot write to standard output: %s", strerror(out.error));
			status = EXIT_IO;
		}
	}
	strbuf_release(&event);
	return status;
}

static int
commit(const struct args *args)
{
	if (args->noperands > 1) {
		diag("too many operands: '%s'", args->operands[1]);
		return EXIT_USAGE;
	}
	if (args->state == NULL) {
		diag("which state is to be committed? Say --state FILE");
		return EXIT_USAGE;
	}
	if (args->author != NULL || args->metadata != NULL || args->artifact_id != NULL ||
		args->time != NULL || args->id != NULL) {
		diag("commit takes no options but --state and --run");
		return EXIT_USAGE;
	}
	if (args->run != NULL && poll_run_check(args->run) != 0)
		return EXIT_USAGE;
	return poll_commit(args->state, args->run);
}

int
main(int argc, char **argv)
{
	struct args args = {0};
	int status;

	diag_init("wb-event");
	/* Programs of their own: what has no use for network or jq does not load them. */
	if (argc > 1 && strcmp(argv[1], "poll") == 0)
		return beside_exec("wb-event-poll", argv + 1);
	if (argc > 1 && strcmp(argv[1], "read") == 0)
		return beside_exec("wb-event-read", argv + 1);
	signal(SIGPIPE, SIG_IGN);
	if ((status = parse_args(&args, argc, argv)) >= 0)
		return status;
	if (args.operands[0] != NULL && strcmp(args.operands[0], COMMIT) == 0)
		return commit(&args);
	return write_event(&args);
}
