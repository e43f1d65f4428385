package plugin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/plugins"
	"vega/plugins/manifest"
)

func inspectCommand() *cobra.Command {
	format := "text"
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a plugin is and may ask for, without running it",
		Long: `Inspect reads a .wasm file as vega does before it loads one, and shows its
manifest, the options and capabilities of each probe with the reason for each,
its imports, the memory it can take, and why vega would refuse it. It runs and
compiles nothing. The exit code is 1 if vega would refuse the plugin.`,
		Example: `  vega plugin inspect stock.wasm
  vega plugin inspect --format json stock.wasm`,
		SuggestFor:        []string{"show", "info"},
		Args:              cli.Args(1, 1),
		ValidArgsFunction: cli.Files("wasm"),
		RunE: func(cmd *cobra.Command, args []string) error {
			wasm, err := readModule(args[0])
			if err != nil {
				return err
			}
			i := plugins.Inspect(wasm)
			if err := judgeName(i, args[0]); err != nil {
				return err
			}
			return inspect(cmd.OutOrStdout(), args[0], i, format)
		},
	}
	cli.Choice(c, &format, "format", "output format", "text", "json")
	return c
}

// judgeName adds the reason for refusing a file that has the name of a plugin that ships
// with vega. What plugins.replace allows in some configuration is not refused.
func judgeName(i *plugins.Inspection, path string) error {
	bundled, err := catalog.Bundled()
	if err != nil || i.Manifest == nil || slices.ContainsFunc(bundled, func(b manifest.Found) bool { return b.Module.Digest == i.Digest }) {
		return err
	}
	it := manifest.Found{File: path, Module: &manifest.Module{Manifest: i.Manifest}}
	for _, f := range (manifest.Names{Bundled: bundled, Replace: []string{i.Manifest.Name}}).Resolve([]manifest.Found{it}) {
		if f.Err != nil {
			i.Refused = append(i.Refused, f.Err.Error())
		}
	}
	return nil
}

// writeJSON writes a value as indented JSON, without HTML escapes.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func inspect(out io.Writer, path string, i *plugins.Inspection, format string) error {
	var err error
	if format == "json" {
		err = writeJSON(out, i)
	} else {
		err = writeInspection(out, path, i)
	}
	if err != nil {
		return err
	}
	if len(i.Refused) > 0 {
		return cli.Failed(errors.New("vega would refuse " + path + ": " + console.OneLine(strings.Join(i.Refused, "; "))))
	}
	return nil
}

func writeInspection(out io.Writer, path string, i *plugins.Inspection) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if m := i.Manifest; m != nil {
		fmt.Fprintf(w, "plugin\t%s %s, %s\n", m.Name, console.OneLine(m.Version), m.ABI)
		if m.Description != "" {
			fmt.Fprintf(w, "\t%s\n", console.OneLine(m.Description))
		}
	}
	fmt.Fprintf(w, "file\t%s, %d bytes%s\n", path, i.Size, meteringOf(i))
	fmt.Fprintf(w, "sha256\t%s\n", i.Digest)
	if i.Manifest != nil {
		fmt.Fprintf(w, "memory\t%s\n", memoryOf(i.Memory))
		fmt.Fprintf(w, "runs\t%s\n", startOf(i))
		fmt.Fprintf(w, "calls\t%s\n", console.OneLine(console.OrNone(strings.Join(i.Calls, " "))))
		fmt.Fprintf(w, "wasi\t%s\n", console.OneLine(console.OrNone(strings.Join(i.WASI, " "))))
	}
	for _, kind := range i.Unasked {
		fmt.Fprintf(w, "note\tcapability %q is declared, but the module imports none of its functions; remove it from plugin.hcl\n", kind)
	}
	for _, why := range i.Refused {
		fmt.Fprintf(w, "refused\t%s\n", console.OneLine(why))
	}
	if err := w.Flush(); err != nil || i.Manifest == nil {
		return err
	}
	for _, p := range i.Manifest.Probes {
		if err := writeProbe(out, i.Manifest.Name, p); err != nil {
			return err
		}
	}
	return nil
}

