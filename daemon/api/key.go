package api

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// OwnKey returns the key in the file at path. If there is no such file, it creates
// a key. It refuses a file that other users can read.
func OwnKey(path string) (key string, made bool, err error) {
	var b [32]byte
	rand.Read(b[:]) // never returns an error
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		key, err = ReadKey(path)
		return key, false, err
	}
	if err != nil {
		return "", false, fmt.Errorf("create the API key: %w", err)
	}
	key = hex.EncodeToString(b[:])
	_, err = f.WriteString(key + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return "", false, fmt.Errorf("write the API key: %w", errors.Join(err, os.Remove(path)))
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
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("the API key in %s has mode %v, so other users may have read it; remove the file, and vega creates a new key", path, info.Mode())
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the API key: %w", err)
	}
	key := strings.TrimSpace(string(b))
	if len(key) < 32 {
		return "", fmt.Errorf("the API key in %s is incomplete; remove the file, and vega creates a new key", path)
	}
	return key, nil
}
