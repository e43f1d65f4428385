package input

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// Summary identifies the files that a configuration was read from.
type Summary struct {
	// Digest is the hex SHA-256 of vega.hcl and the policies in order, without
	// what file() read: cat vega.hcl policies/*.hcl | sha256sum.
	Digest string
	Named  []string // files that file() named, absolute, in order
	Empty  bool     // vega.hcl has no content

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
	return Summary{
		Digest: hex.EncodeToString(text.Sum(nil)), Named: named, Empty: s.Files[0].Text != nil && len(s.Files[0].Text) == 0,
		sum: [sha256.Size]byte(all.Sum(nil)),
	}
}
