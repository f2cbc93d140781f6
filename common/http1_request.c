#include "http1_request.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "header.h"

/* What stands in the request line: path and query as they are in the URL. */
static const char *
target_of(const char *url)
{
	const char *authority = strstr(url, "://");

	authority = authority != NULL ? authority + 3 : url;
	return authority + strcspn(authority, "/?#");
}

static void
add_header(struct strbuf *head, const char *line)
{
	const size_t len = strlen(line);

	/* A name and ";" is a header without a value. */
	if (len > 0 && line[len - 1] == ';' && memchr(line, ':', len) == NULL) {
		strbuf_add(head, line, len - 1);
		strbuf_lit(head, ":\r\n");
		return;
	}
	strbuf_add(head, line, len);
	strbuf_lit(head, "\r\n");
}

static void
add_number(struct strbuf *head, uint64_t n)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	strbuf_add(head, p, (size_t)(digits + sizeof(digits) - p));
}

static void
add_host(struct strbuf *head, const struct url *where)
{
	const bool brackets = strchr(where->host, ':') != NULL;

	strbuf_lit(head, "Host: ");
	if (brackets)
		strbuf_addc(head, '[');
	strbuf_adds(head, where->host);
	if (brackets)
		strbuf_addc(head, ']');
	if (where->port != 80) {
		strbuf_addc(head, ':');
		add_number(head, where->port);
	}
	strbuf_lit(head, "\r\n");
}

int
http1_request_head(struct strbuf *head, const struct transfer_request *r)
{
	const char *target = target_of(r->url);
	bool has_accept = false;

	strbuf_reset(head);
	strbuf_lit(head, "POST ");
	if (*target != '/')
		strbuf_addc(head, '/');
	strbuf_add(head, target, strcspn(target, "#"));
	strbuf_lit(head, " HTTP/1.1\r\n");
	add_host(head, r->where);
	for (size_t i = 0; i < r->nheaders; i++) {
		const char *line = r->headers[i];

		has_accept |=
			(*line | 0x20) == 'a' && header_is(line, strcspn(line, ":;"), "Accept");
		add_header(head, line);
	}
	if (!has_accept)
		strbuf_lit(head, "Accept: */*\r\n");
	strbuf_lit(head, "Content-Length: ");
	add_number(head, r->len);
	strbuf_lit(head, "\r\n\r\n");
	return strbuf_failed(head) ? -1 : 0;
}
