package memory

import (
	"bytes"
	"errors"
	"io"
	"unsafe"

	"golang.org/x/sys/unix"
)

// imageFile returns a descriptor of an anonymous file that holds the image and
// is sealed against changes, or -1 if the system has none.
func imageFile(b []byte) int {
	fd, err := unix.MemfdCreate("vega-image", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1
	}
	if err := writeSparse(fd, b); err != nil {
		closeFile(fd)
		return -1
	}
	seals := unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE | unix.F_SEAL_SEAL
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		closeFile(fd)
		return -1
	}
	return fd
}

// writeSparse writes b and skips blocks of zeros: a hole takes no memory.
func writeSparse(fd int, b []byte) error {
	if err := unix.Ftruncate(fd, int64(len(b))); err != nil {
		return err
	}
	const block = 4096
	zero := make([]byte, block)
	for at := 0; at < len(b); at += block {
		part := b[at:min(at+block, len(b))]
		if bytes.Equal(part, zero[:len(part)]) {
			continue
		}
		if n, err := unix.Pwrite(fd, part, int64(at)); err != nil || n < len(part) {
			return errors.Join(err, io.ErrShortWrite)
		}
	}
	return nil
}

// mapOver maps a private copy of the file over memory, which reserve returned.
func mapOver(memory []byte, fd int) bool {
	at := unsafe.Pointer(unsafe.SliceData(memory))
	_, err := unix.MmapPtr(fd, 0, at, uintptr(len(memory)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
	return err == nil
}

// mapFile maps size bytes of the file to read them. It returns nil if there is no
// file or it can't be mapped.
func mapFile(fd, size int) []byte {
	if fd < 0 || size == 0 {
		return nil
	}
	b, err := unix.Mmap(fd, 0, size, unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	return b
}

func unmap(b []byte) { _ = unix.Munmap(b) } // b is a mapping, so this does not fail

func closeFile(fd int) { _ = unix.Close(fd) } // the file is in memory, so no data can be lost
