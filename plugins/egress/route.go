package egress

import (
	"vega/plugins/grant"
	"vega/plugins/transport"
)

// route is what an integration says about its connections, and which of them it
// is about.
type route struct {
	options *transport.Options
	grants  *grant.Set
}

func (s *Session) route() route {
	if s.Transport == nil {
		return route{&transport.Options{}, s.grants}
	}
	return route{s.Transport, s.grants}
}

// tlsFor returns the TLS options for a destination. The ones that weaken
// verification or present a certificate are for the integration's own targets:
// a redirect leads elsewhere without them, and so does a token endpoint.
func (r route) tlsFor(rule grant.Rule) transport.TLS {
	t := r.options.TLS
	if !r.grants.Target(rule) {
		return transport.TLS{CAFile: t.CAFile, MinVersion: t.MinVersion}
	}
	return t
}

// node returns where a connection for a rule goes: the integration's target is
// replaced by connect_to. What the operator wrote there is consent to its
// address.
func (r route) node(rule grant.Rule) grant.Rule {
	if r.options.ConnectTo == "" || !r.grants.Target(rule) {
		return rule
	}
	host, port, err := grant.Address(r.options.ConnectTo)
	if err != nil { // validated already
		return rule
	}
	rule.Host, rule.Port = host, port
	return rule
}

// isNode reports whether a rule leads to the address in connect_to.
func (r route) isNode(rule grant.Rule) bool {
	host, port, err := grant.Address(r.options.ConnectTo)
	return err == nil && host == rule.Host && port == rule.Port
}

// authenticates reports whether the host authenticates requests to the rule's
// origin: one of the integration's own url options.
func (r route) authenticates(rule grant.Rule) bool {
	return r.options.Auth.IsSet() && r.grants.OwnOrigin(rule)
}

// mayBeRead reports whether what is sent for a rule may be read on the way: it
// stays on this machine, or the operator agreed.
func (r route) mayBeRead(rule grant.Rule) bool {
	return isLoopback(rule.Host) && isLoopback(r.node(rule).Host) || r.grants.Plaintext
}

// through describes a connection for messages.
func through(rule, node grant.Rule) string {
	if node == rule {
		return hostPort(rule)
	}
	return hostPort(rule) + " at " + hostPort(node) + " (connect_to)"
}

// unverified is the denial of a secret that would go to an unverified peer.
func unverified(where string) *grant.Denial {
	return &grant.Denial{Asked: "sending a secret to " + where + ", whose certificate is not verified (tls.skip_verify; use ca_file or fingerprint instead),", Fix: "plaintext = true"}
}
