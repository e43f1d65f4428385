package egress

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpproxy"

	"vega/plugins/fault"
	"vega/plugins/grant"
	"vega/plugins/span"
	"vega/sdk/abi"
)

// Proxy is an HTTP proxy for the requests of http calls: with CONNECT for https,
// and forwarding for http. Connections of other calls are direct.
type Proxy struct {
	host          string // of the proxy
	port          int
	tls           bool
	authorization string   // value of Proxy-Authorization, or ""
	login         []string // what is secret of it
	skips         func(*url.URL) (*url.URL, error)
}

// NewProxy returns the proxy at a URL (http or https, with the login if it needs
// one) for all hosts except those in except: names, ".domain", addresses and
// ranges, each with an optional port, as in the variable NO_PROXY. Loopback is
// always reached directly. Errors do not quote the URL.
func NewProxy(address string, except []string) (*Proxy, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil, u.Hostname() == "":
		return nil, errors.New("the proxy must be a URL such as http://proxy.example.com:3128")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the scheme of the proxy must be http or https")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "": // perhaps the end of a login
		return nil, errors.New("nothing follows the host and port of a proxy; in its login, / is written as %2F, ? as %3F and # as %23")
	}
	p := &Proxy{host: u.Hostname(), port: 80, tls: u.Scheme == "https"}
	if p.tls {
		p.port = 443
	}
	if text := u.Port(); text != "" {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return nil, errors.New("the port of the proxy must be between 1 and 65535")
		}
		p.port = int(n)
	}
	if u.User != nil {
		password, _ := u.User.Password()
		encoded := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))
		p.authorization, p.login = "Basic "+encoded, []string{encoded, password}
	}
	config := httpproxy.Config{HTTPProxy: "http://proxy.invalid", HTTPSProxy: "http://proxy.invalid", NoProxy: strings.Join(except, ",")}
	p.skips = config.ProxyFunc()
	return p, nil
}

// handles reports whether requests for a URL go through the proxy.
func (p *Proxy) handles(u *url.URL) bool {
	if p == nil {
		return false
	}
	through, err := p.skips(u)
	return err == nil && through != nil
}

// String returns the proxy's address, without the login.
func (p *Proxy) String() string { return net.JoinHostPort(p.host, strconv.Itoa(p.port)) }

// broken returns an error for a request that failed because of the proxy, which
// says nothing about the target.
func (p *Proxy) broken(what, fix string) error {
	own := fault.New(nil, "the proxy "+p.String()+" "+what, fix)
	return &Error{Errno: abi.ErrIO, Text: own.Error(), Own: own}
}

// direct says how to do without the proxy for a host.
func direct(host string) string { return "add " + strconv.Quote(host) + " to network.no_proxy" }

// way is a session's way through a proxy to the host of a rule.
type way struct {
	*Session
	proxy   *Proxy
	rule    grant.Rule
	tunnels bool // asks for a connection to the rule's host; otherwise, the proxy forwards
}

// open connects to the proxy and, unless that forwards the request, asks it for a
// connection to the rule's host.
func (w way) open(ctx context.Context, t *timings) (net.Conn, error) {
	if err := w.judge(ctx); err != nil {
		return nil, err
	}
	start := time.Now()
	part := w.call.Begin(span.Connect, "connect")
	part.Text(span.Host, w.proxy.host)
	part.Number(span.Port, int64(w.proxy.port))
	conn, err := w.dial(ctx)
	endSpan(part, err)
	if err != nil {
		return nil, err
	}
	if w.tunnels {
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		err = w.tunnel(ctx, conn)
		stop()
		if err != nil {
			_ = conn.Close() // the first error is the one to report
			return nil, err
		}
	}
	took := time.Since(start)
	t[abi.PhaseConnect] += took
	w.Seen.Connect(took, nil)
	return conn, nil
}

