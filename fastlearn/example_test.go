package fastlearn_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A table of names and classes, as the article on Flowers-102 has it.
func ExampleDataBlock() {
	rows, err := fastlearn.ReadCSV("flowers/df.csv")
	if err != nil {
		log.Fatal(err)
	}
	block := fastlearn.DataBlock[fastlearn.Row]{
		GetX:      fastlearn.ColReader("name", fastlearn.Prefix("flowers")),
		GetY:      fastlearn.ColReader("class"),
		Splitter:  fastlearn.RandomSplitter(0.2, 42),
		ItemTfms:  vision.Item(vision.Resize(460)),
		BatchTfms: vision.AugTransforms(vision.Size(224), vision.MinScale(0.75)),
	}
	if err := block.Summary(context.Background(), os.Stdout, rows); err != nil {
		log.Fatal(err)
	}
	dls, err := block.DataLoaders(rows, fastlearn.BatchSize(64))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
}

// Items may be of any type, and labels several.
func ExampleMultiCategoryBlock() {
	type photo struct {
		File string
		Tags string // "sky sea"
	}
	block := fastlearn.DataBlock[photo]{
		Y:        fastlearn.MultiCategoryBlock{Delim: " "},
		GetX:     func(p photo) (string, error) { return p.File, nil },
		GetY:     func(p photo) (string, error) { return p.Tags, nil },
		ItemTfms: vision.Item(vision.Resize(224)),
	}
	dls, err := block.DataLoaders([]photo{{"a.jpg", "sky sea"}, {"b.jpg", "sky"}}, fastlearn.BatchSize(1))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
}

// A folder for each class, below folders train and valid.
func ExampleFromFolder() {
	dls, err := fastlearn.FromFolder("pets", fastlearn.BatchSize(32),
		fastlearn.ItemTfms(vision.Resize(256)), fastlearn.BatchTfms(vision.AugTransforms(vision.Size(224))))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	for b, err := range dls.Train.Batches(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(b.X.Shape(), b.Y.Shape()) // [32 3 224 224] [32]
		b.Close()
	}
}

// Tables and names say what pictures show, too.
func ExampleFromCSV() {
	dir := "planet"
	dls, err := fastlearn.FromCSV(dir, fastlearn.LabelDelim(" "), fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
}

func ExampleFromNameRegex() {
	files, err := vision.GetImageFiles("pets")
	if err != nil {
		log.Fatal(err)
	}
	dls, err := fastlearn.FromNameRegex(files, `^(.+)_\d+\.jpg$`, fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
}

// A folder for each class, of which a fifth is set aside; mixed precision on whatever trains it.
func ExampleLearner_ToBF16() {
	dir := "flowers"
	dls, err := fastlearn.FromFolder(dir, fastlearn.ValidPct(0.2), fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34)
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	learn.ToChannelsLast().ToBF16()
	if err := learn.FineTune(context.Background(), 3); err != nil {
		log.Fatal(err)
	}
}

// A rate is found, the model is tuned, and what it confuses is listed.
func ExampleLearner_LRFind() {
	ctx := context.Background()
	dls, err := fastlearn.FromFolder("pets", fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34, fastlearn.Metrics(fastlearn.Accuracy))
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	found, err := learn.LRFind(ctx)
	if err != nil {
		log.Fatal(err)
	}
	if err := learn.FineTune(ctx, 3, fastlearn.BaseLR(found.Valley)); err != nil {
		log.Fatal(err)
	}
	interp, err := learn.Interpret(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range interp.MostConfused(2) {
		fmt.Println(c.Actual, "taken for", c.Predicted, c.N, "times")
	}
}

// What a learner knows goes into a file, from which another program predicts.
func ExampleLearner_Export() {
	ctx, picture := context.Background(), "rose.jpg"
	dls, err := fastlearn.FromFolder("flowers", fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet34)
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FineTune(ctx, 3); err != nil {
		log.Fatal(err)
	}
	path, err := learn.Export("flowers")
	if err != nil {
		log.Fatal(err)
	}
	predictor, err := fastlearn.LoadPredictor(path)
	if err != nil {
		log.Fatal(err)
	}
	defer predictor.Close()
	p, err := predictor.Predict(ctx, picture)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Label, p.Probs)
}

// A model from Python is trained on, and goes back.
func ExampleNewLearner_torchScript() {
	dls, err := fastlearn.FromFolder("flowers", fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	m, err := jit.Load("net.pt")
	if err != nil {
		log.Fatal(err)
	}
	learn, err := fastlearn.NewLearner(dls, m)
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	err = learn.FitOneCycle(context.Background(), 5, fastlearn.LR(1e-3))
	if err != nil {
		log.Fatal(err)
	}
	err = jit.Save(m, "trained.pt")
	if err != nil {
		log.Fatal(err)
	}
}
