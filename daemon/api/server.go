package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"

	"vega/daemon/api/limit"
	"vega/daemon/engine"
)

// Server serves an API on a listener.
type Server struct {
	http    *http.Server
	limiter *limit.Limiter
	api     *API
	secure  bool
	ending  atomic.Bool // Drain or Cut was called
}

// Limits bounds what clients may have open.
type Limits = limit.Limits

// ServerOptions configures a Server.
type ServerOptions struct {
	Host              string
	Port              int    // 0 picks a free port
	CertFile, KeyFile string // if set, serve TLS
	Limits            Limits
	Log               *slog.Logger
}

// The time limits for clients. A deadline counts from the first byte of the
// connection or the request, and data in between does not extend it. net/http
// limits the TLS handshake to the shortest of them.
const (
	headerTime = 5 * time.Second
	bodyTime   = 15 * time.Second // headers included
	answerTime = 45 * time.Second
	waitTime   = engine.LongestWait + 10*time.Second // for routes that wait for checks
	idleTime   = 2 * time.Minute
)

// workTime limits the work for a request whose route does not wait for checks, so
// that its client gets an answer before answerTime closes the connection.
const workTime = 30 * time.Second

// errSlow is the cause of a request's context that ended after workTime.
var errSlow = fmt.Errorf("vega did not finish this within %v", workTime)

// inTime limits the work for a request.
func inTime(c *gin.Context) {
	ctx, cancel := context.WithTimeoutCause(c.Request.Context(), workTime, errSlow)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

// waits extends the deadline of a request whose answer may take as long as the
// longest check.
func waits(c *gin.Context) {
	_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(waitTime)) // only a test's writer has no deadline
}

// Listen binds the address, so a failure is reported at startup. Serve then answers
// requests.
func Listen(ctx context.Context, a *API, o ServerOptions) (*Server, error) {
	s := &Server{http: o.server(), api: a}
	if o.CertFile != "" {
		c := &certificate{certFile: o.CertFile, keyFile: o.KeyFile, log: o.Log}
		if err := c.load(); err != nil {
			return nil, err
		}
		s.secure = true
		s.http.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(o.Host, strconv.Itoa(o.Port)))
	if err != nil {
		return nil, listenError(err)
	}
	s.limiter = limit.New(l, o.Limits, o.Log)
	s.http.Handler, s.http.ConnState = gate{s.limiter, a}, s.limiter.ConnState
	return s, nil
}

// ListenError reports an address that can't be listened on.
type ListenError struct {
	Err  error
	ToDo string
}

// Error returns the cause and what to do.
func (e *ListenError) Error() string { return fmt.Sprintf("%v; %s", e.Err, e.ToDo) }

// Unwrap returns the cause.
func (e *ListenError) Unwrap() error { return e.Err }

// listenError says what to do about an address that can't be listened on.
func listenError(err error) error {
	todo := "choose another address with server.host and server.port"
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		todo = "another program, perhaps another vega, listens there (vega doctor says which): stop it, or choose another port with --port or server.port"
	case errors.Is(err, syscall.EACCES):
		todo = "ports below 1024 need root or CAP_NET_BIND_SERVICE: choose another with --port or server.port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		todo = "this machine does not have that address: set server.host to one that it has, such as 127.0.0.1"
	}
	return &ListenError{err, todo}
}

// server returns the HTTP server, without a handler.
func (o *ServerOptions) server() *http.Server {
	return &http.Server{
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       bodyTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		ConnContext:       limit.WithConnection,
		// A client with more requests than this queues them itself, and none is rejected.
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: o.Limits.Streams()},
	}
}

// SetLimits changes the limits. Connections over the new limits stay open until
// new ones arrive.
func (s *Server) SetLimits(l Limits) { s.limiter.Set(l) }

// URL returns the base URL of the server, with the actual port.
func (s *Server) URL() string {
	scheme := "http"
	if s.secure {
		scheme = "https"
	}
	return scheme + "://" + s.limiter.Addr().String()
}

// Serve answers requests until Drain or Cut is called.
func (s *Server) Serve() error {
	serve := s.http.Serve
	if s.secure {
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	if err := serve(s.limiter); !s.ending.Load() {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// Drain stops listening and waits until every request that a client has started to
// send is answered, or until ctx ends. It closes connections between requests
// immediately, and new connections without a request at the deadline for headers.
//
// It does not start with http.Server.Shutdown, which drops a request whose headers
// are incomplete.
func (s *Server) Drain(ctx context.Context) error {
	s.ending.Store(true)
	s.api.site.Close()
	defer s.limiter.LogRest()
	_ = s.limiter.Close() // the listener is unusable in any case
	s.http.SetKeepAlivesEnabled(false)
	if err := s.limiter.WaitQuiet(ctx); err != nil {
		return err
	}
	if err := s.http.Shutdown(ctx); !errors.Is(err, net.ErrClosed) { // Drain closed the listener
		return err
	}
	return nil
}

// InFlight returns the number of requests being answered.
func (s *Server) InFlight() int { return len(s.limiter.InFlight()) }

// handlerTime limits how long Cut waits for handlers to notice that their
// connection is closed.
const handlerTime = time.Second

// Cut closes all connections and returns the requests that were in flight.
func (s *Server) Cut() []string {
	s.ending.Store(true)
	cut := s.limiter.InFlight()
	_ = s.http.Close() // an error does not matter, because the process ends
	ctx, cancel := context.WithTimeout(context.Background(), handlerTime)
	defer cancel()
	_ = s.limiter.WaitNoRequests(ctx) // a handler that does not notice ends with the process
	return cut
}
