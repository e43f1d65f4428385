package plugins

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"vega/plugins/jsonpath"
	"vega/plugins/manifest"
)

// lookup answers a dotted path in a tree of maps, lists and scalars: the
// grammar of the config and json calls. "#" counts the elements of a list or
// map, "@0" names a map's first key, keys sorted. A ".", a "\" and a leading
// "#" or "@" of a real key are escaped by "\". A list or map itself is
// answered as JSON.
func lookup(tree any, path string) (string, bool) {
	if path == "" {
		return show(tree)
	}
	for _, step := range jsonpath.Split(path) {
		next, ok := descend(tree, step)
		if !ok {
			return "", false
		}
		tree = next
	}
	return show(tree)
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

// configTree is an integration's options as a guest sees them: durations in
// nanoseconds, sizes in bytes.
func configTree(values manifest.Values) map[string]any {
	tree := make(map[string]any, len(values))
	for name, v := range values {
		tree[name] = configValue(v)
	}
	return tree
}

func configValue(v manifest.Value) any {
	switch v := v.(type) {
	case manifest.Text:
		return v.Reveal() // masked: what is revealed is a placeholder
	case float64:
		return json.Number(strconv.FormatFloat(v, 'f', -1, 64))
	case time.Duration:
		return json.Number(strconv.FormatInt(int64(v), 10))
	case manifest.Size:
		return json.Number(strconv.FormatInt(int64(v), 10))
	case []manifest.Value:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = configValue(e)
		}
		return list
	case map[string]manifest.Value:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = configValue(e)
		}
		return m
	default:
		return v // bool
	}
}
