package plugintest

import (
	"cmp"
	"slices"
	"strings"

	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// Learned holds what runs requested from the host.
type Learned struct {
	Used   []grant.Rule  // requested and granted
	Wanted []grant.Rule  // requested and not granted
	KV     manifest.Size // maximum size of the keys and values of a run
	stores bool
	sends  bool // whether a run sent secrets where only a grant allows it
}

func (l *Learned) asked(r grant.Rule, granted bool) {
	r.Origin, r.Where = "", ""
	list := &l.Wanted
	if granted {
		list = &l.Used
	}
	switch {
	case r.Kind == manifest.KV:
		l.stores = true
	case r.Kind == grant.Secrets:
		l.sends = true
	case !slices.Contains(*list, r):
		*list = append(*list, r)
	}
}

// Add adds what other runs requested.
func (l *Learned) Add(o Learned) {
	for _, r := range o.Used {
		l.asked(r, true)
	}
	for _, r := range o.Wanted {
		l.asked(r, false)
	}
	l.KV, l.stores, l.sends = max(l.KV, o.KV), l.stores || o.stores, l.sends || o.sends
}

// Without returns the grants that the runs need beyond those implied by config
// and plugin, as a grant block.
func (l *Learned) Without(implied grant.Set) Grant {
	var g Grant
	for _, r := range append(slices.Clone(l.Used), l.Wanted...) {
		if !slices.ContainsFunc(implied.Rules, func(i grant.Rule) bool {
			i.Origin, i.Where = "", ""
			return i == r
		}) {
			g.add(r)
		}
	}
	if l.stores {
		g.KV = quota(l.KV).String()
	}
	if l.sends && !implied.Anywhere {
		g.Secrets = anywhere
	}
	for _, kind := range grant.Listed {
		list := g.list(kind)
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return g
}

// list returns the entries of a kind.
func (g *Grant) list(kind manifest.Kind) *[]string {
	switch kind {
	case manifest.HTTP:
		return &g.HTTP
	case manifest.Net:
		return &g.Net
	case manifest.DNS:
		return &g.DNS
	case manifest.SQL:
		return &g.SQL
	case manifest.ICMP:
		return &g.ICMP
	case manifest.WebSocket:
		return &g.WebSocket
	case manifest.SSH:
		return &g.SSH
	case manifest.Unix:
		return &g.Unix
	default:
		return nil
	}
}

// quota returns a size that a person would write, with room for twice the use.
func quota(used manifest.Size) manifest.Size {
	q := manifest.Size(4 << 10)
	for q < 2*used {
		q *= 2
	}
	return q
}

// Block returns the grant block as written in vega.hcl, or "" if there is
// nothing to grant.
func (g Grant) Block() string {
	var b strings.Builder
	for _, kind := range grant.Listed {
		before, after := `"`, `"`
		if kind == manifest.SQL {
			before, after = "database.", ""
		}
		if all := *g.list(kind); len(all) > 0 {
			b.WriteString("  " + string(kind) + " = [" + before + strings.Join(all, after+", "+before) + after + "]\n")
		}
	}
	if g.KV != "" {
		b.WriteString(`  kv = "` + g.KV + "\"\n")
	}
	if g.Plaintext {
		b.WriteString("  plaintext = true\n")
	}
	if g.Secrets != "" {
		b.WriteString("  secrets = \"" + g.Secrets + "\"\n")
	}
	if b.Len() == 0 {
		return ""
	}
	return "grant {\n" + b.String() + "}\n"
}

// With returns both grants combined, without duplicates.
func (g Grant) With(o Grant) Grant {
	kv := g.KV
	if a, _ := manifest.ParseSize(g.KV); o.KV != "" {
		if b, err := manifest.ParseSize(o.KV); err == nil && b > a {
			kv = o.KV
		}
	}
	out := Grant{KV: kv, Plaintext: g.Plaintext || o.Plaintext, Secrets: cmp.Or(g.Secrets, o.Secrets)}
	for _, kind := range grant.Listed {
		all := slices.Concat(*g.list(kind), *o.list(kind))
		slices.Sort(all)
		*out.list(kind) = slices.Compact(all)
	}
	return out
}
