// Package client queries a running daemon over HTTP.
//
// New finds the daemon and its key from the configuration. Get requests a path, and Do
// sends any request. They return a *ProblemError if the daemon refuses the request, and an
// *UnreachableError if the daemon can't be reached.
package client

import (
	"bytes"
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
	"slices"
	"strconv"
	"strings"
	"time"

	"vega/daemon/api"
	"vega/daemon/config"
	"vega/daemon/config/input"
	"vega/daemon/vega/console"
)

const (
	timeout   = 60 * time.Second
	maxAnswer = 64 << 20 // bytes
)

// Client queries one daemon.
type Client struct {
	URL  string // scheme, host, port, and the path of a proxy; without a slash at the end
	Key  string
	HTTP *http.Client
}

// ProblemError is an answer in which the daemon refuses a request.
type ProblemError struct {
	Status        int    `json:"status"`
	Detail        string `json:"detail"`
	CorrelationID string `json:"correlation_id"`
}

// Error returns the detail.
func (p *ProblemError) Error() string { return p.Detail }

// UnreachableError reports that no daemon answers.
type UnreachableError struct {
	URL string
	Err error
}

// Error says where the client looked, and what to do.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no vega daemon answers on %s (%v); start one with vega serve, or name another with --server", e.URL, e.Err)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// StrangerError reports that something else than a vega daemon answers, or one of
// another version.
type StrangerError struct{ text string }

// Error says what answered.
func (e *StrangerError) Error() string { return e.text }

// KeyError reports that the daemon does not accept the key.
type KeyError struct{ URL string }

// Error says how to give another key.
func (e *KeyError) Error() string {
	return fmt.Sprintf("the daemon at %s does not accept this API key; give the configuration file it was started with (-c), or set VEGA_API_KEY and use --server", e.URL)
}

// New returns a client for the daemon at server, or, if that is empty, for the
// one that runs with this configuration. The key comes from the configuration
// or from the file that the daemon created, or from VEGA_API_KEY if neither has one
// that can be read; for another server, VEGA_API_KEY takes precedence.
func New(cfg *config.Config, server string) (*Client, error) {
	base, err := baseURL(cmp.Or(server, localURL(cfg)))
	if err != nil {
		return nil, err
	}
	key, err := findKey(cfg, server)
	if err != nil {
		return nil, err
	}
	return connect(cfg, base, key)
}

// Public returns a client without a key for the daemon that runs with this
// configuration, for the paths that need none.
func Public(cfg *config.Config) (*Client, error) { return connect(cfg, localURL(cfg), "") }

func connect(cfg *config.Config, base, key string) (*Client, error) {
	c := &Client{URL: base, Key: key}
	trust, err := trusted(cfg.Server.TLS)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: trust, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext}
	c.HTTP = &http.Client{Transport: transport, Timeout: timeout, CheckRedirect: stay}
	return c, nil
}

// stay follows no redirect: net/http would send the key to any host that it names.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// baseURL checks the URL of a daemon and removes the slashes at its end. The path of
// a proxy is part of it.
func baseURL(server string) (string, error) {
	u, err := url.Parse(server)
	host, port, splits := net.SplitHostPort(server)
	switch {
	case splits == nil && host != "" && isNumber(port) && !strings.ContainsAny(host, "/@"):
		return "", fmt.Errorf("--server %s: add the scheme: http://%[1]s, or https://%[1]s", server)
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("--server %s: use scheme, host and port, such as http://127.0.0.1:8000, and the path if a proxy serves vega under one", withoutPassword(server))
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", fmt.Errorf("--server %s: use only scheme, host, port and path, such as https://ops.example.com/vega", withoutPassword(server))
	}
	return strings.TrimRight(server, "/"), nil
}

