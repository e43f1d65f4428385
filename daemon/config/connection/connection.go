// Package connection builds and checks what an integration says about its
// connections: the blocks tls, auth and ssh, and the attribute connect_to.
//
// Call Stage.Options first, because authentication restricts the grants of a
// third-party plugin, and then Stage.Judge with those grants.
package connection

import (
	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/input"
	"vega/plugins/transport"
)

// Stage is the part of a load that this package works with.
type Stage struct {
	In  *input.Set
	Out *diag.Collector
	Ev  *eval.Evaluator
}

// Options evaluates an integration's blocks and attribute. It returns nil if
// there are none.
func (d Stage) Options(s *bind.Section) *transport.Options {
	if !s.Has("tls") && !s.Has("auth") && !s.Has("ssh") && s.Slot("connect_to") == nil {
		return nil
	}
	out := &transport.Options{ConnectTo: d.Ev.Str(s, "connect_to")}
	if s.Has("tls") {
		out.TLS = d.tls(s.Block("tls"))
	}
	if s.Has("auth") {
		out.Auth = d.auth(s.Block("auth"))
	}
	if s.Has("ssh") {
		out.SSH = d.ssh(s.Block("ssh"))
	}
	return out
}

// present reports whether an attribute has a value.
func (d Stage) present(s *bind.Section, name string) bool {
	t := s.Slot(name)
	return t != nil && t.State == bind.Present
}
