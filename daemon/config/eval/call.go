package eval

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

func (ev *Evaluator) envSet(e *syntax.Expr) (manifest.Value, bind.State) {
	name, ok := ev.lang.argument(e)
	if !ok {
		return nil, bind.Bad
	}
	return ev.vars.Set(name), bind.Present
}

// call returns the value of env() or file().
func (ev *Evaluator) call(e *syntax.Expr, w want) (manifest.Text, bind.State) {
	arg, ok := ev.lang.argument(e)
	if !ok {
		return nil, bind.Bad
	}
	var text string
	switch e.Text {
	case "env":
		v := ev.vars.Value(arg)
		if v == nil {
			if ev.vars.Elsewhere() {
				return nil, bind.Unknown
			}
			return nil, bind.Absent
		}
		text = *v
	case "file":
		v, s := ev.file(e, arg, w)
		if s != bind.Present {
			return nil, s
		}
		text = v
		if !w.Public {
			first(ev.Notes.Secrets, Absolute(arg, e.At.Source.Dir), e.At)
		}
	default:
		ev.out.Err(diag.WrongType, e.At, fmt.Sprintf("%s must be %s, but env_set() returns true or false.", w.Name, schema.TypeName(w.Type)), fmt.Sprintf("use env(%q) to get the variable's value", arg))
		return nil, bind.Bad
	}
	ev.resolved[text] = true
	if w.Public {
		return manifest.Plain(text), bind.Present
	}
	ev.secrets[text] = true
	return manifest.Text{{Text: text, Secret: true}}, bind.Present
}

// file returns the content of the file that file() names.
func (ev *Evaluator) file(e *syntax.Expr, name string, w want) (string, bind.State) {
	path := Absolute(name, e.At.Source.Dir)
	first(ev.Notes.Named, path, e.At)
	text, err := ev.in.Content(path)
	switch {
	case err == nil && text != "":
		return text, bind.Present
	case w.off:
		return "", bind.Absent
	case err == nil:
		ev.out.Err(diag.FileUnreadable, e.At, "The file is empty.", "write the value to the file")
	case errors.Is(err, input.ErrLarge):
		ev.out.Err(diag.FileUnreadable, e.At, fmt.Sprintf("The file is larger than %d KiB.", input.MaxContent>>10), "name a file that contains only the value")
	case errors.Is(err, fs.ErrNotExist):
		ev.out.Err(diag.FileUnreadable, e.At, "The file does not exist.", input.MissingFix(name, fmt.Sprintf("write the value to %s, or name another file", diag.Clip(name))))
	default:
		ev.out.Err(diag.FileUnreadable, e.At, "The file cannot be read: "+input.Reason(err).Error()+".", input.Remedy(path, err))
	}
	return "", bind.Bad
}

// first keeps the first place for each key.
func first[K comparable](places map[K]diag.Place, key K, at diag.Place) {
	if known, ok := places[key]; !ok || at.Compare(known) < 0 {
		places[key] = at
	}
}

// WhyAbsent returns why a value is absent.
func (ev *Evaluator) WhyAbsent(e *syntax.Expr) string {
	if ev.unsetCall(e) {
		return fmt.Sprintf("env(%q) is not set", diag.Clip(e.Items[0].Text))
	}
	if e.Kind == syntax.CallExpr && e.Text == "file" {
		return "its file does not exist"
	}
	if e.Kind == syntax.RefExpr && ev.unset(e) {
		return e.Text + " is not set"
	}
	for _, item := range e.Items {
		if why := ev.WhyAbsent(item); why != "" {
			return why
		}
	}
	return ""
}

// absentFix returns the fix for a required attribute without a value.
func (ev *Evaluator) absentFix(s *bind.Section, e *syntax.Expr) string {
	name := ev.FirstUnset(e)
	switch {
	case name == "":
		return "set a value here, or set the attribute that it refers to"
	case s.Schema.Name == "integration" || s.Schema.Name == "config" && !strings.HasPrefix(s.Owner, "scrape_module"):
		return ev.UnsetFix(e)
	default:
		return "set the variable, or use a literal value"
	}
}

// UnsetFix returns the fix for an expression in an integration that has no value
// because a variable is not set.
func (ev *Evaluator) UnsetFix(e *syntax.Expr) string {
	return fmt.Sprintf("set the variable, or disable the integration without it: enabled = env_set(%q)", diag.Clip(ev.FirstUnset(e)))
}

// unsetCall reports whether e calls env() with a variable that is not set.
func (ev *Evaluator) unsetCall(e *syntax.Expr) bool {
	return e.Kind == syntax.CallExpr && e.Text == "env" && len(e.Items) == 1 && !ev.vars.Set(e.Items[0].Text)
}

// FirstUnset returns the first variable in an expression that is not set, or "".
func (ev *Evaluator) FirstUnset(e *syntax.Expr) string {
	if ev.unsetCall(e) {
		return e.Items[0].Text
	}
	for _, item := range e.Items {
		if n := ev.FirstUnset(item); n != "" {
			return n
		}
	}
	return ""
}
