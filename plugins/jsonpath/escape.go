package jsonpath

import (
	"unicode/utf16"
	"unicode/utf8"
)

// escapes lists the one-letter escapes.
var escapes = map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// character returns what an escape or invalid byte stands for, and its length.
func character(raw []byte) (rune, int) {
	if raw[0] != '\\' {
		return utf8.RuneError, 1
	}
	if raw[1] != 'u' {
		return escapes[raw[1]], 2
	}
	r := unit(raw)
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if pair := utf16.DecodeRune(r, unit(raw[6:])); pair != utf8.RuneError {
		return pair, 12
	}
	return utf8.RuneError, 6
}

// unit returns the code unit of a leading \uXXXX in b, or -1.
func unit(b []byte) rune {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return -1
	}
	var r rune
	for _, c := range b[2:6] {
		d, ok := hex(c)
		if !ok {
			return -1
		}
		r = r<<4 | d
	}
	return r
}

func hex(c byte) (rune, bool) {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0'), true
	case c >= 'a' && c <= 'f':
		return rune(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return rune(c-'A') + 10, true
	default:
		return 0, false
	}
}
