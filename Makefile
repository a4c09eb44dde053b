# `make figures` and `make test` do everything from a fresh clone; `make help` lists the rest.

PYTHON ?= python3.11
CORES ?= all
TARGET ?=
CONFIG ?=
RUN ?=
ARGS ?=
BENCHMARKS ?= rp shen2021 eyono2026 krishna2024
GPU_BENCHMARKS ?= rp_gpu lockstep_gpu krishna2024_gpu

# Console scripts hold the path of the virtual environment; `python -m` also works after it was moved.
VENV := .venv
PY := $(VENV)/bin/python
SNAKEMAKE := $(if $(RUN),HOMEOSTAT_RUN="$(RUN)") $(PY) -m snakemake
# Where the figures of a run with a name are.
VIEWS := results$(if $(filter-out default,$(RUN)),/runs/$(RUN))
WITH_CONFIG := $(if $(CONFIG),--configfile "$(CONFIG)")
CONFIG_IS_THERE = @[ -z "$(CONFIG)" ] || [ -f "$(CONFIG)" ] || { echo "CONFIG=$(CONFIG): there is no such file here; name one, such as config/real.yaml"; exit 1; }
# Before Snakemake reads it: in another encoding it would end in a traceback.
CONFIG_IS_TEXT = $(if $(CONFIG)$(ARGS),@PYTHONPATH=src $(PY) -m homeostat.config_files $(WITH_CONFIG) $(ARGS))
# TARGET= with nothing behind it, as of a variable that a script has not set, must not start a run of hours.
TARGET_IS_NAMED = $(if $(filter command line,$(origin TARGET)),$(if $(strip $(TARGET)),,@echo "TARGET= names nothing; leave it out to build all figures, or name files, rules or studies"; exit 1))
SAME_SETTINGS = $(if $(RUN), RUN=$(RUN))$(if $(CONFIG), CONFIG=$(CONFIG))$(if $(ARGS), ARGS='$(subst ",\",$(ARGS))')
PIP := $(PY) -m pip install --quiet --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv figures page compare report prune test lint format bench bench-studies bench-gpu profile lock generator pictures config-docs docs clean

help: ## show this list
	@echo "make TARGET [VARIABLE=value ...]"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 16
	@echo "Variables:"
	@echo "  PYTHON=python3.11          the interpreter that .venv is made with (3.11 or newer)"
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

page: $(VENV)/.runtime ## write results/so-far.html, the report page of an unfinished run
	$(CONFIG_IS_THERE)
	$(CONFIG_IS_TEXT)
	@$(SNAKEMAKE) --logger homeostat --cores 1 $(WITH_CONFIG) $(ARGS) -- page_so_far
	@echo "Report page: $(VIEWS)/so-far.html"

compare: $(VENV)/.runtime ## two runs by their names (A=default B=tight): settings, curves, numbers and verdicts that differ
	@[ -n "$(A)" ] && [ -n "$(B)" ] || { echo "Name two runs: make compare A=default B=tight"; exit 1; }
	@PYTHONPATH=src:workflow/scripts $(PY) -m report.compare --a "$(A)" --b "$(B)" $(ARGS)

report: $(VENV)/.runtime ## write results/report.zip, Snakemake's own report of a finished run
	$(CONFIG_IS_THERE)
	$(CONFIG_IS_TEXT)
	@$(if $(RUN),HOMEOSTAT_RUN="$(RUN)") $(PY) -W ignore::RuntimeWarning -m snakemake --cores 1 $(WITH_CONFIG) $(ARGS) --report $(VIEWS)/report.zip
	@echo "Report: $(VIEWS)/report.zip (unpack it, then open report/report.html)"

prune: $(VENV)/.runtime ## list the stored results that no run shows any more (YES=1: delete them)
	@PYTHONPATH=src $(PY) workflow/lib/prune.py $(if $(YES),--yes)

test: $(VENV)/.dev ## run the tests
	$(PY) -m pytest $(ARGS)

lint: $(VENV)/.dev ## check style, types and the workflow
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m snakefmt --check Snakefile workflow/rules
	$(SNAKEMAKE) --lint

format: $(VENV)/.dev ## put the code in its style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	$(PY) -m snakefmt Snakefile workflow/rules

bench: $(VENV)/.runtime ## time every hot path against its plain reference (ARGS=--quick: a first look)
	@$(PY) benchmarks/hot_paths.py $(ARGS)

bench-studies: $(VENV)/.runtime ## more of each study: growth, memory, larger sizes (HOMEOSTAT_MIRROR=folder of real data: other programs)
	@for name in $(BENCHMARKS); do OMP_NUM_THREADS=1 $(PY) benchmarks/$$name.py $(ARGS) || exit 1; done

bench-gpu: $(VENV)/.runtime ## steps of all studies but keck2012 on a GPU, at the papers' sizes; a few minutes (without a GPU: says so)
	@if $(PY) -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then \
		for name in $(GPU_BENCHMARKS); do PYTHONPATH=src $(PY) benchmarks/$$name.py $(ARGS) || exit 1; done; \
	else echo "torch sees no CUDA device here: nothing was measured."; fi

profile: $(VENV)/.runtime ## where the time of the run in this folder went
	@$(PY) benchmarks/profile_run.py $(ARGS)

lock: $(VENV)/.made ## resolve the pinned packages anew (UPGRADE=1: the newest of each)
	$(PY) envs/lock.py $(if $(UPGRADE),--upgrade)

venv: $(VENV)/.made ## make an empty virtual environment (to put a torch of your choice into it first)

generator: $(VENV)/.runtime ## train the embedded generator anew on the real recording, into config/generators
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

$(VENV)/.made:
	@command -v "$(PYTHON)" > /dev/null || { echo "$(PYTHON) was not found. Install Python 3.11 or newer, or name one: make figures PYTHON=/path/to/python3"; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is older than Python 3.11. Name another: make figures PYTHON=/path/to/python3"; exit 1; }
	@echo "Making the virtual environment $(VENV) ..."
	@"$(PYTHON)" -m venv $(VENV)
	@touch $@

# The package itself is installed as a link, so that `homeostat` can be imported from anywhere.
$(VENV)/.runtime: requirements.lock pyproject.toml $(VENV)/.made
	@echo "Installing the pinned packages (a few minutes the first time) ..."
	@$(PIP) --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing the tools for tests and lint ..."
	@$(PIP) --requirement requirements-dev.lock
	@touch $@
