package store

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits, in bytes.
const (
	MaxText = 16 << 20 // of a prompt, a response or a memory's value
	MaxName = 256      // of a session, a source, a model or a memory's key
)

func firstInvalid(all ...*InvalidError) error {
	for _, e := range all {
		if e != nil {
			return e
		}
	}
	return nil
}

func checkName(field, s string) *InvalidError {
	if s == "" {
		return &InvalidError{field, "must not be empty"}
	}
	return checkOptional(field, s)
}

func checkOptional(field, s string) *InvalidError { return checkBytes(field, s, MaxName) }
func checkText(field, s string) *InvalidError     { return checkBytes(field, s, MaxText) }

// checkBytes accepts text that every database returns byte for byte. Some
// functions of SQLite end a string at a NUL byte, and PostgreSQL can't store
// one.
func checkBytes(field, s string, limit int) *InvalidError {
	switch {
	case len(s) > limit:
		return &InvalidError{field, fmt.Sprintf("%d bytes exceed the limit of %d", len(s), limit)}
	case !utf8.ValidString(s):
		return &InvalidError{field, "must be valid UTF-8"}
	case strings.ContainsRune(s, 0):
		return &InvalidError{field, "must not contain a NUL byte"}
	default:
		return nil
	}
}

// checkTime rejects times that JSON cannot represent.
func checkTime(field string, at time.Time) *InvalidError {
	if y := at.UTC().Year(); y < 1970 || y > 9999 {
		return &InvalidError{field, "must be within the years 1970 to 9999"}
	}
	return nil
}
