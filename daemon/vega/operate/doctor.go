package operate

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/doctor"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/client"
	"vega/daemon/vega/console"
	"vega/daemon/version"
)

func doctorCommand() *cobra.Command {
	var format string
	var only []string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Check the host that vega runs on, and say what to do",
		Long: `Check the host that vega runs on, or is to run on: the daemon, its configuration,
permissions, database, disk, clock, limits, memory, resolver, port, keys,
certificates, plugins and notifiers. One table says what was found and what to do.

It works next to a running daemon or without one, and changes nothing. A check
that gets no answer, such as from a hung file system, ends after seconds. Run it as
root or as the user of vega, or some checks are unknown.

Exits 0 if all is well, 1 on a warning, 2 on an error, 3 if something could not
be looked at.`,
		Example: `  vega doctor
  vega doctor -c /etc/vega/vega.hcl
  vega doctor --only disk,database
  vega doctor --format json    print the result for a program`,
		SuggestFor: []string{"checkup", "selftest", "preflight"},
		Args:       cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, name := range only {
				if !slices.Contains(doctor.Names(), name) {
					return fmt.Errorf("there is no check %q; choose from %s", name, strings.Join(doctor.Names(), ", "))
				}
			}
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
			defer stop()
			return examine(ctx, cmd, only, format)
		},
	}
	cli.Choice(c, &format, "format", "output format", "text", "json")
	c.Flags().StringSliceVar(&only, "only", nil, "run only the check `NAME`; repeat the flag or separate names with commas")
	cli.Complete(c, "only", cobra.FixedCompletions(doctor.Names(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

func examine(ctx context.Context, cmd *cobra.Command, only []string, format string) error {
	path := cli.ConfigPath(cmd)
	r := doctor.Examine(ctx, doctor.Options{
		Path: path, Load: func() doctor.Loaded { return load(path) }, Connect: connect, Release: version.Get(), Now: time.Now(), Only: only,
	})
	if ctx.Err() != nil {
		return cli.Unchecked(errors.New("interrupted; nothing was changed"))
	}
	var err error
	if format == "json" {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(r)
	} else {
		err = console.WriteCheckup(cmd.OutOrStdout(), r)
	}
	if err != nil {
		return cli.Unchecked(fmt.Errorf("print the findings: %w", err))
	}
	switch r.Status {
	case doctor.StatusError:
		return &cli.Exit{Code: cli.ExitUnhealthy}
	case doctor.StatusWarning:
		return &cli.Exit{Code: cli.ExitDegraded}
	case doctor.StatusUnknown:
		return &cli.Exit{Code: cli.ExitUnchecked}
	default:
		return nil
	}
}

// load reads the configuration as far as it is valid.
func load(path string) doctor.Loaded {
	bundled, err := catalog.Bundled()
	if err != nil { // the program itself is damaged; every command fails
		panic(err)
	}
	r := config.Read(path, config.Options{Bundled: bundled})
	out := doctor.Loaded{Config: r.Config, Diagnostics: r.Diagnostics, Inputs: r.Inputs}
	if r.Config == nil {
		out.Reaches, _ = config.LoadLenient(path, config.Options{Bundled: bundled})
	}
	return out
}

// daemonClient is a client whose errors are those of package doctor.
type daemonClient struct{ *client.Client }

// connect returns a client for the daemon that runs with a configuration. Without a
// key, it is one for the paths that need none.
func connect(c *config.Config) (doctor.Daemon, error) {
	d, err := client.New(c, "")
	if err != nil {
		d, err = client.Public(c)
	}
	if err != nil {
		return nil, err
	}
	return daemonClient{d}, nil
}

// URL implements doctor.Daemon.
func (d daemonClient) URL() string { return d.Client.URL }

// Get implements doctor.Daemon.
func (d daemonClient) Get(ctx context.Context, path string, into any) error {
	err := d.Do(ctx, http.MethodGet, path, nil, into)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if p, isProblem := errors.AsType[*client.ProblemError](err); isProblem && p.Status == http.StatusServiceUnavailable {
		return fmt.Errorf("%w: %w", doctor.ErrNotReady, err)
	} else if isProblem {
		return err
	}
	if _, refused := errors.AsType[*client.KeyError](err); refused {
		return fmt.Errorf("%w: %w", doctor.ErrRefused, err)
	}
	if u, unreachable := errors.AsType[*client.UnreachableError](err); unreachable {
		err = u.Err // without what the row says anyway
	}
	if _, wrongName := errors.AsType[*tls.CertificateVerificationError](err); wrongName {
		return fmt.Errorf("%w: %w", doctor.ErrCertificate, err)
	}
	if op, isOp := errors.AsType[*net.OpError](err); isOp && op.Op == "dial" {
		return fmt.Errorf("%w: %w", doctor.ErrNoDaemon, err)
	}
	return fmt.Errorf("%w: %w", doctor.ErrStranger, err)
}
