package fastlearn

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/exportfile"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/onnx"
	"github.com/fastlearn-go/fastlearn/torch/plan"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
)

// ExportOption changes a default of [Learner.Export].
type ExportOption func(*exportConfig)

// OwnModel exports a model that a file can't describe, under a name that [predictor.BuildModel] must
// then be given: the program that loads the file makes the model.
func OwnModel(name string) ExportOption { return func(c *exportConfig) { c.own = name } }

// ExportNotFinite exports a model whose parameters hold NaN or infinity, or whose buffers hold NaN, which otherwise is an error.
func ExportNotFinite() ExportOption { return func(c *exportConfig) { c.any = true } }

// BF16 has the predictor compute in bfloat16 on CPUs with AMX or AVX512-BF16, twice as fast and more; others compute in float32, and
// [predictor.Load] logs a line that says so. The file keeps its weights in float32. A model without a graph, such as [OwnModel]'s, is refused.
// opts are [plan.FloatFirst] and [plan.FloatLast].
func BF16(opts ...plan.FloatOption) ExportOption {
	return func(c *exportConfig) { c.precision, c.float = plan.BFloat16, opts }
}

// Int8 has the predictor compute convolutions and linear layers in bytes on CPUs with AMX or VNNI; others compute in float32, and [predictor.Load] logs a line
// that says so. Between which numbers a model's values lie is measured on the first n batches of dl, such as DLs.Valid: what lies beyond is
// cut off, so they should be pictures such as those to be predicted, a hundred or more. Each channel of a weight has a scale of its own; linear layers behind the pooling stay in float32, and
// so do the file's weights. opts are
// [plan.Percentile], [plan.FloatFirst] and [plan.FloatLast], or with a nil loader the ranges of [callback.QAT], for a model that loses too much otherwise. A model without a graph, such as [OwnModel]'s, is refused. Measure with the predictor
// what the model loses.
func Int8(dl data.Loader, n int, opts ...plan.CalibrateOption) ExportOption {
	return func(c *exportConfig) { c.precision, c.measured, c.batches, c.calibrate = plan.Int8, dl, n, opts }
}

// Export writes all that prediction needs, and nothing executable, to Path/file, a
// safetensors file: the weights; and as JSON in its metadata the architecture with its
// head, the vocabulary, the transforms of validation with their sizes and normalisation, the
// activation, and versions; and the forward pass as a graph of operations (package torch/graph), or why there can't be one. It returns the path, to which ".safetensors" is added unless
// it ends so. [predictor.Load] reads it; docs/predicting.md has the Python that does.
// A file that is there is replaced whole or not at all. The optimizer stays out (fastai's export).
//
// The model must be [VisionLearner]'s, or put together by nn.Sequential from torch/nn's layers;
// for others there is [OwnModel]. The loaders must be of pictures.
func (l *Learner) Export(file string, opts ...ExportOption) (string, error) {
	return get(l, "Export", func() (string, error) {
		return l.exportNamed(file, files.Safetensors, opts, func(path string, state *pth.Dict, metadata map[string]string) error {
			return safetensors.WriteFile(path, state, safetensors.Checksums(), safetensors.Metadata(metadata))
		})
	})
}

// ExportONNX writes the model to Path/file as ONNX, which ONNX Runtime, browsers, C# and others run, and returns the path, to which
// ".onnx" is added unless it ends so. The file's input is a batch of pictures as validation makes them, its outputs are the
// model's and their probabilities; its metadata tell the classes, size, mean and std, see [onnx.WriteFile]. The loaders must be as
// for [Learner.Export], and by [Int8] convolutions and linear layers compute in bytes; the model may be any whose forward pass can be a graph; what it can't hold, or what ONNX lacks, is an error that names the operation and the module.
// "inspect -o model.onnx" makes the same of a file that was exported, without libtorch.
func (l *Learner) ExportONNX(file string, opts ...ExportOption) (string, error) {
	return get(l, "ExportONNX", func() (string, error) {
		asONNX := func(c *exportConfig) { c.own, c.onnx = "ONNX", true }
		return l.exportNamed(file, files.ONNX, append([]ExportOption{asONNX}, opts...), onnx.WriteFile)
	})
}

