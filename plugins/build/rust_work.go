package build

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// rustWork is the directory in which cargo builds a project.
type rustWork struct {
	target  string
	wrapper string // "" if there isn't one
	done    func() // must be called after the build
}

// newRustWork gives the project a directory in the user's cache, so that the
// next build is incremental. It does not use the project's target/: a build in
// any language leaves only the plugin there, and an editor's cargo, which does
// not use our flags, would cause a full rebuild each time. If CARGO_TARGET_DIR
// is set, it is used instead.
func newRustWork(dir string) (rustWork, error) {
	w := rustWork{done: func() {}}
	base, err := os.UserCacheDir()
	if err != nil { // no home directory: each build starts from scratch
		if base, err = makeTemp(); err != nil {
			return w, err
		}
		w.done = func() { _ = os.RemoveAll(base) }
	}
	base = filepath.Join(base, "vega", "rust")
	if w.target = os.Getenv("CARGO_TARGET_DIR"); w.target == "" {
		place := sha256.Sum256([]byte(dir))
		w.target = filepath.Join(base, fmt.Sprintf("%s-%x", filepath.Base(dir), place[:6]))
	}
	if runtime.GOOS == "windows" {
		return w, nil
	}
	w.wrapper = filepath.Join(base, "rustc.sh")
	if err := writeProgram(w.wrapper, rustWrapper); err != nil {
		w.done()
		return w, err
	}
	return w, nil
}

// rustWrapper is the script that cargo calls instead of rustc. Cargo derives a
// crate's metadata hash, which decides the order of functions in the module,
// from the directory of each crate outside the project, such as the SDK. The
// script replaces it with the crate's name and version. Without a shell, a
// module with such a crate depends on the directory.
const rustWrapper = `#!/bin/sh
# Written by vega plugin build.
for argument do
	shift
	case $argument in
	metadata=*) [ -z "$CARGO_PKG_NAME" ] || argument=metadata=$CARGO_PKG_NAME-$CARGO_PKG_VERSION ;;
	esac
	set -- "$@" "$argument"
done
exec "$@"
`

// writeProgram writes a program atomically, unless it exists: another build may
// be running it.
func writeProgram(path, text string) error {
	have, err := os.ReadFile(path)
	if err == nil && string(have) == text {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".rustc-*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(text)
	if err = errors.Join(err, temp.Chmod(0o755), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}
