package extras_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/daemon/realtest/cases"
	"vega/daemon/realtest/compiled"
	"vega/plugins"
	"vega/plugins/extras"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
	"vega/policies/check"
)

var update = flag.Bool("update", false, "record the cases again")

// open loads an extra and caches the compiled module for the next test.
func open(t *testing.T, name string, o plugintest.Options) *plugintest.Kit {
	t.Helper()
	wasm := extras.Module(name)
	if wasm == nil {
		t.Fatalf("extra %s does not exist", name)
	}
	o.Bundled, o.CacheDir = true, compiled.Cache()
	k, err := plugintest.Open(t.Context(), wasm, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// want is the expected result of a run. The message is a prefix.
type want struct {
	status  check.Status
	cause   check.Cause
	message string
}

func (w want) is(r plugintest.Run) bool {
	return r.Status == w.status && r.Cause == w.cause && strings.HasPrefix(r.Message, w.message)
}

// deadline is the deadline of a recorded run.
const deadline = 2 * time.Second

// run runs the probe against a real target. With -update, it saves a named run
// as a case of the extra.
func run(t *testing.T, k *plugintest.Kit, name string, values manifest.Values, w want) (*plugintest.Case, plugintest.Run) {
	t.Helper()
	m := k.Module.Manifest
	p := &m.Probes[0]
	written := map[string]bool{}
	for option := range values {
		written[option] = true
	}
	for i := range p.Options {
		if o := &p.Options[i]; values[o.Name] == nil && o.Default != nil {
			v, err := o.Convert(o.Default)
			if err != nil {
				t.Fatal(err)
			}
			values[o.Name] = v
		}
	}
	set, missing := grant.Effective(grant.Request{Probe: p, Values: values, Written: written, Bundled: true, Block: grant.Set{KV: 4096}})
	if len(missing) > 0 {
		t.Fatal(missing)
	}
	in := plugins.Input{Integration: "it", Probe: p.Name, Values: values, Grants: set, Timeout: realtest.Patience}
	if w.cause == check.Timeout {
		in.Timeout = deadline
	}
	c, r, err := k.Record(t.Context(), in, false)
	// Calls before the deadline may be too late on a busy machine.
	for ; err == nil && in.Timeout < realtest.Patience && !w.is(r); c, r, err = k.Record(t.Context(), in, false) {
		in.Timeout *= 2
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c.Timeout = manifest.Duration(deadline)
	t.Logf("%s: %s %s: %s %v", name, r.Status, r.Cause, r.Message, r.Metrics)
	if !w.is(r) {
		t.Errorf("%s: %s (%s): %s, want %s (%s): %s", name, r.Status, r.Cause, r.Message, w.status, w.cause, w.message)
	}
	if *update && name != "" {
		if err := c.WriteFile(filepath.Join(m.Name, "tests", name+".json")); err != nil {
			t.Fatal(err)
		}
	}
	return c, r
}

// The recorded cases of each extra replay, and each extra withstands every
// fault.
func TestCases(t *testing.T) {
	all, err := extras.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		name := f.Module.Manifest.Name
		t.Run(name, func(t *testing.T) {
			t.Parallel() // mostly waiting
			paths, err := filepath.Glob(filepath.Join(name, "tests", "*.json"))
			if err != nil || len(paths) == 0 {
				t.Fatal(err, "no cases")
			}
			k := open(t, name, plugintest.Options{})
			for _, path := range paths {
				tryCase(t, k, path)
			}
		})
	}
}

func tryCase(t *testing.T, k *plugintest.Kit, path string) {
	t.Helper()
	c, err := plugintest.ReadCase(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range c.Differs(cases.Replay(t, k, c)) {
		t.Errorf("%s: %s", path, d)
	}
	for _, v := range cases.Faults(t, k, c) {
		if v.Wrong != "" {
			t.Errorf("%s: %s: %s (%s): %s: %s", path, v.Fault, v.Status, v.Cause, v.Message, v.Wrong)
		}
	}
}

// Each extra is where its name says, and small enough to ship with every vega.
func TestModules(t *testing.T) {
	all, err := extras.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		m := f.Module
		info, err := os.Stat(filepath.Join(m.Manifest.Name, m.Manifest.Name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		if !f.Extra || info.Size() > 200_000 || info.Size() != int64(m.Size) {
			t.Errorf("%s: %d bytes, extra %v", m.Manifest.Name, info.Size(), f.Extra)
		}
		if why := plugins.Inspect(extras.Module(m.Manifest.Name)); len(why.Refused)+len(why.Unasked) > 0 {
			t.Errorf("%s: refused %v, unused %v", m.Manifest.Name, why.Refused, why.Unasked)
		}
	}
}
