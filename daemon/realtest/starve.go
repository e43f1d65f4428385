package realtest

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// apart is the environment variable that is set in the process that Apart starts.
const apart = "VEGA_TEST_APART"

// Apart runs the calling test again in a separate process, and reports whether this
// is that process. There, a test may change its limits or namespaces without
// affecting other tests. The first process adds the variables that surroundings
// returns, such as the address of a server, to the environment of the second.
// surroundings may be nil. If the second process fails, the test fails with its
// output.
func Apart(t *testing.T, surroundings func() []string) bool {
	t.Helper()
	return ApartAs(t, nil, surroundings)
}

// ApartAs is like Apart, but sets attributes of the process, such as namespaces. If
// the system does not permit them, it skips the test.
func ApartAs(t *testing.T, as *syscall.SysProcAttr, surroundings func() []string) bool {
	t.Helper()
	if os.Getenv(apart) == t.Name() {
		return true
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+strings.ReplaceAll(t.Name(), "/", "$/^")+"$", "-test.v", "-test.timeout=5m")
	cmd.Env, cmd.SysProcAttr = append(os.Environ(), apart+"="+t.Name()), as
	if surroundings != nil {
		cmd.Env = append(cmd.Env, surroundings()...)
	}
	out, err := cmd.CombinedOutput()
	switch {
	case as != nil && errors.Is(err, fs.ErrPermission):
		Missing(t, err.Error())
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	default:
		t.Logf("%s", out)
	}
	return false
}

// Starve uses up file descriptors until this process can open only left more. The
// returned function releases them, but does not restore the limit. Call Starve after
// Apart.
func Starve(t testing.TB, left int) (feed func()) {
	t.Helper()
	// The network poller opens descriptors at its first use, and crashes the process
	// if it can't.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(limit.Cur, 256)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	var held []int
	for {
		fd, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		if errors.Is(err, syscall.EMFILE) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, fd)
	}
	if left > len(held) {
		t.Fatalf("could not leave the requested number of descriptors free: at most %d are available", len(held))
	}
	free := func(n int) {
		for _, fd := range held[:n] {
			_ = syscall.Close(fd)
		}
		held = held[n:]
	}
	free(left)
	return func() { free(len(held)) }
}
