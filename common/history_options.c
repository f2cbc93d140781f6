#include "history_options.h"

#include "diag.h"

int
history_option(struct history *h, int id, const char *value)
{
	switch (id) {
	case HISTORY_JOURNAL:
		h->journal = value;
		return 0;
	case HISTORY_AUTOMATION:
		h->automation = value;
		return 0;
	case HISTORY_LIMIT:
		return options_number("limit", value, 1, UINT64_MAX, &h->limit);
	}
	h->has_status = true;
	if (execution_status_find(value, &h->status))
		return 0;
	diag("--status takes finished, failed or pending, not '%s'", value);
	return -1;
}
