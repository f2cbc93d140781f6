#include "trial.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_file.h"
#include "diag.h"
#include "json_edit.h"
#include "json_find.h"
#include "json_text.h"
#include "scrub.h"
#include "stage.h"
#include "trial_mask.h"

#define TEXT_MAX ((size_t)256 * 1024 * 1024)
#define ARGS_MAX 512 /* of one stage; a command line that has more options is refused */

/* Members of an action that say what the body is, all of which --payload stands in for. */
static const char *const payload_members[] = {"payload", "payload_file", "payload_jq"};

/* ---- a configuration of just that automation ---- */

/* Append ${object} with ${value} as ${name}; NULL: without it. */
static void
add_edited(struct strbuf *sb, const struct strbuf *object, const char *name, const char *value)
{
	struct json_span span = {object->buf, object->len, JSON_OBJECT, false};
	struct json_edit e;

	sb->failed |= strbuf_failed(object);
	json_edit_init(&e);
	if (!strbuf_failed(sb)) {
		if (value != NULL)
			json_edit_set(&e, &span, name, value, NULL);
		else
			json_edit_remove(&e, &span, name);
		json_edit_apply(&e, object->buf, object->len, sb);
	}
	json_edit_release(&e);
}

/* The same in place. */
static void
edit(struct strbuf *object, const char *name, const char *value)
{
	struct strbuf edited;

	strbuf_init(&edited, TEXT_MAX);
	add_edited(&edited, object, name, value);
	strbuf_release(object);
	*object = edited;
}

/* Make a payload that stands in another file be found from anywhere. */
static void
edit_payload_file(struct strbuf *action, const struct config_automation *a)
{
	char *path = realpath(a->payload_file->path, NULL);
	struct strbuf quoted;

	strbuf_init(&quoted, TEXT_MAX);
	json_quote(&quoted, path != NULL ? path : a->payload_file->path);
	if (strbuf_str(&quoted) == NULL)
		action->failed = true;
	else
		edit(action, "payload_file", quoted.buf);
	strbuf_release(&quoted);
	free(path);
}

/* Append a configuration of the automation, enabled, and its webhook, if it has one. */
static void
add_configuration(struct strbuf *sb, const struct trial *trial)
{
	const struct config_automation *a = trial->automation;
	const struct json_span span = json_find(&a->span, "action");
	struct strbuf automation, action;

	strbuf_init(&automation, TEXT_MAX);
	strbuf_init(&action, TEXT_MAX);
	strbuf_add(&automation, a->span.p, a->span.len);
	strbuf_add(&action, span.p, span.len);
	if (trial->payload != NULL) {
		for (size_t i = 0; i < sizeof(payload_members) / sizeof(payload_members[0]); i++)
			edit(&action, payload_members[i], NULL);
		edit(&action, payload_members[0], trial->payload);
	} else if (a->payload_file != NULL && a->payload_file != a->file) {
		edit_payload_file(&action, a);
	}
	edit(&automation, "enabled", "true");
	edit(&automation, "cooldown", NULL); /* a test is not held back */
	edit(&automation, "cooldown_by", NULL);
	if (strbuf_str(&action) != NULL)
		edit(&automation, "action", action.buf);
	sb->failed |= strbuf_failed(&automation) || strbuf_failed(&action);
	strbuf_addc(sb, '{');
	if (a->webhook != NULL) {
		strbuf_lit(sb, "\"webhooks\":{\"");
		strbuf_add(sb, a->webhook->name.p, a->webhook->name.len);
		strbuf_lit(sb, "\":");
		strbuf_add(sb, a->webhook->span.p, a->webhook->span.len);
		strbuf_lit(sb, "},");
	}
	strbuf_lit(sb, "\"automations\":[");
	strbuf_add(sb, automation.buf, automation.len);
	strbuf_lit(sb, "]}");
	strbuf_release(&automation);
	strbuf_release(&action);
}

