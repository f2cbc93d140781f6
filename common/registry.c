#include "registry.h"

#include <stdlib.h>
#include <string.h>

#include "sha256.h"

struct registry *
registry_new(void)
{
	struct registry *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	arena_init(&r->arena);
	names_init(&r->ids);
	r->floor_ms = r->read_ms = REGISTRY_NO_TIME;
	return r;
}

void
registry_free(struct registry *r)
{
	if (r == NULL)
		return;
	names_release(&r->ids);
	arena_release(&r->arena);
	free(r);
}

void *
registry_list_grow(struct registry *r, void **v, size_t *n, size_t *size, size_t item)
{
	if (*n == *size) {
		const size_t more = *size == 0 ? 4 : *size * 2;
		void *bigger =
			more > (size_t)-1 / 4 / item ? NULL : arena_alloc(&r->arena, more * item);

		if (bigger == NULL) {
			r->failed = true;
			return NULL;
		}
		if (*n > 0)
			memcpy(bigger, *v, *n * item);
		*v = bigger;
		*size = more;
	}
	return (char *)*v + (*n)++ * item;
}

struct text
registry_text(struct registry *r, const char *p, size_t len)
{
	const char *copy = arena_copy(&r->arena, p, len);

	if (copy != NULL)
		return (struct text){copy, len};
	r->failed = true;
	return (struct text){"", 0};
}

struct registry_collection *
registry_find(const struct registry *r, const struct text *id)
{
	const int64_t at = names_find(&r->ids, id->p, id->len);

	return at < 0 ? NULL : r->collections.v[at];
}

struct registry_collection *
registry_collection_new(struct registry *r, struct text id)
{
	struct registry_collection *c = arena_alloc(&r->arena, sizeof(*c));

	if (c == NULL) {
		r->failed = true;
		return NULL;
	}
	c->id = id;
	c->gone_ms = REGISTRY_NO_TIME;
	for (int i = 0; i < REGISTRY_HISTORIES; i++)
		c->history[i].newest_ms = c->history[i].floor_ms = REGISTRY_NO_TIME;
	return c;
}

void
registry_add(struct registry *r, struct registry_collection *c)
{
	const int64_t at = c != NULL ? names_add(&r->ids, c->id.p, c->id.len) : -1;
	struct registry_collection **place;

	if (at < 0) {
		r->failed = true;
	} else if ((size_t)at < r->collections.n) {
		r->collections.v[at] = c;
	} else if ((place = registry_grow(r, &r->collections)) != NULL) {
		*place = c;
	}
}

/* ---- order ---- */

static int
compare_marks(const void *a, const void *b)
{
	return text_compare(&((const struct registry_mark *)a)->name,
		&((const struct registry_mark *)b)->name);
}

static int
compare_members(const void *a, const void *b)
{
	return text_compare(&((const struct registry_member *)a)->id,
		&((const struct registry_member *)b)->id);
}

static void
sort_marks(registry_marks *marks)
{
	size_t n = 0;

	if (marks->n < 2)
		return;
	qsort(marks->v, marks->n, sizeof(*marks->v), compare_marks);
	for (size_t i = 0; i < marks->n; i++)
		if (n == 0 || !text_equal(&marks->v[n - 1].name, &marks->v[i].name))
			marks->v[n++] = marks->v[i];
	marks->n = n;
}

void
registry_sort(struct registry_collection *c)
{
	struct registry_member *v = c->members.v;
	size_t n = 0;

	for (size_t i = 0; i < c->members.n; i++) {
		sort_marks(&v[i].aliases);
		sort_marks(&v[i].tags);
		v[i].ord = (unsigned)i; /* for now: which was read last */
	}
	sort_marks(&c->tags);
	if (c->members.n > 1)
		qsort(v, c->members.n, sizeof(*v), compare_members);
	for (size_t i = 0; i < c->members.n; i++) {
		if (n == 0 || !text_equal(&v[n - 1].id, &v[i].id))
			v[n++] = v[i];
		else if (v[n - 1].ord < v[i].ord)
			v[n - 1] = v[i];
	}
	c->members.n = n;
	for (size_t i = 0; i < n; i++)
		v[i].ord = 0;
}

