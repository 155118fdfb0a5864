package fastlearn_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/torch/jit"
	"github.com/fastlearn-go/fastlearn/vision"
)

// Pictures become a model that names them. Here all is small, for it runs with the tests:
// take pictures of 224 pixels, ResNet34 and its published weights, which need no option.
func Example() {
	defer flowers(4)()
	ctx := context.Background()
	dls, err := fastlearn.FromFolder("flowers", fastlearn.BatchSize(8), fastlearn.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Metrics(fastlearn.Accuracy),
		fastlearn.Pretrained(false), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	if err := learn.FineTune(ctx, 1); err != nil {
		log.Fatal(err)
	}
	path, err := learn.Save("flowers")
	if err != nil {
		log.Fatal(err)
	}
	p, err := learn.Predict(ctx, "flowers/valid/rose/rose_000.jpg")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(path, len(p.Probs), p.Label == dls.Vocab[p.Index])
	// Output: models/flowers.pth 10 true
}

// A table of names and classes, as the article on Flowers-102 has it.
func ExampleDataBlock() {
	defer flowers(4)()
	rows, err := fastlearn.ReadCSV("flowers/train/labels.csv")
	if err != nil {
		log.Fatal(err)
	}
	block := fastlearn.DataBlock[fastlearn.Row]{
		GetX:      fastlearn.ColReader("name", fastlearn.Prefix("flowers/train")),
		GetY:      fastlearn.ColReader("class"),
		Splitter:  fastlearn.RandomSplitter(0.2, 42),
		ItemTfms:  vision.Item(vision.Resize(128)),
		BatchTfms: vision.AugTransforms(vision.Size(64), vision.MinScale(0.75)),
	}
	var steps strings.Builder // what becomes of a picture and of a batch; os.Stdout shows it
	if err := block.Summary(context.Background(), &steps, rows); err != nil {
		log.Fatal(err)
	}
	dls, err := block.DataLoaders(rows, fastlearn.BatchSize(8))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	fmt.Println(len(rows), "rows,", dls.Train.Len(), "batches of", len(dls.Vocab), "classes")
	fmt.Println(strings.Contains(steps.String(), "RandomResizedCropGPU     4×3×64×64 float32"))
	// Output:
	// 40 rows, 4 batches of 10 classes
	// true
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
		Splitter: fastlearn.IndexSplitter([]int{1}),
		ItemTfms: vision.Item(vision.Resize(224)),
	}
	dls, err := block.DataLoaders([]photo{{"a.jpg", "sky sea"}, {"b.jpg", "sky"}}, fastlearn.BatchSize(1))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	fmt.Println(dls.Vocab, dls.C())
	// Output: [sea sky] 2
}

// A folder for each class, below folders train and valid.
func ExampleFromFolder() {
	defer flowers(4)()
	dls, err := fastlearn.FromFolder("flowers", fastlearn.BatchSize(8),
		fastlearn.ItemTfms(vision.Resize(128)), fastlearn.BatchTfms(vision.AugTransforms(vision.Size(64))))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	for b, err := range dls.Valid.Batches(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(b.X.Shape(), b.Y.Shape())
		b.Close()
	}
	// Output:
	// [8 3 64 64] [8]
	// [8 3 64 64] [8]
	// [8 3 64 64] [8]
	// [8 3 64 64] [8]
	// [8 3 64 64] [8]
}

// Tables and names say what pictures show, too. A picture may have several labels.
func ExampleFromCSV() {
	defer flowers(9)()
	dir := "flowers/train"
	dls, err := fastlearn.FromCSV(dir, fastlearn.LabelDelim(" "), fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	fmt.Println(dls.Train.(*fastlearn.DataLoader).N(), dls.Valid.(*fastlearn.DataLoader).N())
	// Output: 72 18
}

func ExampleFromNameRegex() {
	defer flowers(9)()
	files, err := vision.GetImageFiles("flowers")
	if err != nil {
		log.Fatal(err)
	}
	dls, err := fastlearn.FromNameRegex(files, `^(.+)_\d+\.jpg$`, fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	fmt.Println(dls.Vocab[:3])
	// Output: [bluebell dahlia daisy]
}

// A folder for each class, of whose pictures a fifth is set aside.
func ExampleFromFolder_validPct() {
	defer flowers(9)()
	dir := "flowers/train"
	dls, err := fastlearn.FromFolder(dir, fastlearn.ValidPct(0.2), fastlearn.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	fmt.Println(len(dls.Vocab), "classes,", dls.Valid.(*fastlearn.DataLoader).N(), "pictures to validate on")
	// Output: 10 classes, 18 pictures to validate on
}

// Mixed precision on whatever trains; the weights stay in float32.
func ExampleLearner_ToBF16() {
	defer flowers(4)()
	dls, err := fastlearn.FromFolder("flowers", fastlearn.BatchSize(8), fastlearn.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Pretrained(false), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	learn.ToChannelsLast().ToBF16()
	if err := learn.FineTune(context.Background(), 1); err != nil {
		log.Fatal(err)
	}
	fmt.Println(learn.StateDict()[0].DType())
	// Output: float32
}

// A rate is found, the model is tuned, and what it confuses is listed.
func ExampleLearner_LRFind() {
	defer flowers(4)()
	ctx := context.Background()
	dls, err := fastlearn.FromFolder("flowers", fastlearn.BatchSize(8), fastlearn.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Metrics(fastlearn.Accuracy),
		fastlearn.Pretrained(false), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
	found, err := learn.LRFind(ctx, fastlearn.NumIt(20))
	if err != nil {
		log.Fatal(err)
	}
	if err := learn.FineTune(ctx, 1, fastlearn.BaseLR(found.Valley)); err != nil {
		log.Fatal(err)
	}
	interp, err := learn.Interpret(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	wrong := 0
	for _, c := range interp.MostConfused(1) { // c.Actual was taken for c.Predicted
		wrong += c.N
	}
	right := 0
	for class, row := range interp.ConfusionMatrix() {
		right += row[class]
	}
	fmt.Println(right+wrong, "pictures")
	// Output: 40 pictures
}

// What a learner knows goes into a file, from which another program predicts.
func ExampleLearner_Export() {
	defer flowers(4)()
	ctx, picture := context.Background(), "flowers/valid/rose/rose_000.jpg"
	dls, err := fastlearn.FromFolder("flowers", fastlearn.BatchSize(8), fastlearn.ItemTfms(vision.Resize(32)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	learn, err := fastlearn.VisionLearner(dls, vision.ResNet18, fastlearn.Pretrained(false), fastlearn.NoLogging())
	if err != nil {
		log.Fatal(err)
	}
	defer learn.Close()
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

// What it prints differs from machine to machine, so that go test by itself only compiles it.
func TestExampleLearner_Export(*testing.T) {
	ExampleLearner_Export()
}

// A model from Python is trained on, and goes back.
func ExampleNewLearner_torchScript() {
	defer flowers(4)()
	dls, err := fastlearn.FromFolder("flowers", fastlearn.BatchSize(8), fastlearn.ItemTfms(vision.Resize(32)))
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
	learn.Logger = nil // no table
	err = learn.FitOneCycle(context.Background(), 1, fastlearn.LR(1e-3))
	if err != nil {
		log.Fatal(err)
	}
	err = jit.Save(m, "trained.pt")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(learn.StateDict()[0].Name)
	// Output: 0.weight
}
