//go:build unix && !linux

package sockets

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path"
	"strconv"
	"syscall"

	"vega/plugins/fault"
)

// connectLocal checks the path and connects to it. This system has no way to connect to
// the file that was checked.
func connectLocal(ctx context.Context, name string) (net.Conn, error) {
	if err := checkPath(name); err != nil {
		return nil, err
	}
	conn, err := connectPath(ctx, name)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fault.New(syscall.EACCES, "vega's user may not connect to "+name, "let it write to the socket and enter its directories")
	}
	return conn, err
}

func checkPath(name string) error {
	w := newPathWalk(name)
	for {
		element, last := w.next()
		at := path.Join(w.at, element)
		info, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return noSocket(name)
		case errors.Is(err, fs.ErrPermission):
			return fault.New(syscall.EACCES, "vega's user may not enter the directory "+w.at, "let it")
		case err != nil:
			return err
		case last:
			return isSocket(info.Mode())
		case info.Mode()&fs.ModeSymlink == 0:
			w.enter(element)
			continue
		}
		if s, ok := info.Sys().(*syscall.Stat_t); !ok || s.Uid != 0 && int(s.Uid) != os.Geteuid() {
			owner := "another user"
			if ok {
				owner = strconv.FormatUint(uint64(s.Uid), 10)
			}
			return strangeLink(at, owner)
		}
		target, err := os.Readlink(at)
		if err != nil {
			return err
		}
		if _, err := w.follow(target); err != nil {
			return err
		}
	}
}

func isSocket(mode fs.FileMode) error {
	switch {
	case mode&fs.ModeSocket != 0:
		return nil
	case mode&fs.ModeSymlink != 0:
		return lastLink()
	case mode.IsDir():
		return notSocket("a directory")
	default:
		return notSocket("a file of another kind")
	}
}

// hidden is for systemd, which this system does not have.
func hidden(string) *fault.Own { return nil }
