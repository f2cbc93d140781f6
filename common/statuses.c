#include "statuses.h"

#include <stddef.h>

/* The status that a number is, spelled as nothing but that; else 0. */
static long
status_of(const struct json_span *value)
{
	long status = 0;

	if (value->type != JSON_NUMBER || value->len != 3)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (value->p[i] < '0' || value->p[i] > '9')
			return 0;
		status = 10 * status + (value->p[i] - '0');
	}
	return status >= 300 && status <= 599 ? status : 0;
}

bool
statuses_check(const struct json_span *value)
{
	struct json_span item;
	struct json js;
	size_t n = 0;

	if (value->type != JSON_ARRAY)
		return status_of(value) != 0;
	json_init(&js, value->p, value->len);
	json_open_array(&js);
	while (json_next_item(&js) && json_value(&js, &item))
		if (status_of(&item) == 0 || ++n > STATUSES_MAX)
			return false;
	return n > 0;
}

bool
statuses_has(const struct json_span *value, long status)
{
	struct json_span item;
	struct json js;

	if (value->type != JSON_ARRAY)
		return value->type != JSON_NONE && status_of(value) == status;
	json_init(&js, value->p, value->len);
	json_open_array(&js);
	while (json_next_item(&js) && json_value(&js, &item))
		if (status_of(&item) == status)
			return true;
	return false;
}
