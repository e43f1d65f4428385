package diagnostics

import (
	"errors"
	"io/fs"
	"sync"
	"syscall"
)

// buffers are as large as all that is read but lists of mounts and processors.
var buffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// slurp reads a file of the kernel's. os.ReadFile takes twice as long for one:
// it asks for a size that such files don't have, and tries to poll them.
func slurp(path string) (string, error) {
	fd, err := ignoringInterrupts(func() (int, error) { return syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0) })
	if err != nil {
		return "", &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer syscall.Close(fd)
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	for size := 0; ; {
		n, err := ignoringInterrupts(func() (int, error) { return syscall.Read(fd, (*buffer)[size:]) })
		if err != nil {
			return "", &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if n == 0 {
			return string((*buffer)[:size]), nil
		}
		if size += n; size == len(*buffer) {
			*buffer = append(*buffer, make([]byte, len(*buffer))...)
		}
	}
}

func ignoringInterrupts(call func() (int, error)) (int, error) {
	for {
		if n, err := call(); !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}
