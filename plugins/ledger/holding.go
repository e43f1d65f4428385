package ledger

// Holder counts memory. Account implements it.
type Holder interface {
	Hold(bytes int) error
	Release(bytes int)
}

// Holding counts the memory of one resource, such as an open response, so that
// all of it can be released together.
type Holding struct {
	holder Holder
	bytes  int
}

// NewHolding returns an empty Holding that counts its memory on h.
func NewHolding(h Holder) Holding { return Holding{holder: h} }

// Bytes returns how much is held.
func (h *Holding) Bytes() int { return h.bytes }

// Grow holds n more bytes.
func (h *Holding) Grow(n int) error {
	if err := h.holder.Hold(n); err != nil {
		return err
	}
	h.bytes += n
	return nil
}

// Shrink releases n of the bytes.
func (h *Holding) Shrink(n int) {
	h.holder.Release(n)
	h.bytes -= n
}

// Release releases all of them. It may be called more than once.
func (h *Holding) Release() {
	h.holder.Release(h.bytes)
	h.bytes = 0
}
