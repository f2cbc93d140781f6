#include "secret_value.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "json_text.h"
#include "strbuf.h"
#include "wipe.h"

#define NEWLINE_MAX 2 /* bytes at the end of a file that are not part of the value */
#define INTAKE_SIZE ((size_t)SECRET_MAX + NEWLINE_MAX + 1) /* one byte more than is allowed */

const char secret_value_no_memory[] = "out of memory";

/* Pages of their own, since locking and leaving out of dumps go by page. */
static char *
arena_new(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	(void)mlock(p, len); /* the limit may be 0; a value in swap is better than none */
#if defined(MADV_DONTDUMP)
	(void)madvise(p, len, MADV_DONTDUMP);
#elif defined(MADV_NOCORE)
	(void)madvise(p, len, MADV_NOCORE);
#endif
	return p;
}

static void
arena_free(char *arena, size_t len)
{
	if (arena == NULL)
		return;
	wipe(arena, len);
	munmap(arena, len);
}

#define ZEROS (SECRET_BASE64 - 2) /* before the bytes of a spelling, in the arena */

static size_t
base64_size(size_t len)
{
	return (len + 2 + 2) / 3 * 4 + 1;
}

/* How much of the arena a spelling of ${len} bytes takes. */
static size_t
spelling_size(size_t len)
{
	return ZEROS + len + (SECRET_BASE64 - 1) * base64_size(len);
}

/* Encode ${len} bytes at ${value}, which has ZEROS before it, to ${out}, in all ways. */
static void
encode(struct secret_spelling *s, const unsigned char *value, size_t len, char *out)
{
	for (size_t shift = 0; shift < SECRET_BASE64 - 1; shift++) {
		/* What holds bits of the bytes before, and what of those behind, is left out. */
		const size_t from = (shift * 8 + 5) / 6, to = (shift + len) * 8 / 6;
		const int n =
			EVP_EncodeBlock((unsigned char *)out, value - shift, (int)(shift + len));

		if (to >= from + SECRET_BASE64_MIN)
			s->base64[shift + 1] = (struct secret){out + from, to - from};
		if (shift == 0)
			s->base64[0] = (struct secret){out, (len * 4 + 2) / 3};
		out += n + 1;
	}
}

/* Copy ${len} bytes to ${arena}, which is all zero, with what base64 makes of them behind. */
static void
keep_spelling(struct secret_spelling *s, const char *bytes, size_t len, char *arena)
{
	memcpy(arena + ZEROS, bytes, len);
	s->bytes = (struct secret){arena + ZEROS, len};
	encode(s, (const unsigned char *)arena + ZEROS, len, arena + ZEROS + len);
}

const char *
secret_value_keep(struct secret_value *v, const char *value, size_t len)
{
	struct strbuf json;
	bool is_other;

	if (len == 0)
		return "is empty";
	if (len > SECRET_MAX)
		return "is longer than 65536 bytes";
	strbuf_init_secret(&json, 6 * (size_t)SECRET_MAX + 1);
	json_escape(&json, value, len);
	if (strbuf_failed(&json))
		goto failed;
	/* It only ever grows. */
	is_other = json.len != len;
	*v = (struct secret_value){
		.arena_len = spelling_size(len) + (is_other ? spelling_size(json.len) : 0)};
	if ((v->arena = arena_new(v->arena_len)) == NULL)
		goto failed;
	keep_spelling(&v->plain, value, len, v->arena);
	if (is_other)
		keep_spelling(&v->json, json.buf, json.len, v->arena + spelling_size(len));
	strbuf_release(&json);
	return NULL;
failed:
	strbuf_release(&json);
	return secret_value_no_memory;
}

int
secret_intake_init(struct secret_intake *in)
{
	*in = (struct secret_intake){.buf = arena_new(INTAKE_SIZE)};
	return in->buf != NULL ? 0 : -1;
}

void
secret_intake_release(struct secret_intake *in)
{
	arena_free(in->buf, INTAKE_SIZE);
	*in = (struct secret_intake){.buf = NULL};
}

ssize_t
secret_intake_read(struct secret_intake *in, int fd)
{
	ssize_t n;

	do
		n = read(fd, in->buf + in->len, INTAKE_SIZE - in->len);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		in->len += (size_t)n;
	return n;
}

bool
secret_intake_is_full(const struct secret_intake *in)
{
	return in->len == INTAKE_SIZE;
}

const char *
secret_value_take(struct secret_value *v, const struct secret_intake *in)
{
	size_t len = in->len;

	if (len > 0 && in->buf[len - 1] == '\n')
		len -= len > 1 && in->buf[len - 2] == '\r' ? 2 : 1;
	return secret_value_keep(v, in->buf, len);
}

const char *
secret_value_read(struct secret_value *v, int fd)
{
	struct secret_intake in;
	const char *error;
	ssize_t n;

	if (secret_intake_init(&in) != 0)
		return secret_value_no_memory;
	while ((n = secret_intake_read(&in, fd)) > 0)
		;
	error = n == 0 ? secret_value_take(v, &in) : "file cannot be read";
	secret_intake_release(&in);
	return error;
}

void
secret_value_release(struct secret_value *v)
{
	arena_free(v->arena, v->arena_len);
	*v = (struct secret_value){.arena = NULL};
}
