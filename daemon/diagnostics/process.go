package diagnostics

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"time"

	"vega/daemon/diagnostics/system"
)

// Process identifies this process.
type Process struct {
	PID        int        `json:"pid"`
	Username   *string    `json:"username"`
	CreateTime *time.Time `json:"create_time"`
	CWD        *string    `json:"cwd"`
	Executable *string    `json:"executable"`
	GoVersion  string     `json:"go_version"`
}

// processFacts reads the fields of Process, and caches those that never change.
type processFacts struct {
	sys        *system.Reader
	started    time.Time // if unavailable, the time of New
	startedErr error
	username   *guard[string] // guarded, because the user directory may be remote
}

func newProcessFacts(sys *system.Reader) *processFacts {
	f := &processFacts{sys: sys}
	if f.started, f.startedErr = sys.StartTime(); f.startedErr != nil {
		f.started = time.Now()
	}
	f.username = newGuard(remember(username))
	return f
}

func (f *processFacts) read(ctx context.Context, g gaps) Process {
	p := Process{PID: os.Getpid(), GoVersion: runtime.Version()}
	name, err := f.username.ask(ctx)
	p.Username = orNil(g, "process.username", name, err)
	p.CreateTime = orNil(g, "process.create_time", f.started.UTC(), f.startedErr)
	cwd, err := f.sys.WorkingDirectory()
	p.CWD = orNil(g, "process.cwd", cwd, err)
	executable, err := os.Executable()
	p.Executable = orNil(g, "process.executable", executable, err)
	return p
}

func username() (string, error) {
	uid := os.Getuid()
	if uid < 0 { // Windows
		u, err := user.Current()
		if err != nil {
			return "", err
		}
		return u.Username, nil
	}
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return "", fmt.Errorf("look up the name of user %d: %w", uid, err)
	}
	return u.Username, nil
}

// remember returns a function that caches the result of call after it first
// succeeds. The function is not safe for concurrent use.
func remember[T any](call func() (T, error)) func() (T, error) {
	var value T
	done := false
	return func() (T, error) {
		if done {
			return value, nil
		}
		v, err := call()
		if err == nil {
			value, done = v, true
		}
		return v, err
	}
}
