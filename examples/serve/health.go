package main

import "net/http"

// health says that the process answers.
func (a *app) health(http.ResponseWriter, *http.Request) (any, error) {
	return map[string]string{"status": "ok"}, nil
}

// ready says whether a picture that is sent now is taken, which balancers ask.
func (a *app) ready(http.ResponseWriter, *http.Request) (any, error) {
	switch {
	case a.ending.Load():
		return nil, &problem{http.StatusServiceUnavailable, "The server is ending."}
	case len(a.taken) == cap(a.taken):
		return nil, &problem{http.StatusServiceUnavailable, "The server has too much to do."}
	}
	return map[string]string{"status": "ready"}, nil
}
