package onnx

// Limit sets how large a file may be before its weights go into another, and returns what puts it back.
func Limit(bytes uint64) (back func()) {
	was := limit
	limit = bytes
	return func() { limit = was }
}
