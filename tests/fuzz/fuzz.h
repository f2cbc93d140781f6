/*
 * fuzz - what the fuzzers share.
 *
 * Each file here is one fuzzer: fuzz_one() gets bytes and aborts when a property does not
 * hold. With replay.c it is a program that reads files, with libFuzzer one that makes
 * bytes up: tests/fuzz/run.
 */
#ifndef WB_FUZZ_H
#define WB_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The name that libFuzzer calls. */
#define fuzz_one LLVMFuzzerTestOneInput

/**
 * fuzz_one(data, size):
 * Try ${size} bytes at ${data}. Returns 0, or aborts.
 */
int fuzz_one(const uint8_t *data, size_t size);

/* A property that must hold. */
#define REQUIRE(cond)                                                                              \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
