package jsonpath

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

// meter is a Host that counts.
type meter struct {
	pauses, held, peak int
	limit              int // limit on pauses
	room               int // limit in bytes
}

func newMeter() *meter { return &meter{limit: math.MaxInt, room: math.MaxInt} }

var (
	errPause = errors.New("enough")
	errRoom  = errors.New("no room")
)

func (m *meter) Pause() error {
	if m.pauses++; m.pauses > m.limit {
		return errPause
	}
	return nil
}

func (m *meter) Hold(n int) error {
	if m.held+n > m.room {
		return errRoom
	}
	m.held += n
	m.peak = max(m.peak, m.held)
	return nil
}

func (m *meter) Release(n int) { m.held -= n }

func answer(t *testing.T, text *Text, path string, host Host) (string, error) {
	t.Helper()
	v, err := text.Find(path, host)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if err := v.Write(&b, host); err != nil {
		t.Fatal(err)
	}
	return b.String(), nil
}

func TestValuesAreAsWritten(t *testing.T) {
	text := New([]byte("\xef\xbb\xbf" + ` {"n": [1e400, -0, 9007199254740993, 1.50, true, null], "s": "a\u00e9\n\ud83d\ude00\ud83d!` + "\xff" + `",
		"o": { "x" : [ 1 , "a b\u0020<" ] , "y": {} }, "d.o.t": 1, "\u0061bc": 2} `))
	for path, want := range map[string]string{
		"n.0": "1e400", "n.1": "-0", "n.2": "9007199254740993", "n.3": "1.50", "n.4": "true", "n.5": "null", "n.#": "6",
		"s": "aé\n😀\uFFFD!\uFFFD", "o": `{"x":[1,"a b\u0020<"],"y":{}}`, "o.x.1": "a b <", "o.@1": "y", "o.#": "2",
		`d\.o\.t`: "1", "abc": "2", "@0": "abc", "@4": "s", "#": "5",
	} {
		if got, err := answer(t, text, path, newMeter()); got != want || err != nil {
			t.Errorf("%s: %q %v, want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"x", "n.6", "n.-1", "n.+1", "n.x", "n.0.0", "@5", "@", "@x", "n.@0", "#.0", "@0.#", "#x", "o..x"} {
		if got, err := answer(t, text, path, newMeter()); !errors.Is(err, ErrAbsent) {
			t.Errorf("%s was found: %q %v", path, got, err)
		}
	}
}

// A syntax error is reported with its position, whatever the path, on each
// call.
func TestSyntaxErrorsHavePositions(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "byte 0: it ends where a value is expected",
		`{"a":1} x`:          `byte 8: 'x' where the end is expected`,
		`{"a":1,}`:           `byte 7: '}' where a key in quotes is expected`,
		`[1 2]`:              `byte 3: '2' where a comma or the end of the list is expected`,
		`{"a" 1}`:            `byte 5: '1' where a colon after the key is expected`,
		`{"a":01}`:           `byte 6: '1' where a comma or the end of the object is expected`,
		`{"a":tru}`:          `byte 8: '}' where the word true is expected`,
		`{"a":"\ud8"}`:       `byte 10: '"' where one of four hexadecimal digits is expected`,
		"{\"a\":\"\t\"}":     `byte 6: '\t' where the end of a string is expected`,
		`{"a":1`:             `byte 6: it ends where a comma or the end of the object is expected`,
		"\xef\xbb\xbf\uFEFF": "byte 0: '\\ufeff' where a value is expected",
	} {
		read := New([]byte(text))
		for range 2 {
			_, err := read.Find("a", newMeter())
			if syntax := (*SyntaxError)(nil); !errors.As(err, &syntax) || err.Error() != want {
				t.Errorf("%q: %v, want %s", text, err, want)
			}
		}
	}
}

func TestDepthIsLimited(t *testing.T) {
	nested := func(n int) []byte { return []byte(strings.Repeat(`[`, n) + strings.Repeat(`]`, n)) }
	objects := func(n int) []byte { return []byte(strings.Repeat(`{"":`, n) + "0" + strings.Repeat(`}`, n)) }
	for name, make := range map[string]func(int) []byte{"lists": nested, "objects": objects} {
		for _, path := range []string{"", "0.0.0", ".", strings.Repeat("0.", 1999) + "0", strings.Repeat(".", 1999)} {
			if _, err := New(make(MaxDepth)).Find(path, newMeter()); err != nil && !errors.Is(err, ErrAbsent) {
				t.Errorf("%s, %.9q: %v", name, path, err)
			}
			for _, deep := range []int{MaxDepth + 1, 1_000_000} {
				if _, err := New(make(deep)).Find(path, newMeter()); !errors.Is(err, ErrDepth) {
					t.Errorf("%s of %d, %.9q: %v", name, deep, path, err)
				}
			}
		}
	}
}

// A duplicate key on the path is an error that names it, on each call;
// elsewhere it does not matter.
func TestDuplicateKeyOnPath(t *testing.T) {
	text := New([]byte(`{"a": {"b": 1, "\u0062": 2, "c": 3, "c": 4}, "e": [{"f": 1, "f": 2}], "z": 1}`))
	for range 2 {
		for path, key := range map[string]string{"a.b": "b", "a.c": "c", "a.b.x": "b", "e.0.f": "f", "a.@0": "b"} {
			_, err := text.Find(path, newMeter())
			twice := (*DuplicateError)(nil)
			if !errors.As(err, &twice) || twice.Key != key || !strings.Contains(err.Error(), fmt.Sprintf("has the key %q twice", key)) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if got, err := answer(t, text, "z", newMeter()); got != "1" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
	if _, err := New([]byte(`{"a": {"b": 1}, "a": 2}`)).Find("a.b", newMeter()); err == nil {
		t.Error("the outer key")
	}
}

// The second lookup reads but does not check: it does not even notice that the
// text is no longer JSON.
func TestTextIsCheckedOnce(t *testing.T) {
	b := []byte(`{"a": 1, "x": "\n", "b": 2}`)
	text := New(b)
	if _, err := text.Find("a", newMeter()); err != nil {
		t.Fatal(err)
	}
	b[bytes.Index(b, []byte(`\n`))+1] = '%'
	if got, err := answer(t, text, "b", newMeter()); got != "2" || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

// A list whose elements are requested in order is read about once, not once per
// element.
func TestElementsInOrderAreScannedOnce(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`{"data": [`)
	const n = 2000
	for i := range n {
		fmt.Fprintf(&b, `{"id": %d, "name": "%s"},`, i, strings.Repeat("x", 500))
	}
	b.WriteString(`{}]}`)
	text, m := New(b.Bytes()), newMeter()
	for i := range n {
		if got, err := answer(t, text, fmt.Sprintf("data.%d.id", i), m); got != fmt.Sprint(i) || err != nil {
			t.Fatalf("%d: %q %v", i, got, err)
		}
	}
	// Each scan starts a new stride, so only long ones are visible.
	if once := b.Len() / stride; m.pauses > 4*once {
		t.Errorf("%d pauses; one pass has %d", m.pauses, once)
	}
}

// Whatever a text contains, at most a few strides are read between two pauses,
// and reading stops on an error of the host.
func TestReadingPauses(t *testing.T) {
	const size = 4 << 20
	for name, text := range map[string]string{
		"string": `"` + strings.Repeat("x", size) + `"`, "escapes": `"` + strings.Repeat(`\n`, size/2) + `"`, "units": `"` + strings.Repeat(`\u0041`, size/6) + `"`,
		"invalid": `"` + strings.Repeat("\xff", size) + `"`, "digits": strings.Repeat("1", size), "blanks": strings.Repeat(" ", size) + "1",
		"list": `[` + strings.Repeat("0,", size/2) + `0]`, "objects": `[` + strings.Repeat(`{"":0},`, size/7) + `0]`, "nested": `[` + strings.Repeat(`[[]],`, size/5) + `0]`,
		"keys": `{` + strings.Repeat(`"a":0,`, size/6) + `"b":0}`, "long keys": `{"` + strings.Repeat(`k`, size) + `":0}`,
	} {
		read := New([]byte(text))
		for _, path := range []string{"", "0", "0.0", "b", "#"} {
			m := newMeter()
			v, err := read.Find(path, m)
			if err != nil && !errors.Is(err, ErrAbsent) {
				t.Fatalf("%s: %v", name, err)
			}
			if minimum := len(text) / stride / 2; path == "" && m.pauses < minimum {
				t.Errorf("%s: reading paused %d times, want %d", name, m.pauses, minimum)
			}
			before := m.pauses
			if err == nil {
				if err := v.Write(&bytes.Buffer{}, m); err != nil {
					t.Fatal(err)
				}
			}
			if minimum := v.Size() / 3 / longRun / 2; m.pauses-before < minimum {
				t.Errorf("%s: writing paused %d times, want %d", name, m.pauses-before, minimum)
			}
			m = newMeter()
			m.limit = 3
			if _, err := New([]byte(text)).Find(path, m); !errors.Is(err, errPause) || m.pauses != 4 {
				t.Errorf("%s: %v after %d pauses", name, err, m.pauses)
			}
		}
	}
}

// Only key names are stored; they are counted beforehand and released.
func TestOnlyKeyNamesAreStored(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`{"a": 0`)
	for i := range 50_000 {
		fmt.Fprintf(&b, `, "k%05d": %d`, i, i)
	}
	b.WriteString(`}`)
	text, m := New(b.Bytes()), newMeter()
	for _, path := range []string{"", "a", "k40000", "#", "none"} {
		if _, err := text.Find(path, m); err != nil && !errors.Is(err, ErrAbsent) {
			t.Fatal(err)
		}
	}
	if m.peak != 0 {
		t.Errorf("%d bytes were held for no reason", m.peak)
	}
	for path, want := range map[string]string{"@0": "a", "@1": "k00000", "@50000": "k49999"} {
		if got, err := answer(t, text, path, m); got != want || err != nil {
			t.Errorf("%s: %q %v", path, got, err)
		}
	}
	if m.held != 0 || m.peak < 50_000*spanSize || m.peak > 4*50_000*spanSize {
		t.Errorf("%d bytes are held, %d were", m.held, m.peak)
	}
	m.room = 100_000
	if _, err := text.Find("@1", m); !errors.Is(err, errRoom) || m.held != 0 {
		t.Errorf("%v, %d bytes are held", err, m.held)
	}
	m.room, m.limit = math.MaxInt, m.pauses+200
	if _, err := text.Find("@40000", m); !errors.Is(err, errPause) || m.held != 0 {
		t.Errorf("%v, %d bytes are held", err, m.held)
	}
	if got, err := answer(t, text, "k00001", newMeter()); got != "1" || err != nil {
		t.Errorf("after that: %q %v", got, err)
	}
}

// The step @type names the type of the value before it, of all but a key of
// that name, and only at the end of a path.
func TestTypeOfValue(t *testing.T) {
	text := New([]byte(`{"n": [1, "1", true, null, {}, []], "@type": "Person", "t": {"@type": 1}, "d": 1, "d": 2}`))
	for range 2 {
		for path, want := range map[string]string{
			"@type": "object", "n.@type": "list", "n.0.@type": "number", "n.1.@type": "text", "n.2.@type": "bool", "n.3.@type": "null",
			"n.4.@type": "object", "n.5.@type": "list", `\@type`: "Person", `\@type.@type`: "text", `t.\@type`: "1", "n.0": "1",
		} {
			if got, err := answer(t, text, path, newMeter()); got != want || err != nil {
				t.Errorf("%s: %q %v, want %q", path, got, err, want)
			}
		}
		for _, path := range []string{"x.@type", "n.9.@type", "@type.x", "n.@type.0", "n.@types", "n.#.@type"} {
			if got, err := text.Find(path, newMeter()); !errors.Is(err, ErrAbsent) {
				t.Errorf("%s: %v %v", path, got, err)
			}
		}
		if _, err := text.Find("d.@type", newMeter()); !errors.As(err, new(*DuplicateError)) {
			t.Errorf("a duplicate key: %v", err)
		}
	}
}
