#include "secret_provider.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "diag.h"
#include "netrc.h"
#include "secret_ref.h"
#include "shortage.h"

#define DIR_MAX 4096 /* bytes of a directory's path, NUL included */

struct secret_provider {
	struct secret_provider *next;
	bool checks_mode;
	char *dir;     /* inside text; NULL: the environment */
	char *machine; /* of a netrc file; NULL: dir is a directory */
	char text[];
};

static const char not_found[] = "not found";
static const char no_descriptors[] = "file cannot be opened: too many open files";

/* Append a provider: files in ${dir}, or the environment if that is NULL. */
static int
append(struct secret_provider **list, const char *dir, bool checks_mode)
{
	const size_t size = dir != NULL ? strlen(dir) + 1 : 0;
	struct secret_provider *p = calloc(1, sizeof(*p) + size), **end = list;

	if (p == NULL)
		return -1;
	p->checks_mode = checks_mode;
	if (dir != NULL)
		p->dir = memcpy(p->text, dir, size);
	while (*end != NULL)
		end = &(*end)->next;
	*end = p;
	return 0;
}

int
secret_provider_add_netrc(struct secret_provider **list, const char *path, const char *machine)
{
	const size_t path_size = strlen(path) + 1, size = path_size + strlen(machine) + 1;
	struct secret_provider *p = calloc(1, sizeof(*p) + size), **end = list;

	if (p == NULL)
		return -1;
	p->checks_mode = true;
	p->dir = memcpy(p->text, path, path_size);
	p->machine = memcpy(p->text + path_size, machine, size - path_size);
	while (*end != NULL)
		end = &(*end)->next;
	*end = p;
	return 0;
}

/* Docker makes the files of /run/secrets readable by all of a container: no check of those. */
int
secret_provider_add_defaults(struct secret_provider **list)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct secret_provider *all = NULL;

	if (append(&all, NULL, false) != 0 ||
		(dir != NULL && dir[0] == '/' && append(&all, dir, true) != 0) ||
		append(&all, "/run/secrets", false) != 0) {
		secret_provider_free(all);
		return -1;
	}
	while (*list != NULL)
		list = &(*list)->next;
	*list = all;
	return 0;
}

int
secret_provider_add(struct secret_provider **list, const char *spec)
{
	const char *dir = strncmp(spec, "dir:", 4) == 0 ? spec + 4 : NULL;
	struct stat st;

	if (dir == NULL && strcmp(spec, "env") != 0) {
		diag("unknown provider of secrets: expected env or dir:PATH");
		return -1;
	}
	if (dir != NULL && strlen(dir) >= DIR_MAX) {
		diag("path of the secrets directory is too long");
		return -1;
	}
	if (dir != NULL && stat(dir, &st) != 0) {
		diag("cannot use secrets directory '%s': %s", dir, strerror(errno));
		return -1;
	}
	if (dir != NULL && !S_ISDIR(st.st_mode)) {
		diag("cannot use secrets directory '%s': not a directory", dir);
		return -1;
	}
	if (append(list, dir, true) != 0) {
		diag("out of memory");
		return -1;
	}
	return 0;
}

static const char *
load_env(const char *name, struct secret_value *out)
{
	const char *value = getenv(name);

	return value != NULL ? secret_value_keep(out, value, strlen(value)) : not_found;
}

/* The password of p->machine in a netrc file that is open. */
static const char *
read_netrc(const struct secret_provider *p, int fd, struct secret_value *out)
{
	struct secret_value file = {.arena = NULL};
	const char *error = secret_value_read(&file, fd);
	struct strbuf password;

	if (error != NULL)
		return "~/.netrc cannot be read";
	strbuf_init_secret(&password, SECRET_MAX);
	error = netrc_password(file.plain.bytes.value, file.plain.bytes.len, p->machine, &password);
	if (error == NULL)
		error = secret_value_keep(out, password.buf != NULL ? password.buf : "",
			password.len);
	strbuf_release(&password);
	secret_value_release(&file);
	return error != NULL && strcmp(error, not_found) == 0 ? not_found : error;
}

/* Follows links: Kubernetes mounts every secret through two of them. */
static const char *
load_file(const struct secret_provider *p, const char *name, struct secret_value *out)
{
	char path[DIR_MAX + SECRET_NAME_MAX];
	const char *error;
	struct stat st;
	int fd, n;

	if (p->machine != NULL)
		n = snprintf(path, sizeof(path), "%s", p->dir);
	else
		n = snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return "path of its file is too long";
	/* O_NONBLOCK: opening a fifo must not wait for its writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return not_found;
	if (fd < 0 && shortage_is(errno))
		return errno == ENOMEM ? secret_value_no_memory : no_descriptors;
	if (fd < 0)
		return errno == EACCES ? "file cannot be opened: permission denied"
				       : "file cannot be opened";
	if (fstat(fd, &st) != 0)
		error = "file cannot be read";
	else if (!S_ISREG(st.st_mode))
		error = "is not a regular file";
	else if (p->checks_mode && (st.st_mode & S_IRWXO) != 0)
		error = p->machine != NULL ? "~/.netrc is readable or writable by others"
					   : "file is readable or writable by others";
	else if (p->machine != NULL)
		error = read_netrc(p, fd, out);
	else
		error = secret_value_read(out, fd);
	close(fd);
	return error;
}

void
secret_provider_free(struct secret_provider *list)
{
	while (list != NULL) {
		struct secret_provider *next = list->next;

		free(list);
		list = next;
	}
}

const char *
secret_provider_get(const struct secret_provider *list, const char *name,
	struct secret_value *value)
{
	const char *error = not_found;

	for (; list != NULL && error == not_found; list = list->next)
		error = list->dir != NULL ? load_file(list, name, value) : load_env(name, value);
	return error;
}

bool
secret_provider_is_short(const char *error)
{
	return error == secret_value_no_memory || error == no_descriptors;
}
