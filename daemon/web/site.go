package web

import (
	"log/slog"
	"strings"
	"sync/atomic"

	"vega/daemon/api/scope"
	"vega/daemon/config"
	"vega/daemon/web/session"
)

// Site answers requests for pages.
type Site struct {
	sources  Sources
	keys     Keys
	log      *slog.Logger
	sessions *session.Sessions
	settings atomic.Pointer[Settings]
}

// Keys finds accepted API keys.
type Keys interface {
	// Find returns the key with a value.
	Find(value string) (session.Key, bool)
	// Current returns what the key with a digest may do now.
	Current(digest session.Digest) (session.Key, bool)
}

// Settings is what a configuration says about the pages.
type Settings struct {
	Prefix      string // of all paths, such as /vega; "" if there is none
	Secure      bool   // browsers reach vega by HTTPS
	Dashboard   bool   // whether there are other pages than the status pages
	AuthHeader  string // see config.Server
	AuthScopes  []scope.Scope
	StatusPages []config.StatusPage
}

// New returns a Site without a dashboard, until Set is called.
func New(from Sources, keys Keys, log *slog.Logger) *Site {
	s := &Site{sources: from, keys: keys, log: log, sessions: session.New()}
	s.Set(Settings{})
	return s
}

// Set applies a configuration.
func (s *Site) Set(to Settings) { s.settings.Store(&to) }

// link returns a path of the site as browsers see it.
func (s *Site) link(path string) string {
	return strings.TrimSuffix(s.settings.Load().Prefix, "/") + path
}
