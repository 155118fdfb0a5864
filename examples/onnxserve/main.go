// Onnxserve answers what pictures show, by ONNX Runtime: the small deployment of a model that Learner.ExportONNX or
// "inspect -o model.onnx" wrote. It has neither fastlearn nor libtorch in it, and is a module of its own.
//
//	go run . -runtime libonnxruntime.so flowers.onnx
//	curl --data-binary @rose.jpg http://127.0.0.1:8081/api/predict
//
// ONNX Runtime's shared library is in its releases, and in the Python package onnxruntime. The program reads JPEG, PNG and GIF, and
// resizes as vision.Resize does in validation: the largest part in the middle of the model's shape. Pictures that wait while the model is
// busy become a batch. It is an example to begin with: what
// examples/serve has for pictures and clients that are hostile isn't here.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"log"
	"net"
	"net/http"
	goruntime "runtime"
	"slices"

	ort "github.com/yalue/onnxruntime_go"
	"golang.org/x/image/draw"
)

func main() {
	log.SetFlags(0)
	address := flag.String("address", "127.0.0.1:8081", "where to listen")
	runtime := flag.String("runtime", "libonnxruntime.so", "ONNX Runtime's shared library")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: onnxserve [-address HOST:PORT] [-runtime LIBRARY] MODEL.onnx")
	}
	m, err := load(*runtime, flag.Arg(0))
	if err != nil {
		log.Fatal("onnxserve: ", err)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal("onnxserve: ", err)
	}
	log.Printf("http://%s", listener.Addr())
	http.HandleFunc("POST /api/predict", m.serve)
	log.Fatal(http.Serve(listener, nil))
}

// model is a session with what the file says of its pictures.
type model struct {
	session   *ort.DynamicAdvancedSession
	classes   []string
	size      []int // height, width
	mean, std []float32
	waiting   chan *request
}

// request is a picture that waits for the model: its pixels, and where its probabilities go.
type request struct {
	pixels []float32
	answer chan answer
}

type answer struct {
	probabilities []float32
	err           error
}

// largest is the most pictures in a batch.
const largest = 16

func load(library, file string) (*model, error) {
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(); err != nil {
		return nil, err
	}
	about, err := ort.GetModelMetadata(file)
	if err != nil {
		return nil, err
	}
	defer about.Destroy()
	m := &model{mean: []float32{0, 0, 0}, std: []float32{1, 1, 1}, waiting: make(chan *request, largest)} // a model may have been trained without normalisation
	for key, into := range map[string]any{"classes": &m.classes, "size": &m.size, "mean": &m.mean, "std": &m.std} {
		text, there, err := about.LookupCustomMetadataMap(key)
		if err == nil && !there && (key == "classes" || key == "size") {
			err = fmt.Errorf("its metadata lack it: want a model of Learner.ExportONNX")
		}
		if err == nil && there {
			err = json.Unmarshal([]byte(text), into)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", file, key, err)
		}
	}
	if len(m.size) != 2 || len(m.mean) != 3 || len(m.std) != 3 {
		return nil, fmt.Errorf("%s: want a model of colour pictures of one size", file)
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if err := options.SetIntraOpNumThreads(goruntime.GOMAXPROCS(0)); err != nil {
		return nil, err
	}
	if m.session, err = ort.NewDynamicAdvancedSession(file, []string{"input"}, []string{"probabilities"}, options); err != nil {
		return nil, err
	}
	go m.runAll()
	return m, nil
}

// runAll runs what waits, at most so many at once. A lone picture waits for no other.
func (m *model) runAll() {
	for r := range m.waiting {
		batch := []*request{r}
		for len(batch) < largest && len(m.waiting) > 0 {
			batch = append(batch, <-m.waiting)
		}
		rows, err := m.run(batch)
		for i, r := range batch {
			if err != nil {
				r.answer <- answer{err: err}
				continue
			}
			r.answer <- answer{probabilities: rows[i]}
		}
	}
}

// class is a class with its probability.
type class struct {
	Label       string  `json:"label"`
	Probability float32 `json:"probability"`
}

func (m *model) serve(w http.ResponseWriter, r *http.Request) {
	picture, _, err := image.Decode(http.MaxBytesReader(w, r.Body, 10<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	probs, err := m.predict(picture)
	if err != nil {
		log.Print(err)
		http.Error(w, "The server failed; its log says why.", http.StatusInternalServerError)
		return
	}
	var all []class
	for i, p := range probs {
		all = append(all, class{m.classes[i], p})
	}
	slices.SortStableFunc(all, func(a, b class) int { return int(b.Probability*1e6) - int(a.Probability*1e6) })
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"label": all[0].Label, "top": all[:min(5, len(all))]})
}

func (m *model) predict(picture image.Image) ([]float32, error) {
	h, width := m.size[0], m.size[1]
	small := image.NewRGBA(image.Rect(0, 0, width, h))
	draw.BiLinear.Scale(small, small.Bounds(), picture, middle(picture.Bounds(), width, h), draw.Src, nil)
	pixels := make([]float32, 3*h*width)
	for i := range h * width {
		for c := range 3 {
			pixels[c*h*width+i] = (float32(small.Pix[4*i+c])/255 - m.mean[c]) / m.std[c]
		}
	}
	r := &request{pixels, make(chan answer, 1)}
	m.waiting <- r
	a := <-r.answer
	return a.probabilities, a.err
}

// run gives each picture of a batch its probabilities.
func (m *model) run(batch []*request) (rows [][]float32, err error) {
	var pixels []float32
	for _, r := range batch {
		pixels = append(pixels, r.pixels...)
	}
	in, err := ort.NewTensor(ort.NewShape(int64(len(batch)), 3, int64(m.size[0]), int64(m.size[1])), pixels)
	if err != nil {
		return nil, err
	}
	defer in.Destroy()
	out := []ort.Value{nil}
	if err := m.session.Run([]ort.Value{in}, out); err != nil {
		return nil, err
	}
	defer out[0].Destroy()
	all := slices.Clone(out[0].(*ort.Tensor[float32]).GetData())
	if len(all) != len(batch)*len(m.classes) {
		return nil, fmt.Errorf("%d probabilities of %d classes of %d pictures", len(all), len(m.classes), len(batch))
	}
	return slices.Collect(slices.Chunk(all, len(m.classes))), nil
}

// middle is the largest part in the middle of r with the shape of w×h.
func middle(r image.Rectangle, w, h int) image.Rectangle {
	pw, ph := r.Dx(), r.Dy()
	if pw*h > ph*w {
		pw = ph * w / h
	} else {
		ph = pw * h / w
	}
	at := r.Min.Add(image.Pt((r.Dx()-pw)/2, (r.Dy()-ph)/2))
	return image.Rectangle{at, at.Add(image.Pt(max(pw, 1), max(ph, 1)))}
}
