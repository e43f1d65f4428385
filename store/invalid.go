package store

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// InvalidError says that a value can't be kept as it is.
type InvalidError struct {
	Field  string
	Reason string // for who sent it
}

// Error names the field and the reason.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

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
		return &InvalidError{field, "it is empty"}
	}
	return checkOptional(field, s)
}

func checkOptional(field, s string) *InvalidError { return check(field, s, MaxName) }
func checkText(field, s string) *InvalidError     { return check(field, s, MaxText) }

// check lets through what SQLite gives back byte by byte: to it, a NUL ends a
// text here and there.
func check(field, s string, most int) *InvalidError {
	switch {
	case len(s) > most:
		return &InvalidError{field, fmt.Sprintf("it has %d bytes, and may have %d", len(s), most)}
	case !utf8.ValidString(s):
		return &InvalidError{field, "it is not UTF-8"}
	case strings.ContainsRune(s, 0):
		return &InvalidError{field, "it has a NUL"}
	default:
		return nil
	}
}

// checkTime refuses what no JSON time can be.
func checkTime(field string, at time.Time) *InvalidError {
	if y := at.UTC().Year(); y < 1970 || y > 9999 {
		return &InvalidError{field, "it is not within the years 1970 to 9999"}
	}
	return nil
}
