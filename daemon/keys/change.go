package keys

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// lockTime limits how long Change waits for another one.
	lockTime = 10 * time.Second
	// partPrefix begins the name of a file that is being written.
	partPrefix = "." + File + "."
)

// errLocked reports that another process changes the file.
var errLocked = errors.New("another command changes the keys")

// Change changes the keys in a data directory, which must exist. One Change runs
// at a time. The file is replaced as a whole, so that a reader, a failure, a full
// disk or the end of the process leaves either all of the old or all of the new
// one. It belongs to the owner of the directory, also if root changes it. If change
// returns an error, nothing changes, and Change returns that error.
func Change(dir string, change func(*Set) error) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the data directory: %w", err)
	}
	defer root.Close()
	release, err := lock(root)
	if err != nil {
		return fmt.Errorf("lock the keys in %s: %w", dir, err)
	}
	defer release()
	set, _, err := read(root, dir)
	if err != nil {
		return err
	}
	if err := change(set); err != nil {
		return err
	}
	text, err := encode(set)
	if err != nil {
		return err
	}
	sweep(root)
	if err := replace(root, text); err != nil {
		return fmt.Errorf("%s was not changed: %w", filepath.Join(dir, File), err)
	}
	return nil
}

// lock waits until no other process changes the file.
func lock(root *os.Root) (release func(), err error) {
	for end := time.Now().Add(lockTime); ; time.Sleep(20 * time.Millisecond) {
		release, err = tryLock(root)
		if !errors.Is(err, errLocked) || time.Now().After(end) {
			return release, err
		}
	}
}

// encode returns the content of the file. It keeps the keys of a newer version as
// they are.
func encode(set *Set) ([]byte, error) {
	c := content{Version: version, Keys: []json.RawMessage{}}
	for _, k := range set.Keys {
		raw := k.raw
		if raw == nil {
			var err error
			if raw, err = json.Marshal(k); err != nil {
				return nil, fmt.Errorf("encode the keys: %w", err)
			}
		}
		c.Keys = append(c.Keys, raw)
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode the keys: %w", err)
	}
	return append(text, '\n'), nil
}

// sweep removes what processes left that ended while they wrote.
func sweep(root *os.Root) {
	home, err := root.Open(".")
	if err != nil {
		return
	}
	defer home.Close()
	names, _ := home.Readdirnames(-1)
	for _, name := range names {
		if strings.HasPrefix(name, partPrefix) {
			_ = root.Remove(name) // only its space is lost
		}
	}
}

// replace writes the file.
func replace(root *os.Root, text []byte) (err error) {
	home, err := root.Stat(".")
	if err != nil {
		return err
	}
	part := partPrefix + rand.Text()
	f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(root.Remove(part)))
		}
	}()
	_, err = f.Write(text)
	if err = errors.Join(err, f.Chmod(0o600), giveTo(f, home), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := root.Rename(part, File); err != nil {
		return err
	}
	syncDir(root)
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
