package input

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"vega/daemon/config/syntax"
)

// ErrLarge reports a file that is larger than vega reads.
var ErrLarge = errors.New("it is too large")

var (
	errNotRegular = errors.New("it is not a regular file")
	errDirectory  = errors.New("it is a directory")
)

// ReadRegular reads a regular file of at most limit bytes. It follows links, and
// refuses pipes, devices and directories without opening them.
func ReadRegular(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errDirectory
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	if info.Size() > limit {
		return nil, ErrLarge
	}
	b := make([]byte, 0, info.Size()+1) // one more byte, to detect the end
	for {
		n, err := f.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case int64(len(b)) > limit:
			return nil, ErrLarge
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil:
			return nil, err
		case len(b) == cap(b): // the file grew
			b = append(b, 0)[:len(b)]
		}
	}
}

// ReadFile reads a configuration file: a regular one of at most syntax.MaxFile
// bytes.
func ReadFile(path string) ([]byte, error) {
	b, err := ReadRegular(path, syntax.MaxFile)
	switch {
	case err == nil:
		return b, nil
	case errors.Is(err, ErrLarge):
		return nil, fmt.Errorf("%s is larger than %d MiB, the limit of a configuration file", path, syntax.MaxFile>>20)
	case errors.Is(err, errDirectory):
		return nil, fmt.Errorf("%s is a directory; %s", path, Remedy(path, err))
	default:
		return nil, &fs.PathError{Op: "read", Path: path, Err: Reason(err)}
	}
}

// Remedy says what to do about a file that ReadRegular can't read.
func Remedy(path string, err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "run the command as root or as vega's user, for example with sudo; if that does not help, let vega's user read the file"
	}
	if !errors.Is(err, errDirectory) {
		return "name a regular file that vega's user may read"
	}
	file := filepath.Join(path, "vega.hcl")
	if _, err := os.Stat(file); err == nil {
		return "name the file in it: " + file
	}
	return "name a file"
}

// Reason returns an error without the path, which a diagnostic names anyway.
func Reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}
