# Every target works on a fresh Debian 12 with the Swift toolchain: missing packages are installed first.

SWIFT ?= swift
JOBS ?= $(shell nproc)
SECONDS ?= 600
# What the Debian package is made with, and its test on a clean system.
DEB_PACKAGES := dpkg-dev patchelf python3
DEB_TEST_PACKAGES := mmdebstrap
# What the product is built on and runs with, and what only the tests need.
PACKAGES := libpq-dev librdkafka-dev libavro-dev libpg-query-dev libmicrohttpd-dev zlib1g-dev libzstd-dev libcurl4-openssl-dev libssl-dev libsimdjson-dev postgresql-15 libjs-chart.js tzdata
TEST_PACKAGES := chromium chromium-driver kcat openssl prometheus prometheus-alertmanager python3-numpy python3-pytest python3-pytest-xdist python3-selenium python3-psycopg2 python3-venv python3-websockets python3-yaml $(DEB_PACKAGES) man-db systemd
# Clients that are not ours, from PyPI, for the tests.
PYTHON_PACKAGES := 'confluent-kafka[avro,schemaregistry]==2.12.2' aiosmtpd==1.4.6 dockerfile-parse==2.0.1 opentelemetry-proto==1.45.2 schemathesis==4.32.5
# Only for the file axe.min.js in it, which judges pages: without the browsers that it would drive.
AXE_PACKAGE := axe-playwright-python==0.1.8
# For exports to Flink, where its connectors are beside the repository.
FLINK_PACKAGE := apache-flink==2.3.0
# Folders with Swift of our own, for the formatter.
SOURCES := Package.swift Sources Tests generator Fuzz
# A warning in our own code is an error in the tests' build.
STRICT := -Xswiftc -warnings-as-errors
# As `swift test --skip-build` runs them, which would wait for the end of a build that goes on beside it.
UNIT_TESTS := .build/debug/StreamPulsePackageTests.xctest --testing-library swift-testing
PYTEST := /usr/bin/python3 -m pytest -p no:cacheprovider
# Most tests wait most of the time: for a broker's rebalance, a server's start, a minute's end.
UNIT_TESTS_AT_ONCE := 16
HTTP_TESTS := HTTPServerTests|StatsAPITests|HTTPClientTests
END_TO_END_AT_ONCE := $(shell expr 2 \* $(JOBS))

.DEFAULT_GOAL := help
.PHONY: help run build check bench bench-nexmark screenshots simulate fuzz lint test test-unit test-simulation test-end-to-end test-deep deb test-deb packages test-packages clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 18

run: build ## Build and start everything on this machine, of PROJECT=NAME; the dashboard is at http://localhost:8000
	@exec .build/release/streampulse up$(if $(PROJECT), --project $(PROJECT))

build: packages ## Build .build/release/streampulse and .build/release/event-generator
	@$(SWIFT) build -c release --product streampulse -j $(JOBS)
	@$(SWIFT) build -c release --product event-generator -j $(JOBS)

check: build ## Load all definitions and say what is wrong
	@.build/release/streampulse check

deb: build ## Make the Debian package of this machine's release, in .build/debian
	@.ci/install-packages $(DEB_PACKAGES)
	@ops/debian/build

bench: build ## Measure against the limits, in the same run, and print a table (docs/performance.md); takes 20 minutes
	@.build/release/streampulse bench

bench-nexmark: build test-packages ## Measure Nexmark's queries beside Flink's, on the Kafka and with the jars of ../shared; takes half an hour
	@if [ -d ../shared/flink ] && command -v java > /dev/null; then .ci/install-python .build/flink $(FLINK_PACKAGE); fi
	@NEXMARK_EVENTS=$(or $(EVENTS),2000000) NEXMARK_ROUNDS=$(or $(ROUNDS),3) \
	  $(PYTEST) -q -rs -m deep Tests/EndToEnd/test_nexmark.py

