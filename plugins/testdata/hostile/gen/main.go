// Package main writes the small hostile modules to a directory:
// go run ./testdata/hostile/gen testdata/hostile.
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
			continue // each test generates it
		}
		if err := os.WriteFile(filepath.Join(os.Args[1], m.Name+".wasm"), wasm, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
