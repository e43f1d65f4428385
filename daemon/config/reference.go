package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// probeName is a reference to a probe; whether there is one is judged later.
func (d *decoder) probeName(e *syntax.Expr) (manifest.Value, state) {
	if e.Kind == syntax.RefExpr && strings.Count(e.Text, ".") == 1 {
		return manifest.Plain(e.Text), present
	}
	fix, name := "write plugin.probe, such as core.http", ""
	if plugin, probe, ok := strings.Cut(e.Text, "."); e.Kind == syntax.TextExpr && ok && manifest.ValidName(plugin) && manifest.ValidName(probe) {
		name = e.Text
		fix = "remove the quotes: probe = " + name
	}
	d.out.Err(diag.WrongType, e.At, "probe must name a plugin and one of its probes, as a reference.", fix).Suggest(e.At, name)
	return nil, bad
}

// reference is the value of what a reference points to.
func (d *decoder) reference(e *syntax.Expr, r *schema.Row, t manifest.Type) (manifest.Value, state) {
	if d.constant {
		d.out.Err(diag.NotAllowed, e.At, "A manifest refers to nothing.", "write the value in quotes")
		return nil, bad
	}
	root, rest, _ := strings.Cut(e.Text, ".")
	if root == "database" {
		return d.database(e, r, t, rest)
	}
	if root == "integration" {
		return d.dependency(e, r, t, rest)
	}
	sec := d.target(root)
	name := rest
	if root == "data_dir" {
		name, rest = root, root
	}
	if sec == nil || strings.Contains(e.Text, ".") != (root != "data_dir") || sec.schema.Row(rest) == nil {
		return d.dangling(e, r)
	}
	v, s := d.value(sec, name)
	to := sec.schema.Row(name)
	switch {
	case s == absent && to.Wanted && d.inConfig && !d.lenient:
		d.wanting(sec.slot(name), e, r)
		return nil, bad
	case s != present:
		return nil, s
	case !fits(v, t):
		d.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s; %s is %s.", r.Name, schema.TypeName(t), e.Text, schema.TypeName(to.Type)), "write the value, or refer to something else")
		return nil, bad
	}
	if text, ok := v.(manifest.Text); ok {
		if to.Sensitive {
			text = manifest.Text{{Text: text.Reveal(), Secret: true}}
		}
		return d.judge(text, e, r, t)
	}
	return v, present
}

// wanting reports a reference to what an integration can't do without. t is
// what is referred to, nil if it is not written.
func (d *decoder) wanting(t *slot, e *syntax.Expr, r *schema.Row) {
	block, name, _ := strings.Cut(e.Text, ".")
	why, fix := ", which is not set", fmt.Sprintf("write in the block %s: %s = …", block, name)
	if t != nil {
		d.whole.told[firstUnset(d, t.expr)] = true
		why, fix = ", and "+d.whyAbsent(t.expr), "set that variable, or "+fix
	}
	d.out.Err(diag.Required, e.At, fmt.Sprintf("%s refers to %s%s.", r.Name, e.Text, why), fix)
}

// target is the section that the first word of a reference names.
func (d *decoder) target(root string) *section {
	if root == "data_dir" {
		return d.root
	}
	s := d.table.Block(root)
	if s == nil || s.Label != "" {
		return nil
	}
	return d.root.block(root)
}

// unset reports whether a reference points to an attribute without a value.
func (d *decoder) unset(e *syntax.Expr) bool {
	root, name, _ := strings.Cut(e.Text, ".")
	sec := d.target(root)
	if sec == nil || sec.schema.Row(name) == nil {
		return false
	}
	_, s := d.value(sec, name)
	return s == absent
}

func (d *decoder) dangling(e *syntax.Expr, r *schema.Row) (manifest.Value, state) {
	if r.Sensitive && !strings.Contains(e.Text, ".") { // the secret itself, most likely
		d.out.Err(diag.Dangling, e.At, fmt.Sprintf("The value of %s is a bare word, which refers to nothing.", r.Name), "write it in quotes or, better, read it with env()")
		return nil, bad
	}
	var all []string
	for _, b := range d.table.Blocks {
		if b.Label != "" {
			continue
		}
		for _, r := range b.Rows {
			all = append(all, b.Name+"."+r.Name)
		}
	}
	for name := range d.bases {
		all = append(all, "database."+name)
	}
	fix := "refer to an attribute such as llm.base_url, or write the text in quotes"
	near := diag.Nearest(e.Text, slices.DeleteFunc(all, func(path string) bool {
		_, name, _ := strings.Cut(path, ".")
		return notReferable(name)
	}))
	if near != "" {
		fix = "write " + near
	}
	d.out.Err(diag.Dangling, e.At, fmt.Sprintf("There is no %s.", diag.Clip(e.Text)), fix).Suggest(e.At, near)
	return nil, bad
}

func (d *decoder) database(e *syntax.Expr, r *schema.Row, t manifest.Type, name string) (manifest.Value, state) {
	if _, ok := d.bases[name]; !ok && name != "vega" {
		d.whole.misspelt = true
		names := []string{"vega"}
		for n := range d.bases {
			names = append(names, n)
		}
		fix := fmt.Sprintf("name one that there is (%s), or add a block: database %q { … }", diag.Among(names), diag.Clip(name))
		near := diag.Nearest(name, slices.DeleteFunc(names, notReferable))
		if near != "" {
			near = "database." + near
			fix = "write " + near
		}
		d.out.Err(diag.Dangling, e.At, fmt.Sprintf("There is no %s.", diag.Clip(e.Text)), fix).Suggest(e.At, near)
		return nil, bad
	}
	if t != manifest.Database {
		d.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s; %s is a database.", r.Name, schema.TypeName(t), diag.Clip(e.Text)), "write the value")
		return nil, bad
	}
	return manifest.Plain(name), present
}

// fits reports whether a value that was worked out for another attribute can
// stand where a t is wanted.
func fits(v manifest.Value, t manifest.Type) bool {
	switch v.(type) {
	case manifest.Text:
		return t == manifest.String || t == manifest.URL || t == manifest.Address || t == schema.Path || t == manifest.Any
	case float64:
		return t == manifest.Number || t == schema.Whole || t == manifest.Any
	case bool:
		return t == manifest.Bool || t == manifest.Any
	case time.Duration:
		return t == manifest.DurationType
	case manifest.Size:
		return t == manifest.SizeType
	default:
		return false
	}
}

// notReferable reports whether a name can't be written in a reference, as one with
// a blank in it can't.
func notReferable(name string) bool { return !syntax.IsIdentifier([]byte(name)) }
