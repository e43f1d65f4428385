package config

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

// argument is the one plain string that every function takes.
func (d *decoder) argument(e *expr) (string, bool) {
	switch {
	case d.constant:
		d.out.Err(diag.BadCall, e.at, "A manifest is the same everywhere: it calls no functions.", "write the value")
	case !slices.Contains(functions, e.text):
		fix := "use env, env_set or file"
		near := diag.Nearest(e.text, functions)
		if near != "" {
			fix = "write " + near
		}
		d.out.Err(diag.BadCall, e.at, fmt.Sprintf("There is no function %q.", diag.Clip(e.text)), fix).
			Suggest(e.at.Source.Span(e.at.Start, e.at.Start+len(e.text)), near)
	case len(e.items) != 1 || e.items[0].kind != textExpr || e.items[0].text == "":
		d.out.Err(diag.BadCall, e.at, fmt.Sprintf("%s() takes one plain string.", e.text), fmt.Sprintf(`write %s("NAME")`, e.text))
	default:
		return e.items[0].text, true
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

func (d *decoder) envSet(e *expr) (manifest.Value, state) {
	name, ok := d.argument(e)
	if !ok {
		return nil, bad
	}
	return d.anyEnv || d.lookup(name) != nil, present
}

// call is the text that env() or file() comes to.
func (d *decoder) call(e *expr, r *row) (manifest.Text, state) {
	arg, ok := d.argument(e)
	if !ok {
		return nil, bad
	}
	var text string
	switch e.text {
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
		d.out.Err(diag.WrongType, e.at, fmt.Sprintf("%s must be %s; env_set() is true or false.", r.Name, typeName(r.Type)), fmt.Sprintf("write env(%q) for the variable's value", arg))
		return nil, bad
	}
	d.resolved[text] = true
	if r.public {
		return manifest.Plain(text), present
	}
	d.secrets[text] = true
	return manifest.Text{{Text: text, Secret: true}}, present
}

// file reads a small regular file, once, and drops one newline at its end.
func (d *decoder) file(e *expr, name string) (string, state) {
	path := absolute(name, e.at.Source.Dir)
	if first, named := d.whole.named[path]; !named || e.at.Compare(first) < 0 {
		d.whole.named[path] = e.at
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
		d.out.Err(diag.FileUnreadable, e.at, "The file is empty.", "write the value into it")
	case errors.Is(c.err, errLarge):
		d.out.Err(diag.FileUnreadable, e.at, fmt.Sprintf("The file is larger than %d KiB.", maxSecretFile>>10), "name a file that holds only the value")
	case errors.Is(c.err, fs.ErrNotExist):
		d.out.Err(diag.FileUnreadable, e.at, "There is no such file.", fmt.Sprintf("write the value into %s, or name another file", diag.Clip(name)))
	default:
		d.out.Err(diag.FileUnreadable, e.at, "The file cannot be read: "+reason(c.err).Error()+".", "name a regular file that vega's user may read")
	}
	return "", bad
}

// readsSecret notes the file of a secret, for its mode to be judged.
func (d *decoder) readsSecret(e *expr, name string, r *row) {
	path := absolute(name, e.at.Source.Dir)
	if first, known := d.whole.read[path]; !r.public && (!known || e.at.Compare(first) < 0) {
		d.whole.read[path] = e.at
	}
}

// whyAbsent says what made a value absent.
func (d *decoder) whyAbsent(e *expr) string {
	if d.unsetCall(e) {
		return fmt.Sprintf("env(%q) is not set", diag.Clip(e.items[0].text))
	}
	if e.kind == callExpr && e.text == "file" {
		return "its file is not there"
	}
	if e.kind == refExpr && d.unset(e) {
		return e.text + " is not set"
	}
	for _, item := range e.items {
		if why := d.whyAbsent(item); why != "" {
			return why
		}
	}
	return ""
}

// absentFix is how to mend a required attribute without a value.
func (d *decoder) absentFix(s *section, e *expr) string {
	name := firstUnset(d, e)
	switch {
	case name == "":
		return "write the value here, or set what it refers to"
	case s.schema.name == "integration" || s.schema.name == "config":
		return fmt.Sprintf("set the variable, or turn the integration off without it: enabled = env_set(%q)", diag.Clip(name))
	default:
		return "set the variable, or write a value"
	}
}

// unsetCall reports whether e is env() of a variable that is not set.
func (d *decoder) unsetCall(e *expr) bool {
	return e.kind == callExpr && e.text == "env" && len(e.items) == 1 && !d.anyEnv && d.lookup(e.items[0].text) == nil
}

func firstUnset(d *decoder, e *expr) string {
	if d.unsetCall(e) {
		return e.items[0].text
	}
	for _, item := range e.items {
		if n := firstUnset(d, item); n != "" {
			return n
		}
	}
	return ""
}
