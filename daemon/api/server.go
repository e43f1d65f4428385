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
	"time"

	"vega/daemon/engine"
)

// Server listens and answers with an API.
type Server struct {
	http   *http.Server
	door   *door
	secure bool
	ending atomic.Bool // nobody is let in any more
}

// ServerOptions say where to listen, and for how many.
type ServerOptions struct {
	Host              string
	Port              int    // 0: any that is free
	CertFile, KeyFile string // both set: TLS
	Limits            Limits
	Log               *slog.Logger
}

// How long a client may take. A deadline counts from the first byte of a
// connection or of the request, whatever comes in between; net/http bounds the
// handshake of TLS by the shortest of them.
const (
	headerTime = 5 * time.Second
	bodyTime   = 15 * time.Second // headers included
	answerTime = engine.LongestWait + 10*time.Second
	idleTime   = 2 * time.Minute
)

// Listen takes the address, so that its loss is an error at the start; Serve
// answers on it.
func Listen(ctx context.Context, a *API, o ServerOptions) (*Server, error) {
	s := &Server{http: &http.Server{
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       bodyTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
		ConnContext:       withVisitor,
		// A client that asks for more at once waits by itself, and is not refused.
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: half(o.Limits.PerClient)},
	}}
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
		return nil, fmt.Errorf("%w; choose another address with server.host and server.port", err)
	}
	s.door = newDoor(l, o.Limits, o.Log)
	s.http.Handler, s.http.ConnState = gate{s.door, a}, s.door.turned
	return s, nil
}

// SetLimits puts other limits in force. Nothing is closed for them at once.
func (s *Server) SetLimits(l Limits) { s.door.set(l) }

// URL is where the server answers, with the real port.
func (s *Server) URL() string {
	scheme := "http"
	if s.secure {
		scheme = "https"
	}
	return scheme + "://" + s.door.Addr().String()
}

// Serve answers until Drain or Cut.
func (s *Server) Serve() error {
	serve := s.http.Serve
	if s.secure {
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	if err := serve(s.door); !s.ending.Load() {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// Drain stops listening and waits until every request that a client has begun to
// send is answered, or until ctx ends. Connections that send none are closed: at
// once those between requests, and new ones at the deadline for headers.
//
// It does not begin with http.Server.Shutdown, which drops a request whose
// headers are not whole by then.
func (s *Server) Drain(ctx context.Context) error {
	s.ending.Store(true)
	defer s.door.report.close()
	_ = s.door.Listener.Close() // it can't be listened on any more either way
	s.http.SetKeepAlivesEnabled(false)
	if err := s.door.await(ctx, s.door.idleAll); err != nil {
		return err
	}
	if err := s.http.Shutdown(ctx); !errors.Is(err, net.ErrClosed) { // as the listener is
		return err
	}
	return nil
}

// InFlight is how many requests are being answered.
func (s *Server) InFlight() int { return len(s.door.inFlight()) }

// handlerTime is how long a handler has to notice that its connection is gone.
const handlerTime = time.Second

// Cut closes all connections, and returns the requests that were in flight.
func (s *Server) Cut() []string {
	s.ending.Store(true)
	cut := s.door.inFlight()
	_ = s.http.Close() // what fails to close is as good as closed
	ctx, cancel := context.WithTimeout(context.Background(), handlerTime)
	defer cancel()
	_ = s.door.await(ctx, s.door.unasked) // one that does not notice ends with the process
	return cut
}
