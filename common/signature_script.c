#include "signature_script.h"

#include <string.h>

#include "header.h"
#include "signature_scheme.h"

/* Functions of the script, each with a line on what it is for, since a person is to read it. */
static const char hmac_text[] =
	"\n"
	"# hmac FILE: the HMAC-SHA256 of FILE under the key in $wb_dir/key, into $wb_dir/mac. By hand, as in\n"
	"# RFC 2104: openssl takes a key as an argument only, and arguments can be read by all.\n"
	"hmac() {\n"
	"\t[ -s \"$wb_dir/key\" ] || { echo 'a whsec_ key that is not base64' >&2; exit 1; }\n"
	"\tif [ \"$(wc -c <\"$wb_dir/key\")\" -gt 64 ]; then\n"
	"\t\topenssl dgst -sha256 -binary \"$wb_dir/key\" >\"$wb_dir/digest\"\n"
	"\t\tmv \"$wb_dir/digest\" \"$wb_dir/key\"\n"
	"\tfi\n"
	"\tdd if=\"$wb_dir/key\" of=\"$wb_dir/block\" bs=64 conv=sync 2>\"$wb_dir/dd\"\n"
	"\t{ block_xor 54; cat \"$1\"; } | openssl dgst -sha256 -binary >\"$wb_dir/inner\"\n"
	"\t{ block_xor 92; cat \"$wb_dir/inner\"; } | openssl dgst -sha256 -binary >\"$wb_dir/mac\"\n"
	"}\n"
	"block_xor() {\n"
	"\tfor wb_byte in $(od -An -v -tu1 \"$wb_dir/block\"); do\n"
	"\t\tprintf '%b' \"\\\\0$(printf %o \"$((wb_byte ^ $1))\")\"\n"
	"\tdone\n"
	"}\n";

static const char standard_key_text[] =
	"\n"
	"# standard_key VALUE: the bytes of a key of Standard Webhooks: behind whsec_ it is base64\n"
	"standard_key() {\n"
	"\tcase $1 in whsec_*) ;; *) printf '%s' \"$1\"; return ;; esac\n"
	"\tset -- \"${1#whsec_}\"\n"
	"\twhile [ $((${#1} % 4)) -ne 0 ]; do set -- \"$1=\"; done\n"
	"\tprintf '%s' \"$1\" | openssl base64 -d -A\n"
	"}\n";

static void
add_ref(struct strbuf *sb, const struct json_span *ref)
{
	strbuf_addc(sb, '"');
	strbuf_add(sb, ref->p, ref->len);
	strbuf_addc(sb, '"');
}

static bool
signs_with(const struct record *rec, enum signature_scheme scheme)
{
	for (size_t i = 0; i < rec->nschemes; i++)
		if (rec->schemes[i] == scheme)
			return true;
	return false;
}

bool
signature_script_makes(const struct record *rec, const struct json_span *name)
{
	for (size_t i = 0; i < rec->nschemes; i++)
		if (header_is(name->p, name->len, signature_scheme_header(rec->schemes[i])))
			return true;
	return signs_with(rec, SIGNATURE_STANDARD) &&
	       (header_is(name->p, name->len, "webhook-id") ||
		       header_is(name->p, name->len, "webhook-timestamp"));
}

void
signature_script_functions(struct strbuf *sb, const struct record *rec)
{
	if (rec->nschemes > 0)
		strbuf_adds(sb, hmac_text);
	if (signs_with(rec, SIGNATURE_STANDARD))
		strbuf_adds(sb, standard_key_text);
}

static void
add_standard(struct strbuf *sb, const struct record *rec)
{
	const int len = (int)rec->delivery_id.len;
	const char *id = rec->delivery_id.p;

	strbuf_printf(sb,
		"wb_now=$(date +%%s)\n"
		"printf '%%s.%%s.' %.*s \"$wb_now\" | cat - \"$wb_dir/body\" >\"$wb_dir/message\"\n"
		"printf 'webhook-id: %%s\\nwebhook-timestamp: %%s\\nwebhook-signature:' %.*s \"$wb_now\" >>\"$wb_dir/headers\"\n",
		len, id, len, id);
	for (size_t i = 0; i < rec->nkeys; i++) {
		strbuf_lit(sb, "standard_key ");
		add_ref(sb, &rec->keys[i]);
		strbuf_lit(sb, " >\"$wb_dir/key\"\n"
			       "hmac \"$wb_dir/message\"\n"
			       "printf ' v1,%s' \"$(openssl base64 -A -in \"$wb_dir/mac\")\" "
			       ">>\"$wb_dir/headers\"\n");
	}
	strbuf_lit(sb, "echo >>\"$wb_dir/headers\"\n");
}

void
signature_script_commands(struct strbuf *sb, const struct record *rec)
{
	for (size_t i = 0; i < rec->nschemes; i++) {
		const enum signature_scheme scheme = rec->schemes[i];

		if (scheme == SIGNATURE_STANDARD) {
			add_standard(sb, rec);
			continue;
		}
		strbuf_lit(sb, "printf '%s' ");
		add_ref(sb, &rec->keys[0]);
		strbuf_printf(sb,
			" >\"$wb_dir/key\"\n"
			"hmac \"$wb_dir/body\"\n"
			"printf '%s: %s%%s\\n' \"$(%s)\" >>\"$wb_dir/headers\"\n",
			signature_scheme_header(scheme),
			scheme == SIGNATURE_GITHUB ? "sha256=" : "",
			scheme == SIGNATURE_WANDB
				? "openssl base64 -A -in \"$wb_dir/mac\""
				: "od -An -v -tx1 \"$wb_dir/mac\" | tr -d ' \\n'");
	}
}
