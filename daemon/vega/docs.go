package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/config/reference"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
)

func docsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "docs",
		Short: "Print the reference of vega.hcl, of plugin.hcl or of the commands",
		Example: `  vega docs config core.http    what the probe core.http takes
  vega docs plugin              what a plugin's manifest takes
  vega docs man check | man -l -`,
		SuggestFor: []string{"reference", "schema", "manual"},
		Args:       cli.Subcommand,
		RunE:       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(docsConfigCommand(), docsPluginCommand(), docsManCommand())
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
		Example: `  vega docs config                         everything
  vega docs config integration             a block
  vega docs config core.http.url           an option of a probe
  vega docs config --format jsonschema > vega.schema.json`,
	}, configReference)
}

// configReference returns the reference of vega.hcl, with the plugins that the
// configuration finds.
func configReference(cmd *cobra.Command) (*reference.Docs, error) {
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, cli.Failed(err)
	}
	path := cli.ConfigPath(cmd)
	if _, err := os.Stat(path); err != nil && cmd.Flags().Changed("config") {
		return nil, err
	}
	return reference.Config(config.Modules(path, config.Options{Bundled: bundled})), nil
}

func docsPluginCommand() *cobra.Command {
	return docsOf(&cobra.Command{
		Use:   "plugin [NAME]",
		Short: "Print every block and attribute of plugin.hcl, a plugin's manifest",
		Long: `Print the reference of plugin.hcl, the file next to a plugin's source: every
block and attribute with its type, default and allowed values. NAME shows one
entry, with an example: probe.option, or probe.option.type.`,
		Example: `  vega docs plugin                 everything
  vega docs plugin probe.option    how a probe declares an option`,
	}, func(*cobra.Command) (*reference.Docs, error) { return reference.Manifest(), nil })
}

// docsOf makes c print the reference that find returns.
func docsOf(c *cobra.Command, find func(*cobra.Command) (*reference.Docs, error)) *cobra.Command {
	var format string
	c.Args = cli.Args(0, 1)
	c.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		d, err := find(cmd)
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return d.Names(), cobra.ShellCompDirectiveNoFileComp
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		name := strings.Join(args, "")
		if format == "jsonschema" && name != "" {
			return fmt.Errorf("--format jsonschema describes the whole file; leave out %s", name)
		}
		d, err := find(cmd)
		if err != nil {
			return err
		}
		return writeDocs(cmd, d, name, format)
	}
	cli.Choice(c, &format, "format", "output format", "text", "markdown", "jsonschema")
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
