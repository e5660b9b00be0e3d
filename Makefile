# What people do here; CI calls the same targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := .tools/bin
EXAMPLE := examples/deepseek-r1-distill-qwen-1.5b-t4.wings.yaml
CHARTS := charts
# Some users' PATH leaves out the programs of administrators, which the tests of a cluster call.
export PATH := $(CURDIR)/$(TOOLS):$(PATH):/usr/sbin:/sbin
# Images of Python set it; the processes of the tests then compile all that they import, each anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo setup tools check lint generated sidecar group-model model-facts test judge engine image clients golden generate \
	memory-report recording bench clean \
	cluster-tools cluster-up cluster-down test-cluster proof flaky

demo: setup ## Set up, then validate, plan and render the reference profile, and judge it with helm
	$(BIN)/wingsctl validate $(EXAMPLE)
	$(BIN)/wingsctl plan $(EXAMPLE)
	$(BIN)/wingsctl render $(EXAMPLE) --output-dir $(CHARTS)
	$(BIN)/helm lint --strict --quiet $(CHARTS)/wings-infer
	$(BIN)/helm template wings-infer $(CHARTS)/wings-infer > $(CHARTS)/wings-infer.rendered.yaml
	@echo
	@echo "The chart is $(CHARTS)/wings-infer, what helm makes of it $(CHARTS)/wings-infer.rendered.yaml."
	@echo "Next, on a cluster with a Tesla T4 and the model under /mnt/models:"
	@echo "  $(BIN)/wingsctl install $(EXAMPLE) --gateway-image REGISTRY/wings-infer:0.1.0 --wait"

setup: $(VENV)/.ready ## The project's own virtual environment, from the locks

