package daemon

import (
	"context"
	"errors"

	"vega/daemon/catalog"
	"vega/daemon/config"
)

// host is the daemon as the catalog needs it.
type host struct{ *Daemon }

// InForce returns the plugins in force.
func (h host) InForce() *catalog.Set { return h.inForce().Set }

// Change puts the set that f returns in force, with everything else as it is.
func (h host) Change(f func(*catalog.Set) (*catalog.Set, error)) error {
	h.change.Lock()
	defer h.change.Unlock()
	next, err := f(h.now.Set)
	if next == nil || err != nil {
		return err
	}
	if _, err = h.install(h.now.with(next)); err != nil {
		return errors.Join(err, next.Discard())
	}
	return nil
}

// Postponed logs what vega will try again.
func (h host) Postponed(ctx context.Context, what string, more ...any) {
	h.postponed(ctx, what, more...)
}

// LogDiagnostics logs each.
func (h host) LogDiagnostics(ctx context.Context, all []config.Diagnostic) {
	h.tellDiagnostics(ctx, all)
}

// Plugins reports on every module, the bundled ones first, then by file.
func (d *Daemon) Plugins() []catalog.Report { return d.inForce().Set.Report() }

// with returns the same configuration with other plugins.
func (s *state) with(next *catalog.Set) *state {
	return &state{Set: next, inputs: s.inputs, since: s.since, databases: s.databases}
}
