package predictor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/exportfile"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/internal/trim"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/graph"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/pth"
	"github.com/fastlearn-go/fastlearn/torch/safetensors"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Load reads a file of [fastlearn.Learner.Export], whose name may lack the extension. Nothing in it is executed. On a CPU the
// file's graph runs as package torch/plan makes it: weights laid out once as the processor wants them, batch norms folded in, activations
// fused; predictions stay the learner's within rounding. Where the graph can't be had, or isn't what the model computes, the model itself runs.
func Load(file string, opts ...Option) (*Predictor, error) {
	c := config{device: torch.DefaultDevice(), workers: 1, maxBatch: 1}
	err := guard.Options("predictor: Load", opts, func(o Option) { o(&c) })
	if err := errors.Join(err, c.check()); err != nil {
		return nil, err
	}
	file, err = files.ToRead("", file, files.Safetensors)
	if err != nil {
		return nil, fmt.Errorf("predictor: load: %w", err)
	}
	p, err := loadPredictor(file, c)
	if err != nil {
		return nil, fmt.Errorf("predictor: load %s: %w", file, err)
	}
	trim.Huge()
	p.start()
	return p, nil
}

func loadPredictor(file string, c config) (*Predictor, error) {
	f, err := safetensors.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: want one that Learner.Export wrote", syscall.ENOENT)
	}
	if err != nil {
		return nil, files.Identify(fmt.Errorf("it can't be read as a safetensors file: %w", err), "predictor.Load", file)
	}
	defer f.Close()
	text, ok := f.Metadata[files.ExportKey]
	if !ok {
		return nil, files.Identify(errors.New("it has weights, but no description of a predictor: write it by Learner.Export"), "predictor.Load", file)
	}
	if !f.Checked {
		return nil, errors.New("it has no checksums, so damage in it would go unnoticed: it was written by an older version, or changed by another program: export it again")
	}
	e, err := exportfile.Parse(text)
	if err != nil {
		return nil, err
	}
	p := &Predictor{config: c, vocab: e.Words(), activation: e.Activation, decode: e.Decode, threshold: float32(e.Threshold),
		decoder: vision.Decoder{Gray: e.Decoder.Gray, Orient: e.Decoder.Orient, Full: e.Decoder.Full, MaxPixels: e.Decoder.MaxPixels}}
	if p.itemTfms, err = vision.ItemFrom(e.ItemTfms); err != nil {
		return nil, err
	}
	if p.batchTfms, err = vision.BatchFrom(e.BatchTfms, vision.Sampling(slices.Index(exportfile.Samplings, e.Sampling))); err != nil {
		return nil, err
	}
	if err := p.batchTfms.CheckChannels(e.NIn); err != nil {
		return nil, err
	}
	if err := fits(e.Model, f.StateDict()); err != nil {
		return nil, err
	}
	if p.model, err = c.makeModel(e.Model, f); err != nil {
		return nil, err
	}
	if err := p.prepare(f, e); err != nil {
		p.free()
		return nil, err
	}
	return p, nil
}

// fits refuses a description that asks for much more memory than the file has weights for;
// where only some are missing, their names are said later.
func fits(spec nn.Spec, state *pth.Dict) error {
	n := 0.0
	for _, v := range state.All() {
		if t, ok := v.(*pth.Tensor); ok {
			n += float64(t.Len())
		}
	}
	if w := spec.Weights(); w > 2*n+1e6 {
		return fmt.Errorf("its description asks for %.0f weights and more, and it has %.0f numbers: export it again", w, n)
	}
	return nil
}

// makeModel makes the model of a description; its weights are the file's to fill.
func (c config) makeModel(spec nn.Spec, f *safetensors.File) (m nn.Module, err error) {
	if spec.Type == exportfile.GraphModel {
		return graphModel(f)
	}
	if spec.Type != exportfile.OwnModel {
		nn.SkipInit(func() { m, err = exportfile.BuildModel(spec) })
		return m, err
	}
	name, _ := spec.Args["name"].(string)
	if c.build == nil {
		return nil, fmt.Errorf("its model is the program's own, %q: pass BuildModel, which makes it", name)
	}
	err = guard.Call("BuildModel", c.build, func() (err error) { m, err = c.build(name); return err })
	if err == nil && guard.IsNil(m) {
		err = errors.New("it returned none")
	}
	if err != nil {
		return nil, fmt.Errorf("BuildModel of %q: %w", name, err)
	}
	return m, nil
}

// graphModel makes the model of a file that only has its graph.
func graphModel(f *safetensors.File) (nn.Module, error) {
	var stored graph.Stored
	if err := json.Unmarshal([]byte(f.Metadata[graph.Key]), &stored); err != nil || stored.Graph == nil {
		return nil, errors.New("its model is a graph, which is missing or damaged: make the file anew")
	}
	s := torch.NewScope()
	defer s.Close()
	like, err := nn.FromPTH(s, f, f.StateDict())
	if err != nil {
		return nil, err
	}
	return exportfile.NewGraphModel(stored.Graph, like)
}

// prepare loads the weights and makes the model ready to run.
func (p *Predictor) prepare(f *safetensors.File, e exportfile.Description) error {
	s := torch.NewScope()
	defer s.Close()
	state, err := nn.FromPTH(s, f, f.StateDict())
	if err != nil {
		return err
	}
	if err := nn.LoadStateDict(p.model, state); err != nil {
		return err
	}
	nn.Eval(p.model)
	for _, t := range nn.Parameters(p.model) {
		t.RequiresGrad_(false)
	}
	if err := torch.Try(func() { nn.To(p.model, p.config.device, torch.Float32) }); err != nil {
		return err
	}
	if p.notFinite, err = nn.NotFinite(p.model); err != nil {
		return err
	}
	if p.notFinite != nil && !p.config.any {
		return fmt.Errorf("%w; AllowNotFinite loads it all the same", &NotFiniteError{Tensors: p.notFinite})
	}
	return p.tryOut(e, f.Metadata[graph.Key])
}
