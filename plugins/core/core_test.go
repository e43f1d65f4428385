//go:build !wasip1

package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"vega/daemon/realtest"
	"vega/daemon/realtest/compiled"
	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/sdk"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

// options are the options of an integration, without defaults.
type options = map[string]any

// row is a run of a probe and its expected result.
type row struct {
	name    string
	options options
	config  sdktest.Config // its Options are filled in from options
	status  abi.Status
	says    string   // part of the message
	details []string // names that must be present
	metrics []string
}

// runRows runs a probe once per row, with the manifest's defaults, and checks
// that the rows use no option that the manifest does not declare.
func runRows(t *testing.T, probe string, rows []row) {
	t.Helper()
	base := defaults(t, probe)
	declared, _ := readManifest(t).Probe(probe)
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			for name := range r.options {
				if declared.Option(name) == nil {
					t.Fatalf("the manifest has no option %q", name)
				}
			}
			r.config.Options = maps.Clone(base)
			maps.Copy(r.config.Options, r.options)
			soon := r.config.Timeout
			if soon == 0 {
				r.config.Timeout = realtest.Patience
			}
			got := sdktest.Run(t, sdk.Lookup(probe), r.config)
			// With a short deadline, calls before it may be too late on a busy
			// machine.
			for ; soon > 0 && r.config.Timeout < realtest.Patience && !r.is(got); got = sdktest.Run(t, sdk.Lookup(probe), r.config) {
				r.config.Timeout *= 2
			}
			r.check(t, got)
		})
	}
}

func (r row) is(got sdktest.Result) bool {
	return got.Status == r.status && strings.Contains(got.Message, r.says)
}

func (r row) check(t *testing.T, got sdktest.Result) {
	t.Helper()
	if !r.is(got) {
		t.Errorf("%s: %q\nwant %s: …%s…\n%v", got.Status, got.Message, r.status, r.says, got.Details)
	}
	if strings.ContainsAny(got.Message, "\r\n") || len(got.Message) > 400 {
		t.Errorf("the message is not one line: %q", got.Message)
	}
	for _, d := range r.details {
		if got.Details[d] == "" {
			t.Errorf("no detail %q in %v", d, got.Details)
		}
	}
	for _, m := range r.metrics {
		if _, ok := got.Metrics[m]; !ok {
			t.Errorf("no metric %q in %v", m, slices.Sorted(maps.Keys(got.Metrics)))
		}
	}
	t.Log(got.Status.String() + ": " + got.Message)
}

// soon returns a short deadline for targets that never answer.
func soon() sdktest.Config { return sdktest.Config{Timeout: 300 * time.Millisecond} }

// deny refuses every call with the host's text.
func deny() sdktest.Config {
	return sdktest.Config{Deny: func(capability, _ string) string {
		return capability + " to there is not granted; to allow it, write in the integration: grant { … }"
	}}
}

// sandboxed returns a function that runs a probe of the bundled module as the daemon
// does, with grants for HTTP besides those that follow from the options.
func sandboxed(t *testing.T) func(in plugins.Input, set options, granted ...string) plugins.Result {
	t.Helper()
	s, err := plugins.Open(t.Context(), plugins.Options{CacheDir: compiled.Cache(), Network: egress.New("")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	m, err := s.Load(t.Context(), plugins.Core())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return func(in plugins.Input, set options, granted ...string) plugins.Result {
		t.Helper()
		p, _ := m.Manifest.Probe(in.Probe)
		in.Integration, in.Values = "test", manifest.Values{}
		if in.Timeout == 0 {
			in.Timeout = realtest.Patience
		}
		written := map[string]bool{}
		for i := range p.Options {
			o := &p.Options[i]
			v, ok := set[o.Name]
			if !ok {
				v = o.Default
			}
			if v == nil {
				continue
			}
			var err error
			if in.Values[o.Name], err = o.Convert(v); err != nil {
				t.Fatal(err)
			}
			written[o.Name] = ok
		}
		q := grant.Request{Probe: p, Values: in.Values, Written: written, Bundled: true}
		for _, text := range granted {
			r, err := grant.Parse(manifest.HTTP, text)
			if err != nil {
				t.Fatal(err)
			}
			r.Origin = grant.FromBlock
			q.Block.Rules = append(q.Block.Rules, r)
		}
		in.Grants, _ = grant.Effective(q)
		return m.Run(t.Context(), in)
	}
}
