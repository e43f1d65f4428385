package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/config"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
)

// trial is what the flags of plugin test say.
type trial struct {
	record   []string
	learn    bool
	noFaults bool
	bench    bool
	verbose  bool
	format   string
}

func pluginTestCommand() *cobra.Command {
	var o trial
	c := &cobra.Command{
		Use:   "test FILE [CASE…]",
		Short: "Replay a plugin's recorded runs, and break their world",
		Long: `Test runs the plugin in the sandbox against recorded answers: the cases that are
named, or all of tests/*.json beside FILE. Nothing outside is asked. Each case is
then run once for each thing that can go wrong with the calls it makes: no
answer, a reset, a name that does not resolve, a bad certificate, 4xx and 5xx,
a body without end, nothing granted, and so on. What the author has to mend
makes the exit code 1.

With --record NAME the integration of that name in the configuration (-c) is run
against its real target, and the run is written to tests/NAME.json beside FILE.
No secret is in it. With --learn, what is not granted is let pass then, and the
smallest grant block that the run needed is shown.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.format != "text" && o.format != "json" {
				return fmt.Errorf("--format %q is not known; it is text or json", o.format)
			}
			if o.learn && len(o.record) == 0 {
				return errors.New("--learn is for --record: it lets the real run pass")
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			wasm, err := manifest.ReadFile(args[0])
			if err != nil {
				return err
			}
			if len(o.record) > 0 {
				return failed(recordCases(ctx, cmd, args[0], wasm, o))
			}
			paths, err := casesOf(args[0], args[1:])
			if err != nil {
				return err
			}
			return testCases(ctx, cmd.OutOrStdout(), args[0], wasm, paths, o)
		},
	}
	c.Flags().StringSliceVar(&o.record, "record", nil, "run the integration `NAME` against its real target, and keep the run as a case")
	c.Flags().BoolVar(&o.learn, "learn", false, "with --record: let pass what is not granted, and show what to grant")
	c.Flags().BoolVar(&o.noFaults, "no-faults", false, "only replay")
	c.Flags().BoolVar(&o.bench, "bench", false, "also run each case 200 times, and show what a run takes")
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "show also what is as it should be")
	c.Flags().StringVar(&o.format, "format", "text", "text or json")
	return c
}

// casesOf are the files of the cases that are named, or all beside the plugin.
func casesOf(file string, named []string) ([]string, error) {
	if len(named) > 0 {
		return named, nil
	}
	dir := filepath.Join(filepath.Dir(file), "tests")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	var paths []string
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".json" {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("there is no case in %s; record one with: vega plugin test %s --record NAME, where NAME is an integration in vega.hcl", dir, file)
	}
	return paths, nil
}

// tried is what came of one case.
type tried struct {
	Case    string               `json:"case"`
	Probe   string               `json:"probe"`
	Status  string               `json:"status"`
	Message string               `json:"message"`
	TookMS  float64              `json:"took_ms"`
	Differs []string             `json:"differs"`
	Faults  []plugintest.Verdict `json:"faults"`
	Figures *plugintest.Figures  `json:"figures,omitempty"`
}

// outcomeOfTest is what plugin test comes to.
type outcomeOfTest struct {
	File  string           `json:"file"`
	Cases []tried          `json:"cases"`
	Grant plugintest.Grant `json:"grant"` // what the runs need besides what follows from config
	Wrong int              `json:"wrong"`
	Look  int              `json:"to_look_at"`
}

func testCases(ctx context.Context, out io.Writer, file string, wasm []byte, paths []string, o trial) (err error) {
	k, err := plugintest.Open(ctx, wasm, plugintest.Options{Bundled: isBundled(wasm)})
	if err != nil {
		return failed(fmt.Errorf("%s is refused: %w", file, err))
	}
	defer func() { err = errors.Join(err, k.Close()) }()
	whole := outcomeOfTest{File: file, Cases: []tried{}}
	for _, path := range paths {
		c, err := plugintest.ReadCase(path)
		if err != nil {
			return err
		}
		t, grant, err := try(ctx, k, c, o)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", path, err))
		}
		whole.add(t, grant)
	}
	if o.format == "json" {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		err = e.Encode(whole)
	} else {
		err = whole.write(out, o.verbose)
	}
	if err == nil && whole.Wrong > 0 {
		err = &exit{exitError, nil}
	}
	return err
}

func (w *outcomeOfTest) add(t tried, g plugintest.Grant) {
	w.Cases = append(w.Cases, t)
	if len(t.Differs) > 0 {
		w.Wrong++
	}
	for _, v := range t.Faults {
		switch {
		case v.Wrong != "":
			w.Wrong++
		case v.Advice != "":
			w.Look++
		}
	}
	w.Grant = w.Grant.With(g)
}

func try(ctx context.Context, k *plugintest.Kit, c *plugintest.Case, o trial) (t tried, g plugintest.Grant, err error) {
	run, err := k.Replay(ctx, c)
	if err != nil {
		return t, g, err
	}
	t = tried{
		Case: c.Name, Probe: c.Probe, Status: string(run.Status), Message: run.Message, TookMS: float64(run.Took.Microseconds()) / 1000,
		Differs: append([]string{}, c.Differs(run)...), Faults: []plugintest.Verdict{},
	}
	learned, err := k.Learn(ctx, c)
	if err != nil {
		return t, g, err
	}
	implied, err := k.Implied(c)
	if err != nil {
		return t, g, err
	}
	g = learned.Learned.Without(implied)
	if len(t.Differs) > 0 {
		return t, g, nil // what comes of faults would say nothing
	}
	if !o.noFaults {
		if t.Faults, err = k.Faults(ctx, c); err != nil {
			return t, g, err
		}
	}
	if o.bench {
		f, err := k.Bench(ctx, c, 200)
		if err != nil {
			return t, g, err
		}
		t.Figures = &f
	}
	return t, g, nil
}

func (w *outcomeOfTest) write(out io.Writer, verbose bool) error {
	var b strings.Builder
	faults := 0
	for _, t := range w.Cases {
		fmt.Fprintf(&b, "%-5s  %s  %s in %v: %s\n", mark(len(t.Differs) > 0, false), t.Case, t.Status, time.Duration(t.TookMS*float64(time.Millisecond)), oneLine(t.Message))
		for _, d := range t.Differs {
			fmt.Fprintf(&b, "         %s\n", oneLine(d))
		}
		for _, v := range t.Faults {
			faults++
			if !verbose && v.Wrong == "" && v.Advice == "" {
				continue
			}
			status := string(v.Status)
			if v.Cause != "" {
				status += " (" + string(v.Cause) + ")"
			}
			fmt.Fprintf(&b, "  %-5s  %s\n           %s: %s\n", mark(v.Wrong != "", v.Advice != ""), v.Fault, status, oneLine(v.Message))
			if text := v.Wrong + v.Advice; text != "" {
				fmt.Fprintf(&b, "           → %s\n", oneLine(text))
			}
		}
		if f := t.Figures; f != nil {
			fmt.Fprintf(&b, "         %d runs: half of them within %v, 99 in 100 within %v\n", f.Runs, f.Median.Round(time.Microsecond), f.P99.Round(time.Microsecond))
		}
	}
	if block := w.Grant.Block(); block != "" {
		fmt.Fprintf(&b, "\nThe smallest grant that these runs need, besides what follows from config:\n%s", block)
	} else {
		b.WriteString("\nThese runs need no grant block: what they ask for follows from config.\n")
	}
	fmt.Fprintf(&b, "%s replayed, %s: %d wrong, %d to look at\n", several(len(w.Cases), "case"), several(faults, "fault"), w.Wrong, w.Look)
	_, err := io.WriteString(out, b.String())
	return err
}

func mark(wrong, advice bool) string {
	switch {
	case wrong:
		return "WRONG"
	case advice:
		return "look"
	default:
		return "ok"
	}
}

func isModuleNamed(f manifest.Found, name string) bool {
	return f.Module != nil && f.Module.Manifest.Name == name
}

// scanWith finds the plugins of a directory, and the one that is tested in
// place of any that has its name.
func scanWith(file string, m *manifest.Module) config.Scan {
	return func(dir string, admit manifest.Admit) ([]manifest.Found, error) {
		found, err := manifest.Scan(dir, admit)
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(f manifest.Found) bool { return isModuleNamed(f, m.Manifest.Name) })
		return append(found, manifest.Found{File: file, Module: m}), nil
	}
}
