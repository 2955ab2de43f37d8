# SPDX-License-Identifier: GPL-2.0-or-later
#
# Partyline's build. GNU make; no recursion into folders: this file sees every source.
#
#   make                      the programs, into build/release/bin
#   make run                  install what is missing, build, play the first call through and show it
#   make test                 install what is missing, build, all tests
#   make test-dahdi           the first call and more over the real DAHDI driver, in a virtual machine
#   make VARIANT=asan ...     the same with another variant: release, debug, asan, tsan (each in build/<variant>)
#   make CC=clang CORO=thread BUILD=build/elsewhere ...   any other combination
#   make FOLDERS="core e1 media dsp" build/release/tests/hdlc_test   one test against some folders, while another does not compile
#
# A new .c file in a folder needs no word here. A new folder needs its name in FOLDERS, and in the lists of the programs that want it.

# Nothing is asked of compiler or pkg-config while this file is read: `make run` begins on a machine that has only make.

VARIANT ?= release
BUILD   ?= build/$(VARIANT)
JOBS    ?= $(shell nproc)
PREFIX  ?= /usr/local
DESTDIR ?=

# ---- folders and programs (docs/architecture.md, "Folders") --------------------------------------------------------------------

FOLDERS    ?= core dsp media store control leg route e1 rtp sip conference call booking billing prompts ivr node office cli exchange
partylined := $(filter-out office cli exchange,$(FOLDERS))
partyline  := cli control route billing booking store core
partyline-office := office control route billing booking store core
exchange   := exchange e1 media dsp core
# Each program's main() is the main.c of one folder.
main.partylined := node
main.partyline  := cli
main.exchange   := exchange
main.partyline-office := office

# ---- variants ------------------------------------------------------------------------------------------------------------------

VARIANTS     := release debug asan tsan fuzz
cc.release   := gcc
cc.debug     := gcc
cc.asan      := clang
cc.tsan      := clang
cc.fuzz      := clang
coro.release := ucontext
coro.debug   := thread
coro.asan    := thread
coro.tsan    := thread
coro.fuzz    := thread
flag.release := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2
flag.debug   := -Og -g3
flag.asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
flag.fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
flag.tsan    := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error VARIANT is one of: $(VARIANTS))
endif

ifeq ($(origin CC),default)
CC := $(cc.$(VARIANT))
endif
CORO   ?= $(coro.$(VARIANT))
CFLAGS ?= $(flag.$(VARIANT))

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
# once: asked when first used, remembered from then on.
once      = $(eval $(1) := $$(shell $(2)))$($(1))
PKGS     := sndfile yaml-0.1 jansson libmariadb libsodium sofia-sip-ua spandsp libmicrohttpd gnutls
PKG_CFLAGS = $(call once,PKG_CFLAGS,pkg-config --cflags $(PKGS))
PKG_LIBS   = $(call once,PKG_LIBS,pkg-config --libs $(PKGS))

ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE= -I. $(WARNINGS) $(CFLAGS) -pthread $(PKG_CFLAGS)
ALL_LIBS   = -rdynamic -Wl,--as-needed $(PKG_LIBS) -ltonezone -lm -lpthread

# spandsp is also a judge of DTMF, levels and G.711; speexdsp of echo.
TEST_LIBS := -Wl,--as-needed -lcmocka -lspandsp -lspeexdsp

# ---- what is built -------------------------------------------------------------------------------------------------------------

B := $(BUILD)

