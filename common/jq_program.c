#include "jq_program.h"

#include <jq.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "json.h"
#include "portable.h"
#include "utf8.h"

/*
 * Stands before every program, in its first line, so that the numbers of lines stay right. jq drops
 * definitions that nothing refers to; one that is used makes the error that explain() knows. After
 * a pipe neither import nor include nor module is syntax.
 */
#define REFUSED "$wb_refused_"
static const char before[] = "{} as $ENV | def env: {};"
			     "def input: " REFUSED "input; def inputs: " REFUSED "inputs;"
			     "def input_filename: " REFUSED "input_filename;"
			     "def input_line_number: " REFUSED "input_line_number;"
			     "def debug: " REFUSED "debug; def debug(f): " REFUSED "debug;"
			     "def stderr: " REFUSED "stderr; def halt: " REFUSED "halt;"
			     "def halt_error: " REFUSED "halt_error;"
			     "def halt_error(f): " REFUSED "halt_error;"
			     "def modulemeta: " REFUSED "modulemeta;"
			     "def get_search_list: " REFUSED "get_search_list;"
			     "def get_jq_origin: " REFUSED "get_jq_origin;"
			     "def get_prog_origin: " REFUSED "get_prog_origin; ";

struct jq_program {
	jq_state *jq;
};

/* Longjmp out of libjq would leave its state as it is; it aborts when this returns. */
static void
end_without_memory(void *ctx)
{
	(void)ctx;
	diag("out of memory in a jq program");
	_exit(EXIT_IO);
}

/* Copy ${len} bytes of UTF-8 into ${error} as one line; what is too long ends in "...". */
static void
set_error(char error[JQ_PROGRAM_ERROR_MAX], const char *text, size_t len)
{
	size_t n = 0;

	while (len > 0) {
		uint32_t code;
		size_t size = utf8_decode((const unsigned char *)text, len, &code);

		if (size == 0)
			break;
		if (n + size + strlen("...") >= JQ_PROGRAM_ERROR_MAX) {
			memcpy(error + n, "...", 3);
			n += 3;
			break;
		}
		memcpy(error + n, text, size);
		if (code < 0x20 || (code >= 0x7f && code < 0xa0)) /* C1 controls, too */
			memset(error + n, ' ', size);
		n += size;
		text += size;
		len -= size;
	}
	error[n] = '\0';
}

/*
 * What jq says of a program that it cannot compile, in our words: the first line of "jq: error: WHY
 * (Unix shell quoting issues?) at <top-level>, line N:", behind which jq repeats that line.
 */
static void
explain(const char *message, char error[JQ_PROGRAM_ERROR_MAX])
{
	static const char jq[] = "jq: error: ";
	char out[JQ_PROGRAM_ERROR_MAX];
	size_t len;
	const char *at, *hint, *line;

	if (strncmp(message, jq, sizeof(jq) - 1) == 0)
		message += sizeof(jq) - 1;
	len = strcspn(message, "\n");
	if (strncmp(message, REFUSED, sizeof(REFUSED) - 1) == 0) {
		message += sizeof(REFUSED) - 1;
		snprintf(out, sizeof(out), "%.*s is not allowed here", (int)strcspn(message, " \n"),
			message);
		set_error(error, out, strlen(out));
		return;
	}
	set_error(error, message, len);
	if ((at = strstr(message, " at <top-level>, line ")) == NULL || at >= message + len)
		return;
	line = at + strlen(" at <top-level>");
	if ((hint = strstr(message, " (Unix shell")) != NULL && hint < at)
		at = hint;
	/* jq 1.8 has a column behind the line, which would count what stands before the program */
	snprintf(out, sizeof(out), "%.*s%.*s of the program", (int)(at - message), message,
		(int)(7 + strspn(line + 7, "0123456789")), line);
	set_error(error, out, strlen(out));
}

/* Where the first message of a compilation goes; the others only follow from it or count. */
struct first_error {
	char *error;
	bool is_set;
};

static void
keep_first(void *ctx, jv message)
{
	struct first_error *first = ctx;

	if (!first->is_set && jv_get_kind(message) == JV_KIND_STRING) {
		explain(jv_string_value(message), first->error);
		first->is_set = true;
	}
	jv_free(message);
}

static void
ignore(void *ctx, jv message)
{
	(void)ctx;
	jv_free(message);
}

/*
 * libjq takes ~/.jq into every program and cannot be told not to. Other threads may look into the
 * environment meanwhile, so it keeps its place and its size: one pointer changes.
 */
static int
compile_without_home(jq_state *jq, const char *text)
{
	static char nowhere[] = "HOME=/dev/null";
	char **slot = environ, *home;
	int compiled;

	while (slot != NULL && *slot != NULL && strncmp(*slot, "HOME=", 5) != 0)
		slot++;
	if (slot == NULL || *slot == NULL)
		return jq_compile(jq, text);
	home = *slot;
	__atomic_store_n(slot, nowhere, __ATOMIC_RELEASE);
	compiled = jq_compile(jq, text);
	__atomic_store_n(slot, home, __ATOMIC_RELEASE);
	return compiled;
}

