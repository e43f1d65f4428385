package operate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/store/sqlite"
	"vega/store/sqlite/backup"
	"vega/store/sqlite/filelock"
	"vega/store/sqlite/restore"
)

// restoreFlags holds the flags of restore.
type restoreFlags struct {
	check  bool
	keys   bool
	format string
}

func restoreCommand() *cobra.Command {
	var o restoreFlags
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Replace vega's database by a backup, or check a backup",
		Long: `Replace the database that the configuration names by FILE, a backup of vega backup,
or any copy of a vega.db. Stop the daemon first.

FILE is checked completely before anything is changed. The former database stays next
to the new one, as vega.db.replaced-TIME, until you delete it. The files id and
plugins.json of data_dir are restored, too. keys.json is only restored if there is none,
so that a key that was revoked after the backup stays revoked; with --keys, it is always
restored. If the command is interrupted, even by a loss of power, the database is the
former one or the restored one, and the same command again does the rest.

With --check, the command only checks FILE. It needs no configuration, and the daemon
may run.

Exits 0 if all is well, 1 if FILE is damaged, of another program or of a newer vega, 2
if a file can't be read or written, or a daemon runs.`,
		Example: `  vega restore /var/backups/vega.db
  vega restore --check /var/backups/vega.db    verify a backup, for example after each one`,
		SuggestFor: []string{"import", "load", "rollback", "downgrade"},
		Args:       cli.Args(1, 1),
		RunE:       func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	c.Flags().BoolVar(&o.check, "check", false, "only check FILE")
	c.Flags().BoolVar(&o.keys, "keys", false, "replace keys.json, too; keys that were revoked since are valid again")
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	cli.Exclusive(c, "check", "keys")
	return c
}

func (o restoreFlags) run(cmd *cobra.Command, name string) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	from, err := sqlite.Resolve(name)
	if err != nil {
		return err
	}
	if _, err := os.Stat(from); err != nil {
		return err
	}
	p := console.StartCopy(cmd.ErrOrStderr())
	watch := backup.Watch{Step: p.Step, Progress: p.Progress}
	if o.check {
		return o.verify(ctx, cmd, from, p, watch)
	}
	cfg, err := cli.LoadPlaces(cmd)
	if err != nil {
		return err
	}
	store, err := sqlite.Resolve(cfg.Store.Path)
	if err != nil {
		return err
	}
	ro := restore.Options{From: from, Store: store, DataDir: cfg.DataDir, Files: dataFiles, Now: time.Now(), Watch: watch}
	if !o.keys {
		ro.Stay = []string{keysFile}
	}
	r, err := restore.Run(ctx, ro)
	p.End()
	if err != nil {
		return explainRestore(ctx, from, store, err)
	}
	if o.format == "json" {
		return writeJSON(cmd.OutOrStdout(), r)
	}
	return console.WriteRestore(cmd.OutOrStdout(), r)
}

// verify checks a backup.
func (o restoreFlags) verify(ctx context.Context, cmd *cobra.Command, from string, p *console.Copy, watch backup.Watch) error {
	info, err := backup.Check(ctx, from, watch)
	p.End()
	if err == nil && info.Schema > sqlite.Schema() {
		err = &sqlite.NewerError{Path: from, Schema: info.Schema, Known: sqlite.Schema(), By: info.By}
	}
	if err != nil {
		return explainRestore(ctx, from, "", err)
	}
	if o.format == "json" {
		return writeJSON(cmd.OutOrStdout(), info)
	}
	return console.WriteChecked(cmd.OutOrStdout(), info)
}

// explainRestore says what to do about an error, and chooses the exit code.
func explainRestore(ctx context.Context, from, store string, err error) error {
	_, damaged := errors.AsType[*backup.DamagedError](err)
	newer, isNewer := errors.AsType[*sqlite.NewerError](err)
	held, isHeld := errors.AsType[*filelock.HeldError](err)
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted; the same command again does the rest")
	case damaged:
		return cli.Failed(fmt.Errorf("%s can't be restored: %w; use another backup, or see vega recover --help", from, bare(err)))
	case errors.Is(err, backup.ErrForeign):
		return cli.Failed(fmt.Errorf("%s can't be restored: %w; name a file that vega backup wrote", from, backup.ErrForeign))
	case isNewer:
		return cli.Failed(fmt.Errorf("%s can't be restored by this version: %w; install that version, or a later one", from, newer))
	case sqlite.IsFull(err):
		return fmt.Errorf("nothing was changed, because the disk of %s is full; a restore needs as much space as the backup, next to the former database", store)
	case isHeld:
		return fmt.Errorf("a vega uses %s (pid %s), so nothing was changed; stop it first, and start it after the restore", store, held.Holder)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; run the command as root or as vega's user, for example with sudo", err)
	}
	if text := sqlite.Reason(err); text != "" {
		return fmt.Errorf("restore %s: %s: %w", from, text, err)
	}
	return err
}

// bare returns the error of the backup itself, without what was done with it.
func bare(err error) error {
	if d, ok := errors.AsType[*backup.DamagedError](err); ok {
		return d
	}
	return err
}
