package schema

import "vega/plugins/manifest"

// Public returns a function that reports whether the value of an attribute may
// be shown. The attribute's name must be known, and not sensitive anywhere.
func Public(t *Block, modules []manifest.Found) func(name string) bool {
	known := map[string]bool{}
	note := func(r *Row) {
		if ok, seen := known[r.Name]; !seen || ok {
			known[r.Name] = !r.Sensitive
		}
	}
	t.eachRow(note)
	for _, f := range modules {
		if f.Module == nil {
			continue
		}
		for i := range f.Module.Manifest.Probes {
			ForProbe(&f.Module.Manifest.Probes[i]).eachRow(note)
		}
	}
	return func(name string) bool { return known[name] }
}
