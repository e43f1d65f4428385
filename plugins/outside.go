package plugins

import (
	"context"
	"time"

	"vega/plugins/egress"
	"vega/plugins/secret"
)

// Outside is the network as the host calls of one run use it. Secrets in what
// goes through it are placeholders, in both directions.
type Outside interface {
	HTTP(ctx context.Context, r *egress.Request) (*egress.Response, error)
	Dial(ctx context.Context, network int32, address string) (Conn, error)
	Resolve(ctx context.Context, rrtype, name, server string) ([]string, error)
}

// Conn is a connection of a guest; *egress.Conn is one.
type Conn interface {
	Read(ctx context.Context, b []byte) (int, error)
	Write(ctx context.Context, b []byte) (int, error)
	StartTLS(ctx context.Context, name string) error
	TLSInfo(what int32) (string, error)
	Close() error
}

// Network is the real network of one run, and what judges its calls. What
// stands in for it has to ask for the judgement that the real one makes.
type Network interface {
	Outside
	JudgeHTTP(r *egress.Request) error
	JudgeDial(network int32, address string) error
	JudgeResolve(rrtype, name, server string) error
	// Redact shows each secret and each placeholder as "(secret)".
	Redact(text string) string
}

// Around puts something between a guest and its network: a recorder, a player
// of recorded answers, a fault. It is for plugintest.
type Around func(Network) Outside

// session is the real network.
type session struct {
	*egress.Session
	vault *secret.Vault
}

func (s *session) Dial(ctx context.Context, network int32, address string) (Conn, error) {
	c, err := s.Session.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *session) Redact(text string) string { return s.vault.Redact(text) }

// now is the time of day of a run.
func (in *Input) now() time.Time {
	if in.Clock != nil {
		return in.Clock()
	}
	return time.Now()
}
