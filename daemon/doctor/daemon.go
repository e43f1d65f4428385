package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// checkDaemon reports whether vega runs, is ready, and is the version of this program.
func checkDaemon(ctx context.Context, h *host) []Finding {
	c := h.usable()
	if c == nil {
		return noConfiguration()
	}
	a := h.answers
	switch {
	case a.reached && errors.Is(a.err, ErrNotReady):
		return []Finding{failure(fmt.Sprintf("vega answers on %s, but is not ready: %v", a.base, a.err), "see its log; vega diag shows the state of the host")}
	case a.reached:
		return orOK(h.outdated(), ok("%s", h.describeDaemon()))
	case h.pid != 0 && errors.Is(a.err, ErrCertificate):
		return orOK(h.outdated(), ok("vega runs as process %d; its certificate is not for this address, so it can't be asked here (%s)", h.pid, a.base))
	case h.pid != 0 && errors.Is(a.err, ErrNoDaemon):
		return []Finding{warning(fmt.Sprintf("process %d has the database of this configuration open, but nothing answers on %s: vega is starting or ending, or it was started with another --port", h.pid, a.base),
			"wait a moment and run vega doctor again; restart vega if it stays so")}
	case h.pid != 0:
		return []Finding{failure(fmt.Sprintf("vega runs as process %d, but does not answer on %s: %v", h.pid, a.base, h.answerError()), "see its log, then restart it")}
	default:
		return []Finding{h.absent(ctx, storePath(c)+".lock")}
	}
}

// describeDaemon describes a daemon that is ready.
func (h *host) describeDaemon() string {
	text := "vega answers on " + h.answers.base
	if s := h.answers.system; s != nil {
		if s.Release != nil {
			text = fmt.Sprintf("vega %s answers on %s", s.Release.Version, h.answers.base)
		}
		if s.Process.CreateTime != nil {
			text += ", runs since " + stamp(*s.Process.CreateTime)
		}
	}
	return text + ", and is ready"
}

// outdated reports a daemon that is not the program that was installed last.
func (h *host) outdated() []Finding {
	const todo = "restart vega, for example: systemctl restart vega"
	if s := h.answers.system; s != nil && s.Release != nil && (s.Release.Version != h.Release.Version || s.Release.Commit != h.Release.Commit) {
		return []Finding{warning(fmt.Sprintf("the daemon on %s is vega %s (%s), and this command is vega %s (%s)", h.answers.base, s.Release.Version, short(s.Release.Commit), h.Release.Version, short(h.Release.Commit)), todo)}
	}
	if h.pid != 0 && replacedProgram(h.pid) {
		return []Finding{warning(fmt.Sprintf("the program of the daemon (process %d) was replaced after it started", h.pid), todo)}
	}
	return nil
}

// answerError says why the daemon does not answer.
func (h *host) answerError() error {
	if h.answers.err == nil {
		return hungError{askTime}
	}
	return h.answers.err
}

// absent describes a vega that does not run.
func (h *host) absent(ctx context.Context, lock string) Finding {
	if u, err := readUnit(ctx); err == nil && u.loaded() {
		if f := u.judge(); f.Found != "" {
			return f
		}
	}
	if text, err := os.ReadFile(lock); err == nil && len(bytes.TrimSpace(text)) > 0 {
		return warning(fmt.Sprintf("vega does not run; the last one (process %s) ended without closing its database, so it was killed or the machine stopped", bytes.TrimSpace(text)),
			"start it with vega serve, or systemctl start vega; the kernel's log (dmesg) says whether memory was short")
	}
	return skipped("vega does not run with this configuration; vega serve, or systemctl start vega, starts it")
}

// unit is the state of vega's unit in systemd, by the names of its properties.
type unit map[string]string

// unitTime limits how long systemctl may take.
const unitTime = 2 * time.Second

// readUnit asks systemd about its unit vega.
func readUnit(ctx context.Context) (unit, error) {
	path, err := exec.LookPath("systemctl")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, unitTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "show", "vega.service", "--property=LoadState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,UnitFileState,StateChangeTimestamp")
	cmd.WaitDelay = unitTime
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	u := unit{}
	for line := range strings.Lines(string(out)) {
		if name, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			u[name] = value
		}
	}
	return u, nil
}

func (u unit) loaded() bool { return u["LoadState"] == "loaded" }

// judge returns a Finding without text if the state of the unit is no problem.
func (u unit) judge() Finding {
	const todo = "see journalctl -u vega; correct the cause, then: systemctl start vega"
	when := ""
	if at := u["StateChangeTimestamp"]; at != "" {
		when = ", since " + at
	}
	switch {
	case u["ActiveState"] == "failed" || u["SubState"] == "auto-restart":
		text := fmt.Sprintf("systemd's unit vega is %s%s: result %s, exit status %s", u["ActiveState"], when, u["Result"], u["ExecMainStatus"])
		if n := u["NRestarts"]; n != "" && n != "0" {
			text += ", restarted " + n + " times"
		}
		return failure(text, todo)
	case u["ActiveState"] == "active":
		return Finding{} // it runs with another configuration
	case u["ActiveState"] == "inactive" && u["UnitFileState"] == "enabled":
		return failure("systemd's unit vega is enabled, but does not run"+when, "systemctl start vega; journalctl -u vega says why it ended")
	default:
		return Finding{}
	}
}

// short returns the first digits of a commit.
func short(commit string) string {
	if commit == "" {
		return "unknown commit"
	}
	return commit[:min(12, len(commit))]
}

// stamp formats a time for people, in UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
