// Package cli holds what every command of vega shares: how it reads the
// configuration that -c names (config.go), declares arguments, flags and what
// shells complete (args.go, flags.go, complete.go), and how its error becomes a
// message and an exit code (path.go, exit.go).
//
// A command returns Failed(err) to exit with 1, Unchecked(err) or an Exit for
// another code, and any other error for wrong usage. ExitCode prints it.
package cli
