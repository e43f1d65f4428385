package diagnostics

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"vega/daemon/diagnostics/system"
)

// UnavailableError reports that a figure could not be read this time.
type UnavailableError struct{ Path, Reason string }

// Error includes the reason.
func (e *UnavailableError) Error() string {
	return fmt.Sprintf("%s is unavailable: %s", e.Path, e.Reason)
}

// UnknownPathError reports that no figure has the given path.
type UnknownPathError struct{ Path string }

// Error explains where valid paths come from.
func (e *UnknownPathError) Error() string {
	return fmt.Sprintf("unknown figure %q; use a name from the JSON, such as memory.percent", e.Path)
}

// Value returns the figure with the given path, which consists of names from the
// JSON joined by dots, such as "memory.percent". The error is an *UnavailableError
// or an *UnknownPathError.
func (s Snapshot) Value(path string) (float64, error) {
	return valueOf(reflect.ValueOf(s), path, s.Unavailable)
}

// Value is like Snapshot.Value, except that the paths of figures that only a
// Snapshot has are unknown.
func (s Summary) Value(path string) (float64, error) {
	return valueOf(reflect.ValueOf(s), path, s.Unavailable)
}

// Paths returns the paths of all figures of a Snapshot, in JSON order.
func Paths() []string { return pathsOf(reflect.TypeFor[Snapshot](), "") }

// SummaryPaths returns the paths of all figures of a Summary.
func SummaryPaths() []string { return pathsOf(reflect.TypeFor[Summary](), "") }

var timeType = reflect.TypeFor[time.Time]()

func valueOf(v reflect.Value, path string, unavailable map[string]string) (float64, error) {
	for name := range strings.SplitSeq(path, ".") {
		switch v = pointee(v); {
		case !v.IsValid():
			return 0, &UnavailableError{path, reason(unavailable, path)}
		case v.Kind() == reflect.Struct && v.Type() != timeType:
			v = fieldOf(v, name)
		case v.Type() == reflect.TypeFor[map[string]int]() && isStatus(name):
			v = statusOf(v, name, path, unavailable)
		default:
			v = reflect.Value{}
		}
		if !v.IsValid() {
			return 0, &UnknownPathError{path}
		}
	}
	if v = pointee(v); !v.IsValid() {
		return 0, &UnavailableError{path, reason(unavailable, path)}
	}
	if !isNumber(v.Type()) {
		return 0, &UnknownPathError{path}
	}
	return v.Convert(reflect.TypeFor[float64]()).Float(), nil
}

// pointee dereferences a pointer. For nil it returns the zero Value.
func pointee(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer {
		return v.Elem()
	}
	return v
}

// fieldOf finds a field by its name in the JSON, even in embedded structs.
func fieldOf(v reflect.Value, name string) reflect.Value {
	for n := range v.NumField() {
		f := v.Type().Field(n)
		if f.Anonymous {
			if found := fieldOf(v.Field(n), name); found.IsValid() {
				return found
			}
		} else if jsonName(f) == name {
			return v.Field(n)
		}
	}
	return reflect.Value{}
}

// statusOf returns the count of a status. For a status without a count it returns a
// nil pointer if the counts are unavailable, and 0 otherwise.
func statusOf(statuses reflect.Value, name, path string, unavailable map[string]string) reflect.Value {
	if v := statuses.MapIndex(reflect.ValueOf(name)); v.IsValid() {
		return v
	}
	if reason(unavailable, path) != unexplained {
		return reflect.ValueOf((*int)(nil))
	}
	return reflect.ValueOf(0)
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

const unexplained = "no reason given"

// reason returns the reason recorded for a path or its nearest parent.
func reason(unavailable map[string]string, path string) string {
	for p := path; p != ""; {
		if r, ok := unavailable[p]; ok {
			return r
		}
		p = p[:max(0, strings.LastIndexByte(p, '.'))]
	}
	return unexplained
}

func isNumber(t reflect.Type) bool { return t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64 }

func isStatus(name string) bool {
	for _, s := range system.Statuses() {
		if s == name {
			return true
		}
	}
	return false
}

func pathsOf(t reflect.Type, prefix string) []string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var paths []string
	switch {
	case isNumber(t):
		return []string{strings.TrimSuffix(prefix, ".")}
	case t == reflect.TypeFor[map[string]int]():
		for _, s := range system.Statuses() {
			paths = append(paths, prefix+s)
		}
	case t.Kind() == reflect.Struct && t != timeType:
		for n := range t.NumField() {
			f := t.Field(n)
			if f.Anonymous {
				paths = append(paths, pathsOf(f.Type, prefix)...)
				continue
			}
			paths = append(paths, pathsOf(f.Type, prefix+jsonName(f)+".")...)
		}
	}
	return paths
}
