// Flowers fine-tunes a ResNet on pictures: fastai's article in one program.
//
//	go run ./examples/flowers                 # on flowers it draws itself
//	go run ./examples/flowers -data DIR       # on your pictures, a folder a class
//	go run ./examples/flowers -pretrained     # from the published ImageNet weights
//
// Ctrl-C ends the training within a batch or two and saves what there is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
)

type settings struct {
	data, arch, weights, out, name, device string
	pretrained                             bool
	epochs, size, bs                       int
	lr                                     float64
	seed                                   uint64
}

func main() {
	var s settings
	flag.StringVar(&s.data, "data", "", "your pictures, a folder a class; without it flowers are drawn")
	flag.StringVar(&s.arch, "arch", "resnet18", "resnet18, resnet34, resnet50, resnet101 or resnet152")
	flag.BoolVar(&s.pretrained, "pretrained", false, "start from the published ImageNet weights")
	flag.StringVar(&s.weights, "weights", "", "start from this .pth file with torchvision's keys")
	flag.IntVar(&s.epochs, "epochs", 15, "epochs to train")
	flag.Float64Var(&s.lr, "lr", 3e-3, "the highest learning rate")
	flag.IntVar(&s.size, "size", 64, "the side of the pictures that the model sees")
	flag.IntVar(&s.bs, "bs", 32, "pictures in a batch")
	flag.Uint64Var(&s.seed, "seed", 42, "what all randomness starts from")
	flag.StringVar(&s.out, "out", ".", "where models/<name>.pth goes")
	flag.StringVar(&s.name, "name", "flowers", "the model's name")
	flag.StringVar(&s.device, "device", torch.DefaultDevice().String(), "cpu or cuda:0")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "flowers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	arch, ok := vision.ArchByName(s.arch)
	if !ok {
		return fmt.Errorf("-arch %s: want resnet18, resnet34, resnet50, resnet101 or resnet152", s.arch)
	}
	device, err := torch.ParseDevice(s.device)
	if err != nil {
		return err
	}
	torch.ManualSeed(s.seed)
	if s.data == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		s.data = filepath.Join(cache, "fastlearn", "drawn-flowers")
		fmt.Println("drawing flowers into", s.data)
		if err := datasets.DrawnFlowers(ctx, s.data); err != nil {
			return err
		}
	}
	files, err := vision.GetImageFiles(s.data)
	if err != nil {
		return err
	}
	if len(files) < 2 {
		return fmt.Errorf("%s holds %d pictures: want a folder of them for each class", s.data, len(files))
	}
	unseen, files := files[0], files[1:] // for the end

	block := fastlearn.DataBlock[string]{
		GetY:      fastlearn.ParentLabel,
		Splitter:  fastlearn.RandomSplitter(0.2, int64(s.seed)),
		ItemTfms:  vision.Item(vision.Resize(s.size * 5 / 4)),
		BatchTfms: vision.AugTransforms(vision.Size(s.size), vision.MinScale(0.75)),
	}
	dls, err := block.DataLoaders(files, fastlearn.BatchSize(s.bs), fastlearn.OnDevice(device))
	if err != nil {
		return err
	}
	defer dls.Close()
	options := []fastlearn.LearnerOption{
		fastlearn.Pretrained(s.pretrained), fastlearn.Path(s.out),
		fastlearn.Metrics(fastlearn.Accuracy), fastlearn.Callbacks(progress.Bar(os.Stdout)),
	}
	if s.weights != "" {
		options = append(options, fastlearn.Weights(s.weights))
	}
	learn, err := fastlearn.VisionLearner(dls, arch, options...)
	if err != nil {
		return err
	}
	defer learn.Close()
	if err := learn.CheckModelDir(); err != nil {
		return err
	}
	fmt.Printf("training %s on %d classes of %s\n\n", arch.Name, dls.C(), device)
	if s.pretrained || s.weights != "" {
		err = learn.FineTune(ctx, s.epochs, fastlearn.BaseLR(s.lr))
	} else {
		err = learn.FitOneCycle(ctx, s.epochs, fastlearn.LR(s.lr))
	}
	if errors.Is(err, context.Canceled) {
		path, saveErr := learn.Save(s.name)
		if saveErr != nil {
			return fmt.Errorf("interrupted, and not saved: %w", saveErr)
		}
		return fmt.Errorf("interrupted; what was trained is in %s", path)
	}
	if err != nil {
		return err
	}
	path, err := learn.Save(s.name)
	if err != nil {
		return err
	}
	p, err := learn.Predict(ctx, unseen)
	if err != nil {
		return err
	}
	fmt.Printf("\npictures    %s\nmodel       %s\n", s.data, path)
	fmt.Printf("unseen      %s\nprediction  %s, %.1f %% sure (it is %s)\n",
		unseen, p.Label, 100*p.Probs[p.Index], filepath.Base(filepath.Dir(unseen)))
	fmt.Printf("classes     %s\n", strings.Join(dls.Vocab, ", "))
	return nil
}
