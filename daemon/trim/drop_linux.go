package trim

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// dropProgram unmaps the pages of this program's code and constants. The system
// still has them, and maps those that are used again. Pages that are only read can't
// lose anything.
func dropProgram() {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(maps)) {
		if from, to, ok := readOnly(line, program); ok {
			// An error leaves the pages where they are.
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED)
		}
	}
}

// readOnly returns the range of a line of /proc/self/maps, if it maps the file and
// can't be written to.
func readOnly(line, file string) (from, to uintptr, ok bool) {
	fields := strings.SplitN(strings.TrimSpace(line), " ", 6)
	if len(fields) < 6 || strings.TrimSpace(fields[5]) != file || strings.Contains(fields[1], "w") {
		return 0, 0, false
	}
	first, last, _ := strings.Cut(fields[0], "-")
	a, err1 := strconv.ParseUint(first, 16, 64)
	b, err2 := strconv.ParseUint(last, 16, 64)
	return uintptr(a), uintptr(b), err1 == nil && err2 == nil && a < b
}
