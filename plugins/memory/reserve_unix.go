//go:build unix

package memory

import "golang.org/x/sys/unix"

// pagesAreLazy reports whether reserved memory takes physical pages only when
// it is written to.
const pagesAreLazy = true

// reserve returns nil if there is no address space left.
func reserve(size uint64) []byte {
	b, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil
	}
	return b
}

func release(b []byte) {
	if b != nil {
		_ = unix.Munmap(b) // fails only for memory that was never mapped
	}
}
