package api

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"vega/daemon"
)

// TestDrainAnswersStreams checks that Drain answers HTTP/2 streams in flight, and
// does not wait for idle connections.
func TestDrainAnswersStreams(t *testing.T) {
	d := newHeld()
	certFile, keyFile := pair(t, t.TempDir(), 1)
	h := open(t, d, ServerOptions{Limits: Limits{Connections: 9, PerClient: 9, Spare: 1}, CertFile: certFile, KeyFile: keyFile}, func(s *Server) {
		s.http.ReadHeaderTimeout = 300 * time.Millisecond // for silent connections
	})
	client := func() *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}} //nolint:gosec // the peer is the test's own
	}
	get := func(c *http.Client, path string) (status int, err error) {
		r := request(t, "GET", h.URL()+path, nil)
		r.Header.Set("X-API-Key", key)
		res, err := c.Do(r)
		if err != nil {
			return 0, err
		}
		defer res.Body.Close()
		_, err = io.Copy(io.Discard, res.Body)
		return res.StatusCode, err
	}
	if status, err := get(client(), "/admin/plugins"); status != 200 || err != nil {
		t.Fatal(status, err)
	}
	h.dial() // and send nothing
	answered := make(chan error, 1)
	go func() {
		status, err := get(client(), "/admin/integrations/health")
		if status != 200 {
			t.Errorf("in flight: %d", status)
		}
		answered <- err
	}()
	<-d.asked
	drained := make(chan error, 1)
	go func() { drained <- h.Drain(context.Background()) }()
	for !h.ending.Load() {
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-drained:
		t.Fatalf("Drain did not wait: %v", err)
	default:
	}
	close(d.release)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

// TestErrorWithoutStoreIsUnavailable checks that what fails while the store can't be used
// is answered with 503, not 500.
func TestErrorWithoutStoreIsUnavailable(t *testing.T) {
	h := open(t, &fake{ready: daemon.ErrNoStore}, ServerOptions{Limits: Limits{Connections: 9, PerClient: 9, Spare: 1}}, nil)
	status, header, body := h.dial().ask("/admin/integrations/health?name=fails", withKey).hear()
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || !strings.Contains(body, "can't use its store") {
		t.Errorf("%d %v %s", status, header, body)
	}
}

// TestErrorAfterCloseIsUnavailable checks that an error of a handler after the daemon
// was closed is answered with 503, not 500.
func TestErrorAfterCloseIsUnavailable(t *testing.T) {
	h := open(t, &fake{ready: daemon.ErrClosed}, ServerOptions{Limits: Limits{Connections: 9, PerClient: 9, Spare: 1}}, nil)
	status, _, body := h.dial().ask("/admin/integrations/health?name=fails", withKey).hear()
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "vega is shutting down") {
		t.Errorf("%d %s", status, body)
	}
}
