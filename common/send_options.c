#include "send_options.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"

#define JOBS_DEFAULT 16
#define TIMEOUT_MAX_MS ((uint64_t)24 * 3600 * 1000)
#define WAIT_MAX_MS ((uint64_t)30 * 24 * 3600 * 1000)
#define RETRIES_MAX 1000
#define RATE_MAX 1000000
#define FAILURES_MAX 1000000
#define RESPONSE_DEFAULT 4096
#define RESPONSE_MAX (1024 * 1024)

void
send_options_init(struct sender_options *s)
{
	*s = (struct sender_options){.jobs = JOBS_DEFAULT,
		.timeout_ms = 30000,
		.connect_timeout_ms = 10000,
		.breaker = {10, 30000},
		.response_max = RESPONSE_DEFAULT};
	retry_policy_init(&s->retry);
}

static int
set_retry_on(struct sender_options *s, const char *value)
{
	switch (retry_policy_on(&s->retry, value)) {
	case RETRY_LIST_OK:
		return 0;
	case RETRY_LIST_SUCCESS:
		diag("--retry-on takes no 2xx, as in '%s', which is success: have the webhook's success_when say what is none, and try that again with --retry-on rejected",
			value);
		return -1;
	case RETRY_LIST_NONE:
		break;
	}
	diag("--retry-on takes statuses such as 429,503 or 5xx, and the word rejected, with commas between, not '%s'",
		value);
	return -1;
}

static int
set_order(struct sender_options *s, const char *value)
{
	static const char *const names[] = {"collection", "endpoint", "none"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			s->order = (enum queue_order)i;
			return 0;
		}
	}
	diag("--order takes collection, endpoint or none, not '%s'", value);
	return -1;
}

/* "10", "10/s", "90/m", "1000/h" */
static int
set_rate(struct sender_options *s, const char *value)
{
	static const struct {
		const char *name;
		unsigned long us;
	} units[] = {{"", 1000000}, {"/s", 1000000}, {"/m", 60000000}, {"/h", 3600000000}};
	char *rest;
	unsigned long n = *value >= '0' && *value <= '9' ? strtoul(value, &rest, 10) : 0;

	for (size_t i = 0; n >= 1 && n <= RATE_MAX && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(rest, units[i].name) == 0) {
			s->interval_us = (int64_t)(units[i].us / n);
			return 0;
		}
	}
	diag("--rate takes attempts a second, minute or hour, such as 10/s, 90/m or 1000/h, at most %d, not '%s'",
		RATE_MAX, value);
	return -1;
}

int
send_option(struct sender_options *s, int id, const char *value)
{
	uint64_t n = 0;
	int status = 0;

	switch (id) {
	case SEND_JOBS:
		if ((status = options_number("jobs", value, 1, SENDER_JOBS_MAX, &n)) == 0)
			s->jobs = (size_t)n;
		return status;
	case SEND_TIMEOUT:
		return options_duration("timeout", value, TIMEOUT_MAX_MS, &s->timeout_ms);
	case SEND_CONNECT_TIMEOUT:
		return options_duration("connect-timeout", value, TIMEOUT_MAX_MS,
			&s->connect_timeout_ms);
	case SEND_RETRIES:
		if ((status = options_number("retries", value, 0, RETRIES_MAX, &n)) == 0)
			s->retry.retries = (unsigned)n;
		return status;
	case SEND_RETRY_MAX_TIME:
		return options_duration("retry-max-time", value, WAIT_MAX_MS,
			&s->retry.max_time_ms);
	case SEND_RETRY_ON:
		return set_retry_on(s, value);
	case SEND_ORDER:
		return set_order(s, value);
	case SEND_RATE:
		return set_rate(s, value);
	case SEND_BREAKER:
		if ((status = options_number("breaker", value, 0, FAILURES_MAX, &n)) == 0)
			s->breaker.failures = (unsigned)n;
		return status;
	case SEND_BREAKER_WAIT:
		return options_duration("breaker-wait", value, WAIT_MAX_MS, &s->breaker.wait_ms);
	case SEND_MAX_RESPONSE:
		if ((status = options_size("max-response", value, 0, RESPONSE_MAX, &n)) == 0)
			s->response_max = (size_t)n;
		return status;
	default:
		s->show_response = true;
		return 0;
	}
}
