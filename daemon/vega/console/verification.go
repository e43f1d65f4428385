package console

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vega/daemon/verify"
)

// Verification prints the checks of vega verify, one line each, as they end.
type Verification struct {
	out     io.Writer
	symbols bool // print symbols instead of words
	began   time.Time
}

// NewVerification returns a Verification that starts now and prints to out.
func NewVerification(out io.Writer) *Verification {
	return &Verification{out: out, symbols: IsTerminal(out), began: time.Now()}
}

// checkMarks all take the same number of terminal cells.
var checkMarks = map[verify.Outcome]string{verify.Pass: "✅", verify.Fail: "❌", verify.Skip: "⏭ "}

var longestCheck = len(slices.MaxFunc(verify.Names(), func(a, b string) int { return len(a) - len(b) }))

// Line prints the outcome of a check.
func (v *Verification) Line(c verify.Check) {
	mark := string(c.Outcome)
	if v.symbols {
		mark = checkMarks[c.Outcome]
	}
	fmt.Fprintf(v.out, "%s  %-*s  %8s  %s\n", mark, longestCheck, c.Name, Milliseconds(c.DurationMS), c.Reason)
	if c.Fix != "" {
		fmt.Fprintf(v.out, "      fix: %s\n", c.Fix)
	}
}

// End prints the totals of a report and the time since the start.
func (v *Verification) End(r verify.Report) {
	fmt.Fprintf(v.out, "\n%s in %s\n", checkCounts(r), Milliseconds(float64(time.Since(v.began).Microseconds())/1000))
}

// checkCounts lists the counts of a report that are not zero.
func checkCounts(r verify.Report) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{r.Passed, "passed"}, {r.Failed, "failed"}, {r.Skipped, "skipped"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}
