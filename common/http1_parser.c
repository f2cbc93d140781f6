#include "http1_parser.h"

#include <string.h>
#include <strings.h>

static void
fail(struct http1_parser *p, const char *error)
{
	p->state = HTTP1_FAILED;
	p->error = error;
	p->keep_alive = false;
}

static void
begin_head(struct http1_parser *p)
{
	p->state = HTTP1_STATUS;
	p->status = 0;
	p->keep_alive = true;
	p->chunked = p->has_length = p->is_http10 = false;
	p->left = 0;
	p->len = 0;
	p->response->retry_after[0] = '\0';
}

void
http1_parser_begin(struct http1_parser *p, struct response *response)
{
	p->response = response;
	p->status = 0;
	p->error = NULL;
	begin_head(p);
}

/* ---- lines ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK"; the reason may be missing. */
static void
read_status(struct http1_parser *p, const char *line, size_t len)
{
	if (len < 12 || memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ' ||
		line[9] < '1' || line[9] > '9' || !is_digit(line[10]) || !is_digit(line[11]) ||
		(len > 12 && line[12] != ' ')) {
		fail(p, "what came is no HTTP response");
		return;
	}
	p->is_http10 = line[7] == '0';
	p->keep_alive = !p->is_http10;
	p->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	p->state = HTTP1_HEADERS;
}

/* Whether ${len} bytes at ${line} are the header ${name}; then *${value} is where its value starts. */
static bool
is_field(const char *line, size_t len, const char *name, const char **value, size_t *value_len)
{
	const size_t n = strlen(name);
	const char *end = line + len;

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return false;
	for (line += n + 1; line < end && (*line == ' ' || *line == '\t'); line++)
		continue;
	while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*value = line;
	*value_len = (size_t)(end - line);
	return true;
}

static void
read_length(struct http1_parser *p, const char *value, size_t len)
{
	uint64_t n = 0;

	if (len == 0 || len > 18) {
		fail(p, "the response's Content-Length is malformed");
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(value[i])) {
			fail(p, "the response's Content-Length is malformed");
			return;
		}
		n = n * 10 + (uint64_t)(value[i] - '0');
	}
	if (p->has_length && n != p->left)
		fail(p, "the response has two lengths");
	p->has_length = true;
	p->left = n;
}

/* Whether ${word} is one of the comma-separated ones in ${value}. */
static bool
has_word(const char *value, size_t len, const char *word)
{
	const size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(value + i, word, n) == 0 &&
			(i == 0 || value[i - 1] == ',' || value[i - 1] == ' ') &&
			(i + n == len || value[i + n] == ',' || value[i + n] == ' '))
			return true;
	return false;
}

static void
read_field(struct http1_parser *p, const char *line, size_t len)
{
	const char *value;
	size_t n;

	if (memchr(line, '\0', len) != NULL) {
		fail(p, "the response's headers hold a NUL");
	} else if (is_field(line, len, "Content-Length", &value, &n)) {
		read_length(p, value, n);
	} else if (is_field(line, len, "Transfer-Encoding", &value, &n)) {
		p->chunked = has_word(value, n, "chunked");
		if (!p->chunked)
			p->keep_alive = false;
	} else if (is_field(line, len, "Connection", &value, &n)) {
		if (has_word(value, n, "close"))
			p->keep_alive = false;
		else if (p->is_http10 && has_word(value, n, "keep-alive"))
			p->keep_alive = true;
	} else {
		response_field(p->response, line, len);
	}
}

/* The blank line behind the headers has come. */
static void
end_head(struct http1_parser *p)
{
	if (p->status == 101) {
		fail(p, "the response switches to another protocol");
	} else if (p->status < 200) {
		begin_head(p);
	} else if (p->status == 204 || p->status == 304) {
		p->state = HTTP1_DONE;
	} else if (p->chunked) {
		/* Both lengths at once are how responses are smuggled. */
		p->keep_alive &= !p->has_length;
		p->state = HTTP1_CHUNK_SIZE;
	} else if (p->has_length) {
		p->state = p->left > 0 ? HTTP1_LENGTH : HTTP1_DONE;
	} else {
		p->keep_alive = false;
		p->state = HTTP1_UNTIL_CLOSE;
	}
}

