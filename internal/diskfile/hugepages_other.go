//go:build unix && !linux

package diskfile

func hugePages([]byte) {}