$(VENV)/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "wingsctl needs Python 3.11 or later")'
	@$(PYTHON) -c 'import ensurepip' || { echo "wingsctl needs Python's venv module (Debian: python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

tools: setup ## The judges that are built from Go modules; without Go their tests say so
	sh tools/system.sh everyday
	sh tools/go/build.sh $(CURDIR)/.tools

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd sidecar && ../$(BIN)/mypy

generated: setup
	$(BIN)/python tools/generate.py --check

check: PARTS := "lint generated" quick-suite
test: PARTS := "lint generated sidecar-suite" suite
# Beside each other, as no part keeps both cores busy. What is not checked is named once more at the end.
check test: setup tools ## All quick gates; everything
	@$(BIN)/python tools/parts.py $(PARTS); status=$$?; \
	  sh tools/system.sh everyday; sh tools/go/build.sh $(CURDIR)/.tools; exit $$status

.PHONY: quick-suite sidecar-suite suite
quick-suite: setup
	$(BIN)/pytest -q -n 2 -m "not slow"

sidecar: setup tools sidecar-suite ## The gateway's own tests

sidecar-suite: setup
	cd sidecar && ../$(BIN)/pytest -q -n 6 --dist worksteal

ASK_ENGINE := PYTHONPATH=.tools/engine/sglang .tools/engine/bin/python -B tools/models/engine_facts.py \
	  --hf-quant tools/models/hf_quant --only-changed
CONFIGS := tools/models/configs
WITH_LORA = $(patsubst tools/models/facts_lora/%,$(CONFIGS)/%,$(wildcard tools/models/facts_lora/*.json))
WITH_DRAFTS = $(patsubst tools/models/facts_drafts/%,$(CONFIGS)/%,$(wildcard tools/models/facts_drafts/*.json))
model-facts: setup ## Entries of models and what the real engines say of them, where their files or the tools have changed
	sh sidecar/proof/engine.sh --install
	sh sidecar/proof/sglang.sh
	$(BIN)/python tools/models/entries.py
	$(ASK_ENGINE) $(CONFIGS)/*.json --into tools/models/facts
	$(ASK_ENGINE) $(CONFIGS)/*.json --engine sglang --into tools/models/facts_sglang
	$(ASK_ENGINE) $(WITH_LORA) --about lora --into tools/models/facts_lora
	$(ASK_ENGINE) $(WITH_DRAFTS) --about drafts --into tools/models/facts_drafts

judge: setup tools ## Real engines judge what charts start them with (downloads several GB, once); ALL=1: all models
	sh sidecar/proof/sglang.sh
	$(BIN)/pytest tests/engine $(if $(ALL),--all-models && $(BIN)/python -m tests.engine.judged_models)

group-model: setup ## Deep searches through the protocol of groups (ten minutes)
	cd sidecar/tests && ../../$(BIN)/python -m group.search 1 2
	cd sidecar/tests && ../../$(BIN)/python -m group.search 1 -1 exit hang agent cut slow

suite: setup
	$(BIN)/pytest -n 2

cluster-tools: tools ## A Kubernetes from its Go modules, and the images of the tests (root on Debian)
	sh tools/system.sh cluster images engine fresh-machine
	@(sh sidecar/proof/sglang.sh && sh sidecar/proof/vllm_older.sh) & engine=$$!; \
	  sh tests/cluster/images/build.sh $(CURDIR)/.tools/cluster/images others & images=$$!; set -e; \
	  sh tools/go/build.sh $(CURDIR)/.tools cluster; \
	  wait $$images; \
	  sh tests/cluster/images/build.sh $(CURDIR)/.tools/cluster/images programs; \
	  wait $$engine

cluster-up: cluster-tools ## Start a real Kubernetes with one node on this machine; KEDA=1: with KEDA
	@$(BIN)/python -m tests.cluster.harness up $(if $(KEDA),--keda)

cluster-down: setup ## End it, and everything that is left of it
	@$(BIN)/python -m tests.cluster.harness down

# Only where it is an argument of make: the shell's KUBECONFIG may lead to a cluster that works for a living.
GIVEN_CLUSTER := $(if $(findstring command,$(origin KUBECONFIG)),$(abspath $(KUBECONFIG)))
test-cluster: $(if $(GIVEN_CLUSTER),setup,cluster-tools) ## The charts on a real Kubernetes: our own, or KUBECONFIG=FILE
	$(if $(GIVEN_CLUSTER),WINGS_TEST_KUBECONFIG=$(GIVEN_CLUSTER) $(BIN)/pytest tests/cluster/quick,$(BIN)/python -m tests.cluster $(if $(REMEMBER),--remember))

proof: cluster-tools ## Deep proofs on a real Kubernetes: what is stale, PART=NAME, or ALL=1
	@$(BIN)/python -m tests.cluster.proofs $(if $(PART),run $(PART),$(if $(ALL),all))

N ?= 20
flaky: $(if $(findstring tests/cluster/,$(FILE)),cluster-tools,setup) ## FILE="tests/..." each N times, beside a busy loop on every core
	@$(BIN)/python -m tests.cluster.flaky $(N) $(FILE)

engine: setup tools ## A real vLLM behind the gateway; vLLM and SGLang as judges of charts (downloads several GB)
	sh sidecar/proof/engine.sh
	sh sidecar/proof/sglang.sh
	$(BIN)/pytest tests/cluster/deep/test_model_lengths.py tests/cluster/deep/test_sglang_commands.py

image: setup ## The gateway's image, built without docker and started (root on Debian)
	sh sidecar/proof/image.sh

clients: ## Seven public HTTP clients against the gateway
	sh sidecar/proof/clients.sh

golden: setup ## Update the golden charts; review the difference
	$(BIN)/pytest -q tests/golden --update-golden

generate: setup ## Update the files that are generated from the models
	$(BIN)/python tools/generate.py

recording: setup ## Draw the first minutes anew, from what the commands print
	$(BIN)/python tools/recording.py

memory-report: generate ## How far the memory estimate is from start-up logs
	cat docs/reference/memory-errors.md

bench: setup tools ## Side by side with helm, as ratios
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf $(VENV) .tools $(CHARTS) .pytest_cache .mypy_cache .ruff_cache .hypothesis
