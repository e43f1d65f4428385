// Package heartbeats reads when the job of a heartbeat reports, and checks that the
// options go together.
package heartbeats

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/heartbeat"
	"vega/daemon/heartbeat/cron"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// Stage reads the heartbeat of an integration.
type Stage struct {
	Out *diag.Collector
	// Integration is its block, and Config the block with the options of the probe.
	Integration, Config *bind.Section
	Values              manifest.Values // of the options
	// Inherited reports whether an attribute is that of the defaults block.
	Inherited func(name string) bool
}

// Settings returns the settings, whose interval is given if there is no cron option. It
// reports what is not valid.
func (d Stage) Settings(interval time.Duration) *heartbeat.Settings {
	s := &heartbeat.Settings{Token: heartbeat.NewToken(d.text("token")), Interval: interval}
	s.Get, _ = d.Values["get"].(bool)
	d.token()
	if t := d.Config.Slot("cron"); t != nil && t.State != bind.Absent {
		d.schedule(s)
	} else {
		d.interval(interval)
	}
	s.Grace = heartbeat.DefaultGrace(s.Interval)
	if grace, ok := d.Values["grace"].(time.Duration); ok {
		s.Grace = grace
		d.grace(s)
	}
	d.withoutEffect()
	return s
}

func (d Stage) text(name string) string {
	text, _ := d.Values[name].(manifest.Text)
	return text.Reveal()
}

// secret reports whether an option came from env() or file().
func (d Stage) secret(name string) bool {
	text, _ := d.Values[name].(manifest.Text)
	return text.HasSecret()
}

// present reports whether an option was written and has a known value.
func (d Stage) present(name string) bool {
	t := d.Config.Slot(name)
	return t != nil && t.State == bind.Present
}

func (d Stage) token() {
	if !d.present("token") {
		return
	}
	token, at := d.text("token"), d.Config.Place("token")
	switch {
	case len(token) < heartbeat.MinToken:
		d.Out.Err(diag.ShortSecret, at, fmt.Sprintf("token is shorter than %d characters, so it can be guessed.", heartbeat.MinToken), "use a random one, as openssl rand -hex 16 prints it")
	case strings.ContainsFunc(token, func(c rune) bool { return c > unicode.MaxASCII || !unicode.IsPrint(c) || c == ' ' }):
		d.Out.Err(diag.OutOfBounds, at, "token has characters that a URL or a header cannot carry.", "use letters and digits, as openssl rand -hex 16 prints them")
	}
}

// schedule reads cron and timezone.
func (d Stage) schedule(s *heartbeat.Settings) {
	if t := d.Integration.Slot("interval"); t != nil && !d.Inherited("interval") {
		d.Out.Err(diag.Conflict, t.At, "interval and cron exclude each other: cron says when the job runs.", "remove one of the two")
	}
	if !d.present("cron") {
		return
	}
	at := d.Config.Place("cron")
	s.Secret = d.secret("cron") || d.secret("timezone")
	parsed, err := cron.Parse(d.text("cron"))
	if err != nil {
		why := fmt.Sprintf("cron is not valid: %v.", err)
		if d.secret("cron") {
			why = "cron is not valid."
		}
		d.Out.Err(diag.OutOfBounds, at, why, `use five fields, such as "30 3 * * 1-5" for 03:30 from Monday to Friday`)
		return
	}
	s.Zone = d.zone()
	if parsed.Next(time.Unix(0, 0), s.Zone).IsZero() {
		d.Out.Err(diag.OutOfBounds, at, "cron never comes: no month that it names has that day.", "correct the day of the month, or the month")
		return
	}
	s.Cron, s.Interval = parsed, parsed.Longest()
}

func (d Stage) zone() *time.Location {
	name := d.text("timezone")
	if name == "" || strings.EqualFold(name, "local") || strings.ContainsRune(name, '\\') {
		name = "?"
	}
	in, err := time.LoadLocation(name)
	if err == nil {
		return in
	}
	if !d.Config.Unsure("timezone") {
		d.Out.Err(diag.OutOfBounds, d.Config.Place("timezone"), "The time zone does not exist.", `use a name of the tz database, such as "Europe/Berlin" or "UTC"`)
	}
	return time.UTC
}

func (d Stage) interval(interval time.Duration) {
	switch t := d.Integration.Slot("interval"); {
	case t == nil && !d.Integration.Off && len(d.Integration.Strays) == 0:
		d.Out.Err(diag.Required, d.Integration.Head, "A heartbeat needs interval or cron, which say when the job reports.", `set interval = "24h" in the integration for a daily job, or cron = "30 3 * * *" in config`)
	case t != nil && t.State == bind.Present && interval == 0:
		d.Out.Err(diag.OutOfBounds, t.Expr.At, "A heartbeat is never run on request, so its interval cannot be 0s.", "set the longest time between two reports")
	}
}

// grace reports a grace with which a job that reports at every second time is healthy.
func (d Stage) grace(s *heartbeat.Settings) {
	if s.Grace > s.Interval && s.Interval > 0 && !d.Config.Unsure("cron") && !d.Integration.Unsure("interval") {
		d.Out.Warn(diag.Unusual, d.Config.Place("grace"), fmt.Sprintf("The grace, %s, is longer than the time between two reports, %s. A job that misses a report is still healthy.", check.Span(s.Grace), check.Span(s.Interval)),
			fmt.Sprintf("use %q or less, unless the job reports its start and runs that long", check.Span(s.Interval)))
	}
}

// withoutEffect reports attributes that are only for probes that run.
func (d Stage) withoutEffect() {
	for _, name := range []string{"timeout", "memory", "connect_to", "sha256"} {
		if t := d.Integration.Slot(name); t != nil && !d.Inherited(name) {
			d.Out.Warn(diag.NoEffect, t.At, fmt.Sprintf("%s has no effect on a heartbeat, which runs nothing.", name), "remove it")
		}
	}
}
