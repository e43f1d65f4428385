package plugintest

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/sdk/abi"
)

// Replay runs a case offline. The error means that the case can't be run; use
// Differs to compare the result with the expected one.
func (k *Kit) Replay(ctx context.Context, c *Case) (Run, error) {
	for tries := 0; ; tries++ {
		run, err := k.play(ctx, c, nil, false)
		if err != nil || !run.Doubtful() || tries == moreTries {
			return run, err
		}
	}
}

// Learn is like Replay with everything granted, so that Learned contains
// everything that the probe requests.
func (k *Kit) Learn(ctx context.Context, c *Case) (Run, error) {
	return k.play(ctx, c, nil, true)
}

// play runs a case, with its player wrapped by around if that is not nil.
func (k *Kit) play(ctx context.Context, c *Case, around func(*player), allow bool) (Run, error) {
	in, err := k.input(c)
	if err != nil {
		return Run{}, err
	}
	w := &world{}
	p := &player{w: &c.World, used: map[string]int{}}
	kept := make(map[string][]byte, len(c.World.KV))
	for key, v := range c.World.KV {
		kept[key] = v
	}
	p.kv = &storage{world: w, kept: kept}
	if around != nil {
		around(p)
	}
	w.kv, w.databases = p.kv, p
	if p.fault != nil && p.fault.kv != nil {
		w.kv = faultyStorage{p.kv, p}
	}
	in.Around = func(n plugins.Network) plugins.Outside {
		p.net = n
		return p
	}
	if p.fault != nil {
		in.Timeout = min(in.Timeout, p.within)
	}
	if p.fault != nil && p.fault.input != nil {
		p.fault.input(&in)
		p.touched = p.fault.call == nil // otherwise a call must trigger it
	}
	if !c.World.At.IsZero() {
		in.Clock = c.World.clock()
	}
	r := k.run(ctx, in, w, allow)
	r.Problem, r.outlasted = p.missing, r.Took >= in.Timeout
	return r, nil
}

// clock returns a clock that replays the recorded readings and then continues
// from the last.
func (w *World) clock() func() time.Time {
	began, n, last := time.Now(), 0, time.Duration(0)
	return func() time.Time {
		if n < len(w.ClockNS) {
			last = time.Duration(w.ClockNS[n])
			n++
		} else {
			last = max(last, time.Since(began))
		}
		return w.At.Add(last)
	}
}

// player returns results from a world, subject to the grants of its run.
type player struct {
	net     plugins.Network
	w       *World
	kv      *storage
	used    map[string]int // results used, by kind and request
	missing string

	fault   *Fault
	within  time.Duration // the deadline of a run with a fault
	touched bool          // a call triggered the fault
}

