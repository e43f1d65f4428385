package secret

import "math/rand/v2"

// minHidden is the minimum size of a secret that Hide looks for, in bytes. A
// guest that can have its own bytes echoed learns from Hide whether they are
// the secret; a secret of this length can't be guessed as a whole.
const minHidden = 16

// hider finds whole secrets by a rolling hash with a random base. Each byte
// costs the same, regardless of its value, unless a whole secret ends there.
type hider struct {
	base    uint64
	lengths []length
	longest int
}

// length holds the secrets of one length in bytes.
type length struct {
	n      int
	out    uint64 // base to the power of n: the weight of the byte that leaves the window
	hashes []uint64
	of     []*entry
}

func (v *Vault) whole() *hider {
	if v.hider == nil {
		v.hider = newHider(v.entries)
	}
	return v.hider
}

func newHider(entries []*entry) *hider {
	h := &hider{base: rand.Uint64() | 1}
	for _, e := range entries {
		if len(e.real) >= minHidden {
			h.add(e)
		}
	}
	return h
}

func (h *hider) add(e *entry) {
	n, i := len(e.real), 0
	for i < len(h.lengths) && h.lengths[i].n != n {
		i++
	}
	if i == len(h.lengths) {
		l := length{n: n, out: 1}
		for range n {
			l.out *= h.base
		}
		h.lengths = append(h.lengths, l)
		h.longest = max(h.longest, n)
	}
	l := &h.lengths[i]
	l.hashes, l.of = append(l.hashes, h.hash([]byte(e.real))), append(l.of, e)
}

func (h *hider) hash(b []byte) (sum uint64) {
	for _, c := range b {
		sum = sum*h.base + uint64(c)
	}
	return sum
}

// hide writes the placeholder of each secret that ends in in[from:] to the same
// place in out, which is a copy of in or the result for an earlier part of it.
func (h *hider) hide(out, in []byte, from int) {
	for i := range h.lengths {
		l := &h.lengths[i]
		begin := max(0, from-l.n+1)
		sum := uint64(0)
		for at := begin; at < len(in); at++ {
			sum = sum*h.base + uint64(in[at])
			if at >= begin+l.n {
				sum -= l.out * uint64(in[at-l.n])
			}
			if at >= begin+l.n-1 {
				l.found(out, in, at+1, sum)
			}
		}
	}
}

// found replaces a secret that ends at end, if there is one; so far only the
// hash is known to match.
func (l *length) found(out, in []byte, end int, sum uint64) {
	for i, hash := range l.hashes {
		if hash == sum && string(in[end-l.n:end]) == l.of[i].real {
			copy(out[end-l.n:end], l.of[i].placeholder)
		}
	}
}

// Hide replaces every whole secret of at least 16 bytes in s by its
// placeholder, in its raw form only. The length stays the same.
func (v *Vault) Hide(s string) string {
	h := v.whole()
	if h.longest == 0 || len(s) < minHidden {
		return s
	}
	out := []byte(s)
	h.hide(out, []byte(s), 0)
	return string(out)
}
