package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options say what to check.
type Options struct {
	Client Client
	Routes []Route // that the daemon has
	Local  Local
	Only   []string // checks, by name; none: all
	// Done is told of each check as it ends; nil: nobody is.
	Done func(Check)
}

// Route is one of the daemon's; ":name" in Path stands for any part.
type Route struct {
	Method, Path string
	Public       bool // needs no key
}

// Local is what the configuration on this machine says. Whether the daemon is
// on this machine as well is found out.
type Local struct {
	Digest    string // of the configuration, as the daemon tells it
	DataDir   string
	Store     string   // the database file
	Plugins   string   // the directory
	Databases []string // names of the database blocks
}

// feature is a check, and what it rests on: where that failed, it says nothing.
type feature struct {
	name  string
	rests []string
	fix   string // where the failure itself knows none
	check func(context.Context, *session) (seen string, err error)
}

// features are in the order in which they are checked: what others rest on
// first.
var features = []feature{
	{"alive", nil, "see in the daemon's log why it is not ready", alive},
	{"auth", nil, "let nobody reach the daemon until this is mended; see what stands between it and its callers", auth},
	{"errors", nil, "see what stands between the daemon and its callers, and changes its answers", problems},
	{"limits", nil, "see what stands between the daemon and its callers, and changes its answers", limits},
	{"profiler", nil, "restart the daemon; if that does not help, it is a fault of vega", profiler},
	{"slow-query", []string{"profiler"}, "see the daemon's log; what is slow can't be found until this is mended", slowQuery},
	{"indexes", []string{"profiler"}, "stop the daemon and restore the store's file from a backup", indexes},
	{"databases", []string{"profiler"}, "see that the daemon runs with this configuration: vega verify --only validation", databases},
	{"integrations", nil, "see each step of the run: vega check -v NAME", integrations},
	{"correlation", nil, "see what stands between the daemon and its callers, and drops the header X-Correlation-ID", correlation},
	{"history", nil, "see in the daemon's log why conversations are not kept", history},
	{"memories", nil, "see in the daemon's log why memories are not kept", memories},
	{"diagnostics", nil, "compare with free, df and ulimit on the daemon's machine", diagnosed},
	{"validation", nil, "run vega validate config, and mend what it says", validation},
	{"plugin", []string{"validation"}, "see in the daemon's log, and in GET /admin/plugins, what became of the file", dropIn},
	{"reload", []string{"validation"}, "see the daemon's log; GET /admin/config/validate has the last reload", reload},
}

// Names are those of all checks, in the order in which they are done.
func Names() []string {
	all := make([]string, len(features))
	for n, f := range features {
		all[n] = f.name
	}
	return all
}

// UnreachableError says that there is nobody to check.
type UnreachableError struct{ Err error }

// Error says what to do.
func (e *UnreachableError) Error() string { return e.Err.Error() }

// Unwrap is why.
func (e *UnreachableError) Unwrap() error { return e.Err }

// ErrInterrupted is that of a Run whose context was canceled: all is removed
// again, and not all is checked.
var ErrInterrupted = errors.New("interrupted before every check was done")

// Run checks one feature after the other. When the deadline of ctx passes,
// the check under way fails and the rest are skipped. The error is an
// *UnreachableError, ErrInterrupted, or that of a name in Only that no check
// has.
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

// choose keeps the order of features.
func choose(only []string) ([]feature, error) {
	for _, name := range only {
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("there is no check %q; there are: %s", name, strings.Join(Names(), ", "))
		}
	}
	if len(only) == 0 {
		return features, nil
	}
	return slices.DeleteFunc(slices.Clone(features), func(f feature) bool { return !slices.Contains(only, f.name) }), nil
}

// reach finds out whether the daemon answers, and takes the key.
func (s *session) reach(ctx context.Context) error {
	s.begin("reach")
	if _, err := s.public(ctx, http.MethodGet, "/healthz"); err != nil {
		return &UnreachableError{fmt.Errorf("the daemon does not answer: %w; start it with vega serve, or say where it is with --server", err)}
	}
	a, err := s.get(ctx, "/admin/plugins")
	if err != nil {
		return &UnreachableError{fmt.Errorf("the daemon does not answer: %w", err)}
	}
	if a.status == http.StatusUnauthorized {
		return &UnreachableError{fmt.Errorf("the daemon at %s does not take the API key of this configuration; name the file that it runs with, by -c", s.Client.URL)}
	}
	return nil
}

// do checks one feature, and takes away what that made.
func (s *session) do(ctx context.Context, f feature) Check {
	s.begin(f.name)
	began := time.Now()
	seen, err := "", ctx.Err()
	if err == nil {
		seen, err = s.try(ctx, f)
	}
	if left := s.clear(ctx); left != nil {
		err = &failure{expected: "everything that was made to be gone again", seen: left.Error(), fix: "remove by hand what bears the name " + s.tag}
	}
	c := Check{Name: f.name, DurationMS: float64(time.Since(began).Microseconds()) / 1000, CorrelationID: s.id}
	c.judge(ctx, f, seen, err)
	c.Reason, c.Fix = s.hide(c.Reason), s.hide(c.Fix)
	s.outcomes[f.name] = c.Outcome
	return c
}

func (s *session) try(ctx context.Context, f feature) (string, error) {
	for _, ground := range f.rests {
		if s.failed(ground) {
			return "", skip("it rests on %s, which failed", ground)
		}
	}
	return f.check(ctx, s)
}
