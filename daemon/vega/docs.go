package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/config/reference"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
)

var docFormats = []string{"text", "markdown", "jsonschema"}

func docsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "docs",
		Short: "Print the reference of vega.hcl or plugin.hcl",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(docsConfigCommand(), docsPluginCommand())
	return c
}

func docsConfigCommand() *cobra.Command {
	return docsOf(&cobra.Command{
		Use:   "config [NAME]",
		Short: "Print every block and attribute of vega.hcl, and every probe's options",
		Long: `Print the reference of vega.hcl: every block and attribute with its type,
default and bounds, how to write values, and the probes, including those in the
configured plugin directory. It is generated from the tables that vega decodes
the file with.

NAME shows one entry, with an example: a block (integration), an attribute
(server.port), a plugin (core), a probe (core.http), one of its options
(core.http.url) or a function (env). --format jsonschema describes the shape of
the whole file, for editors and for tools that read HCL as JSON.`,
	}, func(cmd *cobra.Command) (*reference.Docs, error) {
		bundled, err := catalog.Bundled()
		if err != nil {
			return nil, cli.Failed(err)
		}
		path := cli.ConfigPath(cmd)
		if _, err := os.Stat(path); err != nil && cmd.Flags().Changed("config") {
			return nil, err
		}
		return reference.Config(config.Modules(path, config.Options{Bundled: bundled})), nil
	})
}

func docsPluginCommand() *cobra.Command {
	return docsOf(&cobra.Command{
		Use:   "plugin [NAME]",
		Short: "Print every block and attribute of plugin.hcl, a plugin's manifest",
		Long: `Print the reference of plugin.hcl, the file next to a plugin's source: every
block and attribute with its type, default and allowed values. NAME shows one
entry, with an example: probe.option, or probe.option.type.`,
	}, func(*cobra.Command) (*reference.Docs, error) { return reference.Manifest(), nil })
}

// docsOf makes c print the reference that find returns.
func docsOf(c *cobra.Command, find func(*cobra.Command) (*reference.Docs, error)) *cobra.Command {
	var format string
	c.Args = cobra.MaximumNArgs(1)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		name := strings.Join(args, "")
		switch {
		case !slices.Contains(docFormats, format):
			return fmt.Errorf("--format %s: use one of %s", format, strings.Join(docFormats, ", "))
		case format == "jsonschema" && name != "":
			return fmt.Errorf("--format jsonschema describes the whole file; leave out %s", name)
		}
		d, err := find(cmd)
		if err != nil {
			return err
		}
		return writeDocs(cmd, d, name, format)
	}
	c.Flags().StringVar(&format, "format", "text", "output format: "+strings.Join(docFormats, ", "))
	return c
}

func writeDocs(cmd *cobra.Command, d *reference.Docs, name, format string) error {
	out := cmd.OutOrStdout()
	if format == "jsonschema" {
		return d.WriteJSONSchema(out)
	}
	topic, err := d.Find(name)
	switch {
	case err != nil:
		return fmt.Errorf("%w (leave out the name to print everything)", err)
	case format == "markdown":
		return topic.WriteMarkdown(out)
	default:
		return topic.WriteText(out, console.HasColor(out))
	}
}
