package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"vega/daemon/config/diag"
	"vega/daemon/vega/console"
	"vega/policies/check"
)

// Choice adds a flag that takes one of a few words. The first is the default.
// Shells complete the words.
func Choice(c *cobra.Command, to *string, name, usage string, words ...string) {
	*to = words[0]
	c.Flags().Var(&choice{to, words}, name, usage)
	Complete(c, name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// Complete sets how shells complete the value of a flag of c.
func Complete(c *cobra.Command, flag string, by cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, by); err != nil { // c has no such flag, or two functions for it
		panic(err)
	}
}

// Extensions completes names of files that have one of the extensions.
func Extensions(all ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(all, cobra.ShellCompDirectiveFilterFileExt)
}

// choice is the value of a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
}

// String returns the value.
func (c *choice) String() string {
	if c.value == nil { // pflag makes zero values
		return ""
	}
	return *c.value
}

// Set sets the value. Its error lists the words.
func (c *choice) Set(s string) error {
	if !slices.Contains(c.words, s) {
		return errors.New(c.wanted())
	}
	*c.value = s
	return nil
}

// Type returns what stands for the value in a help text.
func (c *choice) Type() string { return strings.Join(c.words, "|") }

// wanted says which words there are.
func (c *choice) wanted() string {
	if len(c.words) == 2 {
		return "use " + strings.Join(c.words, " or ")
	}
	return "use one of " + strings.Join(c.words, ", ")
}

// Span adds a flag that takes a duration, also in days and weeks, such as 30d.
func Span(c *cobra.Command, to *time.Duration, name string, value time.Duration, usage string) {
	*to = value
	c.Flags().Var((*span)(to), name, usage)
}

// span is the value of a flag that takes a duration.
type span time.Duration

// maxSpan is far below the longest time.Duration, so that one can be subtracted from a
// time.
const maxSpan = 100 * 365 * 24 * time.Hour

// errSpan says what a span looks like.
var errSpan = errors.New("use a number with a unit, such as 30s, 90m or 30d")

// String returns the value, "" for none.
func (s *span) String() string {
	switch d := time.Duration(*s); {
	case d == 0:
		return ""
	case d%(24*time.Hour) == 0:
		return strconv.FormatInt(int64(d/(24*time.Hour)), 10) + "d"
	default:
		return check.Span(d)
	}
}

// Set sets the value.
func (s *span) Set(text string) error {
	d, err := check.ParseSpan(text)
	if err != nil || d <= 0 || d > maxSpan {
		return errSpan
	}
	*s = span(d)
	return nil
}

// Type returns what stands for the value in a help text.
func (s *span) Type() string { return "DURATION" }

// FlagError rewrites an error of parsing flags: it says what to write instead.
func FlagError(cmd *cobra.Command, err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, e)
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return fmt.Errorf("--%s needs a value; %s", e.GetFlag().Name, wanted(e.GetFlag()))
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		value := e.GetValue()
		if value == "" || value != console.OneLine(value) {
			value = strconv.Quote(value)
		}
		return fmt.Errorf("--%s %s: %s", e.GetFlag().Name, value, wanted(e.GetFlag()))
	}
	if e, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		return fmt.Errorf("%q is not a flag; write --name or --name=value", e.GetSpecifiedFlag())
	}
	return err
}

// unknownFlag suggests the flag of cmd that was probably meant.
func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	written, name := "--"+e.GetSpecifiedName(), e.GetSpecifiedName()
	if short := e.GetSpecifiedShortnames(); short != "" {
		written, name = "-"+e.GetSpecifiedName(), short
	}
	if meant := similarFlag(cmd, name); meant != "" {
		return fmt.Errorf("unknown flag %s; did you mean %s?", written, meant)
	}
	return fmt.Errorf("unknown flag %s; %s --help lists the flags", written, cmd.CommandPath())
}

// similarFlag returns the flag of cmd that name may stand for: a misspelling of
// it (fromat), a value of it (json), or its first letter (p). It returns "" if
// there is none.
func similarFlag(cmd *cobra.Command, name string) (meant string) {
	var names, initial []string
	add := func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		names = append(names, f.Name)
		if strings.HasPrefix(f.Name, strings.ToLower(name[:1])) {
			initial = append(initial, f.Name)
		}
		if c, ok := f.Value.(*choice); ok && slices.Contains(c.words, name) {
			meant = "--" + f.Name + " " + name
		}
	}
	cmd.LocalFlags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	near := diag.Nearest(name, names)
	switch {
	case meant != "":
		return meant
	case near != "":
		return "--" + near
	case len(name) == 1 && len(initial) == 1:
		return "--" + initial[0]
	default:
		return ""
	}
}

// wanted says what a value of the flag looks like.
func wanted(f *pflag.Flag) string {
	if c, ok := f.Value.(*choice); ok {
		return c.wanted()
	}
	if _, ok := f.Value.(*span); ok {
		return errSpan.Error()
	}
	switch f.Value.Type() {
	case "bool":
		return "use true or false, or only --" + f.Name
	case "uint16":
		return "use a whole number from 0 to 65535"
	default:
		value, _ := pflag.UnquoteUsage(f)
		return fmt.Sprintf("write --%s %s", f.Name, value)
	}
}
