#include "config_program.h"

#include <stdlib.h>

/* Where a program stands. */
struct config_program_use {
	const struct config_file *file;
	const char *at;
	const char *what; /* static */
	const struct jq_bundle *bundle;
	int64_t number;
};

bool
config_programs_init(struct config_programs *p)
{
	*p = (struct config_programs){jq_bundle_new(), jq_bundle_new(), NULL, 0, 0};
	return p->conditions != NULL && p->others != NULL;
}

void
config_programs_release(struct config_programs *p)
{
	jq_bundle_free(p->conditions);
	jq_bundle_free(p->others);
	free(p->uses);
}

static bool
add_use(struct config_programs *p, const struct config_program_use *use)
{
	if (p->n == p->size) {
		size_t size = p->size == 0 ? 16 : p->size * 2;
		struct config_program_use *uses = realloc(p->uses, size * sizeof(*uses));

		if (uses == NULL)
			return false;
		p->uses = uses;
		p->size = size;
	}
	p->uses[p->n++] = *use;
	return true;
}

bool
config_program_read(struct config_reader *r, struct jq_bundle *bundle, const char *what,
	struct json_span *span, int64_t *number)
{
	struct config_program_use use = {.file = r->file, .what = what, .bundle = bundle};
	struct json_span value;
	struct text text;

	if (!config_string(r, what, &value, &text))
		return false;
	if (value.len > JQ_PROGRAM_MAX) { /* as spelled, which is how records carry it */
		config_error(r->file, value.p - 1, "\"%s\": longer than %d bytes", what,
			JQ_PROGRAM_MAX);
		return false;
	}
	use.at = value.p - 1;
	use.number = jq_bundle_add(bundle, text.p, text.len);
	if (use.number < 0 || !add_use(r->programs, &use))
		return config_out_of_memory(r->file);
	if (span != NULL)
		*span = value;
	if (number != NULL)
		*number = use.number;
	return true;
}

void
config_programs_check(struct config_programs *p)
{
	bool compiled;

	if (p->n == 0)
		return;
	compiled = jq_bundle_compile(p->conditions) == 0 && jq_bundle_compile(p->others) == 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct config_program_use *use = &p->uses[i];
		const char *error = jq_bundle_error(use->bundle, use->number);

		if (error != NULL)
			config_error(use->file, use->at, "\"%s\": %s", use->what, error);
	}
	if (!compiled)
		config_out_of_memory(p->uses[0].file);
}
