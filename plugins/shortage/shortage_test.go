package shortage_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/shortage"
)

func TestOf(t *testing.T) {
	call := func(name string, errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError(name, errno)}
	}
	for name, c := range map[string]struct {
		err  error
		want syscall.Errno // 0: no shortage
	}{
		"none":                {nil, 0},
		"of the process":      {call("socket", syscall.EMFILE), syscall.EMFILE},
		"of the machine":      {call("socket", syscall.ENFILE), syscall.ENFILE},
		"buffers":             {call("write", syscall.ENOBUFS), syscall.ENOBUFS},
		"memory":              {call("connect", syscall.ENOMEM), syscall.ENOMEM},
		"ports":               {call("connect", syscall.EADDRNOTAVAIL), syscall.EADDRNOTAVAIL},
		"ports for datagrams": {call("connect", syscall.EAGAIN), syscall.EAGAIN},
		"sockets":             {call("socket", syscall.EAGAIN), syscall.EAGAIN},
		"processes":           {&fs.PathError{Op: "fork/exec", Path: "/vega", Err: syscall.EAGAIN}, syscall.EAGAIN},
		"disk":                {&fs.PathError{Op: "write", Path: "/x", Err: syscall.ENOSPC}, syscall.ENOSPC},
		"quota":               {&fs.PathError{Op: "write", Path: "/x", Err: syscall.EDQUOT}, syscall.EDQUOT},
		"a file":              {fmt.Errorf("read it: %w", &fs.PathError{Op: "open", Path: "/x", Err: syscall.EMFILE}), syscall.EMFILE},
		"in a join":           {fmt.Errorf("all: %w", errors.Join(call("connect", syscall.ECONNREFUSED), call("socket", syscall.EMFILE))), syscall.EMFILE},
		"found before":        {fmt.Errorf("it failed: %w", shortage.New(syscall.EMFILE, "no sockets", "make some")), syscall.EMFILE},
		"refused":             {call("connect", syscall.ECONNREFUSED), 0},
		"unreachable":         {call("connect", syscall.ENETUNREACH), 0},
		"a foreign address":   {call("bind", syscall.EADDRNOTAVAIL), 0},
		"not yet":             {call("read", syscall.EAGAIN), 0},
		"text alone":          {errors.New("socket: too many open files"), 0},
	} {
		got := shortage.Of(c.err)
		if c.want == 0 && got != nil || c.want != 0 && (got == nil || !errors.Is(got, c.want)) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// An error that contains a shortage may also contain a secret.
func TestErrorOmitsItsCause(t *testing.T) {
	s := shortage.Of(fmt.Errorf("with the password hunter2: %w", &fs.PathError{Op: "open", Path: "/hunter2", Err: syscall.EMFILE}))
	if s == nil || strings.Contains(s.Error(), "hunter2") || !strings.Contains(s.Error(), "LimitNOFILE") {
		t.Errorf("%v", s)
	}
}

// TestRealShortages makes the kernel itself run out of descriptors.
func TestRealShortages(t *testing.T) {
	if !realtest.Apart(t, nil) {
		return
	}
	feed := realtest.Starve(t, 2)
	if err := shortage.Room(2); err != nil {
		t.Errorf("there are two descriptors left: %v", err)
	}
	if err := shortage.Room(3); shortage.Of(err) == nil || !strings.Contains(err.Error(), "limit 256") {
		t.Errorf("there are not three descriptors left: %v", err)
	}
	var looks sync.WaitGroup
	for range 50 {
		looks.Go(func() {
			for range 50 {
				if err := shortage.Room(2); err != nil {
					t.Errorf("concurrent calls take descriptors from one another: %v", err)
					return
				}
			}
		})
	}
	looks.Wait()
	one, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	other, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	_, opened := os.Open("/etc/hosts")
	_, listed := os.ReadDir("/etc")
	_, connected := new(net.Dialer).DialContext(t.Context(), "tcp", "127.0.0.1:1")
	_, listening := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	started := exec.CommandContext(context.Background(), "/bin/true").Run()
	for what, err := range map[string]error{"a file": opened, "a directory": listed, "a connection": connected, "a listener": listening, "a process": started} {
		if s := shortage.Of(err); s == nil || !errors.Is(s, syscall.EMFILE) {
			t.Errorf("%s: %v is not recognized as a shortage", what, err)
		}
	}
	feed()
	if err := shortage.Room(3); err != nil {
		t.Errorf("there are three descriptors again: %v", err)
	}
}
