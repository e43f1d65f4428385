package plugintest

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// Record runs the probe against the real outside and returns the run as a case
// that a replay has confirmed. in is the run as the daemon would make it;
// stored values are discarded. A probe that stores values runs twice, so that
// the case contains what the first run stored. With allow, everything is
// granted, and the case's grant block contains what was missing.
func (k *Kit) Record(ctx context.Context, in plugins.Input, allow bool) (*Case, Run, error) {
	p, err := k.Probe(in.Probe)
	if err != nil {
		return nil, Run{}, err
	}
	config, err := configOf(p, in.Values)
	if err != nil {
		return nil, Run{}, err
	}
	c := &Case{Probe: in.Probe, Config: config, Timeout: manifest.Duration(in.Timeout), Grant: blockOf(in.Grants)}
	kept := map[string][]byte{}
	var r *recorder
	var run Run
	for range 2 {
		w := &world{}
		s := &storage{world: w, kept: kept, first: map[string][]byte{}}
		w.kv = s
		in.Around = func(n plugins.Network) plugins.Outside {
			r = &recorder{net: n, databases: k.options.Databases, at: time.Now().Truncate(time.Millisecond)}
			w.databases = r
			return r
		}
		in.Clock = func() time.Time { return r.clock() }
		run = k.run(ctx, in, w, allow)
		c.World = r.world(s.first)
		if len(kept) == 0 {
			break
		}
	}
	if run.Cause == check.Denied || run.Cause == check.Host {
		return nil, run, errors.New("not worth recording: the result is " + describe(run.Result))
	}
	if allow {
		implied, err := k.Implied(c)
		if err != nil {
			return nil, run, err
		}
		plaintext := c.Grant.Plaintext
		c.Grant = run.Learned.Without(implied)
		c.Grant.Plaintext = plaintext
	}
	again, err := k.Replay(ctx, c)
	if err != nil {
		return nil, run, err
	}
	c.Expect = expectOf(again.Result)
	if again.Problem != "" || again.Status != run.Status || again.Cause != run.Cause {
		return c, run, errors.New("the replay differs from the recorded run: it was " + describe(run.Result) + " and is " + describe(again.Result) + orProblem(again.Problem))
	}
	return c, run, nil
}

func describe(r plugins.Result) string {
	text := string(r.Status)
	if r.Cause != "" {
		text += " (" + string(r.Cause) + ")"
	}
	return text + ": " + r.Message
}

func orProblem(text string) string {
	if text == "" {
		return ""
	}
	return "; " + text
}

// recorder records the calls that pass through it.
type recorder struct {
	net       plugins.Network
	databases plugins.Databases
	at        time.Time
	readings  []int64
	http      []*recordedHTTP
	conns     []*recordedConn
	sockets   []*recordedWebSocket
	dns       []Question
	icmp      []Ping
	sql       []*recordedRows
	ssh       []*recordedShell
}

// maxReadings bounds the number of recorded clock readings.
const maxReadings = 64

// clock returns the current time and records it.
func (r *recorder) clock() time.Time {
	if r == nil { // before the run
		return time.Now()
	}
	now := time.Now()
	if len(r.readings) < maxReadings {
		r.readings = append(r.readings, now.Sub(r.at).Nanoseconds())
	}
	return now
}

func (r *recorder) world(kept map[string][]byte) World {
	w := World{At: r.at.UTC(), ClockNS: r.readings, DNS: r.dns, ICMP: r.icmp}
	for _, e := range r.http {
		w.HTTP = append(w.HTTP, e.finish(r.redact))
	}
	for _, c := range r.conns {
		w.Net = append(w.Net, c.finish(r.redact))
	}
	for _, s := range r.sockets {
		w.WebSocket = append(w.WebSocket, s.finish(r.redact))
	}
	for _, q := range r.sql {
		w.SQL = append(w.SQL, q.finish(r.redact))
	}
	for _, s := range r.ssh {
		w.SSH = append(w.SSH, s.finish(r.redact))
	}
	for key, v := range kept {
		if w.KV == nil {
			w.KV = map[string]Bytes{}
		}
		w.KV[key] = v
	}
	return w
}

