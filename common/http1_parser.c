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
	p->keep_alive = p->is_http10 = p->has_coding = p->chunked = p->has_length = false;
	p->says_close = p->says_keep_alive = p->is_held = false;
	p->left = 0;
	p->len = 0;
	response_status(p->response);
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
	p->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	p->state = HTTP1_HEADERS;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Whether ${len} bytes at ${line} are the header ${name}; then *${value} is its value. */
static bool
is_field(const char *line, size_t len, const char *name, const char **value, size_t *value_len)
{
	const size_t n = strlen(name);
	const char *end = line + len;

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
		return false;
	for (line += n + 1; line < end && is_blank(*line); line++)
		continue;
	while (end > line && is_blank(end[-1]))
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

/* "5", or the same one several times: "5, 5". */
static void
read_lengths(struct http1_parser *p, const char *value, size_t len)
{
	const char *end = value + len, *comma;

	while (p->state != HTTP1_FAILED && (comma = memchr(value, ',', (size_t)(end - value)))) {
		size_t n = (size_t)(comma - value);

		while (n > 0 && is_blank(value[n - 1]))
			n--;
		read_length(p, value, n);
		for (value = comma + 1; value < end && is_blank(*value); value++)
			continue;
	}
	if (p->state != HTTP1_FAILED)
		read_length(p, value, (size_t)(end - value));
}

static bool
is_between_words(char c)
{
	return c == ',' || is_blank(c);
}

/* Whether ${word} is one of the comma-separated ones in ${value}. */
static bool
has_word(const char *value, size_t len, const char *word)
{
	const size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if ((i == 0 || is_between_words(value[i - 1])) &&
			strncasecmp(value + i, word, n) == 0 &&
			(i + n == len || is_between_words(value[i + n])))
			return true;
	return false;
}

/* Only the last coding says how the body ends: "gzip" may stand before "chunked", not behind. */
static void
read_codings(struct http1_parser *p, const char *value, size_t len)
{
	static const char word[] = "chunked";
	const size_t n = sizeof(word) - 1;

	p->has_coding = true;
	while (len > 0 && is_between_words(value[len - 1]))
		len--;
	if (len == 0)
		return;
	p->chunked = len >= n && strncasecmp(value + len - n, word, n) == 0;
	for (len -= p->chunked ? n : 0; p->chunked && len > 0 && is_blank(value[len - 1]); len--)
		continue;
	p->chunked &= len == 0 || value[len - 1] == ',';
}

static void
read_field(struct http1_parser *p, const char *line, size_t len)
{
	const char first = line[0] | 0x20, *value;
	size_t n;
	const bool is_length = first == 'c' && is_field(line, len, "Content-Length", &value, &n);
	const bool is_coding = first == 't' && is_field(line, len, "Transfer-Encoding", &value, &n);
	const bool is_connection = first == 'c' && is_field(line, len, "Connection", &value, &n);

	/* The last byte of a line that is cut off may be half of its end. */
	if (memchr(line, '\0', len) != NULL ||
		memchr(line, '\r', len - (len == HTTP1_LINE_MAX)) != NULL) {
		fail(p, "the response's headers hold a NUL or a carriage return");
	} else if (!is_length && !is_coding && !is_connection) {
		response_field(p->response, line, len);
	} else if (len == HTTP1_LINE_MAX) {
		fail(p, "a header of the response that frames its body is too long");
	} else if (is_length) {
		read_lengths(p, value, n);
	} else if (is_coding) {
		read_codings(p, value, n);
	} else {
		p->says_close |= has_word(value, n, "close");
		p->says_keep_alive |= has_word(value, n, "keep-alive");
	}
}

/* The blank line behind the headers has come. */
static void
end_head(struct http1_parser *p)
{
	p->keep_alive = !p->says_close && (!p->is_http10 || p->says_keep_alive);
	p->response->has_head = p->status >= 200;
	if (p->status == 101) {
		fail(p, "the response switches to another protocol");
	} else if (p->status < 200) {
		begin_head(p);
	} else if (p->status == 204 || p->status == 304) {
		/* There is no body; who says that there is one may send it, too. */
		p->keep_alive &= !p->has_coding && (!p->has_length || p->left == 0);
		p->state = HTTP1_DONE;
	} else if (p->has_coding) {
		/* Both lengths at once are how responses are smuggled; 1.0 knows no codings. */
		p->keep_alive &= p->chunked && !p->has_length && !p->is_http10;
		p->left = 0;
		p->state = p->chunked ? HTTP1_CHUNK_SIZE : HTTP1_UNTIL_CLOSE;
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
	size_t i = 0, digits;

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
	digits = i;
	while (i < len && is_blank(line[i]))
		i++;
	if (digits == 0 || (i < len && line[i] != ';'))
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

/* There is more of a body than is read; its status stands. */
static void
end_early(struct http1_parser *p)
{
	p->state = HTTP1_DONE;
	p->keep_alive = false;
}

/* Of a line that is too long, only its beginning is kept. */
static void
keep(struct http1_parser *p, const char *data, size_t len)
{
	const size_t room = sizeof(p->line) - p->len;

	len = len < room ? len : room;
	memcpy(p->line + p->len, data, len);
	p->len += len;
}

/*
 * A header is whole, unless the line behind it, which begins with ${next}, continues it. Returns
 * whether it does. [RFC 9112, 5.2]
 */
static bool
continues(struct http1_parser *p, char next)
{
	const size_t len = p->len;

	p->is_held = false;
	if (is_blank(next)) {
		keep(p, " ", 1);
		return true;
	}
	p->len = 0;
	take_line(p, p->line, len);
	return false;
}

/* ${len} bytes of a line have come. False if that is too much, and the end. */
static bool
is_read(struct http1_parser *p, size_t len)
{
	const bool in_head = p->state == HTTP1_STATUS || p->state == HTTP1_HEADERS;

	if (in_head ? response_head(p->response, len) : response_frame(p->response, len))
		return true;
	if (in_head)
		fail(p, NULL);
	else
		end_early(p);
	return false;
}

/* Take a line, or a part of one. Returns how many bytes were taken. */
static size_t
feed_line(struct http1_parser *p, const char *data, size_t len)
{
	const char *newline = memchr(data, '\n', len), *line = data;
	const size_t n = newline != NULL ? (size_t)(newline - data) : len;
	size_t line_len = n < HTTP1_LINE_MAX ? n : HTTP1_LINE_MAX;

	if (p->is_held && !continues(p, *data))
		return 0;
	if (newline == NULL || p->len > 0) {
		keep(p, data, n);
		line = p->line;
		line_len = p->len;
	}
	/* What does not even begin like HTTP is not waited for to the end of its line. */
	if (p->state == HTTP1_STATUS && memcmp(line, "HTTP/", line_len < 5 ? line_len : 5) != 0) {
		fail(p, "what came is no HTTP response");
		return len;
	}
	if (!is_read(p, n + (newline != NULL)))
		return len;
	if (newline == NULL)
		return len;
	if (line_len > 0 && line_len < HTTP1_LINE_MAX && line[line_len - 1] == '\r')
		line_len--;
	if (p->state == HTTP1_HEADERS && line_len > 0 && (n + 1 == len || is_blank(newline[1]))) {
		if (line == data)
			keep(p, line, line_len);
		p->len = line_len;
		p->is_held = true;
		return n + 1;
	}
	p->len = 0;
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
		end_early(p);
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
		fail(p, p->response->head_bytes == 0
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