screenshots: build test-packages ## Write pictures of every page and state to .build/screenshots, and two of them to docs/
	@$(PYTEST) -q Tests/EndToEnd/screenshots.py

simulate: packages ## Prove exactly-once over SEEDS random schedules of faults (100000), or replay one: SEED=7
	@$(SWIFT) build -c release --product simulate -j $(JOBS)
	@.build/release/simulate $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),100000) --sweeps $(or $(SWEEPS),1000))

fuzz: packages ## Feed hostile input to every reader (docs/testing.md): SECONDS=600 for each TARGET, JOBS at a time
	@Fuzz/run $(SECONDS) $(JOBS) $(TARGET)

lint: packages ## Formatting by .swift-format, and no compiler warning in our own code
	@$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)
	@$(SWIFT) build --build-tests $(STRICT) -j $(JOBS)

# The unit tests wait while the release is built, and the end-to-end tests begin as soon as it is. Each prints when it is
# over, so that nobody's lines are among another's; what fails keeps none of the others from saying so, too.
test: lint test-packages ## The whole test suite
	@$(MAKE) --no-print-directory --old-file=lint --jobs=3 --keep-going --output-sync=target \
	  test-unit test-simulation test-end-to-end

# libmicrohttpd 0.9.75 can crash (in build_header_response) when it is stopped while it refuses what is no HTTP: the tests
# of HTTP servers have a process without brokers and their clients.
test-unit: lint ## The tests of the modules
	@export TMPDIR=$$(.ci/scratch-folder) SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(UNIT_TESTS_AT_ONCE); \
	  $(UNIT_TESTS) --skip '$(HTTP_TESTS)' && $(UNIT_TESTS) --filter '$(HTTP_TESTS)'

test-simulation: build ## 2,000 schedules of the simulation
	@$(MAKE) --no-print-directory simulate SEEDS=2000 SWEEPS=20

test-end-to-end: build test-packages ## The product as its users meet it: commands, crashes, browser
	@TMPDIR=$$(.ci/scratch-folder) $(PYTEST) -q -m "not deep" -n $(END_TO_END_AT_ONCE) --dist loadgroup Tests/EndToEnd

test-deep: build lint test-packages ## What takes minutes each: long outages, crash tests with a real Kafka, many values
	@CAST_VALUES=$(or $(CAST_VALUES),20000) JSON_DOCUMENTS=$(or $(JSON_DOCUMENTS),100000) \
	  SKETCH_VALUES=$(or $(SKETCH_VALUES),1000000) EXPRESSIONS=$(or $(EXPRESSIONS),2000) \
	  DEFINITIONS=$(or $(DEFINITIONS),10000) ALERT_MINUTES=$(or $(ALERT_MINUTES),1440) \
	  LEDGER_DAYS_FILLED=$(or $(LEDGER_DAYS_FILLED),365) \
	  $(UNIT_TESTS) \
	  --filter '^(CastsTests|AggregatesTests|DefinitionsTests|OfficeTests\.(ShippedAlerts|LedgerYear)Tests)[./]'
	@.ci/install-packages $(DEB_TEST_PACKAGES)
	@if [ -d ../shared/flink ] && command -v java > /dev/null; then .ci/install-python .build/flink $(FLINK_PACKAGE); fi
	@$(PYTEST) -q -m deep Tests/EndToEnd

test-deb: build test-packages ## The Debian package and the container on a clean system, as root
	@.ci/install-packages $(DEB_TEST_PACKAGES)
	@$(PYTEST) -q Tests/EndToEnd/test_debian.py Tests/EndToEnd/test_containers.py

# apt is asked only when something is missing, so that a prepared machine needs neither root nor network.
packages:
	@.ci/install-packages $(PACKAGES)

test-packages:
	@.ci/install-packages $(TEST_PACKAGES)
	@.ci/install-python .build/python $(PYTHON_PACKAGES)
	@.ci/install-python .build/axe --no-deps $(AXE_PACKAGE)

clean: ## Remove what was built; the data folder .streampulse is kept
	@rm -rf .build