func (r *recorder) redact(b []byte) Bytes {
	if len(b) == 0 {
		return nil
	}
	return Bytes(r.net.Redact(string(b)))
}

// recordedHTTP is an exchange whose response body is still being read.
type recordedHTTP struct {
	Exchange
	io.ReadCloser
	response *egress.Response
	redacted func(string) string
}

func (r *recorder) HTTP(ctx context.Context, q *egress.Request) (*egress.Response, error) {
	e := &recordedHTTP{Exchange: Exchange{Method: q.Method, URL: r.net.Redact(q.URL), Socket: r.net.Redact(q.Socket), Body: r.redact(q.Body)}, redacted: r.net.Redact}
	resp, err := r.net.HTTP(ctx, q)
	if err != nil {
		if e.Failed = failureOf(err, r.net.Redact); e.Failed != nil {
			r.http = append(r.http, e)
		}
		return nil, err
	}
	r.http = append(r.http, e)
	e.Status, e.FinalURL, e.RemoteAddr = resp.Status, r.net.Redact(resp.FinalURL), resp.RemoteAddr
	e.Landed = r.net.Redact(resp.Landed)
	e.Header = recordHeader(resp.Header, r.net.Redact)
	e.TLS = factsOf(resp.TLSInfo)
	e.ReadCloser, e.response = resp.Body, resp
	resp.Body = e
	return resp, nil
}

// recordHeader omits cookies, because they are secrets that vega does not know.
func recordHeader(h http.Header, redact func(string) string) map[string][]string {
	out := make(map[string][]string, len(h))
	for name, values := range h {
		for _, v := range values {
			if name == "Set-Cookie" {
				v = hidden
			}
			out[name] = append(out[name], redact(v))
		}
	}
	return out
}

func (e *recordedHTTP) Read(b []byte) (int, error) {
	n, err := e.ReadCloser.Read(b)
	e.Answer = append(e.Answer, b[:n]...)
	if errors.Is(err, io.EOF) && e.response.Trailers != nil {
		e.Trailer = recordHeader(e.response.Trailers(), e.redacted)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		e.Cut = failureOf(err, e.redacted)
	}
	return n, err
}

func (e *recordedHTTP) finish(redact func([]byte) Bytes) Exchange {
	out := e.Exchange
	out.Answer = redact(out.Answer)
	if e.response != nil {
		for i, d := range e.response.Phases {
			out.PhasesMS[i] = float64(d.Microseconds()) / 1000
		}
	}
	return out
}

// recordedConn is a connection in use.
type recordedConn struct {
	Connection
	plugins.Conn
	redacted func(string) string
}

func (r *recorder) Dial(ctx context.Context, network int32, address string) (plugins.Conn, error) {
	c := &recordedConn{Connection: Connection{Network: networkName(network), Address: r.net.Redact(address)}, redacted: r.net.Redact}
	conn, err := r.net.Dial(ctx, network, address)
	if err != nil {
		if c.Failed = failureOf(err, r.net.Redact); c.Failed != nil && c.Network != "" {
			r.conns = append(r.conns, c)
		}
		return nil, err
	}
	c.TLS, c.Conn = factsOf(conn.TLSInfo), conn
	r.conns = append(r.conns, c)
	return c, nil
}

func (c *recordedConn) step(s Step) { c.Steps = append(c.Steps, s) }

func (c *recordedConn) Read(ctx context.Context, b []byte) (int, error) {
	n, err := c.Conn.Read(ctx, b)
	if n > 0 {
		c.step(Step{Read: slices.Clone(b[:n])})
	}
	c.ended(err)
	return n, err
}

func (c *recordedConn) ReadWithin(ctx context.Context, wait time.Duration, b []byte) (int, error) {
	n, err := c.Conn.ReadWithin(ctx, wait, b)
	if n > 0 {
		c.step(Step{Read: slices.Clone(b[:n])})
	}
	c.ended(err)
	return n, err
}

func (c *recordedConn) Write(ctx context.Context, b []byte) (int, error) {
	n, err := c.Conn.Write(ctx, b)
	if n > 0 {
		c.step(Step{Write: slices.Clone(b[:n])})
	}
	c.ended(err)
	return n, err
}

