/*
 * report - whatever the lines of a journal say, a report of them is well-formed: the tags of its
 * page are those that it is made of, and nest; rows of its Markdown have as many cells as their
 * table; and in its text, nothing moves a cursor.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <ctype.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "report.h"
#include "report_html.h"
#include "report_markdown.h"
#include "report_text.h"
#include "timestamp.h"

#define NOW_MS 1795519028123 /* 2026-11-24T11:17:08.123Z */
#define DEPTH_MAX 32

/* Deliveries are counted once each, whatever their ids; the rule of the last line is elsewhere. */
static void
gather(struct report *r, const char *text, size_t size)
{
	for (const char *end = text + size, *newline; text < end; text = newline + 1) {
		struct execution x;
		const char *why;
		size_t at;
		int64_t ms;

		newline = memchr(text, '\n', (size_t)(end - text));
		newline = newline != NULL ? newline : end;
		if (!execution_read(&x, text, (size_t)(newline - text), &why, &at))
			continue;
		const struct json_span *when = &x.member[EXECUTION_AT];
		const bool has_time =
			when->type == JSON_STRING && timestamp_parse(when->p, when->len, &ms) == 0;

		report_add(r, &x, has_time ? &ms : NULL, "j'<\"");
	}
	REQUIRE(report_end(r) == 0);
}

/* However they are grouped, they are as many. */
static void
check_numbers(const struct report *r)
{
	const struct report_groups *const all[] = {&r->endpoints, &r->automations};
	uint64_t sum = 0;

	for (size_t i = 0; i < r->series.n; i++)
		for (int k = 0; k <= EXECUTION_OTHER; k++)
			sum += r->series.step[i].n[k];
	REQUIRE(sum + r->undated == r->all.n);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		sum = 0;
		for (size_t k = 0; k < all[i]->n; k++)
			sum += all[i]->v[k]->numbers.n;
		REQUIRE(sum == r->all.n);
	}
}

/* ---- what is written ---- */

static void
check_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		REQUIRE((unsigned char)text[i] >= ' ' ? text[i] != 0x7f : text[i] == '\n');
}

/* Each row has the pipes of the first one of its table. */
static void
check_markdown(const char *text, size_t len)
{
	size_t wanted = 0;

	for (const char *end = text + len, *newline; text < end; text = newline + 1) {
		size_t pipes = 0;

		newline = memchr(text, '\n', (size_t)(end - text));
		REQUIRE(newline != NULL);
		if (*text != '|') {
			wanted = 0;
			continue;
		}
		for (const char *p = text; p < newline; p++)
			pipes += *p == '|' && (p == text || p[-1] != '\\');
		REQUIRE(newline[-1] == '|' && (wanted == 0 || pipes == wanted));
		wanted = pipes;
	}
}

/* The end of the tag that begins at ${p}; its quotes are in pairs. */
static const char *
tag_end(const char *p, const char *end)
{
	bool is_quoted = false;

	for (; p < end && (is_quoted || *p != '>'); p++)
		is_quoted ^= *p == '"';
	REQUIRE(p < end);
	return p;
}

static bool
is_void(const char *name)
{
	return strcmp(name, "meta") == 0 || strcmp(name, "wbr") == 0 ||
	       strcmp(name, "!DOCTYPE") == 0;
}

static void
check_html(const char *text, size_t len)
{
	static const char known[] =
		" !DOCTYPE html head meta title style body header h1 p code main dl div dt dd span h2 figure ul li "
		"svg rect desc defs pattern path circle line text g figcaption details summary section table thead tr "
		"th tbody td time ol h3 strong pre footer wbr ";
	char open[DEPTH_MAX][16], name[16], between[18];
	size_t depth = 0;

	for (const char *p = text, *end = text + len;
		(p = memchr(p, '<', (size_t)(end - p))) != NULL;) {
		const bool closes = p[1] == '/';
		const char *last = tag_end(p, end);
		size_t n = 0;

		for (p += 1 + closes;
			n < sizeof(name) - 1 && (isalnum((unsigned char)*p) || *p == '!');)
			name[n++] = *p++;
		name[n] = '\0';
		snprintf(between, sizeof(between), " %s ", name);
		REQUIRE(strstr(known, between) != NULL);
		if (closes) {
			REQUIRE(depth > 0 && strcmp(open[--depth], name) == 0);
		} else if (!is_void(name) && last[-1] != '/') {
			REQUIRE(depth < DEPTH_MAX);
			memcpy(open[depth++], name, sizeof(name));
		}
		p = last;
	}
	REQUIRE(depth == 0);
}

static void
check(const struct report *r, int format)
{
	static const char *const journals[] = {"j'<\""};
	const struct report_html html = {NOW_MS, journals, 1};
	const struct report_text plain = {NOW_MS, format == 1};
	const int fd = memfd_create("report", 0), copy = dup(fd);
	struct output out;
	off_t len;
	char *text;

	REQUIRE(fd >= 0 && copy >= 0);
	output_init(&out, copy, "memory");
	if (format == 2)
		report_markdown_write(r, NOW_MS, &out);
	else
		REQUIRE((format == 3 ? report_html_write(r, &html, &out)
				     : report_text_write(r, &plain, &out)) == 0);
	REQUIRE(output_close(&out) == 0);
	len = lseek(fd, 0, SEEK_END);
	text = mmap(NULL, (size_t)len, PROT_READ, MAP_PRIVATE, fd, 0);
	REQUIRE(text != MAP_FAILED);
	check_plain(text, (size_t)len);
	if (format == 2)
		check_markdown(text, (size_t)len);
	else if (format == 3)
		check_html(text, (size_t)len);
	munmap(text, (size_t)len);
	close(fd);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	struct report r;

	report_init(&r, REPORT_MARKDOWN_STEPS, 5);
	gather(&r, (const char *)data, size);
	check_numbers(&r);
	for (int format = 0; format < 4; format++)
		check(&r, format);
	report_release(&r);
	return 0;
}
