package plugins_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/testdata/hostile"
)

// The bounds that every hostile run is held to.
const (
	latest      = timeFactor * 500 * time.Millisecond // past its deadline; measured: well below 100 ms
	longestGC   = timeFactor * time.Second            // a frozen one takes as long as the guest
	longestLoad = timeFactor * 10 * time.Second
	largest     = 160 // MiB of memory over what there was, of a run within the default 32 MiB; garbage counts until it is collected
)

// outcome is what has to become of a hostile module.
type outcome struct {
	trial
	refused string // part of why it is not loaded
	status  plugins.Status
	cause   plugins.Cause
	says    string // parts of the message, of which it has one; "|" between
	peak    int64  // MiB, where it is not largest
}

func refused(name, why string) outcome { return outcome{trial: trial{Module: name}, refused: why} }

// faulty is a module that runs and is found at fault.
func faulty(name, says string, timeout time.Duration) outcome {
	return outcome{trial: trial{Module: name, Timeout: timeout}, status: plugins.Unknown, cause: plugins.Probe, says: says}
}

// endless is one that computes until its deadline, with a budget that does not
// end it before.
func endless(name string) outcome {
	o := faulty(name, "at its deadline of 400ms", 400*time.Millisecond)
	o.Budget = time.Hour
	return o
}

func harmless(name string) outcome {
	return outcome{trial: trial{Module: name, Timeout: 2 * time.Second}, status: plugins.Healthy}
}

// anyhow is a module that may end as it likes, by its deadline.
func anyhow(name string) outcome {
	return outcome{trial: trial{Module: name, Timeout: 400 * time.Millisecond, Budget: time.Hour}}
}

func (o outcome) atOnce(n int) outcome { o.AtOnce = n; return o }

func (o outcome) within(mib int64) outcome { o.peak = mib; return o }

// budgeted leaves the end to the sandbox's own budget of computing.
func (o outcome) budgeted() outcome {
	o.Budget, o.Timeout, o.says = 0, 5*time.Second, "computed for more than"
	return o
}

// outcomes has every module of testdata/hostile.
var outcomes = []outcome{
	refused("count-sections", "cut short"),
	refused("count-types", "promises more"),
	refused("count-params", "promises more"),
	refused("count-results", "promises more"),
	refused("count-imports", "promises more"),
	refused("count-import-name", "promises more"),
	refused("count-functions", "promises more"),
	refused("count-tables", "promises more"),
	refused("count-table-min", "a table of 4294967295 entries"),
	refused("count-memories", "promises more"),
	refused("count-globals", "promises more"),
	refused("count-exports", "promises more"),
	refused("count-export-name", "promises more"),
	refused("count-elements", "promises more"),
	refused("count-element-funcs", "promises more"),
	refused("count-codes", "promises more"),
	refused("count-body", "a function of 4294967295 bytes"),
	refused("count-local-groups", "promises more"),
	refused("count-locals", "4294967295 locals"),
	refused("count-data", "promises more"),
	refused("count-data-bytes", "unexpected end"),
	refused("count-branches", "unexpected end"),
	harmless("count-names"),
	harmless("count-local-names"),

	endless("loop"),
	endless("loop").budgeted(),
	endless("loop-store"),
	endless("recursion"),
	endless("recursion").budgeted(),
	endless("tail"),
	endless("indirect"),
	endless("calls"),
	anyhow("calls").atOnce(8), // they take turns: some starve
	endless("leaves"),
	endless("fill"),
	endless("copy"),
	endless("table-fill"),
	endless("start"),
	endless("initialize"),
	faulty("initialize-recursion", "stack overflow|computed for more than", 5*time.Second).within(150),

	faulty("memory-grow", "ran out of memory: it may have 32MiB", 400*time.Millisecond),
	harmless("memory-grow-touch"),
	refused("memory-min", "over limit of 4096 pages"),
	faulty("memory-min-256", "may have 32MiB", time.Second),
	faulty("image", "may have 32MiB", time.Second),
	refused("memory-min-pages", "does not compile"),
	refused("table-min", "a table of 134217728 entries"),
	refused("tables", "1000 tables"),
	harmless("table-grow"),
	faulty("deep", "stack overflow|computed for more than", 5*time.Second).within(150),
	faulty("deep", "stack overflow|computed for more than", 20*time.Second).atOnce(8).within(200),
	faulty("data-segment", "may have 32MiB", time.Second).within(600),
	refused("import-name", "a name of 4194304 bytes"),
	faulty("function-name", "unreachable", time.Second),

	refused("compile-locals", "500 locals"),
	refused("compile-ifs", "locals"),
	refused("compile-depth", "nested deeper than 1000"),
	refused("compile-branches", "a branch table of 200000 targets"),
	refused("compile-type", "type|does not compile"),
	refused("compile-function", "a function of 2"),

	refused("no-memory", "must export exactly one memory"),
	refused("memory-import", "imports functions only"),
	refused("run-signature", "must take one i32"),
	refused("call-signature", "config"),
	refused("call-unknown", "which this vega does not know"),
	refused("call-foreign", `imports "system" from "env"`),
	refused("call-ungranted", "which none of its probes declares"),
	refused("wasi-unknown", "sock_connect"),
	harmless("self-named"),
	faulty("exit", "exited with code 0 instead of returning a status", time.Second),
	faulty("sleep", "at its deadline of 400ms", 400*time.Millisecond),
	harmless("poll-count"),
	anyhow("poll-many"),
	endless("random"),
	endless("stdout"),
	endless("stdout-vectors"),
	endless("log"),
	endless("message"),
	endless("metric"),
	faulty("match", "computing|computed", 400*time.Millisecond),
	endless("config"),
}

