#include "pacer.h"

#include <stdlib.h>
#include <string.h>

#include "list.h"

struct host {
	struct table_node node;
	int64_t next_us; /* when its next request may go */
};

void
pacer_init(struct pacer *p, int64_t interval_us)
{
	table_init(&p->hosts);
	siphash_make_key(&p->key);
	p->interval_us = interval_us;
}

/* Forget all hosts whose next place is before ${before_us}. */
static void
forget(struct pacer *p, int64_t before_us)
{
	for (size_t i = 0; i < p->hosts.nbuckets; i++) {
		for (struct table_node *n = p->hosts.buckets[i], *next; n != NULL; n = next) {
			struct host *host = CONTAINER(n, struct host, node);

			next = n->next;
			if (host->next_us >= before_us)
				continue;
			table_remove(&p->hosts, n);
			free(host);
		}
	}
}

void
pacer_release(struct pacer *p)
{
	forget(p, INT64_MAX);
	table_release(&p->hosts);
}

static struct host *
get_host(struct pacer *p, const char *name, int64_t now_us)
{
	const uint64_t key = siphash(&p->key, name, strlen(name));
	struct table_node *node = table_find(&p->hosts, key);
	struct host *host;

	if (node != NULL)
		return CONTAINER(node, struct host, node);
	if (p->hosts.n >= PACER_HOSTS_MAX)
		forget(p, now_us - PACER_SLACK_US);
	if ((host = calloc(1, sizeof(*host))) == NULL)
		return NULL;
	host->node.key = key;
	if (table_add(&p->hosts, &host->node) == 0)
		return host;
	free(host);
	return NULL;
}

int64_t
pacer_take(struct pacer *p, const char *host, int64_t now_us)
{
	struct host *h;
	int64_t at;

	if (p->interval_us == 0)
		return now_us;
	if ((h = get_host(p, host, now_us)) == NULL)
		return -1;
	at = h->next_us < now_us - PACER_SLACK_US ? now_us : h->next_us;
	h->next_us = at + p->interval_us;
	return at;
}

void
pacer_give_back(struct pacer *p, const char *host, int64_t at_us)
{
	struct table_node *node = table_find(&p->hosts, siphash(&p->key, host, strlen(host)));
	struct host *h;

	if (node == NULL)
		return;
	h = CONTAINER(node, struct host, node);
	if (h->next_us == at_us + p->interval_us)
		h->next_us = at_us;
}
