package realtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Vega returns the path of the program to test: what VEGA_PROGRAM names, or else this
// source tree's, which the first call builds. dir is where it does, so it must last until
// the last test of the process has ended.
func Vega(t testing.TB, dir string) string {
	t.Helper()
	if p := os.Getenv("VEGA_PROGRAM"); p != "" {
		return p
	}
	vega.once.Do(func() {
		vega.path = filepath.Join(dir, "vega")
		if out, err := exec.Command("go", "build", "-o", vega.path, "vega/daemon/vega").CombinedOutput(); err != nil {
			vega.err = fmt.Errorf("build vega: %w\n%s", err, out)
		}
	})
	if vega.err != nil {
		t.Fatal(vega.err)
	}
	return vega.path
}

// vega is the program that was built, or why that failed.
var vega struct {
	once sync.Once
	path string
	err  error
}
