# The one entrance. Everything runs inside .venv, made from requirements.lock; nothing is installed elsewhere.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
EXAMPLE := national-supported-work
EXAMPLES := theory_of_change/examples

.PHONY: install demo test fuzz check bench lock schema pictures clean

install: $(VENV)/installed

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v < (3, 14) else "Sestante needs Python 3.11 to 3.13; this is %d.%d. Name another with: make PYTHON=python3.11 install" % v)'
	@echo "Installing the locked dependencies into $(VENV) (about a minute, 1.2 GB) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

demo: install ## the whole way on a real programme, ending with where the reports are
	@test -f $(DEMO)/programme.yml || $(BIN)/sestante new $(DEMO) --from $(EXAMPLE)
	@$(BIN)/sestante run --workspace $(DEMO)

test: install
	@$(BIN)/python -m pytest -n 2

fuzz: install ## the property tests on examples that no run has drawn before
	@$(BIN)/python -m pytest -n 2 --hypothesis-profile=default $$(grep -rl 'from hypothesis' tests)

check: install ## style and who may import whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

bench: install ## speed as a ratio to a baseline measured in the same run
	@$(BIN)/python -m benchmarks

lock: ## resolve pyproject.toml anew; needs uv
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --constraint constraints.txt --output-file requirements.lock

schema: install ## JSON Schemas for editors, from the models
	@$(BIN)/python -m theory_of_change.schema
	@$(BIN)/python -m surveys.schema

pictures: install ## the drawings in the README, from the example they show
	@for language in it en; do $(BIN)/sestante draw --workspace $(EXAMPLES)/costellazioni-civiche --language $$language \
		--output theory_of_change/pictures/costellazioni-civiche.$$language.svg || exit 1; done

clean:
	rm -rf $(VENV) $(DEMO)
