# `make figures` and `make test` do everything from a fresh clone; `make help` lists the rest.

PYTHON ?=
TORCH ?=
TORCH_INDEX ?=
CORES ?= all
TARGET ?=
CONFIG ?=
RUN ?=
ARGS ?=
BENCHMARKS ?= rp shen2021 eyono2026 krishna2024
GPU_BENCHMARKS ?= rp_gpu lockstep_gpu krishna2024_gpu

# Console scripts hold the path of the virtual environment; `python -m` also works after it was moved.
VENV := .venv
# Packages whose objects become recordings; none of them is needed otherwise.
OBJECTS := neo pandas pynapple pynwb spikeinterface xarray
PY := $(VENV)/bin/python
# Where the figures of a run with a name are; the workflow refuses a configuration that names another run.
VIEWS := results$(if $(filter-out default,$(RUN)),/runs/$(RUN))
SNAKEMAKE := HOMEOSTAT_VIEWS="$(VIEWS)" $(if $(RUN),HOMEOSTAT_RUN="$(RUN)") $(PY) -m snakemake
WITH_CONFIG := $(if $(CONFIG),--configfile "$(CONFIG)")
CONFIG_IS_THERE = @[ -z "$(CONFIG)" ] || [ -f "$(CONFIG)" ] || { echo "CONFIG=$(CONFIG): there is no such file here; name one, such as config/real.yaml"; exit 1; }
# Before Snakemake reads it: in another encoding it would end in a traceback.
CONFIG_IS_TEXT = $(if $(CONFIG)$(ARGS),@PYTHONPATH=src $(PY) -m homeostat.config_files $(WITH_CONFIG) $(ARGS))
# TARGET= with nothing behind it, as of a variable that a script has not set, must not start a run of hours.
TARGET_IS_NAMED = $(if $(filter command line,$(origin TARGET)),$(if $(strip $(TARGET)),,@echo "TARGET= names nothing; leave it out to build all figures, or name files, rules or studies"; exit 1))
# A misspelt name would otherwise get an empty page of its own.
RUN_IS_THERE = @[ -z "$(RUN)" ] || [ -d "$(VIEWS)" ] || { echo "RUN=$(RUN): there is no such run here; make figures RUN=$(RUN) starts it"; exit 1; }
# A text as the shell takes it, between the double quotes of an echo.
QUOTED = '$(subst ",\",$(subst ','\'',$(1)))'
SAME_SETTINGS = $(if $(RUN), RUN=$(RUN))$(if $(CONFIG), CONFIG=$(call QUOTED,$(CONFIG)))$(if $(ARGS), ARGS=$(call QUOTED,$(ARGS)))
# Snakemake and numba need a folder for their caches; in a container, HOME may be none that can be made or written.
export XDG_CACHE_HOME := $(shell \
	cache="$${XDG_CACHE_HOME:-$$HOME/.cache}"; \
	if { mkdir -p "$$cache" && test -w "$$cache"; } 2> /dev/null; then echo "$$cache"; exit; fi; \
	other="$${TMPDIR:-/tmp}/homeostat-cache-$$(id -u)"; \
	{ mkdir -p -m 700 "$$other" && test -O "$$other" && ! test -L "$$other"; } 2> /dev/null || other=$$(mktemp -d); \
	echo "$$cache cannot be written; caches are kept in $$other." >&2; echo "$$other")
PIP := $(PY) -m pip install --quiet --quiet --disable-pip-version-check

INSTALL := $(PY) envs/install.py $(TORCH) $(if $(TORCH_INDEX),--index "$(TORCH_INDEX)")

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv figures check page compare verify proofs record record-docs report prune test test-objects lint format bench bench-studies bench-populations bench-gpu profile lock generator pictures config-docs docs clean

help: ## show this list
	@echo "make TARGET [VARIABLE=value ...]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16
	@echo "Variables:"
	@echo "  PYTHON=/path/to/python3    the interpreter that .venv is made with (default: python3.11, or any from 3.11 on)"
	@echo "  TORCH=cpu, TORCH=cuda      the build of torch (default: CPU where there is no GPU and pip finds one)"
	@echo "  TORCH_INDEX=https://...    where pip finds the CPU build (pytorch.org names it)"
	@echo "  CORES=all                  how many cores make figures uses"
	@echo "  TARGET=...                 what to build: files, rules or studies; default: all figures"
	@echo "  CONFIG=config/real.yaml    settings on top of config/config.yaml"
	@echo "  RUN=tight                  a name: its figures and page go to results/runs/tight"
	@echo "  A=default B=tight          the names of two runs, for make compare; default is the one without a name"
	@echo "  ARGS=...                   more arguments for snakemake (make figures) or pytest (make test)"

