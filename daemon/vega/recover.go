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
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"vega/daemon/vega/cli"
	"vega/daemon/vega/console"
	"vega/store/sqlite"
	"vega/store/sqlite/filelock"
	"vega/store/sqlite/salvage"
)

// recoverFlags holds the flags of recover.
type recoverFlags struct {
	output string
	into   string
	format string
}

func recoverCommand() *cobra.Command {
	var o recoverFlags
	c := &cobra.Command{
		Use:   "recover FILE",
		Short: "Read what can be read of a damaged vega.db into a new one",
		Long: `Read what can be read of a damaged database of vega, such as vega.db.broken-TIME
that vega serve set aside, and of the write-ahead log next to it. The rows go to
a new database, FILE.recovered or the one that -o names, or are added to that of
a stopped vega with --into. FILE is never changed, and an existing file is only
written with --into.

The pages of FILE are read one by one, so rows are lost only with the pages that
held them. Rows that vega can't have written are left out. With --into, rows that
are already there are not added again, and runs are put in order: if FILE is
older, its runs come first.

Exits 0 if everything was read, 1 if rows are lost, 2 if a file can't be read or
written, 3 if nothing of vega's could be read.`,
		Example: `  vega recover .vega/vega.db.broken-20261129T081500Z
  vega recover broken.db -o new.db
  vega recover broken.db --into .vega/vega.db    add the rows; stop vega first`,
		SuggestFor: []string{"repair", "salvage", "rescue"},
		Args:       cli.Args(1, 1),
		RunE:       func(cmd *cobra.Command, args []string) error { return o.run(cmd, args[0]) },
	}
	c.Flags().StringVarP(&o.output, "output", "o", "", "write a new database at this `PATH` (default FILE.recovered)")
	c.Flags().StringVar(&o.into, "into", "", "add the rows to the existing database at this `PATH`")
	cli.Choice(c, &o.format, "format", "output format", "text", "json")
	cli.Exclusive(c, "output", "into")
	return c
}

func (o recoverFlags) run(cmd *cobra.Command, source string) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	file, release, err := holdSource(source)
	if err != nil {
		return err
	}
	r := console.Recovery{Source: source, Target: o.into}
	if o.into != "" {
		r.Report, err = recoverInto(ctx, file, o.into)
	} else {
		if r.Target = o.output; r.Target == "" {
			r.Target = source + ".recovered"
		}
		r.Report, err = recoverToNew(ctx, file, r.Target)
	}
	if err := errors.Join(err, release()); err != nil {
		return o.explain(ctx, err)
	}
	if r.Complete = r.Report.Whole(); o.format == "json" {
		e := json.NewEncoder(cmd.OutOrStdout())
		e.SetIndent("", "  ")
		err = e.Encode(r)
	} else {
		err = console.WriteRecovery(cmd.OutOrStdout(), r)
	}
	if err == nil && !r.Complete {
		err = &cli.Exit{Code: cli.ExitError}
	}
	return err
}

// explain adds what to do to an error, and the exit code.
func (o recoverFlags) explain(ctx context.Context, err error) error {
	newer, isNewer := errors.AsType[*salvage.NewerError](err)
	switch {
	case ctx.Err() != nil && o.into != "":
		return errors.New("interrupted; some rows were added, and the same command adds the rest")
	case ctx.Err() != nil:
		return errors.New("interrupted; no new database was written")
	case errors.Is(err, salvage.ErrNothing):
		return &cli.Exit{Code: cli.ExitUnchecked, Err: fmt.Errorf("%w; name another copy of the file, or restore a backup", err)}
	case errors.Is(err, salvage.ErrForeign):
		return &cli.Exit{Code: cli.ExitUnchecked, Err: fmt.Errorf("%w; name a file that vega wrote", err)}
	case isNewer:
		return &cli.Exit{Code: cli.ExitUnchecked, Err: fmt.Errorf("%w; use a vega that knows schema %d", err, newer.Schema)}
	default:
		return err
	}
}

// holdSource checks that the source can be read and that no daemon writes it. It
// returns its path without symbolic links, next to which its write-ahead log is,
// and a function that lets a daemon start again.
func holdSource(path string) (file string, release func() error, err error) {
	release = func() error { return nil }
	if base, isLog := strings.CutSuffix(path, "-wal"); isLog {
		return "", nil, fmt.Errorf("%s is a write-ahead log, which is read with its database; name that: %s", path, base)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if err := readable(path); err != nil {
		return "", nil, err
	}
	if _, err := os.Stat(path + ".lock"); err != nil {
		return path, release, nil //nolint:nilerr // no vega ever opened the file
	}
	held, err := filelock.Acquire(path + ".lock")
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return path, release, nil // a vega that writes the file could lock it
	}
	if err != nil {
		return "", nil, fmt.Errorf("recover %s: %w", path, err)
	}
	return path, held.Release, nil
}

// readable returns an error unless a regular file can be read. If there is none,
// but its write-ahead log, that is enough.
func readable(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, none := os.Stat(path + "-wal"); none == nil {
			return nil
		}
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file; name the database", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// recoverInto adds the rows of the source to an existing database.
func recoverInto(ctx context.Context, source, path string) (r salvage.Report, err error) {
	target, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, fmt.Errorf("there is no %s to add rows to; use -o to write a new database", path)
	}
	if err != nil {
		return r, err
	}
	if from, err := os.Stat(source); err == nil && os.SameFile(from, target) {
		return r, fmt.Errorf("%s can't be added to itself; use -o to write a new database", source)
	}
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return r, err
	}
	r, err = sqlite.Recover(ctx, source, s)
	if closed := s.Close(); err == nil {
		err = closed
	}
	return r, err
}

// recoverToNew writes the rows of the source to a new database. It gets its name
// when it is complete.
func recoverToNew(ctx context.Context, source, path string) (r salvage.Report, err error) {
	if err := unused(path); err != nil {
		return r, err
	}
	part := path + ".part"
	if err := unused(part); err != nil {
		return r, fmt.Errorf("%w, or remove what an interrupted recovery left", err)
	}
	defer func() {
		for _, side := range []string{"", "-wal", "-shm", ".lock"} {
			if left := os.Remove(part + side); left != nil && !errors.Is(left, fs.ErrNotExist) {
				err = errors.Join(err, left)
			}
		}
	}()
	s, err := sqlite.Open(ctx, part)
	if err != nil {
		return r, err
	}
	r, err = sqlite.Recover(ctx, source, s)
	if closed := s.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = name(part, path)
	}
	return r, err
}

// unused returns an error if there is a file with the path of a new one, or no
// directory for it.
func unused(path string) error {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return err
	}
	_, err := os.Lstat(path)
	if err == nil {
		return fmt.Errorf("%s exists; choose another path with -o", path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// name gives a file its name, unless another file has it.
func name(part, path string) error {
	err := os.Link(part, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := unused(path); err != nil { // a file system without hard links
		return err
	}
	return os.Rename(part, path)
}
