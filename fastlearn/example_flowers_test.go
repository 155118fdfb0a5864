package fastlearn_test

import (
	"log"
	"os"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/drawn"
)

// flowers goes to a new folder with drawn flowers for an example, see [drawn.Enter], and with
// net.pt, a TorchScript model for them.
func flowers(perClass int) (leave func()) {
	net, err := os.ReadFile("../torch/jit/testdata/net.pt")
	if err != nil {
		log.Fatal(err)
	}
	leave = drawn.Enter(perClass)
	if err := os.WriteFile("net.pt", net, 0o666); err != nil {
		log.Fatal(err)
	}
	return leave
}
