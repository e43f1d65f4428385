package main

import (
	"fmt"
	"io"
	"time"

	"vega/daemon/verify"
)

// verifyText prints checks as they are made, a line each.
type verifyText struct {
	out     io.Writer
	symbols bool // for people; programs get words
	began   time.Time
}

// verifyMarks are as wide as each other, in cells of a terminal.
var verifyMarks = map[verify.Outcome]string{verify.Pass: "✅", verify.Fail: "❌", verify.Skip: "⏭ "}

func (v *verifyText) line(c verify.Check) {
	mark := string(c.Outcome)
	if v.symbols {
		mark = verifyMarks[c.Outcome]
	}
	fmt.Fprintf(v.out, "%s  %-*s  %8s  %s\n", mark, longestCheck, c.Name, milliseconds(c.DurationMS), c.Reason)
	if c.Fix != "" {
		fmt.Fprintf(v.out, "      fix: %s\n", c.Fix)
	}
}

func (v *verifyText) end(r verify.Report) {
	fmt.Fprintf(v.out, "\n%s in %s\n", verifyCounts(r), milliseconds(float64(time.Since(v.began).Microseconds())/1000))
}
