package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// part is the directory in which a release is made: OUTDIR.part. Whenever the process
// ends, OUTDIR is complete or does not exist. The next release removes what a killed
// one left.
type part struct {
	out   string
	dir   string
	files string // becomes out
	work  string
	lock  *os.File
}

// newPart creates the directory. It fails if out exists, or if another release to
// out is in progress.
func newPart(out string) (*part, error) {
	out, err := filepath.Abs(out)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(out); err == nil {
		return nil, fmt.Errorf("%s exists; choose a new directory, or remove it first", out)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	dir := out + ".part"
	p := &part{out: out, dir: dir, files: filepath.Join(dir, "files"), work: filepath.Join(dir, "work")}
	if err := p.take(); err != nil {
		return nil, err
	}
	for _, d := range []string{p.files, p.work} {
		if err := errors.Join(removeAll(d), os.Mkdir(d, 0o755)); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

// take creates and locks the directory. The kernel releases the lock when the process
// ends.
func (p *part) take() error {
	if err := os.Mkdir(p.dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	lock, err := os.OpenFile(p.dir, syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("another release to %s is in progress", p.out)
		}
		return fmt.Errorf("lock %s: %w", p.dir, err)
	}
	p.lock = lock
	return nil
}

// complete writes the files through to the disk, and gives them their name.
func (p *part) complete() error {
	err := filepath.WalkDir(p.files, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return flush(path)
	})
	if err != nil {
		return err
	}
	if err := os.Rename(p.files, p.out); err != nil {
		return err
	}
	return flush(filepath.Dir(p.out))
}

// close removes what is left of the directory.
func (p *part) close() {
	_ = removeAll(p.dir) // an error leaves what the next release removes
	p.lock.Close()
}

// flush writes a file or directory through to the disk.
func flush(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// removeAll removes a tree, also one whose directories are read-only, such as a
// cache of modules.
func removeAll(dir string) error {
	err := os.RemoveAll(dir)
	if err == nil {
		return nil
	}
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return nil
	})
	return os.RemoveAll(dir)
}
