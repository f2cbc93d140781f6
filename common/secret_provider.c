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
	struct secret_command *command; /* a program; NULL: none */
	char *dir;                      /* inside text; NULL: the environment, or a program */
	char *machine;                  /* of a netrc file; NULL: dir is a directory */
	const char *prefix;             /* of the names of files in dir, static */
	char text[];
};

/* systemd loads a directory, LoadCredential=secrets:PATH, as one file for each of its files. */
static const char loaded_prefix[] = "secrets_";
static const char not_found[] = "not found";
static const char others_can_write[] =
	"its group or others can write to it, and so put other secrets there; 'chmod go-w' prevents that";
static const char no_descriptors[] = "file cannot be opened: too many open files";

/* Append a provider with room for ${size} bytes of text, or NULL when memory runs out. */
static struct secret_provider *
append(struct secret_provider **list, size_t size, bool checks_mode)
{
	struct secret_provider *p = calloc(1, sizeof(*p) + size), **end = list;

	if (p == NULL)
		return NULL;
	p->checks_mode = checks_mode;
	p->prefix = "";
	while (*end != NULL)
		end = &(*end)->next;
	*end = p;
	return p;
}

/* Append files in ${dir}, whose names begin with ${prefix}. */
static int
append_dir(struct secret_provider **list, const char *dir, const char *prefix, bool checks_mode)
{
	const size_t size = strlen(dir) + 1;
	struct secret_provider *p = append(list, size, checks_mode);

	if (p == NULL)
		return -1;
	p->dir = memcpy(p->text, dir, size);
	p->prefix = prefix;
	return 0;
}

/* Append what systemd has loaded into ${dir}, which may be NULL: single files, and a directory. */
static int
append_credentials(struct secret_provider **list, const char *dir)
{
	if (dir == NULL)
		return 0;
	return append_dir(list, dir, "", true) == 0 ? append_dir(list, dir, loaded_prefix, true)
						    : -1;
}

int
secret_provider_add_netrc(struct secret_provider **list, const char *path, const char *machine)
{
	const size_t path_size = strlen(path) + 1, size = path_size + strlen(machine) + 1;
	struct secret_provider *p = append(list, size, true);

	if (p == NULL)
		return -1;
	p->dir = memcpy(p->text, path, path_size);
	p->machine = memcpy(p->text + path_size, machine, size - path_size);
	return 0;
}

/* Whether others can put files into the directory in place of those that are there. */
static bool
is_open(const struct stat *dir)
{
	return (dir->st_mode & (S_IWGRP | S_IWOTH)) != 0 && (dir->st_mode & S_ISVTX) == 0;
}

/* What keeps ${dir} from being a directory of secrets, or NULL. */
static const char *
dir_error(const char *dir)
{
	struct stat st;

	if (strlen(dir) >= DIR_MAX)
		return "its path is too long";
	if (stat(dir, &st) != 0)
		return strerror(errno);
	if (!S_ISDIR(st.st_mode))
		return "not a directory";
	return is_open(&st) ? others_can_write : NULL;
}

/*
 * $CREDENTIALS_DIRECTORY, or NULL, after a message if it says nothing that can be used: then a
 * secret is missing for a reason that is not seen from its name.
 */
static const char *
credentials_directory(void)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY"), *why;

	if (dir == NULL || dir[0] == '\0')
		return NULL;
	why = dir[0] != '/' ? "not an absolute path" : dir_error(dir);
	if (why == NULL || why == others_can_write) /* each secret will say so */
		return dir;
	diag("nothing is looked up in $CREDENTIALS_DIRECTORY, '%s': %s", dir, why);
	return NULL;
}

/* Docker makes the files of /run/secrets readable by all of a container: no check of those. */
int
secret_provider_add_defaults(struct secret_provider **list)
{
	const char *dir = credentials_directory();
	struct secret_provider *all = NULL;

	if (append(&all, 0, false) == NULL || append_credentials(&all, dir) != 0 ||
		append_dir(&all, "/run/secrets", "", false) != 0) {
		secret_provider_free(all);
		return -1;
	}
	while (*list != NULL)
		list = &(*list)->next;
	*list = all;
	return 0;
}

static int
out_of_memory(void)
{
	diag("out of memory");
	return -1;
}

static int
add_command(struct secret_provider **list, const char *text)
{
	struct secret_command *command = secret_command_new(text);
	struct secret_provider *p;

	if (command == NULL)
		return -1;
	if ((p = append(list, 0, false)) == NULL) {
		secret_command_free(command);
		return out_of_memory();
	}
	p->command = command;
	return 0;
}

