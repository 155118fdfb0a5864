// Package version tells which version of fastlearn this is: files and "make info" carry it.
package version

// Fastlearn is the version of this source tree, the newest of CHANGELOG.md.
const Fastlearn = "v0.2.0"
