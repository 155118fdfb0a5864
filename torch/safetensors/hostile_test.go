package safetensors

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
	"github.com/fastlearn-go/fastlearn/torch/pth"
)

// file puts a file together of a header and that many bytes behind it.
func file(header string, data int) []byte {
	b := le.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func tensor(name, dtype, shape string, begin, end uint64) string {
	return fmt.Sprintf(`%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, name, dtype, shape, begin, end)
}

func object(members ...string) string { return "{" + strings.Join(members, ",") + "}" }

// What the Python library reads beside the usual form of a header is read.
func TestLenientHeaders(t *testing.T) {
	for name, data := range parity.Sorted(map[string][]byte{
		"blanks before":   file(" \n\t{"+tensor("a", "U8", "[1]", 0, 1)+"}", 1),
		"null metadata":   file(`{"__metadata__": null, `+tensor("a", "U8", "[1]", 0, 1)+"}", 1),
		"a number more":   file(`{"a":{"x":1,"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1),
		"a text more":     file(`{"a":{"dtype":"U8","shape":[1],"x":"y","data_offsets":[0,1]}}`, 1),
		"a bool and null": file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":true,"y":null}}`, 1),
	}) {
		f, err := Decode(data)
		if err != nil || f.StateDict().Len() != 1 || f.Metadata != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// hostile are files that must be refused, with a word of the error.
var hostile = []struct {
	name, word string
	data       []byte
	python     bool // the Python library reads it nevertheless
}{
	{name: "empty", word: "0 bytes", data: nil},
	{name: "seven bytes", word: "7 bytes", data: make([]byte, 7)},
	{name: "no header", word: "begin with {", data: make([]byte, 8)},
	{name: "header of 2^64-1 bytes", word: "at most 100000000", data: append(bytes.Repeat([]byte{255}, 8), "{}"...)},
	{name: "header just above the cap", word: "at most 100000000", data: append(le.AppendUint64(nil, maxHeader+1), "{}"...)},
	{name: "header at the cap, 10 bytes there", word: "cut off", data: append(le.AppendUint64(nil, maxHeader), "{}        "...)},
	{name: "header longer than the file", word: "cut off", data: append(le.AppendUint64(nil, 3), "{}"...)},
	{name: "array", word: "begin with {", data: file("[]", 0)},
	{name: "object without end", word: "ends", data: file("{", 0)},
	{name: "key without value", word: `':'`, data: file(`{"a"}`, 0)},
	{name: "key without quotes", word: "quotes", data: file(`{a:1}`, 0)},
	{name: "string without end", word: "ends", data: file(`{"a`, 0)},
	{name: "comma at the end", word: "quotes", data: file(object(tensor("a", "U8", "[1]", 0, 1), ""), 1)},
	{name: "two objects", word: "nothing but spaces", data: file("{}{}", 0)},
	{name: "bytes after the padding", word: "nothing but spaces", data: file("{}  \x00", 0)},
	{name: "not UTF-8", word: "UTF-8", data: file(object(tensor("a", "U8", "[1]", 0, 1))+"\xff", 1)},
	{name: "key not UTF-8", word: "UTF-8", data: file("{\"\xc0\xaf\":1}", 1)},
	{name: "lone surrogate", word: "escape", data: file(strings.Replace(object(tensor("a", "U8", "[1]", 0, 1)), "a", `\ud800`, 1), 1)},
	{name: "two high surrogates", word: "escape", data: file(strings.Replace(object(tensor("a", "U8", "[1]", 0, 1)), "a", `\ud800\ud800`, 1), 1)},
	{name: "strange escape", word: "escape", data: file(`{"\x41":1}`, 0)},
	{name: "short escape", word: "escape", data: file(`{"\u00`, 0)},
	{name: "newline in a key", word: "control character", data: file("{\"a\n\":1}", 0)},
	{name: "null", word: "'{'", data: file(`{"a":null}`, 0)},
	{name: "number", word: "'{'", data: file(`{"a":1}`, 0)},
	{name: "no dtype", word: "no dtype", data: file(`{"a":{"shape":[1],"data_offsets":[0,1]}}`, 1)},
	{name: "no shape", word: "no shape", data: file(`{"a":{"dtype":"U8","data_offsets":[0,1]}}`, 1)},
	{name: "no offsets", word: "no data_offsets", data: file(`{"a":{"dtype":"U8","shape":[1]}}`, 1)},
	{name: "nothing of a tensor", word: "no dtype", data: file(`{"a":{}}`, 0)},
	{name: "a field twice", word: "dtype comes twice", data: file(`{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1)},
	{name: "a tensor twice", word: "twice", data: file(object(tensor("a", "U8", "[1]", 0, 1), tensor("a", "U8", "[1]", 1, 2)), 2)},
	{name: "a tensor twice in one place", word: "twice", data: file(object(tensor("a", "U8", "[1]", 0, 1), tensor("a", "U8", "[1]", 0, 1)), 1), python: true},
	{name: "a tensor twice, escaped", word: "twice", data: file(object(tensor("a", "U8", "[1]", 0, 1), strings.Replace(tensor("a", "U8", "[1]", 0, 1), "a", `\u0061`, 1)), 1), python: true},
	{name: "metadata twice", word: "twice", data: file(`{"__metadata__":{},"__metadata__":{}}`, 0)},
	{name: "a text twice", word: "twice", data: file(`{"__metadata__":{"a":"1","a":"2"}}`, 0), python: true},
	{name: "a text twice, escaped", word: "twice", data: file(`{"__metadata__":{"a":"1","\u0061":"2"}}`, 0), python: true},
	{name: "metadata is a text", word: "map of texts", data: file(`{"__metadata__":"a"}`, 0)},
	{name: "metadata of numbers", word: "quotes", data: file(`{"__metadata__":{"a":1}}`, 0)},
	{name: "metadata of objects", word: "quotes", data: file(`{"__metadata__":{"a":{"b":"c"}}}`, 0)},
	{name: "unknown dtype", word: "F99", data: file(object(tensor("a", "F99", "[1]", 0, 1)), 1)},
	{name: "dtype in small letters", word: "f32", data: file(object(tensor("a", "f32", "[1]", 0, 4)), 4)},
	{name: "4-bit dtype, half a byte", word: "F4 of shape [3]", data: file(object(tensor("a", "F4", "[3]", 0, 2)), 2)},
	{name: "4-bit dtype, odd rows", word: "F4 of shape [2 3]", data: file(object(tensor("a", "F4", "[2,3]", 0, 3)), 3)},
	{name: "4-bit dtype, a scalar", word: "F4 of shape []", data: file(object(tensor("a", "F4", "[]", 0, 1)), 1)},
	{name: "4-bit dtype, too short", word: "takes 2 bytes", data: file(object(tensor("a", "F4", "[4]", 0, 1)), 1)},
	{name: "6-bit dtype", word: "F6_E2M3, which PyTorch", data: file(object(tensor("a", "F6_E2M3", "[4]", 0, 3)), 3)},
	{name: "other 6-bit dtype", word: "F6_E3M2, which PyTorch", data: file(object(tensor("a", "F6_E3M2", "[4]", 0, 3)), 3)},
	{name: "dtype a number", word: "quotes", data: file(`{"a":{"dtype":4,"shape":[1],"data_offsets":[0,1]}}`, 1)},
	{name: "negative dimension", word: "whole number", data: file(object(tensor("a", "U8", "[-1]", 0, 1)), 1)},
	{name: "fraction", word: "comma", data: file(object(tensor("a", "U8", "[1.0]", 0, 1)), 1)},
	{name: "exponent", word: "comma", data: file(object(tensor("a", "U8", "[1e0]", 0, 1)), 1)},
	{name: "leading zero", word: "leading zeros", data: file(object(tensor("a", "U8", "[01]", 0, 1)), 1)},
	{name: "dimension a text", word: "whole number", data: file(object(tensor("a", "U8", `["1"]`, 0, 1)), 1)},
	{name: "shape a number", word: "'['", data: file(object(tensor("a", "U8", "1", 0, 1)), 1)},
	{name: "dimension of 2^63", word: "63 bits", data: file(object(tensor("a", "U8", "[9223372036854775808]", 0, 1)), 1)},
	{name: "dimension of 10^30", word: "63 bits", data: file(object(tensor("a", "U8", "[1000000000000000000000000000000]", 0, 1)), 1)},
	{name: "shape overflows to what is there", word: "63 bits", data: file(object(tensor("a", "U8", "[4294967296,4294967296]", 0, 0)), 0)},
	{name: "bytes overflow to what is there", word: "63 bits", data: file(object(tensor("a", "F64", "[2305843009213693952]", 0, 0)), 0)},
	{name: "overflow beside a zero", word: "63 bits", data: file(object(tensor("a", "U8", "[0,4294967296,4294967296]", 0, 0)), 0), python: true},
	{name: "10 TB in a few bytes", word: "cut off", data: file(object(tensor("a", "U8", "[10000000000000]", 0, 10000000000000)), 0)},
	{name: "65 dimensions", word: "more than 64", data: file(object(tensor("a", "U8", "["+strings.Repeat("1,", 64)+"1]", 0, 1)), 1), python: true},
	{name: "too few bytes for the shape", word: "takes 8", data: file(object(tensor("a", "F32", "[2]", 0, 4)), 4)},
	{name: "too many bytes for the shape", word: "takes 4", data: file(object(tensor("a", "F32", "[1]", 0, 8)), 8)},
	{name: "bytes for an empty tensor", word: "takes 0", data: file(object(tensor("a", "F32", "[0]", 0, 4)), 4)},
	{name: "offsets backwards", word: "backwards", data: file(object(tensor("a", "U8", "[1]", 1, 0)), 1)},
	{name: "one offset", word: "between begin and end", data: file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}`, 1)},
	{name: "three offsets", word: "after begin and end", data: file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}`, 1)},
	{name: "offsets of 2^64", word: "63 bits", data: file(object(tensor("a", "U8", "[1]", 1<<64-1, 0)), 1)},
	{name: "hole before", word: "belong to no tensor", data: file(object(tensor("a", "U8", "[1]", 1, 2)), 2)},
	{name: "hole between", word: "belong to no tensor", data: file(object(tensor("a", "U8", "[1]", 0, 1), tensor("b", "U8", "[1]", 2, 3)), 3)},
	{name: "overlap", word: "within those of another", data: file(object(tensor("a", "U8", "[2]", 0, 2), tensor("b", "U8", "[2]", 1, 3)), 3)},
	{name: "the same bytes", word: "within those of another", data: file(object(tensor("a", "U8", "[2]", 0, 2), tensor("b", "U8", "[2]", 0, 2)), 2)},
	{name: "empty within another", word: "within those of another", data: file(object(tensor("a", "U8", "[2]", 0, 2), tensor("b", "U8", "[0]", 1, 1)), 2)},
	{name: "cut off", word: "cut off", data: file(object(tensor("a", "U8", "[2]", 0, 2)), 1)},
	{name: "trailing bytes", word: "belong to no tensor", data: file(object(tensor("a", "U8", "[2]", 0, 2)), 3)},
	{name: "bytes and no tensor", word: "belong to no tensor", data: file("{}", 1)},
	{name: "nesting bomb of arrays", word: "'{'", data: file(`{"a":`+strings.Repeat("[", 1<<20), 0)},
	{name: "nesting bomb of objects", word: `the key "a"`, data: file(strings.Repeat(`{"a":`, 1<<20), 0)},
	{name: "nesting bomb in a shape", word: "whole number", data: file(`{"a":{"shape":`+strings.Repeat("[", 1<<20), 0)},
	{name: "nesting bomb in the metadata", word: "quotes", data: file(`{"__metadata__":{"a":`+strings.Repeat("[", 1<<20), 0)},
	{name: "a million dimensions", word: "more than 64", data: file(`{"a":{"shape":[1`+strings.Repeat(",1", 1<<20), 0)},
	{name: "a digit a million times", word: "63 bits", data: file(`{"a":{"shape":[`+strings.Repeat("1", 1<<20), 0)},
	{name: "a long name with an escape", word: "cut off", data: file(object(strings.Replace(tensor("ab", "U8", "[1]", 0, 1), "a", `\n`+strings.Repeat("x", 4<<20), 1)), 0)},
	{name: "a name of escapes", word: "cut off", data: file(object(strings.Replace(tensor("ab", "U8", "[1]", 0, 1), "a", strings.Repeat(`\u0061`, 1<<20), 1)), 0)},
	{name: "a long name with an escape twice", word: "twice", data: file(object(slices.Repeat([]string{strings.Replace(tensor("ab", "U8", "[0]", 0, 0), "a", `\n`+strings.Repeat("x", 2<<20), 1)}, 2)...), 0), python: true},
	{name: "a long dtype with an escape", word: "which the format doesn't have", data: file(object(strings.Replace(tensor("a", "ab", "[1]", 0, 1), "ab", `\n`+strings.Repeat("x", 4<<20), 1)), 0)},
	{name: "a long field with an escape", word: "its description has the key", data: file(object(strings.Replace(tensor("a", "U8", "[1]", 0, 1), "shape", `\n`+strings.Repeat("x", 4<<20), 1)), 0), python: false},
	{name: "spaces", word: "ends", data: file("{"+strings.Repeat(" ", 1<<20), 0)},
	{name: "a hundred thousand tensors and then rubbish", word: "quotes", data: file("{"+manyTensors(100_000)+"}", 0)},
	{name: "a hundred thousand tensors and a hole", word: "belong to no tensor", data: file("{"+manyTensors(100_000)+tensor("z", "U8", "[1]", 1, 2)+"}", 2)},
	{name: "a hundred thousand texts and then rubbish", word: "quotes", data: file(`{"__metadata__":{`+manyTexts(100_000)+"1}}", 0)},
	{name: "a hundred thousand texts and a tensor too many", word: "cut off", data: file(`{"__metadata__":{`+manyTexts(100_000)+`"":""},`+tensor("z", "U8", "[1]", 0, 1)+"}", 0)},
}

func manyTensors(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(tensor(fmt.Sprint(i), "U8", "[0]", 0, 0) + ",")
	}
	return b.String()
}

func manyTexts(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%x":"",`, i)
	}
	return b.String()
}

// Every hostile file ends in an error that says what is wrong, with no more memory than twice the file and 1 MB,
// and no more allocations than one for eight of its bytes and 1,000.
func TestHostileFilesAreRefused(t *testing.T) {
	for _, c := range hostile {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "hostile.safetensors")
			if err := os.WriteFile(path, c.data, 0o666); err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f, err := Open(path)
			runtime.ReadMemStats(&after)
			if err == nil {
				f.Close()
				t.Fatal("it was read")
			}
			var e *Error
			if !errors.As(err, &e) || e.Path != path {
				t.Fatalf("want an *Error that names the file, got %v", err)
			}
			// The path is that of a folder with this test's name.
			if said := strings.ReplaceAll(err.Error(), path, ""); !strings.Contains(said, c.word) || len(said) > 500 {
				t.Errorf("want %q in the message: %v", c.word, said)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 2*uint64(len(c.data))+1<<20 {
				t.Errorf("it took %d bytes for a file of %d", used, len(c.data))
			}
			if n := after.Mallocs - before.Mallocs; n > uint64(len(c.data))/8+1000 {
				t.Errorf("it took %d allocations for a file of %d bytes", n, len(c.data))
			}
		})
	}
}

// The Python library refuses what is refused here, but for what it is told to know better.
func TestPythonRefusesTheSame(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i, c := range hostile {
		path := filepath.Join(dir, fmt.Sprintf("%d.safetensors", i))
		if err := os.WriteFile(path, c.data, 0o666); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	lines := strings.Split(strings.TrimSpace(string(python(t, "safetensors_check.py", paths...))), "\n")
	for i, c := range hostile {
		if read := !strings.Contains(lines[i], `{"error":`); read != c.python {
			t.Errorf("%s: Python says %s, want it read: %v", c.name, lines[i], c.python)
		}
	}
}

// A file cut off at any byte is refused.
func TestTruncation(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join(corpus, "net.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := Decode(whole[:n]); err == nil {
			t.Errorf("read when cut off at byte %d of %d", n, len(whole))
		}
	}
}

// Odd, but as the format has it.
func TestOddFilesAreRead(t *testing.T) {
	for name, header := range parity.Sorted(map[string]string{
		"not in the order of bytes": object(tensor("b", "U8", "[1]", 1, 2), tensor("a", "U8", "[1]", 0, 1)),
		"spaces everywhere":         "{ \n\"a\" :\t{ \"shape\" : [ 2 , 1 ] , \"data_offsets\" : [ 0 , 2 ] , \"dtype\" : \"U8\" } } \r\n",
		"escapes everywhere":        `{"\u00fc":{"\u0064type":"\u00558","shape":[2],"data_offsets":[0,2]},"__\u006detadata__":{"\ud83c\udf38":"\/\b\f"}}`,
		"64 dimensions":             object(tensor("a", "U8", "["+strings.Repeat("1,", 63)+"2]", 0, 2)),
		"empties everywhere":        object(tensor("a", "U8", "[0,9]", 0, 0), tensor("b", "U8", "[2]", 0, 2), tensor("c", "F64", "[1,0]", 2, 2), tensor("d", "F64", "[0]", 0, 0)),
	}) {
		t.Run(name, func(t *testing.T) {
			f, err := Decode(file(header, 2))
			if err != nil {
				t.Fatal(err)
			}
			total := int64(0)
			for _, v := range f.StateDict().All() {
				total += v.(*pth.Tensor).NBytes()
			}
			if total != 2 {
				t.Errorf("tensors of %d bytes, want 2", total)
			}
			if name == "escapes everywhere" && (f.Metadata["🌸"] != "/\b\f" || f.StateDict().Keys()[0] != "ü") {
				t.Errorf("keys %q, metadata %q", f.StateDict().Keys(), f.Metadata)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(corpus, "*.safetensors"))
	if err != nil || len(files) == 0 {
		f.Fatal("no corpus", err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, c := range hostile {
		if len(c.data) < 4096 {
			f.Add(c.data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Decode(data)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		// What is read can be written, and is the same then.
		var out bytes.Buffer
		if err := Write(&out, file.StateDict(), Metadata(file.Metadata)); err != nil {
			t.Fatal(err)
		}
		again, err := Decode(out.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if a, b := fmt.Sprint(file.Metadata), fmt.Sprint(again.Metadata); a != b || file.StateDict().Len() != again.StateDict().Len() {
			t.Fatalf("%s and %d tensors became %s and %d", a, file.StateDict().Len(), b, again.StateDict().Len())
		}
		for k, v := range file.StateDict().All() {
			x := v.(*pth.Tensor)
			y, ok := pth.Get[*pth.Tensor](again.StateDict(), k)
			if !ok || x.DType != y.DType || fmt.Sprint(x.Shape) != fmt.Sprint(y.Shape) || !bytes.Equal(x.Storage.Data, y.Storage.Data) {
				t.Fatalf("%q changed: %v %v", k, x, y)
			}
		}
	})
}
