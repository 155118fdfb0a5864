package house

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// Who may import whom within the module: each package and just what it imports. What all floors may use stands in common.
//
// The floors, none of which looks up: internal → torch → vision → loss, metric → data → predictor → fastlearn → callback,
// clean → what shows. No trainer is in the predictor's graph.
const allowed = `
fastlearn: fastlearn/data fastlearn/internal/conv fastlearn/internal/exportfile fastlearn/internal/files fastlearn/internal/fitfacts fastlearn/internal/losses fastlearn/internal/nomemory fastlearn/internal/peers fastlearn/internal/preserve fastlearn/internal/saved fastlearn/internal/scale fastlearn/internal/sharing fastlearn/internal/suggest fastlearn/internal/trainfile fastlearn/internal/visionmodel fastlearn/loss fastlearn/metric fastlearn/predictor fastlearn/summary internal/columns internal/trim torch/checkpoint torch/distributed torch/graph torch/nn torch/onnx torch/optim torch/plan torch/pth torch/safetensors vision vision/models
fastlearn/callback: fastlearn fastlearn/internal/preserve fastlearn/internal/scale fastlearn/loss fastlearn/predictor torch/graph torch/nn torch/plan torch/pth
fastlearn/clean: fastlearn fastlearn/data fastlearn/internal/files fastlearn/internal/scale internal/columns torch/nn vision
fastlearn/cmd/fastlearn: fastlearn fastlearn/clean fastlearn/predictor fastlearn/progress fastlearn/rebuild fastlearn/recipe fastlearn/report fastlearn/server internal/columns torch/checkpoint/inspect torch/pth vision
fastlearn/dashboard: fastlearn fastlearn/data fastlearn/internal/page fastlearn/internal/scale internal/hosts
fastlearn/data: fastlearn/internal/conv fastlearn/internal/files fastlearn/internal/scale fastlearn/loss vision
fastlearn/internal/conv:
fastlearn/internal/drawn: vision/datasets
fastlearn/internal/exportfile: torch/graph torch/nn torch/plan vision vision/models
fastlearn/internal/files: torch/checkpoint torch/pth
fastlearn/internal/fitfacts: fastlearn/data fastlearn/internal/saved fastlearn/internal/scale fastlearn/loss torch/nn torch/pth
fastlearn/internal/fixture: fastlearn fastlearn/data fastlearn/predictor internal/parity torch/nn torch/optim vision
fastlearn/internal/losses:
fastlearn/internal/nomemory:
fastlearn/internal/page: fastlearn fastlearn/data fastlearn/internal/scale fastlearn/internal/toploss fastlearn/loss vision
fastlearn/internal/peers: fastlearn/data fastlearn/internal/fitfacts torch/distributed torch/nn torch/optim
fastlearn/internal/preserve: torch/nn
fastlearn/internal/saved: torch/pth
fastlearn/internal/scale:
fastlearn/internal/sharing: internal/cpushare
fastlearn/internal/suggest:
fastlearn/internal/toploss: fastlearn
fastlearn/internal/visionmodel: fastlearn/internal/files torch/nn vision vision/hub vision/models
fastlearn/internal/trainfile: fastlearn/internal/files fastlearn/internal/fitfacts torch/checkpoint torch/pth
fastlearn/loss:
fastlearn/metric:
fastlearn/notebook: fastlearn fastlearn/internal/scale fastlearn/plot fastlearn/predictor fastlearn/summary vision
fastlearn/plot: fastlearn fastlearn/callback fastlearn/data fastlearn/internal/preserve fastlearn/internal/scale fastlearn/internal/toploss torch/nn vision
fastlearn/predictor: fastlearn/internal/conv fastlearn/internal/exportfile fastlearn/internal/files fastlearn/internal/sharing internal/trim torch/graph torch/nn torch/plan torch/pth torch/safetensors vision
fastlearn/progress: fastlearn fastlearn/terminal
fastlearn/rebuild: fastlearn/internal/exportfile fastlearn/internal/files internal/fastcore internal/windows torch/checkpoint torch/checkpoint/inspect torch/graph torch/nn torch/onnx torch/pth torch/safetensors vision
fastlearn/recipe: fastlearn fastlearn/callback fastlearn/clean fastlearn/data fastlearn/metric fastlearn/report torch/nn vision vision/models
fastlearn/report: fastlearn fastlearn/internal/page fastlearn/predictor torch/nn
fastlearn/server: fastlearn/predictor internal/hosts vision
fastlearn/summary: fastlearn/internal/preserve fastlearn/internal/scale internal/columns torch/graph torch/nn
fastlearn/tensorboard: fastlearn torch/pth
fastlearn/terminal: fastlearn
internal/browser:
internal/collector:
internal/columns:
internal/cpushare:
internal/diskfile:
internal/dtype:
internal/fastcore: torch/pth
internal/guard:
internal/hosts:
internal/identity:
internal/launch:
internal/parity:
internal/parity/redraw: torch/nn
internal/parity/renamed: torch/nn torch/pth
internal/pickle:
internal/pypi:
internal/room:
internal/simcuda:
internal/simcuda/library:
internal/torchzip:
internal/trim:
internal/version:
internal/windows: torch/nn
torch: internal/cpushare internal/dtype torch/graph torch/internal/shim torch/pth
torch/checkpoint: torch/pth torch/safetensors
torch/checkpoint/inspect: internal/fastcore torch/checkpoint torch/graph torch/onnx torch/pth torch/safetensors
torch/distributed: torch/internal/shim
torch/graph:
torch/internal/shim:
torch/interop: torch/nn
torch/jit: torch/internal/shim torch/nn
torch/nn: torch/checkpoint torch/graph torch/pth
torch/onnx: torch/graph torch/pth
torch/optim: internal/trim torch/internal/shim torch/pth
torch/plan: torch/graph
torch/pth: internal/dtype internal/pickle internal/torchzip
torch/safetensors: internal/dtype torch/pth
vision: torch/nn vision/internal/bmp vision/internal/gif vision/internal/ifd vision/internal/png vision/internal/pnm vision/internal/resample vision/internal/tiff vision/jpeg vision/models
vision/datasets: vision/hub
vision/hub:
vision/internal/bmp:
vision/internal/gif:
vision/internal/ifd:
vision/internal/isobmff:
vision/internal/png:
vision/internal/pnm:
vision/internal/resample:
vision/internal/tiff: vision/internal/ifd vision/jpeg
vision/jpeg:
vision/models: internal/windows torch/nn
`

