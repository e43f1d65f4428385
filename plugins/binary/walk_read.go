package binary

// index reads an index below n.
func (w *Walker) index(what string, n uint32) uint32 {
	i := w.u32()
	if i >= n {
		w.missing(what, i, n)
	}
	return i
}

func (w *Walker) missing(what string, i, n uint32) {
	if w.err == nil {
		w.fail(errIndex(what, i, n))
	}
}

// u32 reads an unsigned LEB128 number.
func (w *Walker) u32() uint32 {
	if w.pos < len(w.code) {
		if b := w.code[w.pos]; b < 0x80 {
			w.pos++
			return uint32(b)
		}
	}
	return w.long()
}

// long reads a number of more than one byte.
func (w *Walker) long() uint32 {
	v, n := uleb(w.code[w.pos:])
	if n <= 0 {
		w.fail(lebError(n))
		return 0
	}
	w.pos += n
	return v
}

// signed skips a signed LEB128 number of the given width.
func (w *Walker) signed(bits int) {
	if w.pos < len(w.code) && w.code[w.pos] < 0x80 {
		w.pos++
		return
	}
	_, n := sleb(w.code[w.pos:], bits)
	if n <= 0 {
		w.fail(lebError(n))
		return
	}
	w.pos += n
}

func (w *Walker) skip(n int) {
	if n > len(w.code)-w.pos {
		w.fail(errShort)
		return
	}
	w.pos += n
}

func (w *Walker) peek() byte {
	if w.pos >= len(w.code) {
		w.fail(errShort)
		return 0
	}
	return w.code[w.pos]
}

func (w *Walker) byte() byte {
	b := w.peek()
	if w.err == nil {
		w.pos++
	}
	return b
}

// Labels returns the labels of an encoded br_table, the default last.
func Labels(brTable []byte) []uint32 {
	r := NewReader(brTable[1:])
	labels := make([]uint32, 0, min(len(brTable), int(r.U32())+1))
	for r.Err() == nil && len(r.Rest()) > 0 {
		labels = append(labels, r.U32())
	}
	return labels
}
