//go:build unix

package plugins

import "golang.org/x/sys/unix"

// pagesAreLazy: memory that is reserved is taken as it is written to.
const pagesAreLazy = true

func reserve(size uint64) []byte {
	b, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil // no address space: the instance fails to start, with that as the reason
	}
	return b
}

func release(b []byte) {
	if b != nil {
		_ = unix.Munmap(b) // fails only on what was never mapped
	}
}
