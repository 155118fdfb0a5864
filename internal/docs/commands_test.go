package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every command of ours that a page names, in a block or in a line, exists, with its flags.
func TestCommandsInDocsExist(t *testing.T) {
	makefile, err := os.ReadFile(root + "/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, page := range pages(t) {
		blocks, prose := split(t, page)
		commands := spans(prose)
		for _, b := range blocks {
			if b.lang == "sh" {
				commands = append(commands, b.lines...)
			}
		}
		for _, c := range commands {
			text, _, _ := strings.Cut(c.text, " #")
			for _, command := range regexp.MustCompile(`&&|\|\||[;|()"]`).Split(text, -1) {
				n += checkCommand(t, c.where, strings.Fields(command), string(makefile))
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d commands found", n)
	}
}

// checkCommand tells what a command names that isn't there, and whether it is one of ours.
func checkCommand(t *testing.T, where string, words []string, makefile string) int {
	t.Helper()
	for len(words) > 0 && strings.Contains(words[0], "=") { // NAME=value before a command
		words = words[1:]
	}
	if len(words) < 2 {
		return 0
	}
	switch words[0] {
	case "make":
		for _, target := range words[1:] {
			if !strings.Contains(target, "=") && !strings.Contains(makefile, "\n"+target+":") {
				t.Errorf("%s: the Makefile has no target %s", where, target)
			}
		}
		return 1
	case "go":
		at := slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "./") && w != "./..." })
		if at < 0 {
			return 0
		}
		checkPackage(t, where, words[1], words[at])
		if words[1] == "run" {
			checkFlags(t, where, words[at], words[at+1:])
		}
		return 1
	case "fastlearn":
		const dir = "./fastlearn/cmd/fastlearn"
		sources, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		source := read(t, sources) + `"completion "` // which is cobra's
		if sub := words[1]; regexp.MustCompile(`^[a-z]+$`).MatchString(sub) && !strings.Contains(source, `"`+sub+` `) && !strings.Contains(source, `"`+sub+`"`) {
			t.Errorf("%s: fastlearn has no command %s", where, sub)
		}
		for _, w := range words[1:] {
			if name, ok := strings.CutPrefix(w, "--"); ok && name != "help" && !strings.Contains(source, `, "`+name+`", `) {
				t.Errorf("%s: fastlearn has no flag --%s", where, name)
			}
		}
		return 1
	case "docker":
		if at := slices.Index(words, "flowers"); words[1] == "run" && at > 0 {
			checkFlags(t, where, "./examples/flowers", words[at+1:])
			return 1
		}
	}
	return 0
}

func checkPackage(t *testing.T, where, verb, dir string) {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil || len(sources) == 0 {
		t.Errorf("%s: there is no package %s", where, dir)
	}
	if verb == "run" && !strings.Contains(read(t, sources), "\nfunc main()") {
		t.Errorf("%s: %s isn't a program", where, dir)
	}
}

// checkFlags looks for each flag's name in the program's source.
func checkFlags(t *testing.T, where, dir string, words []string) {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	source := read(t, sources)
	for _, w := range words {
		name, isFlag := strings.CutPrefix(w, "-")
		name, _, _ = strings.Cut(name, "=")
		if isFlag && name != "h" && !regexp.MustCompile(`flag\.\w+\("`+name+`"|Var\([^"]+"`+name+`"|args, "-`+name+`"`).MatchString(source) {
			t.Errorf("%s: %s has no flag -%s", where, dir, name)
		}
	}
}

func read(t *testing.T, files []string) string {
	t.Helper()
	var all strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// Links within the repository lead to files, and to headings that are there.
func TestLinksInDocs(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	n := 0
	for file, page := range pages(t) {
		_, prose := split(t, page)
		for _, l := range prose {
			for _, m := range link.FindAllStringSubmatch(l.text, -1) {
				path, heading, _ := strings.Cut(m[1], "#")
				if strings.Contains(path, "://") {
					continue
				}
				n++
				to := file
				if path != "" {
					to = filepath.Join(filepath.Dir(file), path)
				}
				if _, err := os.Stat(to); err != nil {
					t.Errorf("%s: there is no %s", l.where, m[1])
				} else if heading != "" && !slices.Contains(headings(t, to), heading) {
					t.Errorf("%s: %s has no heading #%s", l.where, to, heading)
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d links found", n)
	}
}

// headings are a page's, as links name them.
func headings(t *testing.T, file string) (names []string) {
	t.Helper()
	for _, l := range readPage(t, file) {
		if text := strings.TrimLeft(l.text, "#"); text != l.text {
			name := regexp.MustCompile(`[^\pL\pN_ -]`).ReplaceAllString(strings.ToLower(strings.TrimSpace(text)), "")
			names = append(names, strings.ReplaceAll(name, " ", "-"))
		}
	}
	return names
}
