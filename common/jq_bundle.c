#include "jq_bundle.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "strbuf.h"

/*
 * The time to compile a group grows with the square of its length, and to compile one costs 20 ms.
 * Its text is sent with every run.
 */
#define GROUP_PROGRAMS 200
#define GROUP_BYTES ((size_t)16 * 1024) /* of their texts */

#define DEPTH_MAX 128     /* brackets in brackets */
#define NAMES "wb_bundle" /* what names that joining uses begin with */

struct group {
	struct group *next;
	struct strbuf text;
};

struct program {
	const char *text;
	size_t len;
	const struct group *group; /* NULL: it stands alone */
	int64_t number;            /* in its group */
	char *error;               /* or NULL */
};

struct jq_bundle {
	struct names texts;
	struct program *programs;
	size_t n, size;
	struct group *groups;
};

struct jq_bundle *
jq_bundle_new(void)
{
	return calloc(1, sizeof(struct jq_bundle));
}

static void
group_free(struct group *group)
{
	strbuf_release(&group->text);
	free(group);
}

void
jq_bundle_free(struct jq_bundle *b)
{
	if (b == NULL)
		return;
	while (b->groups != NULL) {
		struct group *group = b->groups;

		b->groups = group->next;
		group_free(group);
	}
	for (size_t i = 0; i < b->n; i++)
		free(b->programs[i].error);
	names_release(&b->texts);
	free(b->programs);
	free(b);
}

int64_t
jq_bundle_add(struct jq_bundle *b, const char *text, size_t len)
{
	int64_t number;

	if (b->n == b->size) {
		size_t size = b->size == 0 ? 16 : b->size * 2;
		struct program *programs = realloc(b->programs, size * sizeof(*programs));

		if (programs == NULL)
			return -1;
		b->programs = programs;
		b->size = size;
	}
	number = names_add(&b->texts, text, len);
	if (number == (int64_t)b->n)
		b->programs[b->n++] = (struct program){.text = text, .len = len};
	return number;
}

size_t
jq_bundle_count(const struct jq_bundle *b)
{
	return b->n;
}

/* ---- what can be joined ---- */

/*
 * Where the comment that starts at ${p} ends, at a newline or the end; NULL if versions of jq do
 * not agree on that: for some of them a backslash continues it.
 */
static const char *
skip_comment(const char *p, const char *end)
{
	while (p < end && *p != '\n') {
		if (*p == '\\' || *p == '\r')
			return NULL;
		p++;
	}
	return p;
}

/* Brackets and quotes that are open: what closes each. */
struct open {
	char by[DEPTH_MAX];
	size_t depth;
};

static bool
open_one(struct open *open, char by)
{
	if (open->depth == DEPTH_MAX)
		return false;
	open->by[open->depth++] = by;
	return true;
}

/* Pass ${p} outside of strings; NULL if that cannot be. */
static const char *
step(struct open *open, const char *p, const char *end)
{
	switch (*p) {
	case '(':
		return open_one(open, ')') ? p + 1 : NULL;
	case '[':
		return open_one(open, ']') ? p + 1 : NULL;
	case '{':
		return open_one(open, '}') ? p + 1 : NULL;
	case '"':
		return open_one(open, '"') ? p + 1 : NULL;
	case ')':
	case ']':
	case '}':
		return open->depth > 0 && open->by[--open->depth] == *p ? p + 1 : NULL;
	case '#':
		return skip_comment(p, end);
	default:
		return p + 1;
	}
}

/* The same inside of a string, which "\(" interrupts. */
static const char *
step_in_string(struct open *open, const char *p, const char *end)
{
	if (*p == '"')
		open->depth--;
	if (*p != '\\')
		return p + 1;
	if (p + 1 == end || (p[1] == '(' && !open_one(open, ')')))
		return NULL;
	return p + 2;
}

bool
jq_bundle_joins(const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct open open = {.depth = 0};

	if (memmem(text, len, NAMES, strlen(NAMES)) != NULL)
		return false;
	while (p != NULL && p < end)
		p = open.depth > 0 && open.by[open.depth - 1] == '"' ? step_in_string(&open, p, end)
								     : step(&open, p, end);
	return p != NULL && open.depth == 0;
}

