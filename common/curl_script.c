#include "curl_script.h"

#include <inttypes.h>

#include "diag.h"
#include "header.h"
#include "json_text.h"
#include "secret_ref.h"
#include "shell.h"
#include "signature_script.h"
#include "url.h"

/* A record, and its parts as bytes. */
struct script {
	struct strbuf *sb;
	const struct record *rec;
	struct strbuf url, body;
	struct url where;
	bool is_ref; /* the URL is a secret */
};

/* Secrets that a script asks for: each once. */
struct needs {
	const struct json_span *refs[SECRET_REFS_MAX + RECORD_HEADERS_MAX + SIGNATURE_KEYS_MAX + 8];
	size_t n;
};

/*
 * Every function of the script goes with a line of its own on what it is for, since a person is to
 * read it. printf must be the shell's own: its arguments are secrets.
 */
static const char start_text[] =
	"export LC_ALL=C\n"
	"[ \"$(command -v printf)\" = printf ] || exit 1 # it would show secrets to ps(1)\n"
	"umask 077\n"
	"wb_dir=$(mktemp -d)\n"
	"trap 'rm -rf \"$wb_dir\"' EXIT\n"
	"trap 'exit 1' HUP INT TERM\n";

static const char header_text[] =
	"\n"
	"# header NAME VALUE: a line of the head, and never two\n"
	"header() {\n"
	"\tcase $2 in *[[:cntrl:]]*) echo \"$1: a secret with a control character\" >&2; exit 1 ;; esac\n"
	"\tprintf '%s: %s\\n' \"$1\" \"$2\"\n"
	"}\n";

static const char url_text[] =
	"\n"
	"# url VALUE: the URL as a line of curl's configuration, since arguments can be read by all\n"
	"url() {\n"
	"\tcase $1 in *[![:graph:]]*) echo 'a URL with a space or control character' >&2; exit 1 ;; esac\n"
	"\tprintf '%s\\n' \"$1\" | sed 's/[\\\\\"]/\\\\&/g; s/.*/url = \"&\"/'\n"
	"}\n";

static const char json_text[] =
	"\n"
	"# json VALUE: the value as it stands inside of a JSON string\n"
	"json() {\n"
	"\tprintf '%s\\n' \"$1\" | awk '\n"
	"\t\tBEGIN {\n"
	"\t\t\tfor (i = 1; i < 32; i++) code[sprintf(\"%c\", i)] = sprintf(\"\\\\u%04x\", i)\n"
	"\t\t\tcode[\"\\b\"] = \"\\\\b\"; code[\"\\t\"] = \"\\\\t\"; code[\"\\f\"] = \"\\\\f\"; code[\"\\r\"] = \"\\\\r\"\n"
	"\t\t\tcode[\"\\\"\"] = \"\\\\\\\"\"; code[\"\\\\\"] = \"\\\\\\\\\"\n"
	"\t\t}\n"
	"\t\tNR > 1 { printf \"\\\\n\" }\n"
	"\t\t{\n"
	"\t\t\tfor (i = 1; i <= length($0); i++) {\n"
	"\t\t\t\tc = substr($0, i, 1)\n"
	"\t\t\t\tprintf(\"%s\", (c in code) ? code[c] : c)\n"
	"\t\t\t}\n"
	"\t\t}'\n"
	"}\n";

/* Text of a record as a comment: without controls, so it cannot end the line. */
static void
add_comment(struct strbuf *sb, const struct json_span *string)
{
	char clean[1024];
	struct strbuf plain;

	strbuf_init(&plain, string->len + 1);
	json_decode(&plain, string);
	strbuf_adds(sb, diag_scrub(clean, sizeof(clean), plain.buf, plain.len));
	sb->failed |= strbuf_failed(&plain);
	strbuf_release(&plain);
}

static void
add_ref(struct strbuf *sb, const struct json_span *ref)
{
	strbuf_addc(sb, '"');
	strbuf_add(sb, ref->p, ref->len);
	strbuf_addc(sb, '"');
}

