package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
)

// release describes this program, as the Go toolchain recorded it.
type release struct {
	Version  string `json:"version"`  // "(devel)" if it is not a release
	Commit   string `json:"commit"`   // "" if it is unknown
	Date     string `json:"date"`     // of the commit; "" if it is unknown
	Modified bool   `json:"modified"` // the sources differed from the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func versionCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version, commit and date of vega, and the version of Go",
		Example: `  vega version
  vega version --format json`,
		SuggestFor: []string{"about"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			if format == "json" {
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				return e.Encode(version())
			}
			_, err := fmt.Fprintln(out, version())
			return err
		},
	}
	cli.Choice(c, &format, "format", "output format", "text", "json")
	return c
}

// version returns what the build recorded.
func version() release {
	b := release{Version: "(devel)", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// String returns one line.
func (b release) String() string {
	text := "vega " + b.Version
	if b.Commit != "" {
		day, _, _ := strings.Cut(b.Date, "T")
		text += fmt.Sprintf(" (%s, %s)", b.Commit[:min(12, len(b.Commit))], day)
	}
	return text + " " + b.Go + " " + b.Platform
}
