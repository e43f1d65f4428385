package plugins

import (
	"fmt"

	"vega/plugins/jsonpath"
)

const (
	smallBody = 32 << 10 // up to here, what is kept of a body is an ordinary slice
	bodyStep  = 64 << 10 // by which more than that is counted
)

// kept is what was read of a body, for as long as json may ask for it. A large
// one lies in pages outside of the garbage-collected heap, reserved for the
// longest that it may become and taken as they are written to: so it grows
// without being copied, and is given back at once.
type kept struct {
	held  holding
	limit int // bytes, of the body
	b     []byte
	pages []byte // where b lies if it is large
	lost  error  // why nothing is kept
}

// room is where the next bytes of the body go, one at least. size is how long
// the body is likely to be.
func (k *kept) room(size int) ([]byte, error) {
	if len(k.b) < cap(k.b) {
		return k.b[len(k.b):cap(k.b)], nil
	}
	size = max(512, min(size, smallBody), 2*cap(k.b))
	if err := k.grow(size); err != nil {
		return nil, err
	}
	return k.b[len(k.b):cap(k.b)], nil
}

func (k *kept) grow(size int) error {
	if k.pages != nil {
		return k.extend(min(cap(k.b)+bodyStep, len(k.pages)))
	}
	if size > smallBody {
		return k.toPages()
	}
	if err := k.held.try(size); err != nil {
		return err
	}
	small := cap(k.b)
	k.b = append(make([]byte, 0, size), k.b...)
	k.held.less(small)
	return nil
}

// toPages moves the body to pages, once: from then on it grows in place.
func (k *kept) toPages() error {
	most := k.limit + 1 // the end of the longest one has to be read, too
	size := min(cap(k.b)+bodyStep, most)
	if !pagesAreLazy {
		size = most
	}
	if err := k.held.try(size); err != nil {
		return err
	}
	pages := reserve(uint64(most))
	if pages == nil {
		return errNoPages // what was counted is given back with the rest
	}
	small := cap(k.b)
	k.b, k.pages = append(pages[:0:size], k.b...), pages
	k.held.less(small)
	return nil
}

// extend takes more of the pages into use.
func (k *kept) extend(size int) error {
	if size == cap(k.b) {
		return fmt.Errorf("%w: a body of more than %d bytes", errTooLarge, k.limit)
	}
	if err := k.held.try(size - cap(k.b)); err != nil {
		return err
	}
	k.b = k.pages[:len(k.b):size]
	return nil
}

// keep adds what the guest has read of the body by itself. What can't be kept,
// or can't be JSON, is not: only json could still ask for it, and says so then.
func (k *kept) keep(p []byte) {
	if k.lost != nil {
		return
	}
	if len(k.b) == 0 {
		if err := jsonpath.Begins(p); err != nil {
			k.lose(err)
			return
		}
	}
	for len(p) > 0 {
		room, err := k.room(len(p))
		if err != nil {
			k.lose(err)
			return
		}
		n := copy(room, p)
		k.b, p = k.b[:len(k.b)+n], p[n:]
	}
}

func (k *kept) lose(why error) {
	k.free()
	k.lost = why
}

func (k *kept) free() {
	release(k.pages)
	k.pages, k.b = nil, nil
	k.held.release()
}
