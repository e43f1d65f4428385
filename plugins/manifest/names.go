package manifest

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Names decides which module serves a plugin name.
type Names struct {
	Bundled []Found  // the plugins that ship with vega
	Replace []string // names of bundled plugins that a file may replace
	Owners  Owners   // files that served each name before
}

// Resolve returns the bundled modules, followed by the dropped-in ones. Of
// several modules with the same name, one remains; the others are refused, with
// the reason in Err. A bundled module is replaced only if Replace lists its
// name. Among files, the owner serves the name as long as it exists, and
// otherwise the first.
func (n Names) Resolve(dropped []Found) []Found {
	out := slices.Clone(dropped)
	serves := map[string]string{}
	for i := range out {
		f := &out[i]
		if f.Module == nil {
			continue
		}
		name := f.Module.Manifest.Name
		err := n.bundled(name)
		if owner, ok := n.owner(name, dropped); err == nil && ok && owner != filepath.Base(f.File) {
			err = taken(name, owner)
		} else if other, ok := serves[name]; err == nil && ok {
			err = taken(name, other)
		}
		if err != nil {
			f.Module, f.Err = nil, err
			continue
		}
		serves[name] = filepath.Base(f.File)
	}
	bundled := slices.DeleteFunc(slices.Clone(n.Bundled), func(b Found) bool {
		_, replaced := serves[b.Module.Manifest.Name]
		return replaced
	})
	return append(bundled, out...)
}

// bundled returns why no file may replace the bundled plugin of that name, or
// nil if one may.
func (n Names) bundled(name string) error {
	b := Plugin(n.Bundled, name)
	switch {
	case b == nil:
		return nil
	case !b.Extra:
		return fmt.Errorf("%q is vega's core plugin, which can't be replaced; build the plugin under another name", name)
	case !slices.Contains(n.Replace, name):
		return fmt.Errorf("%q is the name of a plugin that ships with vega; to let this file replace it, set plugins { replace = [%q] }", name, name)
	default:
		return nil
	}
}

// owner returns the file that served the name before, if the file still exists,
// even if it is no longer valid.
func (n Names) owner(name string, dropped []Found) (string, bool) {
	owner, ok := n.Owners[name]
	return owner, ok && slices.ContainsFunc(dropped, func(f Found) bool { return filepath.Base(f.File) == owner })
}

func taken(name, file string) error {
	return fmt.Errorf("the plugin %q is served by %s; to serve it from this file, remove %s and reload", name, file, file)
}
