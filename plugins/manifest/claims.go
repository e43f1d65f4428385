package manifest

import "slices"

// needs maps a host function to the capabilities that it serves, of which one is
// needed. The other functions work on what these opened, or need no capability.
var needs = map[string][]Kind{
	"http_request": {HTTP, WebSocket, Unix}, "http_send": {HTTP, Unix}, "dial": {Net, Unix},
	"resolve": {DNS}, "sql_query": {SQL}, "kv_get": {KV}, "kv_set": {KV},
	"icmp_echo": {ICMP}, "websocket_open": {WebSocket}, "ssh_connect": {SSH}, "http_unix": {Unix},
}

// asks maps a capability to the functions of which a module that uses it imports one.
var asks = map[Kind][]string{
	HTTP: {"http_request", "http_send"}, Net: {"dial"}, DNS: {"resolve"}, SQL: {"sql_query"}, KV: {"kv_get", "kv_set"},
	ICMP: {"icmp_echo"}, WebSocket: {"websocket_open"}, SSH: {"ssh_connect"}, Unix: {"dial", "http_unix"},
}

// Unclaimed returns the capabilities whose calls the module imports although
// none of its probes declares them. A valid module has none: its imports are
// the upper bound of what it can request, and the manifest must declare all of
// it.
func (m *Module) Unclaimed() []Kind {
	var out []Kind
	for _, i := range m.Imports {
		kinds := needs[i.Name]
		if len(kinds) == 0 || i.Module != V1 || slices.ContainsFunc(kinds, m.Manifest.declares) {
			continue
		}
		if !slices.Contains(out, kinds[0]) {
			out = append(out, kinds[0])
		}
	}
	slices.Sort(out)
	return out
}

// Unasked returns the capabilities that a probe declares although the module
// imports none of their calls, so that the operator would grant something that
// is never used.
func (m *Module) Unasked() []Kind {
	var out []Kind
	for _, p := range m.Manifest.Probes {
		for _, c := range p.Capabilities {
			if !m.asksFor(c.Kind) && !slices.Contains(out, c.Kind) {
				out = append(out, c.Kind)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (m *Module) asksFor(kind Kind) bool {
	return slices.ContainsFunc(m.Imports, func(i Import) bool {
		return i.Module == V1 && slices.Contains(asks[kind], i.Name)
	})
}

func (m *Manifest) declares(kind Kind) bool {
	return slices.ContainsFunc(m.Probes, func(p Probe) bool {
		return slices.ContainsFunc(p.Capabilities, func(c Capability) bool { return c.Kind == kind })
	})
}
