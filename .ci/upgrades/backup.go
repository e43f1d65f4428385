package main

import (
	"context"
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
	must   acknowledged
}

// file is the backup.
func (b *backup) file() string { return filepath.Join(b.site.dir, "backup.db") }

func (b *backup) open(ctx context.Context) (err error) {
	if b.site, err = b.base.copy(ctx, filepath.Join(b.dir, "backup")); err != nil {
		return err
	}
	if b.daemon, err = b.site.serve(ctx, b.old); err == nil {
		b.load.use(b.site)
		wait(ctx, time.Second)
	}
	return err
}

func (b *backup) begin(ctx context.Context, _ int, trace bool) (*process, error) {
	if err := os.RemoveAll(b.file()); err != nil {
		return nil, err
	}
	b.must = b.site.ledger.now()
	return b.site.start(ctx, trace, nil, b.program, "backup", b.file())
}

func (b *backup) finished(_ context.Context, p *process) error { return p.succeeded() }

func (b *backup) after(ctx context.Context, n int, t *tally) error {
	if b.daemon.over() {
		return fmt.Errorf("the daemon ended: %s", b.daemon.out)
	}
	switch {
	case exists(b.file()):
		t.hit["complete"]++
		if _, err := t.look(ctx, b.world, "the backup after the kill", b.file(), b.must); err != nil {
			return err
		}
	case anyOf(b.file() + "*"):
		t.hit["in the copy"]++
	default:
		t.hit["before"]++
	}
	if n%5 == 4 {
		if err := b.killDaemon(ctx, t); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(b.file()); err != nil {
		return err
	}
	b.must = b.site.ledger.now()
	began := time.Now()
	if text, err := b.site.command(ctx, b.program, "backup", b.file()); err != nil {
		return fmt.Errorf("backup: %w: %s", err, text)
	}
	t.again = append(t.again, time.Since(began))
	_, err := t.look(ctx, b.world, "the backup", b.file(), b.must)
	t.tidy(b.world, b.site)
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
