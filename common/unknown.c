#include "unknown.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "nearest.h"

/* The name of an automation that is like ${name}; to be freed, NULL if there is none. */
static char *
find_near(const struct config *config, const char *name)
{
	const struct config_automation *list;
	const char *near;
	char *found = NULL, **names;
	size_t n, i;

	list = config_automations(config, &n);
	if ((names = calloc(n + 1, sizeof(*names))) == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		if ((names[i] = strndup(list[i].name.p, list[i].name.len)) == NULL)
			break;
	near = nearest_name(name, strlen(name), (const char *const *)names, i);
	if (near != NULL)
		found = strdup(near);
	while (i-- > 0)
		free(names[i]);
	free(names);
	return found;
}

void
unknown_say(const struct config *config, const char *name)
{
	char *near = config != NULL ? find_near(config, name) : NULL;

	if (near != NULL)
		diag("no automation is called '%s'; did you mean '%s'?", name, near);
	else
		diag("no automation is called '%s'; 'wb-automation list' lists them", name);
	free(near);
}
