package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn/data"
	"github.com/fastlearn-go/fastlearn/fastlearn/progress"
	"github.com/fastlearn-go/fastlearn/vision"
	"github.com/fastlearn-go/fastlearn/vision/datasets"
	"github.com/fastlearn-go/fastlearn/vision/hub"
)

const flowers102 = "flowers102"

// pictures finds or makes the pictures: their folder, and a table of their names and classes.
func (f *flow) pictures(ctx context.Context) (dir, table string, err error) {
	switch f.flags.data {
	case "":
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", "", err
		}
		dir = filepath.Join(cache, "fastlearn", "drawn-flowers")
		return dir, filepath.Join(dir, "labels.csv"), datasets.DrawnFlowers(ctx, dir)
	case flowers102:
		dir, err := datasets.Flowers102(ctx, hub.Progress(progress.Download(os.Stderr, "flowers")))
		return dir, filepath.Join(dir, datasets.FlowersTable), err
	}
	if f.flags.csv != "" {
		return f.flags.data, f.flags.csv, nil
	}
	table = filepath.Join(f.flags.out, "df.csv")
	return f.flags.data, table, writeTable(f.flags.data, table)
}

// writeTable lists the pictures of a folder with folders for classes.
func writeTable(dir, table string) error {
	files, err := vision.GetImageFiles(dir)
	if err != nil {
		return err
	}
	out, err := os.Create(table)
	if err != nil {
		return err
	}
	defer out.Close()
	w := csv.NewWriter(out)
	_ = w.Write([]string{"name", "class"}) // w remembers its first error
	for _, file := range files {
		class, err := data.ParentLabel(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		_ = w.Write([]string{name, class})
	}
	w.Flush()
	if w.Error() != nil {
		return w.Error()
	}
	return out.Close()
}

// block says what becomes of a row of the table.
func (f *flow) block(items vision.ItemTransforms, batch vision.BatchTransforms) data.Block[data.Row] {
	return data.Block[data.Row]{
		GetX:      data.ColReader("name", data.Prefix(f.dir)),
		GetY:      data.ColReader("class"),
		Splitter:  data.RandomSplitter(0.2, int64(f.flags.seed)),
		ItemTfms:  items,
		BatchTfms: batch,
	}
}

// presized are the article's loaders: pictures are resized to more than what is needed, so
// that turning and cropping them leaves no empty corners.
func (f *flow) presized() (*data.Loaders, error) {
	block := f.block(
		vision.Item(vision.Resize(f.presize)),
		vision.AugTransforms(vision.Size(f.size), vision.MinScale(0.75)),
	)
	return f.loaders(block)
}

func (f *flow) loaders(block data.Block[data.Row]) (*data.Loaders, error) {
	dls, err := block.DataLoaders(f.rows, data.BatchSize(f.bs), data.OnDevice(f.device))
	if err != nil {
		return nil, err
	}
	fmt.Printf("%d pictures of %d classes, %d in a batch, on %s\n\n", len(f.rows), dls.Outputs(), f.bs, f.device)
	return dls, nil
}
