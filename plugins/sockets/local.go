package sockets

import (
	"context"
	"errors"
	"net"
	"path"
	"strings"
	"syscall"
	"time"

	"vega/plugins/fault"
)

// A PathError reports a path that DialLocal does not connect to. It wraps the end of
// the call.
type PathError struct {
	// Untrusted reports that the path leads through a link that others may change, so
	// that what it leads to is not what was written.
	Untrusted bool
	Text      string
	end       fault.End
}

// Error returns why.
func (e *PathError) Error() string { return e.Text }

// Unwrap returns the end of the call.
func (e *PathError) Unwrap() error { return e.end }

// DialLocal connects to a stream socket in the file system, by an absolute path without
// dots. The last element must be the socket itself. A directory on the way may be a link
// that belongs to root or to vega's own user, such as /var/run. Links of others are
// refused, because they could lead to a socket that vega may use and they may not.
//
// A directory may belong to any user: the path names a service, and most services own
// the directory of their socket. On Linux, the connection goes to the very file that was
// checked. On other Unix systems, whoever may write to a directory of the path can
// replace it in between.
func (d *Dialer) DialLocal(ctx context.Context, name string, a *Allowance) (net.Conn, error) {
	if err := a.take(); err != nil {
		return nil, err
	}
	conn, err := connectLocal(ctx, name)
	if err != nil {
		a.give(false)
		return nil, err
	}
	return counted(localConn{conn, name}, a, false), nil
}

// localConn is a connection to a socket in the file system, whose address is the path
// that was dialled. The kernel knows only the one that the server gave it.
type localConn struct {
	net.Conn
	name string
}

// RemoteAddr returns the path.
func (c localConn) RemoteAddr() net.Addr { return &net.UnixAddr{Name: c.name, Net: "unix"} }

// maxBusy is how long a socket with a full queue is left alone before the next attempt.
const maxBusy = 200 * time.Millisecond

// connectPath connects to a socket. The kernel does not wait for a place in its queue, so
// that is tried again until ctx ends.
func connectPath(ctx context.Context, name string) (net.Conn, error) {
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, maxBusy) {
		conn, err := new(net.Dialer).DialContext(ctx, "unix", name)
		switch {
		case err == nil:
			return conn, nil
		case errors.Is(err, syscall.EPROTOTYPE):
			return nil, unsuitable("it is a datagram socket, and vega connects only to stream sockets; name the path of another one")
		case !errors.Is(err, syscall.EAGAIN):
			return nil, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
	}
}

func unsuitable(text string) error { return &PathError{Text: text, end: fault.Unsuitable} }

// notSocket reports another kind of file at the path.
func notSocket(kind string) error {
	return &PathError{Text: "it is " + kind + ", not a socket; start the service that creates the socket, or correct the path", end: fault.Target}
}

// notDirectory reports a file where the path has a directory.
func notDirectory(at string) error {
	return &PathError{Text: at + " on its path is not a directory; correct the path", end: fault.Target}
}

// noSocket reports that there is no file at the path, unless vega can't see it.
func noSocket(name string) error {
	if own := hidden(name); own != nil {
		return own
	}
	return &PathError{Text: "there is no socket at this path", end: fault.Refused}
}

// lastLink reports that the path is that of a link.
func lastLink() error {
	return &PathError{Untrusted: true, Text: "it is a symbolic link, which may be pointed elsewhere; write the path of the socket itself"}
}

// strangeLink reports a directory on the path that is a link of another user.
func strangeLink(at, owner string) error {
	return &PathError{
		Untrusted: true,
		Text:      at + " on its path is a symbolic link of " + owner + ", who may point it elsewhere; write the path without that link",
	}
}

// tooManyLinks reports links that lead in a circle.
func tooManyLinks() error {
	return unsuitable("its path leads through too many symbolic links; write the path without them")
}

// maxPathLinks is the number of links that a path may lead through.
const maxPathLinks = 40

// pathWalk is the way to a socket, element by element.
type pathWalk struct {
	at    string   // the directory that was reached, without links
	rest  []string // the elements to come
	links int
}

func newPathWalk(name string) *pathWalk {
	return &pathWalk{at: "/", rest: strings.Split(strings.TrimPrefix(name, "/"), "/")}
}

// next returns the next element, and whether it is that of the socket.
func (w *pathWalk) next() (name string, last bool) {
	name, w.rest = w.rest[0], w.rest[1:]
	return name, len(w.rest) == 0
}

// enter notes that the directory of that name was reached.
func (w *pathWalk) enter(name string) { w.at = path.Join(w.at, name) }

// follow puts the target of a link in front of what is to come. It reports whether the
// link begins at the root.
func (w *pathWalk) follow(target string) (fromRoot bool, err error) {
	if w.links++; w.links > maxPathLinks {
		return false, tooManyLinks()
	}
	fromRoot = strings.HasPrefix(target, "/")
	if fromRoot {
		w.at = "/"
	}
	var to []string
	for name := range strings.SplitSeq(target, "/") {
		if name != "" && name != "." {
			to = append(to, name)
		}
	}
	w.rest = append(to, w.rest...)
	return fromRoot, nil
}
