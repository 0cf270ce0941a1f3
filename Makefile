# Threadhub. The two that a newcomer needs: make run, make test.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build

GO      ?= go
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# Our packages; nested modules (tools, test doubles) are not among them.
PKGS    ?= ./...
# How long each fuzz target runs.
FUZZTIME ?= 30s
# Packages whose tests start whole hubs: one after the other, since on a small
# machine they would keep each other waiting.
HUBS := ^threadhub/(cmd/|console/browsertest|internal/app$$)
# The longest that the tests of one package may take.
TIMEOUT ?= 20m
# Developer tools, pinned in their own module.
TOOL := $(GO) tool -modfile=tools/go.mod
# Go files that people write. Generated ones have the form of their generator.
SOURCES = $$(find . -name '*.go' -not -name '*.gen.go' -not -path './.git/*' -not -path './data/*')

.PHONY: build run test check console format generate fresh fuzz model chaos bench bench-connectors dist vuln prepare clean

build: ## bin/threadhub
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/threadhub ./cmd/threadhub

run: build ## the hub with a demo: a day at a shop on simulated platforms
	bin/threadhub demo

test: prepare fresh ## everything that must hold
	unformatted="$$(gofmt -l $(SOURCES))"; if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet $(PKGS)
	race=-race; if [ "$$($(GO) env CGO_ENABLED)" != 1 ]; then race=; echo "no C compiler: testing without the race detector"; fi; \
	all="$$($(GO) list $(PKGS))"; failed=; \
	rest="$$(grep -vE '$(HUBS)' <<<"$$all" || true)"; if [ -n "$$rest" ]; then $(GO) test $$race -timeout $(TIMEOUT) $$rest || failed=1; fi; \
	hubs="$$(grep -E '$(HUBS)' <<<"$$all" || true)"; if [ -n "$$hubs" ]; then $(GO) test $$race -p 1 -timeout $(TIMEOUT) $$hubs || failed=1; fi; \
	[ -z "$$failed" ]

check: ## static analysis with the pinned tools
	$(GO) vet $(PKGS)
	$(TOOL) staticcheck $(PKGS)
	unformatted="$$($(TOOL) gofumpt -l $(SOURCES))"; if [ -n "$$unformatted" ]; then echo "not formatted (run make format):"; echo "$$unformatted"; exit 1; fi
	sha256sum --check --status sdk/schema.sum || { echo "sdk/dist/schema.d.ts is older than api/openapi.yaml: run make console"; exit 1; }

console: ## console/dist, console/widget/dist and sdk/dist from their sources; needs Node, which nothing else does
	cd sdk && npm ci --no-audit --no-fund --loglevel=error
	cd sdk && npm run --silent schema && npm run --silent build
	sha256sum api/openapi.yaml >sdk/schema.sum
	cd console && npm ci --no-audit --no-fund --loglevel=error
	cd console && npm run --silent typecheck && npm run --silent build
	cd console && npx tsc --noEmit --project widget/tsconfig.json && npx vite build widget
	cp console/node_modules/axe-core/axe.min.js console/node_modules/axe-core/LICENSE console/browsertest/testdata/axe/

format: ## sources in the house's form
	$(TOOL) gofumpt -w $(SOURCES)

generate: ## files made from others: the API's Go code, docs/config.md
	$(GO) generate $(PKGS)

fresh: ## fails if generated files are not what make generate makes
	tools/fresh $(MAKE) --no-print-directory generate

fuzz: ## every fuzz target for FUZZTIME; half an hour
	GO="$(GO)" FUZZTIME=$(FUZZTIME) tools/fuzz $(PKGS)

# How many steps of random histories `make model` holds to the plain model, on each store.
STEPS ?= 100000

model: ## the lifecycle against its plain model, on both stores; some minutes
	THREADHUB_TEST_MODEL_STEPS=$(STEPS) $(GO) test -timeout 0 -count=1 -v -run AnyHistoryIsAsInThePlainModel ./internal/sqlite ./internal/mongo

chaos: ## takes a hub through the faults it must survive (docs/chaos.md); half an hour or more
	$(GO) run ./cmd/chaos $(CHAOSFLAGS)

bench: build ## drives bin/threadhub from outside, writes bench.json
	$(GO) run ./cmd/bench $(BENCHFLAGS)

bench-connectors: ## how long each connector takes to read a typical webhook
	GO="$(GO)" tools/bench-connectors

# What a release is built for.
PLATFORMS ?= linux/amd64 linux/arm64 darwin/arm64

dist: ## dist/: the program for PLATFORMS, built reproducibly, with bills of materials and sums
	GO="$(GO)" tools/dist "$(VERSION)" $(PLATFORMS)

# All packages, not the command alone: kong calls what a command does by
# reflection, which nobody can follow. Without a way to vuln.go.dev, a copy of the
# database does: make vuln VULNFLAGS='-db file:///srv/vulndb'.
vuln: ## known vulnerabilities in what we depend on
	$(TOOL) govulncheck $(VULNFLAGS) $(PKGS)

prepare: ## a C compiler and a Redis for the tests, where they can be installed
	tools/prepare

clean: ## what was built here; never the data directory
	rm -rf bin dist bench.json
