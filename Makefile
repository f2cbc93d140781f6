# wb-tools: small programs that chain over JSON lines. `make help` lists the targets.

VERSION = 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
DOCDIR = $(PREFIX)/share/doc/wb-tools
UNITDIR = $(PREFIX)/lib/systemd/system
BASHDIR = $(PREFIX)/share/bash-completion/completions
ZSHDIR = $(PREFIX)/share/zsh/site-functions
FISHDIR = $(PREFIX)/share/fish/vendor_completions.d

OPT ?= -O2 -g
# V=1 shows the commands.
Q = $(if $(V),,@)
SAY = $(if $(V),true,printf '  %-5s %s\n')
SAN ?=
# PORTABLE=1 takes the ways of systems other than Linux, as far as they can be taken there.
PORTABLE ?=
# Other kinds of objects live beside the ordinary ones, so that all can be current; B names another place.
B ?= build$(if $(SAN),-san)$(if $(PORTABLE),-portable)
OS := $(shell uname -s)

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
HARDEN = -fPIE -fstack-protector-strong $(if $(SAN)$(PORTABLE),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
SANFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_CPPFLAGS = -D_GNU_SOURCE $(if $(PORTABLE),-DWB_PORTABLE) -DWB_VERSION='"$(VERSION)"' -Icommon $(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(OPT) $(WARN) $(HARDEN) $(SANFLAGS) $(CFLAGS)
ELF_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
MACH_LDFLAGS = -Wl,-dead_strip_dylibs
ALL_LDFLAGS = $(if $(filter Darwin,$(OS)),$(MACH_LDFLAGS),$(ELF_LDFLAGS)) $(SANFLAGS) $(LDFLAGS)

# How libraries are linked with, for who has them elsewhere or links statically.
CURL_LIBS ?= -lcurl
CRYPTO_LIBS ?= -lcrypto
JQ_LIBS ?= -ljq
ONIG_LIBS ?= -lonig
THREAD_LIBS ?= -lpthread

# What each tool is made of. This is the architecture diagram.
TOOLS  = wb-event wb-event-poll wb-event-read wb-match wb-render wb-sign wb-send wb-deliver wb-automation \
	wb-automation-check wb-automation-import wb-automation-report
TEXT   = json json_text utf8 strbuf wipe portable
STREAM = diag options nearest lines output file filter
EVENTS = event ids sha256
PAYLOAD = template target header json_find launch secret_ref signature_scheme statuses \
	url webhook
CONFIG = arena config config_action config_automation config_file config_program config_webhook file jq_bundle names regexes
CHECK  = address config_audit config_check config_check_launch config_check_repeated config_check_secret \
	config_check_webhook findings jq_env policy policy_options regex_sample sample signature tls_check url_secret
EDIT   = config_add config_edit confirm json_arg json_edit json_pretty new_automation new_job new_options replace \
	unknown
TRIAL  = beside stage trial trial_mask trial_options uuid
HISTORY = execution history history_options idset journal_back journal_line lines_back
REPORT = execution html idset json_find journal_back journal_line journals lines_back quantiles report report_advice report_chart \
	report_css report_format report_html report_markdown report_tables report_text series
JQ     = jq_known jq_process jq_program jq_programs jq_server jq_worker
SECRETS = netrc secret secret_binding secret_command secret_fetch secret_helper secret_mask secret_options \
	secret_provider secret_ref secret_value shortage signals siphash table
REQUEST = record request header url signature signature_check signature_scheme statuses
DRY_RUN = curl_script dry_run shell signature_script
TRANSFER = address policy policy_options resolver response retry self_pipe shortage table timers transfer \
	curl_client curl_slot curl_tls tls_check http1 http1_exchange http1_parser http1_pool http1_request
DELIVERY = attempt breaker delivery endpoints judge outcome pacer queue receipt record_key record_pack \
	recorder recorder_options send_options sender sender_attempt \
	sender_end sender_launch slots
JOURNAL = appender durable file idset journal journal_file journal_line journal_load self_pipe sha256 siphash
WANDB  = answer graphql graphql_answer graphql_attempt graphql_outcome graphql_retry graphql_server \
	wandb_connection wandb_options wandb_query wandb_text
REGISTRY = arena names registry registry_absent registry_alias registry_aliases registry_case registry_change registry_copy \
	registry_diff registry_history registry_kind registry_line registry_line_write registry_links registry_marks registry_metadata \
	registry_order registry_order_aliases registry_owed registry_read registry_reading registry_refusal \
	registry_settle registry_story registry_taking registry_work sha256 wandb_action wandb_answer wandb_collection

IMPORT = config_add config_import file_set import_plan imported imported_action imported_conditions imported_job \
	imported_names imported_payload mongo_filter mongo_rule mongo_test regex_common triggers_read wandb_trigger

wb-event_OBJS  = $(TEXT) beside diag options nearest output event file poll_commit poll_head poll_run sha256 state_file \
	timestamp uuid
wb-event-poll_OBJS = $(TEXT) $(SECRETS) $(TRANSFER) $(WANDB) $(REGISTRY) diag options nearest output event file header \
	poll_event poll_first poll_head poll_options poll_run poll_state poll_state_load state_file timestamp url
wb-event-read_OBJS = $(TEXT) $(STREAM) $(EVENTS) $(JQ) builtin_maps documents map map_event timestamp \
	verbatim
wb-match_OBJS  = $(TEXT) $(STREAM) $(EVENTS) $(PAYLOAD) $(CONFIG) $(JQ) jq_runner rules \
	cooldown cooldown_state match_record state_file table timestamp
wb-render_OBJS = $(TEXT) $(STREAM) $(EVENTS) $(PAYLOAD) $(JQ) launch_request rendering
wb-sign_OBJS   = $(TEXT) $(STREAM) $(SECRETS) $(REQUEST) event timestamp
wb-send_OBJS   = $(TEXT) $(STREAM) $(SECRETS) $(REQUEST) $(JOURNAL) $(DRY_RUN) $(TRANSFER) $(DELIVERY) \
	$(JQ) answer event graphql_answer launch_answer timestamp progress secret_url

wb-deliver_OBJS = $(TEXT) beside deliver deliver_directory deliver_stages diag json_find lines nearest options output pipeline receipt \
	receipt_tally signals timestamp url uuid

wb-automation_OBJS = $(TEXT) $(EVENTS) $(PAYLOAD) $(CONFIG) $(SECRETS) $(CHECK) $(EDIT) $(TRIAL) $(HISTORY) \
	diag options nearest output columns jq_program listing rule_text rules scrub secret_names showing timestamp \
	width

wb-automation-check_OBJS = $(TEXT) $(EVENTS) $(PAYLOAD) $(CONFIG) $(CHECK) $(SECRETS) $(TRANSFER) $(WANDB) \
	config_online config_questions diag launch_lookup options nearest output header jq_program registry rules timestamp

wb-automation-report_OBJS = $(TEXT) $(REPORT) diag options nearest output siphash table timestamp utf8 arena sha256 shell \
	columns width

wb-automation-import_OBJS = $(TEXT) $(EVENTS) $(PAYLOAD) $(CONFIG) $(CHECK) $(SECRETS) $(TRANSFER) $(WANDB) $(IMPORT) \
	diag options nearest output header jq_program json_pretty new_automation new_job registry replace rules timestamp

wb-event-poll_LIBS = $(CURL_LIBS) $(CRYPTO_LIBS) $(THREAD_LIBS)
wb-event-read_LIBS = $(JQ_LIBS)
wb-match_LIBS  = $(JQ_LIBS) $(ONIG_LIBS)
wb-automation_LIBS = $(CRYPTO_LIBS) $(JQ_LIBS) $(ONIG_LIBS)
wb-automation-check_LIBS = $(CURL_LIBS) $(CRYPTO_LIBS) $(JQ_LIBS) $(ONIG_LIBS) $(THREAD_LIBS)
wb-automation-import_LIBS = $(CURL_LIBS) $(CRYPTO_LIBS) $(JQ_LIBS) $(ONIG_LIBS) $(THREAD_LIBS)
wb-automation-report_LIBS = $(CRYPTO_LIBS) -lm
wb-render_LIBS = $(JQ_LIBS)
wb-sign_LIBS   = $(CRYPTO_LIBS)
wb-send_LIBS   = $(CURL_LIBS) $(CRYPTO_LIBS) $(JQ_LIBS) $(THREAD_LIBS)

# Programs that a tool becomes: each has the page of that tool.
PARTS = $(filter-out $(COMPLETED),$(TOOLS))
# part_of PROGRAM - the tool
part_of = $(strip $(foreach t,$(COMPLETED),$(if $(filter $(t)-%,$(1)),$(t))))
PAGES = $(sort $(wildcard man/*.[157]))

# Unit tests and fuzzers link all of common/ that they may need; the linker leaves out the rest.
COMMON = $(patsubst common/%.c,%,$(wildcard common/*.c)) builtin_maps report_css
MAPS   = $(sort $(wildcard common/maps/*.jq))
UNITS  = $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
SHIMS  = $(patsubst tests/shim/%.c,$(B)/tests/%.so,$(wildcard tests/shim/*.c))
TEST_LIBS = $(JQ_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(ONIG_LIBS) $(THREAD_LIBS) -lm
FUZZERS = $(filter-out replay,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
FUZZ_MAIN = $(B)/tests/fuzz/replay.o
FUZZ_SECONDS ?= 600
BIN = $(if $(filter build,$(B)),.,$(B)/bin)

.DELETE_ON_ERROR:
.PHONY: all help deps check demo bench fuzz lint coverage install uninstall dist deb html static clean

# The completions are made of what the tools say of themselves. What cannot run the tools says COMPLETION=.
COMPLETION ?= $(if $(SAN),,bash zsh fish)
COMPLETED = wb-event wb-match wb-render wb-sign wb-send wb-deliver wb-automation
bash_FILES = $(COMPLETED)
zsh_FILES  = $(COMPLETED:%=_%)
fish_FILES = $(COMPLETED:%=%.fish)

all: $(TOOLS:%=$(BIN)/%) completion

help:
	@echo 'all        build $(TOOLS)'
	@echo 'completion make the completions for shells, as all does'
	@echo 'deps       install what is needed to build, where that is possible'
	@echo 'check      run the tests; SAN=address,undefined for sanitizers, V=1 to see every one'
	@echo 'demo       send three webhooks to a receiver on this machine, and show the receipts'
	@echo 'bench      compare speed with jq, wrk, and programs that do the same'
	@echo 'fuzz       fuzz the parsers, FUZZ_SECONDS each (default 600)'
	@echo 'lint       check format, manual pages, scripts and C sources'
	@echo 'coverage   say how much of the code the tests run'
	@echo 'install    install under PREFIX (default /usr/local); uninstall takes it away'
	@echo 'html       make the manual pages as HTML, in $(B)/html'
	@echo 'dist       make $(B)/$(DIST).tar.gz of what is committed'
	@echo 'deb        make a Debian package of it, in $(DEB)'
	@echo 'static     make programs that need no library, in $(STATIC)/bin'

define tool
$(BIN)/$(1): $$($(1)_OBJS:%=$$(B)/%.o) $$(B)/$(1).o
	@mkdir -p $$(@D)
	@$$(SAY) LINK $$(@F)
	$$(Q)$$(CC) $$(ALL_CFLAGS) $$(ALL_LDFLAGS) -o $$@ $$^ $$($(1)_LIBS)
endef
$(foreach t,$(TOOLS),$(eval $(call tool,$(t))))

# What a compiler says of a missing header tells nobody what to install. Whoever gives flags or a compiler has things
# elsewhere.
$(B)/.looked:
	@mkdir -p $(@D)
	@$(if $(CPPFLAGS)$(CFLAGS)$(LDFLAGS)$(filter-out default file,$(origin CC)),true,! command -v bash >/dev/null || tests/setup look)
	@touch $@

$(B)/%.o: common/%.c Makefile | $(B)/.looked
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) $(ALL_CPPFLAGS) -include common/banned.h $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Programs that stand in the binary, as arrays of bytes.
$(B)/builtin_maps.c: common/map_prelude.jq $(MAPS) Makefile
	@mkdir -p $(@D)
	$(Q)array() { echo "static const unsigned char $$1[] = {"; od -A n -v -t u1 | sed 's/[0-9][0-9]*/&,/g'; echo '};'; }; \
	{ echo '#include "builtin_maps.h"'; \
	sed '/^#/d; s/^  *//' common/map_prelude.jq | tr '\n' ' ' | array prelude; \
	echo 'const struct builtin_map map_prelude = {0, prelude, sizeof(prelude)};'; \
	for map in $(MAPS:common/maps/%.jq=%); do array $$map <common/maps/$$map.jq; done; \
	echo 'const struct builtin_map builtin_maps[] = {'; \
	for map in $(MAPS:common/maps/%.jq=%); do echo "{\"$$map\", $$map, sizeof($$map)},"; done; \
	echo '{0, 0, 0}};'; } >$@

# A style sheet, the same way.
$(B)/report_css.c: common/report.css Makefile
	@mkdir -p $(@D)
	$(Q){ echo '#include "report_css.h"'; echo 'const unsigned char report_css[] = {'; \
	od -A n -v -t u1 $< | sed 's/[0-9][0-9]*/&,/g'; echo '};'; \
	echo 'const size_t report_css_len = sizeof(report_css);'; } >$@

$(B)/builtin_maps.o $(B)/report_css.o: $(B)/%.o: $(B)/%.c
	@$(SAY) CC $@
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(B)/wb-%.o: tools/wb-%.c Makefile | $(B)/.looked
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) $(ALL_CPPFLAGS) -include common/banned.h $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: completion
completion: $(foreach s,$(COMPLETION),$($(s)_FILES:%=$(B)/completion/$(s)/%))

$(B)/completion/%.tables: tools/completion/tables $(TOOLS:%=$(BIN)/%)
	@mkdir -p $(@D)
	@$(SAY) TELL $@
	$(Q)tools/completion/tables $(BIN) $* >$@

define completion
$(B)/completion/$(1)/$(2): $(B)/completion/$(3).tables tools/completion/$(1).awk tools/completion/$(1).body
	@mkdir -p $$(@D)
	$$(Q)awk -v body=tools/completion/$(1).body -f tools/completion/$(1).awk $$< >$$@
endef
$(foreach t,$(COMPLETED),$(eval $(call completion,bash,$(t),$(t))))
$(foreach t,$(COMPLETED),$(eval $(call completion,zsh,_$(t),$(t))))
$(foreach t,$(COMPLETED),$(eval $(call completion,fish,$(t).fish,$(t))))

$(B)/tests/unit/%: tests/unit/%.c $(COMMON:%=$(B)/%.o) Makefile
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) $(ALL_CPPFLAGS) -Itests/unit $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(COMMON:%=$(B)/%.o) $(TEST_LIBS)

