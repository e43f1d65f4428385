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
	"vega/policies"
)

// diagnosing is what the flags of diag say.
type diagnosing struct {
	format string
	server string
	local  bool
}

// diagnosis is what diag shows: the answer of a daemon, and whose it is.
type diagnosis struct {
	Source string `json:"source"` // scheme://host:port of the vega that answered, or "local"
	monitor.System

	why string // no vega was asked
}

const local = "local"

func diagCommand() *cobra.Command {
	var o diagnosing
	c := &cobra.Command{
		Use:   "diag",
		Short: "Show how this machine, the container and vega are, and why",
		Long: `Show memory, processors, open files, disks and connections, judged by the
thresholds of the configuration, with what is behind each warning.

The vega that runs is asked, so that what it uses and its databases are judged
too. Where none answers, and with --local, this command looks by itself.

Exits 0 if all is well, 1 if there is a warning, 2 if there is an error, 3 if
nothing could be looked at.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	c.Flags().StringVar(&o.format, "format", "", "text or json; text on a terminal, else json")
	c.Flags().StringVar(&o.server, "server", "", "ask the vega at this `URL`; without, it is found by the configuration")
	c.Flags().BoolVar(&o.local, "local", false, "ask no vega")
	c.MarkFlagsMutuallyExclusive("local", "server")
	return c
}

func (o diagnosing) run(cmd *cobra.Command) error {
	if !slices.Contains([]string{"", "text", "json"}, o.format) {
		return unchecked(fmt.Errorf("--format %s: it is text or json", o.format))
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cfg, mistake, err := contact(cmd)
	if err != nil {
		return unchecked(err)
	}
	d, err := o.look(ctx, cfg, mistake)
	if err != nil {
		return unchecked(err)
	}
	out := cmd.OutOrStdout()
	if o.format == "text" || o.format == "" && onTerminal(out) {
		err = writeDiagnosis(out, d)
	} else {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		err = e.Encode(d)
	}
	if err != nil {
		return unchecked(fmt.Errorf("print how this machine is: %w", err))
	}
	return levelExit(d.Status)
}

// look asks the vega that runs or, unless one was named, looks by itself, for
// which the configuration must be without a mistake.
func (o diagnosing) look(ctx context.Context, cfg *config.Config, mistake error) (diagnosis, error) {
	why := ""
	if !o.local {
		d, err := askDiagnosis(ctx, cfg, o.server)
		if err == nil || o.server != "" || !absent(err) {
			return d, err
		}
		why = err.Error()
	}
	if mistake != nil {
		return diagnosis{}, mistake
	}
	s, err := daemon.LookAround(ctx, cfg)
	return diagnosis{local, s, why}, err
}

var errNeverRan = errors.New("no vega with this configuration has run here yet")

// absent reports whether there is no vega to ask.
func absent(err error) bool {
	unreachable := (*unreachableError)(nil)
	return errors.As(err, &unreachable) || errors.Is(err, errNeverRan)
}

// neverRan reports whether vega would have made its own key, and has not.
func neverRan(cfg *config.Config) bool {
	_, err := os.Stat(filepath.Join(cfg.DataDir, "api_key"))
	return len(cfg.Server.Keys) == 0 && errors.Is(err, fs.ErrNotExist)
}

const (
	// evidenceWithin is how long a daemon is given to find what is behind its
	// warnings; how often it is asked meanwhile.
	evidenceWithin = 2 * time.Second
	evidenceEvery  = 150 * time.Millisecond
)

// askDiagnosis asks again while evidence is pending.
func askDiagnosis(ctx context.Context, cfg *config.Config, server string) (diagnosis, error) {
	if server == "" && neverRan(cfg) {
		return diagnosis{}, errNeverRan
	}
	c, err := newClient(cfg, server)
	if err != nil {
		return diagnosis{}, err
	}
	for end := time.Now().Add(evidenceWithin); ; {
		var s monitor.System
		if err := c.get(ctx, "/admin/diagnostics/system", &s); err != nil {
			return diagnosis{}, err
		}
		pending := slices.ContainsFunc(s.Warnings, func(w monitor.Warning) bool { return w.Evidence == monitor.EvidencePending })
		if !pending || time.Now().After(end) {
			return diagnosis{c.server, s, ""}, nil
		}
		select {
		case <-ctx.Done():
			return diagnosis{}, ctx.Err()
		case <-time.After(evidenceEvery):
		}
	}
}

// levelExit turns the status into an exit code.
func levelExit(l policies.Level) error {
	switch l {
	case policies.LevelError:
		return &exit{exitUnhealthy, nil}
	case policies.LevelWarning:
		return &exit{exitDegraded, nil}
	default:
		return nil
	}
}
