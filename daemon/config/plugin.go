package config

import (
	"regexp"
	"strings"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

// LoadManifest reads plugin.hcl, a plugin's manifest as its author writes it,
// through the same guards and by a table of the same kind. When the
// diagnostics hold an error there is no manifest.
func LoadManifest(path string) (*manifest.Manifest, diag.Diagnostics) {
	out := &diag.Collector{}
	s := newSources("describe the plugin in a plugin.hcl beside its source, or name the directory that has one")
	s.path = path
	s.add(path, "", out)
	d := newDecoder(s, nil, schema.ManifestTable, out)
	d.constant = true
	if out.Errors() > 0 {
		return nil, d.diagnostics()
	}
	d.root = d.parse(s.files)
	m := d.manifest()
	if out.Errors() == 0 {
		d.check(m)
	}
	ds := d.diagnostics()
	if out.Errors() > 0 {
		return nil, ds
	}
	return m, ds
}

func (d *decoder) manifest() *manifest.Manifest {
	d.settle(d.root)
	m := &manifest.Manifest{
		ABI: d.str(d.root, "abi"), Name: d.str(d.root, "name"),
		Version: d.str(d.root, "version"), Description: d.str(d.root, "description"),
	}
	for _, s := range d.root.all("probe") {
		d.settle(s)
		p := manifest.Probe{
			Name: s.name, Summary: d.str(s, "summary"), NeedsAny: d.strs(s, "needs_any"),
			Timeout: manifest.Duration(durationOf(d, s, "timeout")), Interval: manifest.Duration(durationOf(d, s, "interval")),
		}
		for _, o := range s.all("option") {
			p.Options = append(p.Options, d.option(o))
		}
		for _, c := range s.all("capability") {
			d.settle(c)
			p.Capabilities = append(p.Capabilities, manifest.Capability{
				Kind: manifest.Kind(c.name), Reason: d.str(c, "reason"), From: d.strs(c, "from"),
				Hosts: d.strs(c, "hosts"), Methods: d.strs(c, "methods"), Optional: get[bool](d, c, "optional"),
			})
		}
		m.Probes = append(m.Probes, p)
	}
	return m
}

func (d *decoder) option(s *section) manifest.Option {
	d.settle(s)
	o := manifest.Option{
		Name: s.name, Type: manifest.Type(d.str(s, "type")), Of: manifest.Type(d.str(s, "of")),
		Required: get[bool](d, s, "required"), Sensitive: get[bool](d, s, "sensitive"), SQL: get[bool](d, s, "sql"),
		Description: d.str(s, "description"), OneOf: d.strs(s, "one_of"), Pattern: d.str(s, "pattern"),
	}
	if t := s.slot("default"); t != nil && t.state == present {
		o.Default = t.value
	}
	o.Min, o.Max = d.bound(s, "min", o.Type), d.bound(s, "max", o.Type)
	return o
}

// bound is a number; for a duration in seconds, for a size in bytes.
func (d *decoder) bound(s *section, name string, t manifest.Type) *float64 {
	v, st := d.value(s, name)
	if st != present {
		return nil
	}
	f, ok := v.(float64)
	if !ok {
		text := d.str(s, name)
		dur, err := time.ParseDuration(text)
		f = dur.Seconds()
		if t == manifest.SizeType {
			var n manifest.Size
			n, err = manifest.ParseSize(text)
			f = float64(n)
		}
		if err != nil || t != manifest.SizeType && t != manifest.DurationType {
			d.out.Err(diag.BadUnit, s.slot(name).expr.At, name+" is not a value of the option's type.", "write a number; for a duration or size it may be text with a unit")
		}
	}
	return &f
}

func (d *decoder) strs(s *section, name string) []string {
	var out []string
	for _, v := range get[[]manifest.Value](d, s, name) {
		out = append(out, v.(manifest.Text).Reveal())
	}
	return out
}

var (
	ofProbe = regexp.MustCompile(`^probe "([^"]*)": (.*)$`)
	ofInner = regexp.MustCompile(`^(option|capability) "([^"]*)"`)
)

// check reports what Manifest.Check finds, each at the block it is about.
func (d *decoder) check(m *manifest.Manifest) {
	err := m.Check()
	if err == nil {
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		at := d.root.head
		if f := ofProbe.FindStringSubmatch(line); f != nil {
			at = find(d.root, "probe", f[1], at, func(p *section, at diag.Place) diag.Place {
				if in := ofInner.FindStringSubmatch(f[2]); in != nil {
					return find(p, in[1], in[2], at, nil)
				}
				return at
			})
		}
		d.out.Err(diag.BadManifest, at, line+".", "mend it in the manifest")
	}
}

// find is the place of a named block, and then of what is in it.
func find(s *section, kind, name string, or diag.Place, in func(*section, diag.Place) diag.Place) diag.Place {
	for _, b := range s.all(kind) {
		if b.name != name {
			continue
		}
		if in != nil {
			return in(b, b.head)
		}
		return b.head
	}
	return or
}
