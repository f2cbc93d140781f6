/*
 * resolve - a preload library that looks names up in a file and lists where a program connects
 *
 * No look-up leaves the machine: names come from the file $RESOLVE_MAP alone, and without one no
 * name is known. A line of it is NAME and one or more columns; the k-th look-up of the name by this
 * process gets the k-th column, the last one again and again. A column is ADDRESS[,ADDRESS...],
 * answered in this order, or one of the words
 *
 *     none    there is no such name (EAI_NONAME), as for names that are not listed
 *     again   the name server has failed (EAI_AGAIN)
 *     hang    the look-up does not return
 *
 * A line that starts with # is a comment. Addresses as names, and look-ups without a name, go to
 * the real function.
 *
 * $RESOLVE_LOG gets one line a call, appended by one write: "lookup NAME" for every getaddrinfo
 * with a name, "connect ADDRESS:PORT" and "sendto ADDRESS:PORT" for every such target; an IPv6
 * address stands in brackets.
 *
 * No packet leaves the machine either: connect and sendto to anything but loopback (127.0.0.0/8,
 * ::1, the former mapped into IPv6) fail with ENETUNREACH after they were listed.
 *
 * All functions may be called from any thread. freeaddrinfo takes whole answers only.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif

/* glibc declares these two with a union for the pointer: get the declarations out of the way. */
#define connect declared_connect
#define sendto declared_sendto
#include <sys/socket.h>
#undef connect
#undef sendto

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#ifndef EAI_ADDRFAMILY
#define EAI_ADDRFAMILY EAI_NONAME
#endif
#define LOG_FD_MIN 200 /* out of the way of the program's own descriptors */
#define LINE_MAX_LEN 1200

int connect(int fd, const struct sockaddr *addr, socklen_t len);
ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr,
	socklen_t len);

struct name {
	struct name *next;
	char *name;
	char **columns;
	size_t ncolumns, ncalls;
};

/* One answer: its nodes lie behind it in one piece of memory, and it is known by its first node. */
struct answer {
	struct answer *next;
	struct node {
		struct addrinfo info;
		struct sockaddr_storage addr;
	} nodes[];
};

static int (
	*real_getaddrinfo)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
static void (*real_freeaddrinfo)(struct addrinfo *);
static int (*real_connect)(int, const struct sockaddr *, socklen_t);
static ssize_t (*real_sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);

static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of names' ncalls, and of answers */
static struct name *names;
static struct answer *answers; /* not yet freed */
static int log_fd = -1;

/* A test that is set up wrongly must not go on. */
static void
die(const char *what, const char *name)
{
	fprintf(stderr, "resolve.so: %s '%s'\n", what, name);
	abort();
}

static void *
next_symbol(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);
	if (symbol == NULL)
		die("no function", name);
	return symbol;
}

static int
is_address(const char *text)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *result;
	if (real_getaddrinfo(text, NULL, &hints, &result) != 0)
		return 0;
	real_freeaddrinfo(result);
	return 1;
}

static int
is_word(const char *column)
{
	return strcmp(column, "none") == 0 || strcmp(column, "again") == 0 ||
	       strcmp(column, "hang") == 0;
}

/* A copy of the first of the addresses at *${list}, which moves behind it; NULL after the last. */
static char *
next_address(const char **list)
{
	size_t len = strcspn(*list, ",");
	if (len == 0)
		return NULL;
	char *address = strndup(*list, len);
	if (address == NULL)
		die("out of memory at", *list);
	*list += len + ((*list)[len] == ',');
	return address;
}

static void
check_column(const char *column)
{
	const char *rest = column;
	char *address;
	if (is_word(column))
		return;
	while ((address = next_address(&rest)) != NULL) {
		if (!is_address(address))
			die("not an address:", address);
		free(address);
	}
	if (*rest != '\0')
		die("malformed column", column);
}

static void
load_line(char *line)
{
	static const char blanks[] = " \t\r\n";
	struct name *entry = NULL;
	if (*line == '#')
		return;
	for (char *p = line + strspn(line, blanks); *p != '\0'; p += strspn(p, blanks)) {
		char *word = strndup(p, strcspn(p, blanks));
		p += strcspn(p, blanks);
		if (word == NULL)
			die("out of memory at", line);
		if (entry == NULL) {
			entry = calloc(1, sizeof(*entry));
			if (entry == NULL)
				die("out of memory at", line);
			entry->name = word;
			continue;
		}
		check_column(word);
		entry->columns = reallocarray(entry->columns, entry->ncolumns + 1, sizeof(char *));
		if (entry->columns == NULL)
			die("out of memory at", line);
		entry->columns[entry->ncolumns++] = word;
	}
	if (entry == NULL)
		return;
	if (entry->ncolumns == 0)
		die("no addresses for", entry->name);
	entry->next = names;
	names = entry;
}

