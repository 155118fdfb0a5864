// Package docs holds README and docs to what they describe. Go in them stands in a Go file
// of the repository, in a part of it that its tests run; the commands that they name exist;
// what programs print there is an example's output; links lead somewhere.
package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// line is a line of a page.
type line struct {
	text  string
	where string // page:number
}

// fence is a fenced block of a page.
type fence struct {
	lang  string
	where string
	lines []line
}

// pages returns docs, README and the other pages of the root by their paths, as lines.
func pages(t *testing.T) map[string][]line {
	t.Helper()
	all := map[string][]line{}
	for _, dir := range []string{root + "/docs", root} {
		files, err := filepath.Glob(dir + "/*.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			all[file] = readPage(t, file)
		}
	}
	return all
}

func readPage(t *testing.T, file string) (lines []line) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(data)) {
		lines = append(lines, line{strings.TrimRight(text, "\n"), fmt.Sprintf("%s:%d", file, len(lines)+1)})
	}
	return lines
}

// split tells a page's blocks from its prose.
func split(t *testing.T, page []line) (blocks []fence, prose []line) {
	t.Helper()
	var b *fence
	for _, l := range page {
		lang, isFence := strings.CutPrefix(l.text, "```")
		switch {
		case b == nil && isFence:
			b = &fence{lang: lang, where: l.where}
		case b == nil:
			prose = append(prose, l)
		case l.text == "```":
			blocks = append(blocks, *b)
			b = nil
		default:
			b.lines = append(b.lines, l)
		}
	}
	if b != nil {
		t.Errorf("%s: this block is never closed", b.where)
	}
	return blocks, prose
}

// blocksIn are all blocks in a language.
func blocksIn(t *testing.T, lang string) (found []fence) {
	t.Helper()
	for _, page := range pages(t) {
		blocks, _ := split(t, page)
		for _, b := range blocks {
			if b.lang == lang {
				found = append(found, b)
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("there is no %s in the docs", lang)
	}
	return found
}

// spans are the pieces of code within lines: `…`.
func spans(lines []line) (code []line) {
	for _, l := range lines {
		for i, part := range strings.Split(l.text, "`") {
			if i%2 == 1 {
				code = append(code, line{part, l.where})
			}
		}
	}
	return code
}

// goSources are the repository's Go files, by their paths.
func goSources(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".go" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
