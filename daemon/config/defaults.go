package config

import (
	"slices"
	"sync"

	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/policies"
)

// defaultThresholds returns the thresholds that ship with vega, read like an
// operator's.
func defaultThresholds() []policies.Threshold { return slices.Clone(readDefaults()) }

var readDefaults = sync.OnceValue(func() []policies.Threshold {
	in := input.Text(policies.DefaultsName, policies.Defaults)
	noVariables := func(string) (string, bool) { return "", false }
	s := parse(in, in.Variables(noVariables, false), &diag.Collector{})
	var all []policies.Threshold
	for _, sec := range s.root.All("threshold") {
		t, _ := thresholdStage{s}.threshold(sec)
		t.BuiltIn, t.At = true, t.At+" (built in)"
		all = append(all, t)
	}
	if ds := s.diagnostics(); len(ds) > 0 { // a test keeps this from being released
		panic(policies.DefaultsName + ": " + ds[0].Detail)
	}
	return all
})