figures: $(VENV)/.runtime ## build all figures, or TARGET
	$(TARGET_IS_NAMED)
	$(CONFIG_IS_THERE)
	$(CONFIG_IS_TEXT)
	@$(SNAKEMAKE) --logger homeostat --cores $(CORES) $(WITH_CONFIG) $(ARGS) -- $(TARGET) \
		|| { status=$$?; [ ! -d results/store ] || echo "To see what is there by now: make page$(SAME_SETTINGS)"; exit $$status; }
	@if [ -z "$(TARGET)$(ARGS)" ]; then cat $(VIEWS)/scorecard/scorecard.txt; echo "Report page: $(VIEWS)/index.html"; fi

check: $(VENV)/.runtime ## look at the recording of CONFIG=mine.yaml: what it holds, what would be left out, what a run takes
	@[ -n "$(CONFIG)" ] || { echo "Name a configuration: make check CONFIG=mine.yaml (for a file: homeostat check session.nwb)"; exit 1; }
	@PYTHONPATH=src $(PY) -m homeostat check --config "$(CONFIG)" $(ARGS)

page: $(VENV)/.runtime ## write results/so-far.html, the report page of an unfinished run
	$(CONFIG_IS_THERE)
	$(CONFIG_IS_TEXT)
	$(RUN_IS_THERE)
	@$(SNAKEMAKE) --logger homeostat --cores 1 $(WITH_CONFIG) $(ARGS) -- page_so_far
	@echo "Report page: $(VIEWS)/so-far.html"

compare: $(VENV)/.runtime ## two runs by their names (A=default B=tight): settings, curves, numbers and verdicts that differ
	@[ -n "$(A)" ] && [ -n "$(B)" ] || { echo "Name two runs: make compare A=default B=tight"; exit 1; }
	@PYTHONPATH=src:workflow/scripts $(PY) -m report.compare --a "$(A)" --b "$(B)" $(ARGS)

verify: $(VENV)/.runtime ## compare the run in results/ with the record of the same settings, TARGET or all that it has
	$(TARGET_IS_NAMED)
	@PYTHONPATH=src $(PY) -m homeostat.record.verify --results $(VIEWS) $(ARGS) $(TARGET)

proofs: $(VENV)/.runtime ## measure every figure of the run as a printer does: size, type, letters, fonts, resolution
	@PYTHONPATH=src $(PY) -m homeostat.figures.proof $(VIEWS)/figures

record: $(VENV)/.runtime ## write record/ from a finished run in results/, or RESULTS (NAME: of a record; ARGS=--add: to what is there, ARGS=--replace: a larger one, too)
	@PYTHONPATH=src $(PY) -m homeostat.record --results "$(or $(RESULTS),$(VIEWS))" $(if $(NAME),--name "$(NAME)") $(ARGS)

record-docs: $(VENV)/.runtime ## write what docs/ and the README show of record/: claims pages, together.md, scorecard
	@PYTHONPATH=src $(PY) -m homeostat.record.docs
	@PYTHONPATH=src:workflow/scripts $(PY) docs/img/make.py --scorecard

report: $(VENV)/.runtime ## write results/report.zip, Snakemake's own report of a finished run
	$(CONFIG_IS_THERE)
	$(CONFIG_IS_TEXT)
	@[ -f "$(VIEWS)/index.html" ] || { echo "There is no finished run in $(VIEWS); make page shows an unfinished one"; exit 1; }
	@$(SNAKEMAKE) --cores 1 $(WITH_CONFIG) $(ARGS) --report $(VIEWS)/report.zip
	@echo "Report: $(VIEWS)/report.zip (unpack it, then open report/report.html)"

prune: $(VENV)/.runtime ## list the stored results that no run shows any more (YES=1: delete them)
	@PYTHONPATH=src $(PY) workflow/lib/prune.py $(if $(YES),--yes)

