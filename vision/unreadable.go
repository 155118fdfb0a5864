package vision

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// unreadable says what a file is that no format reads, by its first bytes, and what to do.
func unreadable(data []byte) error {
	name, advice := identify(data)
	if name == "" {
		return errors.New("it isn't an image of a known format: " + again + ", or see what it is by the command file")
	}
	return fmt.Errorf("it is %s: %s", name, advice)
}

func identify(data []byte) (name, advice string) {
	for _, k := range kinds {
		for _, magic := range k.magic {
			if len(data) > k.at && bytes.HasPrefix(data[k.at:], []byte(magic)) {
				return k.name, k.advice
			}
		}
	}
	if len(data) >= 12 && string(data[:4]) == "RIFF" {
		return fmt.Sprintf("a RIFF file of kind %q", data[8:12]), convert
	}
	head := data[:min(len(data), 4096)]
	if len(bytes.Trim(head, "\x00")) == 0 {
		return "zeros", "the file wasn't written to its end: " + again
	}
	text := string(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	if lower := strings.ToLower(text); strings.HasPrefix(lower, "<") {
		for _, t := range texts {
			if strings.Contains(lower, t.word) {
				return t.name, t.advice
			}
		}
	}
	for cut := 0; cut < utf8.UTFMax && len(head) < len(data) && !utf8.ValidString(text); cut++ {
		text = text[:len(text)-1] // of a character that was cut
	}
	control := func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\r\n\f", r) }
	switch isText := utf8.ValidString(text) && !strings.ContainsFunc(text, control); {
	case isText && (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")):
		return "JSON text", "the server sent a message instead of the picture: " + again
	case isText:
		return fmt.Sprintf("text, which begins with %.40q", text), again
	}
	return "", ""
}

// leftOut says which files weren't taken, by how many have which extension: those of pictures alone, or all of them.
func leftOut(counts map[string]int, all bool) string {
	var parts []string
	for ext, n := range counts {
		isPicture := slices.ContainsFunc(kinds, func(k kind) bool { return slices.Contains(k.extensions, ext) })
		if !isPicture && !all {
			continue
		}
		files, need := "files", "need"
		if n == 1 {
			files, need = "file", "needs"
		}
		switch {
		case ext == "":
			parts = append(parts, fmt.Sprintf("%d %s without an extension", n, files))
		case plugins[ext] != "":
			parts = append(parts, fmt.Sprintf("%d %s %s %s %s", n, ext, files, need, importing(ext)))
		default:
			parts = append(parts, fmt.Sprintf("%d %s %s", n, ext, files))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func extensionOf(path string) string { return strings.ToLower(filepath.Ext(path)) }
