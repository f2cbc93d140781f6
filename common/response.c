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
response_begin(struct response *r, size_t max)
{
	strbuf_reset(&r->body);
	r->body.max = max;
	r->header_bytes = r->body_bytes = 0;
	r->overfull = false;
	r->retry_after[0] = '\0';
}

bool
response_head(struct response *r, size_t len)
{
	r->header_bytes += len;
	r->overfull |= r->header_bytes > RESPONSE_HEADERS_MAX;
	return !r->overfull;
}

bool
response_body(struct response *r, const char *data, size_t len)
{
	const size_t room = r->body.max - r->body.len;

	r->body_bytes += len;
	strbuf_add(&r->body, data, len < room ? len : room);
	r->overfull |= r->body_bytes > RESPONSE_READ_MAX;
	return !r->overfull;
}

void
response_field(struct response *r, const char *line, size_t len)
{
	static const char name[] = "Retry-After:";
	size_t n = sizeof(name) - 1;

	if (len < n || strncasecmp(line, name, n) != 0)
		return;
	while (n < len && (line[n] == ' ' || line[n] == '\t'))
		n++;
	while (len > n && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	/* What is longer is no time. */
	if (len - n >= sizeof(r->retry_after))
		return;
	memcpy(r->retry_after, line + n, len - n);
	r->retry_after[len - n] = '\0';
}
