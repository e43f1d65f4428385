package input

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
)

// Summary identifies the files that a configuration was read from.
type Summary struct {
	// Digest is the hex SHA-256 of vega.hcl and the policies in order, without
	// what file() and for_each_file read: cat vega.hcl policies/*.hcl | sha256sum.
	// Files of include follow.
	Digest string
	Named  []string // files that file() and for_each_file named, absolute, in order
	Read   []string // the files that were read, absolute, in order
	Globs  []string // the patterns of include, absolute, in order
	Env    string   // vega.env, absolute, which need not exist; "" for a configuration in memory
	Empty  bool     // vega.hcl has no content
	Vars   int      // how many variables vega.env has; -1 if it does not exist

	sum [sha256.Size]byte // of all contents, with the file names
}

// Same reports whether no file differs, including those that file() reads.
func (s Summary) Same(o Summary) bool { return s.sum == o.sum }

// Summary returns the summary of the files that were read so far.
func (s *Set) Summary() Summary {
	text, all := sha256.New(), sha256.New()
	for _, f := range s.Files {
		text.Write(f.Text)
		fmt.Fprintf(all, "%q %t %d\n", f.Name, f.Text == nil, len(f.Text))
		all.Write(f.Text)
	}
	named := slices.Sorted(maps.Keys(s.contents))
	for _, name := range named {
		c := s.contents[name]
		fmt.Fprintf(all, "%q %v %d\n%s", name, c.err, len(c.text), c.text)
	}
	targets := s.Targets()
	for _, name := range targets {
		d := s.data[name]
		fmt.Fprintf(all, "%q %v %d\n%s", name, d.err, len(d.src.Text), d.src.Text)
	}
	if s.env.src != nil {
		fmt.Fprintf(all, "%v %t %d\n%s", s.env.err, s.env.src.Text == nil, len(s.env.src.Text), s.env.src.Text)
	}
	var read []string
	for _, f := range s.Files {
		read = append(read, filepath.Join(f.Dir, filepath.Base(f.Name)))
	}
	vars := -1
	if s.Environment() != nil {
		vars = len(s.env.values)
	}
	return Summary{
		Digest: hex.EncodeToString(text.Sum(nil)), Named: append(named, targets...), Read: read, Globs: slices.Sorted(maps.Keys(s.globs)), Env: s.env.path, Empty: s.Files[0].Text != nil && len(s.Files[0].Text) == 0, Vars: vars,
		sum: [sha256.Size]byte(all.Sum(nil)),
	}
}
