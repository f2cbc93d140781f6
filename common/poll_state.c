#include "poll_state.h"

#include "diag.h"
#include "json_text.h"
#include "registry_line.h"

void
poll_state_close(struct poll_state *s)
{
	state_file_close(&s->file);
	registry_free(s->registry);
	s->registry = NULL;
	strbuf_release(&s->told);
	strbuf_release(&s->text);
}

void
poll_state_tell(struct poll_state *s, const char *line, size_t len)
{
	strbuf_add(&s->told, line, len);
	s->nevents++;
}

int
poll_state_write(struct poll_state *s, const struct registry *next)
{
	struct strbuf *sb = &s->text;

	strbuf_reset(sb);
	strbuf_printf(sb, "{\"wb_event_state\":%d,\"server\":", POLL_HEAD_VERSION);
	json_quote(sb, s->identity.server);
	strbuf_lit(sb, ",\"scope\":");
	json_quote(sb, s->identity.scope);
	strbuf_lit(sb, ",\"first\":");
	json_quote(sb, s->first);
	if (s->identity.run != NULL) {
		strbuf_lit(sb, ",\"run\":");
		json_quote(sb, s->identity.run);
	}
	if (next->floor_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"floor\":%lld", (long long)next->floor_ms);
	if (next->read_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"read\":%lld", (long long)next->read_ms);
	strbuf_printf(sb, ",\"base\":\"%s\",\"collections\":%zu,\"events\":%zu}\n", s->base,
		next->collections.n, s->nevents);
	for (size_t i = 0; i < next->collections.n; i++) {
		registry_line_write(sb, next->collections.v[i]);
		strbuf_addc(sb, '\n');
	}
	strbuf_add(sb, s->told.buf, s->told.len);
	if (!strbuf_failed(sb) && !strbuf_failed(&s->told) && !next->failed)
		return state_file_write(&s->file, STATE_PART, sb) == 0
			       ? state_file_remove(&s->file, STATE_NEXT)
			       : -1;
	diag("out of memory for the state");
	return -1;
}

int
poll_state_finish(struct poll_state *s, struct registry *next)
{
	if (state_file_move(&s->file, STATE_PART, STATE_NEXT) != 0)
		return -1;
	registry_free(s->registry);
	s->registry = next;
	return 0;
}

int
poll_state_advance(struct poll_state *s)
{
	if (state_file_move(&s->file, STATE_NEXT, STATE_FILE) != 0)
		return -1;
	poll_head_digest(&s->text, s->base);
	strbuf_reset(&s->told);
	s->nevents = 0;
	return 0;
}
