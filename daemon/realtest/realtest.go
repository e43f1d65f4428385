// Package realtest starts real servers for tests: PostgreSQL, MariaDB, Redis, nginx,
// memcached, Mosquitto, chrony, Exim, Prometheus and Alertmanager. They must be installed on the machine. Each
// listens on its own port of 127.0.0.1 and stops with the test.
//
// Postgres, MariaDB and the others return the address of the server. NewCA returns
// an authority that makes valid and invalid certificates.
//
// Program and Toolchain find other programs that a test needs. If a program is not
// installed, the test is skipped, or fails if VEGA_REQUIRE=1 is set, with the
// program's name. Only tests may import this package.
package realtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// directory creates a temporary directory for the user that the server runs as, who
// may have no access to t.TempDir.
func directory(t testing.TB, cred *syscall.Credential) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vega-real-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if cred != nil {
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// credential returns the credential of a user if the test runs as root, because
// some servers refuse to run as root. Otherwise it returns nil.
func credential(t testing.TB, name string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		Missing(t, fmt.Sprintf("the user %s, as which the server runs, does not exist (%v); install the server from a distribution package", name, err))
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// run runs a command that prepares the start of a server.
func run(t testing.TB, cred *syscall.Credential, dir, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = dir, environment(dir), &syscall.SysProcAttr{Credential: cred}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, out)
	}
}

// environment returns an environment in which a server keeps its temporary files
// in dir. In a shared directory, MariaDB servers remove each other's.
func environment(dir string) []string { return append(os.Environ(), "TMPDIR="+dir) }

// serve starts a server and waits until ready accepts a connection to addr. It
// returns a function that stops the server, for tests that need to stop it early.
func serve(t testing.TB, cred *syscall.Credential, dir, addr string, ready func(net.Conn) error, name string, args ...string) (halt func()) {
	t.Helper()
	var output bytes.Buffer
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, environment(dir), &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- cmd.Wait() }()
	t.Cleanup(func() { stop(cmd, gone) })
	if err := await(addr, ready, gone); err != nil {
		stop(cmd, gone)
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, output.String())
	}
	return func() { stop(cmd, gone) }
}

// stop stops the process group of a server. All of these servers stop quickly but
// cleanly on SIGQUIT.
func stop(cmd *exec.Cmd, gone chan error) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGQUIT)
	select {
	case ended := <-gone:
		gone <- ended // for a second stop
	case <-time.After(10 * time.Second):
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		gone <- <-gone
	}
}

func await(addr string, ready func(net.Conn) error, gone chan error) error {
	deadline := time.Now().Add(Patience)
	for {
		err := try(addr, ready)
		if err == nil {
			return nil
		}
		select {
		case ended := <-gone:
			gone <- ended
			return fmt.Errorf("exited immediately: %w", errors.Join(ended, err))
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("not ready after %v: %w", Patience, err)
		}
	}
}

func try(addr string, ready func(net.Conn) error) error {
	over, address := network(addr)
	conn, err := net.DialTimeout(over, address, time.Second)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	return ready(conn)
}

// connected accepts any connection, for servers that are ready once they listen.
func connected(net.Conn) error { return nil }
