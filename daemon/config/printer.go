package config

import (
	"bufio"
	"fmt"
)

const (
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	blue   = "\x1b[34m"
	plain  = "\x1b[0m"
)

// textWriter writes to a terminal, in color where that is wanted.
type textWriter struct {
	out   *bufio.Writer
	color bool
}

func newPrinter(out *bufio.Writer, color bool) *textWriter { return &textWriter{out, color} }

// printf writes; bufio keeps an error for Flush.
func (t *textWriter) printf(format string, args ...any) { fmt.Fprintf(t.out, format, args...) }

// bold returns s in bold.
func (t *textWriter) bold(s string) string { return t.in(bold, s) }

func (t *textWriter) in(color, s string) string {
	if !t.color {
		return s
	}
	return color + s + plain
}
