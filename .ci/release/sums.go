package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

const sumsFile = "SHA256SUMS"

// checksums writes the digests of all files, in the format of sha256sum.
func checksums(_ context.Context, r *release) error {
	names, err := files(r.Out)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, name := range names {
		sum, err := digest(filepath.Join(r.Out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%s  %s\n", sum, name)
	}
	return create(filepath.Join(r.Out, sumsFile), func(w io.Writer) error {
		_, err := io.WriteString(w, text.String())
		return err
	})
}

// files lists the names of the files in a directory, in order.
func files(dir string) ([]string, error) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names, nil
}

// digest returns the SHA-256 digest of a file in hexadecimal.
func digest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// list prints the files of a release with their sizes.
func list(dir string) error {
	names, err := files(dir)
	if err != nil {
		return err
	}
	fmt.Println(dir)
	for _, name := range names {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		fmt.Printf("  %11d  %s\n", info.Size(), name)
	}
	return nil
}
