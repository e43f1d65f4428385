package keeper

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"vega/store/sqlite"
	"vega/store/sqlite/filelock"
	"vega/store/sqlite/identity"
	"vega/store/sqlite/salvage"
)

// repair is the state of the repair of the store's file.
type repair struct {
	since  time.Time // when the trouble began; zero: there is none
	next   time.Time // before it, no step is attempted again
	tried  time.Time // when the store was last tried
	failed string    // the error that was last logged

	closed  []*sqlite.Store // with connections that are still open
	sides   []string        // logs of the open file that were moved out of the way
	suspect string          // path of a file that was set aside, but may be intact
	cleared time.Time       // when a suspect was last found to be intact
	damaged string          // path of a file that was set aside, to be recovered

	aside    string // name for a file to be set aside, until it is used
	recovery recovery
}

// release closes what calls in progress have kept open.
func (r *repair) release() {
	var still []*sqlite.Store
	for _, s := range r.closed {
		if !s.Released() {
			still = append(still, s)
		}
	}
	r.closed = still
}

// errInUse is returned by a step that must wait for calls in progress.
var errInUse = errors.New("the store is in use by calls in progress")

// exchangeTime limits how long exchange waits for calls in progress. A call that waits
// for a disk that does not answer must not make all others wait.
const exchangeTime = time.Second

// exchange replaces the open file between two calls, and returns the former one. Until
// it succeeds, no new query of a probe begins: these may take seconds, and one after the
// other would be in progress.
func (c *caretaker) exchange(next *sqlite.Store) (before *sqlite.Store, err error) {
	c.repair.recovery.end()
	c.awaited.Store(true)
	for end := time.Now().Add(exchangeTime); !c.gate.TryLock(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return nil, errInUse
		}
	}
	defer c.gate.Unlock()
	before, c.now = c.now, next
	c.awaited.Store(false)
	return before, nil
}

// mend does the next step against a trouble.
func (c *caretaker) mend(ctx context.Context, t *identity.Trouble) error {
	switch t.Kind {
	case identity.Gone:
		// If its own path names it still, only a symbolic link was changed.
		if f := c.now.Files(); f.Linked() && !f.Named() && time.Since(c.repair.since) < comeBack {
			return nil // it was moved, and may be moved back
		}
		return c.restore(ctx)
	case identity.Replaced:
		return c.takeUp(ctx)
	case identity.LogGone:
		return c.renewLog(ctx)
	default:
		return c.setAside(t)
	}
}

// restore writes what is open to the path, where no file is.
func (c *caretaker) restore(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return fmt.Errorf("write the store's file again: %w", err)
	}
	aside := c.asideName()
	if err := c.moveSides(aside); err != nil {
		return err
	}
	if info, err := os.Lstat(c.path); err == nil && info.Mode()&fs.ModeSymlink != 0 { // to nothing
		if err := os.Rename(c.path, aside); err != nil {
			return fmt.Errorf("set the symbolic link aside that replaced the store's file: %w", err)
		}
		c.options.Log.Warn("the store's file was replaced by a symbolic link to nothing, which is set aside", "path", c.path, "aside", aside)
	}
	if err := c.now.Files().CopyTo(ctx, c.path); err != nil {
		c.now.Files().Notice(err)
		return fmt.Errorf("write the store's file again: %w", err)
	}
	if c.now.Files().Named() {
		c.options.Log.Warn("a symbolic link to the store's file was changed; vega has written all of it to where the link leads now", "path", c.path)
	} else {
		c.options.Log.Warn("the store's file was deleted or moved away; vega has rewritten it completely from its open copy", "path", c.path)
	}
	c.dropSides()
	return c.close()
}

// takeUp opens the file that was put in the place of the open one. If it is not a
// database of vega, it is set aside, and the open one is written to the path again.
func (c *caretaker) takeUp(ctx context.Context) error {
	aside := c.asideName()
	if info, err := os.Stat(c.path); err == nil && (info.Size() == 0 || !info.Mode().IsRegular()) {
		return c.reject(ctx, aside, errors.New("it is empty or not a regular file"))
	}
	if err := c.now.Files().Checkpoint(ctx); err != nil && c.now.Files().Linked() {
		return fmt.Errorf("finish the store's former file, which was moved away: %w", err)
	}
	// Our own log next to another file would be read as that file's log.
	if err := c.moveSides(aside); err != nil {
		return err
	}
	if err := c.relock(); err != nil {
		return err
	}
	next, err := c.open(ctx)
	if sqlite.IsUnusable(err) {
		return c.reject(ctx, aside, err)
	}
	if err != nil {
		return err
	}
	kept, err := c.keep(ctx, aside, next)
	if err != nil {
		return errors.Join(err, next.Close())
	}
	before, err := c.exchange(next)
	if err != nil {
		return errors.Join(err, next.Close())
	}
	c.repair.closed = append(c.repair.closed, before)
	c.options.Log.Warn("the store's file was replaced by another database of vega; vega goes on with that one", "path", c.path, "before", kept)
	c.dropSides()
	c.runs.Restart()
	c.begin()
	return before.Close()
}

