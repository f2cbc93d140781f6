/*
 * replay - run a fuzzer over files, one after another, without libFuzzer
 *
 * usage: FUZZER FILE...
 */
#include <string.h>

#include "fuzz.h"

/* All of ${path} in memory of just its size, so that a byte too far is found. */
static uint8_t *
read_all(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = NULL;
	long end = -1;

	if (file != NULL && fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0)
		data = malloc(end > 0 ? (size_t)end : 1);
	if (data != NULL) {
		rewind(file);
		*size = fread(data, 1, (size_t)end, file);
	}
	if (file != NULL)
		fclose(file);
	return data;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		size_t size = 0;
		uint8_t *data = read_all(argv[i], &size);

		if (data == NULL) {
			fprintf(stderr, "cannot read %s\n", argv[i]);
			return 2;
		}
		/* On a line of its own, so that the last one before a crash is the culprit. */
		printf("%s\n", argv[i]);
		fflush(stdout);
		fuzz_one(data, size);
		free(data);
	}
	return 0;
}
