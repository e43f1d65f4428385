package doctor

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/config/input"
	"vega/daemon/config/redact"
	"vega/daemon/version"
)

// Status says how serious a finding is.
type Status string

// The statuses, from the most serious one.
const (
	StatusError   Status = "error"   // vega can't run, or is losing something
	StatusWarning Status = "warning" // this will cause trouble
	StatusUnknown Status = "unknown" // the check could not look
	StatusOK      Status = "ok"
	StatusSkipped Status = "skipped" // does not apply, or needs what another check found to be broken
)

// severity has the statuses in order.
var severity = []Status{StatusError, StatusWarning, StatusUnknown, StatusOK, StatusSkipped}

// Finding is what one check found. ToDo is "" if there is nothing to do.
type Finding struct {
	Check  string `json:"check"`
	Status Status `json:"status"`
	Found  string `json:"found"`
	ToDo   string `json:"to_do,omitempty"`
}

// Report is the result of Examine.
type Report struct {
	Status   Status    `json:"status"` // the worst of all findings
	Config   string    `json:"config"` // path of the configuration file
	Daemon   string    `json:"daemon"` // URL of the daemon that answered, or ""
	Findings []Finding `json:"findings"`
}

// Loaded is a configuration as far as it could be read.
type Loaded struct {
	Config      *config.Config // nil if it can't be used
	Reaches     *config.Config // enough of an invalid one to find the daemon and data_dir, or nil
	Diagnostics diag.Diagnostics
	Inputs      input.Summary
}

// Options are what Examine needs.
type Options struct {
	Path string // the configuration file
	// Load reads the configuration. It may hang in a file system.
	Load func() Loaded
	// Connect returns a client for the daemon with this configuration.
	Connect func(*config.Config) (Daemon, error)
	Release version.Release // of this program
	Now     time.Time
	Only    []string // names of the checks to run; nil: all
	// Patience limits each check; 0 stands for 10 seconds.
	Patience time.Duration
}

// Daemon is a client of a running daemon.
type Daemon interface {
	// URL returns where it looks for the daemon.
	URL() string
	// Get requests a path and decodes the answer. Its errors wrap ErrNoDaemon if
	// nothing accepts connections there, ErrRefused if the key does not allow the
	// request, ErrNotReady if the daemon says that it is not ready, and ErrStranger
	// if another program answers.
	Get(ctx context.Context, path string, into any) error
}

// patience limits a check by default. A check ends its parts before.
const patience = 10 * time.Second

// check is one row of the table, or more if it finds more than one thing.
type check struct {
	name string
	run  func(context.Context, *host) []Finding
}

// checks are in the order of the table.
var checks = []check{
	{"daemon", checkDaemon},
	{"configuration", checkConfiguration},
	{"permissions", checkPermissions},
	{"database", checkDatabase},
	{"disk", checkDisk},
	{"clock", checkClock},
	{"time zones", checkZones},
	{"limits", checkLimits},
	{"memory", checkMemory},
	{"resolver", checkResolver},
	{"port", checkPort},
	{"keys", checkKeys},
	{"certificates", checkCertificates},
	{"plugins", checkPlugins},
	{"notifiers", checkNotifiers},
}

// Names returns the names of all checks, in the order of the table.
func Names() []string {
	names := make([]string, len(checks))
	for n, c := range checks {
		names[n] = c.name
	}
	return names
}

// chosen returns the checks to run.
func (o Options) chosen() []check {
	if o.Only == nil {
		return checks
	}
	return slices.DeleteFunc(slices.Clone(checks), func(c check) bool { return !slices.Contains(o.Only, c.name) })
}

// Examine runs the checks. It takes at most three times the patience of a check,
// whatever hangs.
func Examine(ctx context.Context, o Options) Report {
	if o.Patience <= 0 {
		o.Patience = patience
	}
	h := look(ctx, o)
	run := o.chosen()
	found := make([][]Finding, len(run))
	var all sync.WaitGroup
	for n, c := range run {
		all.Go(func() { found[n] = c.within(ctx, h) })
	}
	all.Wait()
	r := Report{Status: StatusOK, Config: o.Path, Daemon: h.answers.url()}
	hide := h.redactor()
	for _, f := range slices.Concat(found...) {
		f.Found, f.ToDo = hide.Redact(f.Found), hide.Redact(f.ToDo)
		r.Findings = append(r.Findings, f)
		r.Status = worse(r.Status, f.Status)
	}
	return r
}

// worse returns the more serious status. A skipped check makes nothing worse.
func worse(a, b Status) Status {
	if slices.Index(severity, b) < slices.Index(severity, a) {
		return b
	}
	return a
}

// within runs a check, and reports one that does not end in time. A check that panics
// is one that could not look: it must not cost the others their findings.
func (c check) within(ctx context.Context, h *host) []Finding {
	found, err := bounded(ctx, h.Patience, func(ctx context.Context) ([]Finding, error) { return c.run(ctx, h), nil })
	if err != nil {
		found = []Finding{unknown(err.Error(), "find out what hangs: a network file system, a resolver or a disk; then run vega doctor again")}
	}
	if len(found) == 0 {
		found = []Finding{{Status: StatusOK}}
	}
	for n := range found {
		found[n].Check = c.name
	}
	return found
}

// bounded calls f and returns its result, or an error if it does not return in time.
// f may hang in a system call that can't be interrupted; its goroutine is then left
// behind.
func bounded[T any](ctx context.Context, limit time.Duration, f func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("this check failed: %v", p)
			}
			done <- r
		}()
		r.value, r.err = f(ctx)
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
	}
	select { // let a call that heeds ctx say what it found so far
	case r := <-done:
		return r.value, r.err
	case <-time.After(limit / 10):
		var none T
		return none, hungError{limit}
	}
}

// hungError reports a call that did not return in time.
type hungError struct{ after time.Duration }

// Error returns how long the call was waited for.
func (e hungError) Error() string { return fmt.Sprintf("no answer within %v", e.after) }

func ok(format string, args ...any) Finding {
	return Finding{Status: StatusOK, Found: fmt.Sprintf(format, args...)}
}

func skipped(found string) Finding { return Finding{Status: StatusSkipped, Found: found} }

func unknown(found, todo string) Finding {
	return Finding{Status: StatusUnknown, Found: found, ToDo: todo}
}

func warning(found, todo string) Finding {
	return Finding{Status: StatusWarning, Found: found, ToDo: todo}
}

func failure(found, todo string) Finding {
	return Finding{Status: StatusError, Found: found, ToDo: todo}
}

// orOK returns the findings, or the given one if there are none.
func orOK(found []Finding, fine Finding) []Finding {
	if len(found) == 0 {
		return []Finding{fine}
	}
	return found
}

// redactor hides the secrets of the configuration, and of the daemon's own key.
func (h *host) redactor() *redact.Redactor {
	var secrets []string
	if c := h.usable(); c != nil {
		secrets = c.Secrets()
	}
	return redact.New(secrets)
}
