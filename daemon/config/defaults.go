package config

import (
	"slices"
	"sync"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/policies"
)

// defaultThresholds are those that vega comes with, read as an operator's are.
func defaultThresholds() []policies.Threshold { return slices.Clone(readDefaults()) }

var readDefaults = sync.OnceValue(func() []policies.Threshold {
	s := newSources("")
	s.files = []*diag.Source{{Name: policies.DefaultsName, Text: []byte(policies.Defaults)}}
	out := &diag.Collector{}
	d := newDecoder(s, func(string) (string, bool) { return "", false }, schema.Table, out)
	d.root = d.parse(s.files)
	var all []policies.Threshold
	for _, s := range d.root.all("threshold") {
		t, _ := d.threshold(s)
		t.BuiltIn, t.At = true, t.At+" (built in)"
		all = append(all, t)
	}
	if ds := d.diagnostics(); len(ds) > 0 { // a test keeps this from being released
		panic(policies.DefaultsName + ": " + ds[0].Detail)
	}
	return all
})
