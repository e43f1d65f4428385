package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Options configure Run.
type Options struct {
	Client Client
	Routes []Route // of the daemon
	Local  Local
	Only   []string // names of checks; empty for all
	// Serve starts another vega with a configuration file, and returns a function that
	// stops it. nil: none can be started.
	Serve func(ctx context.Context, file string) (stop func() error, err error)
	// Done is called with each check when it ends, if not nil.
	Done func(Check)
}

// Route is a route of the daemon. ":name" in Path stands for any segment.
type Route struct {
	Method, Path string
	Public       bool // needs no key
}

// Local is what the configuration on this machine contains. Run finds out whether
// the daemon's data is on this machine.
type Local struct {
	Digest    string // of the configuration, computed as the daemon does
	DataDir   string
	Store     string   // the database file
	Plugins   string   // the directory
	Databases []string // names of the database blocks
}

// feature is a check and the checks that it depends on. If one of those failed,
// the check is skipped.
type feature struct {
	name  string
	needs []string
	fix   string // the default for failures without one
	check func(context.Context, *session) (seen string, err error)
}

// features lists the checks in the order in which they run. Those that others
// depend on come first.
var features = []feature{
	{"alive", nil, "see the daemon's log for why it is not ready", alive},
	{"auth", nil, "block access to the daemon until this is fixed; check the proxies in front of it", auth},
	{"dashboard", nil, "check what the proxy in front of the daemon does to its headers and paths, and that server.external_url is the URL that browsers use", pages},
	{"errors", nil, "find the proxy in front of the daemon that changes its answers", problems},
	{"limits", nil, "find the proxy in front of the daemon that changes its answers", limits},
	{"profiler", nil, "restart the daemon; if that does not help, report a bug", profiler},
	{"slow-query", []string{"profiler"}, "see the daemon's log; until this is fixed, slow queries are not recorded", slowQuery},
	{"indexes", []string{"profiler"}, "stop the daemon and restore the store's file from a backup", indexes},
	{"databases", []string{"profiler"}, "run vega verify --only validation to check that the daemon runs this configuration", databases},
	{"integrations", nil, "run vega check -v NAME to see each step", integrations},
	{"correlation", nil, "find the proxy in front of the daemon that drops the header X-Correlation-ID", correlation},
	{"history", nil, "see the daemon's log for why conversations are not stored", history},
	{"memories", nil, "see the daemon's log for why memories are not stored", memories},
	{"diagnostics", nil, "compare with free, df and ulimit on the daemon's machine", diagnosed},
	{"validation", nil, "run vega validate config and fix what it reports", validation},
	{"alerting", nil, "see vega notifiers and vega incidents, and the daemon's log", alerting},
	{"plugin", []string{"validation"}, "see the daemon's log and GET /admin/plugins for the state of the file", dropIn},
	{"reload", []string{"validation"}, "see the daemon's log and GET /admin/config/validate for the last reload", reload},
}

// Names returns the names of all checks, in the order in which they run.
func Names() []string {
	all := make([]string, len(features))
	for n, f := range features {
		all[n] = f.name
	}
	return all
}

// UnreachableError reports that no daemon can be checked.
type UnreachableError struct{ Err error }

// Error says why, and what to do.
func (e *UnreachableError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Err }

// ErrInterrupted is returned by Run if its context is canceled. Everything that
// was created has been removed.
var ErrInterrupted = errors.New("interrupted before every check was done")

// Run checks the features sequentially. When the deadline of ctx passes, the
// current check fails, and so do the rest. Run returns an *UnreachableError,
// ErrInterrupted, or an error for a name in Only that no check has.
func Run(ctx context.Context, o Options) (Report, error) {
	chosen, err := choose(o.Only)
	if err != nil {
		return Report{}, err
	}
	s := newSession(o)
	if err := s.reach(ctx); err != nil {
		return Report{}, err
	}
	r := Report{FormatVersion: formatVersion, Checks: []Check{}}
	for _, f := range chosen {
		c := s.do(ctx, f)
		r.add(c)
		if o.Done != nil {
			o.Done(c)
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return r, ErrInterrupted
	}
	return r, nil
}

// choose returns the selected features in their order.
func choose(only []string) ([]feature, error) {
	for _, name := range only {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("unknown check %q: use one of %s", name, strings.Join(Names(), ", "))
		}
	}
	if len(only) == 0 {
		return features, nil
	}
	return slices.DeleteFunc(slices.Clone(features), func(f feature) bool { return !slices.Contains(only, f.name) }), nil
}

// reach checks that the daemon answers and accepts the API key.
func (s *session) reach(ctx context.Context) error {
	s.begin("reach")
	a, err := s.public(ctx, http.MethodGet, "/healthz")
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err // without the URL, which the message has
		}
		return &UnreachableError{fmt.Errorf("no vega daemon answers on %s (%w); start one with vega serve, or name another with --server", s.Client.URL, err)}
	}
	if err := a.ofVega(s.Client.URL); err != nil {
		return &UnreachableError{err}
	}
	a, err = s.get(ctx, "/admin/plugins")
	if err != nil {
		return &UnreachableError{fmt.Errorf("the daemon does not answer: %w", err)}
	}
	if a.status == http.StatusUnauthorized {
		return &UnreachableError{fmt.Errorf("the daemon at %s rejects the API key of this configuration; pass its configuration file with -c", s.Client.URL)}
	}
	return nil
}

// ofVega returns an error if the answer to /healthz is not that of a vega daemon.
func (a answer) ofVega(server string) error {
	var got struct{ Status, Detail string }
	err := json.Unmarshal(a.body, &got)
	switch {
	case a.status == http.StatusNotFound && strings.HasPrefix(got.Detail, "no route "):
		return fmt.Errorf("the daemon behind %s does not know this path: %s", server, clip(got.Detail))
	case a.status != http.StatusOK:
		return fmt.Errorf("%s is not a vega daemon: it answered %d %s; start one with vega serve, or name another with --server", server, a.status, http.StatusText(a.status))
	case err != nil:
		return fmt.Errorf("%s is not a vega daemon: its /healthz is not JSON; start one with vega serve, or name another with --server", server)
	default:
		return nil
	}
}

// do checks one feature and removes what the check created.
func (s *session) do(ctx context.Context, f feature) Check {
	s.begin(f.name)
	began := time.Now()
	seen, err := "", ctx.Err()
	if err == nil {
		seen, err = s.try(ctx, f)
	}
	if left := s.runCleanups(ctx); left != nil {
		err = &failure{expected: "everything that the check created to be removed", seen: left.Error(), fix: "remove everything named " + s.tag + " manually"}
	}
	c := Check{Name: f.name, DurationMS: float64(time.Since(began).Microseconds()) / 1000, CorrelationID: s.id}
	c.judge(ctx, f, seen, err)
	c.Reason, c.Fix = s.hide(c.Reason), s.hide(c.Fix)
	s.outcomes[f.name] = c.Outcome
	return c
}

func (s *session) try(ctx context.Context, f feature) (string, error) {
	for _, needed := range f.needs {
		if s.failed(needed) {
			return "", skip("needs %s, which failed", needed)
		}
	}
	return f.check(ctx, s)
}
