//go:build unix

package shortage

import "os"

// Open returns how many descriptors this process has open. It reports false if
// the system does not say.
func Open() (n int, ok bool) {
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		entries, err := os.ReadDir(dir)
		if Of(err) != nil {
			return Limit() // every one is in use
		}
		if err == nil {
			return max(0, len(entries)-1), true // one was open to read the directory
		}
	}
	return 0, false
}
