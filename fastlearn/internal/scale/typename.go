package scale

import (
	"fmt"
	"strings"
)

// TypeName is a type's name without its package and what makes it generic: "Conv2d".
func TypeName(v any) string {
	name, _, _ := strings.Cut(strings.TrimLeft(fmt.Sprintf("%T", v), "*"), "[")
	return name[strings.LastIndex(name, ".")+1:]
}
