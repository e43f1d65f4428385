package sdk

import "unsafe"

// valueSize is the initial buffer size, which fits most values.
const valueSize = 256

// whole repeats a call until the value fits: a call that fills a buffer returns
// the length of the whole value, and the host keeps the value until then.
func whole(size int, ask func(buf unsafe.Pointer, size uint32) int32) (string, error) {
	buf := make([]byte, size)
	for {
		n := ask(pointer(buf), uint32(len(buf)))
		if n < 0 {
			return "", failure(n)
		}
		if int(n) <= len(buf) {
			return string(buf[:n]), nil
		}
		buf = make([]byte, n)
	}
}

func pointer(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }
