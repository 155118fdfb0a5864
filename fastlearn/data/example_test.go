package data_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/internal/drawn"
	"github.com/fastlearn-go/fastlearn/vision"
)

// A table of names and classes, as the article on Flowers-102 has it.
func ExampleBlock() {
	defer drawn.Enter(4)()
	rows, err := data.ReadCSV("flowers/train/labels.csv")
	if err != nil {
		log.Fatal(err)
	}
	block := data.Block[data.Row]{
		GetX:      data.ColReader("name", data.Prefix("flowers/train")),
		GetY:      data.ColReader("class"),
		Splitter:  data.RandomSplitter(0.2, 42),
		ItemTfms:  vision.Item(vision.Resize(128)),
		BatchTfms: vision.AugTransforms(vision.Size(64), vision.MinScale(0.75)),
	}
	var steps strings.Builder // what becomes of a picture and of a batch; os.Stdout shows it
	if err := block.Summary(context.Background(), &steps, rows); err != nil {
		log.Fatal(err)
	}
	dls, err := block.DataLoaders(rows, data.BatchSize(8))
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
	block := data.Block[photo]{
		Y:        data.MultiCategoryBlock{Delim: " "},
		GetX:     func(p photo) (string, error) { return p.File, nil },
		GetY:     func(p photo) (string, error) { return p.Tags, nil },
		Splitter: data.IndexSplitter([]int{1}),
		ItemTfms: vision.Item(vision.Resize(224)),
	}
	dls, err := block.DataLoaders([]photo{{"a.jpg", "sky sea"}, {"b.jpg", "sky"}}, data.BatchSize(1))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	fmt.Println(dls.Vocab, dls.Outputs())
	// Output: [sea sky] 2
}

// A folder for each class, below folders train and valid.
func ExampleFromFolder() {
	defer drawn.Enter(4)()
	dls, err := data.FromFolder("flowers", data.BatchSize(8),
		data.ItemTfms(vision.Resize(128)), data.BatchTfms(vision.AugTransforms(vision.Size(64))))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	for b, err := range dls.Valid.Batches(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(b.X().Shape(), b.Y().Shape())
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
	defer drawn.Enter(9)()
	dir := "flowers/train"
	dls, err := data.FromCSV(dir, data.LabelDelim(" "), data.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	fmt.Println(dls.Train.(*data.ItemLoader).NumItems(), dls.Valid.(*data.ItemLoader).NumItems())
	// Output: 72 18
}

func ExampleFromNameRegex() {
	defer drawn.Enter(9)()
	files, err := vision.GetImageFiles("flowers")
	if err != nil {
		log.Fatal(err)
	}
	dls, err := data.FromNameRegex(files, `^(.+)_\d+\.jpg$`, data.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	fmt.Println(dls.Vocab[:3])
	// Output: [bluebell dahlia daisy]
}

// A folder for each class, of whose pictures a fifth is set aside.
func ExampleFromFolder_validPct() {
	defer drawn.Enter(9)()
	dir := "flowers/train"
	dls, err := data.FromFolder(dir, data.ValidPct(0.2), data.ItemTfms(vision.Resize(224)))
	if err != nil {
		log.Fatal(err)
	}
	defer dls.Close()
	fmt.Println(len(dls.Vocab), "classes,", dls.Valid.(*data.ItemLoader).NumItems(), "pictures to validate on")
	// Output: 10 classes, 18 pictures to validate on
}
