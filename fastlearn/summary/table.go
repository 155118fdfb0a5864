package summary

import (
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/scale"
	"github.com/fastlearn-go/fastlearn/internal/columns"
	"github.com/fastlearn-go/fastlearn/internal/guard"
)

// String is the table and the sums, in lines.
func (s *Summary) String() string {
	if s == nil {
		return ""
	}
	var b strings.Builder
	_, _ = s.WriteTo(&b) // a Builder takes everything
	return b.String()
}

// WriteTo writes what [Summary.String] returns.
func (s *Summary) WriteTo(w io.Writer) (int64, error) {
	if err := guard.Given("summary: Summary", s, w); err != nil {
		return 0, err
	}
	out := &counted{w: w}
	fmt.Fprintf(out, "%s, input %s\n\n", s.Model, scale.Shape(s.Input))
	heads, rows := s.Table()
	if err := summaryTable(out, heads, rows); err != nil {
		return out.n, err
	}
	fmt.Fprint(out, "\n", s.Sums())
	return out.n, out.err
}

// Sums are the lines below the table.
func (s *Summary) Sums() string {
	if s == nil {
		return ""
	}
	text := fmt.Sprintf("parameters        %s\n  trainable       %s\n  frozen          %s\n", scale.Thousands(s.Params), scale.Thousands(s.Trainable), scale.Thousands(s.Params-s.Trainable)) +
		fmt.Sprintf("multiply-adds     %s for an item\n", scale.Thousands(s.MACs))
	if s.ChannelsLast {
		text += "layout            channels last\n"
	}
	if s.Loss != "" {
		text += fmt.Sprintf("loss              %s\noptimizer         %s%s\n", s.Loss, s.Optimizer, s.frozen()) +
			fmt.Sprintf("callbacks         %s\n", strings.Join(s.Callbacks, ", "))
	}
	return text
}

// Table is the table's heads and rows, for other ways to show it.
func (s *Summary) Table() (heads []string, rows [][]string) {
	if s == nil {
		return nil, nil
	}
	for _, l := range s.Layers {
		params, trained := "", ""
		if l.Params > 0 {
			params, trained = scale.Thousands(l.Params), "yes"
			switch l.Trainable {
			case 0:
				trained = "frozen"
			case l.Params:
			default:
				trained = "in part"
			}
		}
		macs := ""
		if l.MACs != 0 {
			macs = scale.Thousands(l.MACs)
		}
		output := "?"
		if l.Output != nil {
			output = scale.Shape(l.Output)
		}
		rows = append(rows, []string{l.Name, l.Type, output, params, trained, macs})
	}
	return []string{"layer", "type", "output", "parameters", "trained", "multiply-adds"}, rows
}

func (s *Summary) frozen() string {
	switch s.Frozen {
	case -1:
		return ""
	case 0:
		return ", no group frozen"
	case 1:
		return ", the first group frozen"
	}
	return fmt.Sprintf(", the first %d groups frozen", s.Frozen)
}

// summaryTable prints rows in columns as wide as they need, numbers to the right.
func summaryTable(w io.Writer, heads []string, rows [][]string) error {
	align := []tw.Align{tw.AlignLeft, tw.AlignLeft, tw.AlignLeft, tw.AlignRight, tw.AlignLeft, tw.AlignRight}
	t := columns.New(w, align, tablewriter.WithRowAutoWrap(tw.WrapNone))
	t.Header(heads)
	if err := t.Bulk(rows); err != nil {
		return err
	}
	return t.Render()
}

// counted counts what it writes and keeps the first error.
type counted struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counted) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.err = err
	return n, err
}
