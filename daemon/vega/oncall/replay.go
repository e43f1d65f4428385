package oncall

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon"
	"vega/daemon/catalog"
	"vega/daemon/config"
	"vega/daemon/replay"
	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/store/sqlite"
)

// replayFlags holds the flags of replay.
type replayFlags struct {
	format, policies, store string
	since                   time.Duration
	all                     bool
}

func replayCommand() *cobra.Command {
	var o replayFlags
	c := &cobra.Command{
		Use:   "replay",
		Short: "Show which alerts the stored runs would have caused, and what was sent",
		Long: `Judge the stored runs again by the alerts of a configuration, in virtual time, and
show which incidents would have opened and how many messages each notifier would
have been sent, next to what was sent. Nothing is sent. Use it before you change an
alert. The store is only read, and a daemon may be running.

Silences and acknowledgements are repeated, and every message arrives at once.
Metrics are replayed from the rows that are stored for each minute, so within a
minute their order is a guess. Alerts on events are left out.

Exits 0 whether or not the same would have been sent, 1 if the configuration is not
valid, 2 if a file can't be read.`,
		Example: `  vega replay --since 30d
  vega replay --since 7d --policies drafts/     other files than policies/*.hcl
  vega replay -c draft.hcl --format json`,
		SuggestFor: []string{"backtest", "simulate"},
		Args:       cli.Args(0, 0),
		RunE:       func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	cli.Span(c, &o.since, "since", 30*24*time.Hour, "how far back to begin: 24h, 7d")
	c.Flags().StringVar(&o.policies, "policies", "", "use the *.hcl files in `DIR` instead of those in policies/")
	c.Flags().StringVar(&o.store, "store", "", "read the database at `PATH` (default: that of the configuration)")
	c.Flags().BoolVar(&o.all, "all", false, "list all incidents, not only those that differ")
	cli.Complete(c, "policies", func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	})
	return c
}

func (o replayFlags) run(cmd *cobra.Command) (err error) {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cfg, err := o.load(cmd)
	if err != nil {
		return err
	}
	path := cfg.Store.Path
	if o.store != "" {
		path = o.store
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s, so nothing can be replayed; vega serve creates it", console.RelativePath(path))
	}
	db, err := sqlite.OpenReadOnly(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now := time.Now()
	r, err := replay.Run(ctx, db, replay.Options{Rules: daemon.AlertRules(cfg), Since: now.Add(-o.since), Until: now})
	if ctx.Err() != nil {
		return errors.New("interrupted before everything was replayed")
	}
	if err != nil {
		return err
	}
	if o.format == "json" {
		return writeJSON(cmd.OutOrStdout(), r)
	}
	return console.WriteReplay(cmd.OutOrStdout(), r, o.all)
}

// load reads the configuration, with other policies if the flag names some.
func (o replayFlags) load(cmd *cobra.Command) (*config.Config, error) {
	if o.policies != "" {
		info, err := os.Stat(o.policies)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("--policies %s: it is not a directory", o.policies)
		}
	}
	bundled, err := catalog.Bundled()
	if err != nil {
		return nil, cli.Failed(err)
	}
	cfg, diags := config.Load(cli.ConfigPath(cmd), config.Options{Bundled: bundled, Policies: o.policies})
	if cfg == nil {
		return nil, cli.Failed(&config.InvalidError{Diagnostics: diags})
	}
	return cfg, cli.PrintDiagnostics(cmd, diags)
}
