// Package server answers what pictures show over HTTP, from a file of [fastlearn.Learner.Export]: a page on which pictures are
// dropped, pasted or chosen, POST /api/predict with a picture's file as the body, /healthz and /readyz.
//
//	err := server.Run(ctx, "flowers.safetensors", "127.0.0.1:8080")
//
// It has neither TLS nor accounts: on a network put it behind a proxy that has them. What clients can ask for is bounded by
// options; the pictures that are read at the same time bound memory. It logs by package log.
package server
