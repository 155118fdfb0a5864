package dashboard

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/fastlearn-go/fastlearn/fastlearn/internal/page"
)

// quiet is for what viewers do wrong, which is not the program's to print.
var quiet = log.New(io.Discard, "", 0)

const (
	mostViewers     = 32  // at a time
	mostConnections = 256 // of any kind
)

// limit closes connections that are too many.
func (b *Board) limit(c net.Conn, s http.ConnState) {
	switch s {
	case http.StateNew:
		if b.connections.Add(1) > mostConnections {
			c.Close()
		}
	case http.StateClosed, http.StateHijacked:
		b.connections.Add(-1)
	}
}

func (b *Board) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", b.servePage)
	mux.HandleFunc("GET /events", b.serveEvents)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", page.Policy(true))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !b.hosts.Has(r.Host) {
			http.Error(w, fmt.Sprintf("%q is not a name of this page: open %s, or allow the name by dashboard.Hosts", r.Host, b.url), http.StatusMisdirectedRequest)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (b *Board) servePage(w http.ResponseWriter, r *http.Request) {
	b.draw()
	b.mu.Lock()
	now := b.now
	b.mu.Unlock()
	html, err := b.page(now).HTML()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	b.hurry(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(html) // a viewer who is gone needs no page
}

// hurry cuts a viewer off who doesn't read what is sent next.
func (b *Board) hurry(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(b.write))
}

// page puts the page together.
func (b *Board) page(now state) *page.Page {
	live := now.live
	live.Said = now.said
	runs := page.Runs(b.history.Fits())
	slices.Reverse(runs) // the newest comes first
	p := &page.Page{Title: b.title, Sub: "A training as it goes on; the page changes by itself", Live: &live, Runs: runs,
		Data: now.data, Model: now.model, Settings: now.settings, Versions: now.versions}
	p.Outcome, p.Losses = now.drawn.outcome, now.drawn.losses
	return p
}

// written are the page's parts as they are sent, each with the version at which it changed. One
// viewer's goroutine writes them, for all.
type written struct {
	version, begun, drawn int
	parts                 map[string]part
}

type part struct {
	html    string
	version int
}

// partsSince are the parts that changed after a version, and the version that they are of.
func (b *Board) partsSince(version int) (map[string]string, int, error) {
	w, err := b.rewrite()
	if err != nil {
		return nil, 0, err
	}
	changed := map[string]string{}
	for name, p := range w.parts {
		if p.version > version {
			changed[name] = p.html
		}
	}
	return changed, w.version, nil
}

// rewrite writes the parts anew, if they are another viewer's of before. All viewers wake at once: one writes, and the
// others wait for it.
func (b *Board) rewrite() (written, error) {
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.Lock()
	now := b.now
	b.mu.Unlock()
	old := b.written
	if old.parts != nil && old.version == now.version {
		return old, nil
	}
	p := b.page(now)
	w := written{version: now.version, begun: now.begun, drawn: now.drawn.count, parts: map[string]part{}}
	put := func(name, html string) {
		was, there := old.parts[name]
		if there && was.html == html {
			w.parts[name] = was
			return
		}
		w.parts[name] = part{html, now.version}
	}
	begun, drawn := old.parts == nil || old.begun != w.begun, old.parts == nil || old.drawn != w.drawn
	for _, of := range []struct {
		changed bool
		names   []string
	}{{true, []string{"status"}}, {begun, []string{"data", "model", "settings"}}, {drawn, []string{"results", "losses"}}, {begun || drawn, []string{"nav"}}} {
		for _, name := range of.names {
			if !of.changed {
				w.parts[name] = old.parts[name]
				continue
			}
			html, err := p.Part(name)
			if err != nil {
				return w, err
			}
			put(name, html)
		}
	}
	put("said", p.Said())
	for _, r := range p.Runs {
		html, err := r.HTML()
		if err != nil {
			return w, err
		}
		put(r.ID, html)
	}
	b.written = w
	return w, nil
}

// serveEvents sends the parts of the page that change, until the viewer goes or the board closes.
func (b *Board) serveEvents(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	full := b.viewers >= mostViewers
	if !full {
		b.viewers++
	}
	b.mu.Unlock()
	if full {
		http.Error(w, "too many viewers", http.StatusServiceUnavailable)
		return
	}
	defer func() {
		b.mu.Lock()
		b.viewers--
		b.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	_ = out.SetReadDeadline(time.Time{}) // that of requests: this one lasts
	send := func(text string) bool {
		b.hurry(w)
		_, err := io.WriteString(w, text)
		return err == nil && out.Flush() == nil
	}
	seen := -1 // a viewer who comes gets all that is there
	alive := time.NewTicker(b.write)
	defer alive.Stop()
	for {
		b.mu.Lock()
		changed, closed, undrawn := b.changed, b.closed, b.now.undrawn()
		b.mu.Unlock()
		parts, version, err := b.partsSince(seen)
		if err != nil {
			return
		}
		if len(parts) > 0 {
			data, err := json.Marshal(parts) // one line, as an event's data must be
			if err != nil || !send("event: parts\ndata: "+string(data)+"\n\n") {
				return
			}
		}
		seen = version
		switch {
		case closed && undrawn:
			b.draw()
			continue
		case closed:
			send("event: end\ndata: end\n\n")
			return
		}
		b.drawSoon() // where the training is comes before its results, whose pictures must be opened
		select {
		case <-changed:
		case <-alive.C:
			if !send(": still here\n\n") {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}
