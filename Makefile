# The two commands for a newcomer are `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
NEW_ENOUGH = $(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11, 4) and 'imbaloss needs Python 3.11.4 or newer; name one with: make PYTHON=...')"
export PYTHONDONTWRITEBYTECODE :=  # empty: where it is set, each process compiles all modules again
SITE := $(BIN)/python -m sphinx  # -W and -n: a warning is an error, and so is a link that leads nowhere

.PHONY: demo test quick slow lowest check bench docs site links setup clean

demo: setup  ## a table of one's own, then the 2023 study's experiment on scikit-learn's digits; offline, under a minute
	$(BIN)/python -m imbaloss.data.demo results/demo
	$(BIN)/imbaloss compare results/demo/cancer.csv --target diagnosis --loss wce --settings 2 --repetitions 5 --out results/demo/cancer
	$(BIN)/imbaloss predict results/demo/cancer/model results/demo/new_patients.csv --keep patient --out results/demo/predictions.csv
	$(BIN)/imbaloss reproduce --dataset digits_parity --dataset digits_3_8 --dataset digits_8_9 --out results/demo
	@echo "The pages to open: results/demo/cancer/report.html (the table) and results/demo/report.html (the digits)"

test: check  ## all that a change must pass, but for the slow tests
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist loadfile  # two processes of one thread each

quick: setup  ## the tests that are nearest to a change, for a minute: to what is not committed, or with BASE=main since then
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.quick $(if $(BASE),--base $(BASE))

slow: setup  ## the slow tests: many minutes; with BEGIN_BEFORE=SECONDS since 1970, those that would begin later are skipped
	OMP_NUM_THREADS=1 $(BIN)/pytest -m slow --numprocesses 2 --dist loadgroup -rs $(if $(BEGIN_BEFORE),--begin-before $(BEGIN_BEFORE))

lowest: .venv-lowest/installed  ## the fast tests with the lowest versions that pyproject.toml allows (with TORCH=2.13.0: of all but torch, and without the tests of torch); warnings are no errors
	OMP_NUM_THREADS=1 .venv-lowest/bin/pytest -W default --numprocesses 2 --dist loadfile $(if $(TORCH),--ignore tests/losses --ignore tests/networks --ignore tests/training)

check: setup
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell README.md CONTRIBUTING.md CHANGELOG.md docs src tests benchmarks findings
	$(SITE) -W --keep-going -n -q -E docs site

bench: setup  ## ratios of training to a plain loop, skorch and Lightning; minutes
	$(BIN)/python -m benchmarks.training

docs: setup  ## docs/losses.md and its pictures from the docstrings of the losses, docs/reference/commands.md from the help
	$(BIN)/python -m imbaloss.report.guide docs
	$(BIN)/python -m imbaloss.cli.guide docs

site: setup  ## the documentation as pages, in site/; it opens offline, and every link within it is checked
	$(SITE) -W --keep-going -n -q -E docs site
	@echo "The page to open: site/index.html"

links: setup  ## whether the links to other sites lead somewhere; needs a network
	$(SITE) -b linkcheck -q docs site/links

setup: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(NEW_ENOUGH)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	touch $@

.venv-lowest/installed: pyproject.toml constraints-lowest.txt
	$(NEW_ENOUGH)
	$(PYTHON) -m venv .venv-lowest
	$(if $(TORCH),sed -E 's/^torch==.*/torch==$(TORCH)/; /^sympy==/d',cat) constraints-lowest.txt > .venv-lowest/constraints.txt
	.venv-lowest/bin/python -m pip install --quiet --constraint .venv-lowest/constraints.txt --editable ".[test]"
	touch $@

clean:
	rm -rf .venv .venv-lowest results site
