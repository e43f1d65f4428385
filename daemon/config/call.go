package config

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// argument is the one plain string that every function takes.
func (d *decoder) argument(e *syntax.Expr) (string, bool) {
	switch {
	case d.constant:
		d.out.Err(diag.BadCall, e.At, "A manifest is the same everywhere: it calls no functions.", "write the value")
	case !slices.Contains(syntax.FunctionNames, e.Text):
		fix := "use env, env_set or file"
		near := diag.Nearest(e.Text, syntax.FunctionNames)
		if near != "" {
			fix = "write " + near
		}
		d.out.Err(diag.BadCall, e.At, fmt.Sprintf("There is no function %q.", diag.Clip(e.Text)), fix).
			Suggest(e.At.Source.Span(e.At.Start, e.At.Start+len(e.Text)), near)
	case len(e.Items) != 1 || e.Items[0].Kind != syntax.TextExpr || e.Items[0].Text == "":
		d.out.Err(diag.BadCall, e.At, fmt.Sprintf("%s() takes one plain string.", e.Text), fmt.Sprintf(`write %s("NAME")`, e.Text))
	default:
		return e.Items[0].Text, true
	}
	return "", false
}

// lookup is the environment as it was when first asked. A variable that is
// empty counts as one that is not set.
func (d *decoder) lookup(name string) *string {
	if v, known := d.sources.env[name]; known {
		return v
	}
	var value *string
	if v, ok := d.env(name); ok && v != "" {
		value = &v
	}
	d.sources.env[name] = value
	return value
}

func (d *decoder) envSet(e *syntax.Expr) (manifest.Value, state) {
	name, ok := d.argument(e)
	if !ok {
		return nil, bad
	}
	return d.anyEnv || d.lookup(name) != nil, present
}

// call is the text that env() or file() comes to.
func (d *decoder) call(e *syntax.Expr, r *schema.Row) (manifest.Text, state) {
	arg, ok := d.argument(e)
	if !ok {
		return nil, bad
	}
	var text string
	switch e.Text {
	case "env":
		v := d.lookup(arg)
		if v == nil && d.anyEnv {
			return nil, unknown
		}
		if v == nil {
			return nil, absent
		}
		text = *v
	case "file":
		v, s := d.file(e, arg)
		if s != present {
			return nil, s
		}
		text = v
		d.readsSecret(e, arg, r)
	default:
		d.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s; env_set() is true or false.", r.Name, schema.TypeName(r.Type)), fmt.Sprintf("write env(%q) for the variable's value", arg))
		return nil, bad
	}
	d.resolved[text] = true
	if r.Public {
		return manifest.Plain(text), present
	}
	d.secrets[text] = true
	return manifest.Text{{Text: text, Secret: true}}, present
}

// file reads a small regular file, once, and drops one newline at its end.
func (d *decoder) file(e *syntax.Expr, name string) (string, state) {
	path := absolute(name, e.At.Source.Dir)
	if first, named := d.whole.named[path]; !named || e.At.Compare(first) < 0 {
		d.whole.named[path] = e.At
	}
	c, known := d.sources.read[path]
	if !known {
		b, err := readRegular(path, maxSecretFile)
		text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
		d.sources.note(err)
		c = content{text, err}
		d.sources.read[path] = c
	}
	switch {
	case c.err == nil && c.text != "":
		return c.text, present
	case d.lenient:
		return "", absent
	case c.err == nil:
		d.out.Err(diag.FileUnreadable, e.At, "The file is empty.", "write the value into it")
	case errors.Is(c.err, errLarge):
		d.out.Err(diag.FileUnreadable, e.At, fmt.Sprintf("The file is larger than %d KiB.", maxSecretFile>>10), "name a file that holds only the value")
	case errors.Is(c.err, fs.ErrNotExist):
		d.out.Err(diag.FileUnreadable, e.At, "There is no such file.", fmt.Sprintf("write the value into %s, or name another file", diag.Clip(name)))
	default:
		d.out.Err(diag.FileUnreadable, e.At, "The file cannot be read: "+reason(c.err).Error()+".", "name a regular file that vega's user may read")
	}
	return "", bad
}

// readsSecret notes the file of a secret, for its mode to be judged.
func (d *decoder) readsSecret(e *syntax.Expr, name string, r *schema.Row) {
	path := absolute(name, e.At.Source.Dir)
	if first, known := d.whole.read[path]; !r.Public && (!known || e.At.Compare(first) < 0) {
		d.whole.read[path] = e.At
	}
}

// whyAbsent says what made a value absent.
func (d *decoder) whyAbsent(e *syntax.Expr) string {
	if d.unsetCall(e) {
		return fmt.Sprintf("env(%q) is not set", diag.Clip(e.Items[0].Text))
	}
	if e.Kind == syntax.CallExpr && e.Text == "file" {
		return "its file is not there"
	}
	if e.Kind == syntax.RefExpr && d.unset(e) {
		return e.Text + " is not set"
	}
	for _, item := range e.Items {
		if why := d.whyAbsent(item); why != "" {
			return why
		}
	}
	return ""
}

// absentFix is how to mend a required attribute without a value.
func (d *decoder) absentFix(s *section, e *syntax.Expr) string {
	name := firstUnset(d, e)
	switch {
	case name == "":
		return "write the value here, or set what it refers to"
	case s.schema.Name == "integration" || s.schema.Name == "config":
		return fmt.Sprintf("set the variable, or turn the integration off without it: enabled = env_set(%q)", diag.Clip(name))
	default:
		return "set the variable, or write a value"
	}
}

// unsetCall reports whether e is env() of a variable that is not set.
func (d *decoder) unsetCall(e *syntax.Expr) bool {
	return e.Kind == syntax.CallExpr && e.Text == "env" && len(e.Items) == 1 && !d.anyEnv && d.lookup(e.Items[0].Text) == nil
}

func firstUnset(d *decoder, e *syntax.Expr) string {
	if d.unsetCall(e) {
		return e.Items[0].Text
	}
	for _, item := range e.Items {
		if n := firstUnset(d, item); n != "" {
			return n
		}
	}
	return ""
}
