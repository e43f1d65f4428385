package kernelfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// buffers holds buffers that are large enough for every file read here except the
// lists of mounts and CPUs.
var buffers = sync.Pool{New: func() any { b := make([]byte, 16<<10); return &b }}

// Read reads a kernel file. It takes half as long as os.ReadFile, which requests the
// size, although these files have none, and tries to poll them.
func Read(path string) (string, error) {
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

// Number reads a file that holds a single number.
func Number(path string) (uint64, error) {
	text, err := Read(path)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0, Malformed(path, text)
	}
	return v, nil
}

// Keyed reads the number of one key from a file of lines "key number".
func Keyed(path, key string) (uint64, error) {
	text, err := Read(path)
	if err != nil {
		return 0, err
	}
	v, ok := LookUp(text, key)
	if !ok {
		return 0, fmt.Errorf("%s has no line %q", path, key)
	}
	return v, nil
}

// Names returns the names in a directory, unordered.
func Names(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}
