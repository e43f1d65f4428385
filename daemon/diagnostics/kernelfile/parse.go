// Package kernelfile reads the text files in /proc and /sys in which Linux publishes
// its state.
package kernelfile

import (
	"fmt"
	"strconv"
	"strings"
)

// LookUp returns the number of a key in text that consists of lines "key number".
func LookUp(text, key string) (uint64, bool) {
	for line := range strings.Lines(text) {
		if name, figure, _ := strings.Cut(strings.TrimSpace(line), " "); name == key {
			v, err := strconv.ParseUint(figure, 10, 64)
			return v, err == nil
		}
	}
	return 0, false
}

// Malformed returns the error for a file whose text has an unknown format.
func Malformed(path, text string) error {
	const shown = 80
	return fmt.Errorf("parse %s: unexpected text %.*q", path, shown, text)
}
