package diag

import (
	"strings"
	"unicode"
)

// Clean makes text safe to print: without control or direction characters, and
// of bounded length.
func Clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, s)
	if len(s) > 2000 {
		s = strings.ToValidUTF8(s[:2000], "") + "…"
	}
	return s
}

// cleanName is Clean for the name of a file.
func cleanName(path string) string { return strings.ReplaceAll(Clean(path), "\n", "·") }

// Clip shortens a name from a file for quoting.
func Clip(s string) string {
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "…"
	}
	return s
}
