#include "registry_kind.h"

static bool
is_link_word(const struct registry_case *k, uint64_t word)
{
	for (size_t i = 0; i < k->nlink_words; i++)
		if (k->link_words[i] == word)
			return true;
	return false;
}

/* Whether the entry ${i}, alone of its artifact and time, is the link that made a member. */
static bool
made_a_member(const struct registry_case *k, size_t i)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	const struct registry_action *v = h->actions.v, *act = &v[i];
	const struct registry_member *m;

	if (act->target.p == NULL || (m = registry_case_after(k, &act->target)) == NULL ||
		m->linked_ms != act->ms)
		return false;
	for (size_t j = i; j > 0 && v[j - 1].ms == act->ms; j--)
		if (text_equal(&v[j - 1].target, &act->target))
			return false;
	for (size_t j = i + 1; j < h->actions.n && v[j].ms == act->ms; j++)
		if (text_equal(&v[j].target, &act->target))
			return false;
	return true;
}

void
registry_kind_learn(struct registry_case *k)
{
	const struct registry_history *h = &k->fresh->history[REGISTRY_LINKS];
	bool has_others = false;

	k->nlink_words = 0;
	for (size_t i = 0; h->is_read && i < h->actions.n; i++) {
		const uint64_t word = h->actions.v[i].word;

		if (word == 0 || k->nlink_words == REGISTRY_LINK_WORDS || is_link_word(k, word) ||
			!made_a_member(k, i))
			continue;
		k->link_words[k->nlink_words++] = word;
	}
	for (size_t i = 0; i < h->actions.n && !has_others; i++)
		has_others = h->actions.v[i].word != 0 && !is_link_word(k, h->actions.v[i].word);
	if (!has_others)
		k->nlink_words = 0;
}

bool
registry_kind_may_be_unlink(const struct registry_case *k, const struct registry_action *act)
{
	return act->is_new && act->target.p == NULL && !is_link_word(k, act->word);
}

bool
registry_kind_all_links(const struct registry_case *k, const struct registry_story *s, size_t n,
	size_t nameless)
{
	const size_t missing = n + (s->before != NULL);
	bool are_known = k->nlink_words > 0;

	if (nameless == 0 || missing > nameless)
		return false;
	for (size_t i = 0; i < s->n; i++) {
		const bool is_link = is_link_word(k, s->acts[i]->word);

		/* An unlink that says its artifact: all of them do, and take turns with links. */
		if (!is_link && s->acts[i]->word != 0 &&
			(k->nlink_words > 0 || s->acts[i]->word != s->acts[0]->word))
			return false;
		are_known &= is_link;
	}
	/* Gone, by one entry: one unlink is less than an unlink, a link and an unlink again. */
	return are_known || n != 1 || s->before == NULL || s->after != NULL;
}
