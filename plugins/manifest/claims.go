package manifest

import "slices"

// opens maps a host function to the capability that it needs. The other
// functions work on what these opened, or need no capability.
var opens = map[string]Kind{
	"http_request": HTTP, "dial": Net, "resolve": DNS, "sql_query": SQL, "kv_get": KV, "kv_set": KV,
}

// Unclaimed returns the capabilities whose calls the module imports although
// none of its probes declares them. A valid module has none: its imports are
// the upper bound of what it can request, and the manifest must declare all of
// it.
func (m *Module) Unclaimed() []Kind {
	var out []Kind
	for _, i := range m.Imports {
		kind, ok := opens[i.Name]
		if !ok || i.Module != V1 || m.Manifest.declares(kind) {
			continue
		}
		if !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	slices.Sort(out)
	return out
}

// Unasked returns the capabilities that a probe declares although the module
// imports none of their calls, so that the operator would grant something that
// is never used.
func (m *Module) Unasked() []Kind {
	asks := map[Kind]bool{}
	for _, i := range m.Imports {
		if i.Module == V1 {
			asks[opens[i.Name]] = true
		}
	}
	var out []Kind
	for _, p := range m.Manifest.Probes {
		for _, c := range p.Capabilities {
			if !asks[c.Kind] && !slices.Contains(out, c.Kind) {
				out = append(out, c.Kind)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (m *Manifest) declares(kind Kind) bool {
	return slices.ContainsFunc(m.Probes, func(p Probe) bool {
		return slices.ContainsFunc(p.Capabilities, func(c Capability) bool { return c.Kind == kind })
	})
}
