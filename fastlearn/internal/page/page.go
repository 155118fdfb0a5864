// Package page is the page that reports and the live page are: what it shows, and how it is
// written. It is one file that fetches nothing: style, script and pictures are in it.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"regexp"
	"strings"
)

// Page is all that a page shows; what is nil or empty is left out.
type Page struct {
	Title, Sub string // Sub is the line under the title
	Live       *Live  // of a page that is served while a training runs
	Facts      []Fact // the few numbers that matter most
	Runs       []Run
	LRFind     *Chart
	Data       *Data
	Model      *Model
	Outcome    *Outcome
	Losses     *Losses
	Settings   []Fact
	Versions   []Fact
	Record     *Record   // what other pages need to know of this one
	Compared   *Compared // of a page about two others
}

// Fact is a name and what goes with it.
type Fact struct{ Name, Value string }

// Live is how far a training is.
type Live struct {
	Said    string // the state in a sentence that changes with each epoch
	Facts   []Fact
	Percent int
	Running bool
}

// Data is what was learnt from.
type Data struct {
	Note    string
	Balance []Balance
	Several bool // a picture may have several labels
	Missing int  // classes without a picture to train on
	Batch   []Picture
	Problem string // why there is no batch
}

// Balance is how many pictures a class has.
type Balance struct {
	Class        string
	Train, Valid int
	TrainBar     string // per cent of the longest bar
	ValidBar     string
}

// Picture is a picture as it is shown, with its words.
type Picture struct {
	Src     template.URL // a data: address
	W, H    int
	Alt     string
	Caption string
	Lines   []string
	Wrong   bool

	// Of a picture to choose about; without Path it is only shown.
	Place       int
	Path, Label string
	Predicted   string // the class that a wrong one was taken for, to choose by one click
}

// Model is what a model is made of.
type Model struct {
	Note   string
	Tables []Table
}

// Table is one with a line of sums.
type Table struct {
	Caption string
	Heads   []string
	Rows    [][]string
	Foot    []string
}

// Outcome is what the model makes of the validation set.
type Outcome struct {
	Heads       []string // of Scores
	Scores      [][]string
	Calibration *Calibration
	Matrix      *Matrix
	Confused    []Confused
	More        int // confusions that are left out
	Note        string
}

// Confused is a pair of classes with pictures of the one that were taken for the other.
type Confused struct {
	Actual, Predicted string
	N                 int
	Pictures          []Picture
}

// Losses are the pictures with the largest losses.
type Losses struct {
	Heading  string // what stands below each picture
	Pictures []Picture
	Classes  []string // to choose from; nil where labels can't be chosen
	Note     string
}

//go:embed page.tmpl
var pageText string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

var templates = template.Must(template.New("page").Funcs(template.FuncMap{
	"css":    func() template.CSS { return template.CSS(pageCSS) },
	"js":     func() template.JS { return template.JS(pageJS) },
	"policy": func() string { return Policy(false) },
	"parts":  parts,
}).Parse(pageText))

// Policy is the content security policy of the page: nothing is fetched, nothing runs but the page's own
// script. A live page may ask its own server.
func Policy(live bool) string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	p := fmt.Sprintf("default-src 'none'; img-src data:; style-src %s; script-src %s; base-uri 'none'; form-action 'none'", hash(pageCSS), hash(pageJS))
	if live {
		p += "; connect-src 'self'; frame-ancestors 'none'"
	}
	return p
}

// HTML writes the whole page.
func (p *Page) HTML() ([]byte, error) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, "page", p); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Part writes the inside of one of the page's parts, by its template: "status", "said", "training", "data", "model" …
func (p *Page) Part(name string) (string, error) {
	var b strings.Builder
	err := templates.ExecuteTemplate(&b, name, p)
	return b.String(), err
}

// Said is the state of a live page, escaped.
func (p *Page) Said() string { return template.HTMLEscapeString(p.Live.Said) }

var joints = regexp.MustCompile(`[_/\\;|]+|[.,:+-]+`)

// parts divides a name where a line may end within it: after what joins words in names of files and classes, and not in a number.
func parts(name string) (all []string) {
	begin := 0
	for _, at := range joints.FindAllStringIndex(name, -1) {
		number := strings.ContainsAny(name[at[0]:at[1]], ".,:+-") && at[1] < len(name) && name[at[1]] >= '0' && name[at[1]] <= '9'
		if at[1] < len(name) && !number {
			all, begin = append(all, name[begin:at[1]]), at[1]
		}
	}
	return append(all, name[begin:])
}
