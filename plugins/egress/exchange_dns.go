package egress

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/shortage"
)

// exchanger sends one question to DNS servers. The guest's account counts the
// memory of the last reply.
type exchanger struct {
	session *Session
	held    holding
}

const (
	rounds     = 3
	shareOfTry = 2 * time.Second
)

// ask tries the servers up to three times, because a datagram may be lost. Only
// the last attempt may use all the remaining time.
func (q *exchanger) ask(ctx context.Context, name string, typ uint16, servers []string) (*reply, error) {
	query := new(dns.Msg).SetQuestion(name, typ)
	query.SetEdns0(1232, false)
	var last error
	for i := range rounds * len(servers) {
		limit := shareOfTry
		if deadline, ok := ctx.Deadline(); ok && i == rounds*len(servers)-1 {
			limit = time.Until(deadline)
		}
		answer, err := q.askOne(ctx, query, servers[i%len(servers)], limit)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		last = err
		if shortage.Of(err) != nil || !isTimeout(err) && i >= len(servers)-1 {
			break // a server that sends a wrong reply does so again
		}
	}
	return nil, last
}

func (q *exchanger) askOne(ctx context.Context, query *dns.Msg, server string, limit time.Duration) (*reply, error) {
	answer, err := q.exchange(ctx, "udp", query, server, limit)
	if err == nil && answer.truncated {
		answer, err = q.exchange(ctx, "tcp", query, server, limit)
	}
	asked := query.Question[0]
	switch {
	case err != nil:
		return nil, fmt.Errorf("querying %s: %w", server, err)
	case !strings.EqualFold(answer.name, asked.Name) || answer.typ != asked.Qtype:
		return nil, errors.New(server + " answered a different question")
	case answer.rcode != dns.RcodeSuccess && answer.rcode != dns.RcodeNameError:
		return nil, errors.New(server + " answered " + dns.RcodeToString[answer.rcode])
	}
	return answer, nil
}

// exchange waits for a reply and unpacks it, which takes CPU time.
func (q *exchanger) exchange(ctx context.Context, network string, query *dns.Msg, server string, limit time.Duration) (*reply, error) {
	q.held.release() // of an earlier reply
	if err := q.held.grow(dns.MaxMsgSize); err != nil {
		return nil, err
	}
	packed, err := q.waitForAnswer(ctx, network, query, server, max(limit, time.Millisecond))
	if err != nil {
		return nil, err
	}
	return q.session.unpack(packed, query.Question[0].Qtype, &q.held)
}

// waitForAnswer sends a query over a new connection and returns the raw reply.
func (q *exchanger) waitForAnswer(ctx context.Context, network string, query *dns.Msg, server string, limit time.Duration) ([]byte, error) {
	q.session.account().Leave()
	defer q.session.account().Return()
	q.session.account().Pay(Question, 1)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	plain, err := q.session.network.dialer.Dial(ctx, network, server, q.session.Sockets)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	conn := &dns.Conn{Conn: plain, UDPSize: query.IsEdns0().UDPSize()}
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline) // closing the connection makes the calls below fail
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if err := conn.WriteMsg(query); err != nil {
		return nil, err
	}
	return q.answerTo(query.Id, conn, network == "udp")
}

// answerTo reads the reply to a query. It ignores datagrams with another ID,
// which may be late.
func (q *exchanger) answerTo(id uint16, conn *dns.Conn, datagrams bool) ([]byte, error) {
	for {
		var head dns.Header
		packed, err := conn.ReadMsgHeader(&head)
		q.session.account().Pay(Moved, len(packed))
		switch {
		case err != nil:
			return nil, err
		case head.Id == id:
			return packed, nil
		case !datagrams:
			return nil, dns.ErrId
		}
	}
}
