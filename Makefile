# wb-tools: small programs that chain over JSON lines. `make help` lists the targets.

VERSION = 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(PREFIX)/bin
MANDIR = $(PREFIX)/share/man
EXAMPLEDIR = $(PREFIX)/share/doc/wb-tools/examples

CC ?= cc
OPT ?= -O2 -g
SAN ?=
# Sanitized objects live beside the ordinary ones, so that both can be current.
B = build$(if $(SAN),-san)

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
HARDEN = -fPIE -fstack-protector-strong $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
CPPFLAGS += -D_GNU_SOURCE -DWB_VERSION='"$(VERSION)"' -Icommon -include common/banned.h
CFLAGS += -std=c11 $(OPT) $(WARN) $(HARDEN) $(SANFLAGS)
LDFLAGS += -pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(SANFLAGS)

# What each tool is made of. This is the architecture diagram.
TEXT   = json.o json_text.o utf8.o strbuf.o wipe.o
STREAM = diag.o options.o lines.o output.o filter.o
TOOLS  = wb-event wb-match wb-render wb-sign wb-send

wb-event_OBJS  = $(TEXT) diag.o options.o output.o event.o timestamp.o
wb-match_OBJS  = $(TEXT) $(STREAM) event.o config.o rules.o regexes.o template.o url.o signature_scheme.o sha256.o
wb-render_OBJS = $(TEXT) $(STREAM) event.o record.o template.o target.o signature_scheme.o sha256.o
wb-sign_OBJS   = $(TEXT) $(STREAM) record.o secret.o signature.o signature_scheme.o
wb-send_OBJS   = $(TEXT) $(STREAM) record.o secret.o url.o address.o resolver.o transfer.o receipt.o timestamp.o

wb-match_LIBS  = -lonig
wb-sign_LIBS   = -lcrypto
wb-send_LIBS   = -lcurl -lcrypto -lpthread
