package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/plugins/plugintest"
)

// testFlags holds the flags of plugin test.
type testFlags struct {
	record   []string
	learn    bool
	noFaults bool
	bench    bool
	verbose  bool
	format   string
}

func testCommand() *cobra.Command {
	var o testFlags
	c := &cobra.Command{
		Use:   "test FILE [CASE…]",
		Short: "Replay recorded runs and inject faults",
		Long: `Test runs the plugin in the sandbox against recorded answers: the named cases, or
all of tests/*.json next to FILE. It does not use the network. It then replays
each case once for each fault that its calls can meet: no answer, a connection
reset, a name that does not resolve, a bad certificate, 4xx and 5xx, an endless
body, nothing granted, and so on. If the author has to fix something, the exit
code is 1.

With --record NAME, test instead runs the integration of that name in the
configuration (-c) against its real target, and writes the run to tests/NAME.json
next to FILE, without secrets. With --learn, it also permits what is not granted,
and prints the smallest grant block that the run needs.`,
		Example: `  vega plugin test stock.wasm                   all cases in tests/
  vega plugin test stock.wasm tests/down.json   one case
  vega plugin test --record stock stock.wasm    record a case from the real target`,
		SuggestFor:        []string{"replay", "run"},
		Args:              cli.Args(1, -1),
		ValidArgsFunction: cli.Extensions("wasm", "json"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.learn && len(o.record) == 0 {
				return errors.New("--learn needs --record: it applies to a run against the real target")
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			wasm, err := readModule(args[0])
			if err != nil {
				return err
			}
			if !bytes.HasPrefix(wasm, []byte("\x00asm")) {
				return fmt.Errorf("%s is not a WebAssembly module; name the .wasm file of a plugin", args[0])
			}
			if len(o.record) > 0 {
				return cli.Failed(recordCases(ctx, cmd, args[0], wasm, o))
			}
			paths, err := findCases(args[0], args[1:])
			if err != nil {
				return err
			}
			return testCases(ctx, cmd.OutOrStdout(), args[0], wasm, paths, o)
		},
	}
	c.Flags().StringSliceVar(&o.record, "record", nil, "run the integration `NAME` against its real target, and write the run as a case")
	c.Flags().BoolVar(&o.learn, "learn", false, "with --record: permit what is not granted, and print what to grant")
	c.Flags().BoolVar(&o.noFaults, "no-faults", false, "replay the cases without injecting faults")
	c.Flags().BoolVar(&o.bench, "bench", false, "also run each case 200 times, and print how long a run takes")
	c.Flags().BoolVarP(&o.verbose, "verbose", "v", false, "also print faults that were handled well")
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	cli.Complete(c, "record", cli.Integrations)
	return c
}

// findCases returns the paths of the named cases, or of all cases next to the
// plugin if none is named.
func findCases(file string, named []string) ([]string, error) {
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
		return nil, fmt.Errorf("no cases in %s; record one with vega plugin test %s --record NAME, where NAME is an integration in vega.hcl", dir, file)
	}
	return paths, nil
}

// caseResult is the outcome of one case.
type caseResult struct {
	Case    string               `json:"case"`
	Probe   string               `json:"probe"`
	Status  string               `json:"status"`
	Message string               `json:"message"`
	TookMS  float64              `json:"took_ms"`
	Differs []string             `json:"differs"`
	Faults  []plugintest.Verdict `json:"faults"`
	Figures *plugintest.Figures  `json:"figures,omitempty"`
}

// testResult is the outcome of plugin test.
type testResult struct {
	File  string           `json:"file"`
	Cases []caseResult     `json:"cases"`
	Grant plugintest.Grant `json:"grant"` // grants the runs need beyond those derived from config
	Wrong int              `json:"wrong"`
	Look  int              `json:"to_look_at"`
}

func testCases(ctx context.Context, out io.Writer, file string, wasm []byte, paths []string, o testFlags) (err error) {
	k, err := plugintest.Open(ctx, wasm, plugintest.Options{Bundled: isBundled(wasm)})
	if err != nil {
		return cli.Failed(fmt.Errorf("%s is refused: %w", file, err))
	}
	defer func() { err = errors.Join(err, k.Close()) }()
	all := testResult{File: file, Cases: []caseResult{}}
	for _, path := range paths {
		c, err := plugintest.ReadCase(path)
		if err != nil {
			return err
		}
		t, grant, err := testCase(ctx, k, c, o)
		if err != nil {
			return cli.Failed(fmt.Errorf("%s: %w", path, err))
		}
		all.add(t, grant)
	}
	if o.format == "json" {
		err = writeJSON(out, all)
	} else {
		err = all.write(out, o.verbose)
	}
	if err == nil && all.Wrong > 0 {
		err = &cli.Exit{Code: cli.ExitError}
	}
	return err
}

func (w *testResult) add(t caseResult, g plugintest.Grant) {
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

// testCase replays a case, works out the grant it needs, and injects faults
// unless the replay already differs from the recording.
func testCase(ctx context.Context, k *plugintest.Kit, c *plugintest.Case, o testFlags) (t caseResult, g plugintest.Grant, err error) {
	run, err := k.Replay(ctx, c)
	if err != nil {
		return t, g, err
	}
	t = caseResult{
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
		return t, g, nil // injecting faults would show nothing
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

func (w *testResult) write(out io.Writer, verbose bool) error {
	var b strings.Builder
	faults := 0
	for _, t := range w.Cases {
		fmt.Fprintf(&b, "%-5s  %s  %s in %v: %s\n", mark(len(t.Differs) > 0, false), t.Case, t.Status, time.Duration(t.TookMS*float64(time.Millisecond)), console.OneLine(t.Message))
		for _, d := range t.Differs {
			fmt.Fprintf(&b, "         %s\n", console.OneLine(d))
		}
		for _, v := range t.Faults {
			faults++
			if verbose || v.Wrong != "" || v.Advice != "" {
				writeFault(&b, v)
			}
		}
		if f := t.Figures; f != nil {
			fmt.Fprintf(&b, "         %d runs: median %v, 99th percentile %v\n", f.Runs, f.Median.Round(time.Microsecond), f.P99.Round(time.Microsecond))
		}
	}
	if block := w.Grant.Block(); block != "" {
		fmt.Fprintf(&b, "\nThese runs need this grant block in addition to the grants derived from config:\n%s", block)
	} else {
		b.WriteString("\nThese runs need no grant block, because the grants derived from config are sufficient.\n")
	}
	fmt.Fprintf(&b, "%s replayed, %s injected: %d wrong, %d to review\n", console.Count(len(w.Cases), "case"), console.Count(faults, "fault"), w.Wrong, w.Look)
	_, err := io.WriteString(out, b.String())
	return err
}

func writeFault(out io.Writer, v plugintest.Verdict) {
	status := string(v.Status)
	if v.Cause != "" {
		status += " (" + string(v.Cause) + ")"
	}
	fmt.Fprintf(out, "  %-5s  %s\n           %s: %s\n", mark(v.Wrong != "", v.Advice != ""), v.Fault, status, console.OneLine(v.Message))
	if text := v.Wrong + v.Advice; text != "" {
		fmt.Fprintf(out, "           → %s\n", console.OneLine(text))
	}
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
