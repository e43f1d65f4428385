package grant

import "vega/plugins/manifest"

// Target reports whether a rule leads to one of the integration's own targets:
// the hosts and ports in its options. Without any in the options, those are the
// destinations in the grant block, and else the fixed hosts of the plugin.
func (s *Set) Target(r Rule) bool {
	for _, from := range []Origin{FromConfig, FromBlock, FromBundled} {
		all := endpoints(s.Rules, func(o Rule) bool { return o.Origin == from })
		if len(all) == 0 {
			continue
		}
		for _, e := range all {
			if e == r.end() {
				return true
			}
		}
		return false
	}
	return false
}

// Targets returns the number of hosts and ports that Target accepts, and
// whether all are the same.
func (s *Set) Targets() (n int) {
	seen := map[endpoint]bool{}
	for _, r := range s.Rules {
		if r.connects() && s.Target(r) {
			seen[r.end()] = true
		}
	}
	return len(seen)
}

// OwnOrigin reports whether a rule for http or websocket leads to the origin of one of
// the integration's url options, or of their defaults in a plugin that ships with vega.
// A destination in the grant block is not one.
func (s *Set) OwnOrigin(r Rule) bool {
	for _, from := range []Origin{FromConfig, FromBundled} {
		found := false
		for _, o := range s.Rules {
			if o.Kind != manifest.HTTP && o.Kind != manifest.WebSocket || o.Kind != r.Kind || o.Origin != from {
				continue
			}
			found = true
			if o.Scheme == r.Scheme && o.Host == r.Host && o.Port == r.Port {
				return true
			}
		}
		if found {
			return false
		}
	}
	return false
}
