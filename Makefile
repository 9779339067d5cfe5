# Three commands: `make demo` does the main job on the sample recordings, `make check` is for while you work,
# `make test` runs everything that must hold.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# A GPU that is there is used: the extra brings what the recogniser needs of CUDA.
GPU := $(shell command -v nvidia-smi >/dev/null 2>&1 && echo '[gpu]')
DEMO := demo
# A worker for each core, each with its own part of the tests; who is done takes of the others. JOBS=0: one process.
JOBS ?= auto
PARALLEL := -n $(JOBS) --dist worksteal
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# What Python compiled is kept, whatever the shell says: the tests start many processes that need it.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo check quick test suite lint style types rules bandit accuracy serve bench-hearing bench-processors bench-pages bench-seen pictures bench-kill bench-throughput bench-intake bench-faults bench-load bench-scale bench-schemathesis fuzz lock sbom supply security clean

demo: $(VENV)/demo.installed
	rm -rf $(DEMO)
	$(BIN)/speechaudit audit samples --out $(DEMO)
	$(BIN)/speechaudit report $(DEMO)

# Types take four times as long as all other linters, on one core: they are checked while the tests begin.
test: $(VENV)/test.installed
	$(MAKE) --no-print-directory --jobs=2 style bandit rules
	$(MAKE) --no-print-directory --jobs=2 types suite

suite: $(VENV)/test.installed
	$(BIN)/pytest -q $(PARALLEL) --durations=10

# While you work: under a minute on two cores. Linters, rule examples and quick tests beside each other, each told whole.
check: $(VENV)/test.installed
	$(MAKE) --no-print-directory --jobs=3 --output-sync=target quick lint rules

# Everything but the tests that need a model, PostgreSQL or a browser, or are slow by nature (`tests/slow.py`).
quick: $(VENV)/test.installed
	$(BIN)/pytest -q $(PARALLEL) --durations=10 -m "not slow and not model and not postgres and not browser"

lint: types style

style: $(VENV)/test.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/test.installed
	$(BIN)/mypy

rules: $(VENV)/test.installed
	$(BIN)/speechaudit rules check

# A second pair of eyes behind ruff, which takes longer than all other linters: `make test` only.
bandit: $(VENV)/test.installed
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive speechaudit service

# How accurate it is on recordings that nobody tuned on; the page holds no figure typed by hand.
accuracy: $(VENV)/demo.installed
	$(BIN)/speechaudit evaluate labelled/test --out build/accuracy
	cp build/accuracy/accuracy.md docs/accuracy.md
	cp build/accuracy/measured.yml lexicons/measured.yml
	$(BIN)/speechaudit rules catalogue > docs/catalogue.md

serve: $(VENV)/service.installed
	$(BIN)/speechaudit serve

# Pages of 50 among 100,000 recordings, on SQLite and PostgreSQL; takes some minutes to fill them first.
bench-pages: $(VENV)/test.installed
	$(BIN)/python -m bench.pages

# How soon pages begin, what they carry, eight hours of sound, and whether sound and words agree, in Chromium.
bench-seen: $(VENV)/test.installed
	$(BIN)/python -m bench.seen

# Every page at both sizes, for docs/pictures.md.
pictures: $(VENV)/test.installed
	$(BIN)/python -m bench.seen.pictures

# 50 times kill -9 of server and workers while 200 recordings are uploaded and audited, on both databases.
bench-kill: $(VENV)/test.installed
	$(BIN)/python -m bench.kill

# Half an hour of uploads, people at pages and webhooks: what grows and what slows down, into docs/reliability.md.
bench-load: $(VENV)/test.installed
	$(BIN)/python -m bench.load

# One worker, then four, with a recogniser that only waits a second; the ratio is printed.
bench-throughput: $(VENV)/test.installed
	$(BIN)/python -m bench.kill --throughput

# Our hearing beside faster-whisper's own ways and the first Whisper, in one process, in turn: errors, seconds, memory.
bench-hearing: $(VENV)/test.installed build/openai-whisper
	OMP_NUM_THREADS=1 PYTHONPATH=build/openai-whisper $(BIN)/python -m bench.hearing labelled/test --most 4 --hours --out docs/performance.md

