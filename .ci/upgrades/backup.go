package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// backup kills vega backup, and now and then the daemon with it.
type backup struct {
	*world
	site   *site
	daemon *process
	must   acknowledged // that a backup of now must have
	kept   acknowledged // that the backup of before has
	former os.FileInfo  // the backup of before, if it is to be replaced
}

// file is the backup.
func (b *backup) file() string { return filepath.Join(b.site.dir, "backup.db") }

func (b *backup) open(ctx context.Context) (err error) {
	if b.site, err = b.base.copy(ctx, filepath.Join(b.dir, "backup")); err != nil {
		return err
	}
	if b.daemon, err = b.site.serve(ctx, b.old); err == nil {
		b.load.use(b.site)
		wait(ctx, b.pause)
	}
	return err
}

// begin replaces the backup of before in every second kill.
func (b *backup) begin(ctx context.Context, n int, trace bool) (*process, error) {
	b.former = nil
	if n%2 == 0 {
		if err := os.RemoveAll(b.file()); err != nil {
			return nil, err
		}
	} else if info, err := os.Stat(b.file()); err == nil {
		b.former = info
	}
	b.must = b.site.ledger.now()
	return b.site.start(ctx, trace, nil, b.program, "backup", "--replace", b.file())
}

func (b *backup) finished(_ context.Context, p *process) error { return p.succeeded() }

func (b *backup) after(ctx context.Context, n int, t *tally) error {
	if b.daemon.over() {
		return fmt.Errorf("the daemon ended: %s", b.daemon.out)
	}
	now, err := os.Stat(b.file())
	switch {
	case err == nil && !os.SameFile(now, b.former):
		t.hit["complete"]++
		_, err = t.look(ctx, b.world, "the backup after the kill", b.file(), b.must)
	case anyOf(b.file() + ".*"):
		t.hit["in the copy"]++
	default:
		t.hit["before"]++
	}
	if b.former != nil && os.SameFile(now, b.former) {
		_, err = t.look(ctx, b.world, "the former backup after the kill", b.file(), b.kept)
	} else if b.former != nil && now == nil {
		b.fails("backup, %s, kill %d: the former backup is gone", b.name, t.kills)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if n%5 == 4 {
		if err := b.killDaemon(ctx, t); err != nil {
			return err
		}
	}
	return b.again(ctx, t)
}

// again takes the backup once more, as a user would.
func (b *backup) again(ctx context.Context, t *tally) error {
	b.must = b.site.ledger.now()
	began := time.Now()
	if text, err := b.site.command(ctx, b.program, "backup", "--replace", b.file()); err != nil {
		return fmt.Errorf("backup: %w: %s", err, text)
	}
	t.again = append(t.again, time.Since(began))
	_, err := t.look(ctx, b.world, "the backup", b.file(), b.must)
	t.tidy(b.world, b.site)
	b.kept = b.must
	return err
}

// killDaemon kills the daemon, looks at its database and starts it again.
func (b *backup) killDaemon(ctx context.Context, t *tally) error {
	b.load.use(nil)
	b.daemon.kill()
	if _, err := t.look(ctx, b.world, "the database after a kill of the daemon", b.site.data("vega.db"), b.site.ledger.now()); err != nil {
		return err
	}
	var err error
	if b.daemon, err = b.site.serve(ctx, b.old); err == nil {
		b.load.use(b.site)
	}
	return err
}

func (b *backup) close() error {
	defer b.site.remove()
	b.load.use(nil)
	return b.daemon.stop()
}
