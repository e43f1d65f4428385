package config

import (
	"fmt"
	"slices"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// section is a block (or the file itself) laid over its schema.
type section struct {
	schema *schema.Block
	name   string
	owner  string // of a config block: the integration, for a person
	head   diag.Place
	slots  []*slot
	blocks []*section
	raw    *syntax.Block // of an open block
	broken bool
	// unwritten: there is no such block, and head is that of the one around it.
	unwritten bool
}

// slot is an attribute that was written. Its value is worked out when first
// asked for, so that references may point in any direction.
type slot struct {
	row   *schema.Row
	at    diag.Place // of the name
	expr  *syntax.Expr
	value manifest.Value
	state state
}

type state uint8

const (
	unread state = iota
	reading
	present
	unknown // env() of a variable that is only set elsewhere: see Options.AnyEnv
	absent  // env() of a variable that is not set, or a reference to nothing set
	bad     // reported already
)

func (s *section) slot(name string) *slot {
	i := slices.IndexFunc(s.slots, func(t *slot) bool { return t.row.Name == name })
	if i < 0 {
		return nil
	}
	return s.slots[i]
}

// unsure reports whether nothing can be said of that attribute: a mistake in it
// is reported already, or its value is known only elsewhere.
func (s *section) unsure(name string) bool {
	t := s.slot(name)
	return t != nil && t.unsure()
}

// element is where an element of a list stands, or else the whole value.
func (t *slot) element(n int) diag.Place {
	if t.expr.Kind == syntax.ListExpr && n < len(t.expr.Items) {
		return t.expr.Items[n].At
	}
	return t.expr.At
}

func (t *slot) unsure() bool { return t.state == bad || t.state == unknown }

// block is the one block of that kind, empty if it was not written.
func (s *section) block(name string) *section {
	for _, b := range s.blocks {
		if b.schema.Name == name {
			return b
		}
	}
	return &section{schema: s.schema.Block(name), head: s.head, broken: s.broken}
}

func (s *section) has(name string) bool {
	return slices.ContainsFunc(s.blocks, func(b *section) bool { return b.schema.Name == name })
}

// all are the blocks of that kind in order.
func (s *section) all(name string) []*section {
	var out []*section
	for _, b := range s.blocks {
		if b.schema.Name == name {
			out = append(out, b)
		}
	}
	return out
}

// title names the section for a person.
func (s *section) title() string {
	if s.owner != "" {
		return s.owner + ": " + s.schema.Name
	}
	if s.name != "" {
		return fmt.Sprintf("%s %q", s.schema.Name, diag.Clip(s.name))
	}
	return s.schema.Title()
}

// lay puts a body over its schema, and reports what the schema does not know.
func (d *decoder) lay(b *syntax.Body, s *schema.Block, into *section) {
	into.schema = s
	written := map[string]diag.Place{}
	for _, a := range b.Attrs {
		r := s.Row(a.Name)
		if r == nil {
			d.unknownAttribute(a, s)
			continue
		}
		if first, again := written[a.Name]; again {
			d.out.Err(diag.Twice, a.At, fmt.Sprintf("%s is set at %s already.", a.Name, first), "keep one of the two")
			continue
		}
		written[a.Name] = a.At
		into.slots = append(into.slots, &slot{row: r, at: a.At, expr: a.Value})
	}
	for _, in := range b.Blocks {
		d.layBlock(in, s, into, written)
	}
}

func (d *decoder) layBlock(b *syntax.Block, s *schema.Block, into *section, written map[string]diag.Place) {
	inner := s.Block(b.Kind)
	if inner == nil {
		d.unknownBlock(b, s)
		return
	}
	sec := &section{schema: inner, head: b.Head, broken: b.Broken || into.broken}
	named := d.named(b, inner, sec)
	id := b.Kind + " " + sec.name
	if first, again := written[id]; again && named && !inner.Repeat {
		d.out.Err(diag.Twice, b.Head, fmt.Sprintf("%s is given at %s already.", sec.title(), first), twiceFix(inner))
	} else {
		written[id] = b.Head
	}
	if inner.Open {
		sec.raw = b
	} else {
		d.lay(&b.Body, inner, sec)
	}
	into.blocks = append(into.blocks, sec)
}

func twiceFix(s *schema.Block) string {
	if s.Label != "" {
		return "rename one of the two"
	}
	return "join the two"
}

// named takes the block's label; false if it has none that could be used.
func (d *decoder) named(b *syntax.Block, s *schema.Block, sec *section) bool {
	switch {
	case s.Label == "" && len(b.Labels) > 0:
		p := d.out.Err(diag.BadName, b.Labels[0].At, fmt.Sprintf("%s takes no name.", s.Name), fmt.Sprintf("write %s {", s.Name))
		if !b.Broken {
			p.Replace(b.Head.Source.Span(b.Head.Start+len(b.Kind), b.Labels[len(b.Labels)-1].At.End), "")
		}
	case s.Label != "" && len(b.Labels) == 0 && !b.Broken:
		d.out.Err(diag.BadName, b.Head, fmt.Sprintf("%s needs a %s.", s.Name, s.Label), fmt.Sprintf("write %s \"NAME\" {", s.Name))
		return false
	case s.Label != "" && len(b.Labels) > 1:
		p := d.out.Err(diag.BadName, b.Labels[1].At, fmt.Sprintf("%s takes one name.", s.Name), "remove the second")
		if !b.Broken {
			p.Replace(b.Head.Source.Span(b.Labels[0].At.End, b.Labels[len(b.Labels)-1].At.End), "")
		}
	}
	if s.Label == "" || len(b.Labels) == 0 {
		return s.Label == ""
	}
	sec.name = b.Labels[0].Text
	if !manifest.ValidName(sec.name) {
		d.out.Err(diag.BadName, b.Labels[0].At, fmt.Sprintf("%q is no name.", diag.Clip(sec.name)), "start with a lower-case letter and use lower-case letters, digits, - and _ (at most 64)")
	}
	if what := schema.Taken[s.Name+" "+sec.name]; what != "" {
		d.out.Err(diag.BadName, b.Labels[0].At, what, "choose another name")
	}
	return true
}

func (d *decoder) unknownAttribute(a *syntax.Attr, s *schema.Block) {
	if b := s.Block(a.Name); b != nil {
		p := d.out.Err(diag.WrongForm, a.At, fmt.Sprintf("%s is a block.", a.Name), fmt.Sprintf("remove the equals sign: %s { … }", a.Name))
		if b.Label == "" && a.Value.Kind == syntax.MapExpr && a.Value.At.Source == a.At.Source {
			p.Replace(a.At.Source.Span(a.At.End, a.Value.At.Start), " ")
		}
		return
	}
	d.unknown(a.Name, a.At, s)
}

func (d *decoder) unknownBlock(b *syntax.Block, s *schema.Block) {
	if r := s.Row(b.Kind); r != nil {
		fix := fmt.Sprintf("write %s = …", b.Kind)
		if r.Type == manifest.Map {
			fix = fmt.Sprintf("write %s = { … }", b.Kind)
		}
		p := d.out.Err(diag.WrongForm, b.Head, fmt.Sprintf("%s is an attribute.", b.Kind), fix)
		if r.Type == manifest.Map && len(b.Labels) == 0 {
			p.Replace(b.Head.Source.Span(b.Head.End, b.Head.End), " =")
		}
		return
	}
	d.unknown(b.Kind, b.Head, s)
}

func (d *decoder) unknown(name string, at diag.Place, s *schema.Block) {
	if s.Name == "integration" && !d.constant && d.modules == nil {
		d.later = append(d.later, func() { d.unknown(name, at, s) })
		return
	}
	detail := fmt.Sprintf("%s has no %q.", s.Title(), diag.Clip(name))
	fix := "remove it; what may stand here: " + diag.Among(s.Names())
	home := d.table.Home(name)
	if near := diag.Nearest(name, s.Names()); near != "" {
		fix = "write " + near
	} else if s.Name == "integration" && d.isOption(name) {
		fix = "move it into config { }: it is an option of the probe"
	} else if home != "" {
		fix = fmt.Sprintf("move it into %s { }", home)
	}
	d.out.Err(diag.UnknownKey, at, detail, fix).Suggest(at.Source.Span(at.Start, at.Start+len(name)), diag.Nearest(name, s.Names()))
}

func (d *decoder) isOption(name string) bool {
	for _, f := range d.modules {
		if f.Module == nil {
			continue
		}
		for i := range f.Module.Manifest.Probes {
			if f.Module.Manifest.Probes[i].Option(name) != nil {
				return true
			}
		}
	}
	return false
}

// settle works out every value of a section, and reports what is required and
// missing. False says that it is not all there.
func (d *decoder) settle(s *section) (complete bool) {
	for _, t := range s.slots {
		d.read(t)
	}
	if s.broken || d.lenient {
		return false
	}
	complete = true
	for i := range s.schema.Rows {
		r := &s.schema.Rows[i]
		if !r.Required {
			continue
		}
		switch t := s.slot(r.Name); {
		case t == nil:
			complete = false
			d.out.Err(diag.Required, s.head, fmt.Sprintf("%s needs %s. %s", s.title(), r.Name, orType(r)), requiredFix(s, r))
		case t.unsure():
			complete = false
		case t.state == absent:
			complete = false
			why := d.whyAbsent(t.expr)
			d.out.Err(diag.Required, t.at, fmt.Sprintf("%s needs %s, and %s.", s.title(), r.Name, why), d.absentFix(s, t.expr))
		}
	}
	return complete
}

// requiredFix is what to write where the diagnostic points: at the integration
// when there is no config block in it yet.
func requiredFix(s *section, r *schema.Row) string {
	fix := fmt.Sprintf("%s = %s", r.Name, schema.Example(r))
	if s.unwritten {
		return "write in it: config { " + fix + " }"
	}
	return "write " + fix
}

func orType(r *schema.Row) string {
	if r.Description != "" {
		return r.Description
	}
	return "It is " + schema.TypeName(r.Type) + "."
}

// value is what an attribute comes to: as written, else its default.
func (d *decoder) value(s *section, name string) (manifest.Value, state) {
	if t := s.slot(name); t != nil {
		if d.read(t); t.state != absent {
			return t.value, t.state
		}
	}
	r := s.schema.Row(name)
	if r.Default == nil {
		return nil, absent
	}
	return d.preset(r), present
}

// preset is the default of a row, which the schema's tests and
// manifest.Check have shown to convert.
func (d *decoder) preset(r *schema.Row) manifest.Value {
	switch v := r.Default.(type) {
	case string:
		switch r.Type {
		case schema.Path:
			return manifest.Plain(absolute(v, d.dir))
		case manifest.Database:
			d.whole.databases[trimDatabase(v)] = true
			return manifest.Plain(trimDatabase(v))
		}
	case float64:
		if r.Type == schema.Whole {
			return v
		}
	}
	v, err := r.Convert(r.Default)
	if err != nil {
		return nil
	}
	return v
}

// get is a value of a known type, or its zero when it is absent or bad.
func get[T any](d *decoder, s *section, name string) T {
	v, _ := d.value(s, name)
	t, _ := v.(T)
	return t
}

// str is a text in the clear.
func (d *decoder) str(s *section, name string) string {
	return get[manifest.Text](d, s, name).Reveal()
}
