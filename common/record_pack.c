#include "record_pack.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The spans that every record has, be they absent. */
static const size_t fixed[] = {offsetof(struct record, delivery_id),
	offsetof(struct record, automation), offsetof(struct record, event.member[EVENT_ID]),
	offsetof(struct record, event.member[EVENT_TYPE]),
	offsetof(struct record, event.member[EVENT_VERSION_STRING]), offsetof(struct record, url),
	offsetof(struct record, body), offsetof(struct record, auth),
	offsetof(struct record, success_when), offsetof(struct record, success_status),
	offsetof(struct record, tls_ca), offsetof(struct record, tls_cert),
	offsetof(struct record, tls_key)};
#define FIXED (sizeof(fixed) / sizeof(fixed[0]))

/* Those of a request that puts a job on a queue. */
static const size_t of_launch[] = {offsetof(struct record, launch.queue_entity),
	offsetof(struct record, launch.queue), offsetof(struct record, launch.entity),
	offsetof(struct record, launch.project)};
#define OF_LAUNCH (sizeof(of_launch) / sizeof(of_launch[0]))

struct packed {
	const char *p;
	uint32_t len; /* a line's is at most 1 GiB */
	uint8_t type;
	bool escaped;
};

struct record_pack {
	uint8_t nheaders, nlate, nkeys, nschemes;
	uint8_t schemes[SIGNATURE_SCHEMES];
	uint8_t auth_scheme;
	bool is_launch;
	/*
	 * FIXED of them; name and value of each header; place and reference of each secret; keys;
	 * the user of RECORD_BASIC; OF_LAUNCH
	 */
	struct packed spans[];
};

size_t
record_pack_size(const struct record *rec)
{
	const size_t n = FIXED + 2 * rec->nheaders + 2 * rec->nlate + rec->nkeys +
			 (rec->auth_scheme == RECORD_BASIC) + (rec->is_launch ? OF_LAUNCH : 0),
		     len = sizeof(struct record_pack) + n * sizeof(struct packed),
		     unit = alignof(max_align_t);

	return (len + unit - 1) / unit * unit;
}

/* Where a record was read, and where its bytes are kept. */
struct move {
	const char *line;
	size_t len;
	const char *copy;
};

/* A span that is not of the line stays where it is: the LINK_ARTIFACT that LINK_MODEL reads as. */
static struct packed
pack(const struct json_span *span, const struct move *move)
{
	const uintptr_t at = (uintptr_t)span->p - (uintptr_t)move->line;

	if (span->type == JSON_NONE)
		return (struct packed){.type = JSON_NONE};
	return (struct packed){at <= move->len ? move->copy + at : span->p, (uint32_t)span->len,
		(uint8_t)span->type, span->escaped};
}

/* The span at ${offset} in a record. */
static struct json_span *
span_at(struct record *rec, size_t offset)
{
	return (struct json_span *)(void *)((char *)rec + offset);
}

static struct json_span
unpack(const struct packed *from)
{
	return (struct json_span){from->p, from->len, (enum json_type)from->type, from->escaped};
}

void
record_pack(struct record_pack *to, const struct record *rec, const char *line, size_t len,
	const char *copy)
{
	const struct move move = {line, len, copy};
	struct packed *p = to->spans;

	*to = (struct record_pack){.nheaders = (uint8_t)rec->nheaders,
		.nlate = (uint8_t)rec->nlate,
		.nkeys = (uint8_t)rec->nkeys,
		.nschemes = (uint8_t)rec->nschemes,
		.auth_scheme = (uint8_t)rec->auth_scheme,
		.is_launch = rec->is_launch};
	for (size_t i = 0; i < rec->nschemes; i++)
		to->schemes[i] = (uint8_t)rec->schemes[i];
	for (size_t i = 0; i < FIXED; i++)
		*p++ = pack((const void *)((const char *)rec + fixed[i]), &move);
	for (size_t i = 0; i < rec->nheaders; i++) {
		*p++ = pack(&rec->headers[i].name, &move);
		*p++ = pack(&rec->headers[i].value, &move);
	}
	for (size_t i = 0; i < rec->nlate; i++) {
		/* One that does not fit is behind the end of any body. */
		const size_t at = rec->late[i].at;

		*p++ = (struct packed){.len = at < UINT32_MAX ? (uint32_t)at : UINT32_MAX};
		*p++ = pack(&rec->late[i].ref, &move);
	}
	for (size_t i = 0; i < rec->nkeys; i++)
		*p++ = pack(&rec->keys[i], &move);
	if (rec->auth_scheme == RECORD_BASIC)
		*p++ = pack(&rec->auth_user, &move);
	for (size_t i = 0; rec->is_launch && i < OF_LAUNCH; i++)
		*p++ = pack((const void *)((const char *)rec + of_launch[i]), &move);
}

void
record_unpack(const struct record_pack *from, struct record *rec)
{
	const struct packed *p = from->spans;

	rec->nheaders = from->nheaders;
	rec->nlate = from->nlate;
	rec->nkeys = from->nkeys;
	rec->nschemes = from->nschemes;
	for (size_t i = 0; i < rec->nschemes; i++)
		rec->schemes[i] = (enum signature_scheme)from->schemes[i];
	for (size_t i = 0; i < FIXED; i++)
		*span_at(rec, fixed[i]) = unpack(p++);
	for (size_t i = 0; i < rec->nheaders; i++) {
		rec->headers[i].name = unpack(p++);
		rec->headers[i].value = unpack(p++);
	}
	for (size_t i = 0; i < rec->nlate; i++) {
		rec->late[i].at = (p++)->len;
		rec->late[i].ref = unpack(p++);
	}
	for (size_t i = 0; i < rec->nkeys; i++)
		rec->keys[i] = unpack(p++);
	rec->auth_scheme = (enum record_auth)from->auth_scheme;
	if (rec->auth_scheme == RECORD_BASIC)
		rec->auth_user = unpack(p++);
	rec->is_launch = from->is_launch;
	for (size_t i = 0; rec->is_launch && i < OF_LAUNCH; i++)
		*span_at(rec, of_launch[i]) = unpack(p++);
}
