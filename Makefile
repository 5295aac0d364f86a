# libisakmp.  The targets that people use:
#
#   make              the libraries and the examples, in build/
#   make demo         two peers negotiate over UDP on this machine
#   make check        every test this machine can run
#   make check-ports  other word sizes, byte orders, compilers and libraries
#   make soak         the simulator, for SOAK_SECONDS from a random seed
#   make bench        sizes and speeds
#   make install      headers, libraries and pkg-config files (DESTDIR, PREFIX, LIBDIR)
#
# demo, check, check-ports and bench install the Debian packages that they miss, or print the one
# command that does.  Variables: CC, AR, CFLAGS, CPPFLAGS, LDFLAGS, PREFIX, LIBDIR, DESTDIR, BUILD.

CC      = gcc
AR      = ar
CFLAGS  = -O2 -g
PREFIX  = /usr/local
LIBDIR  = $(PREFIX)/lib
BUILD   = build
VERSION = 0.1.0
SOVER   = 0

# Where mbedTLS is, if not where the compiler looks; and what links it.
MBEDTLS_CFLAGS =
MBEDTLS_LIBS   = -lmbedx509 -lmbedcrypto
SODIUM_LIBS    = -lsodium

WARN     = -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
ALL_CFLAGS = -std=c99 $(WARN) -Iinclude -Ilib $(CPPFLAGS) $(CFLAGS) -ffile-prefix-map=$(CURDIR)=.
POSIX    = -D_DEFAULT_SOURCE

# ---- What there is to compile -----------------------------------------------------------------

CORE_SRC    = $(wildcard lib/base/*.c lib/wire/*.c lib/crypto/*.c lib/policy/*.c lib/sa/*.c \
              lib/exchange/*.c lib/ext/*.c lib/core/*.c)
MBEDTLS_SRC = $(wildcard lib/crypto/mbedtls/*.c)
IOS_SRC     = $(wildcard lib/ios/*.c)
SUPPORT_SRC = $(wildcard tests/support/*.c)
UNIT_SRC    = $(wildcard tests/unit/test_*.c)
FLOW_SRC    = $(wildcard tests/flow/flow_*.c)
HOST_SRC    = $(wildcard examples/host_*.c)
EXAMPLE_SRC = $(filter-out $(HOST_SRC),$(wildcard examples/*.c))
ROUTER_SRC  = $(wildcard examples/router/*.c) $(addprefix examples/host_,udp.c file.c keys.c auth.c kind.c)
LIVE_SRC    = tests/live/live_peer.c
LIVE_HELP   = tests/live/live_esp.c tests/live/live_ping.c
BENCH_SRC   = $(wildcard tests/bench/*.c)
TIMING_SRC  = $(wildcard tests/timing/*.c)
SIM_SRC     = $(wildcard tests/sim/*.c)
# Functions that tests/sim/broken.c can break.
SIM_BROKEN  = inform_child_gone sa_supersede child_nears_end unassign inform_unknown_spi can_begin_again end_child \
              commit_waits ted_send
HEADERS     = $(wildcard include/isakmp/*.h include/isakmp/*.def lib/*/*.h lib/*/*.def \
              lib/*/*/*.h examples/*.h examples/*/*.h tests/*/*.h tests/*/*.def)

obj  = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
pobj = $(patsubst %.c,$(BUILD)/pic/%.o,$(1))
bin  = $(patsubst tests/%.c,$(BUILD)/tests/%,$(1))

LIBS = $(BUILD)/libisakmp.a $(BUILD)/libisakmp-mbedtls.a $(BUILD)/libisakmp-ios.a
SHARED = $(BUILD)/libisakmp.so.$(VERSION) $(BUILD)/libisakmp-mbedtls.so.$(VERSION) \
         $(BUILD)/libisakmp-ios.so.$(VERSION)
EXAMPLES = $(patsubst examples/%.c,$(BUILD)/examples/%,$(subst _,-,$(EXAMPLE_SRC))) $(BUILD)/examples/router

.PHONY: all libs examples unit flow live timing sim demo check check-ports soak bench lint fuzz-smoke \
        install clean
