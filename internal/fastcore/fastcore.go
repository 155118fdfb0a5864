// Package fastcore looks into what fastai pickles: objects, and fastcore's collections around lists.
package fastcore

import "github.com/fastlearn-go/fastlearn/torch/pth"

// Object returns v as an object, nil where it isn't one.
func Object(v any) *pth.Object {
	o, _ := v.(*pth.Object)
	return o
}

// Items returns those of a list or a tuple, or of one of fastcore's collections, in which others lie.
func Items(v any) []any {
	for range 10 {
		switch l := v.(type) {
		case *pth.List:
			return l.Items
		case pth.Tuple:
			return l
		case *pth.Object:
			inner, ok := l.Attr("items")
			if !ok {
				return l.Items
			}
			v = inner
		default:
			return nil
		}
	}
	return nil
}