type exportWriter func(path string, state *pth.Dict, metadata map[string]string) error

func (l *Learner) exportNamed(file, ext string, opts []ExportOption, write exportWriter) (string, error) {
	var c exportConfig
	if err := guard.Options("fastlearn: Export", opts, func(o ExportOption) { o(&c) }); err != nil {
		return "", err
	}
	file, err := files.Name(l.Path, file, ext)
	if err == nil && !files.HasExt(file, ext) {
		err = fmt.Errorf("%s: what is exported is a %s file: leave the extension away", file, ext)
	}
	if err != nil {
		return "", fmt.Errorf("fastlearn: export: %w", err)
	}
	if l.peers.Rank() != 0 { // rank 0 writes it
		return file, nil
	}
	if err := l.export(file, c, write); err != nil {
		return "", fmt.Errorf("fastlearn: export %s: %w", file, err)
	}
	return file, nil
}

func (l *Learner) export(file string, c exportConfig, write exportWriter) error {
	if err := checkFinite(l.Model); err != nil && !c.any {
		return fmt.Errorf("%w; ExportNotFinite writes it all the same", err)
	}
	e, err := l.exported(c)
	if err != nil {
		return err
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	pass, err := l.graphText(c, l.DLs.Valid.(*data.ItemLoader).Spec()) // which exported has seen
	if err != nil {
		return err
	}
	state, err := nn.ToPTH(l.Model)
	if err != nil {
		return err
	}
	defer state.Release()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return write(file, state, map[string]string{"format": "pt", files.ExportKey: string(text), graph.Key: pass})
}

// exported describes the learner.
func (l *Learner) exported(c exportConfig) (e exportfile.Description, err error) {
	dl, ok := l.DLs.Valid.(*data.ItemLoader)
	if !ok {
		return e, errors.New("its loaders are custom, so nothing says how a picture becomes an input: export a learner whose loaders are a data.Block's or a From… function's, or write the weights alone by Save")
	}
	spec := dl.Spec()
	if spec.Parts != nil {
		return e, fmt.Errorf("its items have more than one picture and one target that is numbers or a class (%s), which an exported file can't describe: write the weights alone by Save", strings.Join(spec.Parts, "; "))
	}
	decoder := spec.Decoder
	e = exportfile.Description{
		Version: exportfile.Version, NIn: decoder.Channels(), NOut: l.outputs(), Vocab: exportfile.Names(l.DLs.Vocab), Versions: exportfile.CurrentVersions(),
		Decoder: exportfile.Decoder{Gray: decoder.Gray, Orient: decoder.Orient, Full: decoder.Full, MaxPixels: decoder.MaxPixels},
	}
	if e.ItemTfms, err = spec.ItemTfms.Describe(); err != nil {
		return e, err
	}
	e.Precision = c.precision
	batchTfms, sampling, err := spec.BatchTfms.Describe()
	if err != nil {
		return e, err
	}
	e.BatchTfms, e.Sampling = batchTfms, exportfile.Samplings[sampling]
	if err := meaning(&e, l.Loss); err != nil {
		return e, err
	}
	switch {
	case c.own == "" || c.precision == plan.Float32 || c.onnx && c.precision == plan.Int8:
	case c.onnx:
		return e, fmt.Errorf("ONNX's weights are float32, or int8 by Int8: leave %s away, and let the runtime choose what it computes in", c.precision)
	default:
		return e, fmt.Errorf("%s is for files of Export whose model it can describe, and not for OwnModel: leave it away", c.precision)
	}
	if c.own != "" {
		if !utf8.ValidString(c.own) {
			return e, fmt.Errorf("OwnModel(%q): the name isn't UTF-8", c.own)
		}
		e.Model = nn.Spec{Type: exportfile.OwnModel, Args: map[string]any{"name": c.own}}
		return e, nil
	}
	e.Model, err = l.describeModel()
	if err != nil {
		err = fmt.Errorf("%w: put it together by nn.Sequential from torch/nn's layers, or export it with OwnModel(name) and load it with BuildModel", err)
	}
	return e, err
}

// outputs is the number of the model's outputs.
func (l *Learner) outputs() int {
	if l.nOut > 0 {
		return l.nOut
	}
	return max(l.DLs.Outputs(), 1)
}
