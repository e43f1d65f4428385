package egress

import (
	"context"
	"errors"
	"net"
	"strings"
)

// ask queries the servers. If they are vega's own, a failure of theirs is not
// the name's, unless they answer for other names; if the guest named them, they
// are the target.
func (s *Session) ask(ctx context.Context, q *exchanger, question string, typ uint16, servers []string, own bool) (*reply, error) {
	if !own {
		return q.ask(ctx, question, typ, servers)
	}
	q.watch = s.network.dialer.Watch(ctx)
	defer q.watch.End()
	answer, err := q.ask(ctx, question, typ, servers)
	if _, known := errors.AsType[*Error](err); known || err == nil {
		return answer, err
	}
	return nil, q.watch.Judge(ctx, strings.TrimSuffix(question, "."), err)
}

// dial connects to a DNS server.
func (q *exchanger) dial(ctx context.Context, network, server string) (net.Conn, error) {
	if q.watch != nil {
		return q.watch.Dial(ctx, network, server, q.session.Sockets, false)
	}
	return q.session.network.dialer.Dial(ctx, network, server, q.session.Sockets)
}
