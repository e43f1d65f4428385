package eval

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// probeName evaluates a reference to a probe. Whether the probe exists is
// checked later.
func (ev *Evaluator) probeName(e *syntax.Expr) (manifest.Value, bind.State) {
	if e.Kind == syntax.RefExpr && strings.Count(e.Text, ".") == 1 {
		return manifest.Plain(e.Text), bind.Present
	}
	fix, name := "use plugin.probe, such as core.http", ""
	if plugin, probe, ok := strings.Cut(e.Text, "."); e.Kind == syntax.TextExpr && ok && manifest.ValidName(plugin) && manifest.ValidName(probe) {
		name = e.Text
		fix = "remove the quotes: probe = " + name
	}
	if word := e.Text; name == "" && (e.Kind == syntax.RefExpr || e.Kind == syntax.TextExpr) && !strings.Contains(word, ".") && ev.ProbeNamed != nil {
		if name = ev.ProbeNamed(word); name != "" {
			fix = "use " + name
		}
	}
	ev.out.Err(diag.WrongType, e.At, "probe must be a reference to a probe of a plugin.", fix).Suggest(e.At, name)
	return nil, bind.Bad
}

// wanting reports a reference to a value that an integration needs and that is
// not set. t is the slot it refers to, nil if it was not written.
func (c configuration) wanting(t *bind.Slot, e *syntax.Expr, w want) {
	block, name, _ := strings.Cut(e.Text, ".")
	why, fix := ", which is not set", fmt.Sprintf("add to block %s: %s = …", block, name)
	if t != nil {
		c.ev.Notes.Missed[c.ev.FirstUnset(t.Expr)] = true
		why, fix = ", but "+c.ev.WhyAbsent(t.Expr), "set that variable, or "+fix
	}
	c.ev.out.Err(diag.Required, e.At, fmt.Sprintf("%s refers to %s%s.", w.Name, e.Text, why), fix)
}

// target returns the section that the first word of a reference names.
func (ev *Evaluator) target(root string) *bind.Section {
	if root == "data_dir" {
		return ev.root
	}
	s := ev.table.Block(root)
	if s == nil || s.Label != "" {
		return nil
	}
	return ev.root.Block(root)
}

// unset reports whether a reference points to an attribute without a value.
func (ev *Evaluator) unset(e *syntax.Expr) bool {
	root, name, _ := strings.Cut(e.Text, ".")
	sec := ev.target(root)
	if sec == nil || sec.Schema.Row(name) == nil {
		return false
	}
	_, s := ev.Value(sec, name)
	return s == bind.Absent
}

// bareWord reports a word that lacks its quotes or its prefix, if it is certain
// what it stands for.
func (c configuration) bareWord(e *syntax.Expr, w want) bool {
	detail, instead := "", ""
	if allowed := bareAllowed(e.Text, w.Row); allowed != "" {
		detail, instead = "Text must be in double quotes.", strconv.Quote(allowed)
	}
	if w.Element() == schema.Integration && c.ev.peers[e.Text] != nil {
		detail, instead = fmt.Sprintf("%s does not exist, but an integration has this name.", diag.Clip(e.Text)), "integration."+e.Text
	}
	if w.Element() == schema.Notifier && c.ev.ends[e.Text] {
		detail, instead = fmt.Sprintf("%s does not exist, but a notifier has this name.", diag.Clip(e.Text)), "notifier."+e.Text
	}
	if w.Element() == manifest.Database && (e.Text == "vega" || c.ev.bases[e.Text] != nil) {
		detail, instead = fmt.Sprintf("%s does not exist, but a database has this name.", diag.Clip(e.Text)), "database."+e.Text
		c.ev.Notes.Databases[e.Text] = true
	}
	if instead == "" {
		return false
	}
	c.ev.out.Err(diag.Dangling, e.At, detail, "use "+instead).Suggest(e.At, instead)
	return true
}

