package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
)

// StatusError is an HTTP status by which a server refused a download.
type StatusError struct{ Code int }

// Error is like "the server says 404 Not Found".
func (e *StatusError) Error() string {
	return fmt.Sprintf("the server says %d %s", e.Code, http.StatusText(e.Code))
}

// brokenError is a connection's failure that another connection may mend.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return e.err.Error() }
func (e *brokenError) Unwrap() error { return e.err }

// errSilent is a connection that says nothing any more.
var errSilent = &brokenError{errors.New("nothing arrives")}

// cause puts a failure of the network into few words. Where nothing has arrived yet it
// is final, but for a server that hung up: there is no network, or no such server, and
// the user should hear of it now.
func (d *download) cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil { // the caller's, or that nothing arrives
		return c
	}
	var broken *brokenError
	if errors.As(err, &broken) {
		return err
	}
	var dns *net.DNSError
	var op *net.OpError
	var wrapped *url.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		err = fmt.Errorf("no network, or no server of the name %s", dns.Name)
	case errors.As(err, &dns):
		err = fmt.Errorf("no network: can't look up the name %s", dns.Name)
	case errors.As(err, &op) && op.Op == "dial":
		err = fmt.Errorf("no network, or no server there: %w", op)
	case errors.As(err, &op):
		return &brokenError{op}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &brokenError{errors.New("the server hung up without an answer")}
	case errors.As(err, &wrapped):
		err = wrapped.Err // without the URL, which is named anyway
	}
	if d.got {
		return &brokenError{err}
	}
	return err
}
