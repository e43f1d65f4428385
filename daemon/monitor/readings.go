package monitor

import (
	"errors"
	"fmt"
	"strings"

	"vega/daemon/diagnostics"
	"vega/policies"
)

// readings finds what a threshold names among what was read just now.
type readings struct {
	summary   diagnostics.Summary
	snapshot  *diagnostics.Snapshot // nil where only a summary was read
	disks     []diagnostics.Disk    // that of the data directory first
	databases []policies.Reading
}

func readingsOf(s diagnostics.Snapshot, databases []policies.Reading) readings {
	return readings{s.Summary, &s, s.Disks, databases}
}

func readingsOfSummary(s diagnostics.Summary, databases []policies.Reading) readings {
	return readings{s, nil, []diagnostics.Disk{s.Disk}, databases}
}

// of are the readings of a resource: several where it is one of several things,
// none where a summary lacks it.
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
	name, path, _ := strings.Cut(strings.TrimPrefix(resource, "database."), ".")
	return r.ofDatabases(name, path)
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

// ofDisks is a field of each file system. That of the data directory has
// figures of its own name, too.
func (r readings) ofDisks(field string) []policies.Reading {
	var out []policies.Reading
	for n, disk := range r.disks {
		alone := diagnostics.Summary{Disk: disk, Unavailable: map[string]string{}}
		for path, reason := range r.unavailable() {
			if rest, ok := strings.CutPrefix(path+".", r.diskPath(n)+"."); ok {
				alone.Unavailable[strings.TrimSuffix("disk."+rest, ".")] = reason
			}
		}
		resource := "system.disks." + field
		if n == 0 {
			resource = "system.disk." + field
		}
		v, err := alone.Value("disk." + field)
		out = append(out, newReading(resource, disk.Path, v, err))
	}
	return out
}

func (r readings) unavailable() map[string]string { return r.summary.Unavailable }

// diskPath is how a disk is called among what is unavailable.
func (r readings) diskPath(n int) string {
	if r.snapshot == nil {
		return "disk"
	}
	return fmt.Sprintf("disks.%d", n)
}

// ofDatabases returns a figure of the database of that name, "" of each.
func (r readings) ofDatabases(name, path string) []policies.Reading {
	var out []policies.Reading
	for _, d := range r.databases {
		if (name == "" || name == d.Subject) && d.Resource == "database."+d.Subject+"."+path {
			out = append(out, d)
		}
	}
	return out
}
