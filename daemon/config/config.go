// Package config turns vega.hcl, and the policies/*.hcl files next to it, into
// a Config or into diagnostics, which report every mistake with its place and
// fix.
//
// Call Load for startup, validation and reload; the Config it returns needs no
// further check. Rebind validates the same files again when plugins change,
// without rereading them.
//
// Data passes through the stages once. Each is a package with its own input and
// output: input reads files and the environment; syntax parses HCL behind
// guards; bind checks names against the tables in schema; eval evaluates the
// values; and this package builds the Config and runs checks that span several
// blocks. Mistakes are reported to a collector of package diag. Package
// reference documents the same tables.
//
// The language is HCL without computation: literals, templates, lists, maps,
// references, env(), env_set() and file(). Loops, conditionals, operators and
// template directives are rejected before anything is evaluated.
package config

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"vega/daemon/config/alerts"
	"vega/daemon/config/annotation"
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/redact"
	"vega/daemon/config/telemetry"
	"vega/daemon/heartbeat"
	"vega/daemon/notify/service"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/transport"
	"vega/policies"
	"vega/policies/alert"
	"vega/policies/incident"
)

// Config is a valid configuration, with every default filled in and every path
// made absolute.
type Config struct {
	Path         string // vega.hcl
	DataDir      string
	Watch        bool // reload when files change
	Server       Server
	Log          Log
	Store        Store
	LLM          LLM
	Network      Network
	Plugins      Plugins
	Sandbox      Sandbox
	Databases    []Database    // in order of name
	Integrations []Integration // in order of name
	// Thresholds are in order of name, including the built-in ones.
	Thresholds []policies.Threshold
	Notifiers  []service.Settings // in order of name
	// Alerts are in order of name, including the built-in ones.
	Alerts []alert.Alert
	// ScrapeModules are in order of name.
	ScrapeModules []ScrapeModule
	Windows       []alert.Window // maintenance windows, in order of name
	StatusPages   []StatusPage   // in order of name
	DeadMen       []DeadMan      // in order of name
	// Telemetry says what is exported and measured besides checks.
	Telemetry telemetry.Settings
	Warnings  diag.Diagnostics // reported by Load

	in      *input.Set   // the files and variables read, for Rebind
	secrets []string     // longest first
	blocks  []namedBlock // of integrations
}

// Server configures the HTTP server.
type Server struct {
	Host string
	Port int
	Keys []Key // if empty on a loopback host, vega generates one
	TLS  *TLS  // nil: plain HTTP
	// MaxConnections limits the connections of all clients together, and
	// MaxPerClient those of a single client. 0 derives the limit from the
	// available file descriptors.
	MaxConnections, MaxPerClient int
	// ExternalURL is the URL at which clients reach vega through a proxy, or "".
	ExternalURL string
	// TrustedProxies are the proxies whose headers are trusted to name the
	// client.
	TrustedProxies []netip.Prefix
	// Dashboard is false if vega answers no pages besides those of status_page blocks.
	Dashboard bool
	// AuthHeader is the header in which a trusted proxy names the person who sends a
	// request to a page; "": none. AuthScopes is what they may do.
	AuthHeader string
	AuthScopes []string // of schema.Scopes
	// DrainTimeout limits the time between SIGTERM and exit.
	DrainTimeout time.Duration
}

// Incidents returns where people read about incidents: the pages of the dashboard, or
// without it the API.
func (s *Server) Incidents() incident.Pages {
	switch base := incident.Pages(strings.TrimSuffix(s.ExternalURL, "/")); {
	case base == "":
		return ""
	case s.Dashboard:
		return base + "/incidents"
	default:
		return base + "/admin/incidents"
	}
}

// StatusPage is a page that everyone may read. It shows only what is listed.
type StatusPage = alerts.StatusPage

// Key is an API key. The one in api_key is named "default".
type Key struct {
	Name   string
	Value  manifest.Text
	Scopes []string // of schema.Scopes; empty: everything
}

// TLS names a certificate and its key, which are reloaded when the files change.
type TLS struct{ CertFile, KeyFile string }

// Log configures logging. Level is a slog level: -4 debug, 0 info, 4 warn, 8
// error (also for CRITICAL: vega logs nothing above it).
type Log struct{ Level int }

// Store configures vega's own database.
type Store struct {
	Path      string
	SlowQuery time.Duration // queries that take at least this long are recorded

	KeepRuns          time.Duration
	KeepConversations time.Duration // 0: forever
	MaxSize           int64         // bytes; beyond it the oldest runs are deleted
}

// LLM configures the language model backend, for integrations that refer to it.
type LLM struct {
	Backend   string // ollama or hf
	ModelName string
	BaseURL   manifest.Text
	// The request parameters. No bundled probe sends the model a prompt.
	Temperature float64 // 0 to 2
	TopP        float64 // above 0, up to 1
	Timeout     time.Duration
}

// Network configures name resolution, trusted certificates and the HTTP proxy.
type Network struct {
	Resolver string        // host:port; "" is the system's
	CAFile   string        // PEM certificates trusted in addition to the system's, or ""
	Proxy    manifest.Text // URL of the HTTP proxy of probes, or nil
	NoProxy  []string      // hosts that are reached without it
}

// Plugins configures plugins from files.
type Plugins struct {
	Dir string
	// Modules are the modules in Dir when the configuration was loaded, after the
	// bundled ones. File is "" for a bundled one.
	Modules []manifest.Found
	Trust   Trust
	Dropped []manifest.Found // all in Dir, before one is chosen for each name
	Bundled []manifest.Found // all bundled plugins, including replaced ones
	Replace []string         // bundled plugins that a file in Dir may replace
}

// Sandbox limits the resources that running probes share.
type Sandbox struct {
	HostMemory manifest.Size // held on behalf of probes
}

// DeadMan is a service that expects a sign of life.
type DeadMan = alerts.DeadMan

// Database is a database that probes can be granted.
type Database struct {
	Name   string
	Driver string // postgres, mysql or sqlite
	DSN    manifest.Text
}

// Integration is a probe and its target. An instance of an integration with
// for_each is one.
type Integration struct {
	Name string // NAME, or NAME.KEY for an instance
	annotation.Annotations

	Plugin   string
	Probe    string
	Bundled  bool
	Enabled  bool
	Disabled string // why it is disabled, or ""
	Interval time.Duration
	Timeout  time.Duration
	Memory   manifest.Size // cap on the guest's memory
	Values   manifest.Values
	Grants   grant.Set
	// Transport is how vega connects for it; nil means the usual way.
	Transport *transport.Options
	// DependsOn are the integrations that this one's target depends on. They
	// contain no cycle.
	DependsOn []string
	Position  string // file:line of its block
	// Heartbeat says when the job reports; nil: the probe runs.
	Heartbeat *heartbeat.Settings
}

// Secrets returns the values that no output may show: those of env() and
// file(), except ports and paths, and the literals of sensitive attributes. The
// longest come first.
func (c *Config) Secrets() []string { return slices.Clone(c.secrets) }

// Redactor returns a redactor of this configuration's secrets.
func (c *Config) Redactor() *redact.Redactor { return redact.New(c.secrets) }
