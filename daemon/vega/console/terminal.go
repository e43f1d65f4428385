package console

import (
	"io"
	"os"

	"golang.org/x/term"
)

// IsTerminal reports whether w is a terminal, so that a person reads it.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// HasColor reports whether to write colors to w, that is, whether w is a
// terminal that knows them and NO_COLOR is not set.
func HasColor(w io.Writer) bool { return knowsEscapes(w) && os.Getenv("NO_COLOR") == "" }

// knowsEscapes reports whether w is a terminal that knows escape sequences.
func knowsEscapes(w io.Writer) bool { return IsTerminal(w) && os.Getenv("TERM") != "dumb" }

// width returns the columns of the terminal w, 0 for anything else.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
