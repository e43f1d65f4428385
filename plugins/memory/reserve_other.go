//go:build !unix

package memory

// pagesAreLazy reports whether reserved memory takes physical pages only when
// it is written to.
const pagesAreLazy = false

func reserve(size uint64) []byte { return make([]byte, size) }

func release([]byte) {}
