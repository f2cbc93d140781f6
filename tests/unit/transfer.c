/*
 * transfer - requests over plain sockets of this machine, one thread on both sides: what is
 * borrowed for how long, how much is read, what is overwritten.
 *
 * What a sender makes of it, and TLS, is tested by tests/wb-send*.test.sh.
 */
#include "unit.h"
#include "transfer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
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

/* Send ${len} bytes while the other side reads them, or no more. */
static void
send_all(int fd, const char *data, size_t len)
{
	struct pollfd all = {.fd = fd, .events = POLLOUT};
	ssize_t n;

	while (len > 0) {
		if ((n = send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno != EAGAIN ||
			   transfers_wait(transfers, &all, 1, PATIENCE_MS) != 0) {
			return;
		}
	}
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

#if !defined(__SANITIZE_ADDRESS__) /* it has another heap */

/* How often ${rot13} stands in the heap, turned around as letters are by rot13. */
static int
found_in_heap(const char *rot13)
{
	char line[256];
	FILE *maps = fopen("/proc/self/maps", "r");
	const size_t len = strlen(rot13);
	int n = 0;

	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		uintptr_t from, to;

		if (strstr(line, "[heap]") == NULL ||
			sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &from, &to) != 2)
			continue;
		for (const char *p = (const char *)from; p + len <= (const char *)to; p++) {
			size_t i = 0;

			while (i < len && p[i] == (rot13[i] < 'n' ? rot13[i] + 13 : rot13[i] - 13))
				i++;
			n += i == len;
		}
	}
	if (maps != NULL)
		fclose(maps);
	return n;
}

/* A header with what found_in_heap looks for, which is nowhere else. */
static void
make_header(char *header, size_t size, const char *rot13)
{
	size_t n = (size_t)snprintf(header, size, "Authorization: ");

	for (; *rot13 != '\0' && n + 1 < size; rot13++)
		header[n++] = (char)(*rot13 < 'n' ? *rot13 + 13 : *rot13 - 13);
	header[n] = '\0';
}

static void
test_wiped(void)
{
	static const char rot13[] = "gurfrpergbsguvfgrfgnybar";
	char header[100], *headers[] = {header}, url[64];
	unsigned port = 0;
	int listener = listen_at("127.0.0.1", &port), fd;
	struct transfer_request request;
	struct transfer_result result;
	struct url where;

	begin(1);
	make_header(header, sizeof(header), rot13);
	request = request_to("127.0.0.1", port, &where, url);
	request.headers = headers;
	request.nheaders = 1;
	EXPECT(transfer_start(transfers, &request, &where) == 0);
	EXPECT(found_in_heap(rot13) == 1);
	transfer_cancel(transfers, &where);
	EXPECT(found_in_heap(rot13) == 0);
	close(accept(listener, NULL, NULL));
	EXPECT(transfer_start(transfers, &request, &where) == 0);
	fd = accept(listener, NULL, NULL);
	EXPECT(found_in_heap(rot13) == 1);
	EXPECT(await(fd));
	EXPECT(write(fd, TEXT("HTTP/1.1 204 x\r\n\r\n")) > 0);
	EXPECT(await_end(&result) && result.error == TRANSFER_OK);
	EXPECT(found_in_heap(rot13) == 0);
	close(fd);
	end(listener);
}

#endif

/* A response in ${n} chunks of 32 bytes, of which so many are read and kept at most. */
static void
read_chunks(size_t n, size_t read_max, size_t keep_max, struct transfer_result *result)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
			  chunk[] = "20\r\n0123456789abcdef0123456789abcdef\r\n",
			  last[] = "0\r\n\r\n";
	char *text = malloc(n * (sizeof(chunk) - 1)), url[64];
	unsigned port = 0;
	int listener = listen_at("127.0.0.1", &port), fd;
	struct url where;
	struct transfer_request request = request_to("127.0.0.1", port, &where, url);

	if (text == NULL)
		exit(1);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * (sizeof(chunk) - 1), chunk, sizeof(chunk) - 1);
	request.read_max = read_max;
	request.response_max = keep_max;
	EXPECT(transfer_start(transfers, &request, NULL) == 0);
	fd = accept(listener, NULL, NULL);
	EXPECT(await(fd));
	send_all(fd, TEXT(head));
	send_all(fd, text, n * (sizeof(chunk) - 1));
	send_all(fd, TEXT(last));
	EXPECT(await_end(result));
	EXPECT(result->error == TRANSFER_OK && result->http_status == 200);
	close(fd);
	close(listener);
	free(text);
}

static void
test_read_max(void)
{
	const size_t mib = 1024 * 1024;
	struct transfer_result r;

	begin(1);
	/* to the byte, also what stands between */
	read_chunks(8 * mib / 32, 8 * mib, 8 * mib, &r);
	EXPECT(r.response->len == 8 * mib && !r.truncated);
	EXPECT(r.response->len > 20 &&
		memcmp(r.response->buf + 4 * mib, "0123456789abcdef0", 17) == 0);
	read_chunks(8 * mib / 32 + 1, 8 * mib, 8 * mib, &r);
	EXPECT(r.response->len == 8 * mib && r.truncated);
	read_chunks(8 * mib / 32, 8 * mib, 100, &r);
	EXPECT(r.response->len == 100 && r.truncated);
	/* what is read if nobody says anything */
	read_chunks(TRANSFER_READ_MAX / 32, 0, 2 * mib, &r);
	EXPECT(r.response->len == TRANSFER_READ_MAX && !r.truncated);
	read_chunks(TRANSFER_READ_MAX / 32 + 1, 0, 2 * mib, &r);
	EXPECT(r.truncated);
	transfers_free(transfers);
}

int
main(void)
{
	policy_init(&policy);
	policy.allow_http = true;
	if (policy_allow_host(&policy, "two.test") != 0 ||
		policy_allow_host(&policy, "127.0.0.1") != 0)
		return 1;
	RUN(test_addresses, "transfer: addresses are borrowed for the call alone");
#if !defined(__SANITIZE_ADDRESS__)
	RUN(test_wiped, "transfer: what was sent is overwritten, also when it was broken off");
#endif
	RUN(test_read_max, "transfer: as much of a response as is asked for");
	policy_release(&policy);
	UNIT_DONE();
}
