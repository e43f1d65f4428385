package sockets

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"vega/daemon/realtest"
	"vega/plugins/fault"
)

// socketDir returns a directory with a short path, which every user may enter.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vega-socket-") //nolint:usetesting // that of a test is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// greet serves a socket that says its name to everyone.
func greet(t *testing.T, path, name string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, name)
			_ = c.Close()
		}
	}()
}

func dialLocal(t *testing.T, path string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), realtest.Patience)
	defer cancel()
	c, err := new(Dialer).DialLocal(ctx, path, nil)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if got := c.RemoteAddr().String(); got != path {
		t.Errorf("the address is %q, want %q", got, path)
	}
	said, err := io.ReadAll(c)
	return string(said), err
}

func TestLocalSocket(t *testing.T) {
	dir := socketDir(t)
	path := filepath.Join(dir, "app.sock")
	greet(t, path, "app")
	if said, err := dialLocal(t, path); said != "app" || err != nil {
		t.Fatal(said, err)
	}
	link := func(target, name string) string {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		return filepath.Join(dir, name)
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, through := range map[string]string{
		"absolute":   link(dir, "absolute"),
		"relative":   link("sub/..", "relative"),
		"of a link":  link("./absolute", "twice"),
		"to the top": link("../../../../../.."+dir, "top"),
	} {
		if said, err := dialLocal(t, filepath.Join(through, "app.sock")); said != "app" || err != nil {
			t.Errorf("through a link that is %s: %q, %v", name, said, err)
		}
	}
}

func TestLocalSocketIsRefused(t *testing.T) {
	dir := socketDir(t)
	greet(t, filepath.Join(dir, "app.sock"), "app")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Symlink("app.sock", filepath.Join(dir, "link.sock")))
	must(os.Symlink("circle", filepath.Join(dir, "circle")))
	must(os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	must(unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	datagrams, err := new(net.ListenConfig).ListenPacket(t.Context(), "unixgram", filepath.Join(dir, "log"))
	must(err)
	defer datagrams.Close()
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "stale"), Net: "unix"})
	must(err)
	stale.SetUnlinkOnClose(false)
	must(stale.Close())

	for name, want := range map[string]struct {
		end       fault.End
		text      string
		untrusted bool
	}{
		"link.sock":                       {fault.End{}, "it is a symbolic link", true},
		"circle/app.sock":                 {fault.Unsuitable, "too many symbolic links", false},
		"gone.sock":                       {fault.Refused, "there is no socket at this path", false},
		"gone/app.sock":                   {fault.Refused, "there is no socket at this path", false},
		"file":                            {fault.Target, "not a socket", false},
		"pipe":                            {fault.Target, "not a socket", false},
		"":                                {fault.Target, "it is a directory, not a socket", false},
		"file/app.sock":                   {fault.Target, "file on its path is not a directory", false},
		"app.sock/app.sock":               {fault.Target, "app.sock on its path is not a directory", false},
		"log":                             {fault.Unsuitable, "datagram socket", false},
		"stale":                           {fault.Refused, "refused", false},
		strings.Repeat("a", 300) + "/app": {fault.Unsuitable, "too long", false},
	} {
		said, err := dialLocal(t, strings.TrimSuffix(dir+"/"+name, "/"))
		if err == nil {
			t.Errorf("%q: connected, and it said %q", name, said)
			continue
		}
		refused, _ := errors.AsType[*PathError](err)
		if end, own := fault.Judge(err, fault.Unavailable); own != nil || !want.untrusted && end != want.end || !strings.Contains(err.Error(), want.text) || want.untrusted != (refused != nil && refused.Untrusted) {
			t.Errorf("%q: %v (%v, %v)", name, err, end, own)
		}
	}
}

func TestLinkOfAnotherUserIsRefused(t *testing.T) {
	if os.Getuid() != 0 {
		realtest.Missing(t, "root, to make a link of another user")
	}
	dir := socketDir(t)
	greet(t, filepath.Join(dir, "app.sock"), "app")
	link := filepath.Join(dir, "theirs")
	if err := errors.Join(os.Symlink(dir, link), os.Lchown(link, 12345, 12345)); err != nil {
		t.Fatal(err)
	}
	_, err := dialLocal(t, link+"/app.sock")
	if refused, ok := errors.AsType[*PathError](err); !ok || !refused.Untrusted || !strings.Contains(err.Error(), link+" on its path is a symbolic link of 12345") {
		t.Errorf("%v", err)
	}
	// Their directories are not links.
	own := filepath.Join(dir, "own")
	if err := errors.Join(os.Mkdir(own, 0o755), os.Chown(own, 12345, 12345)); err != nil {
		t.Fatal(err)
	}
	greet(t, filepath.Join(own, "app.sock"), "theirs")
	if said, err := dialLocal(t, own+"/app.sock"); said != "theirs" || err != nil {
		t.Error(said, err)
	}
}

