package plugins

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"

	"vega/plugins/ledger"
	"vega/plugins/secret"
	"vega/policies/check"
)

// output collects what a guest reports. It may contain secrets until redact
// removes them at the end of the run.
type output struct {
	vault   *secret.Vault
	holder  ledger.Holder // counts the memory of details
	account *ledger.Account

	message string
	details map[string]string
	metrics []check.Metric
	denied  []string
	log     []logLine
	dropped int32 // log lines

	overflow string // the first limit that was exceeded
	panicked string // the panic message that Go's runtime wrote

	stdout, stderr *lineWriter // nil until something is printed
}

// logLine is a line that the guest wrote.
type logLine struct {
	level slog.Level
	text  string
}

func (o *output) setMessage(s string) {
	if len(s) > maxMessage {
		o.exceeded("a message of more than 1 KiB")
	}
	o.message = s[:min(len(s), o.keep(maxMessage))]
}

func (o *output) addDetail(name, value string) {
	_, again := o.details[name]
	switch {
	case len(name) == 0 || len(name) > maxName:
		o.exceeded("a detail's name that is empty or longer than 128 bytes")
	case !again && len(o.details) >= maxDetails:
		o.exceeded("more than 64 details")
	case len(value) > maxDetail:
		o.exceeded("a detail of more than 4 KiB")
	case o.holder.Hold(len(name)+len(value)) != nil:
		o.exceeded("a detail for which no memory is left")
	default:
		o.details[name] = value
	}
}

func (o *output) addMetric(name string, value float64, unit string) {
	switch {
	case len(name) == 0 || len(name) > maxName || len(unit) > maxName:
		o.exceeded("a metric's name or unit that is empty or longer than 128 bytes")
	case math.IsNaN(value) || math.IsInf(value, 0):
		o.exceeded("a metric whose value is not a finite number")
	case len(o.metrics) >= maxMetrics:
		o.exceeded("more than 64 metrics")
	default:
		o.metrics = append(o.metrics, check.Metric{Name: name, Value: value, Unit: unit})
	}
}

// exceeded records the first limit that the output exceeded.
func (o *output) exceeded(what string) {
	if o.overflow == "" {
		o.overflow = what
	}
}

// addLine keeps a log line until the run has ended, if the limit on log lines
// and the memory allow it.
func (o *output) addLine(level slog.Level, s string) {
	s = s[:min(len(s), o.keep(maxLogLine))]
	if len(o.log) >= maxLogLines || o.account.Hold(len(s)) != nil {
		o.dropped++
		return
	}
	o.log = append(o.log, logLine{level, s})
}

// audit adds a denied call to the result.
func (o *output) audit(err error) {
	s := err.Error()
	s = s[:min(len(s), o.keep(maxMessage))]
	if len(o.denied) < maxAudit && !slices.Contains(o.denied, s) {
		o.denied = append(o.denied, s)
	}
}

// flush writes the log lines, and the number of those that were dropped.
func (o *output) flush(write func(level slog.Level, line string)) {
	for _, l := range o.log {
		write(l.level, check.Clip(check.OneLine(o.vault.Redact(l.text)), maxLogLine))
	}
	if o.dropped > 0 {
		write(slog.LevelWarn, fmt.Sprintf("%d further log lines of this run were dropped (at most %d are kept)", o.dropped, maxLogLines))
	}
}

// keep returns how many bytes to keep of a string of which n bytes are shown:
// enough to detect that it is longer, and to contain every secret that begins
// within those n bytes.
func (o *output) keep(n int) int { return n + 1 + o.vault.Longest() }

// redact removes the secrets from the result. It must run after the guest has
// ended, because a guest could measure how long the search takes and learn how
// a secret begins.
func (o *output) redact() {
	shown := func(s string) string { return check.OneLine(o.vault.Redact(s)) }
	o.message = check.Clip(shown(o.message), maxMessage)
	if len(o.details) > 0 {
		details := make(map[string]string, len(o.details))
		for name, value := range o.details {
			details[shown(name)] = shown(value)
		}
		o.details = details
	}
	for i := range o.metrics {
		m := &o.metrics[i]
		m.Name, m.Unit = shown(m.Name), shown(m.Unit)
	}
	for i := range o.denied {
		o.denied[i] = check.Clip(shown(o.denied[i]), maxMessage)
	}
}

// notePanic looks in a line for what Go's runtime writes before it ends the program.
// Only the SDK's own goroutine can report a panic as the message.
func (o *output) notePanic(line string) {
	if o.panicked == "" && (strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")) {
		o.panicked = line
	}
}

// lineWriter splits an output stream of a guest into log lines.
type lineWriter struct {
	g     *guest
	level slog.Level
	line  []byte
}

// Write counts and drops lines beyond the allowance. It fails once the run has
// ended, because a single call may write forever.
func (w *lineWriter) Write(b []byte) (int, error) {
	w.g.asked = w.g.asked || w.g.starting
	if err := w.g.run.Err(); err != nil {
		return 0, err
	}
	n, o := len(b), &w.g.output
	for {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			w.add(b)
			return n, nil
		}
		w.add(b[:end])
		w.flush()
		b = b[end+1:]
		if len(o.log) >= maxLogLines {
			o.dropped += int32(bytes.Count(b, []byte{'\n'}))
			b = b[bytes.LastIndexByte(b, '\n')+1:]
		}
	}
}

// add appends as much of b as fits in a line, and enough more to contain a
// secret at its end.
func (w *lineWriter) add(b []byte) {
	w.line = append(w.line, b[:min(len(b), w.g.output.keep(maxLogLine)-len(w.line))]...)
}

// flush writes the line, unless no run has started.
func (w *lineWriter) flush() {
	if !w.g.starting {
		if w.g.module.facts.Go && w == w.g.output.stderr {
			w.g.output.notePanic(string(w.line))
		}
		w.g.output.addLine(w.level, string(w.line))
	}
	w.line = w.line[:0]
}

// end writes a last line that has no line end.
func (w *lineWriter) end() {
	if w != nil && len(w.line) > 0 {
		w.flush()
	}
}
