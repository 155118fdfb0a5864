package server

import (
	_ "embed"
	"net/http"
)

// The page is three files, within the program; a browser loads nothing else.
var (
	//go:embed page/page.html
	html []byte
	//go:embed page/page.css
	css []byte
	//go:embed page/page.js
	js []byte
)

var pageFiles = map[string]pageFile{
	"/{$}":      {html, "text/html; charset=utf-8"},
	"/page.css": {css, "text/css; charset=utf-8"},
	"/page.js":  {js, "text/javascript; charset=utf-8"},
}

type pageFile struct {
	content []byte
	kind    string
}

func (f pageFile) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", f.kind)
	w.Write(f.content)
}
