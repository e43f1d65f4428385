package schema

import "vega/plugins/manifest"

// Public tells of an attribute's name whether its text may be shown: it has
// to be known, and nowhere sensitive.
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
