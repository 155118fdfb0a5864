package hub_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/vision/hub"
)

// A file is there whole and as it was published, or not at all.
func ExampleDownload() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "weights")
	}))
	defer server.Close()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx, file := context.Background(), filepath.Join(dir, "net.pth")

	err = hub.Download(ctx, server.URL, file, hub.Size(7), hub.SHA256("00"))
	fmt.Println(errors.Is(err, hub.ErrChecksum))

	fmt.Println(hub.Download(ctx, server.URL, file, hub.Size(7)))
	content, err := os.ReadFile(file)
	fmt.Println(string(content), err)
	// Output:
	// true
	// <nil>
	// weights <nil>
}

// What torchvision publishes, by the names it has there.
func ExampleLookupWeights() {
	w, err := hub.LookupWeights("ResNet50_Weights.IMAGENET1K_V1")
	fmt.Println(w.Arch, w.Params, err)
	// Output: resnet50 25557032 <nil>
}
