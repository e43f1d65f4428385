// Package main writes the small hostile modules to the directory that it is
// told: go run ./testdata/hostile/gen testdata/hostile.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"vega/plugins/testdata/hostile"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gen DIRECTORY")
		os.Exit(2)
	}
	for _, m := range hostile.Modules() {
		wasm := m.Wasm()
		if len(wasm) > hostile.MaxKept {
			continue // made anew by every test
		}
		if err := os.WriteFile(filepath.Join(os.Args[1], m.Name+".wasm"), wasm, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
