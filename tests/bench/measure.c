/*
 * measure - run a command a number of times; print, a line each run, how many nanoseconds it took
 * and its peak memory in KiB
 *
 * usage: measure RUNS STATUS COMMAND [ARGUMENT...]
 *
 * Standard input is empty and standard output is thrown away. The command starts by posix_spawn
 * from this small process: what a forked child inherits counts towards its peak. Exit status: 0, or
 * 1 if the command did not end with STATUS.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Run ${argv} once, to end with ${wanted}. Returns 0, or -1 after a message. */
static int
run(char **argv, int wanted, const posix_spawn_file_actions_t *files)
{
	int64_t start_ns = now_ns(), end_ns;
	struct rusage usage;
	int status, error;
	pid_t pid;

	if ((error = posix_spawnp(&pid, argv[0], files, NULL, argv, environ)) != 0) {
		fprintf(stderr, "measure: cannot run '%s': %s\n", argv[0], strerror(error));
		return -1;
	}
	if (wait4(pid, &status, 0, &usage) != pid) {
		perror("measure: wait4");
		return -1;
	}
	end_ns = now_ns();
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (status != wanted) {
		fprintf(stderr, "measure: '%s' ended with status %d\n", argv[0], status);
		return -1;
	}
	printf("%lld %ld\n", (long long)(end_ns - start_ns), usage.ru_maxrss);
	return 0;
}

int
main(int argc, char **argv)
{
	posix_spawn_file_actions_t files;
	int status = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: measure RUNS STATUS COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (posix_spawn_file_actions_init(&files) != 0 ||
		posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0) != 0 ||
		posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0) != 0)
		return 1;
	for (long runs = strtol(argv[1], NULL, 10); runs > 0 && status == 0; runs--)
		status = run(argv + 3, (int)strtol(argv[2], NULL, 10), &files);
	posix_spawn_file_actions_destroy(&files);
	return status == 0 ? 0 : 1;
}