func writeProbe(out io.Writer, plugin string, p manifest.Probe) error {
	fmt.Fprintf(out, "\nprobe %s.%s: %s\n", plugin, p.Name, console.OneLine(p.Summary))
	if p.Timeout > 0 || p.Interval > 0 {
		fmt.Fprintf(out, "  timeout %s, interval %s\n", orDefault(p.Timeout), orDefault(p.Interval))
	}
	if len(p.NeedsAny) > 0 {
		fmt.Fprintf(out, "  needs one of %s\n", strings.Join(p.NeedsAny, ", "))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, o := range p.Options {
		fmt.Fprintf(w, "  option\t%s\t%s\t%s\n", o.Name, console.OneLine(typeOf(o)), console.OneLine(o.Description))
		for _, f := range o.Fields {
			fmt.Fprintf(w, "  field\t%s.%s\t%s\t%s\n", o.Name, f.Name, console.OneLine(typeOf(f)), console.OneLine(f.Description))
		}
	}
	for _, c := range p.Capabilities {
		fmt.Fprintf(w, "  capability\t%s\t%s\t%s\n", c.Kind, console.OneLine(scopeOf(c)), console.OneLine(c.Reason))
	}
	return w.Flush()
}

func typeOf(o manifest.Option) string {
	text := string(o.Type)
	if o.Type == manifest.List || o.Type == manifest.Map {
		text += " of " + string(o.Element())
	}
	switch {
	case o.Required:
		text += ", required"
	case o.Default != nil:
		text += fmt.Sprintf(", default %v", o.Default)
	}
	if o.Sensitive {
		text += ", secret"
	}
	return text
}

// scopeOf describes what a capability can reach.
func scopeOf(c manifest.Capability) string {
	var parts []string
	if len(c.Methods) > 0 {
		parts = append(parts, strings.Join(c.Methods, " "))
	}
	if len(c.From) > 0 {
		parts = append(parts, "the value of "+strings.Join(c.From, ", "))
	}
	if len(c.Hosts) > 0 {
		parts = append(parts, strings.Join(c.Hosts, ", "))
	}
	if len(c.From)+len(c.Hosts) == 0 {
		parts = append(parts, "what the operator grants")
	}
	if how := reachOf(c); how != "" {
		parts = append(parts, how)
	}
	if c.Optional {
		parts = append(parts, "optional")
	}
	return strings.Join(parts, "; ")
}

// reachOf says what a capability does with its targets, where the methods don't.
func reachOf(c manifest.Capability) string {
	switch {
	case c.Kind == manifest.ICMP:
		return "echo requests"
	case c.Kind == manifest.SSH:
		return "with the login and the command of the ssh block"
	case c.Kind == manifest.Unix && len(c.Methods) == 0:
		return "any protocol"
	default:
		return ""
	}
}

// meteringOf says how many bytes the metering adds to the module, if known.
func meteringOf(i *plugins.Inspection) string {
	if i.Checks == 0 {
		return ""
	}
	return fmt.Sprintf("; metering, which lets vega stop a run, adds %d", i.Checks)
}

func memoryOf(m plugins.MemoryBounds) string {
	text := fmt.Sprintf("starts with %v, at most %v per run; up to %v if the integration allows it",
		manifest.Size(m.Start), manifest.Size(m.Default), manifest.Size(m.Hard))
	if m.Own > 0 && m.Own < m.Hard {
		text += fmt.Sprintf("; the module itself takes at most %v", manifest.Size(m.Own))
	}
	return text
}

func startOf(i *plugins.Inspection) string {
	if i.Manifest.ABI == manifest.Nagios {
		return "as a command, each in a new instance; the exit code is the status, the output the message and the metrics"
	}
	if i.Resettable {
		return "each from the initial state; an instance can be reset to it"
	}
	return "each from the initial state, in a new instance: the module can write a table or drop a segment"
}

func orDefault(d manifest.Duration) string {
	if d == 0 {
		return "vega's default"
	}
	return time.Duration(d).String()
}
