package doctor

import (
	"context"
	"fmt"
	"slices"

	"vega/daemon"
	"vega/daemon/config/diag"
)

// shownWarnings is how many warnings of the configuration get a row each.
const shownWarnings = 5

// elsewhere are the codes that other checks report.
var elsewhere = []diag.Code{diag.Writable, diag.OpenFile, diag.ShortKey, diag.ClearKey}

// checkConfiguration reports whether the configuration is valid, and whether the
// daemon runs it.
func checkConfiguration(_ context.Context, h *host) []Finding {
	if h.loadErr != nil {
		return []Finding{failure(fmt.Sprintf("reading %s and the files that it names: %v", h.Path, h.loadErr), "find the file system that hangs, such as NFS; df shows which, by hanging too")}
	}
	diags := h.loaded.Diagnostics
	if n := slices.IndexFunc(diags, func(d diag.Diagnostic) bool { return d.Severity == diag.Error }); n >= 0 {
		return h.invalid(diags, diags[n])
	}
	if h.loaded.Config == nil {
		return []Finding{unknown(h.Path+" could not be read", "run: vega validate")}
	}
	return orOK(append(h.warned(), h.applied()...), ok("%s is valid: %s", h.Path, h.size()))
}

// invalid reports the first error.
func (h *host) invalid(diags diag.Diagnostics, first diag.Diagnostic) []Finding {
	what := fmt.Sprintf("%s: %s", place(first), first.Detail)
	if first.Code == diag.Unreadable {
		if own := ownAccount(); own.known && !own.root() && !missing(h.Path) {
			return []Finding{unknown(what, "run vega doctor as root, for example: sudo vega doctor")}
		}
		return []Finding{unknown(what, first.Fix)}
	}
	if h.stranger() {
		return []Finding{unknown(fmt.Sprintf("%s can't read all of it, and without that it is not valid: %s", ownAccount().name, what), h.asRoot())}
	}
	so := "vega can't start"
	if h.running() {
		so = "the daemon runs the previous configuration, and could not start again"
	}
	return []Finding{failure(fmt.Sprintf("not valid, so %s; errors: %d, the first: %s", so, diags.Count(diag.Error), what), first.Fix+"; vega validate shows all")}
}

// warned returns a row for each warning that no other check reports.
func (h *host) warned() (found []Finding) {
	more := 0
	for _, d := range h.loaded.Diagnostics {
		switch {
		case slices.Contains(elsewhere, d.Code), d.Code == diag.EveryAddress && inContainer(): // the address of a container is its own
		case len(found) == shownWarnings:
			more++
		default:
			found = append(found, warning(fmt.Sprintf("%s: %s", place(d), d.Detail), d.Fix))
		}
	}
	if more > 0 {
		found = append(found, warning(fmt.Sprintf("%d more warnings", more), "run: vega validate"))
	}
	return found
}

// applied reports a daemon that runs another configuration than the one on disk.
func (h *host) applied() []Finding {
	v := h.answers.validation
	switch {
	case v != nil && v.Running.Path != h.loaded.Config.Path:
		return []Finding{warning(fmt.Sprintf("the daemon on %s runs with %s, not with this file", h.answers.base, v.Running.Path), "use -c "+v.Running.Path+", or give each daemon its own port")}
	case v != nil && v.LastReload.Outcome == daemon.Rejected:
		return []Finding{failure(fmt.Sprintf("the daemon refused the configuration on disk at %s and runs the one from %s: %s", stamp(v.LastReload.At), stamp(v.Running.LoadedAt), v.LastReload.Reason), "run vega validate --online, correct it, or restart vega if it asks for that")}
	case v != nil && !v.Running.SameAsDisk:
		return []Finding{warning(fmt.Sprintf("the daemon runs the configuration from %s, which differs from the one on disk", stamp(v.Running.LoadedAt)), "vega plan shows the difference; POST /admin/config/reload, or SIGHUP, applies it")}
	case v == nil && h.answers.outcome == daemon.Rejected:
		return []Finding{failure("the daemon refused the configuration on disk and runs the previous one", "see its log, or run vega validate")}
	default:
		return nil
	}
}

// size describes the configuration.
func (h *host) size() string {
	c, enabled := h.loaded.Config, 0
	for _, i := range c.Integrations {
		if i.Enabled {
			enabled++
		}
	}
	text := fmt.Sprintf("%d of %d integrations are enabled", enabled, len(c.Integrations))
	if v := h.answers.validation; v != nil {
		text += ", and the daemon runs it"
	}
	return text
}

// place returns the file and line of a diagnostic.
func place(d diag.Diagnostic) string {
	return fmt.Sprintf("%s:%d", d.Range.Filename, d.Range.Start.Line)
}
