package plugintest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// unknownFieldError reports a key that matches no field of its struct.
type unknownFieldError struct {
	name   string
	offset int64 // the offset after the key
}

// Error returns a message with the key.
func (e *unknownFieldError) Error() string { return fmt.Sprintf("unknown field %q", e.name) }

// checkFields returns an *unknownFieldError for the first key in JSON text that
// a value of type t has no field for. The text must be one that decodes into t.
func checkFields(text []byte, t reflect.Type) error {
	return fields(json.NewDecoder(bytes.NewReader(text)), t)
}

func fields(d *json.Decoder, t reflect.Type) error {
	open, err := d.Token()
	if err != nil || open != json.Delim('{') && open != json.Delim('[') {
		return err
	}
	for d.More() {
		member := element(t)
		if open == json.Delim('{') {
			if member, err = key(d, t); err != nil {
				return err
			}
		}
		if err := fields(d, member); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// key reads a key of an object that decodes into t and returns the type of its
// value.
func key(d *json.Decoder, t reflect.Type) (reflect.Type, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	if t = indirect(t); t.Kind() != reflect.Struct {
		return element(t), nil
	}
	name, _ := token.(string)
	for f := range t.Fields() {
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "-" && strings.EqualFold(tag, name) {
			return f.Type, nil
		}
	}
	return nil, &unknownFieldError{name, d.InputOffset()}
}

// element returns the type of the elements of t, or t if it has none.
func element(t reflect.Type) reflect.Type {
	switch t = indirect(t); t.Kind() {
	case reflect.Map, reflect.Slice, reflect.Array:
		return t.Elem()
	default:
		return t
	}
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// lineOf returns the line of the text that err concerns. end is the offset at
// which decoding ended.
func lineOf(text []byte, err error, end int64) int {
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		end = e.Offset
	} else if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		end = e.Offset
	} else if e, ok := errors.AsType[*unknownFieldError](err); ok {
		end = e.offset
	}
	return 1 + bytes.Count(text[:min(end, int64(len(text)))], []byte{'\n'})
}
