// Package main is the vega command line: each verb in a file of its own.
//
// Start at run, which is the whole program but for the exit. The package only
// wires: what is done is done by daemon, daemon/api and daemon/config. It
// refuses unknown flags and arguments, and says by its exit code what came of
// it (exit.go).
package main

import (
	"context"
	"io"
	"log"
	"os"
)

func main() {
	// Package net/http writes a line there for each frame of HTTP/2 that it does not
	// know, and a target can send as many as it likes. Vega has a log of its own.
	log.SetOutput(io.Discard)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program; what it returns is the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(context.Background())
	return exitCode(cmd, err)
}
