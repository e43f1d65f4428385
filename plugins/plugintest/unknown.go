package plugintest

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
)

// unknownField returns the offset behind the first name in the JSON text that type
// t has no field for, 0 if there is none. encoding/json reports only the name, in
// the text of its error.
func unknownField(text []byte, t reflect.Type) int64 {
	w := fieldWalker{json.NewDecoder(bytes.NewReader(text))}
	at, _ := w.value(t)
	return at
}

// fieldWalker reads JSON next to the type that it is decoded into.
type fieldWalker struct{ *json.Decoder }

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// value reads one value of type t, nil for a type without known fields. It reports
// false at an unknown field, or where the text ends.
func (w fieldWalker) value(t reflect.Type) (at int64, ok bool) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && reflect.PointerTo(t).Implements(unmarshaler) {
		t = nil
	}
	token, err := w.Token()
	switch {
	case err != nil:
		return 0, false
	case token == json.Delim('{'):
		return w.object(t)
	case token == json.Delim('['):
		return w.list(t)
	default:
		return 0, true
	}
}

func (w fieldWalker) object(t reflect.Type) (at int64, ok bool) {
	for w.More() {
		name, err := w.Token()
		if err != nil {
			return 0, false
		}
		member, known := memberOf(t, name.(string)) // a name is a string
		if !known {
			return w.InputOffset(), false
		}
		if at, ok := w.value(member); !ok {
			return at, false
		}
	}
	_, err := w.Token()
	return 0, err == nil
}

func (w fieldWalker) list(t reflect.Type) (at int64, ok bool) {
	for w.More() {
		if at, ok := w.value(elementOf(t)); !ok {
			return at, false
		}
	}
	_, err := w.Token()
	return 0, err == nil
}

// memberOf returns the type of the member name of an object, and whether there is
// such a member.
func memberOf(t reflect.Type, name string) (reflect.Type, bool) {
	if t == nil || t.Kind() != reflect.Struct {
		return elementOf(t), true
	}
	for i := range t.NumField() {
		tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if tag != "-" && strings.EqualFold(tag, name) {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

// elementOf returns the type of the elements of a list or map, nil for any other.
func elementOf(t reflect.Type) reflect.Type {
	if t != nil {
		switch t.Kind() {
		case reflect.Array, reflect.Map, reflect.Slice:
			return t.Elem()
		}
	}
	return nil
}
