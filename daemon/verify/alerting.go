package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// alertTimeout limits how long each message may take: starting vega, evaluating,
	// and the ten seconds that an opening waits for others.
	alertTimeout = 40 * time.Second
	maxNotice    = 1 << 20 // bytes
)

// alertConfig is the configuration of the vega that the check starts. Its own alert takes
// the place of the built-in one, so that one evaluation confirms and one clears.
const alertConfig = `data_dir = "data"
watch    = false
notifier "verify" {
  type = "webhook"
  url  = "%[1]s/notify"
}
alert "health-checks" {
  integrations = ["*"]
  status       = ["unhealthy"]
  after        = 1
  clear_after  = 1
  severity     = "critical"
  notify       = [notifier.verify]
}
integration "%[2]s" {
  probe    = core.http
  interval = "1s"
  timeout  = "1s"
  config { url = "%[1]s/target" }
}
`

// alerting checks that the notifiers of the daemon work, and then the whole way of an
// alert: another vega, with data of its own, watches a target that fails; its notifier is
// sent one opening, and one resolve when the target is back. The daemon itself is not
// made to notify anybody.
func alerting(ctx context.Context, s *session) (string, error) {
	working, err := s.notifiersWork(ctx)
	if err != nil {
		return "", err
	}
	if s.Serve == nil {
		return "", skip("no vega can be started from here")
	}
	t, err := newTarget(s.tag)
	if err != nil {
		return "", err
	}
	s.cleanup(func(context.Context) error { return t.close() })
	dir, err := os.MkdirTemp("", s.tag+"-")
	if err != nil {
		return "", skip("no directory for another vega: %v", err)
	}
	s.cleanup(func(context.Context) error { return os.RemoveAll(dir) })
	file := filepath.Join(dir, "vega.hcl")
	if err := os.WriteFile(file, fmt.Appendf(nil, alertConfig, t.url, s.tag), 0o600); err != nil {
		return "", err
	}
	stop, err := s.Serve(ctx, file)
	if err != nil {
		return "", &failure{expected: "a vega with a configuration of its own to start", seen: err.Error(), fix: "see whether vega serve starts with a new configuration"}
	}
	s.cleanup(func(context.Context) error { return stop() })
	opened, err := t.wait(ctx, "opening")
	if err != nil {
		return "", err
	}
	t.repair()
	resolved, err := t.wait(ctx, "resolve")
	if err != nil {
		return "", err
	}
	if got := t.got(); !slices.Equal(got, []string{"opening", "resolve"}) {
		return "", &failure{expected: "one opening and one resolve", seen: strings.Join(got, ", ")}
	}
	return fmt.Sprintf("%s; a failing target was notified once after %v, and its end after %v", working, opened.Round(time.Millisecond), resolved.Round(time.Millisecond)), nil
}

// notifiersWork checks that no notifier of the daemon fails.
func (s *session) notifiersWork(ctx context.Context) (string, error) {
	var all struct {
		Notifiers []struct {
			Name      string `json:"name"`
			Status    string `json:"status"`
			LastError string `json:"last_error"`
		} `json:"notifiers"`
	}
	if err := s.read(ctx, "/admin/notifiers", &all); err != nil {
		return "", err
	}
	for _, n := range all.Notifiers {
		if n.Status == "failing" {
			return "", &failure{expected: "every notifier to work", seen: clip(n.Name + ": " + n.LastError), fix: "see vega notifiers, and try vega test notifier NAME"}
		}
	}
	if len(all.Notifiers) == 0 {
		return "no notifier is configured", nil
	}
	return plural(len(all.Notifiers), "notifier"), nil
}

// target is an HTTP server that fails until it is repaired, and that receives messages.
type target struct {
	url, name string
	server    *http.Server
	began     time.Time
	arrived   chan struct{} // capacity 1: a message came

	mu      sync.Mutex
	healthy bool
	kinds   []string // of the notices about the integration
}

func newTarget(name string) (*target, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for messages: %w", err)
	}
	t := &target{url: "http://" + l.Addr().String(), name: name, began: time.Now(), arrived: make(chan struct{}, 1)}
	t.server = &http.Server{Handler: t, ReadTimeout: 10 * time.Second}
	go func() { _ = t.server.Serve(l) }() // ends with ErrServerClosed
	return t, nil
}

func (t *target) close() error { return t.server.Close() }

func (t *target) repair() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.healthy, t.began = true, time.Now()
}

func (t *target) got() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.kinds)
}

// ServeHTTP answers probes at /target, and notifiers at any other path.
func (t *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/target" {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.healthy {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return
	}
	var m struct {
		Data struct {
			Notices []struct {
				Kind     string `json:"kind"`
				Incident struct {
					Subject struct {
						Name string `json:"name"`
					} `json:"subject"`
				} `json:"incident"`
			} `json:"notices"`
		} `json:"data"`
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxNotice))
	if err != nil || json.Unmarshal(body, &m) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	for _, n := range m.Data.Notices {
		if n.Incident.Subject.Name == t.name {
			t.kinds = append(t.kinds, n.Kind)
		}
	}
	t.mu.Unlock()
	select {
	case t.arrived <- struct{}{}:
	default:
	}
}

// wait waits until a notice of a kind has arrived, and returns after how long.
func (t *target) wait(ctx context.Context, kind string) (time.Duration, error) {
	limit := time.NewTimer(alertTimeout)
	defer limit.Stop()
	for !slices.Contains(t.got(), kind) {
		select {
		case <-t.arrived:
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-limit.C:
			seen := "no message"
			if got := t.got(); len(got) > 0 {
				seen = strings.Join(got, ", ")
			}
			return 0, &failure{expected: fmt.Sprintf("a message (%s) within %v", kind, alertTimeout), seen: seen}
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Since(t.began), nil
}
