package api

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"vega/daemon/keys"
)

// maxKeyFile limits how much of the file of a key is read, in bytes.
const maxKeyFile = 4 << 10

// minKey is the length of the shortest key that OwnKey ever made, in bytes.
const minKey = len(keys.Prefix) + 26

// OwnKey returns the key in the file at path. If there is no such file, it creates
// a key; the file never holds only a part of it, also if the machine fails meanwhile.
// It refuses a file that other users can read.
func OwnKey(path string) (key string, made bool, err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		key, err := ReadKey(path)
		return key, false, err
	}
	key = keys.New()
	temp, err := os.CreateTemp(filepath.Dir(path), ".api_key.*") // with mode 0600
	if err != nil {
		return "", false, fmt.Errorf("create the API key: %w", err)
	}
	_, err = temp.WriteString(key + "\n")
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return "", false, fmt.Errorf("write the API key: %w", errors.Join(err, os.Remove(temp.Name())))
	}
	return key, true, nil
}

// ReadKey returns the key that OwnKey wrote to path. The error is fs.ErrNotExist
// if there is no such file.
func ReadKey(path string) (string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return "", fmt.Errorf("read the API key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("the API key in %s is not a regular file (links are not followed); remove it, and vega creates a new key", path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("the API key in %s has mode %v, so other users may have read it; remove the file, and vega creates a new key", path, info.Mode())
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", fmt.Errorf("read the API key: %w", err)
	}
	defer f.Close()
	// A link that replaced the file meanwhile must not make root send another file.
	if opened, err := f.Stat(); err != nil || !os.SameFile(info, opened) {
		return "", fmt.Errorf("read the API key: %s was replaced meanwhile; try again: %w", path, errors.Join(fs.ErrInvalid, err))
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return "", fmt.Errorf("read the API key: %w", err)
	}
	key := strings.TrimSpace(string(b))
	if len(key) < minKey {
		return "", fmt.Errorf("the API key in %s is incomplete; remove the file, and vega creates a new key", path)
	}
	return key, nil
}