// common is what any package may import or not.
var common = []string{"internal/guard", "internal/diskfile", "internal/room", "internal/identity", "internal/collector", "internal/version", "torch"}

func TestImports(t *testing.T) {
	table := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(allowed)) {
		dir, imports, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			t.Fatalf("%q is not of the form \"package: imports\"", line)
		}
		table[dir] = strings.Fields(imports)
	}
	for _, p := range packages(t) {
		if len(p.sources()) == 0 {
			continue
		}
		var imports []string
		for _, path := range p.Imports {
			if dir, ours := strings.CutPrefix(path, module); ours && !slices.Contains(common, dir) {
				imports = append(imports, dir)
			}
		}
		slices.Sort(imports)
		want, listed := table[p.dir]
		slices.Sort(want)
		if !listed || !slices.Equal(imports, want) {
			t.Errorf("%s imports %q, and may import %q", p.dir, strings.Join(imports, " "), strings.Join(want, " "))
		}
		delete(table, p.dir)
	}
	for _, dir := range slices.Sorted(maps.Keys(table)) {
		t.Errorf("there is no package %s", dir)
	}
}

// A program that only predicts has nothing that trains in it.
func TestPredictorHoldsNoTrainer(t *testing.T) {
	holdsNone(t, "fastlearn/predictor", "fastlearn", "fastlearn/data", "fastlearn/loss", "fastlearn/metric", "fastlearn/callback", "torch/optim", "torch/distributed")
}

// What converts files builds without libtorch.
func TestConvertersHoldNoLibtorch(t *testing.T) {
	for _, dir := range []string{"torch/onnx", "torch/checkpoint/inspect"} {
		holdsNone(t, dir, "torch", "torch/internal/shim", "torch/nn", "vision")
	}
}

// holdsNone fails the test where a package's import graph within the module has one of others.
func holdsNone(t *testing.T, of string, others ...string) {
	t.Helper()
	imports := map[string][]string{}
	for _, p := range packages(t) {
		for _, path := range p.Imports {
			if dir, ours := strings.CutPrefix(path, module); ours {
				imports[p.dir] = append(imports[p.dir], dir)
			}
		}
	}
	seen := map[string]bool{}
	var walk func(dir string)
	walk = func(dir string) {
		if !seen[dir] {
			seen[dir] = true
			for _, next := range imports[dir] {
				walk(next)
			}
		}
	}
	walk(of)
	for _, other := range others {
		if seen[other] {
			t.Errorf("the graph of %s holds %s", of, other)
		}
	}
	if len(seen) < 5 {
		t.Errorf("the graph of %s has only %d packages", of, len(seen))
	}
}