// judge checks the address of a host that the proxy will resolve. A
// name that the operator wrote is the proxy's to judge. A name that the plugin
// brings is resolved here, too, if it can be.
func (w way) judge(ctx context.Context) error {
	var found []netip.Addr
	if ip, err := netip.ParseAddr(w.rule.Host); err == nil {
		found = []netip.Addr{ip}
	} else if !w.written(w.rule) {
		found, _ = w.lookup(ctx, w.rule.Host) // this machine may know no public names
	}
	_, err := w.allowed(w.rule, w.rule.Host, found)
	return err
}

func (w way) dial(ctx context.Context) (net.Conn, error) {
	const fix = "start it, or correct proxy in the network block"
	found, err := w.network.dialer.Lookup(ctx, w.proxy.host, w.Sockets)
	if err != nil {
		return nil, w.proxy.broken("can't be reached: "+reason(err), fix)
	}
	addrs := make([]netip.AddrPort, 0, maxTried)
	for _, ip := range found[:min(len(found), maxTried)] {
		addrs = append(addrs, netip.AddrPortFrom(ip, uint16(w.proxy.port)))
	}
	w.account().Pay(Connect, 1)
	conn, err := w.network.dialer.Connect(ctx, "tcp", addrs, w.Sockets)
	if err != nil {
		if ctx.Err() != nil || isTimeout(err) {
			return nil, w.proxy.broken("does not answer", fix)
		}
		return nil, w.proxy.broken("can't be reached: "+reason(err), fix)
	}
	if !w.proxy.tls {
		return conn, nil
	}
	secured, err := w.secure(ctx, conn)
	if err != nil {
		_ = conn.Close() // the first error is the one to report
		return nil, w.proxy.broken("can't be reached over TLS: "+reason(err), "write http:// if it does not speak TLS, or add its authority to network.ca_file")
	}
	return secured, nil
}

func (w way) secure(ctx context.Context, conn net.Conn) (net.Conn, error) {
	roots, err := w.network.Roots()
	if err != nil {
		return nil, err
	}
	w.account().Pay(Handshake, 1)
	secured := tls.Client(conn, &tls.Config{ServerName: w.proxy.host, MinVersion: tls.VersionTLS12, RootCAs: roots})
	return secured, secured.HandshakeContext(ctx)
}

// tunnel sends a CONNECT request and reads the response.
func (w way) tunnel(ctx context.Context, conn net.Conn) error {
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	target := hostPort(w.rule)
	r := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: http.Header{"User-Agent": {"vega"}}}
	w.proxy.authorize(r.Header)
	w.account().Pay(Exchange, 1)
	if err := r.Write(conn); err != nil {
		return w.fail(ctx, "asking the proxy "+w.proxy.String()+" for "+target, err, abi.ErrIO)
	}
	doubts := w.proxy.doubt(ctx, conn)
	defer doubts.end()
	br := bufio.NewReader(io.LimitReader(conn, maxHeader))
	resp, err := http.ReadResponse(br, r) //nolint:bodyclose // the caller closes the connection
	switch {
	case err == nil:
	case (ctx.Err() != nil || isTimeout(err)) && doubts.silent():
		return w.proxy.hangs()
	case ctx.Err() != nil || isTimeout(err): // it is waiting for the target
		return w.fail(ctx, "connecting to "+target+" through the proxy "+w.proxy.String(), err, abi.ErrTimeout)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return w.proxy.broken("closes the connection without an answer", "check that a proxy runs at that address, and look into its log")
	default:
		return w.proxy.broken("does not speak HTTP", "correct proxy in the network block")
	}
	if err := w.proxy.refused(resp.StatusCode, w.rule.Host); err != nil {
		return err
	}
	switch {
	case resp.StatusCode/100 == 2:
	case aboutTarget[resp.StatusCode]:
		return &Error{Errno: abi.ErrTarget, Text: fmt.Sprintf("the proxy %s can't connect to %s: it answers %d %s", w.proxy, target, resp.StatusCode, http.StatusText(resp.StatusCode))}
	default:
		return w.proxy.broken(fmt.Sprintf("answers %d to a request for a tunnel to %s", resp.StatusCode, target), "check that a proxy runs at that address, look into its log, or "+direct(w.rule.Host))
	}
	if br.Buffered() > 0 {
		return w.proxy.broken("sends data before the target does", "check what runs at that address")
	}
	return nil
}

