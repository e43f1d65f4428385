package plugins

import (
	"context"
	"time"

	"vega/plugins/egress"
	"vega/plugins/secret"
)

// Outside is the network that the host calls of one run use. Secrets that pass
// through it are placeholders, in both directions.
type Outside interface {
	HTTP(ctx context.Context, r *egress.Request) (*egress.Response, error)
	Dial(ctx context.Context, network int32, address string) (Conn, error)
	Resolve(ctx context.Context, rrtype, name, server string) ([]string, error)
	Echo(ctx context.Context, r egress.EchoRequest) (*egress.Echoes, error)
	// OpenWebSocket returns the WebSocket, or the response of a server that does not
	// upgrade the connection.
	OpenWebSocket(ctx context.Context, r *egress.Request) (WebSocket, *egress.Response, error)
	ConnectSSH(ctx context.Context, address string) (SSH, error)
}

// WebSocket is a WebSocket of a guest; *egress.WebSocket implements it.
type WebSocket interface {
	Answer() *egress.Response // to the upgrade
	Send(ctx context.Context, kind int32, message []byte) error
	Receive(ctx context.Context) (kind int32, message []byte, err error)
	Info(what int32) (string, error)
	Close() error
}

// SSH is a connection of a guest to an SSH server; *egress.SSH implements it.
type SSH interface {
	Info(what int32) (string, error)
	Run(ctx context.Context) (status int, err error)
	Read(b []byte) (int, error)
	Close() error
}

// Conn is a connection of a guest; *egress.Conn implements it.
type Conn interface {
	Read(ctx context.Context, b []byte) (int, error)
	ReadWithin(ctx context.Context, wait time.Duration, b []byte) (int, error)
	Write(ctx context.Context, b []byte) (int, error)
	StartTLS(ctx context.Context, name string) error
	TLSInfo(what int32) (string, error)
	Close() error
}

// Network is the real network of one run, which includes the checks of each
// call. A replacement must make the same checks.
type Network interface {
	Outside
	JudgeHTTP(r *egress.Request) error
	JudgeDial(network int32, address string) error
	JudgeResolve(rrtype, name, server string) error
	JudgeEcho(host string) error
	JudgeWebSocket(r *egress.Request) error
	JudgeSSH(address string) error
	// Redact replaces each secret and each placeholder with "(secret)".
	Redact(text string) string
}

// Around returns the network that a guest uses in place of the real one, such
// as one that records calls, replays recorded answers or injects faults.
// Package plugintest uses it.
type Around func(Network) Outside

// session implements Network.
type session struct {
	egress.Judge
	vault *secret.Vault
}

func (s *session) Dial(ctx context.Context, network int32, address string) (Conn, error) {
	c, err := s.Session.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *session) OpenWebSocket(ctx context.Context, r *egress.Request) (WebSocket, *egress.Response, error) {
	w, resp, err := s.Session.OpenWebSocket(ctx, r)
	if err != nil || w == nil {
		return nil, resp, err
	}
	return w, nil, nil
}

func (s *session) ConnectSSH(ctx context.Context, address string) (SSH, error) {
	c, err := s.Session.ConnectSSH(ctx, address)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *session) Redact(text string) string { return s.vault.Redact(text) }

// now returns the time of day that a run sees. It advances by the monotonic clock,
// because guests measure durations by it: a target is not slow because the wall clock
// was set during the run.
func (in *Input) now() time.Time {
	if in.Clock != nil {
		return in.Clock()
	}
	return in.began.Add(time.Since(in.began))
}
