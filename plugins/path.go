package plugins

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

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
	for _, step := range split(path) {
		next, ok := descend(tree, step)
		if !ok {
			return "", false
		}
		tree = next
	}
	return show(tree)
}

// step is one part of a path; command is '#' or '@' where it is no key.
type step struct {
	key     string
	command byte
}

func split(path string) []step {
	var steps []step
	var key strings.Builder
	var command byte
	begin := true
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c == '\\' && i+1 < len(path):
			i++
			key.WriteByte(path[i])
		case c == '.':
			steps = append(steps, step{key.String(), command})
			key.Reset()
			command, begin = 0, true
			continue
		case begin && (c == '#' || c == '@'):
			command = c
		default:
			key.WriteByte(c)
		}
		begin = false
	}
	return append(steps, step{key.String(), command})
}

func descend(tree any, s step) (any, bool) {
	switch t := tree.(type) {
	case map[string]any:
		switch s.command {
		case '#':
			return json.Number(strconv.Itoa(len(t))), s.key == ""
		case '@':
			i, ok := index(s.key, len(t))
			if !ok {
				return nil, false
			}
			return sortedKeys(t)[i], true
		}
		v, ok := t[s.key]
		return v, ok
	case []any:
		if s.command == '#' {
			return json.Number(strconv.Itoa(len(t))), s.key == ""
		}
		i, ok := index(s.key, len(t))
		if !ok || s.command != 0 {
			return nil, false
		}
		return t[i], true
	}
	return nil, false
}

func index(digits string, length int) (int, bool) {
	i, err := strconv.Atoi(digits)
	return i, err == nil && i >= 0 && i < length && digits[0] != '+' && digits[0] != '-'
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
