// Package diskfile maps files into memory and replaces them atomically. It is the
// common ground of the packages that read and write weights.
package diskfile
