/*
 * deliver_stages - the command lines of the programs of a run.
 */
#ifndef WB_DELIVER_STAGES_H
#define WB_DELIVER_STAGES_H

#include "deliver.h"
#include "deliver_directory.h"

enum stage { STAGE_EVENT, STAGE_MATCH, STAGE_RENDER, STAGE_SIGN, STAGE_SEND, STAGES };

struct deliver_stages {
	char **words
		[STAGES]; /* owned, NULL behind the last of each; what they are made of is not */
	enum stage first; /* that is started */
};

/**
 * deliver_stages_make(s, d, dir, id):
 * Make them; ${id} is the name of the poll, for its commit. All is borrowed, and must stay. Returns
 * 0, or -1 when memory runs out; to be released either way.
 */
int deliver_stages_make(struct deliver_stages *s, const struct deliver *d,
	struct deliver_directory *dir, char *id);
void deliver_stages_release(struct deliver_stages *s);

#endif
