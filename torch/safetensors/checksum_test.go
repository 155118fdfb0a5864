package safetensors

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// protected is a file with checksums: of several dtypes, of an empty tensor, and of texts that look like checksums.
func protected(t testing.TB) []byte {
	t.Helper()
	state := pth.NewOrderedDict()
	state.Set("weight", pth.NewTensor(pth.Float32, []int64{2, 3}, bytes.Repeat([]byte{1, 2, 3, 4}, 6)))
	state.Set("count", pth.NewTensor(pth.Int64, nil, make([]byte, 8)))
	state.Set("empty", pth.NewTensor(pth.Float32, []int64{0, 4}, nil))
	state.Set("odd", pth.NewTensor(pth.Uint8, []int64{3}, []byte{7, 8, 9}))
	var out bytes.Buffer
	metadata := map[string]string{"format": "pt", "about": `{"` + checksumsKey + `":"00000000"}`}
	if err := Write(&out, state, Metadata(metadata), Checksums()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	good := protected(t)
	f, err := Decode(good)
	if err != nil || !f.Checked || len(f.Metadata) != 2 || f.StateDict().Len() != 4 {
		t.Fatalf("the file as written: %+v, %v", f, err)
	}
	key := bytes.Index(good, []byte(checksumsKey+`":"`)) // a file in which it differs has no checksums
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			f, err := Decode(bad)
			if err == nil && f.Checked {
				t.Errorf("bit %d of byte %d of %d is flipped, and the file is read", bit, i, len(good))
			}
			if hidden := i >= key && i < key+len(checksumsKey); err == nil && !hidden {
				t.Errorf("bit %d of byte %d of %d hides the checksums", bit, i, len(good))
			}
		}
	}
}

// Whatever is said anew in the header, in whatever way, differs from the checksum.
func TestEditedHeadersAreRefused(t *testing.T) {
	good := protected(t)
	size := int(le.Uint64(good))
	head, data := good[8:8+size], good[8+size:]
	for name, edited := range parity.Sorted(map[string][]byte{
		"a space less":       bytes.TrimRight(head, " "),
		"a space more":       append(bytes.Clone(head), ' '),
		"a name":             bytes.Replace(head, []byte(`"odd"`), []byte(`"0dd"`), 1),
		"an escape":          bytes.Replace(head, []byte(`"odd"`), []byte(`"\u006fdd"`), 1),
		"a shape":            bytes.Replace(head, []byte(`[2,3]`), []byte(`[3,2]`), 1),
		"a dtype":            bytes.Replace(head, []byte(`"F32","shape":[2,3]`), []byte(`"I32","shape":[2,3]`), 1),
		"a text":             bytes.Replace(head, []byte(`"pt"`), []byte(`"tf"`), 1),
		"a text more":        bytes.Replace(head, []byte(`"format"`), []byte(`"":"","format"`), 1),
		"an escaped digit":   bytes.Replace(head, []byte(`"`+checksumsKey+`":"`), []byte(`"`+checksumsKey+`":"\u0030`), 1),
		"no tensors' digits": bytes.Replace(head, head[bytes.Index(head, []byte(checksumsKey+`":"`))+len(checksumsKey)+3:][:17], nil, 1),
	}) {
		t.Run(name, func(t *testing.T) {
			if bytes.Equal(edited, head) {
				t.Fatal("nothing was edited")
			}
			file := le.AppendUint64(nil, uint64(len(edited)))
			if _, err := Decode(append(append(file, edited...), data...)); err == nil || !strings.Contains(err.Error(), "checksum") {
				t.Errorf("got the error %v", err)
			}
		})
	}
}

// A tensor's damage is said by its name. Its checksum is of another tensor's bytes where two change places.
func TestDamageNamesTheTensor(t *testing.T) {
	bad := protected(t)
	bad[len(bad)-1] ^= 1
	if _, err := Decode(bad); err == nil || !strings.Contains(err.Error(), `"odd": its checksum is`) {
		t.Errorf("got the error %v", err)
	}
}

// Python sees a text more, and nothing else.
func TestChecksumsAreATextForOthers(t *testing.T) {
	good := protected(t)
	var head map[string]json.RawMessage
	var metadata map[string]string
	if err := json.Unmarshal(good[8:8+le.Uint64(good)], &head); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(head[metadataKey], &metadata); err != nil || len(metadata) != 3 || len(metadata[checksumsKey]) != 5*8+4 {
		t.Errorf("the metadata is %q, %v", metadata, err)
	}
	if err := Write(&bytes.Buffer{}, pth.NewOrderedDict(), Metadata(metadata)); err == nil {
		t.Error("old checksums were written as a text")
	}
}

// BenchmarkChecksums compares the opening of 64 MB with checksums and without.
func BenchmarkChecksums(b *testing.B) {
	state := pth.NewOrderedDict()
	state.Set("weight", pth.NewTensor(pth.Float32, []int64{1 << 24}, make([]byte, 1<<26)))
	for name, opts := range parity.Sorted(map[string][]WriteOption{"with": {Checksums()}, "without": nil}) {
		var out bytes.Buffer
		if err := Write(&out, state, opts...); err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(1 << 26)
			for b.Loop() {
				if _, err := Decode(out.Bytes()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
