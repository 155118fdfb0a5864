package server

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
)

// problem is an error for the client: a status, and a sentence that says what to do.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

// errGone is the error of a client that has hung up: there is nobody to answer.
var errGone = errors.New("the client has hung up")

// answer writes what f returns as JSON: a value, or {"error": "…"} with a problem's status. Any other
// error is the server's own and goes to its log; clients are told no more than that.
func answer(f func(http.ResponseWriter, *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, err := f(w, r)
		var text []byte
		if err == nil {
			text, err = json.Marshal(value)
		}
		status := http.StatusOK
		var p *problem
		switch {
		case err == nil:
		case errors.Is(err, errGone):
			panic(http.ErrAbortHandler) // closes the connection
		case errors.As(err, &p):
			status = p.status
		default:
			log.Printf("%s %s: %v", r.Method, r.URL.Path, err)
			p = &problem{http.StatusInternalServerError, "The server failed; its log says why."}
			status = p.status
		}
		if p != nil {
			text, _ = json.Marshal(map[string]string{"error": p.text}) // a string can always be written
		}
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write(append(text, '\n'))
	})
}
