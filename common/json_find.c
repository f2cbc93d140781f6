#include "json_find.h"

#include <string.h>

#include "json_text.h"

struct json_span
json_find_key(const struct json_span *object, const char *name, struct json_span *value)
{
	struct json_span found_key = {.type = JSON_NONE}, found = {.type = JSON_NONE}, key, member;
	struct json js;

	if (object->type == JSON_OBJECT) {
		json_init(&js, object->p, object->len);
		json_open_object(&js);
		while (json_next_member(&js, &key) && json_value(&js, &member)) {
			if (json_equal(&key, name, strlen(name))) {
				found_key = key;
				found = member;
			}
		}
	}
	if (value != NULL)
		*value = found;
	return found_key;
}

struct json_span
json_find(const struct json_span *object, const char *name)
{
	struct json_span value;

	json_find_key(object, name, &value);
	return value;
}
