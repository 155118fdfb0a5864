package fastlearn

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/files"
	"github.com/fastlearn-go/fastlearn/fastlearn/predictor"
	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/internal/guard"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/checkpoint"
	"github.com/fastlearn-go/fastlearn/torch/nn"
	"github.com/fastlearn-go/fastlearn/torch/optim"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// SaveOption changes a default of [Learner.Save] and [Learner.Load].
type SaveOption func(*saveConfig)

type saveConfig struct{ withOpt, skipCRC bool }

// WithoutOpt leaves out the optimizer's state. By default it goes with the model, as in fastai.
func WithoutOpt() SaveOption { return func(c *saveConfig) { c.withOpt = false } }

// SkipCRC makes [Learner.Load] leave checksums unread, for files of torch.save that have none, see [pth.SkipCRC]. Save refuses it.
func SkipCRC() SaveOption { return func(c *saveConfig) { c.skipCRC = true } }

func saveOptions(of string, opts []SaveOption) (saveConfig, error) {
	c := saveConfig{withOpt: true}
	err := guard.Options(of, opts, func(o SaveOption) { o(&c) })
	return c, err
}

// CheckModelDir makes the directory that [Learner.Save] writes to and tries it, so that
// a program learns before a long training, and not after it, that nothing can be saved.
func (l *Learner) CheckModelDir() error {
	return l.do("CheckModelDir", func() error { return l.checkModelDir() })
}

func (l *Learner) checkModelDir() error {
	return diskfile.CheckWritable("fastlearn: Save", filepath.Join(l.modelDir(), "model.pth"))
}

// Save writes the model, and the optimizer's state if there is one, to
// Path/ModelDir/name.pth (a name that ends in .pth or .safetensors stays as it is), which torch.load(weights_only=True) and fastai's learn.load
// read, and returns that path. A file that is there is replaced whole or not at all
// (fastai's save). A name that ends in .safetensors makes it such a file, which has no
// place for an optimizer: pass WithoutOpt. Of a learner on several processes only that of rank 0
// writes, and the others don't wait for it; [Learner.Load] does.
//
// A model whose parameters hold NaN or infinity, or whose buffers hold NaN, is written as well, so that nothing is lost; the path is
// returned with a [*predictor.NotFiniteError] that says so.
func (l *Learner) Save(name string, opts ...SaveOption) (string, error) {
	return get(l, "Save", func() (string, error) { return l.save(name, opts) })
}

func (l *Learner) save(name string, opts []SaveOption) (string, error) {
	c, err := saveOptions("fastlearn: Save", opts)
	if err == nil && c.skipCRC {
		err = errors.New("fastlearn: Save: SkipCRC is an option of Load: what is written has checksums")
	}
	if err != nil {
		return "", err
	}
	path, err := l.ModelFile(name)
	if err != nil {
		return "", fmt.Errorf("fastlearn: save: %w", err)
	}
	if l.peers.Rank() != 0 {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return "", fmt.Errorf("fastlearn: save: %w", err)
	}
	model, err := nn.ToPTH(l.Model)
	if err != nil {
		return "", fmt.Errorf("fastlearn: save %s: %w", path, err)
	}
	defer model.Release()
	l.noteVocab(model)
	state := model
	if c.withOpt && l.Opt != nil {
		if files.HasExt(path, files.Safetensors) {
			return "", fmt.Errorf("fastlearn: save %s: a safetensors file can't hold the optimizer's state: save with WithoutOpt(), or as .pth", path)
		}
		opt, err := l.Opt.ToPTH()
		if err != nil {
			return "", fmt.Errorf("fastlearn: save %s: %w", path, err)
		}
		defer opt.Release()
		if s := l.Scaler(); s != nil {
			opt.Set("scaler", s.ToPTH()) // which fastai's load passes over
		}
		state = pth.NewDict()
		state.Set("model", model)
		state.Set("opt", opt)
	}
	if err := checkpoint.WriteFile(path, state); err != nil {
		return "", fmt.Errorf("fastlearn: save: %w", err)
	}
	return path, l.report(path)
}

// checkFinite returns a [*predictor.NotFiniteError] for weights that [nn.NotFinite] lists.
func checkFinite(m nn.Module) error {
	bad, err := nn.NotFinite(m)
	if err == nil && bad != nil {
		err = &predictor.NotFiniteError{Tensors: bad}
	}
	return err
}

// report tells of a file that was written of a model whose weights aren't finite.
func (l *Learner) report(path string) error {
	err := checkFinite(l.Model)
	if bad, ok := err.(*predictor.NotFiniteError); ok {
		bad.Written = path
	}
	return err
}

