package monitor

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"vega/daemon/diagnostics"
	"vega/policies"
)

// readings looks up the figures that thresholds refer to.
type readings struct {
	summary   diagnostics.Summary
	snapshot  *diagnostics.Snapshot // nil if only a summary was read
	disks     []diagnostics.Disk    // the data directory's file system first
	databases []policies.Reading
	reported  func(path string) []policies.Reading // nil: there are none
}

// with adds what the configuration defines.
func (r readings) with(d Sources, now time.Time) readings {
	r.reported = func(path string) []policies.Reading { return d.Reported(now, path) }
	return r
}

func readingsOf(s diagnostics.Snapshot, databases []policies.Reading) readings {
	return readings{summary: s.Summary, snapshot: &s, disks: s.Disks, databases: databases}
}

func readingsOfSummary(s diagnostics.Summary, databases []policies.Reading) readings {
	return readings{summary: s, disks: []diagnostics.Disk{s.Disk}, databases: databases}
}

// of returns the readings of a resource. For a group such as system.disks it returns
// several. It returns none for a resource that a summary does not include.
func (r readings) of(resource string) []policies.Reading {
	if field, ok := strings.CutPrefix(resource, "system.disks."); ok {
		return r.ofDisks(field)
	}
	if path, ok := strings.CutPrefix(resource, "system."); ok {
		return r.ofSystem(resource, path)
	}
	if path, ok := strings.CutPrefix(resource, "databases."); ok {
		return r.ofDatabases("", path)
	}
	if isReported(resource) {
		return r.ofReported(resource)
	}
	name, path, _ := strings.Cut(strings.TrimPrefix(resource, "database."), ".")
	return r.ofDatabases(name, path)
}

// isReported reports whether the configuration defines a figure.
func isReported(path string) bool {
	return strings.HasPrefix(path, policies.MetricPrefix) || strings.HasPrefix(path, policies.IntegrationPrefix)
}

func (r readings) ofReported(path string) []policies.Reading {
	if r.reported == nil {
		return nil
	}
	return r.reported(path)
}

func (r readings) value(path string) (float64, error) {
	if r.snapshot != nil {
		return r.snapshot.Value(path)
	}
	return r.summary.Value(path)
}

func (r readings) ofSystem(resource, path string) []policies.Reading {
	v, err := r.value(path)
	if missing := (*diagnostics.UnknownPathError)(nil); errors.As(err, &missing) {
		return nil
	}
	return []policies.Reading{newReading(resource, "", v, err)}
}

func newReading(resource, subject string, v float64, err error) policies.Reading {
	out := policies.Reading{Resource: resource, Subject: subject, Value: v}
	if unavailable := (*diagnostics.UnavailableError)(nil); errors.As(err, &unavailable) {
		out.Unknown = unavailable.Reason
	} else if err != nil {
		out.Unknown = err.Error()
	}
	return out
}

// ofDisks returns the readings of one field for each file system. The resource of
// the data directory's file system is system.disk, so that a threshold can name it.
func (r readings) ofDisks(field string) []policies.Reading {
	var out []policies.Reading
	for n, disk := range r.disks {
		single := diagnostics.Summary{Disk: disk, Unavailable: map[string]string{}}
		for path, reason := range r.unavailable() {
			if rest, ok := strings.CutPrefix(path+".", r.diskPath(n)+"."); ok {
				single.Unavailable[strings.TrimSuffix("disk."+rest, ".")] = reason
			}
		}
		resource := "system.disks." + field
		if n == 0 {
			resource = "system.disk." + field
		}
		v, err := single.Value("disk." + field)
		out = append(out, newReading(resource, disk.Path, v, err))
	}
	return out
}

func (r readings) unavailable() map[string]string { return r.summary.Unavailable }

// diskPath returns the path by which the keys of Unavailable refer to a disk.
func (r readings) diskPath(n int) string {
	if r.snapshot == nil {
		return "disk"
	}
	return fmt.Sprintf("disks.%d", n)
}

// ofDatabases returns the readings of one figure for the database with the given
// name, or for every database if the name is "".
func (r readings) ofDatabases(name, path string) []policies.Reading {
	var out []policies.Reading
	for _, d := range r.databases {
		if (name == "" || name == d.Subject) && d.Resource == "database."+d.Subject+"."+path {
			out = append(out, d)
		}
	}
	return out
}