int
secret_provider_add(struct secret_provider **list, const char *spec)
{
	const char *why;

	if (strcmp(spec, "env") == 0)
		return append(list, 0, false) != NULL ? 0 : out_of_memory();
	if (strcmp(spec, "default") == 0)
		return secret_provider_add_defaults(list) == 0 ? 0 : out_of_memory();
	if (strncmp(spec, "exec:", 5) == 0)
		return add_command(list, spec + 5);
	if (strncmp(spec, "dir:", 4) != 0) {
		diag("unknown provider of secrets: expected env, dir:PATH, exec:COMMAND or default");
		return -1;
	}
	if ((why = dir_error(spec + 4)) != NULL) {
		diag("cannot use secrets directory '%s': %s%s", spec + 4, why,
			strchr(spec, ',') != NULL
				? "; say --secrets for each place: commas stand in $WB_SECRETS only"
				: "");
		return -1;
	}
	return append_dir(list, spec + 4, "", true) == 0 ? 0 : out_of_memory();
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

static bool
is_trusted(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

/*
 * Why somebody else could have put ${file}, which is open, at ${path}, or NULL. Kubernetes mounts
 * secrets as directories that all can write to, but sticky: nobody can take away what is another's.
 */
static const char *
place_error(const char *dir, const char *path, const struct stat *file)
{
	struct stat st, entry;

	if (stat(dir, &st) != 0)
		return "file cannot be read";
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
		return NULL;
	if (is_open(&st))
		return "its directory can be written to by group or others";
	/* the link, or the file itself */
	if (lstat(path, &entry) != 0 || !is_trusted(entry.st_uid) || !is_trusted(file->st_uid))
		return "file belongs to another user, in a directory that others can write to";
	return NULL;
}

/* Follows links: Kubernetes mounts every secret through two of them. */
static const char *
load_file(const struct secret_provider *p, const char *name, struct secret_value *out)
{
	char path[DIR_MAX + sizeof(loaded_prefix) + SECRET_NAME_MAX];
	const char *error;
	struct stat st;
	int fd, n;

	if (p->machine != NULL)
		n = snprintf(path, sizeof(path), "%s", p->dir);
	else
		n = snprintf(path, sizeof(path), "%s/%s%s", p->dir, p->prefix, name);
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
	else if ((error = place_error(p->dir, path, &st)) == NULL)
		error = secret_value_read(out, fd);
	close(fd);
	return error;
}

void
secret_provider_free(struct secret_provider *list)
{
	while (list != NULL) {
		struct secret_provider *next = list->next;

		secret_command_free(list->command);
		free(list);
		list = next;
	}
}

const struct secret_provider *
secret_provider_next(const struct secret_provider *p)
{
	return p->next;
}

const struct secret_command *
secret_provider_command(const struct secret_provider *p)
{
	return p->command;
}

void
secret_provider_list(const struct secret_provider *list, struct strbuf *sb)
{
	for (size_t n = 0; list != NULL; list = list->next) {
		if (list->machine != NULL || list->prefix == loaded_prefix)
			continue;
		if (n++ > 0)
			strbuf_lit(sb, ", ");
		strbuf_adds(sb, list->command != NULL ? secret_command_name(list->command)
				: list->dir != NULL   ? list->dir
						      : "the environment");
	}
}

const char *
secret_provider_describe(const struct secret_provider *p, const char *name,
	char out[SECRET_ORIGIN_MAX])
{
	if (p->command != NULL)
		snprintf(out, SECRET_ORIGIN_MAX, "the helper '%s'",
			secret_command_name(p->command));
	else if (p->dir == NULL)
		snprintf(out, SECRET_ORIGIN_MAX, "the environment variable %s", name);
	else if (p->machine != NULL)
		snprintf(out, SECRET_ORIGIN_MAX, "~/.netrc, machine %s", p->machine);
	else
		snprintf(out, SECRET_ORIGIN_MAX, "the file '%s/%s%s'", p->dir, p->prefix, name);
	return out;
}

enum secret_status
secret_provider_ask(const struct secret_provider *p, const char *name, struct secret_value *value,
	const char **error)
{
	*error = p->dir != NULL ? load_file(p, name, value) : load_env(name, value);
	if (*error == NULL)
		return SECRET_FOUND;
	if (*error == not_found)
		return SECRET_ABSENT;
	return *error == secret_value_no_memory || *error == no_descriptors ? SECRET_SHORTAGE
									    : SECRET_REFUSED;
}