// Load reads what [Learner.Save] or fastai's learn.save wrote under that name: the
// model and, if the file has it, the optimizer's state (fastai's load). If the file
// doesn't fit, the error lists every key that doesn't, and nothing is changed.
// Weights that Save wrote of a learner with other classes, or with the same in another order, are loaded if they fit, and the
// logger is told. [nn.LoadFile] loads l.Model from other files. A learner on several processes loads in all of them,
// from a directory that they share, when all have come to it.
func (l *Learner) Load(name string, opts ...SaveOption) error {
	return l.do("Load", func() error { return l.loadNamed(name, opts) })
}

func (l *Learner) loadNamed(name string, opts []SaveOption) error {
	c, err := saveOptions("fastlearn: Load", opts)
	if err != nil {
		return err
	}
	path, err := files.ToRead(l.modelDir(), name, files.PTH)
	if err != nil {
		return fmt.Errorf("fastlearn: load: %w", err)
	}
	if err := l.peers.Barrier(); err != nil {
		return fmt.Errorf("fastlearn: load %s: %w", path, err)
	}
	var how []pth.Option
	if c.skipCRC {
		how = append(how, pth.SkipCRC())
	}
	f, err := checkpoint.Open(path, how...)
	if err != nil {
		return files.Identify(fmt.Errorf("fastlearn: load: %w", err), "Learner.Load", path)
	}
	defer f.Close()
	s := torch.NewScope()
	defer s.Close()
	if err := l.load(s, path, f, c); err != nil {
		return files.Identify(fmt.Errorf("fastlearn: load %s: %w", path, err), "Learner.Load", path)
	}
	return nil
}

func (l *Learner) load(s *torch.Scope, path string, f *checkpoint.File, c saveConfig) error {
	found, err := f.StateDict()
	if err != nil {
		return err
	}
	state, err := nn.FromPTH(s, f, found.Dict)
	if err != nil {
		return err
	}
	if err := nn.CheckStateDict(l.Model, state); err != nil {
		return err
	}
	if opt := files.OptimizerOf(f, found); opt != nil && c.withOpt {
		scaler := l.Scaler()
		d, ok := pth.Get[*pth.Dict](opt, "scaler")
		if ok = ok && scaler != nil; ok {
			if err := new(optim.GradScaler).LoadPTH(d); err != nil { // before anything changes
				return err
			}
		}
		if err := l.ensureOpt(); err != nil {
			return err
		}
		if err := l.Opt.LoadPTH(f, opt); err != nil {
			return err
		}
		if ok {
			if err := scaler.LoadPTH(d); err != nil {
				return err
			}
		}
	}
	if err := nn.LoadStateDict(l.Model, state); err != nil {
		return err
	}
	l.warnOfVocab(path, found.Dict)
	return nil
}

// SaveBody writes the weights of a vision learner's body with torchvision's names to
// Path/ModelDir/name, a .pth file or with that extension a .safetensors one, and
// returns that path. In Python, resnet34().load_state_dict(…, strict=False) then misses
// the keys of its own head alone; here [Weights] reads it. A file that is there is
// replaced whole or not at all. Weights that aren't finite are reported as by [Learner.Save].
func (l *Learner) SaveBody(name string) (string, error) {
	return get(l, "SaveBody", func() (string, error) { return l.saveBody(name) })
}

func (l *Learner) saveBody(name string) (string, error) {
	path, err := l.ModelFile(name)
	if err != nil {
		return "", fmt.Errorf("fastlearn: save the body: %w", err)
	}
	if l.peers.Rank() != 0 { // rank 0 writes it
		return path, nil
	}
	state, err := l.bodyState()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o777)
	}
	if err == nil {
		defer state.Release()
		err = checkpoint.WriteFile(path, state)
	}
	if err != nil {
		return "", fmt.Errorf("fastlearn: save the body: %w", err)
	}
	return path, l.report(path)
}

// bodyState is the body's state_dict with the architecture's names.
func (l *Learner) bodyState() (*pth.Dict, error) {
	parts := nn.Children(l.Model)
	if l.bodyNames == nil || len(parts) == 0 || len(nn.Children(parts[0].Module)) != len(l.bodyNames) {
		return nil, errors.New("the model has no body: it is not from VisionLearner")
	}
	numbered, err := nn.ToPTH(parts[0].Module)
	if err != nil {
		return nil, err
	}
	state, metadata := pth.NewOrderedDict(), pth.NewOrderedDict()
	for k, v := range numbered.All() {
		state.Set(l.bodyName(k.(string)), v)
	}
	for k, v := range numbered.Metadata().All() {
		metadata.Set(l.bodyName(k.(string)), v)
	}
	state.SetMetadata(metadata)
	return state, nil
}

// bodyName turns "4.0.conv1.weight" into "layer1.0.conv1.weight", and of a body that is the whole model "model.conv1.weight" into "conv1.weight".
func (l *Learner) bodyName(key string) string {
	child, rest, _ := strings.Cut(key, ".")
	for i, c := range nn.Children(nn.Children(l.Model)[0].Module) {
		if c.Name == child {
			return strings.Trim(l.bodyNames[i]+"."+rest, ".")
		}
	}
	return key // "", the body itself
}
