package plugins

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"vega/plugins/engine"
	"vega/plugins/ledger"
	"vega/policies/check"
	"vega/sdk/abi"
)

// verdict judges a run by what the guest returned or how it ended, and decides
// whose fault a failure was.
func verdict(parent context.Context, g *guest, code int32, err error) Result {
	o := &g.output
	r := Result{Message: o.message, Details: o.details, Metrics: o.metrics, Denied: o.denied, Ended: err != nil || o.overflow != ""}
	switch {
	case withdrawn(parent) && (err != nil || code != int32(abi.Healthy)):
		r.Status, r.Cause, r.Message = check.Unknown, check.Host, "the run was canceled: vega is shutting down, or the request was canceled"
	case err != nil:
		r.Status = check.Unknown
		r.Cause, r.Message = blame(g, err)
		if r.Cause == check.Timeout {
			r.Status = check.Unhealthy
		}
	case o.overflow != "":
		r.Status, r.Cause, r.Message = check.Unknown, check.Probe, "the probe exceeded a limit on its output: "+o.overflow
	default:
		r.Status, r.Cause = reported(g, code)
		if r.Status == check.Unknown && r.Cause == check.Probe && (code < 0 || code > int32(abi.Unknown)) {
			r.Message = fmt.Sprintf("the probe returned %d, which is not a status (0 healthy, 1 degraded, 2 unhealthy, 3 unknown)", code)
		}
	}
	r = overrule(g, r, withdrawn(parent))
	if r.Message == "" {
		r.Message = "the probe returned no message"
	}
	return r
}

// overrule replaces the verdict if something other than what the run itself
// shows was at fault.
func overrule(g *guest, r Result, withdrawn bool) Result {
	if r.Cause == check.Timeout && g.lease.Waited() > g.in.Timeout/2 {
		r.Status, r.Cause, r.Message = check.Unknown, check.Host, starvation(g)
	}
	if g.own != nil && r.Status != check.Healthy && !withdrawn {
		r.Status, r.Cause, r.Message = check.Unknown, check.Host, ownFault(g)
	}
	if g.overdrawn != nil && r.Status != check.Healthy && r.Cause != check.Host && !(r.Ended && r.Cause == check.Probe) {
		r.Status, r.Cause, r.Message = check.Unknown, check.Probe, check.OneLine(g.overdrawn.Error())
	}
	if r.Status != check.Healthy && r.Cause != check.Host && len(r.Denied) > 0 {
		r.Cause = check.Denied
	}
	return r
}

// withdrawn reports whether the run was canceled, as opposed to reaching its
// deadline.
func withdrawn(parent context.Context) bool { return errors.Is(parent.Err(), context.Canceled) }

// reported returns the status and cause of a run that returned.
func reported(g *guest, code int32) (check.Status, check.Cause) {
	status := check.Unknown
	switch abi.Status(code) {
	case abi.Healthy:
		return check.Healthy, ""
	case abi.Degraded:
		status = check.Degraded
	case abi.Unhealthy:
		status = check.Unhealthy
	}
	switch {
	case status == check.Unknown:
		return status, check.Probe
	case g.timedOut:
		return status, check.Timeout
	default:
		return status, check.Target
	}
}

// blame returns the cause of a run that did not return, with a message for the
// operator.
func blame(g *guest, err error) (check.Cause, string) {
	own, isFault := errors.AsType[probeError](err)
	exit, isExit := errors.AsType[*sys.ExitError](err)
	switch {
	case starved(g):
		return blameWait(g, starvation(g))
	case errors.Is(err, errLate):
		return blameWait(g, "vega could not start the probe: "+err.Error())
	case errors.Is(err, engine.ErrHost):
		return check.Host, "vega could not start the probe: " + check.OneLine(check.Clip(err.Error(), 300))
	case errors.Is(g.full, ledger.ErrSum):
		return check.Host, crowded
	case g.full != nil:
		return check.Probe, fmt.Sprintf("the probe ran out of memory: its limit is %v, including what vega holds for it; if you trust it with more, raise memory in the integration", g.memoryLimit())
	case errors.Is(err, engine.ErrMemory):
		return check.Probe, check.OneLine(err.Error())
	case isFault:
		return check.Probe, g.vault.Redact(own.Error())
	case isExit:
		return blameExit(g, exit.ExitCode())
	default:
		return check.Probe, "the probe crashed: " + crash(g, err) + lastMessage(g)
	}
}

