package plugins

import (
	"fmt"
	"log/slog"
	"math"

	"vega/policies/check"
)

// logLine is a line that the guest wrote.
type logLine struct {
	level slog.Level
	text  string
}

func (g *guest) say(text string) {
	if len(text) > maxMessage {
		g.over("a message of more than 1 KiB")
	}
	g.message = text[:min(len(text), g.keptOf(maxMessage))]
}

func (g *guest) addDetail(name, value string) {
	_, again := g.details[name]
	switch {
	case len(name) == 0 || len(name) > maxName:
		g.over("a detail's name that is empty or longer than 128 bytes")
	case !again && len(g.details) >= maxDetails:
		g.over("more than 64 details")
	case len(value) > maxDetail:
		g.over("a detail of more than 4 KiB")
	case g.Hold(len(name)+len(value)) != nil:
		g.over("a detail that there is no memory left for")
	default:
		g.details[name] = value
	}
}

func (g *guest) addMetric(name string, value float64, unit string) {
	switch {
	case len(name) == 0 || len(name) > maxName || len(unit) > maxName:
		g.over("a metric's name or unit that is empty or longer than 128 bytes")
	case math.IsNaN(value) || math.IsInf(value, 0):
		g.over("a metric that is no number")
	case len(g.metrics) >= maxMetrics:
		g.over("more than 64 metrics")
	default:
		g.metrics = append(g.metrics, check.Metric{Name: name, Value: value, Unit: unit})
	}
}

func (g *guest) over(what string) {
	if g.overflow == "" {
		g.overflow = what
	}
}

// write is one log line of the guest, within its allowance. It is kept until the
// run has ended, as far as there is memory for it.
func (g *guest) write(level slog.Level, text string) {
	if g.starting {
		g.asked = true
		return
	}
	if g.bridge != nil {
		g.bridge.heard(text)
	}
	text = text[:min(len(text), g.keptOf(maxLogLine))]
	if len(g.log) >= maxLogLines || g.account.Hold(len(text)) != nil {
		g.cut++
		return
	}
	g.log = append(g.log, logLine{level, text})
}

// endLog writes what was logged and what is left of the streams, and says how much
// of the log was cut.
func (g *guest) endLog() {
	g.stdout.end()
	g.stderr.end()
	for _, l := range g.log {
		g.module.sandbox.options.Log(g.run, g.in.Integration, l.level, check.Clip(check.OneLine(g.vault.Redact(l.text)), maxLogLine))
	}
	if g.cut > 0 {
		g.module.sandbox.options.Log(g.run, g.in.Integration, slog.LevelWarn,
			fmt.Sprintf("%d further log lines of this run were dropped (at most %d are kept)", g.cut, maxLogLines))
	}
}

// keptOf is how much is kept of a text of which n bytes are shown: enough to see
// that there is more, and that a secret which begins within them is there as a whole.
func (g *guest) keptOf(n int) int { return n + 1 + g.vault.Longest() }

// redact takes the secrets out of all that the guest said. It has ended by then: it
// could time the search, and learn what a secret begins with.
func (g *guest) redact() {
	shown := func(s string) string { return check.OneLine(g.vault.Redact(s)) }
	g.message = check.Clip(shown(g.message), maxMessage)
	if len(g.details) > 0 {
		details := make(map[string]string, len(g.details))
		for name, value := range g.details {
			details[shown(name)] = shown(value)
		}
		g.details = details
	}
	for i := range g.metrics {
		m := &g.metrics[i]
		m.Name, m.Unit = shown(m.Name), shown(m.Unit)
	}
	for i := range g.denied {
		g.denied[i] = check.Clip(shown(g.denied[i]), maxMessage)
	}
}
