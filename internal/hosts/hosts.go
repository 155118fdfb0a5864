// Package hosts tells which names a request to a server of this machine may have, so that no page of another site reads what the server
// has by pointing a name of its own at this machine (DNS rebinding).
package hosts

import (
	"net"
	"os"
	"strings"
)

// Allowed are names that requests may have.
type Allowed struct {
	Local bool // the server listens on loopback alone
	names map[string]bool
}

// Add allows more names, without ports; an empty one is none.
func (a *Allowed) Add(names ...string) {
	if a.names == nil {
		a.names = map[string]bool{}
	}
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" {
			a.names[strings.ToLower(n)] = true
		}
	}
}

// Has tells whether a request's host, with or without its port, is one of ours: localhost, an address (for a local server one of loopback), the
// machine's own name unless the server is local, or a name that was added. A site that points its own name here has that name as the host, never an address.
func (a Allowed) Has(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if host == "localhost" || a.names[host] {
		return true
	}
	if ip := net.ParseIP(host); ip != nil {
		return !a.Local || ip.IsLoopback()
	}
	name, err := os.Hostname()
	return err == nil && !a.Local && host == strings.ToLower(name)
}