.SECONDARY:
all: libs examples
libs: $(LIBS) $(SHARED)
examples: $(EXAMPLES)
unit: $(call bin,$(UNIT_SRC))
flow: $(call bin,$(FLOW_SRC))
live: $(call bin,$(LIVE_SRC)) $(BUILD)/tests/live/fakexfrm.so
timing: $(call bin,$(TIMING_SRC))
sim: $(BUILD)/tests/sim/sim

# ---- Compiling --------------------------------------------------------------------------------

$(BUILD)/obj/lib/crypto/mbedtls/%.o $(BUILD)/pic/lib/crypto/mbedtls/%.o: EXTRA = $(MBEDTLS_CFLAGS)
$(BUILD)/obj/examples/%.o $(BUILD)/obj/tests/%.o: EXTRA = $(POSIX) -Iexamples -Itests $(MBEDTLS_CFLAGS)

$(BUILD)/obj/%.o: %.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(EXTRA) -c -o $@ $<
$(BUILD)/pic/%.o: %.c $(HEADERS) Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(EXTRA) -fPIC -fvisibility=hidden -c -o $@ $<

$(BUILD)/libisakmp.a: $(call obj,$(CORE_SRC))
	rm -f $@ && $(AR) rcsD $@ $^
$(BUILD)/libisakmp-mbedtls.a: $(call obj,$(MBEDTLS_SRC))
	rm -f $@ && $(AR) rcsD $@ $^
$(BUILD)/libisakmp.so.$(VERSION): $(call pobj,$(CORE_SRC))
	$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-soname,libisakmp.so.$(SOVER) -Wl,-z,defs -o $@ $^
	ln -sf $(@F) $(BUILD)/libisakmp.so.$(SOVER) && ln -sf $(@F) $(BUILD)/libisakmp.so
$(BUILD)/libisakmp-mbedtls.so.$(VERSION): $(call pobj,$(MBEDTLS_SRC)) $(BUILD)/libisakmp.so.$(VERSION)
	$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-soname,libisakmp-mbedtls.so.$(SOVER) -Wl,-z,defs \
	  -o $@ $(call pobj,$(MBEDTLS_SRC)) -L$(BUILD) -lisakmp $(MBEDTLS_LIBS) $(SODIUM_LIBS)
	ln -sf $(@F) $(BUILD)/libisakmp-mbedtls.so.$(SOVER) && ln -sf $(@F) $(BUILD)/libisakmp-mbedtls.so

$(BUILD)/libisakmp-ios.a: $(call obj,$(IOS_SRC))
	rm -f $@ && $(AR) rcsD $@ $^
$(BUILD)/libisakmp-ios.so.$(VERSION): $(call pobj,$(IOS_SRC)) $(BUILD)/libisakmp.so.$(VERSION)
	$(CC) -shared $(CFLAGS) $(LDFLAGS) -Wl,-soname,libisakmp-ios.so.$(SOVER) -Wl,-z,defs \
	  -o $@ $(call pobj,$(IOS_SRC)) -L$(BUILD) -lisakmp
	ln -sf $(@F) $(BUILD)/libisakmp-ios.so.$(SOVER) && ln -sf $(@F) $(BUILD)/libisakmp-ios.so

LINK = $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %libsupport.a,$^) \
       $(BUILD)/libisakmp-ios.a $(BUILD)/libisakmp-mbedtls.a $(BUILD)/libisakmp.a $(MBEDTLS_LIBS) $(SODIUM_LIBS)

# An example is one file and the host_*.c files that all share.
define example
$(BUILD)/examples/$(subst _,-,$(patsubst examples/%.c,%,$(1))): $(call obj,$(1) $(HOST_SRC)) $(LIBS)
	@mkdir -p $$(@D)
	$$(LINK) -lpcap
endef
$(foreach e,$(EXAMPLE_SRC),$(eval $(call example,$(e))))

# The router has files of its own, and is for Linux.
$(BUILD)/examples/router: $(call obj,$(ROUTER_SRC)) $(LIBS)
	@mkdir -p $(@D)
	$(LINK) -lmnl -ledit

# What tests share is an archive too: a test links only what it uses.
$(BUILD)/libsupport.a: $(call obj,$(SUPPORT_SRC))
	rm -f $@ && $(AR) rcsD $@ $^
