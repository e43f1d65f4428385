package reference

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"vega/daemon/config/diag"
	"vega/plugins/manifest"
)

// UnknownTopicError reports a name that is not in the reference.
type UnknownTopicError struct {
	Written string
	Near    []string // suggestions
	Refused string   // why the plugin of that name was refused, or ""
}

// Error asks whether one of Near was meant.
func (e *UnknownTopicError) Error() string {
	text := fmt.Sprintf("there is no %q in the reference", diag.Clip(diag.Clean(e.Written)))
	if e.Refused != "" {
		return text + ": " + diag.Clean(e.Refused)
	}
	if len(e.Near) > 0 {
		text += fmt.Sprintf("; did you mean %s?", strings.Join(e.Near, " or "))
	}
	return text
}

// Find returns the topic of a name such as "server", "integration.grant.http",
// "core.http.url" or "env"; "" is the whole reference. The error is an
// *UnknownTopicError.
func (d *Docs) Find(name string) (*Topic, error) {
	if name == "" {
		return &d.whole, nil
	}
	if t := d.whole.find(name); t != nil {
		return t, nil
	}
	return nil, &UnknownTopicError{name, d.near(name), d.refused(name)}
}

// Names returns the names that Find knows.
func (d *Docs) Names() []string { return d.whole.names() }

func (t *Topic) find(name string) *Topic {
	if t.Name == name {
		return t
	}
	for i := range t.Parts {
		if in := t.Parts[i].find(name); in != nil {
			return in
		}
	}
	return nil
}

func (t *Topic) names() []string {
	var out []string
	if t.Name != "" {
		out = append(out, t.Name)
	}
	for i := range t.Parts {
		out = append(out, t.Parts[i].names()...)
	}
	return out
}

// near returns the names that were probably meant: those that end in name, or
// else the most similar one.
func (d *Docs) near(name string) []string {
	names := d.whole.names()
	var ends []string
	for _, n := range names {
		if strings.HasSuffix(n, "."+name) {
			ends = append(ends, n)
		}
	}
	if len(ends) > 0 {
		return ends[:min(len(ends), 5)]
	}
	if near := diag.Nearest(name, names); near != "" {
		return []string{near}
	}
	return nil
}

// refused returns why the plugin that a name begins with is not documented.
func (d *Docs) refused(name string) string {
	plugin, _, _ := strings.Cut(name, ".")
	i := slices.IndexFunc(d.modules, func(f manifest.Found) bool {
		return f.Err != nil && strings.TrimSuffix(filepath.Base(f.File), ".wasm") == plugin
	})
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("the plugin %s was refused: %v", d.modules[i].File, d.modules[i].Err)
}
