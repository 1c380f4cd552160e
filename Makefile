# Two commands do it all: make findings, make test. They make .venv first, by uv where it is found, else by pip.
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(p) 2>/dev/null)))
UV := $(shell command -v uv 2>/dev/null)
BIN := .venv/bin

ifdef UV
install = $(UV) venv -q --allow-existing --python $(PYTHON) .venv && \
	$(UV) pip install --python $(BIN)/python --compile-bytecode --require-hashes -r $(1) && \
	$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation -e .
else
install = $(PYTHON) -m venv .venv && \
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r $(1) && \
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
endif

.PHONY: findings test fuzz check lab docs tutorial-files validation lock clean
.DEFAULT_GOAL := findings

findings: .venv/run.made
	@$(BIN)/analysis build

test: .venv/dev.made
	@$(BIN)/python -m pytest -n auto

# The properties of the reader on 20,000 made-up examples each: an hour or so.
fuzz: .venv/dev.made
	@ANALYSIS_FUZZ=20000 $(BIN)/python -m pytest -n auto -m fuzz --verbose

check: .venv/run.made
	@$(BIN)/analysis check

lab: .venv/dev.made
	$(BIN)/jupyter lab notebooks

# After a change of a code, of a message or of a command: docs/codes.md, docs/tutorial.md.
docs: .venv/dev.made
	@$(BIN)/python tests/code_examples.py
	@$(BIN)/python tests/tutorial.py

# A made-up e-mail to practise on: docs/tutorial.md.
tutorial-files: .venv/dev.made
	@$(BIN)/python tests/world_2014.py build/tutorial

# A thousand simulated counties a scenario, some minutes: docs/validation.md.
validation: .venv/dev.made
	@$(BIN)/python benchmarks/validation.py

# After a change of pyproject.toml; needs uv.
lock:
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile -q --universal --generate-hashes --no-annotate --python-version 3.11 pyproject.toml -o requirements.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) pip compile -q --universal --generate-hashes --no-annotate --python-version 3.11 --all-extras -c requirements.lock pyproject.toml -o requirements-dev.lock

clean:
	rm -rf .venv build .dvc/cache .dvc/tmp

.venv/run.made: requirements.lock pyproject.toml
	@$(if $(PYTHON),,$(error Python 3.11 or later was not found. Install it, or say where: make PYTHON=/path/to/python3))
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed; found " + sys.version.split()[0])'
	@echo "Setting up .venv (once; some minutes by pip, seconds by uv) ..."
	@$(call install,requirements.lock)
	@touch $@

.venv/dev.made: requirements-dev.lock pyproject.toml .venv/run.made
	@echo "Adding what the tests need ..."
	@$(call install,requirements-dev.lock)
	@touch $@