static bool
has_secret_headers(const struct record *rec)
{
	for (size_t i = 0; i < rec->nheaders; i++)
		if (record_is_ref(&rec->headers[i].value) &&
			!signature_script_makes(rec, &rec->headers[i].name))
			return true;
	return rec->auth_scheme != RECORD_NO_AUTH;
}

static void
need(struct needs *needs, const struct json_span *ref)
{
	if (ref->type == JSON_NONE)
		return;
	for (size_t i = 0; i < needs->n; i++)
		if (needs->refs[i]->len == ref->len &&
			memcmp(needs->refs[i]->p, ref->p, ref->len) == 0)
			return;
	needs->refs[needs->n++] = ref;
}

static void
add_checks(const struct script *s)
{
	const struct record *rec = s->rec;
	struct needs needs = {.n = 0};

	if (s->is_ref)
		need(&needs, &rec->url);
	for (size_t i = 0; i < rec->nheaders; i++)
		if (record_is_ref(&rec->headers[i].value) &&
			!signature_script_makes(rec, &rec->headers[i].name))
			need(&needs, &rec->headers[i].value);
	need(&needs, &rec->auth);
	for (size_t i = 0; i < rec->nlate; i++)
		need(&needs, &rec->late[i].ref);
	for (size_t i = 0; i < rec->nkeys; i++)
		if (record_signs_with(rec, i))
			need(&needs, &rec->keys[i]);
	need(&needs, &rec->tls_ca);
	need(&needs, &rec->tls_cert);
	need(&needs, &rec->tls_key);
	for (size_t i = 0; i < needs.n; i++)
		strbuf_printf(s->sb, ": \"${%.*s:?}\"\n", (int)needs.refs[i]->len - 1,
			needs.refs[i]->p + 1);
}

static void
add_functions(const struct script *s)
{
	if (s->is_ref)
		strbuf_adds(s->sb, url_text);
	if (has_secret_headers(s->rec))
		strbuf_adds(s->sb, header_text);
	if (s->rec->nlate > 0)
		strbuf_adds(s->sb, json_text);
	signature_script_functions(s->sb, s->rec);
}

static void
add_body(const struct script *s)
{
	size_t from = 0;

	strbuf_lit(s->sb, "\n{\n");
	for (size_t i = 0; i < s->rec->nlate; i++) {
		const struct record_late *late = &s->rec->late[i];

		shell_print(s->sb, s->body.buf + from, late->at - from);
		strbuf_lit(s->sb, "json ");
		add_ref(s->sb, &late->ref);
		strbuf_addc(s->sb, '\n');
		from = late->at;
	}
	if (s->body.len > from)
		shell_print(s->sb, s->body.buf + from, s->body.len - from);
	else if (s->rec->nlate == 0)
		strbuf_lit(s->sb, "printf ''\n");
	strbuf_lit(s->sb, "} >\"$wb_dir/body\"\n");
}

/* Headers that hold no secret. Their values are printable ASCII, so none can look like the end. */
static void
add_plain_headers(const struct script *s)
{
	const struct record *rec = s->rec;
	bool has_agent = false, has_type = false;

	strbuf_lit(s->sb, "\ncat >\"$wb_dir/headers\" <<'END'\n");
	for (size_t i = 0; i < rec->nheaders; i++) {
		const struct record_header *h = &rec->headers[i];

		has_agent |= header_is(h->name.p, h->name.len, "User-Agent");
		has_type |= header_is(h->name.p, h->name.len, "Content-Type");
		if (record_is_ref(&h->value) || signature_script_makes(rec, &h->name))
			continue;
		strbuf_add(s->sb, h->name.p, h->name.len);
		/* curl's spelling of a header without a value */
		strbuf_adds(s->sb, h->value.len == 0 ? ";" : ": ");
		json_decode(s->sb, &h->value);
		strbuf_addc(s->sb, '\n');
	}
	if (!has_type)
		strbuf_lit(s->sb, "Content-Type: application/json\n");
	if (!has_agent)
		strbuf_lit(s->sb, "User-Agent: wb-tools/" WB_VERSION "\n");
	strbuf_lit(s->sb, "Expect:\nEND\n");
}

