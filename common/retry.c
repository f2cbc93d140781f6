#include "retry.h"

#include <string.h>

#include "timestamp.h"

static void
add_status(struct retry_policy *policy, unsigned status)
{
	policy->statuses[status / 8] |= (unsigned char)(1u << status % 8);
}

void
retry_policy_init(struct retry_policy *policy)
{
	*policy = (struct retry_policy){.retries = 5, .max_time_ms = 5 * 60 * 1000};
	(void)retry_policy_on(policy, "408,425,429,500,502,503,504");
}

/* One status, "503", or a hundred of them, "5xx". */
static enum retry_list
add_word(struct retry_policy *policy, const char *word, size_t len)
{
	unsigned status = 0;

	if (len == 8 && memcmp(word, "rejected", 8) == 0) {
		policy->rejected = true;
		return RETRY_LIST_OK;
	}
	if (len != 3 || word[0] < '1' || word[0] > '5')
		return RETRY_LIST_NONE;
	if (word[1] == 'x' && word[2] == 'x') {
		for (unsigned i = 0; i < 100; i++)
			add_status(policy, (unsigned)(word[0] - '0') * 100 + i);
	} else {
		for (size_t i = 0; i < 3; i++) {
			if (word[i] < '0' || word[i] > '9')
				return RETRY_LIST_NONE;
			status = status * 10 + (unsigned)(word[i] - '0');
		}
		add_status(policy, status);
	}
	return word[0] == '2' ? RETRY_LIST_SUCCESS : RETRY_LIST_OK;
}

enum retry_list
retry_policy_on(struct retry_policy *policy, const char *list)
{
	memset(policy->statuses, 0, sizeof(policy->statuses));
	policy->rejected = false;
	for (;;) {
		const size_t len = strcspn(list, ",");
		const enum retry_list status = add_word(policy, list, len);

		if (status != RETRY_LIST_OK || list[len] == '\0')
			return status;
		list += len + 1;
	}
}

bool
retry_is_wanted(const struct retry_policy *policy, enum transfer_error error, long http_status)
{
	switch (error) {
	case TRANSFER_DNS:
	case TRANSFER_CONNECT:
	case TRANSFER_TLS:
	case TRANSFER_TIMEOUT:
	case TRANSFER_RESET:
		return true;
	case TRANSFER_HTTP:
		return http_status >= 100 && http_status < 600 &&
		       policy->statuses[http_status / 8] >> http_status % 8 & 1;
	case TRANSFER_REJECTED:
		return policy->rejected;
	case TRANSFER_OK:
	case TRANSFER_DENIED:
	case TRANSFER_SECRET:
		break;
	}
	return false;
}

uint64_t
retry_delay_ms(unsigned attempts, uint64_t chance)
{
	uint64_t limit = RETRY_DELAY_MAX_MS;

	if (attempts > 0 && attempts <= 16 && (uint64_t)RETRY_DELAY_MS << (attempts - 1) < limit)
		limit = (uint64_t)RETRY_DELAY_MS << (attempts - 1);
	return chance % (limit + 1);
}

static int64_t
seconds(const char *value)
{
	int64_t n = 0;

	if (*value == '\0')
		return -1;
	for (; *value >= '0' && *value <= '9'; value++)
		if (n < RETRY_AFTER_MAX_SEC)
			n = n * 10 + (*value - '0');
	return *value == '\0' ? n : -1;
}

int64_t
retry_after_ms(const char *value, int64_t now_ms)
{
	int64_t wait = seconds(value) * 1000, at_ms;

	if (wait < 0 && timestamp_parse_http(value, &at_ms) == 0)
		wait = at_ms > now_ms ? at_ms - now_ms : 0;
	if (wait > (int64_t)RETRY_AFTER_MAX_SEC * 1000)
		wait = (int64_t)RETRY_AFTER_MAX_SEC * 1000;
	return wait < 0 ? -1 : wait;
}
