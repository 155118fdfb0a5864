// Onnxserve answers what pictures show, by ONNX Runtime: the small deployment of a model that Learner.ExportONNX or
// "inspect -o model.onnx" wrote. It has neither fastlearn nor libtorch in it, and is a module of its own.
//
//	go run . -runtime libonnxruntime.so flowers.onnx
//	curl --data-binary @rose.jpg http://127.0.0.1:8081/api/predict
//
// ONNX Runtime's shared library is in its releases, and in the Python package onnxruntime. The program reads JPEG, PNG and GIF, and
// resizes as vision.Resize does in validation: the largest part in the middle of the model's shape. It is an example to begin with: what
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
}

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
	m := &model{mean: []float32{0, 0, 0}, std: []float32{1, 1, 1}} // a model may have been trained without normalisation
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
	m.session, err = ort.NewDynamicAdvancedSession(file, []string{"input"}, []string{"probabilities"}, nil)
	return m, err
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
	in, err := ort.NewTensor(ort.NewShape(1, 3, int64(h), int64(width)), pixels)
	if err != nil {
		return nil, err
	}
	defer in.Destroy()
	out := []ort.Value{nil}
	if err := m.session.Run([]ort.Value{in}, out); err != nil {
		return nil, err
	}
	defer out[0].Destroy()
	probs := slices.Clone(out[0].(*ort.Tensor[float32]).GetData())
	if len(probs) != len(m.classes) {
		return nil, fmt.Errorf("%d probabilities of %d classes", len(probs), len(m.classes))
	}
	return probs, nil
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