func isNumber(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// withoutPassword hides the password in a URL, also in one that is not valid.
func withoutPassword(server string) string {
	before, after, found := strings.Cut(server, "@")
	if !found {
		return server
	}
	scheme, _, found := strings.Cut(before, "://")
	if !found {
		return "…@" + after
	}
	return scheme + "://…@" + after
}

// localURL returns the URL at which a daemon with this configuration answers
// clients on its own machine.
func localURL(cfg *config.Config) string {
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

// onThisMachine reports whether the URL of a daemon is that of this machine.
func onThisMachine(server string) bool {
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || ip != nil && ip.IsLoopback()
}

// findKey returns the key for the daemon at server, or, if that is empty, for
// the one that runs with this configuration. Keys in keys.json can't be sent,
// because only their digests are known.
func findKey(cfg *config.Config, server string) (string, error) {
	given := input.WithoutNewline(os.Getenv("VEGA_API_KEY"))
	if given != "" && server != "" {
		return given, nil
	}
	if len(cfg.Server.Keys) > 0 {
		return strongest(cfg.Server.Keys).Value.Reveal(), nil
	}
	path := filepath.Join(cfg.DataDir, "api_key")
	key, err := api.ReadKey(path)
	switch {
	case err != nil && given != "":
		return given, nil
	case errors.Is(err, os.ErrNotExist) && server != "" && !onThisMachine(server):
		return "", fmt.Errorf("no API key for the daemon at %s; set VEGA_API_KEY to one that it accepts: a key that vega key add printed there, one in the server block of its configuration, or the content of api_key in its data_dir", withoutPassword(server))
	case errors.Is(err, os.ErrNotExist):
		return "", fmt.Errorf("no API key: the configuration has none, and %s does not exist yet; vega serve creates it", console.RelativePath(path))
	case errors.Is(err, os.ErrPermission):
		return "", fmt.Errorf("%w; run this as the user that vega runs as or as root, or set VEGA_API_KEY to a key that vega key add printed", err)
	}
	return key, err
}

// strongest returns the first key that may be used for everything, or else the
// first one.
func strongest(keys []config.Key) config.Key {
	for _, k := range keys {
		if len(k.Scopes) == 0 || slices.Contains(k.Scopes, string(api.Admin)) {
			return k
		}
	}
	return keys[0]
}

// trusted adds the configured server certificate to the system's roots, since
// it may be self-signed. It returns nil, which means the system's roots alone,
// if no certificate is configured.
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

// Get requests a path and decodes the answer into a value. A 404 means that the daemon
// is older than this command; see Do for paths of entries.
func (c *Client) Get(ctx context.Context, path string, into any) error {
	err := c.Do(ctx, http.MethodGet, path, nil, into)
	if p, ok := errors.AsType[*ProblemError](err); ok && p.Status == http.StatusNotFound {
		return fmt.Errorf("the daemon at %s is older than this command and does not support this endpoint; restart it with this version", c.URL)
	}
	return err
}

// Do sends a request and decodes the answer into a value, unless that is nil. body is
// encoded as JSON; nil means none.
func (c *Client) Do(ctx context.Context, method, path string, body, into any) error {
	r, err := c.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	res, err := c.HTTP.Do(r)
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL, which UnreachableError adds
		}
		return &UnreachableError{c.URL, err}
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil || len(answer) > maxAnswer {
		return fmt.Errorf("the answer from %s%s was cut short: %w", c.URL, path, cmp.Or(err, io.ErrUnexpectedEOF))
	}
	if to, err := res.Location(); err == nil && res.StatusCode/100 == 3 {
		return redirected(c.URL, path, to)
	}
	if res.StatusCode/100 != 2 {
		return refusal(c.URL, res.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return &StrangerError{fmt.Sprintf("%s is not a vega daemon, or runs another version: %v", c.URL, err)}
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path string, body any) (*http.Request, error) {
	var content io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the body of %s %s: %w", method, path, err)
		}
		content = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.URL+path, content)
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-API-Key", c.Key)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// redirected says where the daemon is instead, if the redirect keeps the path.
func redirected(server, path string, to *url.URL) error {
	there := (&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String()
	asked, _, _ := strings.Cut(path, "?")
	if base, same := strings.CutSuffix(there, asked); same {
		return fmt.Errorf("%s redirects to %s, and the key is not sent there by itself; if that is the daemon, use --server %s", server, base, base)
	}
	return fmt.Errorf("%s redirects to %s, so something in front of the daemon answers, such as a login page; give the address of the daemon itself", server, there)
}

// refusal turns an answer that is not a success into an error.
func refusal(server string, status int, body []byte) error {
	p := &ProblemError{}
	if err := json.Unmarshal(body, p); err != nil || p.Status != status {
		return &StrangerError{fmt.Sprintf("%s is not a vega daemon: it answered %d %s", server, status, http.StatusText(status))}
	}
	if status == http.StatusUnauthorized {
		return &KeyError{server}
	}
	return p
}