struct jq_program *
jq_program_new(const char *text, size_t len, char error[JQ_PROGRAM_ERROR_MAX])
{
	struct first_error first = {error, false};
	struct jq_program *program = NULL;
	char *whole = NULL;
	jq_state *jq = NULL;
	bool compiled = false;

	snprintf(error, JQ_PROGRAM_ERROR_MAX, "%s",
		len > JQ_PROGRAM_MAX              ? "longer than 65536 bytes"
		: memchr(text, '\0', len) != NULL ? "holds a NUL character"
						  : "out of memory");
	if (len > JQ_PROGRAM_MAX || memchr(text, '\0', len) != NULL)
		return NULL;
	jv_nomem_handler(end_without_memory, NULL);
	if ((program = malloc(sizeof(*program))) == NULL ||
		(whole = malloc(sizeof(before) + len)) == NULL || (jq = jq_init()) == NULL)
		goto out;
	memcpy(whole, before, sizeof(before) - 1);
	memcpy(whole + sizeof(before) - 1, text, len);
	whole[sizeof(before) - 1 + len] = '\0';
	/* libjq 1.6 leaves it to chance what they are */
	jq_set_nomem_handler(jq, end_without_memory, NULL);
	jq_set_input_cb(jq, NULL, NULL);
	jq_set_debug_cb(jq, NULL, NULL);
	jq_set_error_cb(jq, keep_first, &first);
	compiled = compile_without_home(jq, whole);
	jq_set_error_cb(jq, ignore, NULL);
	if (!compiled && !first.is_set)
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "cannot be compiled");
	if (compiled)
		program->jq = jq;
out:
	free(whole);
	if (compiled)
		return program;
	jq_teardown(&jq);
	free(program);
	return NULL;
}

void
jq_program_free(struct jq_program *program)
{
	if (program == NULL)
		return;
	jq_teardown(&program->jq);
	free(program);
}

/* The message that ${failure}, which is consumed, carries. */
static void
take_message(jv failure, char error[JQ_PROGRAM_ERROR_MAX])
{
	jv message = jv_invalid_get_msg(failure);

	if (jv_get_kind(message) != JV_KIND_STRING)
		message = jv_dump_string(message, 0);
	set_error(error, jv_string_value(message),
		(size_t)jv_string_length_bytes(jv_copy(message)));
	jv_free(message);
}

/* Start ${program} over ${json}. Returns 0, or -1 with the reason in ${error}. */
static int
start(struct jq_program *program, const char *json, size_t len, char error[JQ_PROGRAM_ERROR_MAX])
{
	const char *wrong;
	size_t at;
	jv value;

	if (!json_validate(json, len, &wrong, &at)) {
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "not JSON: %s at byte %zu", wrong, at + 1);
		return -1;
	}
	value = len > INT_MAX ? jv_invalid() : jv_parse_sized(json, (int)len);
	if (!jv_is_valid(value)) {
		/* of what is JSON it refuses nothing else, and repeats all of it in its message */
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "nested too deep or too long for jq");
		jv_free(value);
		return -1;
	}
	jq_start(program->jq, value, 0);
	return 0;
}

/* What ends the outputs, which is consumed: 0 if it is their end, -1 if the program failed. */
static int
take_end(jv end, char error[JQ_PROGRAM_ERROR_MAX])
{
	if (jv_invalid_has_msg(jv_copy(end))) {
		take_message(end, error);
		return -1;
	}
	jv_free(end);
	return 0;
}

int
jq_program_test(struct jq_program *program, const char *json, size_t len,
	char error[JQ_PROGRAM_ERROR_MAX])
{
	jv value;
	int result;

	if (start(program, json, len, error) != 0)
		return -1;
	value = jq_next(program->jq);
	if (!jv_is_valid(value))
		return take_end(value, error);
	result = jv_get_kind(value) != JV_KIND_FALSE && jv_get_kind(value) != JV_KIND_NULL;
	jv_free(value);
	return result;
}

/* Append ${value}, which is consumed. Returns 0, or -1 with the reason in ${error}. */
static int
add_output(struct strbuf *out, jv value, char error[JQ_PROGRAM_ERROR_MAX])
{
	value = jv_dump_string(value, 0);
	strbuf_add(out, jv_string_value(value), (size_t)jv_string_length_bytes(jv_copy(value)));
	jv_free(value);
	if (!strbuf_failed(out))
		return 0;
	snprintf(error, JQ_PROGRAM_ERROR_MAX, "its outputs are too long");
	return -1;
}

int
jq_program_first(struct jq_program *program, const char *json, size_t len, struct strbuf *out,
	char error[JQ_PROGRAM_ERROR_MAX])
{
	jv value;

	if (start(program, json, len, error) != 0)
		return -1;
	value = jq_next(program->jq);
	if (!jv_is_valid(value))
		return take_end(value, error);
	return add_output(out, value, error) == 0 ? 1 : -1;
}

int
jq_program_run(struct jq_program *program, const char *json, size_t len, struct strbuf *out,
	char error[JQ_PROGRAM_ERROR_MAX])
{
	int outputs = 0;
	jv value;

	if (start(program, json, len, error) != 0)
		return -1;
	while (jv_is_valid(value = jq_next(program->jq))) {
		if (add_output(out, value, error) != 0)
			return -1;
		strbuf_addc(out, '\n');
		outputs++;
	}
	return take_end(value, error) == 0 ? outputs : -1;
}
