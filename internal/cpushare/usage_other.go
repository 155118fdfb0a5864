//go:build !linux

package cpushare

import "errors"

func read() (usage, error) {
	return usage{}, errors.New("cpushare: this system doesn't tell how busy it is")
}
