//go:build !wasip1

package sdktest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// plain converts a value to the form of decoded JSON, as the config call
// returns it: durations are nanoseconds.
func plain(v any) any {
	switch v := v.(type) {
	case time.Duration:
		return json.Number(strconv.FormatInt(int64(v), 10))
	case string, bool, json.Number:
		return v
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Slice:
		list := make([]any, r.Len())
		for i := range list {
			list[i] = plain(r.Index(i).Interface())
		}
		return list
	case reflect.Map:
		m := map[string]any{}
		for _, k := range r.MapKeys() {
			m[k.String()] = plain(r.MapIndex(k).Interface())
		}
		return m
	default:
		b, err := json.Marshal(v)
		if err != nil {
			panic("sdktest: unsupported option type: " + r.Kind().String())
		}
		return json.Number(b)
	}
}

// lookup returns the value at a dotted path in the grammar of the config and
// json calls. An empty path is the whole value; a path that ends with a dot has
// an empty last key.
func lookup(tree any, path string) (string, bool) {
	for more := path != ""; more; {
		var key string
		var command byte
		key, command, path, more = cut(path)
		if command == '@' && key == "type" && !more {
			return typeOf(tree), true
		}
		var ok bool
		if tree, ok = step(tree, key, command); !ok {
			return "", false
		}
	}
	switch v := tree.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	default:
		b, err := json.Marshal(v)
		return string(b), err == nil
	}
}

// typeOf returns what the path step @type returns.
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

// cut splits the first step off a path; command is '#' or '@' if it is one.
func cut(path string) (key string, command byte, rest string, more bool) {
	if path != "" && (path[0] == '#' || path[0] == '@') {
		command, path = path[0], path[1:]
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		switch {
		case path[i] == '\\' && i+1 < len(path):
			i++
			b.WriteByte(path[i])
		case path[i] == '.':
			return b.String(), command, path[i+1:], true
		default:
			b.WriteByte(path[i])
		}
	}
	return b.String(), command, "", false
}

func step(tree any, key string, command byte) (any, bool) {
	switch t := tree.(type) {
	case map[string]any:
		if command == 0 {
			v, ok := t[key]
			return v, ok
		}
		if command == '#' {
			return json.Number(strconv.Itoa(len(t))), key == ""
		}
		keys := slices.Sorted(maps.Keys(t))
		if i, err := strconv.Atoi(key); err == nil && i >= 0 && i < len(keys) {
			return keys[i], true
		}
	case []any:
		if command == '#' {
			return json.Number(strconv.Itoa(len(t))), key == ""
		}
		if i, err := strconv.Atoi(key); err == nil && command == 0 && i >= 0 && i < len(t) {
			return t[i], true
		}
	}
	return nil, false
}