static void
add_secret_headers(const struct script *s)
{
	const struct record *rec = s->rec;

	if (!has_secret_headers(rec))
		return;
	strbuf_lit(s->sb, "{\n");
	for (size_t i = 0; i < rec->nheaders; i++) {
		const struct record_header *h = &rec->headers[i];

		if (!record_is_ref(&h->value) || signature_script_makes(rec, &h->name))
			continue;
		strbuf_lit(s->sb, "header ");
		shell_quote(s->sb, h->name.p, h->name.len);
		strbuf_addc(s->sb, ' ');
		add_ref(s->sb, &h->value);
		strbuf_addc(s->sb, '\n');
	}
	if (rec->auth_scheme == RECORD_BEARER) {
		strbuf_lit(s->sb, "header Authorization \"Bearer ");
		strbuf_add(s->sb, rec->auth.p, rec->auth.len);
		strbuf_lit(s->sb, "\"\n");
	} else if (rec->auth_scheme == RECORD_BASIC) {
		strbuf_lit(s->sb, "header Authorization \"Basic $(printf '%s' ");
		shell_quote(s->sb, rec->auth_user.p, rec->auth_user.len);
		strbuf_addc(s->sb, ':');
		add_ref(s->sb, &rec->auth);
		strbuf_lit(s->sb, " | openssl base64 -A)\"\n");
	}
	strbuf_lit(s->sb, "} >>\"$wb_dir/headers\"\n");
}

/* A PEM text that is a secret, as a file for curl. */
static void
add_pem(struct strbuf *sb, const struct json_span *ref, const char *name)
{
	if (ref->type == JSON_NONE)
		return;
	strbuf_lit(sb, "printf '%s\\n' ");
	add_ref(sb, ref);
	strbuf_printf(sb, " >\"$wb_dir/%s\"\n", name);
}

static void
add_word(struct strbuf *sb, const char *option, const char *value)
{
	strbuf_printf(sb, " \\\n\t%s ", option);
	shell_quote(sb, value, strlen(value));
}

static void
add_seconds(struct strbuf *sb, const char *option, uint64_t ms)
{
	strbuf_printf(sb, " %s %" PRIu64, option, ms / 1000);
	if (ms % 1000 != 0)
		strbuf_printf(sb, ".%03u", (unsigned)(ms % 1000));
}

static void
add_proxy(struct strbuf *sb, const char *proxy)
{
	const char *host = strstr(proxy, "://") + 3, *at = strrchr(host, '@');
	struct strbuf bare;

	strbuf_init(&bare, strlen(proxy) + 1);
	strbuf_add(&bare, proxy, (size_t)(host - proxy));
	strbuf_adds(&bare, at != NULL ? at + 1 : host);
	if (strbuf_str(&bare) != NULL)
		add_word(sb, "--noproxy '' --proxy", bare.buf);
	sb->failed |= strbuf_failed(&bare);
	strbuf_release(&bare);
}

