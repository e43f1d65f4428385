//go:build !linux

package memory

func imageFile([]byte) int { return -1 }

func mapOver([]byte, int) bool { return false }

func mapFile(int, int) []byte { return nil }

func unmap([]byte) {}

func dropPages([]byte) bool { return false }

// PageMap finds no written pages on this system.
type PageMap struct{}

// OpenPageMap returns a PageMap that finds nothing.
func OpenPageMap() *PageMap { return &PageMap{} }

func (*PageMap) restore(_, _ []byte) bool { return false }

// Close does nothing.
func (*PageMap) Close() {}

func closeFile(int) {}
