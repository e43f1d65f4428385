// Package options presents an integration's options as a guest reads them.
//
// New makes a Tree of the options, and Tree.Lookup finds the value at a path in
// it. Package jsonpath defines the paths.
package options

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"vega/plugins/jsonpath"
	"vega/plugins/manifest"
)

// Tree holds the options: maps, lists and scalars.
type Tree map[string]any

// New returns the options as a guest sees them: durations in nanoseconds, sizes
// in bytes. The values must be masked, so that a secret is a placeholder.
func New(values manifest.Values) Tree {
	tree := make(Tree, len(values))
	for name, v := range values {
		tree[name] = value(v)
	}
	return tree
}

func value(v manifest.Value) any {
	switch v := v.(type) {
	case manifest.Text:
		return v.Reveal() // contains placeholders, because the values are masked
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
	case time.Duration:
		return json.Number(strconv.FormatInt(int64(v), 10))
	case manifest.Size:
		return json.Number(strconv.FormatInt(int64(v), 10))
	case []manifest.Value:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = value(e)
		}
		return list
	case map[string]manifest.Value:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = value(e)
		}
		return m
	default:
		return v // a bool
	}
}

// Grease adds options that no guest knows.
func (t Tree) Grease() {
	t["a-later-option"] = "1"
	t["z.later"] = map[string]any{"#": "2"}
}

// Lookup returns the value at a path, and whether there is one. A list or map is
// returned as JSON.
func (t Tree) Lookup(path string) (string, bool) {
	if path != "" && jsonpath.Plain(path) { // as almost always
		v, ok := t[path]
		if !ok {
			return "", false
		}
		return show(v)
	}
	return find(map[string]any(t), path)
}

// find is like Lookup, for any tree of maps, lists, strings, json.Numbers and
// bools.
func find(tree any, path string) (string, bool) {
	if path == "" {
		return show(tree)
	}
	steps := jsonpath.Split(path)
	for i, step := range steps {
		if i == len(steps)-1 && step.AsksType() && (i == 0 || steps[i-1].Command == 0) {
			return typeOf(tree), true
		}
		next, ok := descend(tree, step)
		if !ok {
			return "", false
		}
		tree = next
	}
	return show(tree)
}

// typeOf returns the name of a value's type, as package jsonpath does.
func typeOf(v any) string {
	switch v.(type) {
	case string:
		return "text"
	case json.Number:
		return "number"
	case bool:
		return "bool"
	case nil:
		return "null"
	case []any:
		return "list"
	default:
		return "object"
	}
}

func descend(tree any, s jsonpath.Step) (any, bool) {
	switch t := tree.(type) {
	case map[string]any:
		if s.Command == '#' {
			return json.Number(strconv.Itoa(len(t))), s.Counts()
		}
		if s.Command == '@' {
			i, ok := s.Nth()
			if !ok || i >= len(t) {
				return nil, false
			}
			return sortedKeys(t)[i], true
		}
		v, ok := t[s.Key]
		return v, ok
	case []any:
		if s.Command == '#' {
			return json.Number(strconv.Itoa(len(t))), s.Counts()
		}
		i, ok := s.Index()
		if !ok || i >= len(t) {
			return nil, false
		}
		return t[i], true
	}
	return nil, false
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func show(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	default:
		b, err := json.Marshal(v)
		return string(b), err == nil
	}
}
