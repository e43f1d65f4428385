package options

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"vega/plugins/jsonpath"
)

// free is a host with which nothing costs anything.
type free struct{}

func (free) Pause() error   { return nil }
func (free) Hold(int) error { return nil }
func (free) Release(int)    {}

// tree returns what encoding/json decodes from a text.
func tree(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more after the value")
	}
	return v, nil
}

// unique reports whether no object has a key twice.
func unique(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	var open []map[string]bool // nil for a list
	key := false
	for {
		token, err := d.Token()
		if err != nil {
			return true
		}
		object := len(open) > 0 && open[len(open)-1] != nil
		if name, ok := token.(string); ok && object && key {
			if open[len(open)-1][name] {
				return false
			}
			open[len(open)-1][name], key = true, false
			continue
		}
		switch token {
		case json.Delim('{'):
			open = append(open, map[string]bool{})
		case json.Delim('['):
			open = append(open, nil)
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}

// sameAnswer compares the value that jsonpath finds in a text with the one that
// find finds in its tree.
func sameAnswer(t *testing.T, text *jsonpath.Text, tree any, path string) {
	t.Helper()
	want, ok := find(tree, path)
	v, err := text.Find(path, free{})
	if ok != (err == nil) || err != nil && !errors.Is(err, jsonpath.ErrAbsent) {
		t.Fatalf("%q: %v, want %q %v", path, err, want, ok)
	}
	if err != nil {
		return
	}
	var got strings.Builder
	if err := v.Write(&got, free{}); err != nil {
		t.Fatal(err)
	}
	if got.Len() > v.Size() {
		t.Fatalf("%q: %d bytes are written, %d foretold", path, got.Len(), v.Size())
	}
	if got.String() != want && !sameJSON(got.String(), want) {
		t.Fatalf("%q: %q, want %q", path, got.String(), want)
	}
}

// sameJSON compares lists and objects by value, because encoding/json sorts keys and
// escapes more than necessary.
func sameJSON(a, b string) bool {
	if a == "" || a[0] != '{' && a[0] != '[' {
		return false
	}
	x, err := tree([]byte(a))
	if err != nil {
		return false
	}
	y, err := tree([]byte(b))
	if err != nil {
		return false
	}
	again, err := json.Marshal(x)
	want, err2 := json.Marshal(y)
	return err == nil && err2 == nil && bytes.Equal(again, want)
}

// paths returns the paths of a tree, and some that do not exist.
func paths(v any, prefix string, all []string) []string {
	if len(all) > 200 {
		return all
	}
	under := func(step string) string { return prefix + step }
	all = append(all, strings.TrimSuffix(prefix, "."), under("#"), under("@0"), under("@1"), under("none"), under("0"), under("@type"), under("0.@type"))
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			step := strings.NewReplacer(`\`, `\\`, ".", `\.`).Replace(k)
			if strings.HasPrefix(step, "#") || strings.HasPrefix(step, "@") {
				step = `\` + step
			}
			all = paths(v[k], under(step)+".", all)
		}
	case []any:
		for i, e := range v {
			all = paths(e, under(strconv.Itoa(i))+".", all)
		}
	}
	return all
}

func FuzzJSON(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text), "a.b.0", uint8(1))
	}
	f.Fuzz(func(t *testing.T, text []byte, path string, step uint8) {
		v, err := tree(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
		read := jsonpath.New(text)
		_, refused := read.Find("", free{})
		if refused != nil && err == nil && !errors.Is(refused, jsonpath.ErrDepth) {
			t.Fatalf("%q is refused: %v", text, refused)
		}
		if refused == nil && err != nil {
			t.Fatalf("%q is taken, but %v", text, err)
		}
		if refused != nil || !unique(text) {
			return // the tree has only the last value of a duplicate key
		}
		sameAnswer(t, jsonpath.New(text), v, path) // while the text is checked
		all := paths(v, "", []string{path})
		for i := range all { // in an order that resumes in different places
			sameAnswer(t, read, v, all[i*(2*int(step)+1)%len(all)])
		}
	})
}

var texts = []string{
	`{"a": {"b": [10, "x", true, null, 1e400, 12345678901234567890]}, "d.o.t": "dotted", "#": "hash", "@0": "at", "b\\s": "back", "": "empty"}`,
	"\xef\xbb\xbf[1,2]", `"\ud83d\ude00\ud800\u0041\ud800"`, "\"\xff\xfe\xc3\x28\"", "[\"\xff\"]", "{\"\xff\":1,\"\\ufffd\":2}", `{"a":1,"a":2}`,
	`[[[[[[]]]]]]`, `{"a":[{"b":1},{"b":2},{"b":3}]}`, " \t\r\n1 ", "-0", "0.5e-7", "01", "1.", "-", "+1", ".5", "1e", "tru", "nul", "[1,]", `{"a":1,}`, `{"a"}`, `{a:1}`,
	`{"a":1`, `"a`, `"\x"`, `"\u12g4"`, "\"\n\"", `1 2`, `[1]]`, `{}}`, "", " ", "\xef\xbb\xbf", "\xef\xbb\xbf\xef\xbb\xbf1", `{"a" : {"b" :[ ] } , "c" : "d\/e\u002f" }`, "\u00a01", "[1\u2028]", "/*a*/1", "'a'", "NaN", "Infinity",
	`{"b":1,"a":{"c":[1,{"d":"e"}],"\u0063\u0064":2},"a\tb":3}`,
}

// BenchmarkJSON looks up a path in documents of several sizes, by decoding a tree and
// by reading, and a second path, for which the text is not checked again.
func BenchmarkJSON(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1KB", 1 << 10}, {"100KB", 100 << 10}, {"1MiB", 1 << 20}} {
		text := document(size.bytes)
		for _, c := range []struct {
			name string
			find func(b *testing.B) string
		}{
			{"tree", func(b *testing.B) string {
				v, err := tree(text)
				if err != nil {
					b.Fatal(err)
				}
				s, _ := find(v, "status")
				return s
			}},
			{"read", func(b *testing.B) string { return found(b, jsonpath.New(text), "status") }},
		} {
			b.Run(size.name+"/"+c.name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					if got := c.find(b); got != "good" {
						b.Fatal(got)
					}
				}
			})
		}
		b.Run(size.name+"/again", func(b *testing.B) {
			read := jsonpath.New(text)
			found(b, read, "status")
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if found(b, read, "version") != "1" || found(b, read, "status") != "good" {
					b.Fatal("another answer")
				}
			}
		})
	}
}

func found(tb testing.TB, read *jsonpath.Text, path string) string {
	tb.Helper()
	v, err := read.Find(path, free{})
	if err != nil {
		tb.Fatal(err)
	}
	var s strings.Builder
	if err := v.Write(&s, free{}); err != nil {
		tb.Fatal(err)
	}
	return s.String()
}

// document returns an answer like that of an API, of about so many bytes.
func document(size int) []byte {
	var b bytes.Buffer
	b.WriteString(`{"version":1,"items":[`)
	for n := 0; b.Len() < size-150; n++ {
		if n > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"name":"item %d","tags":["a","b \"quoted\""],"price":%d.25,"active":true,"note":null}`, n, n, n)
	}
	b.WriteString(`],"status":"good"}`)
	return b.Bytes()
}
