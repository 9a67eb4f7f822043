# From a fresh clone, `make serve` plays and `make test` tests: each does all the set-up that it needs, once, and again
# when requirements/ or pyproject.toml changes.

CONFIG ?= config.yaml
ARGS ?=
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin

export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test test-newest lock check format soak bench docs site pictures model model-sustained model-struck model-drums model-hits model-timbre clean distclean

help: ## this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "variables:      CONFIG=config.yaml ARGS='--set osc.port=9001' PYTHON=python3.12"

serve: $(VENV)/.serve ## play: the daemon, with CONFIG and ARGS
	@exec $(BIN)/oscvae serve --config $(CONFIG) $(ARGS)

test: $(VENV)/.test ## lint, format, types, and every test; ARGS go to pytest
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(if $(ARGS),$(BIN)/mypy)
	$(BIN)/python tools/tests.py $(or $(ARGS),--types)

lock: ## renew requirements/: the newest packages that pyproject.toml admits, exact, with hashes
	@tools/lock.sh

test-newest: ## the tests on the newest packages that pyproject.toml admits, in an environment of its own
	@tools/system-packages.sh test
	@$(MAKE) --no-print-directory VENV=.venv-newest .venv-newest/pyvenv.cfg
	.venv-newest/bin/python -m pip install --upgrade --upgrade-strategy eager --prefer-binary --editable '.[dev]'
	.venv-newest/bin/python -m pip list
	.venv-newest/bin/python tools/tests.py $(ARGS)

check: $(VENV)/.test ## lint, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.test ## put imports, layout and what else can be mended by itself in order
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

soak: $(VENV)/.test ## the long tests, at their full counts: an hour
	OSCVAE_SOAK=1 $(BIN)/python -m pytest -m soak --timeout 0 $(ARGS)

bench: $(VENV)/.test ## measure, and print the tables of docs/benchmarks.md
	@failed=; for bench in tests/bench/bench_*.py; do \
	    echo "== $$bench"; $(BIN)/python $$bench $(ARGS) || failed="$$failed $$bench"; \
	done; if [ -n "$$failed" ]; then echo "failed:$$failed"; exit 1; fi

docs: $(VENV)/.serve ## write docs/osc.md from the table of addresses
	$(BIN)/python -m oscvae.osc.reference > $(VENV)/osc.md && mv $(VENV)/osc.md docs/osc.md

site: $(VENV)/.test ## the documentation as a site, in build/site
	$(BIN)/python -m sphinx -W --keep-going -n -q -d build/doctrees docs build/site

pictures: $(VENV)/.test ## make the pictures of README and docs again, and the sound that they let hear
	$(BIN)/python tools/pictures --sound --page

model: $(VENV)/.test ## make models/plucked.ts again, from the soundfonts; stopped, it goes on
	@tools/system-packages.sh model
	$(BIN)/oscvae dataset build plucked data/plucked
	$(BIN)/oscvae train --config plucked --data data/plucked --out runs/plucked \
	    $$(test ! -e runs/plucked/run.json || echo --resume)
	$(BIN)/oscvae export runs/plucked --out models/plucked.ts --model-version 4.0 --weights float16 --force

model-sustained: $(VENV)/.test ## make models/sustained.ts again, likewise
	@tools/system-packages.sh model
	$(BIN)/oscvae dataset build sustained data/sustained
	$(BIN)/oscvae train --config sustained --data data/sustained --out runs/sustained \
	    $$(test ! -e runs/sustained/run.json || echo --resume)
	$(BIN)/oscvae export runs/sustained --out models/sustained.ts --model-version 2.0 --weights float16 --force

model-hits: $(VENV)/.test ## make models/hits.ts again, from nothing but a seed
	$(BIN)/oscvae dataset build coast data/coast
	$(BIN)/oscvae train --config coast --data data/coast --out runs/coast \
	    $$(test ! -e runs/coast/run.json || echo --resume)
	$(BIN)/oscvae export runs/coast --out models/hits.ts --model-version 3.1 --weights float16 --force