sources  = $(filter-out $(1)/main.c core/coro_%.c,$(wildcard $(1)/*.c)) $(if $(filter core,$(1)),$(wildcard core/coro_$(CORO).c))
objects  = $(patsubst %.c,$(B)/obj/%.o,$(1))
archives = $(patsubst %,$(B)/lib%.a,$(1)) $(if $(filter e1,$(1)),$(B)/libpri-clock.a)

PROGRAMS := $(foreach p,partylined partyline partyline-office exchange,$(if $(wildcard $(main.$(p))/main.c),$(B)/bin/$(p)))
UNITS    := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/*_test.c))
FUZZERS  := $(patsubst tests/fuzz/%.c,%,$(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c)))
BENCHES  := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))
WORLDS   := $(if $(wildcard tests/worlds/*.c),$(B)/bin/worlds)

.PHONY: all tests tests-units tests-worlds tests-systems prompts run test test-dahdi test-sip test-web lint tidy format asan tsan check-all test-bare soak fuzz fuzzers bench bench-money bench-office bench-sip bench-dtmf install clean FORCE
.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:

all: $(PROGRAMS)
# by the stages of tests/run.sh; systems are the programs'
tests-units: all $(UNITS) $(FUZZERS:%=$(B)/fuzz/%)
tests-worlds: $(WORLDS)
tests-systems: all
tests: all tests-units tests-worlds

# Objects. The flags are a file, so that another compiler or another flag rebuilds.
$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC    $*.c"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The migrations' text, and the API's document, is part of the object (.incbin), which the compiler's dependencies do not show.
$(B)/obj/store/migrate.o: $(wildcard store/migrations/*.sql)
$(B)/obj/office/document.o: office/openapi.json

$(B)/flags: FORCE
	@mkdir -p $(@D)
	@command -v $(firstword $(CC)) pkg-config >/dev/null || { echo "$(firstword $(CC)) or pkg-config is missing: packaging/install.sh packaging/packages-run.txt installs what the build needs"; exit 1; }
	@echo '$(CC) $(ALL_CFLAGS) $(CORO) $(ALL_LIBS)' | cmp -s - $@ || echo '$(CC) $(ALL_CFLAGS) $(CORO) $(ALL_LIBS)' >$@

# An archive a folder. The folder itself is a prerequisite: its time changes when a file comes or goes.
define ARCHIVE
$(B)/lib$(1).a: $(call objects,$(call sources,$(1))) $(wildcard $(1)/.) $(B)/flags
	@rm -f $$@
	@ar rcsD $$@ $(call objects,$(call sources,$(1)))
endef
$(foreach f,$(FOLDERS),$(eval $(call ARCHIVE,$(f))))

# libpri reads gettimeofday() for its timers; this copy asks e1/ instead (docs/architecture.md, "Time, worlds and systems").
LIBPRI ?= /usr/lib/libpri.a
$(B)/libpri-clock.a: $(B)/flags
	@objcopy --redefine-sym gettimeofday=pri_clock_gettimeofday $(LIBPRI) $@

# link: all prerequisites that are objects or archives.
link = @mkdir -p $(@D); echo "  LINK  $@"; \
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(1) $(ALL_LIBS)

define PROGRAM
$(B)/bin/$(1): $(B)/obj/$(main.$(1))/main.o $(call archives,$($(1)))
	$$(call link)
endef
$(foreach p,partylined partyline partyline-office exchange,$(eval $(call PROGRAM,$(p))))

$(B)/tests/%: $(B)/obj/tests/unit/%.o $(call archives,$(FOLDERS))
	$(call link,$(TEST_LIBS))

# tests/fuzz/NAME.c: for `make fuzz` with libFuzzer (VARIANT=fuzz), for `make test` with a main that replays the corpus.
$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(B)/obj/tests/fuzz/replay.o $(call archives,$(FOLDERS))
	$(call link)
$(B)/libfuzzer/%: $(B)/obj/tests/fuzz/%.o $(call archives,$(FOLDERS))
	$(call link,-fsanitize=fuzzer)
fuzzers: $(FUZZERS:%=$(B)/libfuzzer/%)

# tests/bench/NAME.c is a program of its own; money_* belong to `make bench-money`, rtp_* to `make bench-sip`.
$(B)/bench/%: $(B)/obj/tests/bench/%.o $(call archives,$(FOLDERS))
	$(call link,$(TEST_LIBS))

$(B)/bin/worlds: $(call objects,$(wildcard tests/worlds/*.c)) $(call archives,$(FOLDERS)) $(wildcard tests/worlds/.)
	$(call link,$(TEST_LIBS))

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

# ---- running and testing: first what is missing, then make again with everything there -----------------------------------------

SOUNDS := build/sounds
prompts:
	@$(if $(wildcard prompts/build.sh),prompts/build.sh $(SOUNDS),:)

# LISTS, TARGETS: what a target below needs of packages and programs before it runs; each works in a fresh checkout.
LISTS := packaging/packages-run.txt packaging/packages-test.txt
ready = @packaging/install.sh $(1) && $(MAKE) --no-print-directory -j$(JOBS) all $(2) && $(MAKE) --no-print-directory prompts

run:
	$(call ready,packaging/packages-run.txt)
	@demo/run.sh

test:
	@packaging/install.sh $(LISTS)
	@+tests/run.sh $(B) $(MAKE) --no-print-directory -j$(JOBS)

asan tsan:
	@$(MAKE) --no-print-directory test VARIANT=$@

# Compilers by coroutine back ends, each built and tested in a directory of its own. The sanitizers run on the thread back end alone:
# it never switches stacks under them (docs/architecture.md, "Dialogue is a coroutine").
MATRIX := gcc-ucontext-release gcc-thread-release clang-ucontext-release clang-thread-release \
          gcc-thread-asan clang-thread-asan gcc-thread-tsan clang-thread-tsan
check-all: export TIDY_NODES := 225000
check-all: lint $(MATRIX:%=check-%)
	@echo "all of: $(MATRIX)"
check-%:
	@echo "=== $*"
	@$(MAKE) --no-print-directory test BUILD=build/check/$* CC=$(word 1,$(subst -, ,$*)) CORO=$(word 2,$(subst -, ,$*)) VARIANT=$(word 3,$(subst -, ,$*))

test-bare:
	@packaging/test-bare.sh

# The real DAHDI driver in a virtual machine (tests/dahdi/run.sh). DAHDI= picks scenarios. tests/dahdi/NAME.c are programs that run inside it.
DAHDI_PROGRAMS := $(patsubst tests/dahdi/%.c,$(B)/dahdi/bin/%,$(wildcard tests/dahdi/*.c))
$(B)/dahdi/bin/%: $(B)/obj/tests/dahdi/%.o $(call archives,e1 media dsp core)
	$(call link)
test-dahdi:
	$(call ready,packaging/packages-run.txt packaging/packages-dahdi.txt,$(DAHDI_PROGRAMS))
	@tests/dahdi/run.sh $(B) $(DAHDI)

# What takes too long for `make test` with SIP: tests/sip/NAME.sh, SIP= picks. STORM=, SEED= of storm.sh.
test-sip:
	$(call ready,$(LISTS))
	@status=0; for t in $(or $(SIP:%=tests/sip/%.sh),$(wildcard tests/sip/*.sh)); do echo "== $$t"; PARTYLINE_BUILD=$(B) bash $$t || status=1; done; exit $$status

# The portal's pages in headless Chromium, against node, office and exchange. Who has an npm keeps it.
test-web:
	@mkdir -p build
	@grep -v -x "$$(command -v npm >/dev/null && echo npm)" packaging/packages-web.txt >build/packages-web.txt
	$(call ready,$(LISTS) build/packages-web.txt)
	@PARTYLINE_BUILD=$(B) tests/browser/run.sh

# Long runs, each a script tests/TARGET.sh that says what it does. The benches are tests/bench/NAME.c: `make bench` runs all of them,
# `make bench-money` those named money_*, `make bench-sip` those named rtp_* and, before them, calls by sipp (tests/bench/sip_calls.sh).
# SOAK= picks what soaks.
needs.soak := tests-worlds $(B)/tests/booking_run_test
needs.bench := $(BENCHES)
needs.bench-money := $(BENCHES)
needs.bench-sip := $(BENCHES)
soak fuzz bench bench-money bench-office bench-sip:
	$(call ready,$(LISTS),$(needs.$@))
	@PARTYLINE_BUILD=$(B) tests/$@.sh $(if $(filter soak,$@),$(SOAK))

# Keys: ours beside spandsp's, and hours of talk when tests/bench/talk_fetch.sh has brought some (docs/sound.md).
bench-dtmf: $(B)/bench/dtmf
	@$(B)/bench/dtmf $(wildcard build/talk/*)

# ---- lint ----------------------------------------------------------------------------------------------------------------------

lint:
	@packaging/install.sh $(LISTS)
	@+tests/lint/run.sh $(MAKE) --no-print-directory -j$(JOBS)

# One stamp a file, redone when its object was (that is, when it or a header of it changed). The analyzer follows 75,000 states a function, in
# `make check-all` its own default of 225,000, which takes three times as long.
TIDY_NODES ?= 75000
TIDY := $(patsubst %.c,$(B)/tidy-$(TIDY_NODES)/%,$(wildcard $(FOLDERS:%=%/*.c) tests/*/*.c))
tidy: $(TIDY)
$(B)/tidy-$(TIDY_NODES)/%: $(B)/obj/%.o .clang-tidy
	@mkdir -p $(@D)
	@echo "  TIDY  $*.c"
	@clang-tidy --quiet --warnings-as-errors='*' $*.c -- -std=gnu11 -D_GNU_SOURCE= -I. $(PKG_CFLAGS) \
		-Xclang -analyzer-config -Xclang max-nodes=$(TIDY_NODES) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

format:
	@tests/lint/format.py --write

# ---- installing ----------------------------------------------------------------------------------------------------------------

install: all prompts
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(B)/bin/partylined $(B)/bin/partyline-office $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 $(B)/bin/partyline $(B)/bin/exchange $(DESTDIR)$(PREFIX)/bin/
	for m in $(wildcard man/*.[1-8]); do install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/} || exit 1; done
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/partyline README.md LICENSE NOTICE $(wildcard examples/*.yaml)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/udev/rules.d packaging/udev/*
	for u in packaging/systemd/*; do install -d $(DESTDIR)$(PREFIX)/lib/systemd/system && sed 's|/usr/local/|$(PREFIX)/|g' $$u >$(DESTDIR)$(PREFIX)/lib/systemd/system/$${u##*/} || exit 1; done
	cd web/dist && find . -type f ! -name sources.txt -exec install -D -m 644 {} $(abspath $(DESTDIR)/$(PREFIX))/share/partyline/web/{} \;
	if [ -d $(SOUNDS) ]; then cd $(SOUNDS) && find . -type f -exec install -D -m 644 {} $(abspath $(DESTDIR)/$(PREFIX))/share/partyline/sounds/{} \;; fi

clean:
	rm -rf build