// Every hostile module is refused or ends by its deadline, at its own expense:
// the process lives, garbage can be collected meanwhile, memory stays within
// bounds, the message says what happened, and the next honest run is healthy.
func TestHostile(t *testing.T) {
	tries := map[string]string{}
	for _, m := range hostile.Modules() {
		tries[m.Name] = m.Tries
	}
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-22s %-72s %-90s %8s %8s %6s\n", "case", "tries", "outcome", "late ms", "gc ms", "MiB")
	for _, o := range outcomes {
		delete(tries, o.Module)
		t.Run(label(o), func(t *testing.T) {
			reports, err := try(t, timeFactor*15*time.Second, o.trial)
			if err != nil {
				fmt.Fprintf(&table, "%-22s %-72s NOT HELD: %v\n", label(o), describe(o), strings.SplitN(err.Error(), "\n", 2)[0])
				t.Fatal(err)
			}
			r := reports[0]
			o.check(t, r)
			fmt.Fprintf(&table, "%-22s %-72s %-90s %8s %8d %6d\n", label(o), describe(o), ending(r), late(r), r.GC.Milliseconds(), r.Peak)
		})
	}
	for name := range tries {
		t.Errorf("no outcome is written down for %s", name)
	}
	t.Log(table.String())
}

func (o outcome) check(t *testing.T, r report) {
	t.Helper()
	if o.refused != "" {
		if r.Refused == "" || !says(r.Refused, o.refused) {
			t.Errorf("it was not refused for %q: %q, %s", o.refused, r.Refused, ending(r))
		}
	} else {
		if r.Refused != "" || o.status != "" && (r.Result.Status != o.status || r.Result.Cause != o.cause) || !says(r.Result.Message, o.says) {
			t.Errorf("%s, want %s/%s %q", ending(r), o.status, o.cause, o.says)
		}
		if r.Late > latest {
			t.Errorf("it ended %v past its deadline", r.Late)
		}
	}
	if len(r.Refused) > 700 || len(r.Result.Message) > 1100 || strings.ContainsAny(r.Refused+r.Result.Message, "\n\x00") {
		t.Errorf("no message for a person: %q", r.Refused+r.Result.Message)
	}
	if r.GC > longestGC {
		t.Errorf("collecting garbage took %v", r.GC)
	}
	if limit := memoryFactor * cmp.Or(o.peak, largest); r.Peak > limit {
		t.Errorf("it took %d MiB, at most %d are allowed", r.Peak, limit)
	}
	if r.Load > longestLoad {
		t.Errorf("loading took %v", r.Load)
	}
	if r.Lines > 66 {
		t.Errorf("%d lines of log", r.Lines)
	}
	if r.Honest != "" {
		t.Errorf("the next honest run: %s", r.Honest)
	}
}

func says(message, parts string) bool {
	for part := range strings.SplitSeq(parts, "|") {
		if strings.Contains(message, part) {
			return true
		}
	}
	return false
}

func label(o outcome) string {
	name := o.Module
	if o.AtOnce > 1 {
		name += fmt.Sprintf("-x%d", o.AtOnce)
	}
	if strings.HasPrefix(o.says, "computed for") {
		name += "-budget"
	}
	return name
}

func describe(o outcome) string {
	for _, m := range hostile.Modules() {
		if m.Name == o.Module {
			return m.Tries
		}
	}
	return ""
}

func ending(r report) string {
	if r.Refused != "" {
		return "refused: " + r.Refused
	}
	return fmt.Sprintf("%s/%s %s", r.Result.Status, r.Result.Cause, r.Result.Message)
}

func late(r report) string {
	if r.Refused != "" {
		return "-"
	}
	return fmt.Sprint(r.Late.Milliseconds())
}

// What makes the compiler panic is refused where there is no child process to
// compile in, too.
func TestCompilerPanicIsRefused(t *testing.T) {
	reports, err := try(t, timeFactor*15*time.Second, trial{Module: "compile-type", NoChild: true, NoCheck: true})
	if err != nil {
		t.Fatal(err)
	}
	if r := reports[0]; r.Refused == "" || r.Honest != "" {
		t.Errorf("%s, honest: %q", ending(r), r.Honest)
	}
}

// The files beside the generator are what it makes.
func TestHostileFilesAreCurrent(t *testing.T) {
	for _, m := range hostile.Modules() {
		wasm := m.Wasm()
		if len(wasm) > hostile.MaxKept {
			continue
		}
		kept, err := os.ReadFile(filepath.Join("testdata", "hostile", m.Name+".wasm"))
		if err != nil || !bytes.Equal(kept, wasm) {
			t.Errorf("%s is not what the generator makes (%v): go run ./testdata/hostile/gen testdata/hostile", m.Name, err)
		}
	}
}
