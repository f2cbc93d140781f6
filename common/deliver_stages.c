#include "deliver_stages.h"

#include <stdint.h>
#include <stdlib.h>

#define ARG(text) ((char *)(uintptr_t)(text))

/* What they are made of. */
struct making {
	struct deliver_stages *stages;
	const struct deliver *d;
	struct deliver_directory *dir;
	char *id;
};

static size_t
count(char *const *words)
{
	size_t n = 0;

	while (words != NULL && words[n] != NULL)
		n++;
	return n;
}

/* The arguments of a program: fixed ones, and those behind them. False when memory ran out. */
static bool
make_stage(struct making *m, enum stage stage, char *const *fixed, char *const *more,
	char *const *last)
{
	char *const *const lists[] = {fixed, more, last};
	size_t n = 0;

	m->stages->words[stage] =
		calloc(count(fixed) + count(more) + count(last) + 1, sizeof(char *));
	if (m->stages->words[stage] == NULL)
		return false;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (size_t k = 0; k < count(lists[i]); k++)
			m->stages->words[stage][n++] = lists[i][k];
	return true;
}

static bool
make_source(struct making *m)
{
	char *poll[] = {ARG("wb-event"), ARG("poll"), ARG("--state"), m->dir->path[PLACE_STATE],
		ARG("--run"), m->id, NULL};
	char *read[] = {ARG("wb-event"), ARG("read"), ARG("--rejects"),
		m->dir->path[PLACE_EVENT_REJECTS], NULL};

	if (m->d->dry_run)
		read[2] = NULL;
	return m->d->source == DELIVER_POLL
		       ? make_stage(m, STAGE_EVENT, poll, m->d->places, m->d->words)
		       : make_stage(m, STAGE_EVENT, read, NULL, m->d->words);
}

static bool
make_match(struct making *m)
{
	char *fixed[] = {ARG("wb-match"), ARG("--state"), m->dir->path[PLACE_RESTS],
		ARG("--rejects"), m->dir->path[PLACE_MATCH_REJECTS], NULL};

	if (m->d->dry_run)
		fixed[3] = NULL;
	return make_stage(m, STAGE_MATCH, fixed, m->d->match,
		m->d->source == DELIVER_FILES ? m->d->words : NULL);
}

static bool
make_send(struct making *m)
{
	/*
	 * A poll that is told again finds what has failed put aside; events that are given again
	 * are meant to be tried again. For a receiver that is down there is the next run, so that
	 * nothing is given up, nor waited for long. Options that are given come later, and count.
	 */
	char *fixed[] = {ARG("wb-send"), ARG("--retries"), ARG("1000"), ARG("--retry-max-time"),
		ARG("1m"), ARG("--journal"), m->dir->path[PLACE_JOURNAL], ARG("--journal-keep"),
		ARG(m->d->journal_keep), ARG("--dead-letter"), m->dir->path[PLACE_DEAD],
		ARG("--rejects"), m->dir->path[PLACE_SEND_REJECTS],
		m->d->source == DELIVER_POLL ? ARG("--skip-failed") : NULL, NULL};
	char *show[] = {ARG("wb-send"), ARG("--dry-run"), NULL};

	return make_stage(m, STAGE_SEND, m->d->dry_run ? show : fixed, m->d->secrets, m->d->send);
}

static bool
make_render(struct making *m)
{
	char *fixed[] = {ARG("wb-render"), ARG("--rejects"), m->dir->path[PLACE_RENDER_REJECTS],
		NULL};

	if (m->d->dry_run)
		fixed[1] = NULL;
	return make_stage(m, STAGE_RENDER, fixed, NULL, NULL);
}

static bool
make_sign(struct making *m)
{
	char *fixed[] = {ARG("wb-sign"), NULL};
	char *letters[] = {ARG("--"), m->dir->path[m->d->dry_run ? PLACE_DEAD : PLACE_AGAIN], NULL};

	return make_stage(m, STAGE_SIGN, fixed, m->d->secrets,
		m->d->source == DELIVER_RETRY ? letters : NULL);
}

int
deliver_stages_make(struct deliver_stages *s, const struct deliver *d,
	struct deliver_directory *dir, char *id)
{
	static const enum stage first[] = {[DELIVER_FILES] = STAGE_MATCH,
		[DELIVER_READ] = STAGE_EVENT,
		[DELIVER_POLL] = STAGE_EVENT,
		[DELIVER_RETRY] = STAGE_SIGN};
	static bool (*const makers[STAGES])(
		struct making *) = {make_source, make_match, make_render, make_sign, make_send};
	struct making m = {s, d, dir, id};

	*s = (struct deliver_stages){.first = first[d->source]};
	for (int i = (int)s->first; i < STAGES; i++)
		if (!makers[i](&m))
			return -1;
	return 0;
}

void
deliver_stages_release(struct deliver_stages *s)
{
	for (int i = 0; i < STAGES; i++)
		free(s->words[i]);
}
