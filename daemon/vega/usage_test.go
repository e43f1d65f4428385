package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// everyCommand calls f for each command that users see.
func everyCommand(f func(*cobra.Command)) {
	root := rootCommand()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		f(c)
		for _, s := range c.Commands() {
			if s.IsAvailableCommand() || s.Name() == "help" {
				walk(s)
			}
		}
	}
	walk(root)
}

// TestEveryCommandHasAnExampleThatParses checks that the examples in the help
// texts name commands, flags and numbers of arguments that exist.
func TestEveryCommandHasAnExampleThatParses(t *testing.T) {
	t.Parallel()
	everyCommand(func(c *cobra.Command) {
		if strings.TrimSpace(c.Example) == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for line := range strings.SplitSeq(c.Example, "\n") {
			line, _, _ = strings.Cut(strings.TrimSpace(line), "   ") // what follows explains it
			for part := range strings.SplitSeq(line, "&&") {
				if _, inside, found := strings.Cut(part, "$("); found {
					part = inside
				}
				words := strings.Fields(strings.TrimPrefix(strings.TrimSpace(part), "source <("))
				if len(words) == 0 || words[0] != "vega" {
					t.Errorf("%s: no vega in %q", c.CommandPath(), line)
					continue
				}
				args := words[1:]
				for n, w := range args {
					if w == "|" || w == "<" || w == ">" {
						args = args[:n]
						break
					}
					args[n] = strings.TrimSuffix(w, ")")
				}
				if err := parses(args); err != nil {
					t.Errorf("%s: %q: %v", c.CommandPath(), line, err)
				}
			}
		}
	})
}

// parses parses a command line without running it.
func parses(args []string) error {
	root := rootCommand()
	root.InitDefaultHelpCmd()
	c, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return c.FlagErrorFunc()(c, err)
	}
	return c.ValidateArgs(c.Flags().Args())
}

// TestManualCoversHelp checks that the manual page of each command has every
// flag and subcommand, and no control line that is text.
func TestManualCoversHelp(t *testing.T) {
	t.Parallel()
	everyCommand(func(c *cobra.Command) {
		var out, stderr bytes.Buffer
		if code := run(append([]string{"docs", "man"}, strings.Fields(c.CommandPath())[1:]...), nil, &out, &stderr); code != 0 {
			t.Fatalf("%s: exit %d: %s", c.CommandPath(), code, stderr.String())
		}
		page := out.String()
		want := []string{".TH ", ".SH NAME\n", ".SH DESCRIPTION\n", ".SH EXAMPLES\n"}
		c.LocalFlags().VisitAll(func(f *pflag.Flag) { want = append(want, `\fB\-\-`+strings.ReplaceAll(f.Name, "-", `\-`)+`\fR`) })
		for _, s := range c.Commands() {
			if s.IsAvailableCommand() {
				want = append(want, strings.ReplaceAll(strings.ReplaceAll(s.CommandPath(), " ", "-"), "-", `\-`))
			}
		}
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("the page of %s lacks %q:\n%s", c.CommandPath(), w, page)
			}
		}
		for line := range strings.SplitSeq(page, "\n") {
			if name, _, _ := strings.Cut(line, " "); strings.HasPrefix(line, ".") && !strings.Contains(" .TH .SH .PP .TP .B .BR .nf .fi ", " "+name+" ") {
				t.Errorf("the page of %s has the line %q", c.CommandPath(), line)
			}
		}
	})
}

// TestFlagsNameTheirValues checks that what stands for a flag's value in a help text is
// in capitals or a choice of words. One in small letters is the name of a type of pflag,
// which has messages and forms of its own.
func TestFlagsNameTheirValues(t *testing.T) {
	t.Parallel()
	everyCommand(func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if value, _ := pflag.UnquoteUsage(f); value != strings.ToUpper(value) && !strings.Contains(value, "|") {
				t.Errorf("%s --%s %s", c.CommandPath(), f.Name, value)
			}
		})
	})
}