static void
add_curl(const struct script *s, const struct curl_script_options *options)
{
	const struct record *rec = s->rec;
	const char *proto = !s->is_ref            ? (s->where.https ? "=https" : "=http")
			    : options->allow_http ? "=https,http"
						  : "=https";

	strbuf_printf(s->sb,
		"\ncurl --disable --silent --show-error --include --globoff --path-as-is \\\n\t--proto %s --tlsv1.2",
		proto);
	add_seconds(s->sb, "--connect-timeout", options->connect_timeout_ms);
	add_seconds(s->sb, "--max-time", options->timeout_ms);
	if (options->proxy != NULL)
		add_proxy(s->sb, options->proxy);
	else
		strbuf_lit(s->sb, " --noproxy '*'");
	if (rec->tls_ca.type != JSON_NONE)
		strbuf_lit(s->sb, " \\\n\t--cacert \"$wb_dir/ca.pem\" --capath \"$wb_dir\"");
	else if (options->ca_file != NULL)
		add_word(s->sb, "--cacert", options->ca_file);
	if (rec->tls_cert.type != JSON_NONE)
		strbuf_lit(s->sb, " \\\n\t--cert \"$wb_dir/cert.pem\" --key \"$wb_dir/key.pem\"");
	strbuf_lit(s->sb, " \\\n\t--header @\"$wb_dir/headers\" --data-binary @\"$wb_dir/body\"");
	if (s->is_ref)
		strbuf_lit(s->sb, " \\\n\t--config \"$wb_dir/url\"");
	else
		add_word(s->sb, "--url", s->url.buf);
	strbuf_addc(s->sb, '\n');
}

/* Why there is nothing to be sent, or NULL. */
static const char *
read_parts(struct script *s)
{
	const struct record *rec = s->rec;
	const char *why = NULL;

	s->is_ref = record_is_ref(&rec->url);
	json_decode(&s->url, &rec->url);
	json_decode(&s->body, &rec->body);
	if (strbuf_str(&s->url) == NULL || strbuf_str(&s->body) == NULL) {
		s->sb->failed = true;
		return "out of memory";
	}
	if (!s->is_ref && url_parse(s->url.buf, s->url.len, &s->where, &why) != 0)
		return why;
	if (rec->nlate > 0 && rec->late[rec->nlate - 1].at > s->body.len)
		return "a secret's place is behind the end of the body";
	return NULL;
}

static void
add_request(const struct script *s, const struct curl_script_options *options)
{
	strbuf_lit(s->sb, "set -eu\n");
	add_checks(s);
	strbuf_adds(s->sb, start_text);
	add_functions(s);
	add_body(s);
	add_plain_headers(s);
	add_secret_headers(s);
	signature_script_commands(s->sb, s->rec);
	add_pem(s->sb, &s->rec->tls_ca, "ca.pem");
	add_pem(s->sb, &s->rec->tls_cert, "cert.pem");
	add_pem(s->sb, &s->rec->tls_key, "key.pem");
	if (s->is_ref) {
		strbuf_lit(s->sb, "url ");
		add_ref(s->sb, &s->rec->url);
		strbuf_lit(s->sb, " >\"$wb_dir/url\"\n");
	}
	add_curl(s, options);
}

void
curl_script_add(struct strbuf *sb, const struct record *rec,
	const struct curl_script_options *options, const char *denied)
{
	struct script s = {.sb = sb, .rec = rec};
	char clean[512];
	const char *why;

	strbuf_init(&s.url, rec->url.len + 1);
	strbuf_init(&s.body, rec->body.len + 1);
	why = read_parts(&s);
	strbuf_lit(sb, "#!/bin/sh\n# ");
	strbuf_add(sb, rec->delivery_id.p, rec->delivery_id.len);
	strbuf_addc(sb, ' ');
	add_comment(sb, &rec->automation);
	if (denied != NULL || why != NULL) {
		const char *reason = denied != NULL ? denied : why;

		strbuf_printf(sb, "\n# denied: %s",
			diag_scrub(clean, sizeof(clean), reason, strlen(reason)));
	}
	if (!record_is_signed(rec))
		strbuf_lit(sb, "\n# not signed yet: wb-sign comes before wb-send");
	if (rec->success_when.type != JSON_NONE) {
		strbuf_lit(sb, "\n# a success only if this holds of the answer: ");
		add_comment(sb, &rec->success_when);
	}
	strbuf_lit(sb, "\n(\n");
	if (denied != NULL || why != NULL)
		strbuf_lit(sb, "exit 1 # wb-send would not send it\n");
	if (why == NULL)
		add_request(&s, options);
	strbuf_lit(sb, ")\n\n");
	strbuf_release(&s.url);
	strbuf_release(&s.body);
}
