package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"vega/plugins/shortage"
)

// policyFiles returns the names of the files in a directory policies that belong to a
// configuration. The directory need not exist.
func policyFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.Name(), ".hcl") && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Paths returns the files that a configuration is read from: path itself, and
// those in the directory policies next to it.
func Paths(path string) ([]string, error) {
	dir := filepath.Join(filepath.Dir(path), "policies")
	names, err := policyFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("list the policies next to %s: %w", path, err)
	}
	paths := []string{path}
	for _, name := range names {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths, nil
}

// Watched returns the files that reading a configuration again would read: path,
// the policies next to it as far as they can be listed, and what the patterns of
// include match now; vega.env; and those that it named before. It returns an error only if
// a resource shortage prevents listing them.
func Watched(path string, before Summary) ([]string, error) {
	paths, err := Paths(path)
	if short := shortage.Of(err); short != nil {
		return nil, short
	}
	if err != nil {
		paths = []string{path} // reading the configuration reports what is wrong with the directory
	}
	for _, pattern := range before.Globs {
		found, err := matching(pattern)
		if short := shortage.Of(err); short != nil {
			return nil, short
		}
		paths = append(append(paths, pattern), found...)
	}
	if before.Env != "" {
		paths = append(paths, before.Env)
	}
	return append(append(paths, before.Read...), before.Named...), nil
}

// MissingFix returns the fix for a file that does not exist: what its name most
// likely should be, or otherwise the one that is given.
func MissingFix(name, otherwise string) string {
	switch {
	case strings.HasPrefix(name, "~"):
		return "write the whole path; vega does not replace ~ as a shell does"
	case strings.HasPrefix(name, "http://"), strings.HasPrefix(name, "https://"):
		return "name a file of this machine; vega does not fetch one from a URL"
	default:
		return otherwise
	}
}
