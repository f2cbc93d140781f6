/*
 * documents - of any bytes, each is in a document, is refused, or stands between documents; the
 * documents are objects, in the order of the input; and nothing is refused just when the input is
 * objects and arrays of objects.
 *
 * The first byte, times eight, is the longest line, if it is not 0; the input follows.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "documents.h"
#include "fuzz.h"

#define PATH_SIZE 40
#define BYTES_MAX ((size_t)64 * 1024 * 1024)

static int input = -1, rejects, null;
static char input_path[PATH_SIZE], rejects_path[PATH_SIZE];

static int
make_file(const char *name, char path[PATH_SIZE])
{
	const int fd = memfd_create(name, 0);

	REQUIRE(fd >= 0);
	snprintf(path, PATH_SIZE, "/proc/self/fd/%d", fd);
	return fd;
}

/* Add what is no white space. */
static void
add_dense(struct strbuf *sb, const char *p, size_t len)
{
	for (const char *end = p + len; p < end; p++)
		if (memchr(" \t\r\n", *p, 4) == NULL)
			strbuf_addc(sb, *p);
}

static void
check_document(const struct documents *d, const struct filter *f)
{
	const char *why;
	size_t at;

	REQUIRE(d->len >= 2 && d->len <= f->in.max + 1);
	REQUIRE(d->p[0] == '{' && json_validate(d->p, d->len, &why, &at));
}

/* Read the input, with all documents in ${found} and all that is refused in ${refused}. */
static int
read_all(size_t max_line, struct strbuf *found, struct strbuf *refused)
{
	char *files[] = {input_path}, bytes[4096];
	const struct filter_args args = {max_line, rejects_path, files, 1};
	const int saved = dup(STDERR_FILENO);
	struct documents d;
	struct filter f;
	ssize_t n;
	int status;

	REQUIRE(saved >= 0 && dup2(null, STDERR_FILENO) >= 0);
	REQUIRE(ftruncate(rejects, 0) == 0 && filter_init(&f, &args) == 0);
	f.out.fd = -1;
	documents_init(&d, &f);
	while (documents_next(&d)) {
		check_document(&d, &f);
		add_dense(found, d.p, d.len);
	}
	documents_release(&d);
	status = filter_finish(&f);
	REQUIRE(dup2(saved, STDERR_FILENO) >= 0 && close(saved) == 0);
	REQUIRE(status == EXIT_DONE || status == EXIT_REJECTED);
	for (off_t at = 0; (n = pread(rejects, bytes, sizeof(bytes), at)) > 0; at += n)
		add_dense(refused, bytes, (size_t)n);
	return status;
}

static void
count(size_t counts[256], const struct strbuf *sb)
{
	for (size_t i = 0; i < sb->len; i++)
		counts[(unsigned char)sb->buf[i]]++;
}

/*
 * Nothing is lost but what stands between documents and, if ${marked}, a mark before them; and
 * nothing is there twice.
 */
static void
check_bytes(const struct strbuf *all, const struct strbuf *found, const struct strbuf *refused,
	bool marked)
{
	size_t before[256] = {0}, after[256] = {0};

	count(before, all);
	count(after, found);
	count(after, refused);
	for (int c = 0; c < 256; c++) {
		const size_t lost = before[c] - after[c];

		REQUIRE(after[c] <= before[c]);
		REQUIRE(lost == 0 || (c != 0 && strchr("[],", c) != NULL) ||
			(marked && c != 0 && strchr("\xef\xbb\xbf", c) != NULL && lost == 1));
	}
}

/* Read ${end} - *${p} bytes as an object, or an array of objects, and go behind it. */
static bool
take_value(const char **p, const char *end, struct strbuf *objects, bool may_be_array)
{
	struct json_span value;
	struct json js;

	json_init(&js, *p, (size_t)(end - *p));
	if (json_peek(&js) == JSON_ARRAY && may_be_array) {
		const char *item = js.p + 1;

		for (bool first = true;; first = false) {
			item += strspn(item, " \t\r\n");
			if (*item == ']' && first)
				break;
			if (!take_value(&item, end, objects, false))
				return false;
			item += strspn(item, " \t\r\n");
			if (*item != ',')
				break;
			item++;
		}
		*p = item + 1;
		return *item == ']';
	}
	if (json_peek(&js) != JSON_OBJECT || !json_value(&js, &value))
		return false;
	add_dense(objects, value.p, value.len);
	*p = js.p;
	return true;
}

/* Whether the text, which ends with a NUL, is objects and arrays of objects: add all of those. */
static bool
is_objects(const char *p, const char *end, struct strbuf *objects)
{
	while ((p += strspn(p, " \t\r\n")) < end)
		if (!take_value(&p, end, objects, true))
			return false;
	return true;
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	const size_t mark = size > 3 && memcmp(data + 1, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	struct strbuf all, found, refused, text, objects;
	int status;

	if (size == 0)
		return 0;
	if (input < 0) {
		input = make_file("input", input_path);
		rejects = make_file("rejects", rejects_path);
		null = memfd_create("messages", 0);
		REQUIRE(null >= 0);
	}
	strbuf_init(&all, BYTES_MAX);
	strbuf_init(&found, BYTES_MAX);
	strbuf_init(&refused, BYTES_MAX);
	strbuf_init(&text, BYTES_MAX);
	strbuf_init(&objects, BYTES_MAX);
	REQUIRE(ftruncate(input, 0) == 0 && ftruncate(null, 0) == 0);
	REQUIRE(pwrite(input, data + 1, size - 1, 0) == (ssize_t)size - 1);
	strbuf_add(&text, (const char *)data + 1 + mark, size - 1 - mark);
	add_dense(&all, (const char *)data + 1, size - 1);
	status = read_all((size_t)data[0] * 8, &found, &refused);
	if (data[0] == 0 && strlen(strbuf_str(&text)) == text.len) {
		const bool is_clean = is_objects(text.buf, text.buf + text.len, &objects);

		REQUIRE(is_clean == (status == EXIT_DONE));
		REQUIRE(!is_clean || objects.len == found.len);
		if (is_clean && found.len > 0)
			REQUIRE(memcmp(objects.buf, found.buf, found.len) == 0);
	}
	REQUIRE(status != EXIT_DONE || refused.len == 0);
	check_bytes(&all, &found, &refused, mark != 0);
	strbuf_release(&all);
	strbuf_release(&found);
	strbuf_release(&refused);
	strbuf_release(&text);
	strbuf_release(&objects);
	return 0;
}
