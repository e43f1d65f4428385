package plugins_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
	"vega/plugins/testdata/hostile"
)

// atIt is the harm of a run that does not end.
const atIt = "still"

// Without one of the defences the same modules do harm: the tests of hostile modules
// can fail, and each defence is necessary.
func TestHarmWithoutDefences(t *testing.T) {
	for _, c := range []struct {
		name, harm string
		trial
	}{
		{"check/elements", "out of memory", trial{Module: "count-elements", NoCheck: true, NoChild: true}},
		{"check/data", "out of memory", trial{Module: "count-data", NoCheck: true, NoChild: true}},
		{"check/globals", "out of memory", trial{Module: "count-globals", NoCheck: true, NoChild: true}},
		{"rewrite/recursion", atIt, trial{Module: "recursion", NoRewrite: true}},
		{"rewrite/calls", atIt, trial{Module: "calls", NoRewrite: true}},
		{"rewrite/fill", atIt, trial{Module: "fill", NoRewrite: true}},
		{"rewrite/table-grow", "", trial{Module: "table-grow", NoRewrite: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.Timeout, c.Budget = 200*time.Millisecond, time.Hour
			limit := longest
			if c.harm == atIt {
				limit = 2 * latest
			}
			reports, err := try(t, limit, c.trial)
			if err == nil && reports[0].Late > latest {
				err = fmt.Errorf("it still computed after %v past its deadline", reports[0].Late)
			}
			if err == nil {
				t.Fatalf("no harm: %s", ending(reports[0]))
			}
			if !strings.Contains(err.Error(), c.harm) && !strings.Contains(err.Error(), "signal: killed") {
				t.Errorf("another harm than %q: %v", c.harm, err)
			}
			t.Log(strings.SplitN(err.Error(), "\n", 2)[0], "|", firstFatal(err))
		})
	}
}

func firstFatal(err error) string {
	_, rest, _ := strings.Cut(err.Error(), "fatal error")
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// A guest that is not paused outlives its deadline, and freezes every other goroutine
// for as long as it runs once garbage is collected.
func TestFreezeWithoutRewrite(t *testing.T) {
	wasm, err := manifest.Pack(hostile.Calls(30), &manifest.Manifest{ABI: "vega_v1", Name: "h", Version: "1", Probes: []manifest.Probe{{Name: "p"}}})
	if err != nil {
		t.Fatal(err)
	}
	c := trial{Wasm: wasm, Timeout: 100 * time.Millisecond, Budget: time.Hour, NoRewrite: true}
	reports, err := try(t, 2*longest, c)
	if err != nil {
		t.Fatal(err)
	}
	if r := reports[0]; r.Late < 500*time.Millisecond || r.GC < 500*time.Millisecond {
		t.Errorf("without: %v of processor time past its deadline, garbage collected within %v", r.Late, r.GC)
	} else {
		t.Logf("without: %v of processor time past its deadline, garbage collected within %v", r.Late, r.GC)
	}
	c.NoRewrite = false
	if reports, err = try(t, 2*longest, c); err != nil {
		t.Fatal(err)
	}
	if r := reports[0]; r.Late > latest || r.GC > longestGC {
		t.Errorf("with: %v of processor time past its deadline, garbage collected within %v", r.Late, r.GC)
	}
}

// The child process is the second defence: a bomb that passed the check would end the
// compiler, not the daemon.
func TestChildHoldsWithoutCheck(t *testing.T) {
	reports, err := try(t, 2*longest, trial{Module: "count-elements", NoCheck: true}, trial{Module: "count-globals", NoCheck: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		if !strings.Contains(r.Refused, "does not compile: its compiler") || r.Honest != "" {
			t.Errorf("%s, honest: %q", ending(r), r.Honest)
		}
		t.Log(ending(r))
	}
}
