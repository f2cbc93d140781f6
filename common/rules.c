#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "json_text.h"
#include "strbuf.h"

/*
 * A rule with lists stands in the table once for each combination; with more, the shorter
 * lists are checked afterwards.
 */
#define COMBINATIONS_MAX 64

static const struct {
	const char *name;
	enum event_member member;
} fields[RULE_FIELDS] = {
	[RULE_EVENT_TYPE] = {"event_type", EVENT_TYPE},
	[RULE_ENTITY] = {"entity", EVENT_ENTITY},
	[RULE_PROJECT] = {"project", EVENT_PROJECT},
	[RULE_COLLECTION] = {"collection", EVENT_COLLECTION},
	[RULE_ALIAS] = {"alias", EVENT_ALIAS},
	[RULE_TAG] = {"tag", EVENT_TAG},
	[RULE_AUTHOR] = {"author", EVENT_AUTHOR},
	[RULE_ALIAS_REGEX] = {"alias_regex", EVENT_ALIAS},
	[RULE_TAG_REGEX] = {"tag_regex", EVENT_TAG},
};

/* Numbers of values, one a field; those of fields outside the mask are 0. */
struct key {
	uint32_t id[RULE_FIELDS];
	uint32_t mask;
};

struct entry {
	struct key key;
	uint32_t first; /* link + 1 of the first rule, 0 marks a free slot */
	uint32_t last;
};

struct link {
	const struct rule *rule;
	uint32_t id;
	uint32_t checks; /* fields that the key does not hold, a bit each */
	uint32_t next;   /* link + 1 */
};

struct rules {
	struct regexes *regexes;
	struct names values[RULE_VALUES];
	struct entry *table;
	size_t nentries, nslots;
	struct link *links;
	size_t nlinks, links_size;
	uint32_t masks[1u << RULE_FIELDS]; /* those in use */
	size_t nmasks;
	bool mask_used[1u << RULE_FIELDS];
	uint32_t *found;
	size_t nfound, found_size;
	struct strbuf scratch; /* decoded values of one event */
};

struct rules *
rules_new(struct regexes *regexes)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->regexes = regexes;
	strbuf_init(&r->scratch, (size_t)64 * 1024 * 1024);
	return r;
}

void
rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	for (int f = 0; f < RULE_VALUES; f++)
		names_release(&r->values[f]);
	strbuf_release(&r->scratch);
	free(r->table);
	free(r->links);
	free(r->found);
	free(r);
}

const char *
rule_field_name(int field)
{
	return fields[field].name;
}

enum event_member
rule_field_member(int field)
{
	return fields[field].member;
}

static struct entry *
probe(struct entry *table, size_t nslots, const struct key *key)
{
	for (size_t i = hash_bytes(key, sizeof(*key)) & (nslots - 1);; i = (i + 1) & (nslots - 1))
		if (table[i].first == 0 || memcmp(&table[i].key, key, sizeof(*key)) == 0)
			return &table[i];
}

static int
grow_table(struct rules *r)
{
	size_t nslots = r->nslots == 0 ? 64 : r->nslots * 2;
	struct entry *table;

	if (r->nentries * 4 < r->nslots * 3)
		return 0;
	if ((table = calloc(nslots, sizeof(*table))) == NULL)
		return -1;
	for (size_t i = 0; i < r->nslots; i++)
		if (r->table[i].first != 0)
			*probe(table, nslots, &r->table[i].key) = r->table[i];
	free(r->table);
	r->table = table;
	r->nslots = nslots;
	return 0;
}

static int
add_link(struct rules *r, const struct key *key, const struct link *link)
{
	struct entry *e;

	if (grow_table(r) != 0)
		return -1;
	e = probe(r->table, r->nslots, key);
	if (e->first != 0 && r->links[e->last - 1].id == link->id)
		return 0; /* a list of the rule says a value twice */
	if (r->nlinks == r->links_size) {
		size_t size = r->links_size == 0 ? 64 : r->links_size * 2;
		struct link *links = realloc(r->links, size * sizeof(*links));

		if (links == NULL)
			return -1;
		r->links = links;
		r->links_size = size;
	}
	r->links[r->nlinks++] = *link;
	if (e->first == 0) {
		e->key = *key;
		e->first = (uint32_t)r->nlinks;
		r->nentries++;
	} else {
		r->links[e->last - 1].next = (uint32_t)r->nlinks;
	}
	e->last = (uint32_t)r->nlinks;
	return 0;
}

/*
 * Which fields of ${rule} can stand in the key: all given ones, but for the shorter lists where
 * several make too many combinations. The longest list always stays: its links are no more than its
 * values, and it is what tells rules apart.
 */
