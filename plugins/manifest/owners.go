package manifest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Owners maps a plugin name to the base name of the file that serves it. A file
// that is added later does not take over the name, even if it sorts first.
type Owners map[string]string

// OwnersFile is the name of the owners file in vega's data directory.
const OwnersFile = "plugins.json"

// maxOwners bounds the size of the owners file, in bytes.
const maxOwners = 1 << 20

type ownersFile struct {
	Owners Owners `json:"owners"`
}

// ReadOwners reads the file at path. A missing file means no owners.
func ReadOwners(path string) (Owners, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // the parent directory may be missing, too
		return Owners{}, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // reading a pipe would wait for a writer
		return nil, fmt.Errorf("%s is not a regular file; remove it, and vega recreates it from the plugins that it finds", path)
	case info.Size() > maxOwners:
		return nil, fmt.Errorf("%s is %d bytes; at most %d are allowed", path, info.Size(), maxOwners)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var f ownersFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, fmt.Errorf("%s is damaged: %w; remove it, and vega recreates it from the plugins that it finds", path, err)
	}
	if f.Owners == nil {
		f.Owners = Owners{}
	}
	return f.Owners, nil
}

// Write replaces the file at path atomically, or removes it if there is no
// owner.
func (o Owners) Write(path string) error {
	if len(o) == 0 {
		if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := json.MarshalIndent(ownersFile{o}, "", "  ")
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), OwnersFile+".*")
	if err != nil {
		return err
	}
	_, err = temp.Write(append(text, '\n'))
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// Without returns a copy of o without the given files.
func (o Owners) Without(files []string) Owners {
	out := maps.Clone(o)
	maps.DeleteFunc(out, func(_, owner string) bool {
		return slices.ContainsFunc(files, func(f string) bool { return filepath.Base(f) == owner })
	})
	return out
}

// With returns a copy of o with the files that serve now.
func (o Owners) With(found []Found) Owners {
	out := maps.Clone(o)
	if out == nil {
		out = Owners{}
	}
	for _, f := range found {
		if f.File != "" && f.Module != nil {
			out[f.Module.Manifest.Name] = filepath.Base(f.File)
		}
	}
	return out
}
