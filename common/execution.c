#include "execution.h"

#include <string.h>
#include <strings.h>

#include "journal_line.h"
#include "json_text.h"

static const struct {
	const char *name;
	enum json_type type;
} members[EXECUTION_MEMBERS] = {
	[EXECUTION_ID] = {"delivery_id", JSON_STRING},
	[EXECUTION_STATUS] = {"status", JSON_STRING},
	[EXECUTION_AT] = {"at", JSON_STRING},
	[EXECUTION_AUTOMATION] = {"automation", JSON_STRING},
	[EXECUTION_EVENT_ID] = {"event_id", JSON_STRING},
	[EXECUTION_EVENT_TYPE] = {"event_type", JSON_STRING},
	[EXECUTION_ARTIFACT] = {"artifact_version_string", JSON_STRING},
	[EXECUTION_URL] = {"url", JSON_STRING},
	[EXECUTION_QUEUE] = {"queue", JSON_STRING},
	[EXECUTION_ITEM] = {"run_queue_item_id", JSON_STRING},
	[EXECUTION_ATTEMPTS] = {"attempts", JSON_NUMBER},
	[EXECUTION_HTTP_STATUS] = {"http_status", JSON_NUMBER},
	[EXECUTION_DURATION] = {"duration_ms", JSON_NUMBER},
	[EXECUTION_REASON] = {"reason", JSON_STRING},
	[EXECUTION_ERROR] = {"error", JSON_OBJECT},
};

/* What people see, and what the journal says. */
static const struct {
	const char *name, *written;
} statuses[EXECUTION_OTHER + 1] = {
	[EXECUTION_FINISHED] = {"Finished", "finished"},
	[EXECUTION_FAILED] = {"Failed", "failed"},
	[EXECUTION_PENDING] = {"Pending", "deferred"},
	[EXECUTION_OTHER] = {"", ""},
};

const char *
execution_status_name(enum execution_status status)
{
	return statuses[status].name;
}

bool
execution_status_find(const char *name, enum execution_status *status)
{
	for (int i = 0; i < EXECUTION_OTHER; i++) {
		if (strcasecmp(statuses[i].name, name) == 0) {
			*status = (enum execution_status)i;
			return true;
		}
	}
	return false;
}

static int
find_member(const struct json_span *key)
{
	for (int i = 0; i < EXECUTION_MEMBERS; i++)
		if (json_equal(key, members[i].name, strlen(members[i].name)))
			return i;
	return -1;
}

static enum execution_status
find_status(const struct json_span *written)
{
	int i = 0;

	/* A job that may be queued already; the next run asks. */
	if (json_equal(written, "attempted", 9))
		return EXECUTION_PENDING;
	while (i < EXECUTION_OTHER &&
		!json_equal(written, statuses[i].written, strlen(statuses[i].written)))
		i++;
	return (enum execution_status)i;
}

static bool
check(struct json *js, struct execution *x)
{
	const struct json_span *id = &x->member[EXECUTION_ID];

	if (id->type == JSON_NONE)
		return json_fail(js, js->start, "there is no \"delivery_id\"");
	if (!journal_id_is_valid(id->p, id->len))
		return json_fail(js, id->p, "\"delivery_id\" is not 1 to 64 of [A-Za-z0-9_-]");
	if (x->member[EXECUTION_STATUS].type == JSON_NONE)
		return json_fail(js, js->start, "there is no \"status\"");
	x->status = find_status(&x->member[EXECUTION_STATUS]);
	return true;
}

bool
execution_read(struct execution *x, const char *text, size_t len, const char **error,
	size_t *error_at)
{
	struct json_span key, value;
	struct json js;

	*x = (struct execution){.status = EXECUTION_OTHER};
	json_init(&js, text, len);
	if (json_open_object(&js)) {
		while (json_next_member(&js, &key) && json_value(&js, &value)) {
			int i = find_member(&key);

			if (i >= 0 && value.type == members[i].type)
				x->member[i] = value;
		}
	}
	if (json_end(&js) && check(&js, x))
		return true;
	*error = js.error;
	*error_at = js.error_at;
	return false;
}
