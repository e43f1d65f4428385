package ssh

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Output is what a command did.
type Output struct {
	Status int
	Stdout []byte // its beginning, if it is longer than 64 KiB
	Stderr []byte // its beginning, if it is longer than 4 KiB
}

// ErrOutput reports that a command printed more than a client receives. That says nothing
// about the server.
var ErrOutput = fmt.Errorf("the command printed more than the %d KiB that vega receives; let it print less", maxSession>>10)

// Run runs a command. The output is also returned with an error. It may be called once, and
// only by a client that is logged in.
func (c *Client) Run(ctx context.Context, command string) (Output, error) {
	defer c.wire.arm(ctx)()
	stdout, stderr := &beginning{room: maxOutput}, &beginning{room: maxStderr}
	status, err := c.run(command, stdout, stderr)
	out := Output{Status: status, Stdout: stdout.kept, Stderr: stderr.kept}
	if err == nil {
		return out, nil
	}
	goesOn := c.wire.goesOn()
	if trouble := c.wire.trouble(); trouble != nil {
		err = trouble
	} else if !goesOn {
		err = described(c.conn.Wait())
	}
	if errors.Is(err, errFlood) && (stdout.room == 0 || stderr.room == 0) {
		err = ErrOutput
	}
	return out, &Error{Stage: Command, Err: err}
}

func (c *Client) run(command string, stdout, stderr *beginning) (int, error) {
	session, err := c.conn.NewSession()
	if refused, ok := errors.AsType[*ssh.OpenChannelError](err); ok {
		return 0, fmt.Errorf("the server opens no session: %w", described(errors.New(refused.Message)))
	}
	if err != nil {
		return 0, described(err)
	}
	session.Stdout, session.Stderr = stdout, stderr
	if err := session.Start(command); err != nil { // its text repeats the command
		return 0, errors.New("the server does not run commands for this user")
	}
	err = session.Wait()
	_, missing := errors.AsType[*ssh.ExitMissingError](err)
	exit, ok := errors.AsType[*ssh.ExitError](err)
	switch {
	case err == nil:
		return 0, nil
	case ok && exit.Signal() != "":
		return 0, fmt.Errorf("the command was ended by the signal %s", strings.ToValidUTF8(exit.Signal()[:min(len(exit.Signal()), 32)], "\uFFFD"))
	case ok:
		return min(exit.ExitStatus(), math.MaxInt32), nil // a negative one would be an errno
	case missing:
		return 0, errors.New("the server ended the command without an exit status")
	default:
		return 0, described(err)
	}
}

// beginning keeps the beginning of what is written to it.
type beginning struct {
	room int
	kept []byte
}

// Write keeps what there is room for, and accepts the rest.
func (b *beginning) Write(p []byte) (int, error) {
	n := min(len(p), b.room)
	b.kept = append(b.kept, p[:n]...)
	b.room -= n
	return len(p), nil
}

// ReadFrom reads everything that was received. A channel of x/crypto fails with data that it
// still has once the client can't write anymore, as after a server that hung up.
func (b *beginning) ReadFrom(r io.Reader) (int64, error) {
	p, read := make([]byte, 32<<10), int64(0)
	for {
		n, err := r.Read(p)
		_, _ = b.Write(p[:n])
		if read += int64(n); n == 0 && err != nil {
			return read, nil //nolint:nilerr // the connection keeps its own error
		}
	}
}
