package egress

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"vega/plugins/fault"
	"vega/plugins/shortage"
	"vega/plugins/sockets"
	"vega/sdk/abi"
)

// exchanger sends one question to DNS servers. The guest's account counts the
// memory of the last reply.
type exchanger struct {
	session *Session
	stream  bool           // over TCP only
	watch   *sockets.Watch // of vega's own servers; nil for others
	held    holding
}

const (
	rounds     = 3
	shareOfTry = 2 * time.Second
	minWait    = shareOfTry / 4 // before a query is sent again

	payload     = 1232     // bytes of a datagram that fit any path without fragments
	maxDatagram = 16 << 10 // a server may send more than was offered
)

// ask tries the servers up to three times, because a datagram may be lost. Only
// the last attempt may use all the remaining time, and one server of several no
// more than half of it. The second round is without
// EDNS, because some servers and firewalls drop queries that have it.
func (q *exchanger) ask(ctx context.Context, name string, typ uint16, servers []string) (*reply, error) {
	var last error
	var why *Error
	for i := range rounds * len(servers) {
		limit := shareOfTry
		if deadline, ok := ctx.Deadline(); ok {
			limit = share(time.Until(deadline), len(servers), i == rounds*len(servers)-1)
		}
		answer, err := q.askOne(ctx, newQuery(name, typ, i/len(servers) != 1), servers[i%len(servers)], limit)
		if err == nil {
			return answer, nil
		}
		if known := q.explained(err); known != nil {
			why = known
		}
		if errors.Is(ctx.Err(), context.Canceled) || ctx.Err() != nil && why == nil {
			return nil, ctx.Err()
		}
		if last = err; ctx.Err() != nil || shortage.Of(err) != nil || !mayPass(err) && i >= len(servers)-1 {
			break // a server that sends a wrong reply does so again
		}
	}
	if why != nil {
		return nil, why
	}
	return nil, last
}

// share returns how much of the remaining time an attempt may use.
func share(left time.Duration, servers int, last bool) time.Duration {
	switch {
	case last:
		return left
	case servers > 1:
		return min(shareOfTry, left/2)
	default:
		return shareOfTry
	}
}

// explained returns the error to report for a server that answers, but not as it
// should, or nil. vega's own servers and its own trouble are judged elsewhere.
func (q *exchanger) explained(err error) *Error {
	elsewhere := q.watch != nil || fault.Of(err) != nil
	tcp, truncated := errors.AsType[*overTCP](err)
	text := ""
	switch {
	case elsewhere:
	case truncated && tcp.unreached():
		text = tcp.Error() + "; allow TCP there, or keep its replies under 1232 bytes"
	case errors.Is(err, errStray):
		text = errStray.Error() + "; check what answers there, or use another server"
	}
	if text == "" {
		return nil
	}
	return &Error{Errno: abi.ErrTarget, Text: q.session.vault.Hide(text)}
}

// mayPass reports whether another attempt may succeed.
func mayPass(err error) bool { return isTimeout(err) || errors.Is(err, errStray) }

func newQuery(name string, typ uint16, edns bool) *dns.Msg {
	query := new(dns.Msg).SetQuestion(name, typ)
	if edns {
		query.SetEdns0(payload, false)
	}
	return query
}

// askOne asks a server, without EDNS if it does not support that (RFC 6891,
// section 7).
func (q *exchanger) askOne(ctx context.Context, query *dns.Msg, server string, limit time.Duration) (*reply, error) {
	answer, err := q.overBoth(ctx, query, server, limit)
	if err == nil && query.IsEdns0() != nil && answer.lacksEDNS() {
		asked := query.Question[0]
		answer, err = q.overBoth(ctx, newQuery(asked.Name, asked.Qtype, false), server, limit)
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("querying %s: %w", server, err)
	case answer.rcode != dns.RcodeSuccess && answer.rcode != dns.RcodeNameError:
		return nil, errors.New(server + " answered " + rcodeText(answer.rcode) + "; " + cmp.Or(rcodeFixes[answer.rcode], "look into its log"))
	case !answer.answers(query.Question[0]):
		return nil, errors.New(server + " answered a different question")
	case answer.referral:
		return nil, errors.New(server + " answered with a referral: it does not serve this zone, and does not resolve names for this client; query another server")
	}
	return answer, nil
}

// rcodeFixes says what to do about the answers of a server that the operator
// named.
var rcodeFixes = map[int]string{
	dns.RcodeServerFailure:  "check that the servers of the zone answer it, and that its DNSSEC is valid",
	dns.RcodeRefused:        "it does not serve this zone, and does not resolve names for this machine: allow that there, or query another server",
	dns.RcodeNotAuth:        "it does not serve this zone: query another server",
	dns.RcodeFormatError:    "it does not understand the query: query another server",
	dns.RcodeNotImplemented: "it does not answer such queries: query another server",
}

