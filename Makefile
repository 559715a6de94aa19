# make run | test | check | simulate | soak | bench | mutants | klm | screens — each does its own set-up.
# make bench BENCH="--cases 2000 --only line" passes options on.
SHELL := /bin/sh
PY := .venv/bin/python
FAST := -m "not slow and not postgres"
export QT_LOGGING_RULES := qt.qpa.fonts=false
unexport PYTHONDONTWRITEBYTECODE

SEEDS ?= 2000
HOURS ?= 1

.PHONY: run test check simulate soak bench mutants boundary klm screens lock clean setup-run setup-dev

setup-run:
	@sh installer/setup.sh run

setup-dev:
	@sh installer/setup.sh dev

run: setup-run
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then $(PY) main.py demo; \
	else $(PY) main.py drill && QT_QPA_PLATFORM=offscreen $(PY) main.py demo --screenshots out; fi

test: setup-dev
	QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n 2 -q --durations=30

# WHOLE=1 leaves the fast tests to a make test that follows: they are part of it.
check: setup-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(if $(WHOLE),,QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n 2 -q $(FAST))

simulate: setup-dev
	$(PY) main.py simulate --seeds $(SEEDS)

# New seeds every time, by the hour; stops at the first round that finds something.
soak: setup-dev
	@end=$$(( $$(date +%s) + $(HOURS) * 3600 )); while [ $$(date +%s) -lt $$end ]; do \
		$(PY) main.py simulate --seeds 500 --first $$(date +%s) --steps 1000 || exit 1; done

bench: setup-dev
	QT_QPA_PLATFORM=offscreen $(PY) -m tests.bench $(BENCH)

mutants: setup-dev
	QT_QPA_PLATFORM=offscreen $(PY) -m tests.mutants

# Keys and decisions of the five tasks of ui.md §9, counted over the real widgets.
klm: setup-dev
	QT_QPA_PLATFORM=offscreen $(PY) -m tests.functional.klm

boundary: setup-dev
	$(PY) -m tests.boundary desk-kill
	$(PY) -m tests.boundary hub-kill
	$(PY) -m tests.boundary hub-kill --sqlite --kills 60
	$(PY) -m tests.boundary storm
	$(PY) -m tests.boundary proxy

# make screens MANUAL=1 puts the pictures of the manual up to date, too.
screens: setup-run
	@rm -rf out/screens out/screens-world
	QT_QPA_PLATFORM=offscreen $(PY) main.py demo --profile out/screens-world/100 --screenshots out/screens --check $(if $(MANUAL),--manual docs/screens)
	for scale in 1.5 1.25 2; do QT_QPA_PLATFORM=offscreen QT_SCALE_FACTOR=$$scale $(PY) main.py demo --profile out/screens-world/$$scale --screenshots out/screens --check || exit 1; done
	@rm -rf out/screens-world

lock:
	cd requirements && uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header runtime.in -o runtime.txt
	cd requirements && uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header dev.in -o dev.txt

clean:
	rm -rf .venv out build dist
