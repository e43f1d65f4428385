package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"vega/plugins"
	"vega/plugins/manifest"
)

func pluginInspectCommand() *cobra.Command {
	format := "text"
	c := &cobra.Command{
		Use:   "inspect FILE",
		Short: "Tell what a plugin is and may ask for, without running it",
		Long: `Inspect reads a .wasm as vega does before it loads one: its manifest, the
options and capabilities of each probe and the reason for each, what it imports,
what memory it can take, and why vega would refuse it. Nothing of it is run or
compiled. The exit code is 1 if it would be refused.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return fmt.Errorf("--format %q is not known; it is text or json", format)
			}
			wasm, err := manifest.ReadFile(args[0])
			if err != nil {
				return err
			}
			return inspect(cmd.OutOrStdout(), args[0], plugins.Inspect(wasm), format)
		},
	}
	c.Flags().StringVar(&format, "format", format, "text or json")
	return c
}

func inspect(out io.Writer, path string, i *plugins.Inspection, format string) error {
	write := func() error { return writeInspection(out, path, i) }
	if format == "json" {
		write = func() error {
			e := json.NewEncoder(out)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			return e.Encode(i)
		}
	}
	if err := write(); err != nil {
		return err
	}
	if len(i.Refused) > 0 {
		return failed(errors.New("vega would refuse " + path + ": " + oneLine(strings.Join(i.Refused, "; "))))
	}
	return nil
}

func writeInspection(out io.Writer, path string, i *plugins.Inspection) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if m := i.Manifest; m != nil {
		fmt.Fprintf(w, "plugin\t%s %s, %s\n", m.Name, oneLine(m.Version), m.ABI)
		if m.Description != "" {
			fmt.Fprintf(w, "\t%s\n", oneLine(m.Description))
		}
	}
	fmt.Fprintf(w, "file\t%s, %d bytes%s\n", path, i.Size, checks(i))
	fmt.Fprintf(w, "sha256\t%s\n", i.Digest)
	if i.Manifest != nil {
		fmt.Fprintf(w, "memory\t%s\n", memoryOf(i.Memory))
		fmt.Fprintf(w, "runs\t%s\n", startOf(i))
		fmt.Fprintf(w, "calls\t%s\n", oneLine(orNone(strings.Join(i.Calls, " "))))
		fmt.Fprintf(w, "wasi\t%s\n", oneLine(orNone(strings.Join(i.WASI, " "))))
	}
	for _, kind := range i.Unasked {
		fmt.Fprintf(w, "note\tcapability %q is declared, but nothing of it is imported: leave it out of plugin.hcl\n", kind)
	}
	for _, why := range i.Refused {
		fmt.Fprintf(w, "refused\t%s\n", oneLine(why))
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
	fmt.Fprintf(out, "\nprobe %s.%s: %s\n", plugin, p.Name, oneLine(p.Summary))
	if p.Timeout > 0 || p.Interval > 0 {
		fmt.Fprintf(out, "  timeout %s, interval %s\n", orUsual(p.Timeout), orUsual(p.Interval))
	}
	if len(p.NeedsAny) > 0 {
		fmt.Fprintf(out, "  needs one of %s\n", strings.Join(p.NeedsAny, ", "))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, o := range p.Options {
		fmt.Fprintf(w, "  option\t%s\t%s\t%s\n", o.Name, oneLine(typeOf(o)), oneLine(o.Description))
	}
	for _, c := range p.Capabilities {
		fmt.Fprintf(w, "  capability\t%s\t%s\t%s\n", c.Kind, oneLine(scopeOf(c)), oneLine(c.Reason))
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

// scopeOf is what a capability reaches: nothing that the operator does not
// write or grant.
func scopeOf(c manifest.Capability) string {
	var parts []string
	if len(c.Methods) > 0 {
		parts = append(parts, strings.Join(c.Methods, " "))
	}
	if len(c.From) > 0 {
		parts = append(parts, "what is written in "+strings.Join(c.From, ", "))
	}
	if len(c.Hosts) > 0 {
		parts = append(parts, strings.Join(c.Hosts, ", "))
	}
	if len(c.From)+len(c.Hosts) == 0 {
		parts = append(parts, "what is granted")
	}
	if c.Optional {
		parts = append(parts, "optional")
	}
	return strings.Join(parts, "; ")
}

// checks says what stopping the module costs, where that is known.
func checks(i *plugins.Inspection) string {
	if i.Checks == 0 {
		return ""
	}
	return fmt.Sprintf("; %d more for checks, so that a run can be stopped", i.Checks)
}

// oneLine keeps a stranger's text from moving the cursor, or from passing for
// a line of vega's.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError:
			return -1
		default:
			return r
		}
	}, s)
}

func memoryOf(m plugins.MemoryBounds) string {
	text := fmt.Sprintf("starts with %v, at most %v a run; up to %v if the integration allows it",
		manifest.Size(m.Start), manifest.Size(m.Default), manifest.Size(m.Hard))
	if m.Own > 0 && m.Own < m.Hard {
		text += fmt.Sprintf("; the module takes no more than %v", manifest.Size(m.Own))
	}
	return text
}

func startOf(i *plugins.Inspection) string {
	if i.Manifest.ABI == manifest.Nagios {
		return "each from its beginning, in an instance made anew: it is a command; its exit code is the status, what it prints the message and the metrics"
	}
	if i.Resettable {
		return "each from its beginning; an instance can be set back to it"
	}
	return "each from its beginning, in an instance made anew: it can write a table or drop a segment"
}

func orUsual(d manifest.Duration) string {
	if d == 0 {
		return "vega's"
	}
	return time.Duration(d).String()
}
