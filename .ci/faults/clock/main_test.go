package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// program sets each offset and prints it once its wall clock has moved by it. It
// doesn't end if that never happens.
const program = `package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	began := time.Now()
	for _, offset := range []string{"9600h", "-500000h", "1h"} {
		for _, text := range []string{"9600", offset + "\n"} {
			if err := os.WriteFile(os.Args[1]+".new", []byte(text), 0o600); err != nil {
				panic(err)
			}
			if err := os.Rename(os.Args[1]+".new", os.Args[1]); err != nil {
				panic(err)
			}
		}
		var moved, took time.Duration
		for want, _ := time.ParseDuration(offset); moved != want; time.Sleep(time.Millisecond) {
			took = time.Since(began)
			moved = (time.Now().Round(0).Sub(began.Round(0)) - took).Round(time.Hour)
		}
		fmt.Println(moved, took > 0 && time.Since(began) >= took)
	}
}
`

func TestOnlyTheWallClockMoves(t *testing.T) {
	dir := t.TempDir()
	overlay, err := write(dir)
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "go", "run", "-overlay", overlay, source, filepath.Join(dir, "offset"))
	run.Env = append(os.Environ(), "CLOCK_OFFSET="+filepath.Join(dir, "offset"))
	out, err := run.CombinedOutput()
	want := "9600h0m0s true\n-500000h0m0s true\n1h0m0s true\n"
	if err != nil || !strings.HasSuffix(string(out), want) {
		t.Errorf("%s%v, want\n%s", out, err, want)
	}
}
