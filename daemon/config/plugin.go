package config

import (
	"errors"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/input"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// LoadManifest reads a plugin manifest from plugin.hcl, through the same stages
// as Load but with a table of its own. It returns no manifest if a diagnostic
// is an error.
func LoadManifest(path string) (*manifest.Manifest, diag.Diagnostics) {
	out := &diag.Collector{}
	in := input.New("create a plugin.hcl next to the plugin's source, or name the directory that contains one")
	in.Path = path
	in.Add(path, "", out)
	var m *manifest.Manifest
	if out.Errors() == 0 {
		m = buildManifest(in, out)
	}
	ds := shown(out, schema.ManifestTable, nil, nil)
	if out.Errors() > 0 {
		return nil, ds
	}
	return m, ds
}

func buildManifest(in *input.Set, out *diag.Collector) *manifest.Manifest {
	tree := syntax.Parse(in.Files, schema.ManifestTable.BlockNames(), out)
	root, _ := bind.Bind(tree, in.Start(), schema.ManifestTable, out)
	s := manifestStage{out, root, eval.NewManifest(root, in, schema.ManifestTable, out)}
	m := s.build()
	if out.Errors() == 0 {
		s.check(m)
	}
	return m
}

// manifestStage builds a manifest from the bound plugin.hcl.
type manifestStage struct {
	out  *diag.Collector
	root *bind.Section
	ev   *eval.Evaluator
}

func (m manifestStage) build() *manifest.Manifest {
	m.ev.Evaluate(m.root)
	out := &manifest.Manifest{
		ABI: m.ev.Str(m.root, "abi"), Name: m.ev.Str(m.root, "name"),
		Version: m.ev.Str(m.root, "version"), Description: m.ev.Str(m.root, "description"),
	}
	for _, s := range m.root.All("probe") {
		out.Probes = append(out.Probes, m.probe(s))
	}
	return out
}

func (m manifestStage) probe(s *bind.Section) manifest.Probe {
	m.ev.Evaluate(s)
	p := manifest.Probe{
		Name: s.Name, Summary: m.ev.Str(s, "summary"), NeedsAny: m.ev.Strs(s, "needs_any"),
		Timeout: manifest.Duration(m.ev.Duration(s, "timeout")), Interval: manifest.Duration(m.ev.Duration(s, "interval")),
	}
	for _, o := range s.All("option") {
		p.Options = append(p.Options, m.option(o))
	}
	for _, c := range s.All("capability") {
		m.ev.Evaluate(c)
		p.Capabilities = append(p.Capabilities, manifest.Capability{
			Kind: manifest.Kind(c.Name), Reason: m.ev.Str(c, "reason"), From: m.ev.Strs(c, "from"),
			Hosts: m.ev.Strs(c, "hosts"), Methods: m.ev.Strs(c, "methods"), Optional: eval.Get[bool](m.ev, c, "optional"),
		})
	}
	return p
}

func (m manifestStage) option(s *bind.Section) manifest.Option {
	m.ev.Evaluate(s)
	o := manifest.Option{
		Name: s.Name, Type: manifest.Type(m.ev.Str(s, "type")), Of: manifest.Type(m.ev.Str(s, "of")),
		Required: eval.Get[bool](m.ev, s, "required"), Sensitive: eval.Get[bool](m.ev, s, "sensitive"), SQL: eval.Get[bool](m.ev, s, "sql"),
		Description: m.ev.Str(s, "description"), OneOf: m.ev.Strs(s, "one_of"), Schemes: m.ev.Strs(s, "schemes"), Pattern: m.ev.Str(s, "pattern"),
		Format: manifest.Format(m.ev.Str(s, "format")), Requires: m.ev.Strs(s, "requires"), Conflicts: m.ev.Strs(s, "conflicts"),
	}
	if t := s.Slot("default"); t != nil && t.State == bind.Present {
		o.Default = t.Value
	}
	o.Min, o.Max = m.bound(s, "min", o.Type), m.bound(s, "max", o.Type)
	o.Unique, o.Fills = eval.Get[bool](m.ev, s, "unique"), eval.Get[bool](m.ev, s, "fills")
	for _, f := range s.All("field") {
		o.Fields = append(o.Fields, m.option(f))
	}
	return o
}

// bound returns a number, in seconds for a duration and in bytes for a size.
func (m manifestStage) bound(s *bind.Section, name string, t manifest.Type) *float64 {
	v, st := m.ev.Value(s, name)
	if st != bind.Present {
		return nil
	}
	f, ok := v.(float64)
	if !ok {
		text := m.ev.Str(s, name)
		dur, err := time.ParseDuration(text)
		f = dur.Seconds()
		if t == manifest.SizeType {
			var n manifest.Size
			n, err = manifest.ParseSize(text)
			f = float64(n)
		}
		if err != nil || t != manifest.SizeType && t != manifest.DurationType {
			m.out.Err(diag.BadUnit, s.Slot(name).Expr.At, name+" must be a value of the option's type.", "use a number or, for a duration or size, text with a unit")
		}
	}
	return &f
}

// mistakes is the interface of the errors that errors.Join returns.
type mistakes interface {
	error
	Unwrap() []error
}

// check reports each mistake that manifest.Check finds, at the block that it
// concerns.
func (m manifestStage) check(of *manifest.Manifest) {
	err := of.Check()
	all, ok := errors.AsType[mistakes](err)
	if !ok {
		return
	}
	for _, err := range all.Unwrap() {
		m.out.Err(diag.BadManifest, m.place(err), err.Error()+".", "correct the manifest")
	}
}

// place returns the innermost block that a mistake concerns.
func (m manifestStage) place(err error) diag.Place {
	at := m.root.Head
	mistake, ok := errors.AsType[*manifest.Mistake](err)
	if !ok {
		return at
	}
	probe := named(m.root, "probe", mistake.Probe)
	if probe == nil {
		return at
	}
	option := named(probe, "option", mistake.Option)
	var field *bind.Section
	if option != nil {
		field = named(option, "field", mistake.Field)
	}
	for _, in := range []*bind.Section{field, option, named(probe, "capability", string(mistake.Capability))} {
		if in != nil {
			return in.Head
		}
	}
	return probe.Head
}

// named returns the first block of a kind with that name, or nil.
func named(s *bind.Section, kind, name string) *bind.Section {
	for _, b := range s.All(kind) {
		if b.Name == name {
			return b
		}
	}
	return nil
}
