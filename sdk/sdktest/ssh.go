//go:build !wasip1

package sdktest

import (
	"io"
	"strings"

	"vega/sdk/abi"
)

// SSH is what a connection to an SSH server shows.
type SSH struct {
	// Facts are the results of ssh_info, by abi.SSHVersion and so on. One that is
	// missing is not set.
	Facts map[int32]string
	// Command reports whether there is a command, which exits with Status and prints
	// Output, or fails with Err.
	Command bool
	Status  int
	Output  string
	Err     error
}

// shell is an open connection to an SSH server.
type shell struct {
	SSH
	io.Reader
}

// Close does nothing: the connection belongs to the test.
func (*shell) Close() error { return nil }

func (r reach) SSHConnect(address string) int32 {
	h := r.host
	if h.denied("ssh", address) {
		return int32(abi.ErrDenied)
	}
	if h.config.SSH == nil {
		return h.fail(newErrno(abi.ErrRefused, "the test has no SSH server"))
	}
	s, err := h.config.SSH(address)
	if err != nil {
		return h.fail(err)
	}
	return h.open(&shell{s, strings.NewReader("")})
}

func (r reach) SSHInfo(handle, what int32, buf []byte) int32 {
	s, ok := r.host.handles[handle].(*shell)
	if !ok {
		return r.host.fail(newErrno(abi.ErrInvalid, "the handle is not an SSH connection"))
	}
	fact, ok := s.Facts[what]
	if !ok {
		return r.host.fail(newErrno(abi.ErrNotSet, "this fact is not set"))
	}
	return put(buf, fact)
}

func (r reach) SSHRun(handle int32) int32 {
	s, ok := r.host.handles[handle].(*shell)
	switch {
	case !ok:
		return r.host.fail(newErrno(abi.ErrInvalid, "the handle is not an SSH connection"))
	case !s.Command:
		return r.host.fail(newErrno(abi.ErrNotSet, "there is no command"))
	case s.Err != nil:
		return r.host.fail(s.Err)
	}
	s.Reader = strings.NewReader(s.Output)
	return int32(s.Status)
}
