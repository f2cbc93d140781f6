/*
 * secret_store.h - what the tests of secrets share: a directory of their own, and a store.
 */
#ifndef WB_UNIT_SECRET_STORE_H
#define WB_UNIT_SECRET_STORE_H

#include "secret.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/wb-unit-secret.XXXXXX"; /* of this run; removed at the end */
static char path[256];
static struct secret_store *store;

/* dir/name, static until the next call. */
static const char *
in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void
put(const char *name, const void *data, size_t len, mode_t mode)
{
	int fd;

	unlink(in_dir(name)); /* it may be read-only */
	fd = open(in_dir(name), O_WRONLY | O_CREAT | O_EXCL, 0600);
	EXPECT(fd >= 0 && write(fd, data, len) == (ssize_t)len && fchmod(fd, mode) == 0);
	close(fd);
}

/* A store of one provider, "dir" standing for the directory of this run. */
static void
open_store(const char *spec)
{
	char text[sizeof(dir) + 8];

	snprintf(text, sizeof(text), "dir:%s", dir);
	store = secret_store_new();
	EXPECT(store != NULL);
	if (spec != NULL)
		EXPECT(secret_store_add(store, strcmp(spec, "dir") == 0 ? text : spec) == 0);
}

static void
close_store(void)
{
	secret_store_free(store);
	store = NULL;
}

/* The value as a string, static, or the error in parentheses. */
static const char *
get(const char *name, const char *host)
{
	static char text[256];
	const char *error = NULL;
	struct secret value;

	if (secret_get(store, name, strlen(name), host, &value, &error) == 0) {
		EXPECT(error == NULL);
		snprintf(text, sizeof(text), "%.*s", (int)value.len, value.value);
	} else {
		/* where it was looked for is another matter */
		snprintf(text, sizeof(text), "(%s)",
			strncmp(error, "not found in ", 13) == 0 ? "not found" : error);
	}
	return text;
}

#endif
