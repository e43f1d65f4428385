package diagnostics

import (
	"context"

	"vega/daemon/diagnostics/cgroup"
	"vega/daemon/diagnostics/system"
)

// Bound is a limit on memory that applies to this process.
type Bound struct {
	Source string // SourceCgroup or SourceHost
	Path   string // of the cgroup
	Limit  uint64
	Held   uint64 // memory in use, of this process and others, that the kernel can't drop
}

// Bounds reads the limits on memory of the cgroups that this process is in, and the
// memory of the host. It is safe for concurrent use.
type Bounds struct {
	groups *cgroup.Reader
	sys    *system.Reader
}

// NewBounds returns a Bounds.
func NewBounds() *Bounds { return &Bounds{cgroup.New(), system.New()} }

// Read returns the limits that can be read, those of the innermost cgroup first.
func (b *Bounds) Read(ctx context.Context) []Bound {
	var all []Bound
	levels, _ := b.groups.LimitedMemory() // without cgroups there are none
	for _, l := range levels {
		all = append(all, Bound{SourceCgroup, l.Path, l.Limit, l.Held})
	}
	if total, available, err := b.sys.HostMemory(ctx); err == nil && total > 0 {
		all = append(all, Bound{Source: SourceHost, Limit: total, Held: total - min(total, available)})
	}
	return all
}
