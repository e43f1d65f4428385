package bind

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// Bind binds the content of a file to its table and reports unknown names. head
// is where the content begins.
//
// An unknown name in an integration may be an option of a plugin. Plugins are
// not known yet, so ReportMisplaced reports those names later.
func Bind(tree *syntax.Tree, head diag.Place, table *schema.Block, out *diag.Collector) (*Section, []Misplaced) {
	b := binder{out: out, table: table}
	root := &Section{Head: head, Broken: tree.Broken}
	b.body(&tree.Body, table, root)
	return root, b.misplaced
}

// Options binds a config block to a probe's options.
func Options(body *syntax.Body, options, table *schema.Block, into *Section, out *diag.Collector) {
	b := binder{out: out, table: table}
	b.body(body, options, into)
}

// Object binds an object of a list of objects to its fields.
func Object(e *syntax.Expr, fields, table *schema.Block, into *Section, out *diag.Collector) {
	b := binder{out: out, table: table}
	into.Schema, into.Head = fields, e.At
	slots := make([]Slot, 0, len(e.Items)/2)
	for i := 0; i+1 < len(e.Items); i += 2 {
		key := e.Items[i]
		if key.Kind != syntax.TextExpr { // reported as a syntax error
			into.Broken = true
			continue
		}
		slots = b.attribute(&syntax.Attr{Name: key.Text, At: key.At, Value: e.Items[i+1]}, fields, into, slots)
	}
}

// binder binds the bodies of one configuration.
type binder struct {
	out       *diag.Collector
	table     *schema.Block
	misplaced []Misplaced
}

// blockID identifies a block among its siblings.
type blockID struct{ kind, name string }

// body binds a body to a schema.
func (b *binder) body(in *syntax.Body, s *schema.Block, into *Section) {
	into.Schema = s
	if len(in.Attrs) > 0 {
		slots := make([]Slot, 0, len(in.Attrs))
		into.Slots = make([]*Slot, 0, len(in.Attrs))
		for _, a := range in.Attrs {
			slots = b.attribute(a, s, into, slots)
		}
	}
	if len(in.Blocks) == 0 {
		return
	}
	written := make(map[blockID]diag.Place, len(in.Blocks))
	into.Blocks = make([]*Section, 0, len(in.Blocks))
	for _, blk := range in.Blocks {
		b.block(blk, s, into, written)
	}
}

// attribute binds an attribute. It allocates the slot from slots, which has room
// for it.
func (b *binder) attribute(a *syntax.Attr, s *schema.Block, into *Section, slots []Slot) []Slot {
	r := s.Row(a.Name)
	if r == nil {
		if r = b.renamed(a, s); r == nil {
			b.unknownAttribute(a, s, into)
			return slots
		}
	}
	if first := into.Slot(r.Name); first != nil {
		b.out.Err(diag.Twice, a.At, fmt.Sprintf("%s is already set at %s.", a.Name, first.At), "keep one of the two")
		return slots
	}
	slots = append(slots, Slot{Row: r, At: a.At, Expr: a.Value})
	into.Slots = append(into.Slots, &slots[len(slots)-1])
	return slots
}

func (b *binder) block(in *syntax.Block, s *schema.Block, into *Section, written map[blockID]diag.Place) {
	inner := s.Block(in.Kind)
	if inner == nil {
		b.unknownBlock(in, s, into)
		return
	}
	sec := &Section{Schema: inner, Head: in.Head, Broken: in.Broken || into.Broken}
	named := b.named(in, inner, sec)
	id := blockID{in.Kind, sec.Name}
	if first, again := written[id]; again && named && !inner.Repeat {
		b.out.Err(diag.Twice, in.Head, fmt.Sprintf("%s already exists at %s.", sec.Title(), first), twiceFix(inner))
	} else {
		written[id] = in.Head
	}
	if inner.Open {
		sec.Raw = in
	} else {
		b.body(&in.Body, inner, sec)
	}
	into.Blocks = append(into.Blocks, sec)
}

func twiceFix(s *schema.Block) string {
	if s.Label != "" {
		return "rename one of the two"
	}
	return "merge the two"
}

// named takes the block's label. It returns false if the block has no usable
// label.
func (b *binder) named(in *syntax.Block, s *schema.Block, sec *Section) bool {
	switch {
	case s.Label == "" && len(in.Labels) > 0:
		p := b.out.Err(diag.BadName, in.Labels[0].At, fmt.Sprintf("%s takes no name.", s.Name), fmt.Sprintf("remove the name: %s {", s.Name))
		if !in.Broken {
			p.Replace(in.Head.Source.Span(in.Head.Start+len(in.Kind), in.Labels[len(in.Labels)-1].At.End), "")
		}
	case s.Label != "" && len(in.Labels) == 0 && !in.Broken:
		b.out.Err(diag.BadName, in.Head, fmt.Sprintf("%s needs a %s.", s.Name, s.Label), fmt.Sprintf("add one in quotes: %s \"NAME\" {", s.Name))
		return false
	case s.Label != "" && len(in.Labels) > 1:
		p := b.out.Err(diag.BadName, in.Labels[1].At, fmt.Sprintf("%s takes one name.", s.Name), "remove the second")
		if !in.Broken {
			p.Replace(in.Head.Source.Span(in.Labels[0].At.End, in.Labels[len(in.Labels)-1].At.End), "")
		}
	}
	if s.Label == "" || len(in.Labels) == 0 {
		return s.Label == ""
	}
	sec.Name = in.Labels[0].Text
	if !manifest.ValidName(sec.Name) {
		b.badName(sec.Name, in)
	}
	if what := schema.Taken[s.Name+" "+sec.Name]; what != "" {
		b.out.Err(diag.BadName, in.Labels[0].At, what, "choose another name")
	}
	return true
}

var notInName = regexp.MustCompile(`[^a-z0-9_-]+`)

// badName reports a name that is not valid, and suggests the nearest one.
func (b *binder) badName(name string, in *syntax.Block) {
	fix := "start with a lower-case letter and use lower-case letters, digits, - and _ (at most 64)"
	near := strings.TrimLeft(strings.Trim(notInName.ReplaceAllString(strings.ToLower(name), "_"), "_-"), "_-0123456789")
	foreign := strings.ContainsFunc(name, func(c rune) bool { return c >= utf8.RuneSelf }) // without such letters it is another name
	if manifest.ValidName(near) && !foreign {
		fix = fmt.Sprintf("use %q; names start with a lower-case letter and have lower-case letters, digits, - and _", near)
	} else {
		near = ""
	}
	p := b.out.Err(diag.BadName, in.Labels[0].At, fmt.Sprintf("%q is not a valid name.", diag.Clip(name)), fix)
	if near != "" && !in.Broken {
		p.Replace(in.Labels[0].At, strconv.Quote(near))
	}
}
