// Package manual writes the manual pages of the commands, in the roff language
// of man. Start at Write. The pages say what --help says, since both come from
// the same tree of commands.
package manual

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Name returns the name of the command's page: vega-plugin-build.
func Name(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// Write writes the page of a command. source is the program and its version, for
// the foot of the page.
func Write(out io.Writer, c *cobra.Command, source string) error {
	p := page{bufio.NewWriter(out)}
	c.InitDefaultHelpFlag()
	p.printf(".TH %s 1 \"\" %s \"vega manual\"\n", quoted(strings.ToUpper(Name(c))), quoted(source))
	p.section("NAME")
	p.printf("%s \\- %s\n", escape(Name(c)), escape(c.Short))
	p.section("SYNOPSIS")
	p.printf(".B %s\n", escape(c.CommandPath()))
	if rest := strings.TrimPrefix(c.UseLine(), c.CommandPath()); rest != "" {
		p.printf("%s\n", escape(strings.TrimSpace(rest)))
	}
	p.section("DESCRIPTION")
	p.text(description(c))
	p.commands(c)
	p.flags("OPTIONS", c.NonInheritedFlags())
	p.flags("GLOBAL OPTIONS", c.InheritedFlags())
	p.example(c.Example)
	p.seeAlso(c)
	return p.Flush()
}

func description(c *cobra.Command) string {
	if c.Long != "" {
		return c.Long
	}
	return c.Short + "."
}

// page writes roff.
type page struct{ *bufio.Writer }

func (p page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p page) section(title string) { p.printf(".SH %s\n", title) }

// text writes paragraphs. Lines that start with a space stay as they are.
func (p page) text(s string) {
	verbatim := false
	for line := range strings.SplitSeq(s, "\n") {
		switch indented := strings.HasPrefix(line, " "); {
		case line == "" && !verbatim:
			p.printf(".PP\n")
			continue
		case indented && !verbatim:
			p.printf(".PP\n.nf\n")
			verbatim = true
		case !indented && line != "" && verbatim:
			p.printf(".fi\n.PP\n")
			verbatim = false
		}
		p.printf("%s\n", escape(line))
	}
	if verbatim {
		p.printf(".fi\n")
	}
}

func (p page) commands(c *cobra.Command) {
	if !c.HasAvailableSubCommands() {
		return
	}
	p.section("COMMANDS")
	for _, s := range c.Commands() {
		if s.IsAvailableCommand() {
			p.printf(".TP\n.BR %s (1)\n%s\n", escape(Name(s)), escape(s.Short))
		}
	}
}

func (p page) flags(title string, all *pflag.FlagSet) {
	if !all.HasAvailableFlags() {
		return
	}
	p.section(title)
	all.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		names := `\fB` + escape("--"+f.Name) + `\fR`
		if f.Shorthand != "" {
			names = `\fB` + escape("-"+f.Shorthand) + `\fR, ` + names
		}
		if value != "" {
			names += ` \fI` + escape(value) + `\fR`
		}
		if d := f.DefValue; value != "" && d != "" && d != "0" && d != "[]" {
			usage += " (default " + d + ")"
		}
		p.printf(".TP\n%s\n%s\n", names, escape(usage))
	})
}

func (p page) example(s string) {
	if s == "" {
		return
	}
	p.section("EXAMPLES")
	p.text(s)
}

// seeAlso names the pages above, below and next to this one.
func (p page) seeAlso(c *cobra.Command) {
	var names []string
	if c.HasParent() {
		names = append(names, Name(c.Parent()))
	}
	for _, s := range c.Commands() {
		if s.IsAvailableCommand() {
			names = append(names, Name(s))
		}
	}
	p.section("SEE ALSO")
	for n, name := range names {
		comma := ","
		if n == len(names)-1 {
			comma = ""
		}
		p.printf(".BR %s (1)%s\n", escape(name), comma)
	}
}

// escape makes text safe for roff: a backslash, a hyphen, and a dot or an
// apostrophe at the start of a line have a meaning there.
func escape(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return strings.ReplaceAll(s, "…", "...")
}

func quoted(s string) string { return `"` + strings.ReplaceAll(escape(s), `"`, `\(dq`) + `"` }
