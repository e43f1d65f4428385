package config

import (
	"slices"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
)

// LoadLenient is Load for a command that contacts the running daemon, whose
// configuration may have been broken since. With errors it still returns a
// Config, unless they affect the daemon's address, API keys, data or plugin
// directory. Nothing else in that Config is reliable.
func LoadLenient(path string, o Options) (*Config, diag.Diagnostics) {
	out := &diag.Collector{}
	s, c := build(read(path, o, out), o, out)
	ds := s.diagnostics()
	if c == nil || out.Errors() > 0 && !s.contactable(c) {
		return nil, ds
	}
	c.secrets = s.ev.Secrets()
	return c, ds
}

// contactable reports whether c reliably says how to contact the daemon.
func (s *stage) contactable(c *Config) bool {
	server := s.root.Block("server")
	unsure := func(s *bind.Section) bool { return s.AnyUnsure() }
	return !unsure(server) && !slices.ContainsFunc(server.Blocks, unsure) &&
		server.Has("tls") == (c.Server.TLS != nil) &&
		!s.root.Unsure("data_dir") && !s.root.Block("store").Unsure("path") && !s.root.Block("plugins").Unsure("dir")
}
