# Every target does its own set-up; as root missing Debian packages are installed, otherwise they are named.
SHELL := /bin/bash
NODE_MODULES := node_modules/.package-lock.json
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: demo test check bench build clean

demo: build
	@node demo/main.ts

test: build
	@node test/run.ts

check: $(NODE_MODULES)
	@node test/check.ts

bench: build
	@node bench/main.ts

build: $(NODE_MODULES)
	@node build.ts

$(NODE_MODULES): package.json package-lock.json
	@bash scripts/prerequisites.sh
	@npm ci --no-fund --no-audit --loglevel=error
	@touch $@

clean:
	rm -rf dist build node_modules
