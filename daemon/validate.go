package daemon

import (
	"context"
	"errors"
	"time"
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
	return d.validations.do(ctx, func() (Validation, error) {
		reading := d.options.Read()
		now := d.inForce()
		v := Validation{
			Diagnosis:  reading.Diagnostics.Report(),
			Running:    Running{now.since.UTC().Truncate(time.Millisecond), now.cfg.Path, now.inputs.Digest, now.inputs.Same(reading.Inputs)},
			Changes:    Changes{Live: []string{}, Restart: []string{}},
			LastReload: d.last.Load().Attempt,
		}
		if reading.Config != nil {
			v.Changes = compare(now.cfg, reading.Config)
		}
		return v, nil
	})
}
