package scale

import "fmt"

// Plural is a number with its word; more than one is the second word, or the first with an s.
func Plural(n int, words ...string) string {
	if n == 1 {
		return "1 " + words[0]
	}
	if len(words) == 1 {
		return fmt.Sprintf("%d %ss", n, words[0])
	}
	return fmt.Sprintf("%d %s", n, words[1])
}
