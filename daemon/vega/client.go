package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"vega/daemon/api"
	"vega/daemon/config"
)

const (
	clientTimeout = 60 * time.Second
	mostAnswer    = 64 << 20 // bytes of an answer
)

// client asks a vega that runs.
type client struct {
	server string // scheme://host:port
	key    string
	http   *http.Client
}

// problemError is the answer of a vega that does not do what it was asked.
type problemError struct {
	Status        int    `json:"status"`
	Detail        string `json:"detail"`
	CorrelationID string `json:"correlation_id"`

	body []byte // all that it said
}

// Error is what vega said.
func (p *problemError) Error() string { return p.Detail }

// unreachableError is a vega that does not answer.
type unreachableError struct {
	server string
	err    error
}

// Error says where it was looked for.
func (e *unreachableError) Error() string {
	return fmt.Sprintf("no vega answers on %s (%v); start it with vega serve, or name another with --server", e.server, e.err)
}

// Unwrap is the reason.
func (e *unreachableError) Unwrap() error { return e.err }

// newClient is for the vega of a configuration, or for the one at server if
// that is given. The key is that of the configuration, or the one that vega
// made for itself; for another server VEGA_API_KEY goes before.
func newClient(cfg *config.Config, server string) (*client, error) {
	c := &client{server: cmp.Or(strings.TrimSuffix(server, "/"), addressOf(cfg))}
	u, err := url.Parse(c.server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Path != "" {
		return nil, fmt.Errorf("--server %s: write scheme, host and port, such as http://127.0.0.1:8000", server)
	}
	if c.key, err = clientKey(cfg, server != ""); err != nil {
		return nil, err
	}
	trust, err := trusted(cfg.Server.TLS)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: trust, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext}
	c.http = &http.Client{Transport: transport, Timeout: clientTimeout}
	return c, nil
}

// addressOf is where a vega with this configuration answers to those on its
// machine.
func addressOf(cfg *config.Config) string {
	scheme, host := "http", cfg.Server.Host
	if cfg.Server.TLS != nil {
		scheme = "https"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		if ip.To4() == nil {
			host = "::1"
		}
	}
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(cfg.Server.Port))
}

func clientKey(cfg *config.Config, elsewhere bool) (string, error) {
	if key := os.Getenv("VEGA_API_KEY"); key != "" && elsewhere {
		return key, nil
	}
	if len(cfg.Server.Keys) > 0 {
		return cfg.Server.Keys[0].Value.Reveal(), nil
	}
	path := filepath.Join(cfg.DataDir, "api_key")
	key, err := api.ReadKey(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("there is no API key: the configuration names none, and no vega has made one in %s yet; start it with vega serve", short(path))
	}
	return key, err
}

// trusted takes the certificate of the configuration as true beside those that
// the system trusts: it may be one that vega's operator made. nil is the
// system's alone.
func trusted(t *config.TLS) (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	pem, err := os.ReadFile(t.CertFile)
	if err != nil {
		return nil, fmt.Errorf("read the server's certificate: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// get asks for a path and decodes the answer. What vega refuses is a
// *problemError, a vega that can't be asked an *unreachableError.
func (c *client) get(ctx context.Context, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.server+path, nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-API-Key", c.key)
	res, err := c.http.Do(r)
	if err != nil {
		if e := (*url.Error)(nil); errors.As(err, &e) {
			err = e.Err // the rest of its text is the address, told already
		}
		return &unreachableError{c.server, err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer+1))
	if err != nil || len(body) > mostAnswer {
		return fmt.Errorf("the answer of %s%s was cut short: %w", c.server, path, cmp.Or(err, io.ErrUnexpectedEOF))
	}
	if res.StatusCode != http.StatusOK {
		return refusal(c.server, res.StatusCode, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("what answers on %s is no vega, or another version of it: %w", c.server, err)
	}
	return nil
}

func refusal(server string, status int, body []byte) error {
	p := &problemError{body: body}
	if err := json.Unmarshal(body, p); err != nil || p.Status != status {
		return fmt.Errorf("what answers on %s is no vega: it says %d %s", server, status, http.StatusText(status))
	}
	switch status {
	case http.StatusUnauthorized:
		return fmt.Errorf("the vega on %s does not take this API key; name the file that it was started with by -c, or set VEGA_API_KEY and name it with --server", server)
	case http.StatusNotFound:
		return fmt.Errorf("the vega on %s does not know this question: it is an older version; restart it", server)
	}
	return p
}
