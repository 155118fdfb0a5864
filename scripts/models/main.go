// Models writes docs/models.md: all architectures by name, from the registry, the table of published weights, and the rows of
// docs/models.jsonl and docs/bodies.jsonl that "make test-models" appends.
//
//	go run ./scripts/models
package main

import (
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	text, err := page(".")
	if err == nil {
		err = os.WriteFile("docs/models.md", text, 0o666)
	}
	if err != nil {
		log.Fatal("models: ", err)
	}
}
