//go:build !linux

package doctor

// What only Linux reports.

func hasAccessList(string) bool            { return false }
func lockHolder(string) int                { return 0 }
func accountOfProcess(int) (account, bool) { return account{}, false }
func openFilesOf(int) int                  { return 0 }
func (*host) mayPing() bool                { return true }
func replacedProgram(int) bool             { return false }
func inContainer() bool                    { return false }
func underSystemd() bool                   { return false }

// mount describes the file system that holds a path.
type mount struct {
	kind     string
	readOnly bool
	root     bool
}

func mountOf(string) (mount, error) { return mount{}, nil }

// unsynchronized reports whether the kernel says that nothing sets the clock.
func unsynchronized() bool { return false }

// listener returns which process listens on a port, as a text, or "".
func listener(string, int) string { return "" }

func listeningProcess(string, int) int { return 0 }
func hasOpen(int, string) bool         { return false }

// lowestPort is the lowest port that needs no privilege.
func lowestPort() int { return 1024 }
