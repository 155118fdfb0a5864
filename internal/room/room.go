// Package room tells beforehand whether there is room for what is to be allocated: Go's runtime ends the process
// where there is none.
package room

import "fmt"

// checked is from how many bytes on a check is worth its time, some microseconds.
const checked = 64 << 20

// For returns an error if n bytes can't be had: if they are more than the machine, the container or the process's
// limit allows. What others take meanwhile it can't know. An n below 0, or math.MaxInt64, stands for a product that overflowed.
func For(n int64) error {
	if 0 <= n && n < checked {
		return nil
	}
	if most := total(); n < 0 || n > most {
		return fmt.Errorf("it would take %s of memory, and there are %.1f GB", gigabytes(n), float64(most)/(1<<30))
	}
	if !mappable(n) {
		return fmt.Errorf("it would take %s of memory, which the system refuses", gigabytes(n))
	}
	return nil
}

func gigabytes(n int64) string {
	if n < 0 || n == 1<<63-1 {
		return "more than 2^63 bytes"
	}
	return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
}