// blameExit is like blame, for a run that exited, or that wazero stopped with
// an exit code of its own.
func blameExit(g *guest, code uint32) (check.Cause, string) {
	switch {
	case code == sys.ExitCodeDeadlineExceeded && g.timedOut && g.output.message != "":
		return check.Timeout, g.output.message
	case code == sys.ExitCodeDeadlineExceeded && g.timedOut:
		return check.Timeout, fmt.Sprintf("no answer within %s", check.Span(g.in.Timeout))
	case code == sys.ExitCodeDeadlineExceeded:
		return check.Probe, fmt.Sprintf("the probe was still %s at its deadline of %s, without waiting for anything, and was stopped", busy(g), check.Span(g.in.Timeout))
	case code == sys.ExitCodeContextCanceled && g.lease.Spent():
		return check.Probe, fmt.Sprintf("the probe computed for more than %v and was stopped", g.module.sandbox.scheduler.Budget())
	case code == sys.ExitCodeContextCanceled:
		return check.Host, "the run was canceled"
	default:
		return check.Probe, fmt.Sprintf("the probe exited with code %d instead of returning a status", code)
	}
}

func busy(g *guest) string {
	if g.slept {
		return "sleeping or computing"
	}
	return "computing"
}

// ownFault explains why vega could not make a call for the guest, in which case
// the guest's report on its target has no basis.
func ownFault(g *guest) string {
	return check.Clip(check.OneLine(g.vault.Redact(g.own.Error())), maxMessage-100) + "; this run says nothing about the target"
}

// starved reports whether the run ended because it got no token. If it waited
// for its target or slept until right before its deadline, a token would not
// have helped, even if many such runs then wait for one together.
func starved(g *guest) bool {
	atItsEnd := (g.timedOut || g.slept) && g.lease.Waited() <= max(2*headStart, g.in.Timeout/10)
	return g.lease.Starved() && !atItsEnd
}

// blameWait returns whose fault it is that a run waited for the processor until
// its end: the probe's own, if the run before it computed until it was stopped,
// and vega's otherwise, for the given reason.
func blameWait(g *guest, reason string) (check.Cause, string) {
	if g.module.history.Stopped(job(g.in)) {
		return check.Probe, fmt.Sprintf("the probe's last run computed until it was stopped, so this one had to wait for spare processor time, and ended at its deadline of %s; check the probe for an endless loop", check.Span(g.in.Timeout))
	}
	return check.Host, reason
}

// starvation explains that the run did not get enough processor time.
func starvation(g *guest) string {
	return fmt.Sprintf("vega had no processor to spare for the probe, which spent %v of its timeout of %s waiting for other probes",
		g.lease.Waited().Round(time.Millisecond), check.Span(g.in.Timeout))
}

// crash returns why a guest crashed: what Go's runtime wrote, unless the probe reported
// it, or else the trap.
func crash(g *guest, err error) string {
	if g.output.panicked != "" && g.output.message == "" {
		return panicMessage(g)
	}
	return g.vault.Redact(trap(err))
}

// panicMessage returns what Go's runtime wrote before it ended the program.
func panicMessage(g *guest) string {
	return check.OneLine(check.Clip(g.vault.Redact(g.output.panicked), 300))
}

// lastMessage returns what the probe reported before it crashed, often the reason.
func lastMessage(g *guest) string {
	if g.output.message == "" {
		return ""
	}
	return " (its last message: " + g.output.message + ")"
}

// trap returns the reason from a wazero error, without the stack trace.
func trap(err error) string {
	reason, _, _ := strings.Cut(err.Error(), "\n")
	reason = strings.TrimPrefix(reason, "wasm error: ")
	return check.OneLine(check.Clip(strings.TrimSuffix(reason, " (recovered by wazero)"), 300))
}

func probeFault(message string) Result {
	return Result{Status: check.Unknown, Cause: check.Probe, Message: message, Details: map[string]string{}, Metrics: []check.Metric{}}
}

func hostFault(message string) Result {
	return Result{Status: check.Unknown, Cause: check.Host, Message: message, Details: map[string]string{}, Metrics: []check.Metric{}}
}
