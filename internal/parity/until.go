package parity

import (
	"testing"
	"time"
)

// patience bounds a wait for what must come. Nothing may depend on its value: it ends a test that hangs, on
// the slowest and busiest machine.
const patience = 5 * time.Minute

// Until waits until done returns true. It fails the test, naming what was waited for, if that never comes.
func Until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