static void
load_map(const char *path)
{
	char *line = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "re");
	if (file == NULL)
		die("cannot open", path);
	while (getline(&line, &size, file) >= 0)
		load_line(line);
	free(line);
	fclose(file);
}

static void
open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		die("cannot open", path);
	log_fd = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD_MIN);
	if (log_fd < 0)
		log_fd = fd; /* few descriptors are allowed */
	else
		close(fd);
}

static void
load(void)
{
	*(void **)&real_getaddrinfo = next_symbol("getaddrinfo");
	*(void **)&real_freeaddrinfo = next_symbol("freeaddrinfo");
	*(void **)&real_connect = next_symbol("connect");
	*(void **)&real_sendto = next_symbol("sendto");
	const char *map = getenv("RESOLVE_MAP"), *log = getenv("RESOLVE_LOG");
	if (map != NULL)
		load_map(map);
	if (log != NULL)
		open_log(log);
}

/* At the start, before the program can confine itself; or earlier, by who is called before that. */
__attribute__((constructor)) static void
load_early(void)
{
	pthread_once(&load_once, load);
}

/* Names come from strangers: what is not printable ASCII stands as \xHH. */
static void
log_line(const char *verb, const char *text)
{
	char line[LINE_MAX_LEN];
	if (log_fd < 0)
		return;
	int saved = errno;
	size_t len = (size_t)snprintf(line, sizeof(line), "%s ", verb);
	for (const char *p = text; *p != '\0' && len < sizeof(line) - 6; p++) {
		int is_plain = *p > ' ' && *p < 0x7f && *p != '\\';
		len += (size_t)snprintf(line + len, 5, is_plain ? "%c" : "\\x%02x",
			(unsigned char)*p);
	}
	line[len++] = '\n';
	if (write(log_fd, line, len) != (ssize_t)len)
		die("cannot write the log at", line);
	errno = saved;
}

static int
is_loopback4(const void *address)
{
	return *(const unsigned char *)address == 127;
}

static int
is_loopback6(const struct in6_addr *address)
{
	return IN6_IS_ADDR_LOOPBACK(address) ||
	       (IN6_IS_ADDR_V4MAPPED(address) && is_loopback4(address->s6_addr + 12));
}

/* List a target. Returns whether it is on this machine; so is what has no internet address. */
static int
log_target(const char *verb, const struct sockaddr *addr, socklen_t len)
{
	char address[INET6_ADDRSTRLEN], target[INET6_ADDRSTRLEN + 16];
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	int is_local;
	if (addr != NULL && addr->sa_family == AF_INET && len >= sizeof(in)) {
		memcpy(&in, addr, sizeof(in));
		inet_ntop(AF_INET, &in.sin_addr, address, sizeof(address));
		snprintf(target, sizeof(target), "%s:%u", address, (unsigned)ntohs(in.sin_port));
		is_local = is_loopback4(&in.sin_addr);
	} else if (addr != NULL && addr->sa_family == AF_INET6 && len >= sizeof(in6)) {
		memcpy(&in6, addr, sizeof(in6));
		inet_ntop(AF_INET6, &in6.sin6_addr, address, sizeof(address));
		snprintf(target, sizeof(target), "[%s]:%u", address,
			(unsigned)ntohs(in6.sin6_port));
		is_local = is_loopback6(&in6.sin6_addr);
	} else {
		return 1;
	}
	log_line(verb, target);
	return is_local;
}

/* The column whose turn it is, or NULL for a name that is not listed. */
static const char *
next_column(const char *name)
{
	const char *column = NULL;
	pthread_mutex_lock(&lock);
	for (struct name *entry = names; entry != NULL && column == NULL; entry = entry->next) {
		if (strcasecmp(entry->name, name) != 0)
			continue;
		column = entry->columns[entry->ncalls];
		if (entry->ncalls + 1 < entry->ncolumns)
			entry->ncalls++;
	}
	pthread_mutex_unlock(&lock);
	return column;
}

