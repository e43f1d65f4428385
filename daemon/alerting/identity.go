package alerting

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// IdentityFile is the name of the file in the data directory that identifies this vega to
// services that keep state.
const IdentityFile = "id"

// Identity returns what is in the identity file of a data directory, which it creates if
// necessary. With an error, the identity is valid until the next start.
func Identity(dataDir string) (string, error) {
	path := filepath.Join(dataDir, IdentityFile)
	text, err := os.ReadFile(path)
	if id := strings.TrimSpace(string(text)); err == nil && validIdentity(id) {
		return id, nil
	}
	var random [8]byte
	rand.Read(random[:])
	id := hex.EncodeToString(random[:])
	if err == nil || errors.Is(err, fs.ErrNotExist) { // absent, empty or damaged
		err = replaceFile(path, id+"\n")
	}
	if err != nil {
		return id, fmt.Errorf("keep the identity of this vega: %w; until that works, a service may show the same incident twice after a restart", err)
	}
	return id, nil
}

// validIdentity reports whether an identity can be part of a key.
func validIdentity(id string) bool {
	valid := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' }
	return id != "" && len(id) <= 64 && strings.IndexFunc(id, func(r rune) bool { return !valid(r) }) < 0
}

// replaceFile writes a file as a whole.
func replaceFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".id-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
