#include "report_advice.h"

#include <string.h>

/* What is said of a cause that begins so; the first one that does counts. */
static const struct {
	enum execution_status status;
	const char *begin, *advice;
} advices[] = {
	{EXECUTION_FAILED, "http 401",
		"Is the token or the signature the one that the receiver expects? See access_token and secret in wb-automations(5)"},
	{EXECUTION_FAILED, "http 403",
		"Is the token or the signature the one that the receiver expects? See access_token and secret in wb-automations(5)"},
	{EXECUTION_FAILED, "http 404", "Is the URL right, and may the token see what is there?"},
	{EXECUTION_FAILED, "http 410",
		"The URL is there no more: disable the automation, or give its webhook a new one"},
	{EXECUTION_FAILED, "http 422",
		"The receiver does not like the payload: try another one with 'wb-automation test'"},
	{EXECUTION_FAILED, "http 400",
		"The receiver does not like the payload: try another one with 'wb-automation test'"},
	{EXECUTION_FAILED, "http 429",
		"It was too much for the receiver: send more slowly, with --rate of wb-send"},
	{EXECUTION_FAILED, "http 5",
		"The receiver was in trouble: 'wb-deliver retry' sends them again when it is well"},
	{EXECUTION_FAILED, "http", "What the receiver answered is in the receipt of wb-send"},
	{EXECUTION_FAILED, "denied",
		"The policy of wb-send forbids this URL: see --allow-http, --allow-host and --allow-net"},
	{EXECUTION_FAILED, "secret",
		"'wb-automation check --resolve' tells which are missing; 'wb-deliver retry' sends again"},
	{EXECUTION_FAILED, "dns",
		"Is the name of the host right, and does the machine that sends get an answer for it?"},
	{EXECUTION_FAILED, "connect",
		"Is the receiver up, and does a firewall let connections through?"},
	{EXECUTION_FAILED, "tls",
		"Has the receiver's certificate expired, or is its authority a private one? See --cacert of wb-send"},
	{EXECUTION_FAILED, "timeout",
		"The receiver may have got the request; if it is slow, give it more --timeout"},
	{EXECUTION_FAILED, "reset",
		"The receiver, or a proxy before it, hung up; it may have got the request"},
	{EXECUTION_FAILED, "rejected",
		"The receiver said no in its answer, or success_when cannot be run"},
	{EXECUTION_PENDING, "budget",
		"The time for retries was over: the next run goes on with them"},
	{EXECUTION_PENDING, "circuit",
		"The endpoint kept failing, and was left alone: the next run goes on with them"},
	{EXECUTION_PENDING, "order",
		"They wait for an earlier one of their key: the next run goes on with them"},
	{EXECUTION_PENDING, "stopped", "Sending was stopped: the next run goes on with them"},
	{EXECUTION_PENDING, "attempted", "The job may be on its queue already: the next run asks"},
};

const char *
report_advice(const struct report_group *cause)
{
	if (cause->is_rest)
		return "";
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].status == cause->status &&
			strncmp(cause->name, advices[i].begin, strlen(advices[i].begin)) == 0)
			return advices[i].advice;
	return "";
}
