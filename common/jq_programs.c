#include "jq_programs.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	char *text; /* NULL: free */
	size_t len;
	struct jq_program *program;       /* NULL if it cannot be compiled, */
	char error[JQ_PROGRAM_ERROR_MAX]; /* for this reason */
	uint64_t used;                    /* when, in uses */
};

struct jq_programs {
	struct entry entries[JQ_PROGRAMS_MAX];
	uint64_t uses;
};

struct jq_programs *
jq_programs_new(void)
{
	return calloc(1, sizeof(struct jq_programs));
}

static void
forget(struct entry *entry)
{
	free(entry->text);
	jq_program_free(entry->program);
	*entry = (struct entry){.text = NULL};
}

void
jq_programs_free(struct jq_programs *programs)
{
	if (programs == NULL)
		return;
	for (size_t i = 0; i < JQ_PROGRAMS_MAX; i++)
		forget(&programs->entries[i]);
	free(programs);
}

/* The entry of ${text}, or else the one to take for it; a free one counts as used first of all. */
static struct entry *
find(struct jq_programs *programs, const char *text, size_t len)
{
	struct entry *oldest = &programs->entries[0];

	for (size_t i = 0; i < JQ_PROGRAMS_MAX; i++) {
		struct entry *entry = &programs->entries[i];

		if (entry->text != NULL && entry->len == len && memcmp(entry->text, text, len) == 0)
			return entry;
		if (entry->used < oldest->used)
			oldest = entry;
	}
	forget(oldest);
	return oldest;
}

struct jq_program *
jq_programs_get(struct jq_programs *programs, const char *text, size_t len,
	char error[JQ_PROGRAM_ERROR_MAX])
{
	struct entry *entry = find(programs, text, len);

	if (entry->text == NULL) {
		if ((entry->text = malloc(len + 1)) == NULL) {
			snprintf(error, JQ_PROGRAM_ERROR_MAX, "out of memory");
			return NULL;
		}
		memcpy(entry->text, text, len);
		entry->len = len;
		entry->program = jq_program_new(text, len, entry->error);
	}
	entry->used = ++programs->uses;
	if (entry->program == NULL)
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "%s", entry->error);
	return entry->program;
}
