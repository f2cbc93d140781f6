#include "secret_url.h"

#include <string.h>

static void
add(struct secret_url *u, enum mask_kind kind, const char *p, size_t len, size_t min)
{
	if (len < min || u->n == SECRET_URL_PARTS_MAX)
		return;
	u->patterns[u->n] = (struct secret_pattern){.p = p, .len = len, .kind = kind};
	secret_mask_add(&u->mask, &u->patterns[u->n++]);
}

/* Each of the pieces of ${len} bytes at ${p} that ${between} divides, and what is behind a '='. */
static void
add_pieces(struct secret_url *u, const char *p, size_t len, char between)
{
	const char *end = p + len;

	while (p < end) {
		const char *next = memchr(p, between, (size_t)(end - p)), *value;

		next = next != NULL ? next : end;
		value = memchr(p, '=', (size_t)(next - p));
		add(u, MASK_URL, p, (size_t)(next - p), SECRET_URL_PART_MIN);
		if (value != NULL)
			add(u, MASK_URL, value + 1, (size_t)(next - value) - 1,
				SECRET_URL_PART_MIN);
		p = next + 1;
	}
}

void
secret_url_init(struct secret_url *u, const char *url, const char *host)
{
	const char *path = strstr(url, "://") + 3, *query;
	size_t len;

	u->mask = (struct secret_mask){.first = {NULL}};
	u->n = 0;
	add(u, MASK_HOST, host, strlen(host), 1);
	path += strcspn(path, "/?");
	len = strcspn(path, "?");
	query = path + len + (path[len] == '?');
	add(u, MASK_URL, path, len, SECRET_URL_PATH_MIN);
	add(u, MASK_URL, query, strlen(query), SECRET_URL_QUERY_MIN);
	if (len > 1) {
		add(u, MASK_URL, path + 1, len - 1, SECRET_URL_PART_MIN);
		add_pieces(u, path + 1, len - 1, '/');
	}
	add_pieces(u, query, strlen(query), '&');
}
