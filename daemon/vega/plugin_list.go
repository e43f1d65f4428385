package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/plugins/manifest"
)

// listed is a plugin as plugin list tells of it.
type listed struct {
	Name         string   `json:"name"`
	Version      string   `json:"version"`
	File         string   `json:"file"` // "" for one that ships with vega
	Digest       string   `json:"sha256"`
	SizeBytes    int      `json:"size_bytes"`
	Signer       string   `json:"signer"`  // the key that its signature names; "" for none
	Trusted      bool     `json:"trusted"` // by plugins.trusted_keys
	Refused      string   `json:"refused"` // why, "" if it is not
	Probes       []string `json:"probes"`
	Integrations []string `json:"integrations"`
}

func pluginListCommand() *cobra.Command {
	format := "text"
	c := &cobra.Command{
		Use:   "list",
		Short: "Show the plugins that the configuration finds, and who signed them",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format %q is not known; it is text or json", format)
			}
			cfg, err := pluginsOf(cmd)
			if err != nil {
				return err
			}
			all := []listed{}
			for _, f := range cfg.Plugins.Modules {
				all = append(all, list(cfg, f))
			}
			if format == "json" {
				e := json.NewEncoder(cmd.OutOrStdout())
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				err = e.Encode(all)
			} else {
				err = writeList(cmd.OutOrStdout(), all)
			}
			return err
		},
	}
	c.Flags().StringVar(&format, "format", format, "text or json")
	return c
}

func list(cfg *config.Config, f manifest.Found) listed {
	l := listed{File: f.File, Signer: f.Signature.Signer(), Probes: []string{}, Integrations: []string{}}
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

func writeList(out io.Writer, all []listed) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PLUGIN\tVERSION\tFILE\tSHA256\tSIZE\tSIGNED BY\tINTEGRATIONS")
	for _, l := range all {
		if l.Name == "" {
			fmt.Fprintf(w, "-\t\t%s\t\t\t%s\trefused: %s\n", baseOf(l.File), orNone(l.Signer), oneLine(l.Refused))
			continue
		}
		file, signer := baseOf(l.File), orNone(l.Signer)
		if l.File == "" {
			file, signer = "(bundled)", "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Name, oneLine(l.Version), file, l.Digest[:min(12, len(l.Digest))], fileSize(l.SizeBytes), signer, orNone(strings.Join(l.Integrations, ", ")))
	}
	return w.Flush()
}
