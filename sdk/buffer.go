package sdk

import "unsafe"

// valueSize is the buffer that most values fit at the first asking.
const valueSize = 256

// whole asks for a value until it fits: a call that fills a buffer answers the
// length of the whole value, and the host holds the value until then.
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