# With FUZZ_MAIN a fuzzer reads files; tests/fuzz/run links libFuzzer in its place.
$(B)/tests/fuzz/%: tests/fuzz/%.c $(FUZZ_MAIN) $(COMMON:%=$(B)/%.o) Makefile
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< $(FUZZ_MAIN) $(COMMON:%=$(B)/%.o) $(TEST_LIBS)

$(B)/tests/fuzz/%.o: tests/fuzz/%.c Makefile
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/tests/bench/measure: tests/bench/measure.c Makefile
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) -D_GNU_SOURCE $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $<

$(B)/tests/%.so: tests/shim/%.c Makefile
	@mkdir -p $(@D)
	@$(SAY) CC $@
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE $(OPT) $(WARN) -fPIC -shared -o $@ $< -ldl -lpthread

check:
	@tests/setup check
	@$(MAKE) --no-print-directory all units shims fuzzers
	@WB_BIN=$(abspath $(BIN)) UNIT_DIR=$(abspath $(B)/tests/unit) SHIM_DIR=$(abspath $(B)/tests) SAN='$(SAN)' tests/run

.PHONY: units shims fuzzers
units: $(UNITS:%=$(B)/tests/unit/%)
shims: $(SHIMS)
fuzzers: $(FUZZERS:%=$(B)/tests/fuzz/%)