// keep keeps the contents of the open file, which is given up for next. Those of a file
// that vega has begun itself are added to next: the original was only missing for a
// while, such as a volume that was mounted late. Any other file is copied to the path
// aside if it no longer has a name. keep returns where the contents are now.
func (c *caretaker) keep(ctx context.Context, aside string, next *sqlite.Store) (string, error) {
	if c.now.Created() {
		report, err := sqlite.Merge(ctx, c.now, next, salvage.Options{Newer: true})
		if err != nil {
			return "", fmt.Errorf("add what was stored meanwhile to the file that is back: %w", err)
		}
		var added int64
		for _, t := range report.Tables {
			added += t.Added
		}
		return fmt.Sprintf("%d rows of it were added to that one", added), nil
	}
	if c.now.Files().Linked() {
		if c.now.Files().Named() {
			return "it is still " + c.now.Path(), nil
		}
		return "it was moved away", nil
	}
	if err := c.now.Files().CopyTo(ctx, aside); err != nil {
		return "", fmt.Errorf("keep the store's former file: %w", err)
	}
	return "it is kept as " + aside, nil
}

// reject sets the file at the path aside, because the store can't use it, and writes
// the open one again.
func (c *caretaker) reject(ctx context.Context, aside string, why error) error {
	if err := os.Rename(c.path, aside); err != nil {
		return fmt.Errorf("set the file aside that replaced the store's: %w", err)
	}
	c.options.Log.Warn("the store's file was replaced by one that vega can't use, which is set aside", "path", c.path, "aside", aside, "reason", why.Error())
	return c.restore(ctx)
}

// renewLog opens the file again, so that its write-ahead log gets a name.
func (c *caretaker) renewLog(ctx context.Context) error {
	err := c.now.Files().Checkpoint(ctx)
	if errors.Is(err, sqlite.ErrLogInUse) {
		return c.replace(ctx)
	}
	if err != nil {
		return fmt.Errorf("renew the write-ahead log of the store: %w", err)
	}
	aside := c.asideName()
	for _, suffix := range suffixes[1:] {
		if c.now.Files().OwnsSide(suffix) {
			continue
		}
		if err := rename(c.now.Path()+suffix, aside+suffix); err != nil {
			return fmt.Errorf("renew the write-ahead log of the store: %w", err)
		}
	}
	c.options.Log.Warn("the write-ahead log of the store, or its index, was deleted or replaced, or the file linked to; nothing is lost, and vega opens the file again", "path", c.path)
	return c.close()
}

// replace sets the open file aside and writes its contents to the path. It is for a file
// whose log has no name, and can't be moved into the file because of a reader, which may
// stay for hours.
func (c *caretaker) replace(ctx context.Context) error {
	aside, from := c.asideName(), c.now.Path()
	written := aside + ".new"
	if err := c.now.Files().CopyTo(ctx, written); err != nil {
		return fmt.Errorf("write the store's file again: %w", err)
	}
	err := renameAll(from, aside)
	if err == nil {
		err = os.Rename(written, c.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("replace the store's file: %w", err), rename(aside, from), os.Remove(written))
	}
	c.options.Log.Warn("the write-ahead log of the store, or its index, was deleted or replaced while another program reads the store; vega has written all of it to a new file, and set the former one aside", "path", c.path, "aside", aside)
	return c.close()
}

// setAside renames the file and what belongs to it. A new one is begun next, unless the
// file turns out to be intact.
func (c *caretaker) setAside(t *identity.Trouble) error {
	if !c.now.Files().Named() { // meanwhile, the path names another file, or none
		return c.close()
	}
	aside := c.asideName()
	if err := renameAll(c.path, aside); err != nil {
		return fmt.Errorf("set the store's file aside: %w", err)
	}
	if c.repair.damaged = aside; (t.Kind == identity.Damaged || t.Kind == identity.LogShort) && time.Since(c.repair.cleared) > comeBack {
		c.repair.suspect = aside
	}
	c.options.Log.Error("the store's file is set aside", "path", c.path, "aside", aside, "reason", t.Text)
	return c.close()
}

// suffixes are those of the files of a database.
var suffixes = []string{"", "-wal", "-shm"}

// renameAll renames the files of a database.
func renameAll(from, to string) error {
	for _, suffix := range suffixes {
		if err := rename(from+suffix, to+suffix); err != nil {
			return err
		}
	}
	return nil
}

// close closes the open file, which reopen opens again.
func (c *caretaker) close() error {
	before, err := c.exchange(nil)
	if err != nil {
		return err
	}
	c.repair.closed = append(c.repair.closed, before)
	if err := before.Close(); err != nil {
		c.options.Log.Warn("the store's former file did not close", "err", err)
	}
	select {
	case c.wake <- struct{}{}: // reopen at once
	default:
	}
	return nil
}

