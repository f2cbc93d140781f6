/*
 * json_portable - common/json.c and common/json_text.c once more, compiled as for a processor
 * without SSE2, under names with portable_ in front.
 */
#ifndef WB_UNIT_JSON_PORTABLE_H
#define WB_UNIT_JSON_PORTABLE_H

#include "json.h"
#include "json_run.h"
#include "json_text.h"

/* The ordinary functions are declared; from here on, these names mean the others. */
#define json_init portable_json_init
#define json_init_within portable_json_init_within
#define json_fail portable_json_fail
#define json_peek portable_json_peek
#define json_open_object portable_json_open_object
#define json_open_array portable_json_open_array
#define json_next_member portable_json_next_member
#define json_next_item portable_json_next_item
#define json_value portable_json_value
#define json_end portable_json_end
#define json_validate portable_json_validate
#define json_type_name portable_json_type_name
#define json_char_at portable_json_char_at
#define json_decode portable_json_decode
#define json_equal portable_json_equal
#define json_escape portable_json_escape
#define json_quote portable_json_quote
#define json_quote_bytes portable_json_quote_bytes
#define json_raw portable_json_raw
#define json_compact portable_json_compact
#define json_run_ends portable_json_run_ends
#define json_run_swar portable_json_run_swar

#define PORTABLE static __attribute__((unused))
PORTABLE void json_init(struct json *js, const char *text, size_t len);
PORTABLE void json_init_within(struct json *js, const char *text, size_t len, unsigned levels);
PORTABLE enum json_type json_peek(struct json *js);
PORTABLE bool json_open_object(struct json *js);
PORTABLE bool json_open_array(struct json *js);
PORTABLE bool json_next_member(struct json *js, struct json_span *key);
PORTABLE bool json_next_item(struct json *js);
PORTABLE bool json_value(struct json *js, struct json_span *value);
PORTABLE bool json_end(struct json *js);
PORTABLE bool json_fail(struct json *js, const char *at, const char *message);
PORTABLE bool json_validate(const char *text, size_t len, const char **error, size_t *error_at);
PORTABLE const char *json_type_name(enum json_type type);
PORTABLE struct json_char json_char_at(const char *p, const char *end);
PORTABLE void json_decode(struct strbuf *sb, const struct json_span *string);
PORTABLE bool json_equal(const struct json_span *string, const char *text, size_t len);
PORTABLE void json_escape(struct strbuf *sb, const char *text, size_t len);
PORTABLE void json_quote(struct strbuf *sb, const char *text);
PORTABLE void json_quote_bytes(struct strbuf *sb, const char *text, size_t len);
PORTABLE void json_raw(struct strbuf *sb, const struct json_span *value);
PORTABLE void json_compact(struct strbuf *sb, const char *text, size_t len);
#undef PORTABLE

#undef json_run
#undef WB_JSON_RUN_H
#define WB_PORTABLE
#include "json_run.h"
#include "../../common/json.c"
#include "../../common/json_text.c"
#undef WB_PORTABLE

#undef json_init
#undef json_init_within
#undef json_fail
#undef json_peek
#undef json_open_object
#undef json_open_array
#undef json_next_member
#undef json_next_item
#undef json_value
#undef json_end
#undef json_validate
#undef json_type_name
#undef json_char_at
#undef json_decode
#undef json_equal
#undef json_escape
#undef json_quote
#undef json_quote_bytes
#undef json_raw
#undef json_compact
#undef json_run_ends
#undef json_run_swar
#undef json_run

#endif
