package grant

import (
	"slices"

	"vega/plugins/manifest"
)

// endpoint is the host and port that a rule leads to, for any protocol.
type endpoint struct {
	host string
	port int
}

// connects reports whether the rule allows connecting to an endpoint.
func (r Rule) connects() bool {
	switch r.Kind {
	case manifest.HTTP, manifest.Net, manifest.WebSocket, manifest.SSH, manifest.Unix:
		return true
	default:
		return false
	}
}

// end returns the endpoint of a rule that connects. That of a socket is its path.
func (r Rule) end() endpoint {
	if r.Kind == manifest.Unix {
		return endpoint{host: r.Name}
	}
	return endpoint{r.Host, r.Port}
}

func endpoints(rules []Rule, of func(Rule) bool) []endpoint {
	var all []endpoint
	for _, r := range rules {
		if r.connects() && of(r) {
			all = append(all, r.end())
		}
	}
	return all
}

// secretOrigin returns the one endpoint that the secrets of an integration
// belong to: that of the targets that contain them, or else that of the targets
// in config, or else that of the grant block. It returns the zero endpoint if
// the secrets might belong to several.
func (q Request) secretOrigin(rules []Rule) endpoint {
	for _, all := range [][]endpoint{
		endpoints(q.holding(), func(Rule) bool { return true }),
		endpoints(rules, func(r Rule) bool { return r.Origin == FromConfig }),
		endpoints(rules, func(Rule) bool { return true }),
	} {
		if len(all) == 0 {
			continue
		}
		if slices.ContainsFunc(all, func(e endpoint) bool { return e != all[0] }) {
			break
		}
		return all[0]
	}
	return endpoint{}
}

// holding returns the rules of the targets that contain a secret themselves.
func (q Request) holding() []Rule {
	var rules []Rule
	for _, k := range q.Probe.Capabilities {
		for _, name := range k.From {
			typ := q.Probe.Target(name).Element()
			q.eachTarget(name, func(t manifest.Text, _ string) {
				if t.HasSecret() {
					rules = append(rules, targets(nil, k, typ, t.Reveal())...)
				}
			})
		}
	}
	return rules
}

// confine withholds the rules that lead to any endpoint other than the origin.
// Resolving the origin's name is part of reaching it, and so is pinging it; another name, a DNS
// server and a database lead elsewhere.
func (s *Set) confine(origin endpoint) {
	var kept []Rule
	for _, r := range s.Rules {
		here := r.connects() && origin == r.end()
		switch r.Kind {
		case manifest.DNS:
			here = r.Name == origin.host
		case manifest.ICMP:
			here = r.Host == origin.host
		}
		if here {
			kept = append(kept, r)
		} else {
			s.Withheld = append(s.Withheld, r)
		}
	}
	s.Rules = kept
}
