package plugins_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/plugins"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/testdata/hostile"
	"vega/policies/check"
)

// The bounds of every hostile run, in CPU time, so that they do not depend on how
// busy the machine is.
const (
	latest      = timeFactor * time.Second // past its deadline; measured: well below 100 ms
	longestGC   = timeFactor * time.Second // a collection that is blocked takes as long as the guest
	longestLoad = timeFactor * 10 * time.Second
	longest     = timeFactor * 30 * time.Second // the whole trial
	largest     = 160                           // MiB more than before, for a run within the default 32 MiB; garbage counts until it is collected
)

// outcome is the expected result of a hostile module.
type outcome struct {
	trial
	refused string // part of the reason why it is not loaded
	status  check.Status
	cause   check.Cause
	says    string // possible parts of the message, separated by "|"
	peak    int64  // MiB, if not largest
}

// refused expects that the module is not loaded.
func refused(name, why string) outcome {
	return outcome{trial: trial{Module: name, Timeout: 400 * time.Millisecond, Budget: time.Hour}, refused: why}
}

// faulty expects that the module runs and is blamed.
func faulty(name, says string, timeout time.Duration) outcome {
	return outcome{trial: trial{Module: name, Timeout: timeout}, status: check.Unknown, cause: check.Probe, says: says}
}

// endless expects that the module computes until its deadline, with a budget that
// does not end it earlier.
func endless(name string) outcome {
	o := faulty(name, "at its deadline of 400ms", 400*time.Millisecond)
	o.Budget = time.Hour
	return o
}

func harmless(name string) outcome {
	return outcome{trial: trial{Module: name, Timeout: time.Minute}, status: check.Healthy}
}

// anyhow expects only that the module ends by its deadline.
func anyhow(name string) outcome {
	return outcome{trial: trial{Module: name, Timeout: 400 * time.Millisecond, Budget: time.Hour}}
}

func (o outcome) atOnce(n int) outcome { o.AtOnce = n; return o }

func (o outcome) within(mib int64) outcome { o.peak = mib; return o }

// budgeted uses the sandbox's own CPU budget, which ends the run.
func (o outcome) budgeted() outcome {
	o.Budget, o.Timeout, o.says = 0, time.Minute, "computed for more than"
	return o
}

// outcomes lists every module of testdata/hostile.
var outcomes = []outcome{
	refused("count-sections", "truncated"),
	refused("count-types", "declares more"),
	refused("count-params", "declares more"),
	refused("count-results", "declares more"),
	refused("count-imports", "declares more"),
	refused("count-import-name", "a name of 4294967295 bytes"),
	refused("count-functions", "declares more"),
	refused("count-tables", "declares more"),
	refused("count-table-min", "a table of 4294967295 entries"),
	refused("count-memories", "declares more"),
	refused("count-globals", "declares more"),
	refused("count-exports", "declares more"),
	refused("count-export-name", "a name of 4294967295 bytes"),
	refused("count-elements", "declares more"),
	refused("count-element-funcs", "declares more"),
	refused("count-codes", "declares more"),
	refused("count-body", "a function of 4294967295 bytes"),
	refused("count-local-groups", "declares more"),
	refused("count-locals", "4294967295 locals"),
	refused("count-data", "declares more"),
	refused("count-data-bytes", "unexpected end"),
	refused("count-branches", "declares more"),
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
	anyhow("calls").atOnce(8), // they share the processor: some starve
	endless("leaves"),
	endless("fill"),
	endless("copy"),
	endless("table-fill"),
	endless("start"),
	endless("initialize"),
	faulty("initialize-recursion", "stack overflow|computed for more than", time.Minute).within(150),

	faulty("memory-grow", "ran out of memory: its limit is 32MiB", 400*time.Millisecond),
	harmless("memory-grow-touch"),
	refused("memory-min", "over limit of 4096 pages"),
	faulty("memory-min-256", "its limit is 32MiB", time.Second),
	faulty("image", "its limit is 32MiB", time.Second),
	refused("memory-min-pages", "a memory of 1073741824 pages"),
	refused("table-min", "a table of 134217728 entries"),
	refused("tables", "1000 tables"),
	harmless("table-grow"),
	faulty("deep", "stack overflow|computed for more than", time.Minute).within(150),
	faulty("deep-start", "stack overflow|computed for more than", time.Minute).within(80),
	faulty("deep", "stack overflow|computed for more than", 5*time.Minute).atOnce(8).within(200),
	faulty("data-segment", "its limit is 32MiB", time.Second).within(600),
	refused("import-name", "a name of 4194304 bytes"),
	faulty("function-name", "unreachable", time.Second),

	refused("compile-locals", "500 locals"),
	refused("compile-ifs", "locals"),
	refused("compile-depth", "nested deeper than 1000"),
	refused("compile-branches", "a branch table of 200000 targets"),
	refused("compile-type", "type|does not compile"),
	refused("compile-function", "a function of 2"),

	refused("no-memory", "must export exactly one memory"),
	refused("memory-import", "can import functions only"),
	refused("run-signature", "must take one i32"),
	refused("call-signature", "config"),
	refused("call-unknown", "which this version of vega does not have"),
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

	refused("hidden-locals", "locals of type 0x63"),
	refused("hidden-block", "a block of type 0x63"),
	refused("hidden-initialize", "a block of type 0x63"),
	refused("hidden-block-nonnull", "a block of type 0x64"),
	refused("hidden-block-long", "a block of type -29"),
	refused("hidden-loop", "a block of type 0x63"),
	refused("hidden-if", "a block of type 0x63"),
	refused("hidden-vector", "0xfd 12 whose number takes 2 bytes"),
	refused("hidden-select", "a select of type 0x63"),
	refused("hidden-table", "a reference of type 0x63"),
	refused("hidden-table-set", "a block of type 0x63"),

	refused("type-ref", "a type 0x63"),
	refused("type-rec", "begins with 0x4e"),
	refused("type-rec-empty", "begins with 0x4e"),
	refused("table-value", "a reference of type 0x40"),
	refused("table-shared", "limits of a kind 2"),
	refused("table-shared-max", "limits of a kind 3"),
	refused("table-inverted", "limits with a minimum of 9 and a maximum of 5"),
	refused("table-number", "a reference of type 0x7f"),
	refused("memory-shared", "limits of a kind 3"),
	refused("memory-inverted", "limits with a minimum of 2 and a maximum of 1"),
	refused("memory-wide", "limits of a kind 4"),
	refused("memories", "2 memories"),
	refused("global-ref", "a global of type 0x63"),
	refused("global-sum", "more than one instruction"),
	refused("global-of-global", "a constant that refers to a global"),
	refused("global-null", "a reference of type 0x0"),
	refused("element-null", "a reference of type 0x80"),
	refused("element-kind", "an element segment of a kind 1"),
	refused("export-twice", `exports "memory" twice`),
	refused("export-tag", "something of a kind 4"),
	refused("export-own", "reserved for vega"),
	refused("data-count", "declares 5 data segments"),
	refused("data-count-none", "no data count section"),
	refused("long-i32", "longer than its type allows"),
	refused("long-offset", "longer than its type allows"),
	refused("unused-bits", "longer than its type allows"),
	refused("endless-type", "longer than its type allows"),
	refused("reserved-grow", "where a zero byte is expected"),
	refused("reserved-copy", "where a zero byte is expected"),
	refused("select-two", "a select of 2 types"),
	refused("tail-call", "does not support"),
	refused("throw", "does not support"),
	refused("atomics", "does not support"),
	refused("relaxed", "does not support"),
	refused("misaligned", "aligned to 2^31"),
	refused("lane", "lane 4, but the vector has only lanes 0 to 3"),
	refused("more-code", "1 functions but has code for 2"),
	refused("sections-swapped", "in the wrong place"),

	refused("many-exports", "6000000 exports"),
	refused("many-globals", "6000000 globals"),
	refused("many-types", "10000000 types"),
	refused("many-imports", "6000000 imports"),
	refused("many-functions", "20000000 functions"),
	refused("many-elements", "15000000 element segments"),
	refused("many-data", "20000000 data segments"),
	refused("many-entries", "entries of element segments"),
	refused("many-customs", "custom sections"),
	refused("many-locals", "locals in total"),
	refused("many-targets", "targets of branch tables in total"),
	refused("many-operands", "values in total"),
	refused("many-declared", "types and globals and 9"),
	harmless("most-functions"),
	harmless("most-types"),
}

