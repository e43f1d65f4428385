// Package config turns vega.hcl, and the policies/*.hcl next to it, into a
// Config or into diagnostics: every mistake at once, each with its place and its
// fix.
//
// Call Load for startup, validation and reload; the Config it returns needs no
// further check. Rebind judges the same text again when the plugins change.
//
// Data passes through stages once, from top to bottom. Each is a package with
// its own input and output: input reads files and the environment; syntax parses
// HCL behind guards; bind holds names against the tables in schema; eval
// evaluates the values; and this package builds the Config and checks what no
// single block shows. Mistakes are reported to a collector of package diag.
// Package reference documents the same tables.
//
// The language is HCL without computation: literals, templates, lists, maps,
// references, env(), env_set() and file(). Loops, conditionals, operators and
// template directives are refused before they could be evaluated.
package config

import (
	"net/netip"
	"slices"
	"time"

	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/redact"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/policies"
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
	Warnings   diag.Diagnostics // what Load reported

	in      *input.Set // what it was read from, for Rebind
	secrets []string   // longest first
}

// Server configures the HTTP server.
type Server struct {
	Host string
	Port int
	Keys []Key // none: on a loopback host vega generates one
	TLS  *TLS  // nil: plain HTTP
	// MaxConnections and MaxPerClient limit the connections of all clients, and
	// of one. 0 derives the limit from the available file descriptors.
	MaxConnections, MaxPerClient int
	// TrustedProxies may say in a header which client a request is from.
	TrustedProxies []netip.Prefix
	// DrainTimeout limits the time between SIGTERM and exit.
	DrainTimeout time.Duration
}

// Key is an API key. The one in api_key is named "default".
type Key struct {
	Name  string
	Value manifest.Text
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
	KeepConversations time.Duration // 0: for ever
	MaxSize           int64         // bytes; beyond it the oldest runs are deleted
}

// LLM configures the language model backend, for integrations that refer to it.
type LLM struct {
	Backend   string // ollama or hf
	ModelName string
	BaseURL   manifest.Text
	// How it is asked. No probe that ships with vega asks it anything.
	Temperature float64 // 0 to 2
	TopP        float64 // more than 0, at most 1
	Timeout     time.Duration
}

// Network configures name resolution and trusted certificates.
type Network struct {
	Resolver string // host:port; "" is the system's
	CAFile   string // PEM certificates trusted in addition to the system's, or ""
}

// Plugins configures plugins from files.
type Plugins struct {
	Dir string
	// Modules are the modules in Dir when the configuration was loaded, after the
	// bundled ones. File is "" for a bundled one.
	Modules []manifest.Found
	Trust   Trust
	Dropped []manifest.Found // those in Dir, before one is chosen for each name
	Bundled []manifest.Found // the bundled plugins, also those that are replaced
	Replace []string         // bundled plugins that a file in Dir may replace
}

// Sandbox limits what all running probes use together.
type Sandbox struct {
	HostMemory manifest.Size // held on behalf of probes
}

// Database is a database that probes can be granted.
type Database struct {
	Name   string
	Driver string // postgres, mysql or sqlite
	DSN    manifest.Text
}

// Integration is a probe and its target.
type Integration struct {
	Name     string
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
	// DependsOn are the integrations that this one's target depends on. They do
	// not form a circle.
	DependsOn []string
	Position  string // file:line of its block
}

// Secrets returns the values that no output may show: what env() and file()
// return unless it is merely a port or path, and what is written out for a
// sensitive attribute. The longest come first.
func (c *Config) Secrets() []string { return slices.Clone(c.secrets) }

// Redactor returns a redactor of this configuration's secrets.
func (c *Config) Redactor() *redact.Redactor { return redact.New(c.secrets) }
