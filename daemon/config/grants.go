package config

import (
	"fmt"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// grantBlock is an evaluated grant block, with the places of its parts.
type grantBlock struct {
	set   grant.Set
	rules []diag.Place                 // of each rule in set
	at    map[manifest.Kind]diag.Place // of each attribute that grants something
	bad   bool
}

func (d *integrationStage) grantBlock(s *bind.Section) grantBlock {
	out := grantBlock{at: map[manifest.Kind]diag.Place{}}
	g := s.Block("grant")
	d.ev.Evaluate(g)
	for _, kind := range grant.Listed {
		t := g.Slot(string(kind))
		if t == nil {
			continue
		}
		out.at[kind] = t.At
		out.bad = out.bad || t.State == bind.Bad
		entries, _ := t.Value.([]manifest.Value)
		for i, v := range entries {
			at := t.Expr.At
			if i < len(t.Expr.Items) {
				at = t.Expr.Items[i].At
			}
			r, err := grant.Parse(kind, v.(manifest.Text).Reveal())
			if err != nil {
				d.out.Err(diag.BadGrant, at, fmt.Sprintf("This is not a valid %s grant: %v.", kind, err), grantFix(kind))
				out.bad = true
				continue
			}
			r.Origin, r.Where = grant.FromBlock, fmt.Sprintf("grant.%s[%d]", kind, i)
			out.set.Rules, out.rules = append(out.set.Rules, r), append(out.rules, at)
		}
	}
	if t := g.Slot(string(manifest.KV)); t != nil {
		out.at[manifest.KV], out.bad = t.At, out.bad || t.State == bind.Bad
		out.set.KV = eval.Get[manifest.Size](d.ev, g, "kv")
	}
	out.set.Plaintext = eval.Get[bool](d.ev, g, "plaintext")
	out.set.Anywhere = d.ev.Str(g, "secrets") == "anywhere"
	return out
}

func grantFix(kind manifest.Kind) string {
	switch kind {
	case manifest.HTTP:
		return `use a method and an origin, such as "GET https://example.com"`
	case manifest.Net:
		return `use a network and an address, such as "tcp://example.com:25"`
	case manifest.ICMP:
		return `use a host such as "example.com", or a range such as "10.0.0.0/8"`
	case manifest.WebSocket:
		return `use an origin, such as "wss://example.com"`
	case manifest.SSH:
		return `use an address, such as "example.com:22"`
	case manifest.Unix:
		return `use an HTTP method and the path of a socket, such as "GET /run/docker.sock"; or the path alone for another protocol`
	default:
		return `use a name such as "example.com", or a server such as "@10.0.0.2:53"`
	}
}
