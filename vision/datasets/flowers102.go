package datasets

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/fastlearn-go/fastlearn/internal/diskfile"
	"github.com/fastlearn-go/fastlearn/vision/hub"
)

// flowersArchive is fastai's URLs.FLOWERS, with the size and the checksum of its
// download_checks.
const (
	flowersArchive = "https://s3.amazonaws.com/fast-ai-imageclas/oxford-102-flowers.tgz"
	flowersBytes   = 345236087
	flowersMD5     = "5666e01c1311b4c67fcf20d2b3850a88" // of its first MiB
)

// FlowersTable is the table that [Flowers102] makes: df.csv.
const FlowersTable = "df.csv"

// Flowers102 is the folder of Oxford Flowers-102 (Nilsback and Zisserman 2008): 8,189
// photographs in jpg, and a table df.csv with the columns name (jpg/image_00001.jpg),
// class (one of [FlowerNames]), set (train, valid or test) and is_valid. What is not in
// fastai's cache yet is downloaded there, 345 MB, as its untar_data(URLs.FLOWERS) does; see
// [hub.Download] for what an interrupted download leaves. Pass [hub.Progress] to see it.
func Flowers102(ctx context.Context, opts ...hub.Option) (dir string, err error) {
	opts = append([]hub.Option{hub.FastaiCheck(flowersBytes, flowersMD5)}, opts...)
	return flowers102(ctx, flowersArchive, opts)
}

func flowers102(ctx context.Context, url string, opts []hub.Option) (dir string, err error) {
	archives, data, err := fastaiDirs()
	if err != nil {
		return "", fmt.Errorf("datasets: %w", err)
	}
	name := path.Base(url)
	dir = filepath.Join(data, strings.TrimSuffix(name, ".tgz"))
	if _, err := os.Stat(dir); os.IsNotExist(err) {
		archive := filepath.Join(archives, name)
		if err := hub.Download(ctx, url, archive, opts...); err != nil {
			return "", fmt.Errorf("datasets: %w", err)
		}
		if err := untar(ctx, archive, dir); err != nil {
			return "", fmt.Errorf("datasets: %w", err)
		}
	}
	if err := flowersTable(dir); err != nil {
		return "", fmt.Errorf("datasets: %w", err)
	}
	return dir, nil
}

// flowersTable writes df.csv from the archive's lists, unless it is there.
func flowersTable(dir string) error {
	file := filepath.Join(dir, FlowersTable)
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"name", "class", "set", "is_valid"}}
	for _, set := range []string{"train", "valid", "test"} {
		items, err := readList(filepath.Join(dir, set+".txt"))
		if err != nil {
			return err
		}
		for _, i := range items {
			rows = append(rows, []string{i.name, FlowerNames[i.class], set, fmt.Sprint(set == "valid")})
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return diskfile.ReplaceBytes(file, b.Bytes())
}

type listed struct {
	name  string
	class int
}

// readList reads lines like "jpg/image_03860.jpg 16".
func readList(file string) (items []listed, err error) {
	f, err := diskfile.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		name, number, ok := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if name == "" {
			continue
		}
		class, err := strconv.Atoi(strings.TrimSpace(number))
		if !ok || err != nil || class < 0 || class >= len(FlowerNames) {
			return nil, fmt.Errorf("%s, line %d: %q: want a picture and the number of a class, 0 to %d", file, n, lines.Text(), len(FlowerNames)-1)
		}
		items = append(items, listed{name, class})
	}
	return items, lines.Err()
}
