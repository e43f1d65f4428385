package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/api"
	"vega/daemon/config"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/client"
	"vega/daemon/vega/console"
	"vega/daemon/verify"
)

// verifyFlags holds the flags of verify.
type verifyFlags struct {
	format  string
	server  string
	only    []string
	timeout time.Duration
}

func verifyCommand() *cobra.Command {
	var o verifyFlags
	c := &cobra.Command{
		Use:   "verify",
		Short: "Test every feature of the running daemon",
		Long: `Test every feature of the running daemon from outside, and print whether each
check passes and how long it took; for a failure also what was expected, what
was seen and what to do. Checks that can't be made from here are skipped with the
reason; some need access to the daemon's data on this machine.

Everything a check creates has a name that starts with vega-verify and is removed
again, even on interruption. The configuration is not touched. Requests appear in
the log, in the query statistics and in the history of an integration. For alerting,
another vega runs for a moment, with a failing target and a notifier of its own;
nobody is notified.

Exits 0 if nothing failed, 1 if a check failed, 2 if the command line or the
configuration is wrong, no daemon answers, or the command was interrupted.

To run it hourly from cron, with a mail only on failure:

  7 * * * *  cd /srv/vega && out=$(vega verify 2>&1) || echo "$out"

The checks: ` + wrapList(verify.Names(), len("The checks: ")) + `.`,
		Example: `  vega verify                       test everything
  vega verify --only alive,auth     two checks
  vega verify --format json         print the report for a program`,
		SuggestFor: []string{"selftest", "self-test"},
		Args:       cli.Args(0, 0),
		RunE:       func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	c.Flags().StringVar(&o.server, "server", "", "test the daemon at this `URL` (default: the one the configuration names)")
	c.Flags().StringSliceVar(&o.only, "only", nil, "run only the check `NAME`; repeat the flag or separate names with commas")
	cli.Complete(c, "only", cobra.FixedCompletions(verify.Names(), cobra.ShellCompDirectiveNoFileComp))
	cli.Span(c, &o.timeout, "timeout", 2*time.Minute, "time limit for all checks together")
	return c
}

// wrapList joins words with commas and wraps the text at 80 columns. column is
// where the first line starts.
func wrapList(words []string, column int) string {
	text := ""
	for n, w := range words {
		if n > 0 {
			text, column = text+",", column+1
			if column+len(" ")+len(w) > 79 {
				text, column = text+"\n", 0
			} else {
				text, column = text+" ", column+1
			}
		}
		text, column = text+w, column+len(w)
	}
	return text
}

func (o verifyFlags) run(cmd *cobra.Command) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal kills the process
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	cfg, _, err := cli.LoadLenient(cmd)
	if err != nil {
		return &cli.Exit{Code: cli.ExitUsage, Err: err}
	}
	options, err := o.options(cfg)
	if err != nil {
		return err
	}
	r, err := o.verify(ctx, cmd, options)
	switch {
	case err != nil:
		return err
	case r.Failed > 0:
		return &cli.Exit{Code: cli.ExitError}
	default:
		return nil
	}
}

// options returns the address of the daemon and what it is expected to have,
// both from the configuration.
func (o verifyFlags) options(cfg *config.Config) (verify.Options, error) {
	c, err := client.New(cfg, o.server)
	if err != nil {
		return verify.Options{}, err
	}
	out := verify.Options{
		Client: verify.Client{URL: c.URL, Key: c.Key, HTTP: c.HTTP},
		Only:   o.only,
		Serve:  serveAnother,
		Local: verify.Local{
			Digest: cfg.Inputs().Digest, DataDir: cfg.DataDir, Store: cfg.Store.Path, Plugins: cfg.Plugins.Dir,
		},
	}
	for _, d := range cfg.Databases {
		out.Local.Databases = append(out.Local.Databases, d.Name)
	}
	for _, r := range api.Routes() {
		out.Routes = append(out.Routes, verify.Route(r))
	}
	return out, nil
}

// stopPatience limits how long another vega may take to stop.
const stopPatience = 10 * time.Second

// serveAnother starts another vega with a configuration file, on any free port. It
// returns when that vega answers.
func serveAnother(ctx context.Context, file string) (stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), self, "serve", "-c", file, "--port", "0", "--log-format", "json")
	cmd.Args[0], cmd.Dir, cmd.Stderr = "vega", filepath.Dir(file), io.Discard
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	answers := make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "vega answers on ") {
				answers <- true
			}
		}
		close(answers)
		ended <- cmd.Wait()
	}()
	stop = func() error { return stopAnother(cmd, ended) }
	select {
	case up := <-answers:
		if !up {
			return nil, fmt.Errorf("it ended before it answered: %w", <-ended)
		}
		return stop, nil
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), stop())
	}
}

// stopAnother ends a process, gently at first.
func stopAnother(cmd *exec.Cmd, ended <-chan error) error {
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case err := <-ended:
		if _, exited := errors.AsType[*exec.ExitError](err); exited {
			return nil // what it has done is known
		}
		return err
	case <-time.After(stopPatience):
		_ = cmd.Process.Kill()
		return errors.Join(errors.New("the vega that was started did not end in time, and was killed"), <-ended)
	}
}

// verify runs the checks and prints them: as text, each one when it ends; as
// JSON, all of them at the end.
func (o verifyFlags) verify(ctx context.Context, cmd *cobra.Command, options verify.Options) (verify.Report, error) {
	out := cmd.OutOrStdout()
	if o.format == "text" {
		v := console.NewVerification(out)
		options.Done = v.Line
		r, err := verify.Run(ctx, options)
		if len(r.Checks) > 0 {
			v.End(r)
		}
		return r, err
	}
	r, err := verify.Run(ctx, options)
	if len(r.Checks) == 0 {
		return r, err
	}
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	if failed := e.Encode(r); failed != nil && err == nil {
		err = fmt.Errorf("print the report: %w", failed)
	}
	return r, err
}