test: $(VENV)/.dev ## run the tests
	$(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-objects: $(VENV)/.dev ## run the tests of other packages' objects (neo, pynapple, SpikeInterface, ...) with these packages
	@[ -f $(VENV)-objects/.made ] || { $(PY) -m venv $(VENV)-objects && $(VENV)-objects/bin/python -m pip install --quiet --quiet \
		--disable-pip-version-check pytest . $(OBJECTS) && touch $(VENV)-objects/.made; }
	cd tests && PYTHONPATH=../src ../$(VENV)-objects/bin/python -m pytest -q -c /dev/null -p no:cacheprovider recordings/test_recordings_objects.py

lint: $(VENV)/.dev ## check style, types and the workflow
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m snakefmt --check Snakefile workflow/Snakefile workflow/rules
	$(SNAKEMAKE) --lint
	$(PY) -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(VENV)/bin/hadolint Dockerfile

format: $(VENV)/.dev ## put the code in its style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) -m snakefmt Snakefile workflow/Snakefile workflow/rules

bench: $(VENV)/.runtime ## time every hot path against its plain reference (ARGS=--quick: a first look)
	@$(PY) benchmarks/hot_paths.py $(ARGS)

bench-studies: $(VENV)/.runtime ## more of each study: growth, memory, larger sizes (HOMEOSTAT_MIRROR=folder of real data: other programs)
	@for name in $(BENCHMARKS); do OMP_NUM_THREADS=1 $(PY) benchmarks/$$name.py $(ARGS) || exit 1; done

bench-populations: $(VENV)/.runtime ## fits of up to 5,000 neurons: seconds, memory, likelihood (ARGS=--only "RP, n 1,000")
	@OMP_NUM_THREADS=1 $(PY) benchmarks/populations.py $(ARGS)

bench-gpu: $(VENV)/.runtime ## steps of all studies but keck2012 on a GPU, at the papers' sizes; a few minutes (without a GPU: says so)
	@if $(PY) -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then \
		for name in $(GPU_BENCHMARKS); do PYTHONPATH=src $(PY) benchmarks/$$name.py $(ARGS) || exit 1; done; \
	else echo "torch sees no CUDA device here: nothing was measured."; fi

profile: $(VENV)/.runtime ## where the time of the run in this folder went
	@$(PY) benchmarks/profile_run.py $(ARGS)

lock: $(VENV)/.dev ## resolve pyproject.toml into the lock files (UPGRADE=1: the newest of each)
	$(PY) envs/lock.py $(if $(UPGRADE),--upgrade)

venv: $(VENV)/.runtime ## make the virtual environment, with TORCH=cpu or cuda
	@$(if $(TORCH),$(INSTALL),:)

generator: $(VENV)/.runtime ## train the embedded generator again on the real recording, into config/generators
	$(SNAKEMAKE) --cores 1 --configfile config/real.yaml $(ARGS) -- results/data/generators/prefrontal_50.npz
	cp results/data/generators/prefrontal_50.npz results/data/generators/prefrontal_50.json config/generators/
	cp results/data/generators/prefrontal_50.png docs/img/prefrontal_surrogate.png

pictures: $(VENV)/.runtime ## compose the pictures of the README from a finished run in results/, or RESULTS
	@PYTHONPATH=src:workflow/scripts $(PY) docs/img/make.py $(if $(RESULTS),--results "$(RESULTS)")

config-docs: $(VENV)/.runtime ## write config/README.md from the schema
	PYTHONPATH=src $(PY) -m homeostat.config_docs

docs: $(VENV)/.dev ## build the documentation site (site/README.html), any warning is an error
	$(PY) -m sphinx -q -W --keep-going -b html -c docs/site docs site

clean: ## delete results/ (all that was computed); .venv and downloads outside results/ stay
	rm -rf results .snakemake

# The stamps below make a second `make` install nothing unless a lock file has changed.

# Without PYTHON, the first interpreter of those that are new enough.
$(VENV)/.made:
	@set -- python3.11 python3 python3.14 python3.13 python3.12; [ -z "$(PYTHON)" ] || set -- "$(PYTHON)"; \
	for python; do \
		command -v "$$python" > /dev/null || \
			{ why="$$python was not found. Install Python 3.11 or newer, or name one"; continue; }; \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
			{ why="$$python is older than Python 3.11. Name another"; continue; }; \
		echo "Making the virtual environment $(VENV) with $$python ..."; \
		"$$python" -m venv $(VENV) && touch $@; exit; \
	done; \
	[ -n "$(PYTHON)" ] || why="No Python 3.11 or newer was found. Install one, or name it"; \
	echo "$$why: make figures PYTHON=/path/to/python3"; exit 1

# The package itself is installed as a link, so that `homeostat` can be imported from anywhere.
$(VENV)/.runtime: requirements.lock requirements-torch.lock pyproject.toml $(VENV)/.made
	@echo "Installing the pinned packages (a few minutes the first time) ..."
	@$(INSTALL)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the tools for tests and lint ..."
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@touch $@
