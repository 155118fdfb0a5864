// Package extending has one custom part of each kind that a learner is put together from, written with what is exported alone. Its
// tests compare each with the built-in one that does the same. docs/extending.md walks through them.
package extending
