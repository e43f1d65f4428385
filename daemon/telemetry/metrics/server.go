package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The time limits for clients, as for the API.
const (
	headerTime = 5 * time.Second
	answerTime = 45 * time.Second
	idleTime   = 2 * time.Minute
)

// maxConnections limits the connections of scrapers; further ones are closed at once.
const maxConnections = 16

// Server answers GET /metrics without a key, at an address of its own, which may change
// and be absent. Its methods except Address are for one goroutine at a time.
type Server struct {
	exporter *Exporter
	log      *slog.Logger
	serving  sync.WaitGroup
	retiring context.Context // of sites that were left; Drain ends it
	retire   context.CancelFunc

	mu      sync.Mutex
	now     *site // nil: no address
	closing bool
}

// site is an address that a Server listens on.
type site struct {
	address  string // as configured
	listener *limited
	http     *http.Server
}

// NewServer returns a Server that does not listen yet.
func NewServer(e *Exporter, log *slog.Logger) *Server {
	s := &Server{exporter: e, log: log}
	s.retiring, s.retire = context.WithCancel(context.Background())
	return s
}

// Address returns the address that the server listens on, with its actual port, or "".
func (s *Server) Address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return ""
	}
	return s.now.listener.Addr().String()
}

// Move is a change of address that is prepared. Call Commit or Undo.
type Move struct {
	server    *Server
	from, to  *site // nil: no address
	displaced bool  // from no longer listens, because to needs its port
}

// Prepare listens on another address, "" for none. The server does not answer there
// before Commit. On an error, which says what to do, nothing changes.
func (s *Server) Prepare(ctx context.Context, address string) (*Move, error) {
	m := &Move{server: s, from: s.site()}
	if m.from != nil && m.from.address == address {
		m.to = m.from
		return m, nil
	}
	if address == "" {
		return m, nil
	}
	l, err := listen(ctx, address)
	if err != nil && errors.Is(err, syscall.EADDRINUSE) && m.from != nil && samePort(m.from.listener.Addr().String(), address) {
		_ = m.from.listener.Close() // its connections go on
		m.displaced = true
		l, err = listen(ctx, address)
	}
	if err != nil {
		m.Undo()
		return nil, listenError(err)
	}
	m.to = s.newSite(address, l)
	return m, nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

// samePort reports whether two addresses have the same port, so that one of them may be
// taken because vega itself listens on the other.
func samePort(a, b string) bool {
	_, one, _ := net.SplitHostPort(a)
	_, other, _ := net.SplitHostPort(b)
	return one == other
}

// listenError says what to do about an address that can't be listened on.
func listenError(err error) error {
	todo := "set metrics.listen to another address"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		todo = "another program, or the API of vega itself, listens there: set metrics.listen to another port"
	case errors.Is(err, syscall.EACCES):
		todo = "ports below 1024 need root or CAP_NET_BIND_SERVICE: set metrics.listen to another port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		todo = "this machine does not have that address: set metrics.listen to one that it has, such as 127.0.0.1:9464"
	}
	return fmt.Errorf("metrics.listen: %w; %s", err, todo)
}

func (s *Server) site() *site {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

func (s *Server) newSite(address string, l net.Listener) *site {
	return &site{address, &limited{Listener: l}, &http.Server{
		Handler:           http.HandlerFunc(s.answer),
		ReadHeaderTimeout: headerTime, ReadTimeout: headerTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}}
}

// Commit answers at the new address. Requests at the old one are still answered, within
// the time limits for clients.
func (m *Move) Commit() {
	s := m.server
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case m.to == m.from:
		return
	case s.closing:
		if m.to != nil {
			_ = m.to.listener.Close()
		}
		return
	}
	if s.now = m.to; m.to != nil {
		s.serve(m.to)
	}
	if m.from != nil {
		s.leave(m.from)
	}
}

// leave ends a site in the background.
func (s *Server) leave(a *site) {
	s.serving.Go(func() {
		ctx, cancel := context.WithTimeout(s.retiring, answerTime)
		defer cancel()
		a.end(ctx)
	})
}

// Undo stays at the old address.
func (m *Move) Undo() {
	if m.to != nil && m.to != m.from {
		_ = m.to.listener.Close()
	}
	if !m.displaced {
		return
	}
	s := m.server
	l, err := listen(context.Background(), m.from.address)
	if err != nil {
		s.log.Error("vega no longer listens for scrapes", "address", m.from.address, "err", err)
		l = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now != nil { // its listener is closed
		s.leave(s.now)
	}
	s.now = nil
	if l != nil && !s.closing {
		s.now = s.newSite(m.from.address, l)
		s.serve(s.now)
	}
}

// serve answers requests in a goroutine. The caller holds s.mu.
func (s *Server) serve(at *site) {
	s.serving.Go(func() {
		if err := at.http.Serve(at.listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			s.log.Error("vega no longer answers scrapes", "address", at.address, "err", err)
		}
	})
}

// end waits until requests in progress are answered, or closes their connections when ctx
// ends.
func (a *site) end(ctx context.Context) {
	if err := a.http.Shutdown(ctx); err != nil {
		_ = a.http.Close()
	}
}

// Drain stops listening, and waits until requests in progress are answered or ctx ends,
// which closes their connections.
func (s *Server) Drain(ctx context.Context) {
	s.mu.Lock()
	now := s.now
	s.now, s.closing = nil, true
	s.mu.Unlock()
	defer context.AfterFunc(ctx, s.retire)()
	if now != nil {
		now.end(ctx)
	}
	s.serving.Wait()
}

// answer answers a request.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	began, route, code := time.Now(), "/metrics", http.StatusOK
	switch {
	case r.URL.Path != "/metrics":
		route, code = "", http.StatusNotFound
		http.Error(w, "only /metrics is here", code)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		code = http.StatusMethodNotAllowed
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "use GET", code)
	default:
		if err := s.exporter.Scrape(w, r); err != nil {
			code = http.StatusServiceUnavailable
			w.Header().Set("Retry-After", "1")
			http.Error(w, err.Error(), code)
		}
	}
	s.exporter.ObserveRequest(r.Context(), route, code, time.Since(began))
	s.log.Debug("scrape", "path", r.URL.Path, "status", code, "took_ms", float64(time.Since(began).Microseconds())/1000, "remote", r.RemoteAddr)
}

// limited closes connections over the limit.
type limited struct {
	net.Listener
	open atomic.Int32
}

// Accept returns the next connection below the limit.
func (l *limited) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= maxConnections {
			return &counted{Conn: c, of: l}, nil
		}
		l.open.Add(-1)
		_ = c.Close()
	}
}

// counted is a connection that counts.
type counted struct {
	net.Conn
	of   *limited
	once sync.Once
}

// Close makes place for another connection.
func (c *counted) Close() error {
	c.once.Do(func() { c.of.open.Add(-1) })
	return c.Conn.Close()
}
