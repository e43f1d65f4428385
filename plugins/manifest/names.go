package manifest

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Names decides which module serves the plugin of a name.
type Names struct {
	Bundled []Found  // the plugins that ship with vega
	Replace []string // those of them that a file may take the place of
	Owners  Owners   // who served a name before
}

// Resolve returns the bundled modules and the dropped ones, in that order. Of the
// modules of one name, one is left; the others are refused, with the reason in Err.
// A bundled one gives way only where Replace has its name; of files, the owner
// serves, as long as it is there, and before there is one, the first.
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

// bundled says why no file may serve the name of a bundled plugin; nil where one
// may.
func (n Names) bundled(name string) error {
	b := Plugin(n.Bundled, name)
	switch {
	case b == nil:
		return nil
	case !b.Extra:
		return fmt.Errorf("%q is the plugin that vega is made of, which no other can replace; build it under another name", name)
	case !slices.Contains(n.Replace, name):
		return fmt.Errorf("%q is the name of a plugin that ships with vega; if this file is to take its place, write plugins { replace = [%q] }", name, name)
	default:
		return nil
	}
}

// owner is the file that served the name before, if it is still there; what it
// holds now may be refused.
func (n Names) owner(name string, dropped []Found) (string, bool) {
	owner, ok := n.Owners[name]
	return owner, ok && slices.ContainsFunc(dropped, func(f Found) bool { return filepath.Base(f.File) == owner })
}

func taken(name, file string) error {
	return fmt.Errorf("the plugin %q is in %s, which keeps the name; to let this file serve it, remove %s and reload", name, file, file)
}
