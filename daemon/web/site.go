package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"

	"vega/daemon/api/scope"
	"vega/daemon/config"
	"vega/daemon/live"
	"vega/daemon/web/publish"
	"vega/daemon/web/session"
)

// Site answers requests for pages.
type Site struct {
	sources  Sources
	keys     Keys
	log      *slog.Logger
	sessions *session.Sessions
	tries    *session.Tries
	notes    *session.Notes
	feed     *live.Feed
	settings atomic.Pointer[current]
	rechecks atomic.Pointer[chan struct{}] // see recheck
	life     context.Context               // of streams
	end      context.CancelFunc
}

// current is what applies now.
type current struct {
	Settings
	guard     *http.CrossOriginProtection
	published publish.Cache // what everyone may read
}

// From is where a request comes from.
type From struct {
	Client  netip.Addr // whose tries to log in are counted together
	Trusted bool       // a trusted proxy passed the request on
}

// Keys finds accepted API keys, and knows who sends a request.
type Keys interface {
	// Find returns the key with a value.
	Find(value string) (session.Key, bool)
	// Current returns what the key with a digest may do now.
	Current(digest session.Digest) (session.Key, bool)
	// From returns where a request comes from.
	From(r *http.Request) From
}

// Settings is what a configuration says about the pages.
type Settings struct {
	Prefix      string // of all paths, such as /vega; or ""
	Origin      string // of the external URL, such as https://ops.example.com; or ""
	Dashboard   bool   // whether there are other pages than the status pages
	AuthHeader  string // see config.Server
	AuthScopes  []scope.Scope
	StatusPages []config.StatusPage
}

// New returns a Site without a dashboard, until Set is called.
func New(from Sources, keys Keys, log *slog.Logger) *Site {
	s := &Site{sources: from, keys: keys, log: log, sessions: session.New(), tries: session.NewTries(), notes: session.NewNotes()}
	s.life, s.end = context.WithCancel(context.Background())
	s.rechecks.Store(new(make(chan struct{})))
	s.feed = live.NewFeed(from.Live(), s.encode)
	s.Set(Settings{})
	return s
}

// Set applies a configuration.
func (s *Site) Set(to Settings) {
	now := &current{Settings: to, guard: http.NewCrossOriginProtection()}
	if to.Origin != "" {
		if err := now.guard.AddTrustedOrigin(to.Origin); err != nil { // the configuration was checked
			s.log.Error("dashboard: server.external_url can't be an origin; forms are rejected through a proxy that changes Host", "err", err)
		}
	}
	s.settings.Store(now)
	s.recheck()
}

// recheck makes all streams ask again whether their viewers may follow them.
func (s *Site) recheck() { close(*s.rechecks.Swap(new(make(chan struct{})))) }

// KeysChanged ends the sessions of keys that are not accepted now, and their streams.
func (s *Site) KeysChanged() {
	s.sessions.Keep(func(d session.Digest) bool {
		_, ok := s.keys.Current(d)
		return ok
	})
	s.recheck()
}

// On reports whether there is a dashboard.
func (s *Site) On() bool { return s.settings.Load().Dashboard }

// Has reports whether the site has a row of the table now.
func (s *Site) Has(r *Route) bool { return r.Published || s.On() }

// Life ends when the site closes.
func (s *Site) Life() context.Context { return s.life }

// Close ends all streams. Other requests are still answered.
func (s *Site) Close() { s.end() }

// link returns a path of the site as browsers see it.
func (s *Site) link(path string) string {
	return strings.TrimSuffix(s.settings.Load().Prefix, "/") + path
}
