package clean_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/fastlearn-go/fastlearn/fastlearn/clean"
)

// What the choices of a report's page, or those of a program, come to.
func ExamplePlan() {
	dir, err := os.MkdirTemp("", "cleaning")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, path := range []string{"rose/1.jpg", "rose/2.jpg", "tulip/3.jpg"} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			log.Fatal(err)
		}
	}
	file := filepath.Join(dir, "choices.csv")
	err = clean.WriteChoices(file, []clean.Choice{
		{Path: filepath.Join(dir, "rose/1.jpg"), Label: "rose", Choice: clean.Relabel("tulip")},
		{Path: filepath.Join(dir, "rose/2.jpg"), Label: "rose", Choice: clean.Delete},
		{Path: filepath.Join(dir, "tulip/3.jpg"), Label: "tulip", Choice: clean.Keep},
	})
	if err != nil {
		log.Fatal(err)
	}

	choices, err := clean.ReadChoices(file)
	if err != nil {
		log.Fatal(err)
	}
	plan, err := clean.Plan(dir, choices) // changes nothing
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(plan)
	moved, err := plan.MoveFiles() // what got another class
	if err != nil {
		log.Fatal(err)
	}
	deleted, err := plan.DeleteFiles() // for good
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(moved, "moved,", deleted, "deleted")
	// Output:
	// move rose/1.jpg to tulip/1.jpg
	// delete rose/2.jpg
	// 1 moved, 1 deleted
}
