package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"

	"vega/plugins/fault"
	"vega/plugins/shortage"
)

// Judge returns the error to report for a lookup of name that ended with err:
// a net.DNSError that says "not found" if the name or its zone is at fault, and
// a fault.Own that names the DNS servers if they, or the way to them, are.
//
// A server that fails for one name and answers for another one, asked at the
// same time, shows that the name's zone is broken: its servers do not answer,
// or its DNSSEC does not validate. A server that fails for both does not work.
func (w *Watch) Judge(ctx context.Context, name string, err error) error {
	if err == nil {
		return nil
	}
	if own := fault.Of(err); own != nil {
		return err
	}
	queries := w.snapshot()
	for _, q := range queries {
		if q.own != nil && shortage.Of(q.own) != nil {
			return q.own
		}
	}
	missing, ok := errors.AsType[*net.DNSError](err)
	if ok && missing.IsNotFound && proven(queries) {
		return err
	}
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return err
	}
	if len(queries) == 0 {
		if ok {
			return fault.New(nil, "the resolver of vega's machine could not resolve "+name+" ("+missing.Err+")", fault.CheckResolver)
		}
		return err
	}
	if why := w.zone(ctx, queries); why != "" {
		return &net.DNSError{Err: why, Name: name, IsNotFound: true}
	}
	return w.broken(ctx, name, queries)
}

// proven reports whether the replies show that a name has no address. That one
// type has no record means nothing if the query for the other type failed.
func proven(queries []query) bool {
	queries, unsent := sent(queries)
	if len(queries) == 0 || unsent && !complete(queries) {
		return false
	}
	for _, q := range queries {
		if q.said == replied && (q.reply == fault.NoName || q.reply == fault.Answers) {
			continue
		}
		same := func(other query) bool {
			return other.name == q.name && (other.reply == fault.NoName || other.reply == fault.Answers && other.kind == q.kind) && other.said == replied
		}
		if !slices.ContainsFunc(queries, same) {
			return false
		}
	}
	return true
}

// sent returns the queries that reached a socket, and whether there are others:
// the way to their server is interrupted, and nobody knows what they asked for.
func sent(queries []query) (out []query, others bool) {
	for _, q := range queries {
		if q.name != "" {
			out = append(out, q)
		}
	}
	return out, len(out) < len(queries)
}

// complete reports whether the queries are enough to say that a name has no
// address: one says that it does not exist, or both types were asked for.
func complete(queries []query) bool {
	return slices.ContainsFunc(queries, func(q query) bool {
		return q.said == replied && (q.reply == fault.NoName || q.kind != queries[0].kind)
	})
}

// minSent is how many copies of a query a server must have left unanswered
// before its silence is taken for the zone's.
const minSent = 2

// zone returns what speaks for a fault of the name's zone, or "".
func (w *Watch) zone(ctx context.Context, queries []query) string {
	for _, q := range queries {
		failing := q.said == replied && q.reply == fault.Ambiguous
		silent := q.said == nothing && q.own == nil && w.copies(queries, q) >= minSent
		if !failing && !silent {
			continue
		}
		took, resolves := w.dialer.controls.resolves(ctx, q.server, w.began)
		if resolves && (failing || took <= q.waited()/2) { // a server that is slow for each name may have needed longer
			return fmt.Sprintf("the DNS server %s %s, and resolves other names: the DNS servers of its zone do not answer, or its DNSSEC is broken", q.server, q.text())
		}
	}
	return ""
}

// copies counts how often a query was sent to its server.
func (*Watch) copies(queries []query, of query) (n int) {
	for _, q := range queries {
		if q.server == of.server && q.name == of.name && q.kind == of.kind {
			n += q.sent
		}
	}
	return n
}

// text describes the reply to a query.
func (q *query) text() string {
	switch {
	case q.own != nil:
		return "can't be reached: " + q.own.What
	case q.said == refusal:
		return "refuses the connection"
	case q.said == garbage:
		return "answers with something that is not a reply to the query"
	case q.said == nothing:
		return "does not answer for this name"
	case rcodes[q.rcode] != "":
		return "answers " + rcodes[q.rcode]
	default:
		return fmt.Sprintf("answers with the response code %d", q.rcode)
	}
}

// rcodes names the response codes that are no answer.
var rcodes = map[int]string{1: "FORMERR", 2: "SERVFAIL", 4: "NOTIMP", 5: "REFUSED", 9: "NOTAUTH"}

// broken returns the error of DNS servers that do not work for vega.
func (w *Watch) broken(ctx context.Context, name string, queries []query) error {
	var said []string
	fix := "start it, or correct network.resolver"
	if w.dialer.Server == "" {
		fix = "repair it, or name a working one in /etc/resolv.conf or network.resolver"
	}
	for _, q := range queries {
		text := q.text()
		if q.said == nothing && q.own == nil {
			text = "does not answer"
			if path := Path(ctx, q.server); path != nil {
				text, fix = "can't be reached: "+path.What, path.Fix
			}
		} else if q.own != nil {
			fix = q.own.Fix
		} else if q.reply == fault.Answers && q.said == replied {
			continue
		}
		said = append(said, q.server+" "+text)
	}
	if len(said) == 0 {
		said = []string{queries[0].server + " gave no usable answer"}
	}
	slices.Sort(said)
	what := "the DNS server " + strings.Join(slices.Compact(said), ", and ")
	if w.dialer.Server == "" && unconfigured() {
		what = "no DNS server is configured on vega's machine (there is no /etc/resolv.conf), and " + what
		fix = "create /etc/resolv.conf, or set network.resolver"
	}
	return fault.New(nil, what+", so vega could not resolve "+name, fix)
}

// unconfigured reports whether this is a system that is configured by
// /etc/resolv.conf and has none.
func unconfigured() bool {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return false
	}
	_, err := os.Stat("/etc/resolv.conf")
	return errors.Is(err, os.ErrNotExist)
}