// asNobody calls f with the rights of a user who owns nothing.
func asNobody(t *testing.T, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f() // the owner of a file has no more rights than its mode says
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and the thread ends with the goroutine
		if err := errors.Join(unix.Setfsgid(54321), unix.Setfsuid(54321)); err != nil {
			t.Error(err)
			return
		}
		f()
	}()
	<-done
}

func TestLocalSocketWithoutPermission(t *testing.T) {
	dir := socketDir(t)
	path, closed := filepath.Join(dir, "app.sock"), filepath.Join(dir, "closed")
	greet(t, path, "app")
	if err := errors.Join(os.Chmod(path, 0), os.Mkdir(closed, 0)); err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		for of, wants := range map[string][]string{
			path:                 {"may not connect to " + path + " (mode 0, user ", "let vega's user write to it"},
			closed + "/app.sock": {"may not enter the directory " + closed, "ProtectHome"},
		} {
			_, err := dialLocal(t, of)
			own := fault.Of(err)
			if own == nil {
				t.Errorf("%s: %v is not vega's own trouble", of, err)
				continue
			}
			for _, want := range wants {
				if !strings.Contains(own.Error(), want) {
					t.Errorf("%s: %v lacks %q", of, own, want)
				}
			}
		}
	})
	if os.Getuid() != 0 {
		return
	}
	if err := errors.Join(os.Chown(path, 0, 12345), os.Chmod(path, 0o660)); err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		if _, err := dialLocal(t, path); fault.Of(err) == nil || !strings.Contains(err.Error(), "group 12345): add vega's user to the group 12345") {
			t.Error(err)
		}
	})
}

// Whoever may write to a directory of the path can't put another socket in place between
// the check and the connection.
func TestSwappedSocketIsNeverReached(t *testing.T) {
	dir := socketDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Mkdir(at("a"), 0o755), os.Mkdir(at("b"), 0o755)); err != nil {
		t.Fatal(err)
	}
	greet(t, at("a/app.sock"), "right")
	greet(t, at("secret.sock"), "wrong")
	if err := errors.Join(os.Symlink(at("secret.sock"), at("b/app.sock")), os.Symlink("a", at("x")), os.Rename(at("x"), at("c"))); err != nil {
		t.Fatal(err)
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	swaps := 0
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default: // a and b change places
				_ = unix.Renameat2(unix.AT_FDCWD, at("a"), unix.AT_FDCWD, at("b"), unix.RENAME_EXCHANGE)
				swaps++
			}
		}
	}()
	right, refused := 0, 0
	for n := 0; n < 10_000 || right == 0 || refused == 0; n++ {
		switch said, err := dialLocal(t, at("a/app.sock")); {
		case said == "wrong":
			t.Fatal("reached the other socket")
		case err == nil:
			right++
		default:
			refused++
		}
	}
	close(stop)
	<-stopped
	t.Logf("%d swaps: %d connections, %d refused", swaps, right, refused)
}

// A service that accepts no more connections lets the call time out.
func TestFullQueueTimesOut(t *testing.T) {
	path := filepath.Join(socketDir(t), "app.sock")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closeDescriptor(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	var last error
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		c, err := new(Dialer).DialLocal(ctx, path, nil)
		cancel()
		if last = err; err == nil {
			defer c.Close()
		}
	}
	if end, own := fault.Judge(last, fault.Unavailable); end != fault.TimedOut || own != nil {
		t.Error(last)
	}
}

func TestLocalSocketTakesAPlace(t *testing.T) {
	path := filepath.Join(socketDir(t), "app.sock")
	greet(t, path, "app")
	pool := NewPool(1)
	a, err := pool.Allow(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer a.End()
	c, err := new(Dialer).DialLocal(t.Context(), path, a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := new(Dialer).DialLocal(t.Context(), path, a); !errors.Is(err, syscall.EMFILE) {
		t.Error(err)
	}
	for range 2 { // also after a failure
		_ = c.Close()
		if _, err := new(Dialer).DialLocal(t.Context(), path+"2", a); fault.Of(err) != nil || err == nil {
			t.Error(err)
		}
		if c, err = new(Dialer).DialLocal(t.Context(), path, a); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.Close()
}
