package main

import (
	"crypto/rand"
	"os"
)

// scribble overwrites the bytes of a file from an offset on with random ones, at most
// so many, without changing its size.
func scribble(path string, from, most int64) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return scribbleTo(path, from, min(info.Size(), from+most))
}

// scribbleTo writes random bytes between two offsets.
func scribbleTo(path string, from, to int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	block := make([]byte, 1<<16)
	for from < to {
		_, _ = rand.Read(block) // never fails
		n, err := f.WriteAt(block[:min(int64(len(block)), to-from)], from)
		if err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}

// cut truncates a file to a part of its size, or to nothing.
func cut(path string, parts int64) error {
	if parts == 0 {
		return os.Truncate(path, 0)
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Truncate(path, info.Size()/parts)
}
