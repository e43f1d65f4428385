package sdk

import (
	"errors"
	"io"

	"vega/sdk/abi"
)

func read(handle int32, b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	n := abi.Read(handle, pointer(b), uint32(len(b)))
	switch {
	case n < 0:
		return 0, failure(n)
	case n == 0:
		return 0, io.EOF
	default:
		return int(n), nil
	}
}

// readAll reads to the end, or up to limit bytes.
func readAll(handle int32, limit int) (string, error) {
	buf := make([]byte, min(limit, 16<<10))
	n := 0
	for n < limit {
		if n == len(buf) {
			buf = append(buf, make([]byte, min(len(buf), limit-len(buf)))...)
		}
		got, err := read(handle, buf[n:])
		n += got
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
	}
	return string(buf[:n]), nil
}
