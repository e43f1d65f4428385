package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
)

func validateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "validate",
		Short: "Say what is wrong, without using it",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(validateConfigCommand())
	return c
}

// validating is what the flags of validate config say.
type validating struct {
	format string
	strict bool
	online bool
	fix    bool
	env    string
}

var reportFormats = []string{"text", "json", "sarif", "github"}

func validateConfigCommand() *cobra.Command {
	var o validating
	c := &cobra.Command{
		Use:   "config [PATH]",
		Short: "Say everything that is wrong with the configuration, and how to mend it",
		Long: `Read the configuration as serve would, with every file in policies and the
manifest of every plugin, and say everything that is wrong with it. Nothing is
run, connected to or, without --fix, written. PATH is the file, in place of -c.

Exits 0 if it is valid, 1 if there are errors (with --strict, also for
warnings), 2 if a file can't be read. vega explain CODE tells more of a code.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			debug.SetGCPercent(50) // half the garbage of 10,000 integrations, in the same time
			path, err := pathToValidate(cmd, args)
			if err != nil {
				return err
			}
			return validate(cmd, path, o)
		},
	}
	c.Flags().StringVar(&o.format, "format", "text", strings.Join(reportFormats, ", "))
	c.Flags().BoolVar(&o.strict, "strict", false, "fail on warnings too")
	c.Flags().StringVar(&o.env, "env", "check", "check: variables have the values they have here; skip: those that are not set here are set where vega runs")
	c.Flags().BoolVar(&o.fix, "fix", false, "first mend, in the files, what can be mended for certain, and show the difference")
	c.Flags().BoolVar(&o.online, "online", false, "then run each enabled integration once, and warn of what is not healthy")
	return c
}

func pathToValidate(cmd *cobra.Command, args []string) (string, error) {
	if len(args) == 0 {
		return configPath(cmd), nil
	}
	if cmd.Flags().Changed("config") {
		return "", fmt.Errorf("both %s and -c %s name the file; give one of them", args[0], configPath(cmd))
	}
	return args[0], nil
}

// validate prints everything, and fails by the exit code alone.
func validate(cmd *cobra.Command, path string, o validating) error {
	if !slices.Contains(reportFormats, o.format) {
		return fmt.Errorf("--format %s: it is one of %s", o.format, strings.Join(reportFormats, ", "))
	}
	if !slices.Contains([]string{"check", "skip"}, o.env) {
		return fmt.Errorf("--env %s: it is check or skip", o.env)
	}
	if o.online && o.env == "skip" {
		return errors.New("--online runs what --env=skip judges without its variables; leave one of them out")
	}
	v := verdictOn{path: path, strict: o.strict}
	var err error
	if o.fix {
		if err := fix(cmd, path, o.format); err != nil {
			return err
		}
	}
	if v.cfg, v.diags, err = judge(path, o.env == "skip"); err != nil {
		return err
	}
	if o.online {
		if err := v.observe(cmd); err != nil {
			return err
		}
	}
	if err := v.write(cmd, o.format); err != nil {
		return fmt.Errorf("print the diagnostics: %w", err)
	}
	return v.exit()
}

// judge is load, with what is wrong as diagnostics and not as an error.
// anyEnv takes variables that are not set here as set, and gives no
// configuration.
func judge(path string, anyEnv bool) (*config.Config, config.Diagnostics, error) {
	if anyEnv {
		bundled, err := catalog.Bundled()
		if err != nil {
			return nil, nil, failed(err)
		}
		_, diags := config.Load(path, config.Options{Bundled: bundled, AnyEnv: true})
		return nil, diags, nil
	}
	cfg, diags, err := load(path, overrides{})
	if invalid := (*config.InvalidError)(nil); errors.As(err, &invalid) {
		return nil, invalid.Diagnostics, nil
	}
	return cfg, diags, err
}

// verdictOn is what was found of one configuration.
type verdictOn struct {
	path   string
	strict bool
	cfg    *config.Config // nil: it is not valid, or was judged without its variables
	diags  config.Diagnostics
	ran    string             // what --online did; "" for nothing
	seen   config.Diagnostics // what it saw
}

func (v *verdictOn) all() config.Diagnostics { return slices.Concat(v.diags, v.seen) }

func (v *verdictOn) exit() error {
	switch {
	case unreadable(v.diags):
		return &exit{exitUsage, nil}
	case v.diags.HasErrors() || v.strict && len(v.all()) > 0:
		return &exit{exitError, nil}
	default:
		return nil
	}
}

// write prints the report. A program's has no room for what --online did, so
// that goes to the error stream.
func (v *verdictOn) write(cmd *cobra.Command, format string) error {
	out := cmd.OutOrStdout()
	if format == "text" {
		return v.writeText(out)
	}
	if v.ran != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), v.ran)
	}
	switch format {
	case "sarif":
		root, err := os.Getwd()
		if err != nil {
			return err
		}
		return v.all().WriteSARIF(out, version(), root)
	case "github":
		return v.all().WriteGitHub(out)
	default:
		return v.all().WriteJSON(out)
	}
}

func (v *verdictOn) writeText(out io.Writer) error {
	if err := v.diags.WriteText(out, inColor(out)); err != nil {
		return err
	}
	if v.ran != "" {
		fmt.Fprintln(out, v.ran)
	}
	if len(v.seen) > 0 {
		fmt.Fprintln(out)
		if err := v.seen.WriteText(out, inColor(out)); err != nil {
			return err
		}
	}
	mark, text := v.line()
	if !onTerminal(out) {
		mark = ""
	}
	_, err := fmt.Fprintln(out, mark+text)
	return err
}

// line is the last one: valid or not, and what was read.
func (v *verdictOn) line() (mark, text string) {
	if v.diags.HasErrors() {
		worst := v.diags[slices.IndexFunc(v.diags, func(d config.Diagnostic) bool { return d.Severity == config.Error })]
		return "❌ ", fmt.Sprintf("%s is not valid; vega explain %s tells more", v.path, worst.Code)
	}
	text = v.path + " is valid, as far as can be told without its variables"
	if v.cfg != nil {
		text = fmt.Sprintf("%s is valid: %s", v.path, contents(v.cfg))
	}
	switch {
	case len(v.all()) == 0:
		return "✅ ", text
	case v.strict:
		return "❌ ", text + "; but --strict takes no warnings"
	default:
		return "⚠️  ", text
	}
}

// contents counts what a configuration holds.
func contents(cfg *config.Config) string {
	enabled := 0
	for _, i := range cfg.Integrations {
		if i.Enabled {
			enabled++
		}
	}
	text := fmt.Sprintf("%s, %d enabled", several(len(cfg.Integrations), "integration"), enabled)
	if n := len(cfg.Files()) - 1; n > 0 {
		text = several(n, "file") + " in policies, " + text
	}
	return text
}

func several(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
