#include "cooldown_state.h"

#include "diag.h"

static int
load(struct cooldown_state *s)
{
	struct strbuf text;
	const char *why;
	size_t line;
	int there, status = EXIT_DONE;

	strbuf_init(&text, COOLDOWN_TEXT_MAX);
	if ((there = state_file_read(&s->file, STATE_FILE, &text)) < 0) {
		status = EXIT_IO;
	} else if (there > 0 && cooldowns_read(s->cooldowns, text.len > 0 ? text.buf : "", text.len,
					&line, &why) != 0) {
		diag("state '%s': line %zu: %s", s->file.name, line, why);
		status = EXIT_USAGE;
	}
	strbuf_release(&text);
	return status;
}

int
cooldown_state_open(struct cooldown_state *s, const char *name)
{
	int status;

	*s = (struct cooldown_state){.cooldowns = cooldowns_new(), .file.lock_fd = -1};
	if (s->cooldowns == NULL) {
		diag("out of memory");
		return EXIT_IO;
	}
	if (name == NULL)
		return EXIT_DONE;
	if ((status = state_file_open(&s->file, name)) != EXIT_DONE)
		return status;
	if ((status = load(s)) != EXIT_DONE)
		return status;
	return state_file_remove(&s->file, STATE_NEXT) == 0 ? EXIT_DONE : EXIT_IO;
}

void
cooldown_state_close(struct cooldown_state *s)
{
	if (s->cooldowns == NULL)
		return;
	state_file_close(&s->file);
	cooldowns_free(s->cooldowns);
	s->cooldowns = NULL;
}

int
cooldown_state_finish(struct cooldown_state *s, bool commits)
{
	struct strbuf text;
	int status = EXIT_IO;

	if (s->file.name == NULL)
		return EXIT_DONE;
	strbuf_init(&text, COOLDOWN_TEXT_MAX);
	cooldowns_write(s->cooldowns, &text);
	if (strbuf_failed(&text))
		diag("out of memory");
	else if (state_file_write(&s->file, STATE_NEXT, &text) == 0)
		status = commits ? state_file_commit(&s->file) : EXIT_DONE;
	strbuf_release(&text);
	return status;
}

int
cooldown_state_commit(const char *name)
{
	return state_file_commit_name(name);
}
