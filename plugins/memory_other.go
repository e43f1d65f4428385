//go:build !unix

package plugins

// pagesAreLazy: memory that is reserved is taken as it is written to.
const pagesAreLazy = false

func reserve(size uint64) []byte { return make([]byte, size) }

func release([]byte) {}
