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

// rustWork is where cargo works on a project.
type rustWork struct {
	target  string
	wrapper string // "" for none
	done    func() // to be called when it has
}

// newRustWork gives the project a directory in the user's cache, so that its
// next build has little to do. It is not target/ in the project: a build leaves
// nothing there but the plugin, in any language, and cargo would begin anew
// whenever an editor's cargo, which knows nothing of our flags, had been there
// in between. Where the author says CARGO_TARGET_DIR, it is that.
func newRustWork(dir string) (rustWork, error) {
	w := rustWork{done: func() {}}
	base, err := os.UserCacheDir()
	if err != nil { // no home: each build begins anew
		if base, err = os.MkdirTemp("", "vega-build-"); err != nil {
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

// rustWrapper is what cargo calls instead of rustc. The number that cargo makes
// up for a crate decides the order of functions in the module, and comes from
// the place of each crate that lies outside of the project, as the SDK may. The
// crate's name and version are put in for it. Where there is no shell, a module
// with such a crate is another one in another place.
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

// writeProgram writes a program at once, unless it is there: another build may
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
