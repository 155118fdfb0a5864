package version

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/fastlearn-go/fastlearn/internal/parity"
)

// The changelog begins with this version.
func TestChangelogHasTheVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(parity.Root(), "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	first := regexp.MustCompile(`(?m)^## (v\S+)`).FindSubmatch(text)
	if first == nil || string(first[1]) != Fastlearn {
		t.Errorf("the newest version of CHANGELOG.md is %q, and this is %s", first, Fastlearn)
	}
}
