package reach

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// scratch holds all files of the tests, and is readable by every user.
var scratch = os.Getenv("VEGA_REACH_SCRATCH")

// TestMain runs the tests in a process of its own. Once that has ended, also by Ctrl-C or
// a panic, it ends the processes that the tests left, and removes their files and mounts.
// Network namespaces end with the process that holds them open.
func TestMain(m *testing.M) {
	if scratch != "" {
		os.Exit(m.Run())
	}
	code, err := supervise()
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// supervise runs this program again, and cleans up after it.
func supervise() (code int, err error) {
	dir, err := os.MkdirTemp("", "vega-reach-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		return 0, err
	}
	defer func() { removeGroups(dir); err = errors.Join(err, unmount(dir), os.RemoveAll(dir)) }()
	// Processes whose parent has ended become children of this one.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	tests := exec.Command(os.Args[0], os.Args[1:]...)
	tests.Env = append(os.Environ(), "VEGA_REACH_SCRATCH="+dir, "TMPDIR="+dir)
	tests.Stdin, tests.Stdout, tests.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := tests.Start(); err != nil {
		return 0, err
	}
	go func() {
		for s := range signals {
			_ = tests.Process.Signal(s) // it may have ended
		}
	}()
	return reap(tests.Process.Pid), nil
}

// removeGroups removes the control groups of the containers in a directory, which podman
// leaves when it is killed. The kernel removes none that is in use.
func removeGroups(dir string) {
	containers, _ := filepath.Glob(filepath.Join(dir, "*", "root", "vfs-containers", "*")) // the patterns are well formed
	for _, c := range containers {
		for _, below := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/*"} {
			groups, _ := filepath.Glob(filepath.Join(below, "libpod_parent", "libpod-"+filepath.Base(c)))
			for _, g := range groups {
				_ = os.Remove(g)
			}
		}
	}
}

// reap waits for all children, and ends them once the given one has ended. It returns the
// exit code of that one.
func reap(tests int) (code int) {
	ended := false
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil: // no child is left
			return code
		case pid == tests && status.Signaled():
			ended, code = true, 128+int(status.Signal())
		case pid == tests:
			ended, code = true, status.ExitStatus()
		}
		if ended {
			for _, child := range children() {
				_ = syscall.Kill(child, syscall.SIGKILL) // it may have ended
			}
		}
	}
}

// children returns the processes whose parent is this one.
func children() (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, file := range all {
		text, _ := os.ReadFile(file)                                                    // the process may have ended
		fields := strings.Fields(string(text[strings.LastIndex(string(text), ")")+1:])) // after the name: the state and the parent
		if len(fields) < 2 || fields[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// unmount unmounts everything below a directory, the innermost first.
func unmount(dir string) (err error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	lines := strings.Split(string(text), "\n")
	slices.Reverse(lines)
	for _, line := range lines {
		if fields := strings.Fields(line); len(fields) > 4 && strings.HasPrefix(fields[4], dir+"/") {
			err = errors.Join(err, unix.Unmount(fields[4], unix.MNT_DETACH))
		}
	}
	return err
}
