package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// odd is a step under a circumstance.
type odd struct {
	*world
	step  string // backup, upgrade, back or restore
	name  string
	site  *site
	above *process // the old version, which runs during a backup

	program string          // the new version
	change  func(*exec.Cmd) // how it starts
}

// users of the cases: who owns data_dir, and somebody else.
const owner, stranger = 54321, 54322

// odd runs each step under odd circumstances, and prints a row for each.
func (w *world) odd(ctx context.Context) error {
	if err := w.grow(ctx); err != nil {
		return err
	}
	clockful, err := buildClock(ctx, w.work)
	if err != nil {
		return err
	}
	fmt.Println("\n| step | circumstance | result | then |\n|---|---|---|---|")
	for _, step := range []string{"backup", "upgrade", "back", "restore"} {
		for _, c := range []struct {
			name string
			root bool
			run  func(context.Context, *odd) (said, then string, err error)
		}{
			{"disk full at 5 % of the copy", true, full(5)},
			{"disk full at 60 % of the copy", true, full(60)},
			{"data_dir of another user", true, another},
			{"root, data_dir of a user", true, byRoot},
			{"clock in 1970", false, past(clockful)},
		} {
			if c.root && os.Geteuid() != 0 {
				fmt.Printf("| %s | %s | skipped: needs root | |\n", step, c.name)
				continue
			}
			o := &odd{world: w, step: step, name: c.name, program: w.program, change: func(*exec.Cmd) {}}
			said, then, err := c.run(ctx, o)
			o.close()
			if err != nil {
				return fmt.Errorf("%s, %s: %w", step, c.name, err)
			}
			fmt.Printf("| %s | %s | %s | %s |\n", step, c.name, said, then)
		}
	}
	return w.installs(ctx)
}

// prepare copies the site in the state from which the step begins.
func (o *odd) prepare(ctx context.Context, dir string) (err error) {
	from := o.base
	if o.step == "back" || o.step == "restore" {
		from = o.upgraded
	}
	o.site, err = from.copy(ctx, dir)
	return err
}

// running starts the old version for a backup, with the credentials of a user.
func (o *odd) running(ctx context.Context, as func(*exec.Cmd)) error {
	if o.step != "backup" {
		return nil
	}
	p, err := o.site.start(ctx, false, as, o.old, "serve")
	if err != nil {
		return err
	}
	o.above = p
	if err := p.answers(ctx); err != nil {
		return err
	}
	o.load.use(o.site)
	wait(ctx, 300*time.Millisecond)
	return nil
}

// act does the step. It returns what was printed, and the error if it failed.
func (o *odd) act(ctx context.Context) (string, error) {
	arguments := []string{"serve"}
	switch o.step {
	case "backup":
		arguments = []string{"backup", filepath.Join(o.site.dir, "new.db")}
	case "back":
		arguments = []string{"restore", o.site.backup()}
	case "restore":
		arguments = []string{"restore", filepath.Join(o.site.dir, "backup.db")}
	}
	p, err := o.site.start(ctx, false, o.change, o.program, arguments...)
	if err != nil {
		return "", err
	}
	if o.step != "upgrade" {
		err = p.succeeded()
		return p.out.String(), err
	}
	if err := p.answers(ctx); err != nil {
		return p.out.String(), err
	}
	o.load.use(o.site)
	wait(ctx, 300*time.Millisecond)
	o.load.use(nil)
	err = p.stop()
	return p.out.String(), err
}

// quiet stops the daemon of a backup.
func (o *odd) quiet() error {
	o.load.use(nil)
	if o.above == nil {
		return nil
	}
	p := o.above
	o.above = nil
	return p.stop()
}

func (o *odd) close() {
	o.load.use(nil)
	if o.above != nil {
		o.above.kill()
	}
	if o.site != nil {
		o.site.remove()
	}
}

// unchanged looks at the database after a step that failed.
func (o *odd) unchanged(ctx context.Context) error {
	f, err := o.audit(ctx, o.site.data("vega.db"), o.site.ledger.now(), true)
	if err != nil {
		return err
	}
	if len(f.wrong) > 0 {
		o.fails("%s, %s: after the failure: %s", o.step, o.name, strings.Join(f.wrong, "; "))
	}
	if (f.schema == oldSchema) != (o.step == "backup" || o.step == "upgrade") {
		o.fails("%s, %s: schema %d after the failure", o.step, o.name, f.schema)
	}
	if left := o.site.leftovers(); len(left) > 0 {
		o.fails("%s, %s: the failure leaves %s", o.step, o.name, strings.Join(left, ", "))
	}
	return nil
}

