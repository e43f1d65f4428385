package doctor

import (
	"context"
	"fmt"
	"slices"

	"vega/daemon"
	"vega/daemon/diagnostics/cgroup"
	"vega/plugins/grant"
	"vega/plugins/icmp"
	"vega/plugins/manifest"
	"vega/plugins/shortage"
)

const (
	// spareTasks is how many more processes and threads vega needs.
	spareTasks = 64
	// fewCores is the CPU quota below which checks are late.
	fewCores = 0.1
)

// checkLimits compares the limits on open files, tasks and CPUs with what the
// configuration needs.
func checkLimits(_ context.Context, h *host) []Finding {
	var found []Finding
	text := "no limit on open files"
	if limit, known := h.openFiles(); known {
		text = fmt.Sprintf("%d open files", limit)
		if c := h.loaded.Config; c != nil {
			summary, short := daemon.FitDescriptors(c, limit)
			if summary != "" {
				text = "open files: " + summary
			}
			if short != nil {
				found = append(found, warning(short.Error(), "in systemd's unit: LimitNOFILE=65536; in a shell: ulimit -n 65536"))
			}
		}
	}
	groups := cgroup.New()
	if p, err := groups.PIDs(); err == nil {
		text += fmt.Sprintf("; %d of %d tasks", p.Current, p.Limit)
		if p.Limit < p.Current+spareTasks {
			found = append(found, warning(fmt.Sprintf("%d of %d processes and threads are in use, so vega may not be able to start another", p.Current, p.Limit), "raise TasksMax in systemd's unit, or pids-limit of the container"))
		}
	}
	if q := groups.Quota(); q != nil {
		text += fmt.Sprintf("; %.2g CPUs", q.Cores)
		if q.Cores < fewCores {
			found = append(found, warning(fmt.Sprintf("the cgroup %s allows %.2g CPUs, so checks are late and unknown", q.Path, q.Cores), "give vega a tenth of a CPU or more"))
		}
	}
	return orOK(append(found, checkEchoes(h)...), ok("%s", text))
}

// checkEchoes reports integrations that send echo requests where vega may not.
func checkEchoes(h *host) []Finding {
	c := h.loaded.Config
	if c == nil {
		return nil
	}
	var names []string
	for _, i := range c.Integrations {
		if i.Enabled && slices.ContainsFunc(i.Grants.Rules, func(r grant.Rule) bool { return r.Kind == manifest.ICMP }) {
			names = append(names, i.Name)
		}
	}
	if len(names) == 0 || h.mayPing() {
		return nil
	}
	return []Finding{warning("vega may open neither ping sockets nor raw sockets, so these are unknown: "+named(names), icmp.HowToAllow+". Docker allows ping sockets by default")}
}

// openFiles returns the limit on open files of the running daemon, or of this process.
func (h *host) openFiles() (limit int, known bool) {
	if h.pid != 0 {
		if n := openFilesOf(h.pid); n > 0 {
			return n, true
		}
	}
	return shortage.Raise() // vega raises its own in the same way
}
