package distributed

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	// ErrPeer is the error of a call after another process has ended.
	ErrPeer = errors.New("another process has ended, or the connection to it is broken")
	// ErrTimeout is the error of a call that waited for another process in vain.
	ErrTimeout = errors.New("another process didn't answer within the time-out")
)

// Explain says in plain words why a call that waits for the others failed, such as a backward
// pass: the error is [ErrPeer] or [ErrTimeout] then, and libtorch's follows. nil stays nil.
func (g *ProcessGroup) Explain(what string, err error) error {
	if err == nil {
		return nil
	}
	if g == nil {
		return fmt.Errorf("distributed: %s, of a group that is nil: %w", what, err)
	}
	where := fmt.Sprintf("distributed: %s, rank %d of %d", what, g.rank, g.size)
	msg := plain(err)
	for _, known := range []struct {
		err   error
		words []string
	}{
		{ErrTimeout, []string{"timed out", "timeout"}},
		{ErrPeer, []string{"connection closed", "connection reset", "connection refused", "broken pipe", "failed to recv", "failed to send", "ioexception"}},
	} {
		for _, w := range known.words {
			if !strings.Contains(strings.ToLower(msg), w) {
				continue
			}
			if known.err == ErrTimeout {
				return fmt.Errorf("%s: %w of %v (%s)", where, known.err, g.timeout, msg)
			}
			return fmt.Errorf("%s: %w (%s)", where, known.err, msg)
		}
	}
	return fmt.Errorf("%s: %w", where, err)
}

// source is a place in gloo's C++ at the head of a message.
var source = regexp.MustCompile(`\[[^ \]]*\.(cc|cpp|h):\d+\] `)

// plain is the first line of a message, without the place in C++ where it arose.
func plain(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimSpace(source.ReplaceAllString(line, ""))
}
