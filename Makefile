# fastlearn: every target does the set-up that it needs (see scripts/setup).
SHELL := /bin/bash
SETUP  = CGO_ENABLED=0 go run ./scripts/setup
ENV    = vars="$$($(SETUP) env)" && eval "$$vars"
PYENV  = vars="$$($(SETUP) env -python)" && eval "$$vars"
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

# Modules of their own: formats of pictures that are heavy or under another licence, and a program without libtorch.
MODULES = vision/avif vision/heic examples/onnxserve

.PHONY: help demo test test-cuda test-simcuda test-models lint fuzz compat compat-pictures bench results docs-img info check-image deploy gpu-bundle

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: ## draw flowers, train a ResNet on them, predict one
	@$(ENV) && go run ./examples/flowers

# One package at a time: two that train at once want the same cores. Threads that wait asleep: beside other work on the machine
# trainings take ten times as long otherwise. Each package's line tells how many of all have ended.
test: ## every test, those against Python included
	@set -o pipefail; $(PYENV) && go vet ./... && all="$$(go list ./... | wc -l)" && OMP_WAIT_POLICY=PASSIVE go test -p 1 -timeout 60m ./... 2>&1 | while IFS= read -r line; do \
		case "$$line" in $$'ok  \t'*|$$'FAIL\t'*|$$'?   \t'*) line="$$((++n))/$$all $$line";; esac; printf '%s\n' "$$line"; done
	@$(MAKE) --no-print-directory test-cuda
	@$(PYENV) && for m in $(MODULES); do (cd $$m && go vet ./... && go test -tags nodynamic ./...) || exit; done

test-cuda: ## the tests that need a GPU, on one that is simulated on the CPU (internal/simcuda)
	@vars="$$($(SETUP) env -simcuda)" && eval "$$vars" && OMP_WAIT_POLICY=PASSIVE go test -count=1 -p 1 -run '^TestCUDA' \
		$$(grep -rl --include='*_test.go' '^func TestCUDA' torch fastlearn internal | xargs -n 1 dirname | sort -u | sed 's#^#./#')

test-simcuda: ## whole suites with the simulated GPU as the default device; writes docs/simcuda.md and docs/simcuda.jsonl
	@vars="$$($(SETUP) env -python -simcuda)" && eval "$$vars" && OMP_WAIT_POLICY=PASSIVE go run ./scripts/simcuda

test-models: ## every architecture, its body, and it as ONNX beside Python (some hours); rows that docs/models.jsonl, docs/bodies.jsonl and docs/onnx.jsonl have are passed over; rewrites docs/models.md
	@$(PYENV) && export OMP_WAIT_POLICY=PASSIVE FASTLEARN_EVERY_MODEL="$$PWD/docs/models.jsonl" FASTLEARN_EVERY_BODY="$$PWD/docs/bodies.jsonl" FASTLEARN_EVERY_ONNX="$$PWD/docs/onnx.jsonl" && \
		go test -count=1 -p 1 -timeout 48h -run 'TestWriteContents|TestEveryModel|TestEveryBody|TestEveryArchitecture' -v ./vision/models ./fastlearn ./torch/onnx && go run ./scripts/models

lint: ## gofmt, vet and staticcheck
	@test -z "$$(gofmt -l .)" || { gofmt -l .; exit 1; }
	@$(ENV) && go vet ./... && go run $(STATICCHECK) ./...

FUZZTIME ?= 60s
fuzz: ## every fuzz target for FUZZTIME (60s)
	@grep -r --include='*_test.go' -oE '^func Fuzz[A-Za-z0-9]+' . | while IFS=: read -r file name; do \
		echo "$${name#func } in $$(dirname $$file)" && CGO_ENABLED=0 go test "$$(dirname $$file)" -run '^$$' -fuzz "^$${name#func }$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x || exit 1; \
	done

compat: ## what fastlearn writes, read by PyTorch 2.1, 2.6 and 2.11 (installs the older two, once)
	@$(PYENV) && CGO_ENABLED=0 go run ./scripts/compat

compat-pictures: ## PIL beside ours over the pictures below DIR
	@test -n "$(DIR)" || { echo "usage: make compat-pictures DIR=folder"; exit 2; }
	@$(PYENV) && go run ./scripts/pictures "$(DIR)"

bench: ## ours and Python's side by side; BENCH=op,train chooses groups, BENCH=predict/resnet18 figures
	@$(PYENV) && go run ./scripts/bench '$(BENCH)'

# Threads that wait asleep: others on the machine slow a training down several times otherwise.
results: ## the accuracy comparison (some hours), or RUN=article of it; rewrites docs/results.md
	@$(PYENV) && OMP_WAIT_POLICY=PASSIVE go run ./scripts/results $(if $(RUN),-recipes '$(RUN)')

docs-img: ## the pictures of docs/img (some minutes; those of pages need chromium); NAMES="lr_find report" makes some
	@$(ENV) && go run ./scripts/docsimg $(NAMES)

info: ## which libtorch, which CPU, which GPUs
	@$(ENV) && go run ./scripts/info

PROGRAM ?= ./examples/serve
DEPLOY  ?= build/deploy
deploy: ## PROGRAM (./examples/serve), libtorch's parts and MODEL=file in one folder, build/deploy, without a GPU's
	@test -n "$(MODEL)" || { echo "usage: make deploy PROGRAM=./examples/serve MODEL=file"; exit 2; }
	@mkdir -p "$(dir $(DEPLOY))" && $(ENV) && scripts/image/deploy.sh "$(PROGRAM)" "$(MODEL)" "$(DEPLOY)"

check-image: ## the Dockerfile's steps for the CPU in a fresh Debian, without Docker; needs root and debootstrap
	@scripts/image/check.sh

gpu-bundle: ## the tests and ratios that need a GPU, in build/gpu; run build/gpu/run.sh where torch 2.11, torchvision and a GPU are
	@rm -rf build/gpu && mkdir -p build/gpu && $(ENV) && \
	for tests in $$(find torch vision fastlearn -name cuda_test.go); do \
		p=$${tests%/cuda_test.go}; go test -c -ldflags="-s -w" -o build/gpu/$${p//\//-}.test ./$$p || exit; \
	done && \
	go build -ldflags="-s -w" -o build/gpu/bench ./scripts/bench
	@install -m 755 scripts/gpu/run.sh build/gpu && install -m 644 scripts/gpu/gpu.py scripts/bench/serve.py build/gpu
	@du -sh build/gpu && test "$$(du -sm build/gpu | cut -f 1)" -lt 60
