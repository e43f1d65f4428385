package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
)

var docFormats = []string{"text", "markdown", "jsonschema"}

func docsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "docs",
		Short: "Print the reference of what may be written in a file",
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
default and bounds, how values are written, and the probes, those in the plugin
directory of the configuration too. It is made of what vega decodes by.

NAME shows one thing, with an example: a block (integration), an attribute
(server.port), a plugin (core), a probe (core.http), one of its options
(core.http.url) or a function (env). --format jsonschema is the shape of the
whole file, for editors and for tools that read HCL as JSON.`,
	}, func(cmd *cobra.Command) (*config.Docs, error) {
		bundled, err := catalog.Bundled()
		if err != nil {
			return nil, failed(err)
		}
		path := configPath(cmd)
		if _, err := os.Stat(path); err != nil && cmd.Flags().Changed("config") {
			return nil, err
		}
		return config.Reference(config.Modules(path, config.Options{Bundled: bundled})), nil
	})
}

func docsPluginCommand() *cobra.Command {
	return docsOf(&cobra.Command{
		Use:   "plugin [NAME]",
		Short: "Print every block and attribute of plugin.hcl, a plugin's manifest",
		Long: `Print the reference of plugin.hcl, which stands beside the source of a plugin:
every block and attribute with its type, default and allowed values. NAME shows
one of them, with an example: probe.option, or probe.option.type.`,
	}, func(*cobra.Command) (*config.Docs, error) { return config.ManifestReference(), nil })
}

// docsOf makes c print what find gives.
func docsOf(c *cobra.Command, find func(*cobra.Command) (*config.Docs, error)) *cobra.Command {
	var format string
	c.Args = cobra.MaximumNArgs(1)
	c.RunE = func(cmd *cobra.Command, args []string) error {
		name := strings.Join(args, "")
		switch {
		case !slices.Contains(docFormats, format):
			return fmt.Errorf("--format %s: it is one of %s", format, strings.Join(docFormats, ", "))
		case format == "jsonschema" && name != "":
			return fmt.Errorf("--format jsonschema is of the whole file; leave out %s", name)
		}
		d, err := find(cmd)
		if err != nil {
			return err
		}
		return writeDocs(cmd, d, name, format)
	}
	c.Flags().StringVar(&format, "format", "text", strings.Join(docFormats, ", "))
	return c
}

func writeDocs(cmd *cobra.Command, d *config.Docs, name, format string) error {
	out := cmd.OutOrStdout()
	if format == "jsonschema" {
		return d.WriteJSONSchema(out)
	}
	topic, err := d.Find(name)
	switch {
	case err != nil:
		return fmt.Errorf("%w (without a name, all of it is shown)", err)
	case format == "markdown":
		return topic.WriteMarkdown(out)
	default:
		return topic.WriteText(out, inColor(out))
	}
}
