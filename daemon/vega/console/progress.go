package console

import (
	"fmt"
	"io"

	"vega/daemon/engine"
)

// Progress is a line on a terminal that counts finished checks. On anything
// else it prints nothing.
type Progress struct {
	out  io.Writer
	live bool
}

// StartProgress returns a Progress on out and shows its first line.
func StartProgress(out io.Writer) *Progress {
	p := &Progress{out: out, live: knowsEscapes(out)}
	p.line("loading plugins")
	return p
}

// Show shows that done of total checks have ended, most recently r.
func (p *Progress) Show(done, total int, r engine.Report) {
	p.line(fmt.Sprintf("checked %d of %d: %s is %s", done, total, r.Name, r.Status))
}

// clearLine moves a terminal's cursor to the start of the line and clears it.
const clearLine = "\r\x1b[K"

func (p *Progress) line(text string) {
	if p.live {
		fmt.Fprint(p.out, clearLine+text)
	}
}

// End clears the line.
func (p *Progress) End() {
	p.line("")
}
