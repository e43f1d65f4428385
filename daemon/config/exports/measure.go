package exports

import (
	"fmt"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/telemetry"
	"vega/daemon/databases/accept"
	"vega/plugins/manifest"
)

func (d Stage) measure(s *bind.Section) telemetry.Measure {
	d.Ev.Evaluate(s)
	m := telemetry.Measure{
		Name: s.Name, Database: d.Ev.Str(s, "database"), Query: d.Ev.Str(s, "query"),
		Value: d.Ev.Str(s, "value"), Labels: d.Ev.Strs(s, "labels"),
		Interval: d.Ev.Duration(s, "interval"), Timeout: d.Ev.Duration(s, "timeout"),
		MaxSeries: d.whole(s, "max_series"), Help: d.Ev.Str(s, "help"), Position: s.Head.String(),
	}
	if m.Help == "" {
		m.Help = fmt.Sprintf("The metric %s of the configuration.", s.Name)
	}
	d.query(s)
	return m
}

// query reports SQL that vega would not run on the database.
func (d Stage) query(s *bind.Section) {
	t, driver := s.Slot("query"), d.driver(s)
	if t == nil || t.State != bind.Present || driver == "" {
		return
	}
	text, _ := t.Value.(manifest.Text)
	if err := accept.Query(driver, text.Reveal()); err != nil {
		d.Out.Err(diag.BadQuery, t.Expr.At, "vega would not run this query: "+strings.TrimPrefix(err.Error(), accept.ErrRefused.Error()+": ")+".",
			"write one statement that reads, such as SELECT")
	}
}

// driver returns the driver of the database that a block names, or "" if that is not
// known.
func (d Stage) driver(s *bind.Section) string {
	name := d.Ev.Str(s, "database")
	if name == "vega" { // its own
		return "sqlite"
	}
	if base := d.Ev.Databases()[name]; base != nil {
		return d.Ev.Str(base, "driver")
	}
	return ""
}
