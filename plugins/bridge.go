package plugins

import (
	"fmt"
	"log/slog"
	"strings"

	"vega/plugins/engine"
	"vega/plugins/manifest"
	"vega/plugins/nagios"
	"vega/policies/check"
	"vega/sdk/abi"
)

// maxPrinted limits how many bytes of a command's output are read.
const maxPrinted = 64 << 10

// bridge runs a plugin that was written for Nagios and knows nothing about
// vega: a command with arguments, whose output and exit code replace the calls
// that it does not make.
type bridge struct {
	args    []string // beginning with the command's name
	printed []byte
	cut     bool // the command printed more than was read
}

// newBridge prepares a command. It refuses a secret among the arguments,
// because the command would get a placeholder and makes no requests in which
// vega could replace it.
func (m *Module) newBridge(in *Input) (*bridge, error) {
	b := &bridge{args: []string{in.Probe}}
	list, _ := in.Values[manifest.Args].([]manifest.Value)
	for n, v := range list {
		arg, _ := v.(manifest.Text)
		switch {
		case arg.HasSecret():
			return nil, fmt.Errorf("option %q: argument %d contains a secret, but a plugin sees only a placeholder, which a command can't use", manifest.Args, n+1)
		case strings.ContainsRune(arg.Reveal(), 0):
			return nil, fmt.Errorf("option %q: argument %d contains a zero byte, which would end the argument", manifest.Args, n+1)
		}
		b.args = append(b.args, arg.Reveal())
	}
	return b, nil
}

// printer keeps the standard output of a command.
type printer struct{ *guest }

// Write drops what exceeds the allowance. It fails once the run has ended,
// because a single call may write forever.
func (p printer) Write(b []byte) (int, error) {
	if err := p.run.Err(); err != nil {
		return 0, err
	}
	room := maxPrinted - len(p.bridge.printed)
	p.bridge.cut = p.bridge.cut || len(b) > room
	p.bridge.printed = append(p.bridge.printed, b[:min(len(b), room)]...)
	return len(b), nil
}

// text returns what was printed, without the last word if the output was cut: the
// word may be the beginning of a number.
func (b *bridge) text() string {
	if end := strings.LastIndexAny(string(b.printed), " \t\r\n|"); b.cut && end >= 0 {
		return string(b.printed[:end])
	}
	return string(b.printed)
}

// translate converts what a command printed to what a probe would have
// reported. Its error explains why the exit code says nothing about the target.
// If the command did not finish, its metrics are left out, because the last may
// be truncated.
func (b *bridge) translate(g *guest, code int32, err error) (int32, error) {
	out := nagios.Parse(b.text())
	g.output.setMessage(fit(out.Text, maxMessage))
	if err != nil {
		return code, err
	}
	b.report(g, out)
	switch {
	case g.full != nil && code != int32(abi.Healthy):
		return code, engine.ErrMemory
	case g.output.panicked != "" && code == int32(abi.Unhealthy): // a Go program that panics exits with this code
		return code, probeError("the probe crashed: " + panicMessage(g) + lastMessage(g))
	case code < 0 || code > int32(abi.Unknown):
		return code, probeError(fmt.Sprintf("the probe exited with code %d, which is not a status (0 healthy, 1 degraded, 2 unhealthy, 3 unknown)%s", code, lastMessage(g)))
	case out.Empty():
		return code, probeError(fmt.Sprintf("the probe exited with code %d, but printed nothing; a Nagios plugin must print at least one line", code))
	}
	return code, nil
}

// report adds what the output contains besides its text, as far as a result can
// hold it. The log lists what is left out because, unlike an SDK, the plugin
// can't know these limits.
func (b *bridge) report(g *guest, out *nagios.Output) {
	if b.cut {
		g.note(fmt.Sprintf("the output exceeds %d bytes; the rest was not read", maxPrinted))
	}
	if len(out.Long) > 0 {
		g.output.addDetail("output", fit(strings.Join(out.Long, "\n"), maxDetail))
	}
	metrics, details := 0, 0 // that were left out
	for _, p := range out.Perfdata {
		switch {
		case p.Unknown:
		case len(g.output.metrics) >= maxMetrics:
			metrics++
		default:
			g.output.addMetric(p.Label, p.Value, p.Unit)
		}
		name, evidence := "perf."+p.Label, evidence(p)
		switch {
		case evidence == "":
		case len(g.output.details) >= maxDetails || len(name) > maxName:
			details++
		default:
			g.output.addDetail(name, evidence)
		}
	}
	if metrics+details > 0 {
		g.note(fmt.Sprintf("%d metrics and the thresholds of %d were dropped from its perfdata, because a result holds at most %d metrics and %d details, with names of at most %d bytes", metrics, details, maxMetrics, maxDetails, maxName))
	}
	if len(out.Problems) > 0 {
		problems := "invalid perfdata: " + strings.Join(out.Problems, ", ")
		if out.More > 0 {
			problems += fmt.Sprintf(" and %d more", out.More)
		}
		g.note(problems)
	}
}

// evidence returns what a measurement contains besides its value.
func evidence(p nagios.Perfdata) string {
	var parts []string
	if p.Unknown {
		parts = append(parts, "not determined")
	}
	for _, l := range []struct{ name, value string }{{"warn", p.Warn}, {"crit", p.Crit}, {"min", p.Min}, {"max", p.Max}} {
		if l.value != "" {
			parts = append(parts, l.name+"="+l.value)
		}
	}
	return strings.Join(parts, " ")
}

// note logs a line about the guest, which does not count against the guest's
// allowance.
func (g *guest) note(s string) {
	g.module.sandbox.options.Log(g.run, g.in.Integration, slog.LevelWarn, check.Clip(check.OneLine(g.vault.Redact(s)), maxLogLine))
}

// fit truncates s to at most n bytes, including the ellipsis.
func fit(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return check.Clip(s, n-len("…"))
}
