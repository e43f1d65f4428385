//go:build !linux

package shortage

// Space is a limit of this process on its address space, or on a part of it.
type Space struct {
	Name        string // of the limit, as in setrlimit(2)
	Limit, Used uint64 // bytes
}

// Spaces returns nothing, because this system does not report how much is in use.
func Spaces() []Space { return nil }
