#include "delivery.h"

#include <stdlib.h>
#include <string.h>

#define OVERHEAD 160 /* bytes beside it: its lane's and its endpoint's share, malloc's */

/* One piece of memory: the struct, the record's pack, its line. */
struct delivery *
delivery_new(const struct record *rec, const char *line, size_t len)
{
	const size_t pack_size = record_pack_size(rec);
	struct delivery *d = malloc(sizeof(*d) + pack_size + len);
	struct record_pack *pack;
	char *copy;

	if (d == NULL)
		return NULL;
	pack = (void *)(d + 1);
	copy = (char *)pack + pack_size;
	*d = (struct delivery){.pack = pack, .pack_size = pack_size, .line = copy, .len = len};
	memcpy(copy, line, len);
	record_pack(pack, rec, line, len, copy);
	return d;
}

void
delivery_free(struct delivery *d)
{
	free(d->message);
	free(d);
}

size_t
delivery_bytes(const struct delivery *d)
{
	return sizeof(*d) + d->pack_size + d->len + OVERHEAD +
	       (d->message != NULL ? strlen(d->message) : 0);
}