model-struck: $(VENV)/.test ## make models/struck.ts, likewise
	@tools/system-packages.sh model
	$(BIN)/oscvae dataset build struck data/struck
	$(BIN)/oscvae train --config struck --data data/struck --out runs/struck \
	    $$(test ! -e runs/struck/run.json || echo --resume)
	$(BIN)/oscvae export runs/struck --out models/struck.ts --model-version 3.0 --weights float16 --force

model-drums: $(VENV)/.test ## make models/drums.ts, likewise
	@tools/system-packages.sh model
	$(BIN)/oscvae dataset build drums data/drums
	$(BIN)/oscvae train --config drums --data data/drums --out runs/drums \
	    $$(test ! -e runs/drums/run.json || echo --resume)
	$(BIN)/oscvae export runs/drums --out models/drums.ts --model-version 1.0 --weights float16 --force

model-timbre: $(VENV)/.test ## make models/timbre.ts again, of single frames
	@tools/system-packages.sh timbre
	$(BIN)/oscvae dataset build timbre data/timbre
	$(BIN)/oscvae train --config timbre --data data/timbre --out runs/timbre \
	    $$(test ! -e runs/timbre/run.json || echo --resume)
	$(BIN)/oscvae export runs/timbre --out models/timbre.ts --model-version 1.0 --weights float16 --force

study-annealing: data/plucked/index.json

data/plucked/index.json: $(VENV)/.test
	@tools/system-packages.sh model
	$(BIN)/oscvae dataset build plucked data/plucked

study-timbre: /usr/share/sonic-pi/samples

/usr/share/sonic-pi/samples:
	@tools/system-packages.sh timbre

study-digits: data/digits/train-labels-idx1-ubyte

data/digits/train-labels-idx1-ubyte:
	@tools/system-packages.sh digits
	@tools/bring-digits.sh data/digits

study-waveform: data/waveform/index.json

data/waveform/index.json: $(VENV)/.test
	@tools/system-packages.sh waveform
	@tools/bring-scores.sh data/scores
	$(BIN)/python -m oscvae.training.studies.waveform.rendering data/scores data/waveform

study-embedding: data/plucked-fluid/index.json

data/plucked-fluid/index.json: $(VENV)/.test
	@tools/system-packages.sh embedding
	$(BIN)/oscvae dataset build plucked-fluid data/plucked-fluid

study-ukulelatent: data/ukulelatent/index.json

data/ukulelatent/index.json: $(VENV)/.test
	@tools/system-packages.sh ukulelatent
	$(BIN)/oscvae dataset build oscvae/training/studies/ukulelatent/recipe.yaml data/ukulelatent

study-%: $(VENV)/.test ## run an experiment again, whole: study-divergence, as `oscvae study --list` names them
	$(BIN)/oscvae study $* --out studies/$* $(ARGS)

clean: ## remove caches and build output
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find oscvae tests -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## and the virtual environment
	rm -rf $(VENV)

# The stamps live in the virtual environment, so that they go with it.

$(VENV)/pyvenv.cfg:
	@tools/system-packages.sh python
	@python=$$(tools/find-python.sh $(PYTHON)) || exit 1; \
	    echo "making $(VENV) with $$python"; "$$python" -m venv --clear $(VENV)

# What is installed is in requirements/, exact and with hashes: a package that appears tomorrow changes nothing here. These
# were resolved for x86-64; elsewhere pip takes what pyproject.toml's ranges admit.

INSTALL = tools/install.sh $(BIN)/python

$(VENV)/.serve: $(VENV)/pyvenv.cfg requirements/serve.txt pyproject.toml
	@tools/system-packages.sh serve
	@$(INSTALL) serve
	@touch $@

$(VENV)/.test: $(VENV)/pyvenv.cfg requirements/test.txt pyproject.toml
	@tools/system-packages.sh test
	@$(INSTALL) test
	@touch $(VENV)/.serve $@
