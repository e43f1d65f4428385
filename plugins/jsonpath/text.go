package jsonpath

import (
	"bytes"
	"slices"
)

// MaxDepth is the maximum nesting depth of lists and objects.
const MaxDepth = 1000

// Host limits the cost of reading the input.
type Host interface {
	// Pause is called every few tens of microseconds of work. An error stops
	// the work.
	Pause() error
	// Hold counts memory before it is allocated. An error stops the work.
	Hold(bytes int) error
	// Release releases memory counted by Hold.
	Release(bytes int)
}

// Text is a JSON input. Each Find starts where the previous one can help: lists
// whose elements are requested in order are read once. It is not safe for
// concurrent use.
type Text struct {
	b       []byte
	checked bool   // whether the input is known to be JSON
	root    int    // offset of the value, once checked
	fault   error  // why the input is not JSON, or cannot be read
	steps   []Step // the steps of the last path, as far as marks go
	marks   []mark
}

// mark records where a step of the last path led.
type mark struct {
	child int // offset of the value
	index int // its position in its list
}

// New returns a Text of b, which must not change afterwards. A leading byte
// order mark is skipped.
func New(b []byte) *Text { return &Text{b: bytes.TrimPrefix(b, byteOrderMark)} }

var byteOrderMark = []byte("\xef\xbb\xbf")

// Find finds the value at a path. The first call also checks the whole text, in
// the same pass. The error is ErrAbsent if there is no such value, ErrDepth, a
// *SyntaxError, a *DuplicateError, or the host's.
func (t *Text) Find(path string, host Host) (Value, error) {
	if t.fault != nil {
		return Value{}, t.fault
	}
	f := finder{scanner: scanner{b: t.b, host: host}, keys: keys{text: t.b}}
	if path != "" {
		f.steps = Split(path)
	}
	if t.checked {
		f.resume(t)
	}
	f.pauseAt = f.i + stride
	err := f.read()
	f.keys.release(host)
	if isFault(err) {
		t.fault = err
	}
	if err != nil {
		return Value{}, err
	}
	if !t.checked {
		t.checked, t.root = true, f.from
	}
	t.steps, t.marks = f.steps[:len(f.marks)], f.marks
	switch {
	case f.twice != nil:
		return Value{}, f.twice
	case f.answer.kind == nothing:
		return Value{}, ErrAbsent
	}
	return f.answer, nil
}

// resume starts where this path diverges from the last one.
func (f *finder) resume(t *Text) {
	same := 0
	for same < len(t.marks) && same < len(f.steps) && t.steps[same] == f.steps[same] {
		same++
	}
	f.trusted, f.base, f.marks, f.i = true, same, slices.Clone(t.marks[:same]), t.root
	if same > 0 {
		f.i = t.marks[same-1].child
	}
	if same == len(t.marks) || same == len(f.steps) || f.peek() != '[' {
		return
	}
	last := t.marks[same]
	if want, ok := f.steps[same].Index(); ok && want >= last.index {
		f.push()
		f.open[0].at, f.open[0].seen, f.i = true, last.index, last.child
	}
}

// Begins returns an error if no JSON can begin like b, judging by the first
// byte that is not white space.
func Begins(b []byte) error {
	s := scanner{b: bytes.TrimPrefix(b, byteOrderMark)}
	for s.i < len(s.b) && blank[s.b[s.i]] {
		s.i++
	}
	if c := s.peek(); s.i == len(s.b) || begins[c] || bytes.HasPrefix(byteOrderMark, b) {
		return nil
	}
	return s.unexpected("a value")
}
