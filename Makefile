# SPDX-License-Identifier: PostgreSQL
# Plain targets on top of meson and ninja. Each installs first what it lacks (tools/setup-debian).

VERSION_MATRIX ?= 10 12 14 16 18
CLANG_FORMAT ?= clang-format
# The long-lived commands, which run under valgrind as well.
VALGRIND_TESTS ?= $(wildcard test/t/*stop*.pl test/t/*log*.pl)

prefix ?= /usr/local

SETUP = tools/setup-debian
VALGRIND = valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99
# Without -Werror: the instrumentation makes gcc see overflows that are none.
SANITIZE = -Db_sanitize=address,undefined -Dwerror=false
GCOVR = --root . --filter src/core/ --exclude-unreachable-branches \
	--exclude-branches-by-pattern ".*\bassert\(.*"
# A finding must never look like one of pgquell's own exit codes.
SANITIZE_ENV = ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99:halt_on_error=1:print_stacktrace=1

.PHONY: all check check-unit check-pages check-tap check-matrix check-apps check-asan check-valgrind \
	coverage lint format docs install uninstall package check-package demo bench clean
.NOTPARALLEL:
.DELETE_ON_ERROR:

all: | setup-build build/build.ninja
	@ninja -C build pgquell all-pages

# A build directory builds the product only; with the stamp, the tests (or the benches) as well.
build/build.ninja:
	meson setup build
build/.tests: | build/build.ninja
	meson configure build -Dtests=enabled
	@touch $@
build/.bench: | build/build.ninja
	meson configure build -Dbench=true
	@touch $@
build-asan/build.ninja:
	meson setup build-asan -Dtests=enabled $(SANITIZE)
build-cov/build.ninja:
	meson setup build-cov -Dtests=enabled -Dbuildtype=debug -Db_coverage=true

setup-%:
	@$(SETUP) $(subst -, ,$*)

# The unit tests and the scenarios first; the closing line is prove's. With "make -k" the second
# runs even where the first failed.
check: check-unit check-pages check-tap

check-unit: | setup-build-check build/.tests
	@meson test -C build --print-errorlogs
	@ninja -C build pgquell test/print_states
	@tools/docs --check

# The manual and the completions: every shell is asked.
check-pages: | setup-build-check all
	@prove test/pages/pages.pl :: build/pgquell build/src

check-tap: | setup-build-check all
	@tools/run-tap $(TESTS)

check-matrix: | setup-build-check-matrix all
	@tools/check-matrix $(VERSION_MATRIX)

# What real drivers and pools make of it; with REWRITE=1 the tables of docs/applications.md are written.
check-apps: | setup-build-check-apps build/.tests all
	@ninja -C build test/app_libpq
	@tools/check-apps $(if $(REWRITE),--rewrite) $(TESTS)

check-asan: | setup-build-check build-asan/build.ninja
	@$(SANITIZE_ENV) meson test -C build-asan --print-errorlogs --timeout-multiplier 5
	@ninja -C build-asan pgquell
	@$(SANITIZE_ENV) tools/run-tap --binary build-asan/pgquell $(TESTS)

check-valgrind: | setup-build-check build/.tests all
	@meson test -C build --print-errorlogs --timeout-multiplier 20 --wrapper '$(VALGRIND)'
	@test -z "$(VALGRIND_TESTS)" || tools/run-tap --valgrind $(VALGRIND_TESTS)

# Every line and branch of src/core; branches of asserts do not count.
coverage: | setup-build-check-coverage build-cov/build.ninja
	@find build-cov -name '*.gcda' -delete
	@meson test -C build-cov --print-errorlogs
	@gcovr $(GCOVR) --json build-cov/coverage.json build-cov
	@gcovr -a build-cov/coverage.json
	@gcovr -a build-cov/coverage.json --branches --print-summary \
		--fail-under-line 100 --fail-under-branch 100

lint: | setup-build-check-lint
	@tools/lint

format: | setup-lint
	@find src test bench ext -name '*.[ch]' 2>/dev/null | xargs -r $(CLANG_FORMAT) -i

docs: | setup-build-check all
	@ninja -C build test/print_states
	@tools/docs

# DESTDIR and prefix as everywhere: make install prefix=/usr DESTDIR=/tmp/package
install: | all
	@[ "$$(cat build/.prefix 2>/dev/null || echo /usr/local)" = "$(prefix)" ] || \
		{ meson configure build -Dprefix="$(prefix)" && ninja -C build pgquell all-pages && \
		echo "$(prefix)" >build/.prefix; }
	@DESTDIR=$(DESTDIR) meson install -C build --no-rebuild

# What the last "make install" installed, as root where that was root.
uninstall:
	@ninja -C build uninstall

# The Debian package, in build/package.
package: | setup-build-check-package
	@tools/package

check-package: | setup-build-check-package
	@tools/check-package

demo: | setup-demo all
	@build/pgquell demo

# bench/NAME.pl starts its servers as the TAP tests do and runs the programs built from bench/*.c.
bench: | setup-build-check build/.bench all
	@ninja -C build
	@tools/run-tap --jobs 1 --verbose $(or $(TESTS),$(sort $(wildcard bench/*.pl)))

clean:
	rm -rf build build-*
