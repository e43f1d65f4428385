package eval

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/plugins/manifest"
)

// Evaluate evaluates every value of a section, and reports required attributes
// without a value. It returns false if there are any.
func (ev *Evaluator) Evaluate(s *bind.Section) (complete bool) {
	for _, t := range s.Slots {
		ev.read(s, t)
	}
	if s.Broken || s.Off {
		return false
	}
	complete = true
	for i := range s.Schema.Rows {
		if r := &s.Schema.Rows[i]; r.Required {
			complete = ev.required(s, r) && complete
		}
	}
	return complete
}

// required reports whether a required attribute has a value.
func (ev *Evaluator) required(s *bind.Section, r *schema.Row) bool {
	switch t := s.Slot(r.Name); {
	case t == nil && s.Misses(r):
	case t == nil:
		ev.out.Err(diag.Required, s.Head, fmt.Sprintf("%s needs %s. %s", s.Title(), r.Name, orType(r)), requiredFix(s, r))
	case t.Unsure():
	case t.State == bind.Absent:
		ev.out.Err(diag.Required, t.At, fmt.Sprintf("%s needs %s, but %s.", s.Title(), r.Name, ev.WhyAbsent(t.Expr)), ev.absentFix(s, t.Expr))
	default:
		return true
	}
	return false
}

// requiredFix returns what to add at the place of the diagnostic, which is the
// integration if it has no config block yet.
func requiredFix(s *bind.Section, r *schema.Row) string {
	fix := fmt.Sprintf("%s = %s", r.Name, schema.Example(r))
	if s.Unwritten {
		kind, _, _ := strings.Cut(s.Owner, " ")
		return "add to the " + kind + ": config { " + fix + " }"
	}
	return "add " + fix
}

func orType(r *schema.Row) string {
	if r.Description != "" {
		return r.Description
	}
	return "It must be " + schema.TypeName(r.Type) + "."
}

// Value returns the value of an attribute, or its default if the attribute is
// not set.
func (ev *Evaluator) Value(s *bind.Section, name string) (manifest.Value, bind.State) {
	if t := s.Slot(name); t != nil {
		if ev.read(s, t); t.State != bind.Absent {
			return t.Value, t.State
		}
	}
	r := s.Schema.Row(name)
	if r == nil || r.Default == nil { // a module for GET /probe has fewer than an integration
		return nil, bind.Absent
	}
	return ev.preset(r), bind.Present
}

// preset returns the default of a row. The schema's tests and manifest.Check
// ensure that it converts.
func (ev *Evaluator) preset(r *schema.Row) manifest.Value {
	switch v := r.Default.(type) {
	case string:
		switch r.Type {
		case schema.Path:
			return manifest.Plain(Absolute(v, ev.in.Dir()))
		case manifest.Database:
			name := strings.TrimPrefix(v, "database.")
			ev.Notes.Databases[name] = true
			return manifest.Plain(name)
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

// Get returns a value of a known type, or its zero if it is absent or bad.
func Get[T any](ev *Evaluator, s *bind.Section, name string) T {
	v, _ := ev.Value(s, name)
	t, _ := v.(T)
	return t
}

// Str returns a string without hiding secrets in it.
func (ev *Evaluator) Str(s *bind.Section, name string) string {
	return Get[manifest.Text](ev, s, name).Reveal()
}

// Strs returns the strings of a list without hiding secrets in them.
func (ev *Evaluator) Strs(s *bind.Section, name string) []string {
	var out []string
	for _, v := range Get[[]manifest.Value](ev, s, name) {
		out = append(out, v.(manifest.Text).Reveal())
	}
	return out
}

// Duration returns a duration, 0 if it is absent or bad.
func (ev *Evaluator) Duration(s *bind.Section, name string) time.Duration {
	return Get[time.Duration](ev, s, name)
}

// Absolute returns a path relative to dir as an absolute path.
func Absolute(path, dir string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
