package keys

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	// maxFile limits the size of the file, in bytes.
	maxFile = 16 << 20
	// version is the format of the file. A change that an older version must not
	// ignore raises it; a new field of a key need not, see Key.Foreign.
	version = 1
)

// content is the file as it is stored.
type content struct {
	Version int               `json:"version"`
	Keys    []json.RawMessage `json:"keys"`
}

// The fields that this version knows.
var (
	contentFields = []string{"version", "keys"}
	keyFields     = []string{"name", "sha256", "scopes", "created", "expires", "previous"}
)

// Error is a file that can't be used. No key of it may be accepted.
type Error struct {
	Path string
	What string // what is wrong, with what to do
	Err  error  // the cause, or nil
}

// Error returns the path and what is wrong.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s %s: %v", e.Path, e.What, e.Err)
	}
	return e.Path + " " + e.What
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Read returns the keys in a data directory. Without a file, or without the
// directory, there are none. The error is an *Error, and nothing that the file can
// be makes Read wait.
func Read(dir string) (*Set, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &Set{}, nil
	}
	if err != nil {
		return nil, &Error{filepath.Join(dir, File), "can't be read", reason(err)}
	}
	defer root.Close()
	set, _, err := read(root, dir)
	return set, err
}

// read reads the file, and returns nil for info if there isn't one.
func read(root *os.Root, dir string) (_ *Set, info fs.FileInfo, _ error) {
	path := filepath.Join(dir, File)
	text, info, err := contents(root, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return &Set{}, nil, nil
	}
	if _, described := errors.AsType[*Error](err); err != nil && !described {
		err = &Error{path, "can't be read", reason(err)}
	}
	if err != nil {
		return nil, info, err
	}
	set, err := parse(path, text)
	return set, info, err
}

// contents returns the bytes of the file, which must be regular, no link, and
// writable by nobody but vega's user and root: who can change it can add keys.
func contents(root *os.Root, dir string) ([]byte, fs.FileInfo, error) {
	path := filepath.Join(dir, File)
	named, err := root.Lstat(File)
	if err != nil {
		return nil, nil, err
	}
	if !named.Mode().IsRegular() {
		return nil, named, &Error{path, "is not a regular file; move it away, or restore it from a backup", nil}
	}
	f, err := root.OpenFile(File, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, named, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !os.SameFile(named, info) {
		return nil, named, errors.Join(errReplaced, err)
	}
	if what := tampered(root, info); what != "" {
		return nil, info, &Error{path, what, nil}
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = &Error{path, fmt.Sprintf("is larger than %d MiB", maxFile>>20), nil}
	}
	return text, info, err
}

var errReplaced = errors.New("it was replaced while it was being read; try again")

// tampered says why somebody else may have written the file, "" if nobody may.
func tampered(root *os.Root, info fs.FileInfo) string {
	if modesTell && info.Mode().Perm()&0o022 != 0 {
		return fmt.Sprintf("has mode %04o, so other users may have added keys; check it with vega key list after: chmod 600", info.Mode().Perm())
	}
	uid, known := owner(info)
	if !known || uid == 0 || uid == os.Geteuid() {
		return ""
	}
	if home, err := root.Stat("."); err == nil {
		if of, _ := owner(home); of == uid {
			return ""
		}
	}
	return "belongs to a user other than its directory, who may have added keys; check it, and give it to the owner of the directory (chown)"
}

// parse decodes the file.
func parse(path string, text []byte) (*Set, error) {
	damaged := func(err error) error {
		return &Error{path, "is damaged; restore it from a backup, or move it away and add the keys again", err}
	}
	var c content
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, damaged(plain(err))
	}
	if unknown := unknownField(text, contentFields); c.Version > version || unknown != "" {
		return nil, &Error{path, "was written by a newer version of vega; use that, or move the file away and add the keys again", nil}
	}
	if c.Version != version {
		return nil, damaged(errors.New("it has no version"))
	}
	set, seen, digests := &Set{}, map[string]bool{}, map[Digest]bool{}
	for n, raw := range c.Keys {
		k, err := parseKey(raw)
		if err != nil {
			return nil, damaged(fmt.Errorf("key %d: %w", n+1, err))
		}
		if seen[k.Name] {
			return nil, damaged(fmt.Errorf("two keys have the name %q", k.Name))
		}
		seen[k.Name] = true
		for _, d := range k.digests() {
			if digests[d] {
				return nil, damaged(fmt.Errorf("key %q has the digest of another", k.Name))
			}
			digests[d] = true
		}
		set.Keys = append(set.Keys, k)
	}
	return set, nil
}

func (k *Key) digests() []Digest {
	all := []Digest{k.Digest}
	for _, p := range k.Previous {
		all = append(all, p.Digest)
	}
	return all
}

func parseKey(raw json.RawMessage) (Key, error) {
	var k Key
	if unknownField(raw, keyFields) != "" { // only the name is needed
		var named struct {
			Name string `json:"name"`
		}
		if err := json.Unmarshal(raw, &named); err != nil || !ValidName(named.Name) {
			return k, errors.New("it has no valid name")
		}
		return Key{Name: named.Name, Digest: DigestOf(string(raw)), raw: raw}, nil
	}
	err := json.Unmarshal(raw, &k)
	switch {
	case err != nil:
		return k, plain(err)
	case !ValidName(k.Name):
		return k, errors.New("it has no valid name")
	case k.Digest == Digest{}:
		return k, errors.New("it has no digest")
	case len(k.Scopes) == 0 || slices.Contains(k.Scopes, ""):
		return k, errors.New("it has no scopes")
	case k.Created.IsZero():
		return k, errors.New("it has no time of creation")
	}
	return k, nil
}

// unknownField returns a field of an object that is not among known, or "".
func unknownField(object []byte, known []string) string {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil { // the caller decodes it again, and reports the error
		return ""
	}
	for name := range fields {
		if !slices.Contains(known, name) {
			return name
		}
	}
	return ""
}

// plain returns an error of decoding without text from the file.
func plain(err error) error {
	if bad, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s is not what vega writes there", strings.ToValidUTF8(bad.Field, "?"))
	}
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is not JSON from byte %d", bad.Offset)
	}
	if errors.Is(err, errDigest) {
		return errDigest
	}
	return errors.New("it is not what vega writes")
}

// reason returns an error without the path, which an Error names anyway.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
