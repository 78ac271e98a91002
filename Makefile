# Every target does its own set-up; as root missing Debian packages are installed, otherwise they are named.
SHELL := /bin/bash
NODE_MODULES := node_modules/.package-lock.json
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: demo test test-all check quick hooks bench e2e bench-e2e build executable image deploy docs clean

# SCENARIO=dirty: volumes on which Cassandra does not start.
demo: build
	@node demo/$(or $(SCENARIO),main).ts

# What CI runs; docs/contributing/testing.md says what each tier holds.
test: build
	@node test/run.ts

test-all: build
	@node test/run.ts --all

check: $(NODE_MODULES)
	@node test/check.ts

# The part of check that takes seconds: what .githooks/pre-commit runs.
quick: $(NODE_MODULES)
	@biome check --error-on-warnings .
	@tsc -p .

# Runs it before each commit of this clone.
hooks:
	@git config core.hooksPath .githooks
	@echo 'Enabled .githooks; `git config --unset core.hooksPath` disables it.'

bench: build
	@node bench/main.ts

# Real Kubernetes, kubelet, containerd and cass-operator; needs root. ALL=1 for the rarer cases and the oldest operator, too.
e2e: build
	@node test/e2e/run.ts $(if $(ALL),--all)

bench-e2e: build
	@node test/e2e/bench.ts

build: $(NODE_MODULES)
	@node build.ts

# build/executable/kubectl-kassette: one file that needs no Node.js, its checksum and its list of components; for Linux.
executable: $(NODE_MODULES)
	@node scripts/executable.ts
	@npm sbom --omit=dev --sbom-format=spdx > build/executable/kubectl-kassette.spdx.json

# BASE_IMAGE=… for another base; needs buildah.
image: build
	@npm sbom --omit=dev --sbom-format=spdx > dist/kassette.spdx.json
	@buildah build $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) --tag kassette:$(shell node -p "require('./package.json').version") .

# Writes what is committed in deploy/; a test compares it.
deploy: $(NODE_MODULES)
	@node src/packaging/generate.ts

# Writes docs/reference/cli.md and the texts in test/golden; a test compares them.
docs: $(NODE_MODULES)
	@node scripts/docs.ts

$(NODE_MODULES): package.json package-lock.json
	@bash scripts/prerequisites.sh
	@npm ci --no-fund --no-audit --loglevel=error
	@touch $@

clean:
	rm -rf dist build node_modules
