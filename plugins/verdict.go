package plugins

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"vega/policies/check"
	"vega/sdk/abi"
)

// verdict says what a run amounts to: what the guest returned or how it ended,
// and whose fault that was.
func (g *guest) verdict(parent context.Context, code int32, err error) Result {
	r := Result{Message: g.message, Details: g.details, Metrics: g.metrics, Denied: g.denied, Ended: err != nil || g.overflow != ""}
	switch {
	case withdrawn(parent) && (err != nil || code != int32(abi.Healthy)):
		r.Status, r.Cause, r.Message = check.Unknown, check.Host, "the run was ended: vega is shutting down or the request was withdrawn"
	case err != nil:
		r.Status = check.Unknown
		r.Cause, r.Message = g.blame(err)
		if r.Cause == check.Timeout {
			r.Status = check.Unhealthy
		}
	case g.overflow != "":
		r.Status, r.Cause, r.Message = check.Unknown, check.Probe, "the probe overflowed its output: "+g.overflow
	default:
		r.Status, r.Cause = g.reported(code)
		if r.Status == check.Unknown && r.Cause == check.Probe && (code < 0 || code > int32(abi.Unknown)) {
			r.Message = fmt.Sprintf("the probe returned %d, which is no status (0 healthy, 1 degraded, 2 unhealthy, 3 unknown)", code)
		}
	}
	if r.Cause == check.Timeout && g.turn.waited > g.in.Timeout/2 {
		r.Status, r.Cause, r.Message = check.Unknown, check.Host, g.starvation()
	}
	if g.own != nil && r.Status != check.Healthy && !withdrawn(parent) {
		r.Status, r.Cause, r.Message = check.Unknown, check.Host, g.ownFault()
	}
	if g.overdrawn != nil && r.Status != check.Healthy && r.Cause != check.Host && !(r.Ended && r.Cause == check.Probe) {
		r.Status, r.Cause, r.Message = check.Unknown, check.Probe, check.OneLine(g.overdrawn.Error())
	}
	if r.Status != check.Healthy && r.Cause != check.Host && len(g.denied) > 0 {
		r.Cause = check.Denied
	}
	if r.Message == "" {
		r.Message = "the probe gave no message"
	}
	return r
}

// withdrawn reports that the run was ended from outside, not by its deadline.
func withdrawn(parent context.Context) bool { return errors.Is(parent.Err(), context.Canceled) }

// reported is the status and cause of a run that returned.
func (g *guest) reported(code int32) (check.Status, check.Cause) {
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

// blame is the cause of a run that did not return, in words for an operator.
func (g *guest) blame(err error) (check.Cause, string) {
	var exit *sys.ExitError
	var own fault
	switch {
	case g.starved():
		return check.Host, g.starvation()
	case errors.Is(err, errHost):
		return check.Host, "vega could not start the probe: " + check.OneLine(check.Clip(err.Error(), 300))
	case g.full:
		return check.Probe, fmt.Sprintf("the probe ran out of memory: it may have %v, what vega holds for it included; if you trust it with more, raise memory in the integration", g.memoryLimit())
	case errors.Is(err, errMemory):
		return check.Probe, check.OneLine(err.Error())
	case errors.As(err, &own):
		return check.Probe, g.vault.Redact(own.Error())
	case errors.As(err, &exit) && exit.ExitCode() == sys.ExitCodeDeadlineExceeded && g.timedOut:
		return check.Timeout, g.orElse(fmt.Sprintf("no answer within %v", g.in.Timeout))
	case errors.As(err, &exit) && exit.ExitCode() == sys.ExitCodeDeadlineExceeded:
		return check.Probe, fmt.Sprintf("the probe was still %s at its deadline of %v, without waiting for anything; it was ended", g.busy(), g.in.Timeout)
	case errors.As(err, &exit) && exit.ExitCode() == sys.ExitCodeContextCanceled && g.turn.over():
		return check.Probe, fmt.Sprintf("the probe computed for more than %v; it was ended", g.turn.budget)
	case errors.As(err, &exit) && exit.ExitCode() == sys.ExitCodeContextCanceled:
		return check.Host, "the run was ended from outside"
	case errors.As(err, &exit):
		return check.Probe, fmt.Sprintf("the probe exited with code %d instead of returning a status", exit.ExitCode())
	default:
		return check.Probe, "the probe crashed: " + g.vault.Redact(trap(err)) + g.lastWords()
	}
}

func (g *guest) busy() string {
	if g.slept {
		return "sleeping or computing"
	}
	return "computing"
}

// ownFault says why vega could not make a call for the guest, so that what the
// guest says of its target has no basis.
func (g *guest) ownFault() string {
	return check.Clip(check.OneLine(g.vault.Redact(g.own.Error())), maxMessage-100) + "; this run tells nothing of the target"
}

// starved reports that the run ended because it got no token. One that had
// waited for its target, or slept, until right before its deadline and found
// no turn in what was left would not have fared better with one.
func (g *guest) starved() bool {
	atItsEnd := (g.timedOut || g.slept) && g.turn.waited <= 2*headStart
	return g.turn.starved && !atItsEnd
}

// starvation says that the run did not get enough of the processor.
func (g *guest) starvation() string {
	return fmt.Sprintf("vega had no processor to spare for the probe: it waited %v of its %v for other probes to compute",
		g.turn.waited.Round(time.Millisecond), g.in.Timeout)
}

func (g *guest) orElse(text string) string {
	if g.message != "" {
		return g.message
	}
	return text
}

// lastWords is what the probe said before it crashed, often the reason.
func (g *guest) lastWords() string {
	if g.message == "" {
		return ""
	}
	return " (its last message: " + g.message + ")"
}

// trap is the first line of wazero's error: the reason, without the stack.
func trap(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	text = strings.TrimPrefix(text, "wasm error: ")
	return check.OneLine(check.Clip(strings.TrimSuffix(text, " (recovered by wazero)"), 300))
}

func probeFault(message string) Result {
	return Result{Status: check.Unknown, Cause: check.Probe, Message: message, Details: map[string]string{}, Metrics: []check.Metric{}}
}

func hostFault(message string) Result {
	return Result{Status: check.Unknown, Cause: check.Host, Message: message, Details: map[string]string{}, Metrics: []check.Metric{}}
}
