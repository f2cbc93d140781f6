#include "trial_options.h"

#include <errno.h>
#include <string.h>

#include "diag.h"
#include "file.h"
#include "json_arg.h"
#include "lines.h"
#include "sample.h"
#include "timestamp.h"
#include "trial.h"
#include "uuid.h"

void
trial_args_init(struct trial_args *args)
{
	*args = (struct trial_args){.event = NULL};
	strbuf_init(&args->metadata, JSON_ARG_MAX);
}

void
trial_args_release(struct trial_args *args)
{
	strbuf_release(&args->metadata);
}

int
trial_option(struct trial_args *args, int id, const char *value)
{
	char *words[] = {(char *)(uintptr_t) "--timeout", (char *)(uintptr_t)value};

	if (id == TRIAL_TIMEOUT)
		return trial_pass(args, words, 2, false);
	if (id == TRIAL_METADATA) {
		strbuf_release(&args->metadata);
		return json_arg_read("metadata", value, JSON_OBJECT, &args->metadata);
	}
	args->event = value;
	return 0;
}

int
trial_pass(struct trial_args *args, char *const *words, size_t n, bool is_secret)
{
	if (n > TRIAL_WORDS_MAX - args->nsend) {
		diag("more than %d words of options for wb-send", TRIAL_WORDS_MAX);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		args->send_words[args->nsend++] = words[i];
		if (is_secret)
			args->sign_words[args->nsign++] = words[i];
	}
	return 0;
}

/* Read the first line of a file. */
static int
read_event(const char *path, struct strbuf *event)
{
	const char *newline;
	size_t blank = 0;

	if (file_read(path, event) != 0) {
		diag("cannot read '%s': %s", path, strerror(errno));
		return -1;
	}
	newline = event->len > 0 ? memchr(event->buf, '\n', event->len) : NULL;
	if (newline != NULL)
		event->len = (size_t)(newline - event->buf);
	while (blank < event->len && strchr(" \t\r", event->buf[blank]) != NULL)
		blank++;
	if (blank < event->len)
		return 0;
	diag("there is no event in %s'%s'", newline != NULL ? "the first line of " : "", path);
	return -1;
}

/* Put the event into ${event}. Returns 0, or -1 after a message. */
static int
get_event(const struct trial_args *args, const struct new_automation *like,
	const struct config_automation *automation, const struct regexes *regexes,
	struct strbuf *event)
{
	char id[UUID_SIZE], time[TIMESTAMP_MAX], error[SAMPLE_ERROR_MAX];
	struct sample wanted = {.id = id,
		.time = timestamp_format_ms(timestamp_now_ms(), time),
		.metadata = args->metadata.len > 0 ? args->metadata.buf : NULL};

	if (args->event != NULL)
		return read_event(args->event, event);
	for (int field = 0; field < RULE_VALUES; field++)
		if (like->conditions[field].n > 0)
			wanted.values[field] =
				like->conditions[field].list[like->conditions[field].n - 1];
	if (uuid_v7(id) != 0)
		diag("cannot make an id: %s", strerror(errno));
	else if (sample_event(&wanted, automation, regexes, event, error) != 0)
		diag("%s", error);
	else if (strbuf_failed(event))
		diag("out of memory");
	else
		return 0;
	return -1;
}

int
trial_start(const struct trial_args *args, const struct new_automation *like,
	const struct config *config, const struct config_automation *automation,
	struct secret_store *secrets, bool json, struct output *out)
{
	struct trial trial = {.automation = automation,
		.payload = like->payload,
		.sign_options = args->sign_words,
		.send_options = args->send_words,
		.secrets = secrets,
		.json = json};
	int status = EXIT_USAGE;
	struct strbuf event;

	strbuf_init(&event, LINES_MAX_DEFAULT);
	if (automation->action == CONFIG_LAUNCH && like->payload != NULL) {
		diag("'%.*s' puts a job on a queue, which has no payload",
			CONFIG_SHOWN(automation->name.len), automation->name.p);
	} else if (automation->action == CONFIG_NONE) {
		diag("'%.*s' sends nothing that could be tested",
			CONFIG_SHOWN(automation->name.len), automation->name.p);
	} else if (get_event(args, like, automation, config_regexes(config), &event) == 0) {
		trial.event = event.len > 0 ? event.buf : "";
		trial.event_len = event.len;
		status = trial_run(&trial, out);
	}
	strbuf_release(&event);
	return status;
}
