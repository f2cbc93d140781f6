/*
 * failalloc - a preload library that makes one allocation of a program fail
 *
 * Calls of malloc, calloc, realloc, reallocarray, posix_memalign, aligned_alloc, strdup and strndup
 * that the program itself makes after main() has started are counted; with $FAIL_ALLOC = N the Nth
 * returns no memory (ENOMEM), and with $FAIL_ALLOC_STICKY=1 so does every one after it. A call is
 * the program's own if it returns into its code; $FAIL_ALLOC_ALL=1 counts the calls of libraries,
 * too, and so what is allocated within getline, fopen and their like. $FAIL_ALLOC_COUNT names a
 * file that gets the number of calls at exit (by exit or _exit, not by a signal).
 *
 * Programs that this one starts are left alone: the variables are taken out of the environment.
 * Not for programs with a sanitizer, which bring their own malloc. Thread-safe.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT, dl_iterate_phdr */
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT_FD_MIN 201 /* out of the way of the program's own descriptors */
#define EARLY_SIZE 65536
#define SEGMENTS_MAX 8
#define CALLER ((uintptr_t)__builtin_return_address(0))

typedef int main_fn(int, char **, char **);
int __libc_start_main(main_fn *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
	void (*ldso_fini)(void), void *stack_end);

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static void (*real_free)(void *);
static void (*real__exit)(int);
static main_fn *real_main;

static struct {
	uintptr_t start, end;
} segments[SEGMENTS_MAX]; /* of the program's code */
static size_t nsegments;

static unsigned long fail_at; /* 0: never */
static int is_sticky, counts_all;
static int count_fd = -1;
static pid_t counted_pid;
static atomic_bool is_running; /* main() has started */
static atomic_ulong ncalls;

/* dlsym may allocate before the real functions are known; what it gets then is never given back. */
static _Alignas(max_align_t) char early[EARLY_SIZE];
static size_t early_used;

static int
is_early(const void *p)
{
	return (uintptr_t)p >= (uintptr_t)early && (uintptr_t)p < (uintptr_t)early + sizeof(early);
}

static void *
early_alloc(size_t size)
{
	const size_t unit = sizeof(max_align_t);
	size_t rounded = (size + unit - 1) / unit * unit;
	if (size > sizeof(early) || rounded > sizeof(early) - early_used)
		return NULL;
	early_used += rounded;
	return early + early_used - rounded;
}

/* Whether the real functions are known; looks them up if that is not already under way. */
static int
is_ready(void)
{
	static int is_looking;
	if (real_free != NULL)
		return 1;
	if (is_looking)
		return 0;
	is_looking = 1;
	*(void **)&real_malloc = dlsym(RTLD_NEXT, "malloc");
	*(void **)&real_calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&real_realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&real_aligned_alloc = dlsym(RTLD_NEXT, "aligned_alloc");
	*(void **)&real_posix_memalign = dlsym(RTLD_NEXT, "posix_memalign");
	*(void **)&real__exit = dlsym(RTLD_NEXT, "_exit");
	*(void **)&real_free = dlsym(RTLD_NEXT, "free");
	return 1;
}

/* Whether the allocation that returns to ${caller} is to fail; counts it. */
static int
must_fail(uintptr_t caller)
{
	int is_counted = counts_all;
	if (!atomic_load(&is_running))
		return 0;
	for (size_t i = 0; i < nsegments && !is_counted; i++)
		is_counted = caller >= segments[i].start && caller < segments[i].end;
	if (!is_counted)
		return 0;
	unsigned long n = atomic_fetch_add(&ncalls, 1) + 1;
	if (fail_at == 0 || n < fail_at || (n > fail_at && !is_sticky))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	if (!is_ready())
		return early_alloc(size);
	return must_fail(CALLER) ? NULL : real_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	if (!is_ready()) /* early memory is zero, and nobody asks for so much that this overflows */
		return early_alloc(n * size);
	return must_fail(CALLER) ? NULL : real_calloc(n, size);
}

/* Shared by realloc and reallocarray, after they have counted. */
static void *
resize(void *p, size_t size)
{
	if (is_ready() && !is_early(p))
		return real_realloc(p, size);
	void *q = is_ready() ? real_malloc(size) : early_alloc(size);
	if (q == NULL || p == NULL)
		return q;
	/* how large it was is not known, but what lies behind it may be read */
	size_t max = (size_t)(early + sizeof(early) - (char *)p);
	memcpy(q, p, max < size ? max : size);
	return q;
}

