package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/api"
	"vega/daemon/config"
	"vega/daemon/verify"
)

// verifying is what the flags of verify say.
type verifying struct {
	format  string
	server  string
	only    []string
	timeout time.Duration
}

func verifyCommand() *cobra.Command {
	var o verifying
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check every feature of the vega that runs",
		Long: `Check every feature of the vega that runs, from outside, and say of each whether
it passes and how long that took; of one that fails, what was expected, what was
seen and what to do. A check that can't be made from here is skipped and says
why: some need the data of the vega on this machine.

What a check makes bears the name vega-verify and is removed again, also when it
is interrupted. The configuration is not touched. The log, the figures of
queries and the history of an integration show that somebody asked.

Exits 0 if nothing failed, 1 if something did, 2 if the command line is wrong,
the configuration can't be used, no vega answers, or it was interrupted.

Each hour, from cron, with a mail only when something failed:

  7 * * * *  cd /srv/vega && out=$(vega verify 2>&1) || echo "$out"

The checks: ` + wrapped(verify.Names(), len("The checks: ")) + `.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	c.Flags().StringVar(&o.format, "format", "text", "text or json")
	c.Flags().StringVar(&o.server, "server", "", "check the vega at this `URL`; without, it is found by the configuration")
	c.Flags().StringSliceVar(&o.only, "only", nil, "make the check `NAME` only; may be given several times, or names with commas")
	c.Flags().DurationVar(&o.timeout, "timeout", time.Minute, "how long all of it may take")
	return c
}

// wrapped is a list within 80 columns, the first line of which began already.
func wrapped(words []string, begun int) string {
	text, column := "", begun
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

func (o verifying) run(cmd *cobra.Command) error {
	if !slices.Contains([]string{"text", "json"}, o.format) {
		return fmt.Errorf("--format %s: it is text or json", o.format)
	}
	if o.timeout <= 0 {
		return fmt.Errorf("--timeout %v: it is more than 0", o.timeout)
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	cfg, _, err := contact(cmd)
	if err != nil {
		return &exit{exitUsage, err}
	}
	options, err := o.options(cfg)
	if err != nil {
		return err
	}
	r, err := o.show(ctx, cmd, options)
	switch {
	case err != nil:
		return err
	case r.Failed > 0:
		return &exit{exitError, nil}
	default:
		return nil
	}
}

// options are where the vega of a configuration is, and what it should have.
func (o verifying) options(cfg *config.Config) (verify.Options, error) {
	c, err := newClient(cfg, o.server)
	if err != nil {
		return verify.Options{}, err
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	out := verify.Options{
		Client: verify.Client{URL: c.server, Key: c.key, HTTP: c.http},
		Only:   o.only,
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

// show makes the checks. People see each as it is done, programs all at once.
func (o verifying) show(ctx context.Context, cmd *cobra.Command, options verify.Options) (verify.Report, error) {
	out := cmd.OutOrStdout()
	if o.format == "text" {
		v := &verifyText{out: out, symbols: onTerminal(out), began: time.Now()}
		options.Done = v.line
		r, err := verify.Run(ctx, options)
		if len(r.Checks) > 0 {
			v.end(r)
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
		err = fmt.Errorf("print what was verified: %w", failed)
	}
	return r, err
}

var longestCheck = len(slices.MaxFunc(verify.Names(), func(a, b string) int { return len(a) - len(b) }))

// verifyCounts are those of a report, with what there is none of left out.
func verifyCounts(r verify.Report) string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{r.Passed, "passed"}, {r.Failed, "failed"}, {r.Skipped, "skipped"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return strings.Join(parts, ", ")
}
