package diag

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

// Printer writes to a terminal, optionally in color.
type Printer struct {
	out   *bufio.Writer
	color bool
}

// NewPrinter returns a Printer to out.
func NewPrinter(out *bufio.Writer, color bool) *Printer { return &Printer{out, color} }

// Printf writes formatted text. Flush returns any write error.
func (t *Printer) Printf(format string, args ...any) { fmt.Fprintf(t.out, format, args...) }

// Bold returns s in bold.
func (t *Printer) Bold(s string) string { return t.colored(bold, s) }

func (t *Printer) colored(color, s string) string {
	if !t.color {
		return s
	}
	return color + s + plain
}