# openai-whisper is heard beside the others where it lies in build/; its dependencies are here already, CUDA is not needed.
build/openai-whisper:
	$(BIN)/pip install --quiet --no-deps --target $@ openai-whisper==20250625 tiktoken==0.14.0 more-itertools==11.2.1

# Words and verdicts by other instructions, threads and types of numbers.
bench-processors: $(VENV)/test.installed
	$(BIN)/python -m bench.isa labelled/tuning/p08-bad-dont-know.opus labelled/tuning/c12-bad-not-open-swearing.opus labelled/tuning/counter-14-swearing.opus --out docs/processors.md

# A recorder writes 500 files while the service is killed 30 times, on SQLite and PostgreSQL.
bench-intake: $(VENV)/test.installed
	$(BIN)/python -m bench.intake

# Breaks what the service stands on, counts what is lost, and writes docs/reliability.md.
bench-faults: $(VENV)/test.installed
	$(BIN)/python -m bench.faults

# Measures hearing, storing and waiting on this machine (ten minutes), and writes docs/scaling.md from it.
bench-scale: $(VENV)/test.installed
	$(BIN)/python -m bench.scale --measure

# Many random requests for each route: none may make the service fail.
bench-schemathesis: $(VENV)/test.installed
	SCHEMATHESIS_EXAMPLES=100 $(BIN)/pytest -q tests/service/api/test_schemathesis.py

# What the image holds, with the hash of each file. Say it after a change of the dependencies; PINNED keeps the versions.
PINNED ?= --constraint build/pinned.txt
LOCK = $(BIN)/uv pip compile --quiet --python-version 3.11 --python-platform x86_64-manylinux_2_28 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url
lock: $(VENV)/supply.installed
	mkdir -p build
	$(BIN)/pip freeze --exclude-editable | grep -v @ | sed 's/+cpu$$//' > build/pinned.txt
	$(LOCK) pyproject.toml --extra service $(PINNED) --output-file deploy/requirements-service.txt
	$(LOCK) pyproject.toml --extra service --extra gpu $(PINNED) --output-file deploy/requirements-service-gpu.txt
	$(LOCK) deploy/requirements-build.in --output-file deploy/requirements-build.txt

# What is installed here, as CycloneDX JSON.
sbom: $(VENV)/supply.installed
	mkdir -p build
	$(BIN)/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --output-file build/sbom.json $(VENV)

# What the locks hold, as CycloneDX JSON, checked against them without a network; then known faults, as far as somebody can be
# asked: what nobody was asked about is told by name. Continuous integration runs it.
supply: $(VENV)/supply.installed
	$(BIN)/python -m tests.supply

# Our code, then known faults of what the image holds; the second asks an advisory database and needs the network.
security: $(VENV)/supply.installed bandit
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement deploy/requirements-service.txt || \
		{ echo "Known faults, or packages that no advisory database in reach knows of: see docs/deployment.md"; exit 1; }

# Every reader of strangers' files, for an hour; what is found lies in tests/corpus/found and is a test from then on.
FUZZ_SECONDS ?= 3600
fuzz: $(VENV)/test.installed
	$(BIN)/python -m tests.corpus.fuzz $(FUZZ_SECONDS)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Cannot make a virtual environment. Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/demo.installed: pyproject.toml $(VENV)/bin/python
	$(BIN)/pip install --quiet --progress-bar on --editable '.$(GPU)'
	touch $@

$(VENV)/service.installed: $(VENV)/demo.installed
	$(BIN)/pip install --quiet --progress-bar on --editable '.[service]'
	touch $@

$(VENV)/test.installed: $(VENV)/demo.installed
	$(BIN)/pip install --quiet --progress-bar on --editable '.[dev]'
	touch $@

$(VENV)/supply.installed: $(VENV)/test.installed
	$(BIN)/pip install --quiet --progress-bar on --editable '.[supply]'
	touch $@

clean:
	rm -rf $(VENV) $(DEMO) build dist
