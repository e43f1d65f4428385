package daemon

import (
	"context"
	"errors"
	"time"

	"vega/daemon/config"
	"vega/daemon/config/diag"
	"vega/daemon/plan"
)

// Validation reports whether the configuration on disk is valid, what it would
// change, and which configuration is active.
type Validation struct {
	Diagnosis
	Running    Running `json:"running"`
	Changes    Changes `json:"changes"` // empty if the configuration on disk is not valid
	LastReload Attempt `json:"last_reload"`
}

// Running describes the active configuration.
type Running struct {
	LoadedAt   time.Time `json:"loaded_at"`
	Path       string    `json:"path"`
	Digest     string    `json:"digest"` // cat vega.hcl policies/*.hcl | sha256sum
	SameAsDisk bool      `json:"same_as_disk"`
}

// Validate reads and checks the configuration without applying it. Concurrent
// callers share the work.
func (d *Daemon) Validate(ctx context.Context) (Validation, error) {
	if d.options.Read == nil {
		return Validation{}, errors.New("validate: the daemon was opened without a configuration to read")
	}
	return d.requests.validations.do(ctx, func() (Validation, error) {
		reading := d.options.Read(d.catalog.Scan)
		if reading.Short != nil {
			return Validation{}, reading.Short
		}
		now := d.inForce()
		v := Validation{
			Diagnosis:  reading.Diagnostics.Report(),
			Running:    now.running(reading),
			Changes:    Changes{Live: []string{}, Restart: []string{}},
			LastReload: d.requests.last.Load().Attempt,
		}
		if reading.Config != nil {
			v.Changes = changesOf(plan.Between(now.Config, reading.Config))
		}
		return v, nil
	})
}

// Planned describes the changes that the configuration on disk would make.
type Planned struct {
	FormatVersion string  `json:"format_version"`
	Running       Running `json:"running"`
	plan.Plan
}

// Plan reads the configuration and reports what a reload or a restart would change.
// The error is a *config.InvalidError if the configuration is not valid.
func (d *Daemon) Plan(ctx context.Context) (Planned, error) {
	if d.options.Read == nil {
		return Planned{}, errors.New("plan: the daemon was opened without a configuration to read")
	}
	return d.requests.plans.do(ctx, func() (Planned, error) {
		reading := d.options.Read(d.catalog.Scan)
		if reading.Short != nil {
			return Planned{}, reading.Short
		}
		if reading.Config == nil {
			return Planned{}, &config.InvalidError{Diagnostics: reading.Diagnostics}
		}
		now := d.inForce()
		return Planned{diag.FormatVersion, now.running(reading), plan.Between(now.Config, reading.Config)}, nil
	})
}

func (s *state) running(reading config.Reading) Running {
	return Running{s.since.UTC().Truncate(time.Millisecond), s.Config.Path, s.inputs.Digest, s.inputs.Same(reading.Inputs)}
}

// Changes lists the keys and blocks that a configuration would change, sorted.
type Changes struct {
	Live    []string `json:"live"`    // applied by a reload
	Restart []string `json:"restart"` // applied only by a restart
}

func changesOf(p plan.Plan) Changes { return Changes{p.Live(), p.NeedsRestart()} }
