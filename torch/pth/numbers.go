package pth

import "fmt"

// LoadNumbers reads numbers of a dict: into holds a *float64 or an *int for each key. If one is missing that is an error, and
// nothing changes.
func LoadNumbers(d *Dict, into map[string]any) error {
	values := map[string]float64{}
	for key := range into {
		v, _ := d.Get(key)
		n, ok := Float(v)
		if !ok {
			return fmt.Errorf("it has no number %q", key)
		}
		values[key] = n
	}
	for key, p := range into {
		switch p := p.(type) {
		case *float64:
			*p = values[key]
		case *int:
			*p = int(values[key])
		}
	}
	return nil
}
