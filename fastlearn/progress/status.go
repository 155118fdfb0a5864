package progress

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// status is what is said of the work so far.
type status struct {
	label       string
	done, total int64 // batches, files or bytes; a total of 0 or less is not known
	first       int64 // done before it began, by a fit that is resumed
	bytes       bool
	took        time.Duration

	loss, lr *float64 // nil where there is none
	items    int      // done, of so many batches
	unit     string   // theirs: "img"
}

// head is what stands before the bar.
func (s status) head() string {
	switch {
	case s.bytes && s.total > 0:
		return fmt.Sprintf("%s %.1f/%.1f MB", s.label, float64(s.done)/1e6, float64(s.total)/1e6)
	case s.bytes:
		return fmt.Sprintf("%s %.1f MB", s.label, float64(s.done)/1e6)
	}
	return fmt.Sprintf("%s %d/%d", s.label, s.done, s.total)
}

// cut is as much of text as fits into so many columns, without a sign of what is missing: a
// terminal that knows ASCII alone could show none.
func cut(text string, columns int) string {
	if runes := []rune(text); len(runes) > columns {
		return string(runes[:max(columns, 0)])
	}
	return text
}

// tail has as many of the parts, the first ones first, as fit into so many columns beside a
// short bar.
func (s status) tail(columns int) string {
	const bar = 8
	var text strings.Builder
	for _, part := range s.parts() {
		if utf8.RuneCountInString(text.String()+"  "+part) > columns-bar {
			break
		}
		text.WriteString("  " + part)
	}
	return text.String()
}

// line is all of it, for a log.
func (s status) line() string {
	return strings.Join(append([]string{s.head()}, s.parts()...), "  ")
}

func (s status) parts() (parts []string) {
	if s.done == 0 {
		return nil
	}
	if s.loss != nil {
		parts = append(parts, "loss "+lossText(*s.loss))
	}
	if s.total > 0 {
		left := float64(s.took) * float64(max(s.total-s.done, 0)) / float64(max(s.done-s.first, 1))
		parts = append(parts, clock(time.Duration(left))+" left")
	}
	if s.lr != nil {
		parts = append(parts, fmt.Sprintf("lr %.1e", *s.lr))
	}
	seconds := max(s.took.Seconds(), 1e-9)
	if s.bytes {
		parts = append(parts, fmt.Sprintf("%.1f MB/s", float64(s.done)/1e6/seconds))
	}
	if s.items > 0 {
		parts = append(parts, fmt.Sprintf("%.3g %s/s", float64(s.items)/seconds, s.unit))
	}
	return parts
}

// lossText is a loss in four decimals; one that explodes gets an exponent instead of thirty digits.
func lossText(loss float64) string {
	if math.Abs(loss) < 1e5 {
		return fmt.Sprintf("%.4f", loss)
	}
	return fmt.Sprintf("%.4g", loss) // NaN too
}

// clock is a time in minutes and seconds, and in hours if there are any.
func clock(d time.Duration) string {
	n := int(d.Round(time.Second).Seconds())
	if n >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", n/3600, n/60%60, n%60)
	}
	return fmt.Sprintf("%02d:%02d", n/60, n%60)
}
