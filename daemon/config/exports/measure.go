package exports

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/telemetry"
	"vega/daemon/databases/accept"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// Limits of the metric blocks. Each has a goroutine, and each series is kept in memory
// and in the history.
const (
	maxMeasures = 200
	maxSeries   = 10_000
	maxLabels   = 10
	maxHelp     = 200 // characters
)

// measures builds the metric blocks.
func (d Stage) measures() []telemetry.Measure {
	blocks := d.Root.All("metric")
	if len(blocks) > maxMeasures {
		d.Out.Err(diag.TooMuch, blocks[maxMeasures].Head, fmt.Sprintf("There are more than %d metric blocks.", maxMeasures), "return several series from one query, told apart by labels")
		return nil
	}
	var all []telemetry.Measure
	series := 0
	for _, s := range blocks {
		m := d.measure(s)
		all = append(all, m)
		before := series
		if series += max(m.MaxSeries, 1); before <= maxSeries && series > maxSeries {
			d.Out.Err(diag.TooMuch, s.Place("max_series"), fmt.Sprintf("The metric blocks up to this one may have %d series, and vega keeps at most %d.", series, maxSeries), "use lower values of max_series")
		}
	}
	return all
}

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
	d.name(s)
	d.query(s)
	d.column(s)
	d.labels(s, m)
	d.help(s)
	d.timing(s, m)
	return m
}

// misleading are the ends of names that Prometheus keeps for other types than gauges.
var misleading = []string{"_total", "_count", "_sum", "_bucket", "_info"}

// upName is the end of the name of the metric that vega itself has of each block.
const upName = "up"

// name reports a name that no scraper takes, or that it takes for another type.
func (d Stage) name(s *bind.Section) {
	if fixed := strings.ReplaceAll(s.Name, "-", "_"); fixed != s.Name && manifest.ValidName(s.Name) {
		d.Out.Err(diag.BadName, s.Head, fmt.Sprintf("%q is not a valid name of a metric, because the names of Prometheus have no hyphens.", diag.Clip(s.Name)), fmt.Sprintf("use %q", fixed))
		return
	}
	if s.Name == upName {
		d.Out.Err(diag.BadName, s.Head, `The metric "up" would be vega_metric_up, which says of each metric block whether its last query succeeded.`, `use a name that says what is up, such as "replicas_up"`)
		return
	}
	for _, end := range misleading {
		if short, found := strings.CutSuffix(s.Name, end); found && short != "" {
			d.Out.Warn(diag.Unusual, s.Head, fmt.Sprintf("Prometheus takes a metric whose name ends in %s for one of another type; this one is a gauge.", end), fmt.Sprintf("use a name such as %q", short))
		}
	}
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

// column reports a value that names no column.
func (d Stage) column(s *bind.Section) {
	if t := s.Slot("value"); t != nil && t.State == bind.Present && strings.TrimSpace(d.Ev.Str(s, "value")) == "" {
		d.Out.Err(diag.OutOfBounds, t.Expr.At, "value is empty.", `name the column with the value, as in value = "n" for SELECT count(*) AS n`)
	}
}

// label matches the labels that Prometheus accepts, except those that begin with two
// underscores.
var label = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// taken has the labels that mean something else, and why.
var taken = map[string]string{
	"le":       "it belongs to the buckets of histograms",
	"quantile": "it belongs to the quantiles of summaries",
}

// labels reports labels that no scraper accepts.
func (d Stage) labels(s *bind.Section, m telemetry.Measure) {
	t := s.Slot("labels")
	if t == nil || t.State != bind.Present {
		if n := s.Slot("max_series"); t == nil && n != nil && n.State == bind.Present && m.MaxSeries > 1 && !s.Broken && len(s.Strays) == 0 {
			d.Out.Warn(diag.NoEffect, n.At, "Without labels the result has one row, so max_series has no effect.", "name the columns that tell the rows apart in labels, or remove max_series")
		}
		return
	}
	if len(m.Labels) > maxLabels {
		d.Out.Err(diag.TooMuch, t.Element(maxLabels), fmt.Sprintf("A metric has at most %d labels.", maxLabels), "keep those that alerts and charts need")
	}
	seen := map[string]bool{}
	for n, name := range m.Labels {
		at := t.Element(n)
		switch {
		case !label.MatchString(name):
			d.badLabel(name, at)
		case strings.HasPrefix(name, "__"):
			d.Out.Err(diag.BadName, at, fmt.Sprintf("The label %q is reserved: labels that begin with two underscores are internal to Prometheus.", diag.Clip(name)), renameColumn(name, strings.TrimLeft(name, "_")))
		case taken[name] != "":
			d.Out.Err(diag.BadName, at, fmt.Sprintf("The label %q is reserved, because %s.", name, taken[name]), renameColumn(name, "order_"+name))
		case seen[name]:
			d.Out.Err(diag.Twice, at, fmt.Sprintf("The label %q is already in the list.", diag.Clip(name)), "keep one of the two")
		case name == m.Value:
			d.Out.Err(diag.Conflict, at, fmt.Sprintf("The column %s is the value, so it cannot be a label: each new value would be a new series.", diag.Clip(name)), "remove it from labels, or name another column in value")
		case name == "job" || name == "instance":
			d.Out.Warn(diag.Unusual, at, fmt.Sprintf("Prometheus sets the label %s itself, and renames this one to exported_%s.", name, name), renameColumn(name, "order_"+name))
		}
		seen[name] = true
	}
}

var notInLabel = regexp.MustCompile(`[^a-zA-Z0-9_]+`)

func (d Stage) badLabel(name string, at diag.Place) {
	fixed := strings.TrimLeft(notInLabel.ReplaceAllString(name, "_"), "_0123456789")
	if !label.MatchString(fixed) {
		fixed = "state"
	}
	d.Out.Err(diag.BadName, at, fmt.Sprintf("%q is not a valid label: it has a letter or an underscore first, and then letters, digits and underscores.", diag.Clip(name)), renameColumn(name, fixed))
}

// renameColumn returns the fix for a column whose name can't be a label.
func renameColumn(name, to string) string {
	column := diag.Clip(name)
	if !label.MatchString(name) {
		column = "…"
	}
	return fmt.Sprintf("rename the column in the query, as in SELECT %s AS %s, and use %s", column, to, strconv.Quote(to))
}

func (d Stage) help(s *bind.Section) {
	t := s.Slot("help")
	if t == nil || t.State != bind.Present {
		return
	}
	switch text := d.Ev.Str(s, "help"); {
	case strings.ContainsFunc(text, unicode.IsControl):
		d.Out.Err(diag.OutOfBounds, t.Expr.At, "help has more than one line, or a control character.", "write one line")
	case len([]rune(text)) > maxHelp:
		d.Out.Err(diag.OutOfBounds, t.Expr.At, fmt.Sprintf("help is longer than %d characters, and each scrape has it.", maxHelp), "shorten it")
	}
}

// timing warns of a query that may not have ended when the next one is due.
func (d Stage) timing(s *bind.Section, m telemetry.Measure) {
	if m.Timeout <= m.Interval || s.Unsure("interval") || s.Unsure("timeout") {
		return
	}
	at := s.Place("interval")
	if s.Slot("timeout") != nil {
		at = s.Place("timeout")
	}
	d.Out.Warn(diag.Overlap, at, fmt.Sprintf("The timeout, %s, is longer than the interval, %s. While a query hangs, the next one is skipped.", check.Span(m.Timeout), check.Span(m.Interval)),
		fmt.Sprintf("set interval to %q or longer, or timeout to %q or shorter", check.Span(m.Timeout), check.Span(m.Interval)))
}
