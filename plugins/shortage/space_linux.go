package shortage

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Space is a limit of this process on its address space, or on a part of it.
type Space struct {
	Name        string // of the limit, as in setrlimit(2)
	Limit, Used uint64 // bytes
}

// Spaces returns the limits of this process on its address space.
func Spaces() []Space {
	text, err := os.ReadFile("/proc/self/statm")
	fields := strings.Fields(string(text))
	if err != nil || len(fields) < 6 {
		return nil
	}
	var all []Space
	for _, s := range []struct {
		name     string
		resource int
		field    int // of statm, in pages
	}{{"RLIMIT_AS", syscall.RLIMIT_AS, 0}, {"RLIMIT_DATA", syscall.RLIMIT_DATA, 5}} {
		var l syscall.Rlimit
		pages, err := strconv.ParseUint(fields[s.field], 10, 64)
		const none = 1 << 62 // or more
		if err == nil && syscall.Getrlimit(s.resource, &l) == nil && l.Cur < none {
			all = append(all, Space{s.name, l.Cur, pages * uint64(os.Getpagesize())})
		}
	}
	return all
}