func (c *recordedConn) StartTLS(ctx context.Context, name string) error {
	err := c.Conn.StartTLS(ctx, name)
	if err == nil {
		c.step(Step{TLS: factsOf(c.TLSInfo)})
	}
	c.ended(err)
	return err
}

func (c *recordedConn) TLSInfo(what int32) (string, error) { return c.Conn.TLSInfo(what) }

func (c *recordedConn) ended(err error) {
	if errors.Is(err, io.EOF) {
		c.step(Step{End: true})
	} else if f := failureOf(err, c.redacted); f != nil {
		c.step(Step{Failed: f})
	}
}

// finish joins data that was read in pieces, which also redacts secrets that
// span two of them.
func (c *recordedConn) finish(redact func([]byte) Bytes) Connection {
	out := c.Connection
	out.Steps = nil
	for _, s := range c.Steps {
		last := len(out.Steps) - 1
		switch {
		case last >= 0 && c.Network != "udp" && len(s.Read) > 0 && len(out.Steps[last].Read) > 0:
			out.Steps[last].Read = append(out.Steps[last].Read, s.Read...)
		case last >= 0 && c.Network != "udp" && len(s.Write) > 0 && len(out.Steps[last].Write) > 0:
			out.Steps[last].Write = append(out.Steps[last].Write, s.Write...)
		default:
			out.Steps = append(out.Steps, s)
		}
	}
	for i := range out.Steps {
		out.Steps[i].Read, out.Steps[i].Write = redact(out.Steps[i].Read), redact(out.Steps[i].Write)
	}
	return out
}

func (r *recorder) Resolve(ctx context.Context, rrtype, name, server string) ([]string, error) {
	answers, err := r.net.Resolve(ctx, rrtype, name, server)
	q := Question{Type: strings.ToUpper(rrtype), Name: r.net.Redact(name), Server: r.net.Redact(server), Failed: failureOf(err, r.net.Redact)}
	for _, a := range answers {
		q.Answers = append(q.Answers, r.net.Redact(a))
	}
	if err == nil || q.Failed != nil {
		r.dns = append(r.dns, q)
	}
	return answers, err
}

// recordedRows is a query whose rows are still being read.
type recordedRows struct {
	Query
	plugins.Rows
	redacted func(string) string
}

// Query runs a query with its secrets, and records it without them.
func (r *recorder) Query(ctx context.Context, database, query string) (plugins.Rows, error) {
	if r.databases == nil {
		return nil, errors.New("no database is known")
	}
	q := &recordedRows{Query: Query{Database: database, Query: r.net.Redact(query)}, redacted: r.net.Redact}
	r.sql = append(r.sql, q)
	rows, err := r.databases.Query(ctx, database, query)
	if err != nil {
		q.Failed = failureOf(err, r.net.Redact)
		return nil, err
	}
	if q.Query.Columns, err = rows.Columns(); err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	q.Rows = rows
	return q, nil
}

func (q *recordedRows) Columns() ([]string, error) { return q.Query.Columns, nil }

func (q *recordedRows) Scan(dest ...any) error {
	if err := q.Rows.Scan(dest...); err != nil {
		return err
	}
	row := make([]*Bytes, len(dest))
	for i, d := range dest {
		if raw, ok := d.(*sql.RawBytes); ok && *raw != nil {
			b := Bytes(slices.Clone(*raw))
			row[i] = &b
		}
	}
	q.Query.Rows = append(q.Query.Rows, row)
	return nil
}

func (q *recordedRows) Err() error {
	err := q.Rows.Err()
	if err != nil {
		q.Cut = failureOf(err, q.redacted)
	}
	return err
}

func (q *recordedRows) finish(redact func([]byte) Bytes) Query {
	out := q.Query
	for _, row := range out.Rows {
		for i, v := range row {
			if v != nil && len(*v) > 0 {
				b := redact(*v)
				row[i] = &b
			}
		}
	}
	return out
}

// expectOf returns the expected result of a replay of the run.
func expectOf(r plugins.Result) *Expect {
	e := &Expect{Status: r.Status, Cause: r.Cause, Message: r.Message, Details: maps.Clone(r.Details)}
	for _, m := range r.Metrics {
		e.Metrics = append(e.Metrics, Metric(m))
	}
	return e
}
