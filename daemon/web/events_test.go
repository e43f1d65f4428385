package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"vega/daemon/api/scope"
	"vega/daemon/engine"
	"vega/daemon/live"
	"vega/daemon/web/session"
	"vega/policies/check"
	"vega/policies/incident"
)

// someOf is a fleet that knows names, as an engine does.
type someOf struct{ *fleet }

func (f someOf) Overview(q engine.Selection) (engine.Overview, error) {
	o, err := f.fleet.Overview(q)
	if len(q.Names) == 0 {
		return o, err
	}
	byName := map[string]engine.State{}
	for _, s := range o.Integrations {
		byName[s.Name] = s
	}
	o.Integrations = nil
	for _, name := range slices.Compact(slices.Sorted(slices.Values(q.Names))) {
		s, ok := byName[name]
		if !ok {
			return engine.Overview{}, &engine.UnknownError{Name: name}
		}
		o.Integrations = append(o.Integrations, s)
	}
	return o, err
}

// ring accepts one key, until it is revoked.
type ring struct{ revoked atomic.Bool }

func (k *ring) Find(string) (session.Key, bool) { return session.Key{}, false }
func (k *ring) Current(d session.Digest) (session.Key, bool) {
	return session.Key{Name: "k", Digest: d, Scopes: []scope.Scope{scope.Read}}, !k.revoked.Load()
}
func (k *ring) From(*http.Request) From { return From{} }

// receiver takes what a stream sends.
type receiver struct {
	mu     sync.Mutex
	header http.Header
	text   strings.Builder
	broken bool
}

func (b *receiver) Header() http.Header { return b.header }
func (b *receiver) WriteHeader(int)     {}
func (b *receiver) Flush()              {}
func (b *receiver) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken {
		return 0, errors.New("the browser is gone")
	}
	return b.text.Write(p)
}

// take returns what was sent since the last call.
func (b *receiver) take() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.text.Reset()
	return b.text.String()
}

// stream is a Site with a browser that follows it.
type stream struct {
	*receiver
	site  *Site
	keys  *ring
	token string
	end   context.CancelFunc
	done  chan error
}

func follow(t *testing.T, f *fleet, since string) *stream {
	s := &stream{receiver: &receiver{header: http.Header{}}, keys: &ring{}, done: make(chan error, 1)}
	s.site = New(someOf{f}, s.keys, slog.New(slog.DiscardHandler))
	s.site.Set(Settings{Dashboard: true})
	s.token = s.site.sessions.Begin(session.Digest{}, "", time.Now())
	ctx, end := context.WithCancel(t.Context())
	s.end = end
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/events?since="+since, nil)
	r.AddCookie(&http.Cookie{Name: s.site.cookieName(r, false), Value: s.token})
	go func() {
		s.done <- s.site.events(&Request{Request: r, route: &Route{Scope: scope.Read}, site: s.site, w: s.receiver, Viewer: s.site.Viewer(r)})
	}()
	synctest.Wait()
	return s
}

// logout sends the form as another tab of the browser does.
func (s *stream) logout() {
	r := httptest.NewRequest(http.MethodPost, "/logout", nil)
	r.AddCookie(&http.Cookie{Name: s.site.cookieName(r, false), Value: s.token})
	_ = s.site.logout(&Request{Request: r, site: s.site, w: httptest.NewRecorder(), Viewer: s.site.Viewer(r)})
}

func (s *stream) ended() bool {
	synctest.Wait()
	select {
	case err := <-s.done:
		return err == nil
	default:
		return false
	}
}

func lastMessage(t *testing.T, text string) (m update) {
	t.Helper()
	_, data, ok := strings.Cut(text, "data: ")
	if err := json.Unmarshal([]byte(strings.TrimSpace(data)), &m); !ok || err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return m
}

func TestStreamSendsWhatRowsShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{board: live.New()}
		f.add(named("web", "HTTP 200"), check.Healthy)
		f.add(named("db", "line\n<script>alert(1)</script>"+strings.Repeat("x", 500)), check.Unhealthy)
		s := follow(t, f, f.board.Generation())
		defer func() { s.end(); synctest.Wait() }()
		if got := s.take(); !strings.HasPrefix(got, "id: ") || s.header.Get("Content-Type") != "text/event-stream" || s.header.Get("X-Accel-Buffering") != "no" {
			t.Fatalf("%q %v", got, s.header)
		}
		for _, name := range []string{"web", "db", "removed"} {
			_ = f.board.Record(t.Context(), check.Run{Integration: name, Status: check.Unhealthy, Began: time.Now()})
		}
		time.Sleep(1100 * time.Millisecond)
		m := lastMessage(t, s.take())
		slices.SortFunc(m.Rows, func(a, b change) int { return strings.Compare(a.Name, b.Name) })
		if len(m.Rows) != 2 || m.Count.Total != 2 || m.Count.Unhealthy != 1 {
			t.Fatalf("%+v", m)
		}
		if db := m.Rows[0]; db.Name != "db" || db.Status != check.Unhealthy || db.Message != message(f.states[1].Message) || len(db.Message) > maxMessage+3 || strings.Contains(db.Message, "\n") {
			t.Errorf("%+v", db)
		}
		if web := m.Rows[1]; web.Latency != "12 ms" || web.Beats != strings.Repeat("3", live.Beats-1)+"0" {
			t.Errorf("%+v", web)
		}
	})
}

// TestPagesHearOfIncidents checks that a page notices what changes after the status did: an
// incident opens after several runs, and a colleague acknowledges it.
func TestPagesHearOfIncidents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fleet{board: live.New()}
		f.add(named("web", "HTTP 503"), check.Unhealthy)
		s := follow(t, f, f.board.Generation())
		defer func() { s.end(); synctest.Wait() }()
		s.take()
		next := func() string {
			_ = f.board.Record(t.Context(), check.Run{Integration: "web", Status: check.Unhealthy, Began: time.Now()})
			time.Sleep(1100 * time.Millisecond)
			return lastMessage(t, s.take()).Known
		}
		seen := map[string]bool{next(): true}
		if !seen[next()] {
			t.Error("something else is known, though nothing changed")
		}
		for _, change := range []func(){
			func() { f.incidents = []incident.Incident{incidentOf(7, "web", incident.Critical)} },
			func() { f.incidents[0].Acknowledged = &incident.Acknowledgement{By: "ann", At: time.Now()} },
			func() { f.incidents = nil },
			func() { f.ready = errors.New("no disk") },
		} {
			change()
			known := next()
			if !strings.Contains(f.page(t, "/", scope.Read), `data-known="`+known+`"`) {
				t.Errorf("the overview does not know %s", known)
			}
			seen[known] = true
		}
		if len(seen) != 4 { // that without an incident is there twice
			t.Errorf("%v", seen)
		}
	})
}

func TestStreamEnds(t *testing.T) {
	for name, end := range map[string]func(*stream){
		"the browser goes":          func(s *stream) { s.end() },
		"the viewer logs out":       func(s *stream) { s.logout() },
		"the key is revoked":        func(s *stream) { s.keys.revoked.Store(true); s.site.KeysChanged() },
		"the key expires":           func(s *stream) { s.keys.revoked.Store(true); time.Sleep(sign) },
		"the dashboard is off":      func(s *stream) { s.site.Set(Settings{}) },
		"the session is too old":    func(*stream) { time.Sleep(session.Lifetime + sign) },
		"the browser takes no more": func(s *stream) { s.mu.Lock(); s.broken = true; s.mu.Unlock(); time.Sleep(sign) },
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &fleet{board: live.New()}
			f.add(named("web", "HTTP 200"), check.Healthy)
			s := follow(t, f, "")
			time.Sleep(10 * sign)
			if s.ended() {
				t.Fatal("it ended by itself")
			}
			if got := s.take(); strings.Count(got, string(alive)) != 10 {
				t.Errorf("%q", got)
			}
			end(s)
			if !s.ended() || s.site.feed.Count() != 0 {
				t.Errorf("%s: it goes on", name)
			}
			s.end()
		})
	}
}

func TestStreamRefusesTheViewerAfterTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := follow(t, &fleet{board: live.New()}, "")
		defer synctest.Wait()
		defer s.end()
		for range live.Viewers - 1 {
			v, err := s.site.feed.Follow()
			if err != nil {
				t.Fatal(err)
			}
			defer v.Leave()
		}
		w := httptest.NewRecorder()
		err := s.site.events(&Request{Request: httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/events", nil), site: s.site, w: w})
		if e, ok := errors.AsType[*Error](err); !ok || e.Status != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("%v %v", err, w.Header())
		}
	})
}