static const struct registry_mark *
next_on(const registry_marks *marks, size_t *i)
{
	while (*i < marks->n && !marks->v[*i].is_on)
		(*i)++;
	return *i < marks->n ? &marks->v[(*i)++] : NULL;
}

static bool
same_marks(const registry_marks *a, const registry_marks *b)
{
	size_t i = 0, j = 0;

	for (;;) {
		const struct registry_mark *x = next_on(a, &i), *y = next_on(b, &j);

		if (x == NULL || y == NULL)
			return x == y;
		if (!text_equal(&x->name, &y->name))
			return false;
	}
}

bool
registry_same(const struct registry_collection *a, const struct registry_collection *b)
{
	if (a->members.n != b->members.n || !same_marks(&a->tags, &b->tags))
		return false;
	for (int i = 0; i < REGISTRY_HISTORIES; i++)
		if (a->history[i].is_read != b->history[i].is_read ||
			a->history[i].news != b->history[i].news)
			return false;
	for (size_t i = 0; i < a->members.n; i++) {
		const struct registry_member *x = &a->members.v[i], *y = &b->members.v[i];

		if (!text_equal(&x->id, &y->id) || x->linked_ms != y->linked_ms ||
			!same_marks(&x->aliases, &y->aliases) || !same_marks(&x->tags, &y->tags))
			return false;
	}
	return true;
}

const struct registry_member *
registry_member(const struct registry_collection *c, const struct text *id)
{
	const struct registry_member wanted = {.id = *id};

	return c->members.n == 0 ? NULL
				 : bsearch(&wanted, c->members.v, c->members.n,
					   sizeof(*c->members.v), compare_members);
}

const struct registry_mark *
registry_mark(const registry_marks *marks, const struct text *name)
{
	const struct registry_mark wanted = {.name = *name};

	return marks->n == 0
		       ? NULL
		       : bsearch(&wanted, marks->v, marks->n, sizeof(*marks->v), compare_marks);
}

/* ---- versions by artifact ---- */

bool
registry_artifacts_init(struct registry_artifacts *a, const struct registry *r)
{
	size_t n = 0;

	names_init(&a->names);
	for (size_t i = 0; r != NULL && i < r->collections.n; i++)
		n += r->collections.v[i]->members.n;
	if ((a->members = calloc(n + 1, sizeof(*a->members))) == NULL)
		return false;
	for (size_t i = 0; r != NULL && i < r->collections.n; i++) {
		const struct registry_collection *c = r->collections.v[i];

		for (size_t j = 0; j < c->members.n; j++) {
			const struct registry_member *m = &c->members.v[j];
			const int64_t at = names_add(&a->names, m->artifact.p, m->artifact.len);

			if (at < 0)
				return false;
			a->members[at] = m;
		}
	}
	return true;
}

void
registry_artifacts_release(struct registry_artifacts *a)
{
	names_release(&a->names);
	free(a->members);
	a->members = NULL;
}

const struct registry_member *
registry_artifacts_find(const struct registry_artifacts *a, const struct text *artifact)
{
	const int64_t at = names_find(&a->names, artifact->p, artifact->len);

	return at < 0 ? NULL : a->members[at];
}

/* ---- histories ---- */

uint64_t
registry_key(const struct text *parts, size_t n)
{
	unsigned char digest[SHA256_SIZE];
	struct sha256 hash;
	uint64_t key = 0;

	sha256_init(&hash);
	for (size_t i = 0; i < n; i++) {
		/* Absent and empty are not the same; and where one ends must be known. */
		sha256_update(&hash, parts[i].p == NULL ? "-" : "+", 1);
		if (parts[i].len > 0)
			sha256_update(&hash, parts[i].p, parts[i].len);
		sha256_update(&hash, "", 1);
	}
	sha256_final(&hash, digest);
	for (int i = 0; i < 8; i++)
		key = key << 8 | digest[i];
	return key;
}