// aboutTarget lists the statuses with which a proxy says that it could not reach
// the target. Any other than these may have its cause in the proxy, in what runs
// at its address, or in a page that asks for a login.
var aboutTarget = map[int]bool{http.StatusBadGateway: true, http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true}

// refused returns an error for a status with which the proxy itself refuses a
// request, whatever the target.
func (p *Proxy) refused(status int, host string) error {
	switch status {
	case http.StatusProxyAuthRequired:
		if p.authorization != "" {
			return p.broken("does not accept the login in network.proxy (407)", "correct user and password, or enable basic authentication there")
		}
		return p.broken("asks for a login (407)", "write proxy = \"http://user:password@"+p.String()+"\", with the password from env()")
	case http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusBadRequest:
		return p.broken(fmt.Sprintf("refuses to connect to %s (%d)", host, status), "allow it there, or "+direct(host))
	default:
		return nil
	}
}

// itself reports whether the answer to a forwarded request says that the proxy
// refuses it: 407, or 403 with the header that Squid adds to its own pages.
func (p *Proxy) itself(r *http.Response) bool {
	denied := r.StatusCode == http.StatusForbidden && strings.Contains(r.Header.Get("X-Squid-Error"), "ACCESS_DENIED")
	return p != nil && (denied || r.StatusCode == http.StatusProxyAuthRequired)
}

// silent returns an error for a forwarded request without a response: a proxy
// that works answers 502 if the target does not. The reason may quote what was
// answered, in which hide hides the secrets.
func (p *Proxy) silent(err error, hide func(string) string) error {
	if own, ok := errors.AsType[*Error](err); ok { // a limit
		return own
	}
	return p.broken("did not answer a forwarded request: "+hide(reason(err)), "check that a proxy runs at that address, and look into its log")
}

func (p *Proxy) authorize(h http.Header) {
	if p.authorization != "" {
		h.Set("Proxy-Authorization", p.authorization)
	}
}

// forward writes a request for the proxy to forward.
func (p *Proxy) forward(r *http.Request, w io.Writer) error {
	r.Header = r.Header.Clone()
	p.authorize(r.Header)
	return r.WriteProxy(w)
}

// doubtAfter is how long a request through a proxy waits before the proxy is
// asked for something else.
const doubtAfter = time.Second

// doubt finds out, while a request through a proxy waits, whether the proxy
// answers at all: one that hangs accepts connections, because its kernel does,
// and then looks like a target that is silent.
type doubt struct {
	cancel   context.CancelFunc
	timer    *time.Timer
	asked    atomic.Bool
	answered atomic.Bool
}

// doubt starts a doubt about the proxy at the other end of a connection. Call
// its end.
func (p *Proxy) doubt(ctx context.Context, conn net.Conn) *doubt {
	if p.tls { // its handshake was an answer
		return &doubt{}
	}
	wait := doubtAfter
	if deadline, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(deadline)/3)
	}
	ctx, cancel := context.WithCancel(ctx)
	d := &doubt{cancel: cancel}
	address := conn.RemoteAddr().String()
	d.timer = time.AfterFunc(wait, func() { d.ask(ctx, address) })
	return d
}

// ask sends a request that a proxy answers itself, if only with an error.
func (d *doubt) ask(ctx context.Context, address string) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := io.WriteString(conn, "OPTIONS * HTTP/1.1\r\nHost: "+address+"\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n"); err != nil {
		return
	}
	d.asked.Store(true)
	n, err := conn.Read(make([]byte, 1))
	d.answered.Store(n > 0 || errors.Is(err, io.EOF))
}

// silent reports whether the proxy was asked and did not answer.
func (d *doubt) silent() bool { return d.asked.Load() && !d.answered.Load() }

// end releases what the doubt holds.
func (d *doubt) end() {
	if d.timer != nil {
		d.timer.Stop()
		d.cancel()
	}
}

// hangs returns the error of a proxy that accepts connections and answers
// nothing.
func (p *Proxy) hangs() error {
	return p.broken("accepts connections and does not answer, not even a request of its own", "restart it, and look into its log")
}
