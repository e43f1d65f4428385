package config

import (
	"fmt"
	"slices"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/expand"
	"vega/daemon/config/input"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

// Options are the inputs of Load besides the configuration files.
type Options struct {
	Bundled []manifest.Found            // the bundled plugins
	Env     func(string) (string, bool) // nil: os.LookupEnv
	Scan    Scan                        // nil: manifest.Scan
	// Owners are the files that last provided each plugin name. If nil, they
	// are read from the data directory.
	Owners manifest.Owners
	// Host and Port, unless empty, override those of the server block,
	// including in references to them. Rebind keeps them.
	Host string
	Port int
	// Policies is the directory to read instead of policies next to the file, or "".
	Policies string
	// AnyEnv validates the files outside the environment that vega runs in: a
	// variable that is not set here is assumed to have an unknown value. The
	// result then has no Config, whatever the diagnostics.
	AnyEnv bool
}

// Scan returns the modules in a directory that admit accepts, and reports those
// that it refuses.
type Scan func(dir string, admit manifest.Admit) ([]manifest.Found, error)

// Load reads vega.hcl at path and policies/*.hcl next to it. It opens no
// socket, writes nothing and runs no plugin. It returns no Config if the
// diagnostics hold an error or o.AnyEnv is set.
func Load(path string, o Options) (*Config, diag.Diagnostics) {
	r := Read(path, o)
	return r.Config, r.Diagnostics
}

// Reading is the result of reading a configuration.
type Reading struct {
	Config      *Config // nil if Diagnostics hold an error
	Diagnostics diag.Diagnostics
	Inputs      input.Summary
	// Short describes the resource shortage that kept the configuration from
	// being read completely. Config is then nil, and Diagnostics report only
	// that. Short is nil if everything was read.
	Short *shortage.Error
}

// Read is like Load, and also returns which files were read, even those of a
// configuration that is refused.
func Read(path string, o Options) Reading {
	out := &diag.Collector{}
	in := read(path, o, out)
	c, ds := judge(in, o, out)
	if in.Short != nil {
		return Reading{Diagnostics: shortDiagnostics(in), Inputs: in.Summary(), Short: in.Short}
	}
	return Reading{c, ds, in.Summary(), nil}
}

func read(path string, o Options, out *diag.Collector) *input.Set {
	in := input.Read(path, o.Policies, out)
	in.Host, in.Port = o.Host, o.Port
	return in
}

// Rebind validates the files that c was loaded from against other plugins. From
// the disk, it rereads only the plugins and who can write to them. It does not
// reread the environment.
func (c *Config) Rebind(o Options) (*Config, diag.Diagnostics) {
	c.in.ForgetCustody(c.Plugins.Dir)
	return judge(c.in, o, &diag.Collector{})
}

// shortDiagnostics reports only that something could not be read.
func shortDiagnostics(in *input.Set) diag.Diagnostics {
	return diag.Diagnostics{{
		Severity: diag.Error, Code: diag.Unreadable, Summary: diag.Unreadable.Title(),
		Detail: "The configuration cannot be read completely at the moment: " + in.Short.What + ".", Fix: in.Short.Fix, Range: in.Start().Range(),
	}}
}

// Inputs returns the summary of the files that c was read from.
func (c *Config) Inputs() input.Summary { return c.in.Summary() }

// Files returns the files that the configuration was read from, as they were
// named: vega.hcl, then those in policies, then those that they include.
func (c *Config) Files() []string {
	var out []string
	for _, f := range c.in.Files {
		out = append(out, f.Name)
	}
	return out
}

// Sources returns the files that the configuration at path consists of, as they
// are named: itself, the policies, and those that they include.
func Sources(path string) ([]string, error) {
	if _, err := input.Paths(path); err != nil {
		return nil, err
	}
	out := &diag.Collector{}
	in := input.Read(path, "", out)
	expand.Read(in, topLevel(), out)
	if in.Short != nil {
		return nil, in.Short
	}
	return (&Config{in: in}).Files(), nil
}

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

// InvalidError reports a configuration that is not valid.
type InvalidError struct{ Diagnostics diag.Diagnostics }

// Error returns the first error in a line, and how many more there are.
func (e *InvalidError) Error() string {
	var text string
	more := -1
	for _, d := range e.Diagnostics {
		if d.Severity != diag.Error {
			continue
		}
		if more++; more == 0 {
			text = fmt.Sprintf("%s:%d:%d: %s: %s", d.Range.Filename, d.Range.Start.Line, d.Range.Start.Column, d.Summary, d.Detail)
		}
	}
	if more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}
