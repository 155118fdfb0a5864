package fastlearn_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/fastlearn"
	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch"
	"github.com/fastlearn-go/fastlearn/torch/nn"
)

// A file without checksums, as torch.save writes it after set_crc32_options(False), loads with SkipCRC, optimizer and all.
func TestLoadWithoutChecksums(t *testing.T) {
	learn, done := line(fastlearn.Path(t.TempDir()), fastlearn.ModelDir("."))
	defer done()
	if err := learn.FitOneCycle(context.Background(), 1, fastlearn.LR(1e-2)); err != nil {
		t.Fatal(err)
	}
	path, err := learn.Save("checked")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bare := filepath.Join(filepath.Dir(path), "bare.pth")
	if err := os.WriteFile(bare, withoutCRC(data), 0o666); err != nil {
		t.Fatal(err)
	}
	want := nn.StateDict(learn.Model)[0].Tensor.Item()
	torch.NoGrad(func() { nn.StateDict(learn.Model)[0].Zero_() })
	if err := learn.Load("bare"); err == nil || !strings.Contains(err.Error(), "SkipCRC") {
		t.Errorf("without the option: %v", err)
	}
	if err := learn.Load("bare", fastlearn.SkipCRC()); err != nil {
		t.Fatal(err)
	}
	if got := nn.StateDict(learn.Model)[0].Tensor.Item(); got != want || got == 0 {
		t.Errorf("the weight is %v, want %v", got, want)
	}
	if _, err := learn.Save("more", fastlearn.SkipCRC()); err == nil || !strings.Contains(err.Error(), "SkipCRC") {
		t.Errorf("Save takes SkipCRC: %v", err)
	}
}

// withoutCRC sets all CRCs of an archive to 0, in descriptors and in the directory.
func withoutCRC(data []byte) []byte {
	data = bytes.Clone(data)
	for signature, crc := range parity.Sorted(map[string]int{"PK\x07\x08": 4, "PK\x01\x02": 16}) {
		for at := 0; ; {
			i := bytes.Index(data[at:], []byte(signature))
			if i < 0 {
				break
			}
			at += i + 4
			clear(data[at+crc-4 : at+crc])
		}
	}
	return data
}