/* ---- joining ---- */

/* The choice among ${n} of ${programs}, whose numbers begin with ${from}. */
static void
add_choice(struct strbuf *text, struct program *const *programs, size_t n, size_t from)
{
	if (n == 1) {
		/* in a function, since libjq limits how long one is; a comment needs a newline */
		strbuf_lit(text, NAMES "_run(");
		strbuf_add(text, programs[0]->text, programs[0]->len);
		strbuf_lit(text, "\n)");
		return;
	}
	strbuf_printf(text, "if $" NAMES "_number<%zu then ", from + n / 2);
	add_choice(text, programs, n / 2, from);
	strbuf_lit(text, " else ");
	add_choice(text, programs + n / 2, n - n / 2, from + n / 2);
	strbuf_lit(text, " end");
}

static struct group *
join(struct program *const *programs, size_t n)
{
	struct group *group = calloc(1, sizeof(*group));

	if (group == NULL)
		return NULL;
	strbuf_init(&group->text, JQ_PROGRAM_MAX);
	strbuf_lit(&group->text, "def " NAMES "_run(f): f; .[0] as $" NAMES "_number | .[1] | ");
	add_choice(&group->text, programs, n, 0);
	return group;
}

static int
compile_alone(struct program *p)
{
	char error[JQ_PROGRAM_ERROR_MAX];
	struct jq_program *compiled = jq_program_new(p->text, p->len, error);

	if (compiled == NULL && (p->error = strdup(error)) == NULL)
		return -1;
	jq_program_free(compiled);
	return 0;
}

/* Compile ${n} of ${programs} as one, or each half of them. */
static int
compile(struct jq_bundle *b, struct program *const *programs, size_t n)
{
	char error[JQ_PROGRAM_ERROR_MAX];
	struct jq_program *compiled = NULL;
	struct group *group;

	if (n == 1)
		return compile_alone(programs[0]);
	if ((group = join(programs, n)) == NULL)
		return -1;
	if (!strbuf_failed(&group->text))
		compiled = jq_program_new(group->text.buf, group->text.len, error);
	if (compiled == NULL) {
		group_free(group);
		return compile(b, programs, n / 2) == 0 ? compile(b, programs + n / 2, n - n / 2)
							: -1;
	}
	jq_program_free(compiled);
	for (size_t i = 0; i < n; i++) {
		programs[i]->group = group;
		programs[i]->number = (int64_t)i;
	}
	group->next = b->groups;
	b->groups = group;
	return 0;
}

/* How many of ${n} ${programs} make a group. */
static size_t
group_size(struct program *const *programs, size_t n)
{
	size_t bytes = programs[0]->len, i = 1;

	while (i < n && i < GROUP_PROGRAMS && bytes + programs[i]->len <= GROUP_BYTES)
		bytes += programs[i++]->len;
	return i;
}

int
jq_bundle_compile(struct jq_bundle *b)
{
	struct program **joined = malloc((b->n + 1) * sizeof(struct program *));
	size_t n = 0;
	int result = 0;

	if (joined == NULL)
		return -1;
	for (size_t i = 0; i < b->n && result == 0; i++) {
		struct program *p = &b->programs[i];

		if (jq_bundle_joins(p->text, p->len))
			joined[n++] = p;
		else
			result = compile_alone(p);
	}
	for (size_t i = 0, size; i < n && result == 0; i += size) {
		size = group_size(joined + i, n - i);
		result = compile(b, joined + i, size);
	}
	free(joined);
	return result;
}

const char *
jq_bundle_error(const struct jq_bundle *b, int64_t number)
{
	return b->programs[number].error;
}

struct jq_bundle_run
jq_bundle_get(const struct jq_bundle *b, int64_t number)
{
	const struct program *p = &b->programs[number];

	if (p->group == NULL)
		return (struct jq_bundle_run){p->text, p->len, -1};
	return (struct jq_bundle_run){p->group->text.buf, p->group->text.len, p->number};
}
