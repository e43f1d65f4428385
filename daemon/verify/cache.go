package verify

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
)

// entry is what a finished entry of the daemon's compile cache is called.
var entry = regexp.MustCompile(`^[0-9a-f]{32}$`)

// cache sees what the daemon adds to its compile cache.
type cache struct {
	dir    string
	before map[string]bool
}

// tidyCache notes what is there, and has what is added taken away: code that
// nobody needs once the module is gone. At worst another module that came at
// the same moment is compiled again at the next start.
func (s *session) tidyCache() {
	c := &cache{dir: filepath.Join(s.Local.DataDir, "cache")}
	c.before = c.entries()
	s.later(func(context.Context) error {
		added := c.added()
		if len(added) != 1 {
			return nil // nothing, or what can't be told apart
		}
		return os.RemoveAll(filepath.Join(c.dir, added[0]))
	})
}

// entries are those that this user can see.
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

// added are those that were not there before.
func (c *cache) added() []string {
	var names []string
	for name := range c.entries() {
		if !c.before[name] {
			names = append(names, name)
		}
	}
	return names
}