func rcodeText(code int) string {
	if text := dns.RcodeToString[code]; text != "" {
		return text
	}
	return "the response code " + strconv.Itoa(code)
}

// overBoth queries over UDP, and over TCP if the reply is truncated.
func (q *exchanger) overBoth(ctx context.Context, query *dns.Msg, server string, limit time.Duration) (*reply, error) {
	if q.stream {
		return q.exchange(ctx, "tcp", query, server, limit)
	}
	answer, err := q.exchange(ctx, "udp", query, server, limit)
	if err != nil || !answer.truncated {
		return answer, err
	}
	if answer, err = q.exchange(ctx, "tcp", query, server, limit); err != nil {
		return nil, &overTCP{err}
	}
	return answer, nil
}

// overTCP reports that a truncated reply could not be queried in full.
type overTCP struct{ err error }

func (e *overTCP) Error() string {
	if isTimeout(e.err) {
		return "its reply over UDP is truncated, and it does not answer over TCP"
	}
	return "its reply over UDP is truncated, and over TCP it fails: " + reason(e.err)
}

// unreached reports whether the connection failed, as opposed to the reply.
func (e *overTCP) unreached() bool {
	end, _ := fault.Judge(e.err, fault.Unresolved)
	return end != fault.Unresolved
}

func (e *overTCP) Unwrap() error { return e.err }

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
	answer, err := q.session.unpack(packed, query.Question[0].Qtype, &q.held)
	if err == nil {
		q.session.Seen.Reply(answer.counts, answer.serial)
	}
	return answer, err
}

// waitForAnswer sends a query over a new connection and returns the raw reply.
func (q *exchanger) waitForAnswer(ctx context.Context, network string, query *dns.Msg, server string, limit time.Duration) ([]byte, error) {
	q.session.account().Leave()
	defer q.session.account().Return()
	q.session.account().Pay(Question, 1)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	start := time.Now()
	plain, err := q.dial(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	connected := time.Now()
	defer func() { q.session.Seen.Ask(connected.Sub(start), time.Since(connected), plain.RemoteAddr()) }()
	conn := &dns.Conn{Conn: plain, UDPSize: maxDatagram}
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline) // closing the connection makes the calls below fail
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if err := conn.WriteMsg(query); err != nil {
		return nil, err
	}
	if network == "udp" {
		defer sendAgain(conn, query, max(time.Until(deadline)/2, minWait))()
	}
	return q.answerTo(query, conn, network == "udp")
}

// sendAgain sends a query once more after a while, unless the function that it
// returns is called before: a datagram may be lost, and there may not be the
// time for another attempt. The copy has no EDNS, which some firewalls drop.
func sendAgain(conn *dns.Conn, query *dns.Msg, after time.Duration) (stop func() bool) {
	plain := query.Copy()
	plain.Extra = nil
	return time.AfterFunc(after, func() { _ = conn.WriteMsg(plain) }).Stop
}

// errStray reports that only datagrams arrived that do not answer the query.
var errStray = errors.New("it sent only datagrams that do not answer the query")

// answerTo reads the reply to a query. It ignores datagrams that do not answer
// it: they may be late, or forged.
func (q *exchanger) answerTo(query *dns.Msg, conn *dns.Conn, datagrams bool) ([]byte, error) {
	stray := false
	for {
		packed, err := conn.ReadMsgHeader(nil)
		q.session.account().Pay(Moved, len(packed))
		switch {
		case err == nil && replies(packed, query):
			return packed, nil
		case err == nil && !datagrams:
			return nil, dns.ErrId
		case err != nil && !(datagrams && errors.Is(err, dns.ErrShortRead)):
			if stray && isTimeout(err) {
				err = errStray
			}
			return nil, err
		}
		stray = true
	}
}

// replies reports whether a message is a response with the ID and the question
// of the query. A server that did not understand a query may leave out the
// question.
func replies(packed []byte, query *dns.Msg) bool {
	m := message{b: packed}
	r, _, err := m.begin()
	return err == nil && r.response && r.id == query.Id && (r.answers(query.Question[0]) || r.name == "" && r.rcode != dns.RcodeSuccess)
}

// askOwn is like ask, for vega's own servers. A failure of theirs is not the
// name's, unless they answer for other names.
func (q *exchanger) askOwn(ctx context.Context, question string, typ uint16, servers []string) (*reply, error) {
	q.watch = q.session.network.dialer.Watch(ctx)
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
