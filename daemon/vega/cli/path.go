package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// message returns the text of an error. For an error of a file it names the file
// first instead of the system call, and says what to do unless the error does.
func message(err error) string {
	text := err.Error()
	p, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return text
	}
	plain := p.Path + ": " + p.Err.Error()
	text = strings.Replace(text, p.Error(), plain, 1)
	if todo := remedy(p); todo != "" && strings.HasSuffix(text, plain) {
		text += "; " + todo
	}
	return text
}

// remedy says what to do about an error of a file, or is "".
func remedy(p *fs.PathError) string {
	switch {
	case errors.Is(p.Err, fs.ErrNotExist):
		dir := filepath.Dir(p.Path)
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			return "there is no directory " + dir
		}
		return "check the path"
	case errors.Is(p.Err, fs.ErrPermission):
		return "change its mode or owner, or run vega as another user"
	case errors.Is(p.Err, syscall.EISDIR):
		return "name a file"
	case errors.Is(p.Err, syscall.ENOTDIR):
		return "a part of the path is a file, not a directory"
	case errors.Is(p.Err, syscall.EROFS):
		return "choose a path on a file system that can be written"
	default:
		return ""
	}
}
