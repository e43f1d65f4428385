package verify

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
)

// entry matches the names of finished entries in the daemon's compile cache.
var entry = regexp.MustCompile(`^[0-9a-f]{32}$`)

// cache finds what the daemon adds to its compile cache.
type cache struct {
	dir    string
	before map[string]bool
}

// tidyCache registers the removal of the entry that the check adds, which is
// useless without its module. In the worst case, it removes the entry of
// another module loaded at the same time, which is then compiled again at the
// next start.
func (s *session) tidyCache() {
	c := &cache{dir: filepath.Join(s.Local.DataDir, "cache")}
	c.before = c.entries()
	s.cleanup(func(context.Context) error {
		added := c.added()
		if len(added) != 1 {
			return nil // nothing, or an ambiguous result
		}
		return os.RemoveAll(filepath.Join(c.dir, added[0]))
	})
}

// entries returns the entries visible to this user.
func (c *cache) entries() map[string]bool {
	all, err := os.ReadDir(c.dir)
	if err != nil {
		return nil
	}
	names := map[string]bool{}
	for _, e := range all {
		if entry.MatchString(e.Name()) {
			names[e.Name()] = true
		}
	}
	return names
}

// added returns the new entries.
func (c *cache) added() []string {
	var names []string
	for name := range c.entries() {
		if !c.before[name] {
			names = append(names, name)
		}
	}
	return names
}
