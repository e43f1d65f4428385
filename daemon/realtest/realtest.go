// Package realtest starts real servers for tests: PostgreSQL, MariaDB, Redis,
// nginx, memcached, Mosquitto and chrony of the machine's packages, each on a
// port of its own on 127.0.0.1 and gone with the test, and the certificates to
// go with them.
//
// Postgres, MariaDB and the others return where their server listens; NewCA
// makes certificates, good ones and bad ones.
//
// Program and Toolchain find what else a test needs of the machine. What is not
// installed whole skips the test and names the missing part, and fails it
// where VEGA_REQUIRE=1 is set. Only tests may import the package.
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

// directory is short-lived and belongs to the user that the server runs as.
// t.TempDir is not enough: no other user reaches into it.
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

// credential is that of the named user where the test is root: some servers
// refuse to be root. It is nil otherwise.
func credential(t testing.TB, name string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		Missing(t, fmt.Sprintf("there is no user %s for the server to run as (%v): install it from a package of the distribution", name, err))
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

// run waits for a command that prepares a server.
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

// environment is one in which a server keeps its temporary files in dir. One
// of MariaDB removes those of another that it finds beside its own.
func environment(dir string) []string { return append(os.Environ(), "TMPDIR="+dir) }

// serve starts a server, waits until it answers on addr as ready wants, and
// returns what stops it before the test ends.
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

// stop ends the server and its children, the group that serve made. SIGQUIT is
// to all of them the word for "now", but leaves them time to tidy up.
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
			return fmt.Errorf("ended at once: %w", errors.Join(ended, err))
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

// connected is the wish of servers that answer as soon as they listen.
func connected(net.Conn) error { return nil }