deps:
	@tests/setup build

demo:
	@tests/setup demo
	@$(MAKE) --no-print-directory all
	@tests/demo

bench:
	@tests/setup bench
	@$(MAKE) --no-print-directory all $(B)/tests/bench/measure
	@WB_BIN=$(abspath $(BIN)) MEASURE=$(abspath $(B)/tests/bench/measure) tests/bench/run

fuzz:
	@tests/setup fuzz
	@tests/fuzz/run $(FUZZ_SECONDS) $(FUZZERS)

lint:
	@tests/setup lint
	@tests/lint

coverage:
	@tests/setup check
	@rm -f build-cov/*.gcda
	@$(MAKE) --no-print-directory check B=build-cov CFLAGS=--coverage LDFLAGS=--coverage OPT=-O0 HARDEN=-fPIE; \
		status=$$?; gcov -n -o build-cov common/*.c tools/*.c 2>/dev/null | awk -f tests/coverage.awk; exit $$status

UNITS_OF_SYSTEMD = $(notdir $(wildcard tools/systemd/*))
bash_DIR = $(BASHDIR)
zsh_DIR  = $(ZSHDIR)
fish_DIR = $(FISHDIR)

# The empty line ends a command of the recipe.
define install_completion
install -d "$(DESTDIR)$($(1)_DIR)"
	install -m 644 $($(1)_FILES:%=$(B)/completion/$(1)/%) "$(DESTDIR)$($(1)_DIR)"

endef

install: all
	install -d "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(MANDIR)/man5" "$(DESTDIR)$(MANDIR)/man7" "$(DESTDIR)$(DOCDIR)/examples/workflows"
	install -m 755 $(TOOLS:%=$(BIN)/%) "$(DESTDIR)$(BINDIR)"
	for page in $(PAGES); do \
		file="$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}"; \
		rm -f "$$file" || exit; \
		sed 's|/usr/local/share/doc/wb-tools|$(DOCDIR)|g' "$$page" >"$$file" && chmod 644 "$$file" || exit; \
	done
	$(foreach p,$(PARTS),ln -sf $(call part_of,$(p)).1 "$(DESTDIR)$(MANDIR)/man1/$(p).1" &&) :
	install -m 644 man/examples/*.json "$(DESTDIR)$(DOCDIR)/examples"
	install -m 644 man/examples/workflows/*.yml "$(DESTDIR)$(DOCDIR)/examples/workflows"
	install -d "$(DESTDIR)$(UNITDIR)" "$(DESTDIR)$(DOCDIR)/cron" "$(DESTDIR)$(DOCDIR)/logrotate" "$(DESTDIR)$(DOCDIR)/machines"
	install -m 755 $(filter-out %.jq,$(wildcard tools/machines/*)) "$(DESTDIR)$(DOCDIR)/machines"
	install -m 644 tools/machines/*.jq "$(DESTDIR)$(DOCDIR)/machines"
	install -m 644 tools/logrotate/* "$(DESTDIR)$(DOCDIR)/logrotate"
	for unit in $(UNITS_OF_SYSTEMD); do \
		sed 's|/usr/local/bin|$(BINDIR)|' tools/systemd/$$unit >"$(DESTDIR)$(UNITDIR)/$$unit" || exit; \
	done
	sed 's|/usr/local/bin|$(BINDIR)|' tools/cron/wb-deliver >"$(DESTDIR)$(DOCDIR)/cron/wb-deliver"
	install -m 644 README.md LICENSE "$(DESTDIR)$(DOCDIR)"
	$(foreach s,$(COMPLETION),$(call install_completion,$(s)))

uninstall:
	rm -f $(TOOLS:%="$(DESTDIR)$(BINDIR)/%")
	rm -f $(UNITS_OF_SYSTEMD:%="$(DESTDIR)$(UNITDIR)/%")
	rm -f $(foreach p,$(notdir $(PAGES)) $(PARTS:%=%.1),"$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(p)))/$(p)")
	rm -f $(foreach s,bash zsh fish,$($(s)_FILES:%="$(DESTDIR)$($(s)_DIR)/%"))
	rm -rf "$(DESTDIR)$(DOCDIR)"

# The same commit gives the same bytes, whoever makes it, wherever and when.
DIST = wb-tools-$(VERSION)
dist:
	@mkdir -p $(B)
	@test -z "$$(git status --porcelain)" || echo 'dist: what is not committed is left out' >&2
	git -c tar.umask=0022 -c core.autocrlf=false -c core.attributesFile=/dev/null archive --format=tar \
		--prefix=$(DIST)/ -o $(B)/$(DIST).tar HEAD
	GZIP= gzip -9nf $(B)/$(DIST).tar

# Of what is committed, too. The flags of this make are none of the package's.
DEB = $(B)/deb
deb: dist
	@tests/setup deb
	rm -rf $(DEB)
	mkdir $(DEB)
	cp $(B)/$(DIST).tar.gz $(DEB)/wb-tools_$(VERSION).orig.tar.gz
	cd $(DEB) && tar -xzf wb-tools_$(VERSION).orig.tar.gz && cp -R $(DIST)/tools/debian $(DIST)/debian
	cd $(DEB)/$(DIST) && test "$$(dpkg-parsechangelog -S Version | sed 's/-[^-]*$$//')" = $(VERSION)
	cd $(DEB)/$(DIST) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u V -u B -u SAN -u PORTABLE dpkg-buildpackage -us -uc
	cd $(DEB) && lintian --fail-on error,warning -- *.changes

html:
	@tools/html/make $(B)/html man/wb.7 $(filter-out man/wb.7,$(PAGES))

# Programs that need nothing but a kernel, with musl.
STATIC = build-static
static:
	@tests/setup static
	tools/static/libraries $(STATIC)
	$(MAKE) --no-print-directory all B=$(STATIC) COMPLETION= CC=$(CURDIR)/$(STATIC)/cc \
		CPPFLAGS='-I$(STATIC)/usr/include' LDFLAGS='-L$(STATIC)/usr/lib' \
		CURL_LIBS='-lcurl -lnghttp2 -lssl -lcrypto' JQ_LIBS='-ljq -lonig -lm'

clean:
	rm -rf build build-* $(TOOLS)

-include $(wildcard $(B)/*.d $(B)/tests/unit/*.d $(B)/tests/fuzz/*.d)
