package plugin

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// entry is a plugin in the output of plugin list.
type entry struct {
	Name         string   `json:"name"`
	Version      string   `json:"version"`
	File         string   `json:"file"` // "" for a bundled plugin
	Digest       string   `json:"sha256"`
	SizeBytes    int      `json:"size_bytes"`
	Signer       string   `json:"signer"`  // the key that its signature names, or ""
	Trusted      bool     `json:"trusted"` // by plugins.trusted_keys
	Refused      string   `json:"refused"` // the reason, or ""
	Probes       []string `json:"probes"`
	Integrations []string `json:"integrations"`
}

func listCommand() *cobra.Command {
	format := "text"
	c := &cobra.Command{
		Use:   "list",
		Short: "List the plugins that the configuration finds, and who signed them",
		Example: `  vega plugin list
  vega plugin list --format json`,
		SuggestFor: []string{"ls"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadPlugins(cmd)
			if err != nil {
				return err
			}
			all := []entry{}
			for _, f := range cfg.Plugins.Modules {
				all = append(all, entryOf(cfg, f))
			}
			if format == "json" {
				return writeJSON(cmd.OutOrStdout(), all)
			}
			return writeList(cmd.OutOrStdout(), all)
		},
	}
	cli.Choice(c, &format, "format", "output format", "text", "json")
	return c
}

func entryOf(cfg *config.Config, f manifest.Found) entry {
	l := entry{File: f.File, Signer: f.Signature.Signer(), Probes: []string{}, Integrations: []string{}}
	if f.Err != nil {
		l.Refused = f.Err.Error()
	}
	if f.Module == nil {
		l.Digest = f.Digest
		return l
	}
	m := f.Module.Manifest
	l.Name, l.Version, l.Digest, l.SizeBytes = m.Name, m.Version, f.Module.Digest, f.Module.Size
	l.Trusted = f.File == "" || cfg.Plugins.Trust.Signed
	for _, p := range m.Probes {
		l.Probes = append(l.Probes, p.Name)
	}
	for _, i := range cfg.Integrations {
		if i.Plugin == m.Name {
			l.Integrations = append(l.Integrations, i.Name)
		}
	}
	return l
}

func writeList(out io.Writer, all []entry) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PLUGIN\tVERSION\tFILE\tSHA256\tSIZE\tSIGNED BY\tINTEGRATIONS")
	for _, l := range all {
		if l.Name == "" {
			fmt.Fprintf(w, "-\t\t%s\t\t\t%s\trefused: %s\n", baseName(l.File), console.OrNone(l.Signer), console.OneLine(l.Refused))
			continue
		}
		file, signer := baseName(l.File), console.OrNone(l.Signer)
		if l.File == "" {
			file, signer = "(bundled)", "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, console.OneLine(l.Version), file, l.Digest[:min(12, len(l.Digest))], check.Bytes(float64(l.SizeBytes)), signer, console.OrNone(console.Integrations(l.Integrations)))
	}
	return w.Flush()
}

// baseName returns the file name of a path for a table, "" for no path.
func baseName(path string) string {
	if path == "" {
		return ""
	}
	return manifest.FileName(path)
}