void *
realloc(void *p, size_t size)
{
	return must_fail(CALLER) ? NULL : resize(p, size);
}

void *
reallocarray(void *p, size_t n, size_t size)
{
	if (must_fail(CALLER))
		return NULL;
	if (size != 0 && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(p, n * size);
}

int
posix_memalign(void **p, size_t alignment, size_t size)
{
	int saved = errno;
	if (!is_ready() || must_fail(CALLER)) {
		errno = saved; /* it returns its error and leaves errno alone */
		return ENOMEM;
	}
	return real_posix_memalign(p, alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	if (!is_ready() || must_fail(CALLER))
		return NULL;
	return real_aligned_alloc(alignment, size);
}

/* Shared by strdup and strndup, after they have counted. */
static char *
duplicate(const char *text, size_t len)
{
	char *copy = is_ready() ? real_malloc(len + 1) : early_alloc(len + 1);
	if (copy == NULL)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

char *
strdup(const char *text)
{
	return must_fail(CALLER) ? NULL : duplicate(text, strlen(text));
}

char *
strndup(const char *text, size_t max)
{
	return must_fail(CALLER) ? NULL : duplicate(text, strnlen(text, max));
}

void
free(void *p)
{
	if (p != NULL && !is_early(p) && is_ready())
		real_free(p);
}

/* ---- the start and the end of the program ---- */

/* The program itself is the first object that is told of; one call is enough. */
static int
find_segments(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	for (size_t i = 0; i < info->dlpi_phnum && nsegments < SEGMENTS_MAX; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
			continue;
		segments[nsegments].start = (uintptr_t)(info->dlpi_addr + header->p_vaddr);
		segments[nsegments].end = segments[nsegments].start + (uintptr_t)header->p_memsz;
		nsegments++;
	}
	return 1;
}

static int
is_set(const char *name)
{
	const char *value = getenv(name);
	return value != NULL && strcmp(value, "1") == 0;
}

static void
open_count(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		fprintf(stderr, "failalloc.so: cannot open '%s'\n", path);
		abort();
	}
	count_fd = fcntl(fd, F_DUPFD_CLOEXEC, COUNT_FD_MIN);
	if (count_fd < 0)
		count_fd = fd; /* few descriptors are allowed */
	else
		close(fd);
}

/* At the start, before the program can confine itself. */
__attribute__((constructor)) static void
load(void)
{
	static const char *const ours[] = {"FAIL_ALLOC", "FAIL_ALLOC_STICKY", "FAIL_ALLOC_ALL",
		"FAIL_ALLOC_COUNT", "LD_PRELOAD"};
	const char *n = getenv("FAIL_ALLOC"), *path = getenv("FAIL_ALLOC_COUNT");
	is_ready();
	dl_iterate_phdr(find_segments, NULL);
	fail_at = n == NULL ? 0 : strtoul(n, NULL, 10);
	is_sticky = is_set("FAIL_ALLOC_STICKY");
	counts_all = is_set("FAIL_ALLOC_ALL");
	counted_pid = getpid();
	if (path != NULL)
		open_count(path);
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		unsetenv(ours[i]);
}

/* Only once, and not by a child that the program has forked. */
static void
write_count(void)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%lu\n", atomic_load(&ncalls));
	if (count_fd < 0 || getpid() != counted_pid)
		return;
	if (write(count_fd, text, (size_t)len) != len)
		abort();
	count_fd = -1;
}

__attribute__((destructor)) static void
end(void)
{
	write_count();
}

void
_exit(int status)
{
	write_count();
	is_ready();
	real__exit(status);
	abort(); /* not reached */
}

void
_Exit(int status)
{
	_exit(status);
}

static int
counted_main(int argc, char **argv, char **envp)
{
	atomic_store(&is_running, 1);
	return real_main(argc, argv, envp);
}

int
__libc_start_main(main_fn *main, int argc, char **argv, void (*init)(void), void (*fini)(void),
	void (*ldso_fini)(void), void *stack_end)
{
	int (*start)(main_fn *, int, char **, void (*)(void), void (*)(void), void (*)(void),
		void *);
	*(void **)&start = dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = main;
	return start(counted_main, argc, argv, init, fini, ldso_fini, stack_end);
}
