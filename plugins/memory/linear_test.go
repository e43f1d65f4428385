package memory

import (
	"bytes"
	"runtime"
	"testing"
)

// allow is an Owner that lets memory grow to a size.
type allow uint64

func (a allow) GrowMemory(size, limit uint64) bool { return size <= uint64(a) && size <= limit }

func TestLinearGrowsWithinItsLimits(t *testing.T) {
	m := NewLinear(allow(3<<16), 4<<16, 8<<16, nil)
	defer m.Free()
	b := m.Reallocate(1 << 16)
	if len(b) != 1<<16 {
		t.Fatalf("%d bytes", len(b))
	}
	b[5] = 7
	if b = m.Reallocate(3 << 16); len(b) != 3<<16 || b[5] != 7 {
		t.Fatalf("%d bytes, or others than before", len(b))
	}
	if m.Reallocate(4<<16) != nil {
		t.Error("it grows although its owner refuses")
	}
	if m.Size() != 3<<16 || m.Limit() != 4<<16 {
		t.Errorf("%d of %d bytes", m.Size(), m.Limit())
	}
	small := NewLinear(allow(1<<30), 8<<16, 2<<16, nil)
	defer small.Free()
	if small.Reallocate(3<<16) != nil {
		t.Error("it grows beyond the module's own maximum")
	}
}

// A reset memory is the image again, whether few pages were written to or more
// than are restored one by one. Without a mapping there is no reset.
func TestResetRestoresTheImage(t *testing.T) {
	const size = 4 << 20
	bytesOf := bytes.Repeat([]byte{1, 2, 3, 0}, size/4)
	pages := OpenPageMap()
	defer pages.Close()
	for _, step := range []int{size, size / 8, 4096} {
		image := NewImage(bytesOf)
		m := NewLinear(allow(size), size, size, image)
		b := m.Reallocate(size)
		if !bytes.Equal(b, bytesOf) {
			t.Fatal("it does not start as the image")
		}
		for at := 0; at < size; at += step {
			b[at] = 99
		}
		if reset := m.Reset(pages, image); reset != (runtime.GOOS == "linux") {
			t.Errorf("a write each %d bytes: reset is %v", step, reset)
		} else if reset && !bytes.Equal(b, bytesOf) {
			t.Errorf("a write each %d bytes: it is not the image again", step)
		}
		m.Free()
		image.Close()
	}
}

// A closed image fills memory by copying, which can't be reset.
func TestClosedImageIsCopied(t *testing.T) {
	image := NewImage([]byte{1, 2, 3})
	image.Close()
	m := NewLinear(allow(1<<16), 1<<16, 1<<16, image)
	defer m.Free()
	if b := m.Reallocate(1 << 16); !bytes.HasPrefix(b, []byte{1, 2, 3, 0}) {
		t.Errorf("it starts with %v", b[:4])
	}
	if m.Reset(&PageMap{}, image) {
		t.Error("it was reset")
	}
}