$(BUILD)/obj/tests/unit/test_aes128.o: lib/crypto/mbedtls/provider.c # which it includes
$(BUILD)/tests/unit/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/libsupport.a $(LIBS)
	@mkdir -p $(@D)
	$(LINK) -lcmocka
$(BUILD)/tests/flow/%: $(BUILD)/obj/tests/flow/%.o $(BUILD)/libsupport.a $(LIBS)
	@mkdir -p $(@D)
	$(LINK) -lcmocka
$(BUILD)/tests/bench/%: $(BUILD)/obj/tests/bench/%.o $(BUILD)/libsupport.a $(LIBS)
	@mkdir -p $(@D)
	$(LINK)
$(BUILD)/tests/sim/sim: $(call obj,$(SIM_SRC)) $(BUILD)/libsupport.a $(LIBS)
	@mkdir -p $(@D)
	$(LINK) $(SIM_BROKEN:%=-Wl,--wrap=isakmp__%)
$(BUILD)/tests/timing/%: $(BUILD)/obj/tests/timing/%.o $(LIBS)
	@mkdir -p $(@D)
	$(LINK) -lm
$(BUILD)/tests/live/%: $(BUILD)/obj/tests/live/%.o $(call obj,$(LIVE_HELP) $(HOST_SRC)) $(LIBS)
	@mkdir -p $(@D)
	$(LINK) -lpcap
# For a program of others, so without whatever CFLAGS may ask for.
$(BUILD)/tests/live/fakexfrm.so: tests/live/fakexfrm.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=c99 $(WARN) $(POSIX) -O2 -shared -fPIC -o $@ $<

# ---- What people run --------------------------------------------------------------------------

BUILD_PACKAGES = gcc libc6-dev libmbedtls-dev libsodium-dev libpcap-dev libmnl-dev libedit-dev
CHECK_PACKAGES = $(BUILD_PACKAGES) g++ clang libclang-rt-14-dev libcmocka-dev valgrind cppcheck \
                 clang-format python3 iproute2 iputils-ping nftables conntrack procps tcpdump tshark strongswan-swanctl \
                 strongswan-charon strongswan-pki charon-systemd libstrongswan-standard-plugins \
                 libstrongswan-extra-plugins libcharon-extra-plugins \
                 libcharon-extauth-plugins openssl tmux qemu-system-x86 busybox-static cpio kmod

demo:
	@tests/need.sh $(BUILD_PACKAGES)
	@$(MAKE) --no-print-directory -s examples
	@tests/demo.sh $(BUILD)/examples

check:
	@tests/need.sh $(CHECK_PACKAGES)
	@tests/check.sh

check-ports:
	@tests/ports/check.sh

bench:
	@tests/need.sh $(BUILD_PACKAGES) valgrind
	@$(MAKE) --no-print-directory -s libs $(call bin,$(BENCH_SRC))
	@tests/bench/bench.sh $(BUILD)

lint:
	@tests/lint/lint.sh

fuzz-smoke:
	@fuzz/smoke.sh

# The simulator for so many seconds, from a seed that is printed.
SOAK_SECONDS = 600
soak:
	@tests/need.sh $(BUILD_PACKAGES)
	@$(MAKE) --no-print-directory -s sim
	@seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' '); echo "from seed $$seed, $(SOAK_SECONDS) s"; \
	$(BUILD)/tests/sim/sim --from $$seed --seconds $(SOAK_SECONDS) --jobs $$(nproc)

install: libs
	install -d $(DESTDIR)$(PREFIX)/include/isakmp $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 644 include/isakmp/*.h include/isakmp/*.def $(DESTDIR)$(PREFIX)/include/isakmp
	install -m 644 $(LIBS) $(DESTDIR)$(LIBDIR)
	for l in libisakmp libisakmp-mbedtls libisakmp-ios; do \
	  install -m 755 $(BUILD)/$$l.so.$(VERSION) $(DESTDIR)$(LIBDIR) && \
	  ln -sf $$l.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$$l.so.$(SOVER) && \
	  ln -sf $$l.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$$l.so && \
	  sed -e 's#@PREFIX@#$(PREFIX)#; s#@LIBDIR@#$(LIBDIR)#; s#@VERSION@#$(VERSION)#' \
	    pkgconfig/$$l.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/$$l.pc || exit 1; done

clean:
	rm -rf build
