package alert

import (
	"errors"
	"fmt"
	"strings"
)

// Selector selects integrations: a glob on names ("orders-*"), or "group:" or "label:"
// with a glob on groups or on one label ("group:payments/*", "label:team=core"). In a
// glob, * stands for any text and ? for any character. The name of an integration with
// for_each selects all of its instances.
type Selector string

// maxSelector limits the length of a selector, in bytes.
const maxSelector = 256

// The prefixes of selectors that are not on names.
const (
	groupPrefix = "group:"
	labelPrefix = "label:"
)

// Check returns an error if the selector is not valid.
func (s Selector) Check() error {
	text := string(s)
	if len(text) > maxSelector {
		return fmt.Errorf("it is longer than %d bytes", maxSelector)
	}
	if strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return errors.New("it has a control character")
	}
	if label, ok := strings.CutPrefix(text, labelPrefix); ok {
		key, value, found := strings.Cut(label, "=")
		switch {
		case !found:
			return errors.New("a label is selected with its value, such as label:team=core, or label:team=* for any")
		case key == "" || value == "":
			return errors.New("a label has a name and a value, such as label:team=core")
		case strings.ContainsAny(key, "*?"):
			return errors.New("only the value of a label can be a pattern")
		default:
			return nil
		}
	}
	group, isGroup := strings.CutPrefix(text, groupPrefix)
	switch {
	case text == "" || isGroup && group == "":
		return errors.New("it is empty")
	case !isGroup && strings.Contains(text, ":"):
		return errors.New("only group: and label: can stand before a pattern")
	default:
		return nil
	}
}

// Matcher is a compiled list of selectors. It matches what any of them selects.
type Matcher struct {
	all      bool
	names    map[string]bool // without a pattern
	groups   map[string]bool
	prefixes []string // of names
	globs    []string // on names
	others   []term
}

// term is a glob on groups, or on a label.
type term struct{ label, pattern string }

// NewMatcher compiles selectors. It ignores those that are not valid.
func NewMatcher(all []Selector) *Matcher {
	m := &Matcher{names: map[string]bool{}, groups: map[string]bool{}}
	for _, s := range all {
		if s.Check() == nil {
			m.add(string(s))
		}
	}
	return m
}

func (m *Matcher) add(text string) {
	if label, ok := strings.CutPrefix(text, labelPrefix); ok {
		key, value, _ := strings.Cut(label, "=")
		m.others = append(m.others, term{key, value})
		return
	}
	group, isGroup := strings.CutPrefix(text, groupPrefix)
	switch isGlob := strings.ContainsAny(text, "*?"); {
	case isGroup && isGlob:
		m.others = append(m.others, term{"", group})
	case isGroup:
		m.groups[group] = true
	case text == "*":
		m.all = true
	case isGlob && strings.IndexAny(text, "*?") == len(text)-1 && text[len(text)-1] == '*':
		m.prefixes = append(m.prefixes, text[:len(text)-1])
	case isGlob:
		m.globs = append(m.globs, text)
	default:
		m.names[text] = true
	}
}

// Match reports whether one of the selectors selects the integration.
func (m *Matcher) Match(i *Integration) bool {
	if m.all || len(m.groups) > 0 && i.Group != "" && m.groups[i.Group] {
		return true
	}
	if len(m.names) > 0 {
		of, _, isInstance := strings.Cut(i.Name, ".")
		if m.names[i.Name] || isInstance && m.names[of] {
			return true
		}
	}
	for _, prefix := range m.prefixes {
		if strings.HasPrefix(i.Name, prefix) {
			return true
		}
	}
	for _, g := range m.globs {
		if glob(g, i.Name) {
			return true
		}
	}
	for _, t := range m.others {
		value := i.Group
		if t.label != "" {
			value = i.Labels[t.label]
		}
		if value != "" && glob(t.pattern, value) {
			return true
		}
	}
	return false
}

// glob reports whether a pattern matches a text. It takes time in proportion to the
// product of their lengths at most.
func glob(pattern, text string) bool {
	star, from := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			t += width(text[t:])
		case p < len(pattern) && pattern[p] == text[t]:
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// width returns the length of the first character of a text, in bytes.
func width(text string) int {
	n := 1
	for n < len(text) && text[n]&0xC0 == 0x80 {
		n++
	}
	return n
}