/* Append the nodes of ${part} to *${list}, *${count} nodes or NULL. Returns 0 or an EAI_ code. */
static int
append(struct answer **list, size_t *count, const struct addrinfo *part)
{
	for (; part != NULL; part = part->ai_next) {
		size_t size = sizeof(struct answer) + (*count + 1) * sizeof(struct node);
		struct answer *grown = realloc(*list, size);
		if (grown == NULL)
			return EAI_MEMORY;
		*list = grown;
		struct node *node = &grown->nodes[(*count)++];
		memset(node, 0, sizeof(*node));
		node->info = *part;
		node->info.ai_canonname = NULL;
		memcpy(&node->addr, part->ai_addr, part->ai_addrlen);
	}
	return 0;
}

/* Collect what the real function makes of each address: it knows services, types and families. */
static int
collect(const char *column, const char *service, const struct addrinfo *hints, struct answer **list,
	size_t *count)
{
	struct addrinfo numeric = {.ai_family = AF_UNSPEC}, *part;
	int error = 0;
	char *address;
	if (hints != NULL)
		numeric = *hints;
	/* the answer must not depend on the interfaces of this machine */
	numeric.ai_flags &= ~(AI_ADDRCONFIG | AI_CANONNAME);
	numeric.ai_flags |= AI_NUMERICHOST;
	while (error == 0 && (address = next_address(&column)) != NULL) {
		error = real_getaddrinfo(address, service, &numeric, &part);
		free(address);
		if (error == 0) {
			error = append(list, count, part);
			real_freeaddrinfo(part);
		} else if (error == EAI_NONAME || error == EAI_ADDRFAMILY) {
			error = 0; /* an address of a family that was not asked for */
		}
	}
	return error;
}

/* Turn ${list} into what the caller gets, and remember it as ours. */
static int
finish(struct answer *list, size_t count, const char *canonname, struct addrinfo **result)
{
	if (canonname != NULL && (list->nodes[0].info.ai_canonname = strdup(canonname)) == NULL)
		return EAI_MEMORY;
	for (size_t i = 0; i < count; i++) {
		list->nodes[i].info.ai_addr = (struct sockaddr *)&list->nodes[i].addr;
		list->nodes[i].info.ai_next = i + 1 < count ? &list->nodes[i + 1].info : NULL;
	}
	*result = &list->nodes[0].info;
	pthread_mutex_lock(&lock);
	list->next = answers;
	answers = list;
	pthread_mutex_unlock(&lock);
	return 0;
}

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
	struct addrinfo **result)
{
	load_early();
	if (name == NULL)
		return real_getaddrinfo(name, service, hints, result);
	log_line("lookup", name);
	if (is_address(name))
		return real_getaddrinfo(name, service, hints, result);
	if (hints != NULL && (hints->ai_flags & AI_NUMERICHOST))
		return EAI_NONAME;
	const char *column = next_column(name);
	if (column == NULL || strcmp(column, "none") == 0)
		return EAI_NONAME;
	if (strcmp(column, "again") == 0)
		return EAI_AGAIN;
	while (strcmp(column, "hang") == 0)
		pause();
	const char *canonname = hints != NULL && (hints->ai_flags & AI_CANONNAME) ? name : NULL;
	struct answer *list = NULL;
	size_t count = 0;
	int error = collect(column, service, hints, &list, &count);
	if (error == 0 && count == 0)
		error = EAI_NONAME;
	if (error == 0)
		error = finish(list, count, canonname, result);
	if (error != 0)
		free(list);
	return error;
}

void
freeaddrinfo(struct addrinfo *result)
{
	load_early();
	pthread_mutex_lock(&lock);
	struct answer **p = &answers;
	while (*p != NULL && &(*p)->nodes[0].info != result)
		p = &(*p)->next;
	struct answer *ours = *p;
	if (ours != NULL)
		*p = ours->next;
	pthread_mutex_unlock(&lock);
	if (ours == NULL) {
		real_freeaddrinfo(result);
		return;
	}
	free(ours->nodes[0].info.ai_canonname);
	free(ours);
}

int
connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	load_early();
	if (!log_target("connect", addr, len)) {
		errno = ENETUNREACH;
		return -1;
	}
	return real_connect(fd, addr, len);
}

ssize_t
sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr, socklen_t len)
{
	load_early();
	if (!log_target("sendto", addr, len)) {
		errno = ENETUNREACH;
		return -1;
	}
	return real_sendto(fd, buf, n, flags, addr, len);
}