// reopen opens the file that the path names, or begins a new one.
func (c *caretaker) reopen(ctx context.Context) error {
	if len(c.repair.closed) > 0 {
		return nil // the next look tries again
	}
	if err := c.rehabilitate(ctx); err != nil {
		return err
	}
	if at, err := sqlite.Resolve(c.named); err == nil && at != c.path {
		c.gate.Lock()
		c.path = at
		c.gate.Unlock()
	}
	if err := os.MkdirAll(filepath.Dir(c.path), 0o700); err != nil {
		return fmt.Errorf("create the directory of the store: %w", err)
	}
	if err := c.relock(); err != nil {
		return err
	}
	if err := c.keepLog(); err != nil {
		return err
	}
	next, err := c.open(ctx)
	if sqlite.IsUnusable(err) {
		aside := c.asideName()
		c.options.Log.Error("the store's file can't be used and is set aside", "path", c.path, "aside", aside, "err", err)
		if err := renameAll(c.path, aside); err != nil {
			return fmt.Errorf("set the store's file aside: %w", err)
		}
		c.repair.damaged = aside
		next, err = c.open(ctx)
	}
	if err != nil {
		return err
	}
	c.gate.Lock() // no call is in progress
	c.now = next
	c.gate.Unlock()
	if next.Created() {
		c.options.Log.Error("the store has begun a new file", "path", c.path)
		if c.options.Last != nil {
			c.runs.Precede(c.options.Last())
		}
	}
	c.runs.Restart()
	c.recoverInto(next)
	c.begin()
	return nil
}

// begin goes on writing.
func (c *caretaker) begin() {
	c.why.Store(nil)
	c.repair.since, c.repair.aside = time.Time{}, ""
	c.runs.Retry()
}

// rehabilitate gives a file that was set aside its name back if it is intact.
func (c *caretaker) rehabilitate(ctx context.Context) error {
	aside := c.repair.suspect
	if aside == "" {
		return nil
	}
	damage := sqlite.Verify(ctx, aside)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if damage == nil {
		if err := renameAll(aside, c.path); err != nil {
			return fmt.Errorf("take up %s: %w", aside, err)
		}
		c.repair.cleared, c.repair.damaged = time.Now(), ""
		c.options.Log.Warn("the file that was set aside is intact, although its last changes may be missing; vega goes on with it", "path", c.path)
	} else {
		c.options.Log.Error("the file that was set aside is damaged; vega begins a new one", "aside", aside, "err", damage)
	}
	c.repair.suspect = ""
	return nil
}

// relock locks the path again if its lock file was deleted, or the path leads to another
// place now.
func (c *caretaker) relock() error {
	if c.lock != nil && c.lock.Named(c.path+".lock") {
		return nil
	}
	held, err := filelock.Acquire(c.path + ".lock")
	if err != nil {
		return fmt.Errorf("open the store: %w", err)
	}
	if c.lock != nil {
		_ = c.lock.Release() // it no longer has a name
	}
	c.gate.Lock()
	c.lock = held
	c.gate.Unlock()
	return nil
}

// moveSides gets the log and its index, which are those of the open file, out of the
// way of another file.
func (c *caretaker) moveSides(aside string) error {
	if c.now.Path() != c.path {
		return nil // they are somewhere else
	}
	for _, suffix := range suffixes[1:] {
		if !c.now.Files().OwnsSide(suffix) {
			continue
		}
		if err := rename(c.now.Path()+suffix, aside+".old"+suffix); err != nil {
			return fmt.Errorf("set the write-ahead log of the store aside: %w", err)
		}
		c.repair.sides = append(c.repair.sides, aside+".old"+suffix)
	}
	return nil
}

// dropSides removes the logs that were moved, because what they hold was copied.
func (c *caretaker) dropSides() {
	for _, side := range c.repair.sides {
		if err := os.Remove(side); err != nil && !errors.Is(err, fs.ErrNotExist) {
			c.options.Log.Warn("can't remove a former write-ahead log", "err", err)
		}
	}
	c.repair.sides = nil
}

// asideName returns an unused path for a file that is set aside. It is the same until the
// path is used or the repair ends, so that the error of a step stays the same, too.
func (c *caretaker) asideName() string {
	if _, err := os.Lstat(c.repair.aside); c.repair.aside == "" || !errors.Is(err, fs.ErrNotExist) {
		c.repair.aside = c.unusedName()
	}
	return c.repair.aside
}

func (c *caretaker) unusedName() string {
	base := c.path + ".broken-" + time.Now().UTC().Format("20060102T150405Z")
	name := base
	for n := 2; ; n++ {
		if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
			return name
		}
		name = fmt.Sprintf("%s-%d", base, n)
	}
}

// rename renames a file, if there is one.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
