package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/store/sqlite"
)

// host is what the checks share. It does not change while they run.
type host struct {
	Options
	loaded  Loaded
	loadErr error // why loaded is empty: reading hung
	answers answers
	pid     int     // of the process that holds the store, 0 if none is known to
	account account // that vega runs as, or would
}

// look gathers what the checks share.
func look(ctx context.Context, o Options) *host {
	h := &host{Options: o}
	h.loaded, h.loadErr = bounded(ctx, o.Patience, func(context.Context) (Loaded, error) { return o.Load(), nil })
	c := h.usable()
	if c == nil {
		h.account = ownAccount()
		return h
	}
	h.answers, _ = bounded(ctx, o.Patience, func(ctx context.Context) (answers, error) { return ask(ctx, o.Connect, c), nil })
	h.account, h.pid = ownAccount(), 0
	type who struct {
		account account
		pid     int
		other   bool // another vega answers
	}
	w, err := bounded(ctx, o.Patience/4, func(context.Context) (who, error) {
		pid := lockHolder(storePath(c) + ".lock")
		return who{vegaAccount(c.DataDir, pid), pid, pid == 0 && h.answers.another(c)}, nil
	})
	if err == nil {
		h.account, h.pid = w.account, w.pid
	}
	if w.other {
		h.answers = answers{base: h.answers.base, err: ErrStranger}
	}
	return h
}

// usable returns the configuration, or what is certain of an invalid one, or nil.
func (h *host) usable() *config.Config {
	if h.loaded.Config != nil {
		return h.loaded.Config
	}
	return h.loaded.Reaches
}

// running reports whether a vega runs with this configuration.
func (h *host) running() bool { return h.answers.reached || h.pid != 0 }

// noConfiguration is what a check says that needs a configuration.
func noConfiguration() []Finding {
	return []Finding{skipped("needs a configuration that can be read; see the row configuration")}
}

// storePath returns the path of the store without symbolic links, where its side
// files are.
func storePath(c *config.Config) string {
	if path, err := sqlite.Resolve(c.Store.Path); err == nil {
		return path
	}
	return c.Store.Path
}

// vegaAccount returns the account of the running process, or else the owner of the
// data directory, or else that of this process.
func vegaAccount(dataDir string, pid int) account {
	if a, ok := accountOfProcess(pid); ok {
		return a
	}
	if info, err := os.Stat(dataDir); err == nil {
		if a, ok := accountOfFile(info); ok {
			return a
		}
	}
	return ownAccount()
}

// diagnosed takes the warnings with these codes from the configuration's diagnostics.
func (h *host) diagnosed(codes ...diag.Code) (found []Finding) {
	for _, d := range h.loaded.Diagnostics {
		if d.Severity == diag.Warning && slices.Contains(codes, d.Code) {
			found = append(found, warning(d.Detail, d.Fix))
		}
	}
	return found
}

// existing returns the path, or the closest directory above it that exists.
func existing(path string) string {
	for {
		_, err := os.Stat(path)
		parent := filepath.Dir(path)
		if err == nil || parent == path || !errors.Is(err, os.ErrNotExist) {
			return path
		}
		path = parent
	}
}

// missing reports whether nothing has this path.
func missing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, os.ErrNotExist)
}

// asRoot says how to see what this process may not.
func (h *host) asRoot() string {
	if h.account.root() || !h.account.known || h.account.uid == ownAccount().uid {
		return "run vega doctor as root, for example: sudo vega doctor"
	}
	return fmt.Sprintf("run vega doctor as root or %s, for example: sudo vega doctor", h.account.name)
}

// stranger reports whether this process is neither root nor the user of vega, so it
// can't see all that vega sees.
func (h *host) stranger() bool {
	own := ownAccount()
	return own.known && !own.root() && own.uid != h.account.uid
}
