package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aead.dev/minisign"
)

// The variables that name the file of minisign's secret key, and that of its password.
const (
	keyVariable      = "VEGA_RELEASE_KEY"
	passwordVariable = "VEGA_RELEASE_PASSWORD_FILE"
)

// readKey reads the key that signs the release. It returns nil if none is named.
func readKey() (*minisign.PrivateKey, error) {
	path := os.Getenv(keyVariable)
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", keyVariable, err)
	}
	if !minisign.IsEncrypted(text) {
		var key minisign.PrivateKey
		if err := key.UnmarshalText(text); err != nil {
			return nil, fmt.Errorf("%s: %s is not a secret key of minisign: %w", keyVariable, path, err)
		}
		return &key, nil
	}
	file := os.Getenv(passwordVariable)
	if file == "" {
		return nil, fmt.Errorf("%s: %s has a password; name a file that contains it with %s", keyVariable, path, passwordVariable)
	}
	password, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", passwordVariable, err)
	}
	key, err := minisign.DecryptKey(strings.TrimRight(string(password), "\r\n"), text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s and the password in %s: %w", keyVariable, path, file, err)
	}
	return &key, nil
}

// sign writes a signature next to each file, in minisign's format. The same key gives
// the same signatures.
func sign(_ context.Context, r *release) error {
	if r.Key == nil {
		fmt.Printf("  the release is unsigned: %s does not name a key\n", keyVariable)
		return nil
	}
	names, err := files(r.Out)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := r.signFile(name); err != nil {
			return err
		}
	}
	public, ok := r.Key.Public().(minisign.PublicKey)
	if !ok {
		return errors.New("the secret key has no public key")
	}
	text, err := public.MarshalText()
	if err != nil {
		return err
	}
	_, key, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	fmt.Printf("  %d signatures; check them with: minisign -V -P %s -m FILE\n", len(names), key)
	return nil
}

func (r *release) signFile(name string) error {
	in, err := os.Open(filepath.Join(r.Out, name))
	if err != nil {
		return err
	}
	defer in.Close()
	hashed := minisign.NewReader(in)
	if _, err := io.Copy(io.Discard, hashed); err != nil {
		return err
	}
	trusted := fmt.Sprintf("timestamp:%d\tfile:%s\tvega %s, commit %s", r.Date.Unix(), name, r.Version, r.Commit)
	signature := hashed.SignWithComments(*r.Key, trusted, "signature of "+name+", "+r.Date.Format(time.DateOnly))
	return create(filepath.Join(r.Out, name+".minisig"), func(w io.Writer) error {
		_, err := w.Write(signature)
		return err
	})
}
