# make run    build, and try it: a demo primary and our secondary of it in one process
# make test   everything that must pass, the peers installed first (Debian, as root)
# make help   the other targets

export CGO_ENABLED ?= 0

SHELL      := /bin/bash
GO         ?= go
BINARY     := coredns
TOOLS      := $(GO) tool -modfile=.ci/tools/go.mod
export GOFLAGS := -tags=grpcnotrace $(GOFLAGS)
VERSION    := $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS    := -s -w -X github.com/coredns/coredns/coremain.GitCommit=$(VERSION)
PURE       := ./plugin/internal/...
FACES      := ./plugin/secondaryplus/... ./plugin/serialguard/... ./plugin/nsfailover/... ./plugin/alerts/... ./plugin/corefile/... ./coredns-build/...
SYSTEM      = $$($(GO) list ./test/... | grep -v -e /test/addin -e /test/image)
FUZZTIME   ?= 30s
SOAK       ?= 10m
IMAGE      ?= understudy:$(VERSION)

.PHONY: run build test unit system addin image image-test drills soak check lint fmt peers bench bench-tld bench-many bench-all bench-compare fuzz clean help

run: build ## build, and start the quickstart
	@echo
	@echo 'A primary and our secondary of it, in one process. Try, from another terminal:'
	@echo
	@echo '    dig @127.0.0.1 -p 1053 www.example.org'
	@echo '    curl -s http://127.0.0.1:8053/v1/zones/example.org'
	@echo '    curl -s http://127.0.0.1:9153/metrics | grep secondaryplus'
	@echo
	@echo 'Change Corefile.examples/quickstart.zone (with a higher serial) and ask again. Ctrl-C ends it.'
	@echo
	@cd Corefile.examples && exec ../$(BINARY) -conf quickstart.corefile

build: ## the binary, ./coredns
	$(GO) build -ldflags '$(LDFLAGS)' -o $(BINARY) ./coredns-build

test: peers check unit system addin image-test ## everything that must pass

check: fmt lint ## formatting, vet, linter
	$(GO) vet ./...

unit: ## the packages, with the race detector
	CGO_ENABLED=1 $(GO) test -race $(PURE) $(FACES)

system: build ## real peers through the front door
	UNDERSTUDY_BIN=$(CURDIR)/$(BINARY) $(GO) test -p 1 -timeout 20m $(SYSTEM)

addin: ## our plugins added to a pristine CoreDNS
	$(GO) test -timeout 20m ./test/addin

image: build ## the container image, IMAGE=name:tag
	coredns-build/image $(BINARY) $(IMAGE)

image-test: build
	UNDERSTUDY_BIN=$(CURDIR)/$(BINARY) $(GO) test ./test/image

drills: peers build ## every failure drill, those that take minutes too
	DRILLS=all UNDERSTUDY_BIN=$(CURDIR)/$(BINARY) $(GO) test -v -run Drill -timeout 30m ./test/drills ./test/restart ./test/reach ./test/downstream ./test/interop ./test/serialguard ./test/nsfailover $(PURE)

soak: peers build ## everything at random for SOAK=10m: changes, kills, reloads, refusals
	SOAK=$(SOAK) UNDERSTUDY_BIN=$(CURDIR)/$(BINARY) $(GO) test -v -count=1 -timeout 8h ./test/soak

fmt:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "gofmt would change:"; echo "$$bad"; exit 1; }

lint:
	$(TOOLS) golangci-lint run ./...

peers: ## install knotd, named, nsd and the tools that the tests use
	@./.ci/peers

bench: peers build ## measure ours beside stock secondary, BIND, Knot and NSD, in one run; the table is in bench.out
	$(GO) run ./test/bench -ours ./$(BINARY) -out bench.out $(BENCHFLAGS)

bench-tld: peers build ## the same with a TLD of ten million records
	$(GO) run ./test/bench -ours ./$(BINARY) -out bench.out/tld -only tld -patience 10m $(BENCHFLAGS)

bench-many: peers build ## the same with a hundred thousand zones
	$(GO) run ./test/bench -ours ./$(BINARY) -out bench.out/many -only many -patience 10m $(BENCHFLAGS)

bench-all: peers build ## all of them, in one table
	$(GO) run ./test/bench -ours ./$(BINARY) -out bench.out -only all -patience 10m $(BENCHFLAGS)

bench-compare: ## the micro-benchmarks of REF and of the working tree, by benchstat
	@.ci/bench-compare $(REF)

fuzz: ## every fuzz target for FUZZTIME
	@./.ci/fuzz $(FUZZTIME)

clean:
	rm -f $(BINARY)

help:
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'
