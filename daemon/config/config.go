// Package config turns vega.hcl, and the policies/*.hcl beside it, into a
// Config or into diagnostics: every mistake at once, each with its place and
// how to mend it.
//
// Call Load; it is the one way in for start-up, validation and reload. A
// Config it returns needs no further check. Rebind judges the same text again
// when the plugins change. One schema table (table.go) drives decoding,
// defaults and suggestions; a plugin's options are rows of the same kind.
//
// The language is HCL without its computation: literals, templates, lists,
// maps, references, env(), env_set() and file(). Loops, conditionals, operators
// and template directives are refused, before they could be evaluated, and
// every input passes the guards (guard.go) before a parser sees it.
//
// Only the daemon and its command line import this package.
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

// Config is a configuration that passed validation, with every default filled
// in and every path made absolute.
type Config struct {
	Path         string // vega.hcl
	DataDir      string
	Watch        bool // whether a change of the files is loaded by itself
	Server       Server
	Log          Log
	Store        Store
	LLM          LLM
	Network      Network
	Plugins      Plugins
	Sandbox      Sandbox
	Databases    []Database    // in order of name
	Integrations []Integration // in order of name
	// Thresholds are in order of name, those that vega comes with among them.
	Thresholds []policies.Threshold
	Warnings   diag.Diagnostics // what Load said of it

	in      *input.Set // what it was read from, for Rebind
	secrets []string   // longest first
}

// Server is where vega answers HTTP.
type Server struct {
	Host string
	Port int
	Keys []Key // none: on a loopback host vega makes one
	TLS  *TLS  // nil: plain HTTP
	// MaxConnections and MaxPerClient bound the connections of all clients, and
	// of one; 0 is as many as the limit of descriptors is shared out for.
	MaxConnections, MaxPerClient int
	// TrustedProxies are believed about whom a request is from.
	TrustedProxies []netip.Prefix
	// DrainTimeout bounds what happens between SIGTERM and exit.
	DrainTimeout time.Duration
}

// Key is an API key; api_key has the name "default".
type Key struct {
	Name  string
	Value manifest.Text
}

// TLS names a certificate and its key, read again when the files change.
type TLS struct{ CertFile, KeyFile string }

// Log says what is logged. Level is a slog level: -4 debug, 0 info, 4 warn,
// 8 error (which CRITICAL means too: vega writes nothing above it).
type Log struct{ Level int }

// Store is where vega keeps what it must not forget.
type Store struct {
	Path      string
	SlowQuery time.Duration // from when on a query is slow, in any database

	KeepRuns          time.Duration
	KeepConversations time.Duration // 0: for ever
	MaxSize           int64         // bytes; beyond it the oldest runs go
}

// LLM is the language model backend, for the integrations that refer to it.
type LLM struct {
	Backend   string // ollama or hf
	ModelName string
	BaseURL   manifest.Text
	// How it is asked. No probe that ships with vega asks it anything.
	Temperature float64 // 0 to 2
	TopP        float64 // over 0, up to 1
	Timeout     time.Duration
}

// Network is how names are resolved.
type Network struct {
	Resolver string // host:port; "" is the system's
	CAFile   string // PEM certificates trusted besides the system's; "" is none
}

// Plugins is where an operator drops modules.
type Plugins struct {
	Dir string
	// Modules are what Dir held when the configuration was loaded, the bundled
	// ones first. File is "" for a bundled one.
	Modules []manifest.Found
	Trust   Trust
	Dropped []manifest.Found // those in Dir, before it was decided who serves a name
	Bundled []manifest.Found // those that ship with vega, also where another serves
	Replace []string         // bundled plugins that a file in Dir may take the place of
}

// Sandbox is what the probes that run take of vega, all of them together.
type Sandbox struct {
	HostMemory manifest.Size // held on their behalf
}

// Database is a database that probes may be granted.
type Database struct {
	Name   string
	Driver string // postgres, mysql or sqlite
	DSN    manifest.Text
}

// Integration is a probe bound to a target.
type Integration struct {
	Name     string
	Plugin   string
	Probe    string
	Bundled  bool
	Enabled  bool
	Disabled string // why not, when it is not enabled
	Interval time.Duration
	Timeout  time.Duration
	Memory   manifest.Size // cap on the guest's memory
	Values   manifest.Values
	Grants   grant.Set
	// DependsOn are the integrations whose targets its own leans on. They form
	// no circle.
	DependsOn []string
	Position  string // file:line of its block
}

// Secrets returns the values that no output may show: what env() and file()
// return unless it is merely a port or path, and what is written out for a
// sensitive attribute. The longest come first.
func (c *Config) Secrets() []string { return slices.Clone(c.secrets) }

// Redactor returns what removes this configuration's secrets from text.
func (c *Config) Redactor() *redact.Redactor { return redact.New(c.secrets) }
