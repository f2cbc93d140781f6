/*
 * transfer - requests over plain sockets of this machine, one thread on both sides: what is
 * borrowed for how long, how much is read, what is overwritten.
 *
 * What a sender makes of it, and TLS, is tested by tests/wb-send*.test.sh.
 */
#include "unit.h"
#include "transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#define PATIENCE_MS 60000 /* for what comes at once, unless it is broken */
#define TEXT(s) (s), sizeof(s) - 1

static struct policy policy;
static struct transfers *transfers;

static struct sockaddr_in
address(const char *text, unsigned port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	inet_pton(AF_INET, text, &in.sin_addr);
	return in;
}

/* A socket at ${text} and *${port}; 0 there: any, and then it says which. */
static int
bind_to(const char *text, unsigned *port)
{
	struct sockaddr_in in = address(text, *port);
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&in, len) != 0 ||
		getsockname(fd, (struct sockaddr *)&in, &len) != 0) {
		perror("bind");
		exit(1);
	}
	*port = ntohs(in.sin_port);
	return fd;
}

static int
listen_at(const char *text, unsigned *port)
{
	int fd = bind_to(text, port);

	if (listen(fd, 16) != 0) {
		perror("listen");
		exit(1);
	}
	return fd;
}

static void
begin(size_t jobs)
{
	const struct transfer_options options = {.policy = &policy,
		.connect_timeout_ms = PATIENCE_MS,
		.jobs = jobs};

	transfers = transfers_new(&options);
	if (transfers == NULL)
		exit(1);
}

static void
end(int fd)
{
	transfers_free(transfers);
	close(fd);
}

/* A request to ${port} of ${host}, whatever that is. */
static struct transfer_request
request_to(const char *host, unsigned port, struct url *where, char url[64])
{
	snprintf(url, 64, "http://%s:%u/", host, port);
	*where = (struct url){.port = port};
	snprintf(where->host, sizeof(where->host), "%s", host);
	return (struct transfer_request){.url = url,
		.where = where,
		.body = "",
		.timeout_ms = PATIENCE_MS};
}

/* Go on until ${fd} can be read. Returns whether it can. */
static bool
await(int fd)
{
	struct pollfd all = {.fd = fd, .events = POLLIN};
	struct transfer_result result;

	while (!transfers_next(transfers, &result)) {
		if (transfers_wait(transfers, &all, 1, PATIENCE_MS) != 0)
			return false;
		if (all.revents != 0)
			return true;
	}
	printf("# ended before: %s\n", result.message);
	return false;
}

/* Go on until a transfer has ended. */
static bool
await_end(struct transfer_result *result)
{
	while (!transfers_next(transfers, result))
		if (transfers_wait(transfers, NULL, 0, PATIENCE_MS) != 0)
			return false;
	return true;
}

/* ---- cases ---- */

/* The resolver may free them while the first one is being connected to. */
static void
test_addresses(void)
{
	struct sockaddr_storage all[2] = {0};
	struct transfer_request request;
	struct transfer_result result;
	struct sockaddr_in in;
	unsigned port = 0;
	int listener = listen_at("127.0.0.2", &port), closed = bind_to("127.0.0.1", &port), fd;
	struct url where;
	char url[64];

	in = address("127.0.0.1", 0);
	memcpy(&all[0], &in, sizeof(in));
	in = address("127.0.0.2", 0);
	memcpy(&all[1], &in, sizeof(in));
	begin(1);
	request = request_to("two.test", port, &where, url);
	request.addresses = all;
	request.naddresses = 2;
	EXPECT(transfer_start(transfers, &request, &where) == 0);
	memset(all, 0, sizeof(all));
	if (await(listener)) {
		fd = accept(listener, NULL, NULL);
		EXPECT(await(fd));
		EXPECT(write(fd, TEXT("HTTP/1.1 204 x\r\n\r\n")) > 0);
		EXPECT(await_end(&result) && result.error == TRANSFER_OK && result.ctx == &where);
		close(fd);
	} else {
		EXPECT(!"connected");
	}
	close(closed);
	end(listener);
}

int
main(void)
{
	policy_init(&policy);
	policy.allow_http = true;
	if (policy_allow_host(&policy, "two.test") != 0)
		return 1;
	RUN(test_addresses, "transfer: addresses are borrowed for the call alone");
	policy_release(&policy);
	UNIT_DONE();
}
