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
	"time"

	"vega/daemon"
)

// Server listens and answers with a handler.
type Server struct {
	http     *http.Server
	listener net.Listener
	secure   bool
}

// ServerOptions say where to listen.
type ServerOptions struct {
	Host              string
	Port              int    // 0: any that is free
	CertFile, KeyFile string // both set: TLS
	Log               *slog.Logger
}

// Listen takes the address, so that its loss is an error at the start; Serve
// answers on it.
func Listen(ctx context.Context, h http.Handler, o ServerOptions) (*Server, error) {
	s := &Server{http: &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      daemon.LongestWait + 10*time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}}
	if o.CertFile != "" {
		c := &certificate{certFile: o.CertFile, keyFile: o.KeyFile, log: o.Log}
		if err := c.load(); err != nil {
			return nil, err
		}
		s.secure = true
		s.http.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
	}
	var err error
	s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(o.Host, strconv.Itoa(o.Port)))
	if err != nil {
		return nil, fmt.Errorf("%w; choose another address with server.host and server.port", err)
	}
	return s, nil
}

// URL is where the server answers, with the real port.
func (s *Server) URL() string {
	scheme := "http"
	if s.secure {
		scheme = "https"
	}
	return scheme + "://" + s.listener.Addr().String()
}

// Serve answers until Shutdown.
func (s *Server) Serve() error {
	serve := s.http.Serve
	if s.secure {
		serve = func(l net.Listener) error { return s.http.ServeTLS(l, "", "") }
	}
	if err := serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// Shutdown stops listening and waits for the requests in flight to be
// answered; when ctx ends first, they are cut.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("requests were cut at the end of the drain time: %w", err), s.http.Close())
	}
	return err
}
