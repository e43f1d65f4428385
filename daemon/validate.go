package daemon

import (
	"context"
	"errors"
	"time"

	"vega/daemon/config"
	"vega/daemon/plan"
)

// Validation is what vega makes of the configuration on the disk at the
// moment, what of it would be new, and what is in force.
type Validation struct {
	Diagnosis
	Running    Running `json:"running"`
	Changes    Changes `json:"changes"` // nothing, where what is on the disk is not valid
	LastReload Attempt `json:"last_reload"`
}

// Running is the configuration in force.
type Running struct {
	LoadedAt   time.Time `json:"loaded_at"`
	Path       string    `json:"path"`
	Digest     string    `json:"digest"` // cat vega.hcl policies/*.hcl | sha256sum
	SameAsDisk bool      `json:"same_as_disk"`
}

// Validate reads the configuration and judges it, and changes nothing. Those
// who ask at the same time share the work.
func (d *Daemon) Validate(ctx context.Context) (Validation, error) {
	if d.options.Read == nil {
		return Validation{}, errors.New("validate: there is nothing to read from")
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

// Planned is what the configuration on the disk would change of the one that
// is in force.
type Planned struct {
	FormatVersion string  `json:"format_version"`
	Running       Running `json:"running"`
	plan.Plan
}

// Plan reads the configuration and tells what a reload, or a restart, would
// change, and changes nothing. What is not valid is an *InvalidError.
func (d *Daemon) Plan(ctx context.Context) (Planned, error) {
	if d.options.Read == nil {
		return Planned{}, errors.New("plan: there is nothing to read from")
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
		return Planned{config.FormatVersion, now.running(reading), plan.Between(now.Config, reading.Config)}, nil
	})
}

func (s *state) running(reading config.Reading) Running {
	return Running{s.since.UTC().Truncate(time.Millisecond), s.Config.Path, s.inputs.Digest, s.inputs.Same(reading.Inputs)}
}

// Changes names what another configuration would change, in order.
type Changes struct {
	Live    []string `json:"live"`    // by a reload
	Restart []string `json:"restart"` // not before a restart, nor by a reload
}

func changesOf(p plan.Plan) Changes { return Changes{p.Live(), p.NeedsRestart()} }
