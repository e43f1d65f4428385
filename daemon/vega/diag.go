package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/config"
	"vega/daemon/monitor"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/client"
	"vega/daemon/vega/console"
	"vega/policies"
)

// diagFlags holds the flags of diag.
type diagFlags struct {
	format string
	server string
	local  bool
}

func diagCommand() *cobra.Command {
	var o diagFlags
	c := &cobra.Command{
		Use:   "diag",
		Short: "Show the state of this host and of vega, and the causes of warnings",
		Long: `Show memory, CPU, open files, disks and connections of this host or container,
judged by the configured thresholds, with the evidence for each warning.

By default the running daemon answers, so the result includes its own usage and
its databases. If none answers, or with --local, the command reads this host
itself.

Exits 0 if all is well, 1 on a warning, 2 on an error, 3 if nothing could be
read.`,
		Example: `  vega diag                  ask the running daemon
  vega diag --local          inspect this host only
  vega diag --format json    print the result for a program`,
		SuggestFor: []string{"top", "system", "debug"},
		Args:       cli.Args(0, 0),
		RunE:       func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	c.Flags().StringVar(&o.server, "server", "", "ask the daemon at this `URL` (default: the one the configuration names)")
	c.Flags().BoolVar(&o.local, "local", false, "inspect this host only; do not contact the daemon")
	cli.Exclusive(c, "local", "server")
	return c
}

func (o diagFlags) run(cmd *cobra.Command) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cfg, mistake, err := cli.LoadLenient(cmd)
	if err != nil {
		return cli.Unchecked(err)
	}
	d, err := o.diagnose(ctx, cfg, mistake)
	if err != nil {
		return cli.Unchecked(err)
	}
	out := cmd.OutOrStdout()
	if o.format == "text" {
		err = console.WriteDiagnosis(out, d)
	} else {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		err = e.Encode(d)
	}
	if err != nil {
		return cli.Unchecked(fmt.Errorf("print the diagnosis: %w", err))
	}
	return levelExit(d.Status)
}

// diagnose asks the running daemon. If none runs and the user named none, it
// reads the host itself, for which the configuration must be valid.
func (o diagFlags) diagnose(ctx context.Context, cfg *config.Config, mistake error) (console.Diagnosis, error) {
	why := ""
	if !o.local {
		d, err := askDiagnosis(ctx, cfg, o.server)
		if err == nil || o.server != "" || !notRunning(err) {
			return d, err
		}
		why = err.Error()
	}
	if mistake != nil {
		return console.Diagnosis{}, mistake
	}
	s, err := daemon.InspectHost(ctx, cfg)
	return console.Diagnosis{Source: console.Local, System: s, Why: why}, err
}

var errNeverRan = errors.New("no daemon has run with this configuration yet")

// notRunning reports whether err means that no daemon runs.
func notRunning(err error) bool {
	_, unreachable := errors.AsType[*client.UnreachableError](err)
	return unreachable || errors.Is(err, errNeverRan)
}

// neverRan reports whether the daemon would have created its own key, but has
// not.
func neverRan(cfg *config.Config) bool {
	_, err := os.Stat(filepath.Join(cfg.DataDir, "api_key"))
	return len(cfg.Server.Keys) == 0 && errors.Is(err, fs.ErrNotExist)
}

const (
	evidenceTimeout  = 2 * time.Second // for the daemon to collect evidence
	evidenceInterval = 150 * time.Millisecond
)

// askDiagnosis asks the daemon, and asks again while evidence is pending.
func askDiagnosis(ctx context.Context, cfg *config.Config, server string) (console.Diagnosis, error) {
	if server == "" && neverRan(cfg) {
		return console.Diagnosis{}, errNeverRan
	}
	c, err := client.New(cfg, server)
	if err != nil {
		return console.Diagnosis{}, err
	}
	for end := time.Now().Add(evidenceTimeout); ; {
		var s monitor.System
		if err := c.Get(ctx, "/admin/diagnostics/system", &s); err != nil {
			return console.Diagnosis{}, err
		}
		pending := slices.ContainsFunc(s.Warnings, func(w monitor.Warning) bool { return w.Evidence == monitor.EvidencePending })
		if !pending || time.Now().After(end) {
			return console.Diagnosis{Source: c.URL, System: s}, nil
		}
		select {
		case <-ctx.Done():
			return console.Diagnosis{}, ctx.Err()
		case <-time.After(evidenceInterval):
		}
	}
}

// levelExit turns the status into an exit code.
func levelExit(l policies.Level) error {
	switch l {
	case policies.LevelError:
		return &cli.Exit{Code: cli.ExitUnhealthy}
	case policies.LevelWarning:
		return &cli.Exit{Code: cli.ExitDegraded}
	default:
		return nil
	}
}
