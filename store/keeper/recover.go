package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"vega/store/sqlite"
	"vega/store/sqlite/identity"
)

// spareRoom is how many times the size of a damaged file must be free, so that what is
// recovered of it does not fill the disk.
const spareRoom = 2

// recovery adds what can be read of a file that was set aside to the new one.
type recovery struct {
	cancel context.CancelFunc // nil: none is in progress
	done   chan struct{}
}

// end ends the recovery in progress, if there is one.
func (r *recovery) end() {
	if r.cancel != nil {
		r.cancel()
		<-r.done
		r.cancel = nil
	}
}

// keepLog sets a write-ahead log aside whose file is gone or empty, to be recovered: its
// file was deleted, and vega ended before it could write it again. SQLite would delete the
// log.
func (c *caretaker) keepLog() error {
	file, err := os.Stat(c.path)
	if err == nil && (file.Size() > 0 || !file.Mode().IsRegular()) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil // opening the file returns the error
	}
	log, err := os.Stat(c.path + "-wal")
	if err != nil || log.Size() == 0 || !log.Mode().IsRegular() {
		return nil //nolint:nilerr // there is none
	}
	aside := c.asideName()
	if err := renameAll(c.path, aside); err != nil {
		return fmt.Errorf("set the write-ahead log of a deleted file aside: %w", err)
	}
	if file == nil { // vega recover wants a name
		if err := os.WriteFile(aside, nil, 0o600); err != nil {
			return fmt.Errorf("set the write-ahead log of a deleted file aside: %w", err)
		}
	}
	c.repair.damaged = aside
	c.options.Log.Error("the store's file was deleted, but not its write-ahead log, which is set aside", "path", c.path, "aside", aside)
	return nil
}

// recoverInto begins to recover the damaged file, if there is one, into a new one.
func (c *caretaker) recoverInto(s *sqlite.Store) {
	if c.repair.damaged != "" && s.Created() {
		c.recover(s, c.repair.damaged)
	}
	c.repair.damaged = ""
}

// recover begins to add what can be read of the file aside to s, the new one. It does not
// wait.
func (c *caretaker) recover(s *sqlite.Store, aside string) {
	if info, err := os.Stat(aside); err == nil {
		if free := identity.Free(c.path); free >= 0 && free < spareRoom*info.Size() {
			c.options.Log.Warn("the disk has too little room to recover what can be read of the damaged file", "aside", aside, "fix", byHand(aside, s.Path()))
			return
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.repair.recovery = recovery{cancel, make(chan struct{})}
	done := c.repair.recovery.done
	go func() {
		defer close(done)
		_ = c.runs.Flush(ctx) // what is queued is newer; an error is recorded in health
		report, err := sqlite.Recover(ctx, aside, s)
		var added, lost int64
		for _, t := range report.Tables {
			added += t.Added
			lost += t.Lost
		}
		switch {
		case err != nil:
			c.options.Log.Error("the damaged file could not be recovered", "aside", aside, "rows", added, "fix", byHand(aside, s.Path()), "err", err)
		default:
			c.options.Log.Warn("what can be read of the damaged file is in the new one", "aside", aside, "rows", added, "rows_lost", lost)
		}
	}()
}

func byHand(aside, path string) string {
	return "stop vega, and run: vega recover " + aside + " --into " + path
}