// pick returns the index of the next result for a request among all of a kind,
// or -1.
func (p *player) pick(question string, all int, same func(int) bool) int {
	var fit []int
	for i := range all {
		if same(i) {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		if p.missing == "" {
			p.missing = "the case has no result for " + question + "; record it again, or add one to its world"
		}
		return -1
	}
	n := p.used[question]
	p.used[question]++
	return fit[min(n, len(fit)-1)]
}

func (p *player) unanswered() error {
	return &egress.Error{Errno: abi.ErrIO, Text: p.missing}
}

func (p *player) HTTP(ctx context.Context, q *egress.Request) (*egress.Response, error) {
	if err := p.net.JudgeHTTP(q); err != nil {
		return nil, err
	}
	if err := p.meets(ctx, kindHTTP); err != nil {
		return nil, err
	}
	target, socket, body := p.net.Redact(q.URL), p.net.Redact(q.Socket), p.net.Redact(string(q.Body))
	question := q.Method + " " + target
	if socket != "" {
		question += " over the socket " + socket
	}
	fits := func(e Exchange) bool { return e.Method == q.Method && e.URL == target && e.Socket == socket }
	same := func(i int) bool { return fits(p.w.HTTP[i]) }
	if exact := func(e Exchange) bool { return fits(e) && string(e.Body) == body }; slices.ContainsFunc(p.w.HTTP, exact) {
		same = func(i int) bool { return exact(p.w.HTTP[i]) }
		question += " with this body"
	}
	n := p.pick(question, len(p.w.HTTP), same)
	if n < 0 {
		return nil, p.unanswered()
	}
	e := p.w.HTTP[n]
	if e.Failed != nil {
		return nil, e.Failed.after(ctx)
	}
	if err := p.judgeEnd(q, e); err != nil {
		return nil, err
	}
	b := &playedBody{ctx: ctx, rest: e.Answer, cut: e.Cut, left: egress.BodyLimit(q.MaxBody), trailer: maps.Clone(e.Trailer)}
	resp := &egress.Response{
		Status: e.Status, Header: http.Header(maps.Clone(e.Header)), Body: b, FinalURL: e.FinalURL, Landed: e.Landed, RemoteAddr: e.RemoteAddr,
		Facts:    func(what int32) (string, error) { return answerFact(e.TLS, what) },
		Trailers: func() http.Header { return b.trailer },
	}
	if p.fault != nil && p.fault.trailer != nil && http.Header(e.Trailer).Get(grpcStatus) != "" {
		p.fault.trailer(b.trailer)
		b.onRead = func() { p.touched = true }
	}
	for i, ms := range e.PhasesMS {
		resp.Phases[i] = time.Duration(ms * float64(time.Millisecond))
	}
	if p.fault != nil && p.fault.Kind == kindHTTP && p.fault.answer != nil {
		p.fault.answer(resp, b)
		b.onRead = func() { p.touched = true }
		p.touched = p.touched || resp.Status != e.Status
	}
	return resp, nil
}

// judgeEnd checks that the final target of an exchange's redirects is granted,
// too.
func (p *player) judgeEnd(q *egress.Request, e Exchange) error {
	from, err := url.Parse(e.URL)
	if err != nil {
		return nil //nolint:nilerr // checked already
	}
	to, err := url.Parse(e.FinalURL)
	if err != nil || to.Host == "" || to.Scheme == from.Scheme && to.Host == from.Host {
		return nil //nolint:nilerr // no redirect to another origin
	}
	hop := *q
	hop.URL = to.String()
	if hop.Method != http.MethodHead {
		hop.Method = http.MethodGet
	}
	return p.net.JudgeHTTP(&hop)
}

// playedBody is a replayed response body.
type playedBody struct {
	ctx     context.Context
	rest    []byte
	endless bool // repeats rest
	at      int
	cut     *Failure
	left    int64
	trailer http.Header
	onRead  func()
}

func (b *playedBody) Read(to []byte) (int, error) {
	if b.onRead != nil {
		b.onRead()
	}
	if b.endless && b.at == len(b.rest) {
		b.at = 0
	}
	n := copy(to, b.rest[b.at:])
	if int64(n) > b.left {
		return int(b.left), &egress.Error{Errno: abi.ErrTooLarge, Text: "the response body exceeds its size limit"}
	}
	b.at, b.left = b.at+n, b.left-int64(n)
	switch {
	case n > 0:
		return n, nil
	case b.cut != nil:
		return 0, b.cut.after(b.ctx)
	default:
		return 0, io.EOF
	}
}

func (b *playedBody) Close() error { return nil }

func (p *player) Resolve(ctx context.Context, rrtype, name, server string) ([]string, error) {
	if err := p.net.JudgeResolve(rrtype, name, server); err != nil {
		return nil, err
	}
	if err := p.meets(ctx, kindDNS); err != nil {
		return nil, err
	}
	rrtype, name, server = strings.ToUpper(rrtype), p.net.Redact(name), p.net.Redact(server)
	question := rrtype + " of " + name
	if server != "" {
		question += " at " + server
	}
	n := p.pick("the DNS query "+question, len(p.w.DNS), func(i int) bool {
		q := p.w.DNS[i]
		return q.Type == rrtype && q.Name == name && q.Server == server
	})
	if n < 0 {
		return nil, p.unanswered()
	}
	if q := p.w.DNS[n]; q.Failed == nil {
		return q.Answers, nil
	}
	return nil, p.w.DNS[n].Failed.after(ctx)
}