static uint32_t
keyed_fields(const struct rule *rule)
{
	uint32_t mask = 0;

	for (int f = 0; f < RULE_FIELDS; f++)
		if (f < RULE_VALUES ? rule->values[f].n != 0 : rule->regex[f - RULE_VALUES] >= 0)
			mask |= 1u << f;
	for (;;) {
		size_t combinations = 1;
		int nlists = 0, shortest = -1;

		for (int f = 0; f < RULE_VALUES; f++) {
			if (!(mask >> f & 1) || rule->values[f].n < 2)
				continue;
			nlists++;
			if (combinations <= COMBINATIONS_MAX)
				combinations *= rule->values[f].n;
			if (shortest < 0 || rule->values[f].n < rule->values[shortest].n)
				shortest = f;
		}
		if (combinations <= COMBINATIONS_MAX || nlists == 1)
			return mask;
		mask &= ~(1u << shortest);
	}
}

static bool
is_in(const struct text *list, size_t n, const struct text *text)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].len == text->len && memcmp(list[i].p, text->p, text->len) == 0)
			return true;
	return false;
}

/* One link for every combination of values of the fields from ${field} on. */
static int
add_combinations(struct rules *r, struct key *key, const struct link *link, int field)
{
	const struct rule *rule = link->rule;

	while (field < RULE_FIELDS && !(key->mask >> field & 1))
		field++;
	if (field >= RULE_FIELDS)
		return add_link(r, key, link);
	if (field >= RULE_VALUES) {
		key->id[field] = (uint32_t)rule->regex[field - RULE_VALUES];
		return add_combinations(r, key, link, field + 1);
	}
	for (size_t i = 0; i < rule->values[field].n; i++) {
		const struct text *value = &rule->values[field].list[i];
		int64_t id;

		if ((id = names_add(&r->values[field], value->p, value->len)) < 0)
			return -1;
		key->id[field] = (uint32_t)id;
		if (add_combinations(r, key, link, field + 1) != 0)
			return -1;
	}
	return 0;
}

int
rules_add(struct rules *r, const struct rule *rule, uint32_t id)
{
	struct link link = {.rule = rule, .id = id};
	struct key key = {.mask = keyed_fields(rule)};

	for (int f = 0; f < RULE_VALUES; f++)
		if (rule->values[f].n != 0 && !(key.mask >> f & 1))
			link.checks |= 1u << f;
	if (!r->mask_used[key.mask]) {
		r->mask_used[key.mask] = true;
		r->masks[r->nmasks++] = key.mask;
	}
	return add_combinations(r, &key, &link, 0);
}

/* What one event says of each field. */
struct facts {
	struct text text[RULE_VALUES];
	uint32_t id[RULE_VALUES];
	uint32_t known; /* fields whose value occurs in some key, a bit each */
	const uint32_t *regex[RULE_FIELDS - RULE_VALUES];
	size_t nregex[RULE_FIELDS - RULE_VALUES];
};

/*
 * The decoded value; borrowed from the event, or from ${scratch} where it was spelled with escapes.
 */
static struct text
value_text(struct strbuf *scratch, const struct json_span *value)
{
	size_t start = scratch->len;

	if (!value->escaped)
		return (struct text){value->p, value->len};
	json_decode(scratch, value);
	return (struct text){scratch->buf + start, scratch->len - start};
}

static int
gather(struct rules *r, const struct event *event, struct facts *facts)
{
	size_t longest = 0;

	facts->known = 0;
	facts->nregex[0] = facts->nregex[1] = 0;
	for (int f = 0; f < RULE_VALUES; f++)
		if (event->member[fields[f].member].escaped)
			longest += event->member[fields[f].member].len;
	strbuf_reset(&r->scratch);
	/* Room for all of them first, so that the buffer does not move under the texts. */
	if (longest != 0 && strbuf_room(&r->scratch, longest + 16) == NULL)
		return -1;
	for (int f = 0; f < RULE_VALUES; f++) {
		const struct json_span *value = &event->member[fields[f].member];
		int64_t id;

		facts->text[f] = (struct text){NULL, 0};
		if (value->type == JSON_NONE)
			continue;
		facts->text[f] = value_text(&r->scratch, value);
		id = names_find(&r->values[f], facts->text[f].p, facts->text[f].len);
		if (id >= 0) {
			facts->id[f] = (uint32_t)id;
			facts->known |= 1u << f;
		}
	}
	return 0;
}

