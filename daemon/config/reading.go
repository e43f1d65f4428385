package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"vega/daemon/config/diag"
	"vega/plugins/shortage"
)

// Reading is one look at the files of a configuration: what they came to, and
// what they were.
type Reading struct {
	Config      *Config // nil if Diagnostics hold an error
	Diagnostics diag.Diagnostics
	Inputs      Inputs
	// Short is why not all of it could be read at the moment, nil if it could:
	// what vega or its machine is short of. There is no Config then, and
	// Diagnostics say only that.
	Short *shortage.Error
}

// Inputs are the files that a configuration was made of.
type Inputs struct {
	// Digest is the hex SHA-256 of vega.hcl and the policies in order, without
	// what file() read: cat vega.hcl policies/*.hcl | sha256sum.
	Digest string
	Named  []string // what file() named, absolute, in order
	Empty  bool     // there is nothing in vega.hcl

	sum [sha256.Size]byte // of all of it, with the names
}

// Same reports whether both were made of the same: that no file differs, none
// that file() reads either.
func (i Inputs) Same(o Inputs) bool { return i.sum == o.sum }

// Read is Load for who asks more than once: it also tells which files there
// were, those of a configuration that is refused too.
func Read(path string, o Options) Reading {
	out := &diag.Collector{}
	s := readSources(path, out)
	s.host, s.port = o.Host, o.Port
	c, ds := s.decode(o, out)
	if s.short != nil {
		return Reading{Diagnostics: s.shortDiagnostics(), Inputs: s.inputs(), Short: s.short}
	}
	return Reading{c, ds, s.inputs(), nil}
}

// shortDiagnostics is all that can be said of what could not be read.
func (s *sources) shortDiagnostics() diag.Diagnostics {
	return diag.Diagnostics{{
		Severity: diag.Error, Code: diag.Unreadable, Summary: diag.Unreadable.Title(),
		Detail: "Not all of it can be read at the moment: " + s.short.What + ".", Fix: s.short.Fix, Range: s.files[0].Span(0, 0).Range(),
	}}
}

// Inputs are the files that c was made of.
func (c *Config) Inputs() Inputs { return c.sources.inputs() }

// Files are the files that Load would read now: path, and the policies beside
// it as far as they can be listed. The error is a shortage of vega's, for which
// they can't be told.
func Files(path string) ([]string, error) {
	paths, err := Paths(path)
	if short := shortage.Of(err); short != nil {
		return nil, short
	}
	if err != nil {
		return []string{path}, nil //nolint:nilerr // Load says what is wrong with the directory
	}
	return paths, nil
}

func (s *sources) inputs() Inputs {
	text, all := sha256.New(), sha256.New()
	for _, f := range s.files {
		text.Write(f.Text)
		fmt.Fprintf(all, "%q %t %d\n", f.Name, f.Text == nil, len(f.Text))
		all.Write(f.Text)
	}
	named := slices.Sorted(maps.Keys(s.read))
	for _, name := range named {
		c := s.read[name]
		fmt.Fprintf(all, "%q %v %d\n%s", name, c.err, len(c.text), c.text)
	}
	return Inputs{
		Digest: hex.EncodeToString(text.Sum(nil)), Named: named, Empty: s.files[0].Text != nil && len(s.files[0].Text) == 0,
		sum: [sha256.Size]byte(all.Sum(nil)),
	}
}