// done looks at the result of a step that succeeded.
func (o *odd) done(ctx context.Context) error {
	file, must, schema := o.site.data("vega.db"), o.site.ledger.now(), oldSchema
	switch o.step {
	case "backup":
		file = filepath.Join(o.site.dir, "new.db")
		must = o.site.marks["now"]
	case "upgrade":
		schema++
	case "back":
		must = o.site.marks["upgrade"]
	case "restore":
		must = o.site.marks["backup"]
	}
	f, err := o.audit(ctx, file, must, true)
	if err != nil {
		return err
	}
	if f.schema < schema || (schema == oldSchema && f.schema != schema) {
		o.fails("%s, %s: schema %d", o.step, o.name, f.schema)
	}
	if len(f.wrong) > 0 {
		o.fails("%s, %s: %s", o.step, o.name, strings.Join(f.wrong, "; "))
	}
	if left := o.site.leftovers(); len(left) > 0 {
		o.fails("%s, %s: left over: %s", o.step, o.name, strings.Join(left, ", "))
	}
	return nil
}

// full runs the step on a file system that has room for a part of what it writes, and
// again with enough room.
func full(percent int64) func(context.Context, *odd) (string, string, error) {
	return func(ctx context.Context, o *odd) (said, then string, err error) {
		disk := filepath.Join(o.dir, "disk")
		if err := os.MkdirAll(disk, 0o755); err != nil {
			return "", "", err
		}
		if text, err := output(ctx, "mount", "-t", "tmpfs", "-o", "size=1g", "upgrades", disk); err != nil {
			return "skipped: no mounts: " + lastLine(text), "", nil
		}
		defer func() { _, _ = output(context.WithoutCancel(ctx), "umount", "-l", disk) }()
		defer o.close()
		if err := o.prepare(ctx, filepath.Join(disk, "site")); err != nil {
			return "", "", err
		}
		if err := o.running(ctx, nil); err != nil {
			return "", "", err
		}
		if err := o.limit(ctx, disk, percent); err != nil {
			return "", "", err
		}
		text, failed := o.act(ctx)
		if failed == nil {
			return "", "", errors.New("succeeds without room")
		}
		if _, err := output(ctx, "mount", "-o", "remount,size=1g", disk); err != nil {
			return "", "", err
		}
		return o.again(ctx, text)
	}
}

// limit leaves room for a part of the database.
func (o *odd) limit(ctx context.Context, disk string, percent int64) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(disk, &s); err != nil {
		return err
	}
	used := int64(s.Blocks-s.Bfree) * s.Bsize
	info, err := os.Stat(o.site.data("vega.db"))
	if err != nil {
		return err
	}
	size := used + info.Size()*percent/100
	text, err := output(ctx, "mount", "-o", fmt.Sprintf("remount,size=%d", size), disk)
	if err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return nil
}

// again looks at what a failure left, and does the step once more.
func (o *odd) again(ctx context.Context, text string) (said, then string, err error) {
	said = "refused: " + brief(text)
	wait(ctx, 300*time.Millisecond)
	if o.above != nil && o.above.over() {
		return said, "", fmt.Errorf("the daemon ended: %s", o.above.out)
	}
	program := o.old
	if o.step == "back" || o.step == "restore" {
		program = o.program
	}
	backup := o.above != nil
	if err := o.quiet(); err != nil {
		return said, "", err
	}
	if err := o.unchanged(ctx); err != nil {
		return said, "", err
	}
	if err := o.during(ctx, o.site, program, 200*time.Millisecond); err != nil {
		return said, "", fmt.Errorf("the state before does not run: %w", err)
	}
	if backup {
		if err := o.running(ctx, nil); err != nil {
			return said, "", err
		}
	}
	o.site.marks["now"] = o.site.ledger.now()
	if text, err := o.act(ctx); err != nil {
		return said, "", fmt.Errorf("again: %w: %s", err, text)
	}
	if err := o.quiet(); err != nil {
		return said, "", err
	}
	return said, "the state before runs; again with room or permission: done, nothing lost", o.done(ctx)
}

// as runs a program with the rights of a user.
func as(user uint32) func(*exec.Cmd) {
	return func(c *exec.Cmd) {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
	}
}

