#include "json_arg.h"

#include <errno.h>
#include <string.h>

#include "diag.h"
#include "file.h"

int
json_arg_read(const char *option, const char *value, enum json_type type, struct strbuf *sb)
{
	struct json js;

	strbuf_init(sb, JSON_ARG_MAX);
	if (value[0] != '@') {
		strbuf_adds(sb, value);
	} else if (file_read(value + 1, sb) != 0) {
		diag("cannot read '%s': %s", value + 1, strerror(errno));
		return -1;
	}
	if (strbuf_str(sb) == NULL) {
		diag("--%s: out of memory, or longer than %zu bytes", option, JSON_ARG_MAX);
		return -1;
	}
	json_init(&js, sb->buf, sb->len);
	if (type != JSON_NONE && json_peek(&js) != type)
		json_fail(&js, js.p, type == JSON_OBJECT ? "not a JSON object" : "of another type");
	else
		json_value(&js, NULL);
	if (json_end(&js))
		return 0;
	diag("--%s: byte %zu: %s", option, js.error_at + 1, js.error);
	return -1;
}
