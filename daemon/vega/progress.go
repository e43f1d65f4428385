package main

import (
	"fmt"
	"io"

	"vega/daemon/engine"
)

// progress is a line on a terminal that says how many checks are done. It
// shows nothing to a program.
type progress struct {
	out  io.Writer
	live bool
}

func startProgress(out io.Writer) *progress {
	p := &progress{out: out, live: onTerminal(out)}
	p.line("loading plugins")
	return p
}

// show is called as each check comes in.
func (p *progress) show(done, total int, r engine.Report) {
	p.line(fmt.Sprintf("checked %d of %d: %s is %s", done, total, r.Name, r.Status))
}

func (p *progress) line(text string) {
	if p.live {
		fmt.Fprint(p.out, clearLine+text)
	}
}

// end takes the line away, for the table.
func (p *progress) end() {
	p.line("")
}

// clearLine takes a terminal back to the start of an empty line.
const clearLine = "\r\x1b[K"
