package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// maxLines is the number of lines shown of a failed test's output, the last ones.
const maxLines = 300

// run is the state of a test run.
type run struct {
	out     io.Writer
	outcome map[test]string   // "pass", "skip" or "fail"; a package has no test name
	took    map[test]float64  // seconds
	output  map[test][]string // of tests that have not ended
	why     map[test]string   // reasons of skipped tests
	failed  map[test][]string // output of failed tests
	builds  map[string]string // output of the compiler, by import path
	strange []string          // lines that are not events
}

// test identifies a test, or a package if Name is empty.
type test struct{ Package, Name string }

func newRun(out io.Writer) *run {
	return &run{
		out: out, outcome: map[test]string{}, took: map[test]float64{}, output: map[test][]string{}, why: map[test]string{}, failed: map[test][]string{}, builds: map[string]string{},
	}
}

func (r *run) foreign(line string) {
	fmt.Fprintln(r.out, line)
	r.strange = append(r.strange, line)
}

func (r *run) take(e event) {
	at := test{e.Package, e.Test}
	switch e.Action {
	case "output":
		r.output[at] = append(r.output[at], e.Output)
	case "build-output":
		r.builds[e.ImportPath] += e.Output
		fmt.Fprint(r.out, e.Output)
	case "pass", "skip", "fail":
		r.ended(at, e)
	}
}

// ended records the end of a test or package.
func (r *run) ended(at test, e event) {
	r.outcome[at], r.took[at] = e.Action, e.Elapsed
	output := r.output[at]
	delete(r.output, at)
	switch e.Action {
	case "skip":
		r.why[at] = reason(output)
	case "fail":
		r.failed[at] = output[max(0, len(output)-maxLines):]
	}
	if at.Name == "" && !(e.Action == "skip") { // a package without tests is skipped
		fmt.Fprintf(r.out, "%-4s %-28s %7.1fs  %s\n", e.Action, strings.TrimPrefix(at.Package, "vega/"), e.Elapsed, r.counted(at.Package))
	}
}

// reason returns the line with which a test was skipped.
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "===") {
			return line
		}
	}
	return ""
}

func (r *run) counted(pkg string) string {
	n := map[string]int{}
	for at, outcome := range r.outcome {
		if at.Package == pkg && at.Name != "" {
			n[outcome]++
		}
	}
	text := fmt.Sprintf("%d passed", n["pass"])
	if n["skip"] > 0 {
		text += fmt.Sprintf(", %d skipped", n["skip"])
	}
	if n["fail"] > 0 {
		text += fmt.Sprintf(", %d FAILED", n["fail"])
	}
	return text
}

// end prints what was skipped and what failed. It returns an error if anything
// failed or no test ran.
func (r *run) end(took time.Duration) error {
	if len(r.why) > 0 {
		fmt.Fprintf(r.out, "%d tests were skipped:\n", len(r.why))
	}
	for _, why := range slices.Compact(slices.Sorted(maps.Values(r.why))) {
		fmt.Fprintf(r.out, "  %s\n", why)
	}
	passed := 0
	for at, outcome := range r.outcome {
		if at.Name != "" && outcome == "pass" {
			passed++
		}
	}
	fmt.Fprintf(r.out, "slowest: %s\n", r.slowest(8))
	fmt.Fprintf(r.out, "%d tests passed in %.0fs\n", passed, took.Seconds())
	for at := range r.output { // the process died before the test ended
		if at.Name != "" && r.outcome[test{at.Package, ""}] == "fail" {
			r.failed[at] = r.output[at]
		}
	}
	all := slices.SortedFunc(maps.Keys(r.failed), func(a, b test) int {
		return strings.Compare(a.Package+" "+a.Name, b.Package+" "+b.Name)
	})
	for _, at := range all {
		fmt.Fprintf(r.out, "\nFAILED %s %s\n%s", at.Package, at.Name, strings.Join(r.failed[at], ""))
	}
	if len(all) > 0 {
		fmt.Fprintln(r.out, "\nfailed:")
	}
	for _, at := range all {
		fmt.Fprintf(r.out, "  %s %s\n", at.Package, at.Name)
	}
	switch {
	case len(all) > 0:
		return fmt.Errorf("%d tests or packages failed", len(all))
	case passed == 0:
		return fmt.Errorf("no test ran: %s", strings.Join(r.strange, "; "))
	default:
		return nil
	}
}

// slowest lists the n slowest top-level tests.
func (r *run) slowest(n int) string {
	var all []test
	for at := range r.took {
		if at.Name != "" && !strings.Contains(at.Name, "/") {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, func(a, b test) int { return cmp.Compare(r.took[b], r.took[a]) })
	var texts []string
	for _, at := range all[:min(n, len(all))] {
		texts = append(texts, fmt.Sprintf("%s.%s %.0fs", strings.TrimPrefix(at.Package, "vega/"), at.Name, r.took[at]))
	}
	return strings.Join(texts, ", ")
}

// kept is the outcome of a test, as saved in a file.
type kept struct {
	test
	Outcome string
	Why     string `json:",omitempty"`
}

func (r *run) save(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	to := json.NewEncoder(f)
	for at, outcome := range r.outcome {
		if at.Name == "" {
			continue
		}
		if err := to.Encode(kept{at, outcome, r.why[at]}); err != nil {
			return err
		}
	}
	return f.Close()
}
