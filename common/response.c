#include "response.h"

#include <string.h>
#include <strings.h>

void
response_init(struct response *r)
{
	*r = (struct response){.overfull = false};
	strbuf_init(&r->body, 0);
}

void
response_release(struct response *r)
{
	strbuf_release(&r->body);
}

void
response_begin(struct response *r, size_t keep_max, size_t read_max)
{
	strbuf_reset(&r->body);
	r->body.max = keep_max;
	r->read_max = read_max;
	r->head_bytes = r->body_bytes = r->frame_bytes = 0;
	r->overfull = r->is_needed = false;
	response_status(r);
}

int
response_need(struct response *r)
{
	const size_t max = r->body.max;

	r->is_needed = true;
	return strbuf_room(&r->body, max < RESPONSE_USUAL ? max : RESPONSE_USUAL) != NULL ? 0 : -1;
}

bool
response_head(struct response *r, size_t len)
{
	r->head_bytes += len;
	r->overfull |= r->head_bytes > RESPONSE_HEADERS_MAX;
	return !r->overfull;
}

bool
response_body(struct response *r, const char *data, size_t len)
{
	const size_t room = r->body.max - r->body.len;

	r->body_bytes += len;
	strbuf_add(&r->body, data, len < room ? len : room);
	r->overfull |= r->body_bytes > r->read_max;
	return !r->overfull;
}

bool
response_frame(struct response *r, size_t len)
{
	r->frame_bytes += len;
	r->overfull |= r->frame_bytes > RESPONSE_HEADERS_MAX + r->read_max / 4;
	return !r->overfull;
}

bool
response_is_cut(const struct response *r)
{
	return r->overfull || r->body_bytes > r->body.len;
}

bool
response_is_lost(const struct response *r)
{
	return r->is_needed && strbuf_failed(&r->body);
}

void
response_status(struct response *r)
{
	r->has_head = false;
	r->retry_after[0] = r->date[0] = '\0';
}

void
response_field(struct response *r, const char *line, size_t len)
{
	static const char retry_after[] = "Retry-After:", date[] = "Date:";
	const bool is_date = len > 0 && (*line | 0x20) == 'd';
	const char *name = is_date ? date : retry_after;
	size_t n = is_date ? sizeof(date) - 1 : sizeof(retry_after) - 1;
	char *value = is_date ? r->date : r->retry_after;

	if (len < n || (*line | 0x20) != (*name | 0x20) || strncasecmp(line, name, n) != 0)
		return;
	while (n < len && (line[n] == ' ' || line[n] == '\t'))
		n++;
	while (len > n && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	/* What is longer is no time. */
	if (len - n >= RESPONSE_FIELD_MAX)
		return;
	memcpy(value, line + n, len - n);
	value[len - n] = '\0';
}