/* A file without a name that holds it, which the program that is started may read. Or -1. */
static int
make_file(const struct trial *trial)
{
	const char *tmp = getenv("TMPDIR");
	struct strbuf text, path;
	size_t written;
	int fd = -1;

	strbuf_init(&text, TEXT_MAX);
	strbuf_init(&path, PATH_MAX);
	add_configuration(&text, trial);
	strbuf_printf(&path, "%s/wb.XXXXXX", tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	errno = ENOMEM;
	if (!strbuf_failed(&text) && strbuf_str(&path) != NULL && (fd = mkstemp(path.buf)) >= 0) {
		unlink(path.buf);
		if ((errno = output_write(fd, text.buf, text.len, &written)) != 0) {
			int saved = errno;

			close(fd);
			errno = saved;
			fd = -1;
		}
	}
	if (fd < 0)
		diag("cannot make a temporary file: %s", strerror(errno));
	strbuf_release(&path);
	strbuf_release(&text);
	return fd;
}

/* ---- the stages ---- */

/*
 * Run a program with some arguments, and options behind them, over ${io}, which gets what it
 * writes.
 */
static int
run(char *const *first, char *const *options, struct strbuf *io)
{
	char *argv[ARGS_MAX + 1];
	struct strbuf out;
	size_t n = 0;
	int status;

	for (; *first != NULL && n < ARGS_MAX; first++)
		argv[n++] = *first;
	for (; options != NULL && *options != NULL && n < ARGS_MAX; options++)
		argv[n++] = *options;
	argv[n] = NULL;
	if (n == ARGS_MAX) {
		diag("too many options");
		return -1;
	}
	strbuf_init(&out, TEXT_MAX);
	status = stage_run(argv, io->buf, io->len, &out);
	strbuf_release(io);
	*io = out;
	return status;
}

#define ARG(text) ((char *)(uintptr_t)(text))

/* The match record for the event into ${io}; what fails was told. */
static int
match(const struct trial *trial, struct strbuf *io)
{
	char path[32], *argv[] = {ARG("wb-match"), ARG("-c"), path, NULL, NULL};
	const int fd = make_file(trial);
	int status = -1;

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	strbuf_add(io, trial->event, trial->event_len);
	strbuf_addc(io, '\n');
	if (strbuf_failed(io))
		diag("out of memory");
	else
		status = run(argv, NULL, io);
	if (status == EXIT_DONE && io->len == 0) {
		/* Once more, to be told why. */
		argv[3] = ARG("--explain");
		strbuf_add(io, trial->event, trial->event_len);
		run(argv, NULL, io);
		diag("this event does not set off '%.*s': change it with options, or give another one with --event",
			CONFIG_SHOWN(trial->automation->name.len), trial->automation->name.p);
		status = EXIT_REJECTED;
	}
	close(fd);
	return status;
}

/* ---- what became of it ---- */

static void
add_string(struct strbuf *sb, const char *before, const struct json_span *value)
{
	struct strbuf text;

	if (value->type == JSON_NONE)
		return;
	strbuf_init(&text, TEXT_MAX);
	if (value->type == JSON_STRING)
		json_decode(&text, value);
	else
		json_raw(&text, value);
	sb->failed |= strbuf_failed(&text);
	strbuf_adds(sb, before);
	scrub_add(sb, text.len > 0 ? text.buf : "", text.len);
	strbuf_release(&text);
}

/* Say it in words. Returns 0, or -1 when memory ran out. */
static int
write_receipt(struct output *out, const struct strbuf *receipt)
{
	const struct json_span line = {receipt->buf, receipt->len, JSON_OBJECT, false};
	const struct json_span error = json_find(&line, "error"),
			       status = json_find(&line, "status"),
			       http = json_find(&line, "http_status"),
			       duration = json_find(&line, "duration_ms"),
			       class = json_find(&error, "class"), text = json_find(&error, "text"),
			       response = json_find(&line, "response");
	struct strbuf sb;
	bool failed;

	strbuf_init(&sb, TEXT_MAX);
	add_string(&sb, "", &status);
	add_string(&sb, ": HTTP ", &http);
	add_string(&sb, " in ", &duration);
	strbuf_lit(&sb, " ms");
	add_string(&sb, "; ", &class);
	add_string(&sb, ": ", &text);
	strbuf_addc(&sb, '\n');
	if (response.len > 0) {
		add_string(&sb, "\n", &response);
		strbuf_addc(&sb, '\n');
	}
	failed = strbuf_failed(&sb);
	if (failed)
		diag("out of memory");
	else
		output_add(out, sb.buf, sb.len);
	strbuf_release(&sb);
	return failed ? -1 : 0;
}

/* Show the request in ${record}, a signed one. */
static int
show_request(const struct trial *trial, const struct strbuf *record, struct output *out)
{
	char *argv[] = {ARG("wb-send"), ARG("--dry-run"), NULL};
	struct strbuf io;
	int status = -1;

	strbuf_init(&io, TEXT_MAX);
	strbuf_add(&io, record->buf, record->len);
	if (strbuf_failed(&io))
		diag("out of memory");
	else
		status = run(argv, trial->send_options, &io);
	if (status >= 0)
		output_add(out, io.buf, io.len);
	strbuf_release(&io);
	/* in case it takes long, or fails */
	return output_flush(out) == 0 ? status : -1;
}

static int
send(const struct trial *trial, struct strbuf *io, struct output *out)
{
	char *argv[] = {ARG("wb-send"), ARG("--show-response"), ARG("--retries"), ARG("0"),
		ARG("--progress"), ARG("never"), NULL};
	int status;

	if (!trial->json && show_request(trial, io, out) < 0)
		return -1;
	status = run(argv, trial->send_options, io);
	if (status >= 0 && io->len > 0)
		trial_mask(trial->secrets, io);
	if (strbuf_failed(io)) {
		diag("out of memory");
		return -1;
	}
	if (status >= 0 && io->len > 0 && trial->json)
		output_add(out, io->buf, io->len);
	else if (status >= 0 && io->len > 0 && write_receipt(out, io) != 0)
		return -1;
	return status;
}

int
trial_run(const struct trial *trial, struct output *out)
{
	char *render[] = {ARG("wb-render"), NULL}, *sign[] = {ARG("wb-sign"), NULL};
	struct strbuf io;
	int status;

	strbuf_init(&io, TEXT_MAX);
	if ((status = match(trial, &io)) == EXIT_DONE &&
		(status = run(render, NULL, &io)) == EXIT_DONE &&
		(status = run(sign, trial->sign_options, &io)) == EXIT_DONE &&
		(status = trial_mask_know(trial->secrets, trial->automation->webhook)) == 0)
		status = send(trial, &io, out);
	strbuf_release(&io);
	return status < 0 || status > EXIT_IO ? EXIT_IO : status;
}