static int
search_regexes(struct rules *r, struct facts *facts, uint32_t **copy)
{
	static const int of[] = {RULE_ALIAS, RULE_TAG};

	for (int i = 0; i < RULE_FIELDS - RULE_VALUES; i++) {
		const struct text *text = &facts->text[of[i]];
		int64_t n;

		if (text->p == NULL)
			continue;
		if ((n = regexes_search(r->regexes, text->p, text->len, &facts->regex[i])) < 0)
			return -1;
		facts->nregex[i] = (size_t)n;
		if (n > 0 && i == 0 && facts->text[RULE_TAG].p != NULL) {
			/* The next search ends the life of this answer. */
			if ((*copy = malloc((size_t)n * sizeof(**copy))) == NULL)
				return -1;
			memcpy(*copy, facts->regex[i], (size_t)n * sizeof(**copy));
			facts->regex[i] = *copy;
		}
		if (n > 0)
			facts->known |= 1u << (RULE_VALUES + i);
	}
	return 0;
}

static int
add_found(struct rules *r, uint32_t id)
{
	size_t i;

	if (r->nfound == r->found_size) {
		size_t size = r->found_size == 0 ? 64 : r->found_size * 2;
		uint32_t *found = realloc(r->found, size * sizeof(*found));

		if (found == NULL)
			return -1;
		r->found = found;
		r->found_size = size;
	}
	/* Mostly in order already: each key's links are. */
	for (i = r->nfound++; i > 0 && r->found[i - 1] > id && r->nfound <= 64; i--)
		r->found[i] = r->found[i - 1];
	r->found[i] = id;
	return 0;
}

static int
look_up(struct rules *r, const struct key *key, const struct facts *facts)
{
	uint32_t next = probe(r->table, r->nslots, key)->first;

	while (next != 0) {
		const struct link *link = &r->links[next - 1];
		bool holds = true;

		for (int f = 0; link->checks >> f != 0 && holds; f++)
			if (link->checks >> f & 1)
				holds = facts->text[f].p != NULL &&
					is_in(link->rule->values[f].list, link->rule->values[f].n,
						&facts->text[f]);
		if (holds && add_found(r, link->id) != 0)
			return -1;
		next = link->next;
	}
	return 0;
}

/*
 * Every key that the event has for the fields of ${mask}: one, or one for each
 * expression that matches.
 */
static int
look_up_mask(struct rules *r, uint32_t mask, const struct facts *facts)
{
	struct key key = {.mask = mask};
	const bool by_alias = mask >> RULE_ALIAS_REGEX & 1, by_tag = mask >> RULE_TAG_REGEX & 1;

	for (int f = 0; f < RULE_VALUES; f++)
		if (mask >> f & 1)
			key.id[f] = facts->id[f];
	for (size_t a = 0; a < (by_alias ? facts->nregex[0] : 1); a++) {
		if (by_alias)
			key.id[RULE_ALIAS_REGEX] = facts->regex[0][a];
		for (size_t t = 0; t < (by_tag ? facts->nregex[1] : 1); t++) {
			if (by_tag)
				key.id[RULE_TAG_REGEX] = facts->regex[1][t];
			if (look_up(r, &key, facts) != 0)
				return -1;
		}
	}
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int64_t
rules_match(struct rules *r, const struct event *event, const uint32_t **ids)
{
	struct facts facts;
	uint32_t *copy = NULL;
	int64_t result = -1;

	r->nfound = 0;
	*ids = r->found;
	if (r->nentries == 0)
		return 0;
	if (gather(r, event, &facts) != 0)
		return -1;
	if (regexes_count(r->regexes) != 0 && search_regexes(r, &facts, &copy) != 0)
		goto out;
	for (size_t i = 0; i < r->nmasks; i++)
		if ((r->masks[i] & ~facts.known) == 0 && look_up_mask(r, r->masks[i], &facts) != 0)
			goto out;
	if (r->nfound > 64)
		qsort(r->found, r->nfound, sizeof(*r->found), by_number);
	*ids = r->found;
	result = (int64_t)r->nfound;
out:
	free(copy);
	return result;
}

int
rule_failing(const struct rule *rule, const struct regexes *regexes, const struct event *event)
{
	struct strbuf scratch;
	int failing = -1;

	strbuf_init(&scratch, (size_t)64 * 1024 * 1024);
	for (int f = 0; f < RULE_FIELDS && failing < 0; f++) {
		const struct json_span *value = &event->member[fields[f].member];
		bool given = f < RULE_VALUES ? rule->values[f].n != 0
					     : rule->regex[f - RULE_VALUES] >= 0;
		struct text text;

		if (!given)
			continue;
		strbuf_reset(&scratch);
		text = value_text(&scratch, value);
		if (value->type == JSON_NONE ||
			(f < RULE_VALUES ? !is_in(rule->values[f].list, rule->values[f].n, &text)
					 : regexes_matches(regexes, rule->regex[f - RULE_VALUES],
						   text.p, text.len) != 1))
			failing = f;
	}
	strbuf_release(&scratch);
	return failing;
}