func (c configuration) dangling(e *syntax.Expr, w want) (manifest.Value, bind.State) {
	if c.bareWord(e, w) {
		return nil, bind.Bad
	}
	if word := variableWord(e.Text); word != "" && (!w.Sensitive || strings.Contains(e.Text, ".")) {
		call := fmt.Sprintf("env(%q)", word)
		c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("%s does not exist; a variable of the environment is read with env().", diag.Clip(e.Text)), "use "+call).Suggest(e.At, call)
		return nil, bind.Bad
	}
	if truth := truths[strings.ToLower(e.Text)]; truth != "" && w.Type == manifest.Bool {
		c.ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be true or false.", w.Name), "use "+truth).Suggest(e.At, truth)
		return nil, bind.Bad
	}
	if w.Sensitive && !strings.Contains(e.Text, ".") { // the secret itself, most likely
		c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("The value of %s is a bare word that refers to nothing.", w.Name), "put it in quotes or, better, read it with env()")
		return nil, bind.Bad
	}
	var all []string
	for _, b := range c.ev.table.Blocks {
		if b.Label != "" {
			continue
		}
		for _, r := range b.Rows {
			all = append(all, b.Name+"."+r.Name)
		}
	}
	for name := range c.ev.bases {
		all = append(all, "database."+name)
	}
	fix := "refer to an attribute such as llm.base_url, or put text in quotes"
	if inTemplate(e) {
		fix = "refer to an attribute such as llm.base_url, or read a variable with env(); for the text ${ itself, write $${"
	} else if word := e.Text; !strings.Contains(word, ".") && w.Type == manifest.String && len(word) <= 40 {
		fix = fmt.Sprintf("put it in quotes if it is text: %q", word)
	}
	near := diag.Nearest(e.Text, slices.DeleteFunc(all, func(path string) bool {
		_, name, _ := strings.Cut(path, ".")
		return notReferable(name)
	}))
	if near != "" {
		fix = "use " + near
	}
	c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("%s does not exist.", diag.Clip(e.Text)), fix).Suggest(e.At, near)
	return nil, bind.Bad
}

func (c configuration) database(e *syntax.Expr, w want, t manifest.Type, name string) (manifest.Value, bind.State) {
	if _, ok := c.ev.bases[name]; !ok && name != "vega" {
		c.ev.Notes.Misspelt = true
		names := []string{"vega"}
		for n := range c.ev.bases {
			names = append(names, n)
		}
		fix := fmt.Sprintf("use an existing one (%s), or add a block: database %q { … }", diag.Among(names), diag.Clip(name))
		near := diag.Nearest(name, slices.DeleteFunc(names, notReferable))
		if near != "" {
			near = "database." + near
			fix = "use " + near
		}
		c.ev.out.Err(diag.Dangling, e.At, fmt.Sprintf("%s does not exist.", diag.Clip(e.Text)), fix).Suggest(e.At, near)
		return nil, bind.Bad
	}
	if t != manifest.Database {
		c.ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, but %s is a database.", w.Name, schema.TypeName(t), diag.Clip(e.Text)), "replace the reference with a value")
		return nil, bind.Bad
	}
	return manifest.Plain(name), bind.Present
}

// fits reports whether the value of another attribute can be used where a value
// of type t is expected.
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

// notReferable reports whether a name cannot be used in a reference, for
// example because it contains a space.
func notReferable(name string) bool { return !syntax.IsIdentifier([]byte(name)) }

// variableWord returns the name of the variable that a reference most likely
// means: NAME in upper case, env.NAME, or var.NAME; "" for others.
func variableWord(ref string) string {
	word := ref
	for _, prefix := range []string{"env.", "ENV.", "var.", "process.env."} {
		if rest, ok := strings.CutPrefix(ref, prefix); ok {
			word = strings.ToUpper(rest)
		}
	}
	upper := func(c rune) bool { return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' }
	if len(word) < 2 || len(word) > 80 || strings.ContainsFunc(word, func(c rune) bool { return !upper(c) }) {
		return ""
	}
	return word
}

// inTemplate reports whether a reference is in ${ }.
func inTemplate(e *syntax.Expr) bool {
	if e.At.Source == nil {
		return false
	}
	before := bytes.TrimRight(e.At.Source.Text[max(0, e.At.Start-16):e.At.Start], " \t~")
	return bytes.HasSuffix(before, []byte("${"))
}
