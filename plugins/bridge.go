package plugins

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/sys"

	"vega/plugins/manifest"
	"vega/plugins/nagios"
	"vega/policies/check"
	"vega/sdk/abi"
)

// command is what a WASI command exports instead of vega_run. It may be called
// once in an instance: what it leaves behind is the end of a program.
const command = "_start"

// maxPrinted is how much of a command's output is read.
const maxPrinted = 64 << 10

// bridge is the run of a plugin that was written for Nagios and knows nothing
// of vega: a command with arguments, whose output and exit code stand for all
// the calls that it does not make.
type bridge struct {
	args     []string // beginning with its name
	isGo     bool
	printed  []byte
	cut      bool   // it printed more
	panicked string // what Go's runtime wrote when it gave up
}

// newBridge refuses a secret among the arguments: the command would be given a
// placeholder, and could do nothing with it, since nothing it says leaves the
// host in a request.
func (m *Module) newBridge(in *Input) (*bridge, error) {
	b := &bridge{args: []string{in.Probe}, isGo: m.facts.Go}
	list, _ := in.Values[manifest.Args].([]manifest.Value)
	for n, v := range list {
		arg, _ := v.(manifest.Text)
		switch {
		case arg.HasSecret():
			return nil, fmt.Errorf("option %q: argument %d holds a secret, which a plugin never sees; a command can't use a placeholder for it", manifest.Args, n+1)
		case strings.ContainsRune(arg.Reveal(), 0):
			return nil, fmt.Errorf("option %q: argument %d holds a zero byte, where it would end", manifest.Args, n+1)
		}
		b.args = append(b.args, arg.Reveal())
	}
	return b, nil
}

// surround gives the command its arguments, and keeps what it prints.
func (g *guest) surround(c wazero.ModuleConfig) wazero.ModuleConfig {
	return c.WithArgs(g.bridge.args...).WithStdout(printer{g})
}

// printer is the standard output of a command.
type printer struct{ *guest }

// Write takes what is over the allowance too, and drops it. It fails once the
// run has ended: one call may write without end.
func (p printer) Write(b []byte) (int, error) {
	if err := p.run.Err(); err != nil {
		return 0, err
	}
	room := maxPrinted - len(p.bridge.printed)
	p.bridge.cut = p.bridge.cut || len(b) > room
	p.bridge.printed = append(p.bridge.printed, b[:min(len(b), room)]...)
	return len(b), nil
}

// text is what was printed. Where that was cut, so was the last word, which may
// be a number.
func (b *bridge) text() string {
	if end := strings.LastIndexAny(string(b.printed), " \t\r\n|"); b.cut && end >= 0 {
		return string(b.printed[:end])
	}
	return string(b.printed)
}

// heard looks for the last words of Go's runtime: it ends a program that
// panicked with the exit code 2, by which a plugin says that its target is
// unhealthy.
func (b *bridge) heard(line string) {
	if b.isGo && b.panicked == "" && (strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")) {
		b.panicked = line
	}
}

// exited turns the end of a command by proc_exit into its exit code. One that
// returns has the exit code 0.
func exited(err error) (int32, error) {
	if exit := (*sys.ExitError)(nil); errors.As(err, &exit) {
		return int32(exit.ExitCode()), nil
	}
	return 0, err
}

// translate makes of what a command printed what a probe would have said. The
// error is why its exit code says nothing of the target. The numbers of a
// command that did not come to its end are left out: the last may be cut.
func (g *guest) translate(code int32, err error) (int32, error) {
	out := nagios.Parse(g.bridge.text())
	g.say(fit(out.Text, maxMessage))
	if err != nil {
		return code, err
	}
	g.tell(out)
	switch {
	case g.full && code != int32(abi.Healthy):
		return code, errMemory
	case g.bridge.panicked != "" && code == int32(abi.Unhealthy):
		return code, fault("the probe crashed: " + check.OneLine(check.Clip(g.vault.Redact(g.bridge.panicked), 300)) + g.lastWords())
	case code < 0 || code > int32(abi.Unknown):
		return code, fault(fmt.Sprintf("the probe exited with code %d, which is no status (0 healthy, 1 degraded, 2 unhealthy, 3 unknown)%s", code, g.lastWords()))
	case out.Empty():
		return code, fault(fmt.Sprintf("the probe exited with code %d, but it printed nothing; a Nagios plugin prints one line at least", code))
	}
	return code, nil
}

// tell keeps what the output holds besides its text, as far as a result may
// hold it. What is left out is told in the log: unlike an SDK, the plugin can't
// know of these limits.
func (g *guest) tell(out *nagios.Output) {
	if g.bridge.cut {
		g.note(fmt.Sprintf("it printed more than %d bytes; the rest was not read", maxPrinted))
	}
	if len(out.Long) > 0 {
		g.addDetail("output", fit(strings.Join(out.Long, "\n"), maxDetail))
	}
	metrics, details := 0, 0 // that there was no room for
	for _, p := range out.Perfdata {
		switch {
		case p.Unknown:
		case len(g.metrics) >= maxMetrics:
			metrics++
		default:
			g.addMetric(p.Label, p.Value, p.Unit)
		}
		name, evidence := "perf."+p.Label, evidence(p)
		switch {
		case evidence == "":
		case len(g.details) >= maxDetails || len(name) > maxName:
			details++
		default:
			g.addDetail(name, evidence)
		}
	}
	if metrics+details > 0 {
		g.note(fmt.Sprintf("of its perfdata, %d metrics and the thresholds of %d were left out: a result holds %d metrics, and %d details with names of %d bytes", metrics, details, maxMetrics, maxDetails, maxName))
	}
	if len(out.Problems) > 0 {
		text := "perfdata that can't be read: " + strings.Join(out.Problems, ", ")
		if out.More > 0 {
			text += fmt.Sprintf(" and %d more", out.More)
		}
		g.note(text)
	}
}

// evidence is what a measurement says beside its value.
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

// note is a line of the log about the guest, beyond its own allowance.
func (g *guest) note(text string) {
	g.module.sandbox.options.Log(g.run, g.in.Integration, slog.LevelWarn, check.OneLine(g.vault.Redact(check.Clip(text, maxLogLine))))
}

// fit cuts s to at most n bytes, the sign of it included.
func fit(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return check.Clip(s, n-len("…"))
}