// owned gives the site to a user. Everybody may read the configuration.
func (o *odd) owned(ctx context.Context) error {
	if text, err := output(ctx, "chown", "-R", fmt.Sprintf("%d:%d", owner, owner), o.site.dir); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	return errors.Join(os.Chmod(o.site.dir, 0o755), os.Chmod(filepath.Join(o.site.dir, "vega.hcl"), 0o644), os.Chmod(o.dir, 0o755))
}

// another runs the step as a user who may not write data_dir.
func another(ctx context.Context, o *odd) (said, then string, err error) {
	if err := o.prepare(ctx, filepath.Join(o.dir, "odd")); err != nil {
		return "", "", err
	}
	if err := o.owned(ctx); err != nil {
		return "", "", err
	}
	if err := o.running(ctx, as(owner)); err != nil {
		return "", "", err
	}
	o.change = as(stranger)
	text, failed := o.act(ctx)
	if failed == nil {
		return "", "", errors.New("a stranger may do it")
	}
	o.change = func(*exec.Cmd) {}
	return o.again(ctx, text)
}

// byRoot runs the step as root, and then the daemon as the user who owns data_dir.
func byRoot(ctx context.Context, o *odd) (said, then string, err error) {
	if err := o.prepare(ctx, filepath.Join(o.dir, "odd")); err != nil {
		return "", "", err
	}
	if err := o.owned(ctx); err != nil {
		return "", "", err
	}
	if err := o.running(ctx, as(owner)); err != nil {
		return "", "", err
	}
	o.site.marks["now"] = o.site.ledger.now()
	if text, err := o.act(ctx); err != nil {
		return "", "", fmt.Errorf("%w: %s", err, text)
	}
	if err := o.quiet(); err != nil {
		return "", "", err
	}
	if err := o.done(ctx); err != nil {
		return "", "", err
	}
	program := o.program
	if o.step == "back" || o.step == "backup" {
		program = o.old
	}
	p, err := o.site.start(ctx, false, as(owner), program, "serve")
	if err == nil {
		err = p.answers(ctx)
	}
	if err != nil {
		o.fails("%s, %s: the daemon of the owner: %s", o.step, o.name, brief(err.Error()))
		return "done", "the daemon of the owner does not start", nil
	}
	return "done", "the daemon of the owner runs", p.stop()
}

// past runs the step with a clock in 1970.
func past(program string) func(context.Context, *odd) (string, string, error) {
	return func(ctx context.Context, o *odd) (said, then string, err error) {
		if err := o.prepare(ctx, filepath.Join(o.dir, "odd")); err != nil {
			return "", "", err
		}
		offset := filepath.Join(o.site.dir, "offset")
		if err := os.WriteFile(offset, []byte(time.Until(time.Unix(60, 0)).String()), 0o600); err != nil {
			return "", "", err
		}
		if err := o.running(ctx, nil); err != nil {
			return "", "", err
		}
		o.site.marks["now"] = o.site.ledger.now()
		o.program, o.change = program, func(c *exec.Cmd) { c.Env = append(c.Env, "CLOCK_OFFSET="+offset) }
		text, failed := o.act(ctx)
		if failed == nil {
			if err := o.quiet(); err != nil {
				return "", "", err
			}
			return "done", "nothing lost", o.done(ctx)
		}
		o.program, o.change = o.world.program, func(*exec.Cmd) {}
		return o.again(ctx, text)
	}
}

// buildClock builds the new version with a clock that a file moves.
func buildClock(ctx context.Context, work string) (string, error) {
	dir := filepath.Join(work, "clock")
	overlay, err := exec.CommandContext(ctx, "go", "run", "./.ci/faults/clock", dir).Output()
	if err != nil {
		return "", fmt.Errorf("go run ./.ci/faults/clock: %w", err)
	}
	program := filepath.Join(work, "bin", "clock")
	text, err := output(ctx, "go", "build", "-overlay", string(bytes.TrimSpace(overlay)), "-o", program, "./daemon/vega")
	if err != nil {
		err = fmt.Errorf("go build: %w: %s", err, text)
	}
	return program, err
}

// brief returns the first error in a text, or else its last line for a user, without
// directories.
func brief(text string) string {
	last := ""
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "{") {
			continue
		}
		last = line
		if strings.HasPrefix(line, "error") {
			break
		}
	}
	return strings.ReplaceAll(last, os.TempDir(), "")
}
