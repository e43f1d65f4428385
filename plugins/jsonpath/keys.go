package jsonpath

import (
	"bytes"
	"strings"
	"unsafe"
)

// key is a key as it appears in the input, between its quotes.
type key struct {
	raw     []byte
	escaped bool
}

// is reports whether the decoded key equals name.
func (k key) is(name string) bool {
	if string(k.raw) == name {
		return !k.escaped && isPlain(k.raw)
	}
	if !k.escaped && !strings.Contains(name, "\uFFFD") {
		return false
	}
	return k.text() == name
}

// isPlain reports whether b has no escapes or invalid bytes.
func isPlain(b []byte) bool {
	for len(b) > 0 {
		n := plainRun(b)
		if n == 0 {
			return false
		}
		b = b[n:]
	}
	return true
}

func (k key) text() string {
	if isPlain(k.raw) {
		return string(k.raw)
	}
	var b strings.Builder
	_ = decode(k.raw, func(piece []byte) error { // a Builder never fails
		b.Write(piece)
		return nil
	})
	return b.String()
}

// keys holds the keys of one object, by their offsets in the input.
type keys struct {
	text []byte
	all  []span
	held int

	sifted int
}

type span struct{ from, to uint32 }

const spanSize = int(unsafe.Sizeof(span{}))

// add stores a key. While the list grows by doubling, the old and the new one
// exist side by side.
func (k *keys) add(from, to int, host Host) error {
	if len(k.all) == cap(k.all) {
		size := max(32, 2*cap(k.all))
		if err := host.Hold(size * spanSize); err != nil {
			return err
		}
		grown := append(make([]span, 0, size), k.all...)
		k.release(host)
		k.all, k.held = grown, size*spanSize
	}
	k.all = append(k.all, span{uint32(from), uint32(to)})
	return nil
}

func (k *keys) release(host Host) {
	if k.held > 0 {
		host.Release(k.held)
	}
	k.all, k.held = nil, 0
}

func (k *keys) raw(s span) []byte { return k.text[s.from:s.to] }

func (k *keys) compare(a, b span) int {
	x, y := k.raw(a), k.raw(b)
	if isPlain(x) && isPlain(y) {
		return bytes.Compare(x, y)
	}
	return strings.Compare(key{raw: x}.text(), key{raw: y}.text())
}

// nth returns the n-th key in order, and whether a key up to it is duplicate.
// It returns false if there are fewer keys. It does not sort the rest.
func (k *keys) nth(n int, host Host) (raw []byte, twice, ok bool, err error) {
	if n >= len(k.all) {
		return nil, false, false, nil
	}
	heap := k.all
	for i := len(heap)/2 - 1; i >= 0; i-- {
		if err := k.sift(heap, i, host); err != nil {
			return nil, false, false, err
		}
	}
	for i := 0; i <= n; i++ {
		smallest := heap[0]
		raw = k.raw(smallest)
		last := len(heap) - 1
		heap[0], heap = heap[last], heap[:last]
		if err := k.sift(heap, 0, host); err != nil {
			return nil, false, false, err
		}
		if len(heap) > 0 && k.compare(smallest, heap[0]) == 0 {
			return raw, true, true, nil
		}
	}
	return raw, false, true, nil
}

// sift moves the key at i down a heap to its place.
func (k *keys) sift(heap []span, i int, host Host) error {
	for {
		smallest := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if k.compare(heap[child], heap[smallest]) < 0 {
				smallest = child
			}
		}
		if smallest == i {
			return k.pause(host)
		}
		heap[i], heap[smallest] = heap[smallest], heap[i]
		i = smallest
	}
}

// pause lets the host account for the time used, once every several dozen
// calls.
func (k *keys) pause(host Host) error {
	const often = 64
	if k.sifted++; k.sifted%often != 0 {
		return nil
	}
	return host.Pause()
}
