// Package main is the vega command. Each verb has a file of its own, and
// package plugin has the verbs of vega plugin.
//
// Start at run, which is the whole program except for os.Exit. The package only
// wires: daemon, daemon/api and daemon/config do the work, package cli reads the
// configuration and turns errors into exit codes, package console prints tables,
// package client asks a running daemon, and package manual writes manual pages.
package main

import (
	"context"
	"io"
	"log"
	"os"

	"vega/daemon/vega/cli"
)

func main() {
	// Package net/http logs a line for each HTTP/2 frame that it does not know,
	// and a target can send any number of them. Vega has its own log.
	log.SetOutput(io.Discard)
	ownFiles()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run runs the program and returns its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(context.Background())
	return cli.ExitCode(cmd, err)
}