/* "1a2b", with an extension behind ";" perhaps. */
static void
read_chunk_size(struct http1_parser *p, const char *line, size_t len)
{
	size_t i = 0;

	p->left = 0;
	for (; i < len && i < 15; i++) {
		const char c = line[i] | 0x20;

		if (is_digit(line[i]))
			p->left = p->left * 16 + (uint64_t)(line[i] - '0');
		else if (c >= 'a' && c <= 'f')
			p->left = p->left * 16 + (uint64_t)(c - 'a' + 10);
		else
			break;
	}
	if (i == 0 || (i < len && line[i] != ';' && line[i] != ' ' && line[i] != '\t'))
		fail(p, "a chunk of the response has a malformed length");
	else
		p->state = p->left > 0 ? HTTP1_CHUNK : HTTP1_TRAILERS;
}

/* A line has come, without its end. */
static void
take_line(struct http1_parser *p, const char *line, size_t len)
{
	switch (p->state) {
	case HTTP1_STATUS:
		read_status(p, line, len);
		break;
	case HTTP1_HEADERS:
		if (len == 0)
			end_head(p);
		else
			read_field(p, line, len);
		break;
	case HTTP1_CHUNK_SIZE:
		read_chunk_size(p, line, len);
		break;
	case HTTP1_CHUNK_END:
		if (len == 0)
			p->state = HTTP1_CHUNK_SIZE;
		else
			fail(p, "a chunk of the response is longer than it says");
		break;
	case HTTP1_TRAILERS:
		if (len == 0)
			p->state = HTTP1_DONE;
		break;
	default:
		break;
	}
}

/* ---- bytes ---- */

/* Take a line, or a part of one. Returns how many bytes were taken. */
static size_t
feed_line(struct http1_parser *p, const char *data, size_t len)
{
	const char *newline = memchr(data, '\n', len);
	const size_t n = newline != NULL ? (size_t)(newline - data) : len;
	const size_t room = sizeof(p->line) - p->len;
	const char *line = data;
	size_t line_len = n;

	if (!response_head(p->response, n + (newline != NULL))) {
		fail(p, NULL);
		return len;
	}
	if (newline == NULL || p->len > 0) {
		/* Of a line that is too long, only its beginning is looked at. */
		memcpy(p->line + p->len, data, n < room ? n : room);
		p->len += n < room ? n : room;
		line = p->line;
		line_len = p->len;
	}
	/* What does not even begin like HTTP is not waited for to the end of its line. */
	if (p->state == HTTP1_STATUS && memcmp(line, "HTTP/", line_len < 5 ? line_len : 5) != 0) {
		fail(p, "what came is no HTTP response");
		return len;
	}
	if (newline == NULL)
		return len;
	p->len = 0;
	if (line_len > 0 && line[line_len - 1] == '\r')
		line_len--;
	take_line(p, line, line_len);
	return n + 1;
}

/* Take bytes of a body. */
static size_t
feed_body(struct http1_parser *p, const char *data, size_t len)
{
	if (p->state != HTTP1_UNTIL_CLOSE && len > p->left)
		len = (size_t)p->left;
	if (!response_body(p->response, data, len)) {
		p->state = HTTP1_DONE;
		p->keep_alive = false;
		return len;
	}
	if (p->state == HTTP1_UNTIL_CLOSE)
		return len;
	p->left -= len;
	if (p->left == 0)
		p->state = p->state == HTTP1_CHUNK ? HTTP1_CHUNK_END : HTTP1_DONE;
	return len;
}

void
http1_parser_feed(struct http1_parser *p, const char *data, size_t len)
{
	while (len > 0) {
		const bool in_body = p->state == HTTP1_LENGTH || p->state == HTTP1_CHUNK ||
				     p->state == HTTP1_UNTIL_CLOSE;
		size_t n;

		if (p->state == HTTP1_DONE || p->state == HTTP1_FAILED) {
			p->keep_alive = false;
			return;
		}
		n = in_body ? feed_body(p, data, len) : feed_line(p, data, len);
		data += n;
		len -= n;
	}
}

void
http1_parser_end(struct http1_parser *p)
{
	switch (p->state) {
	case HTTP1_UNTIL_CLOSE:
		p->state = HTTP1_DONE;
		break;
	case HTTP1_STATUS:
	case HTTP1_HEADERS:
		fail(p, p->response->header_bytes == 0
				? "the connection was closed without an answer; whether the request arrived is not known"
				: "the connection ended within the response's headers");
		break;
	case HTTP1_DONE:
	case HTTP1_FAILED:
		break;
	default:
		fail(p, "the connection ended within the response's body");
	}
	p->keep_alive = false;
}