// Every hostile module is refused or ends by its deadline and is blamed: the process
// survives, garbage can be collected meanwhile, memory stays within bounds, the
// message says what happened, and the next honest run is healthy.
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
			reports, err := try(t, longest, o.trial)
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
			t.Errorf("it used %v of processor time past its deadline", r.Late)
		}
	}
	if len(r.Refused) > 700 || len(r.Result.Message) > 1100 || strings.ContainsAny(r.Refused+r.Result.Message, "\n\x00") {
		t.Errorf("no message for an operator: %q", r.Refused+r.Result.Message)
	}
	if r.GC > longestGC {
		t.Errorf("collecting garbage took %v of processor time", r.GC)
	}
	if limit := memoryFactor * cmp.Or(o.peak, largest); r.Peak > limit {
		t.Errorf("it took %d MiB, at most %d are allowed", r.Peak, limit)
	}
	if r.Load > longestLoad {
		t.Errorf("loading took %v of processor time", r.Load)
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

// A module that makes the compiler panic is refused, even without a child process.
func TestCompilerPanicIsRefused(t *testing.T) {
	reports, err := try(t, longest, trial{Module: "compile-type", NoChild: true, NoCheck: true})
	if err != nil {
		t.Fatal(err)
	}
	if r := reports[0]; r.Refused == "" || r.Honest != "" {
		t.Errorf("%s, honest: %q", ending(r), r.Honest)
	}
}

// A module that imports a host call with other types than the call has is refused, and
// the message names the call.
func TestCallsWithOtherTypesAreRefused(t *testing.T) {
	s := newSandbox(t, plugins.Options{})
	probe := manifest.Probe{Name: "p"}
	for _, kind := range append(slices.Clone(grant.Listed), manifest.KV) {
		probe.Capabilities = append(probe.Capabilities, manifest.Capability{Kind: kind, Reason: "test"})
	}
	for _, name := range plugins.Calls() {
		for _, types := range [][2]string{{"", ""}, {"FF", "i"}, {"iiiiiiiii", "i"}, {"i", "F"}, {"i", "ii"}} {
			packed, err := manifest.Pack(hostile.Importing(name, types[0], types[1]), &manifest.Manifest{ABI: "vega_v1", Name: "hostile", Version: "1", Probes: []manifest.Probe{probe}})
			if err != nil {
				t.Fatal(err)
			}
			if m, err := s.Load(t.Context(), packed); err == nil {
				_ = m.Close()
				t.Errorf("%s with the types %q is taken", name, types)
			} else if !plugins.IsRefusal(err) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s with the types %q: %v", name, types, err)
			}
		}
	}
}

// The files next to the generator are what it generates.
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
