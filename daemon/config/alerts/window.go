package alerts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // for systems without a database of time zones

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/policies/alert"
)

// windows builds the maintenance blocks.
type windows struct {
	Stage
	pick *picker
}

// day is the length of a day without a change of clocks.
const day = 24 * time.Hour

func (d windows) build(s *bind.Section) alert.Window {
	d.Ev.Evaluate(s)
	w := alert.Window{Name: s.Name, At: s.Head.String(), Location: d.location(s)}
	w.Integrations = d.pick.selectors(s)
	d.empty(s, "days", ", so the window never comes.", "name a day, such as [\"sun\"], or remove days for every day")
	days, _ := d.listed(s, "days")
	for _, name := range days {
		w.Days = append(w.Days, time.Weekday(slices.Index(schema.Days, name)))
	}
	slices.Sort(w.Days)
	from, okFrom := d.clock(s, "from", 0)
	to, okTo := d.clock(s, "to", day)
	w.From, w.To = from, to
	if okFrom && okTo && !unsure(s) {
		d.judge(s, w)
	}
	return w
}

func (d windows) location(s *bind.Section) *time.Location {
	name := d.Ev.Str(s, "timezone")
	if name == "" && !has(s, "timezone") {
		return time.UTC
	}
	l, err := time.LoadLocation(name)
	if err == nil && name != "" && name != "Local" {
		return l
	}
	fix, instead := `use the name of an IANA time zone, such as "Europe/Berlin" or "UTC"`, ""
	if near := nearestZone(name); near != "" {
		instead = strconv.Quote(near)
		fix = "use " + instead
	}
	at := s.Place("timezone")
	d.Out.Err(diag.OutOfBounds, at, fmt.Sprintf("The time zone %q does not exist.", diag.Clip(name)), fix).Suggest(at, instead)
	return time.UTC
}

// nearestZone finds a time zone that is written in another way: with blanks, in other
// case, or without its region.
func nearestZone(name string) string {
	words := strings.FieldsFunc(name, func(c rune) bool { return c == ' ' || c == '_' || c == '/' })
	for n, w := range words {
		if len(w) > 0 {
			words[n] = strings.ToUpper(w[:1]) + strings.ToLower(w[1:])
		}
	}
	var tries []string
	if len(words) > 0 {
		last := strings.Join(words, "_")
		if len(words) > 1 {
			tries = append(tries, words[0]+"/"+strings.Join(words[1:], "_"))
		}
		for _, region := range []string{"Europe", "America", "Asia", "Africa", "Australia", "Pacific", "Atlantic", "Indian"} {
			tries = append(tries, region+"/"+last)
		}
		tries = append(tries, strings.ToUpper(name))
	}
	for _, try := range tries {
		if _, err := time.LoadLocation(try); err == nil {
			return try
		}
	}
	return ""
}

// clock reads a time of day. The end of a window can be 24:00.
func (d windows) clock(s *bind.Section, name string, most time.Duration) (time.Duration, bool) {
	t := s.Slot(name)
	if t == nil || t.State != bind.Present {
		return 0, false
	}
	text := d.Ev.Str(s, name)
	if at, ok := timeOfDay(text); ok && (at < day || at == most) {
		return at, true
	}
	fix, instead := `use hours and minutes, such as "02:00"`, ""
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		fix = `use a time of day, such as "02:00"; for a single window, run: vega silence add`
	} else if written := usualTime(text); written != "" {
		instead = strconv.Quote(written)
		fix = "use " + instead
	}
	d.Out.Err(diag.OutOfBounds, t.Expr.At, fmt.Sprintf("%s must be a time of day, not %q.", name, diag.Clip(text)), fix).Suggest(t.Expr.At, instead)
	return 0, false
}

// timeOfDay parses hours and minutes, such as 02:00.
func timeOfDay(text string) (time.Duration, bool) {
	if len(text) != 5 || text[2] != ':' {
		return 0, false
	}
	h, errH := strconv.ParseUint(text[:2], 10, 8)
	m, errM := strconv.ParseUint(text[3:], 10, 8)
	at := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	return at, errH == nil && errM == nil && m < 60 && at <= day
}

// usualTime returns a time of day in the form that vega reads: 2:00 am is 02:00. It
// returns "" for other text.
func usualTime(text string) string {
	text = strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(text), " ", ""))
	for _, layout := range []string{"15:04", "15:04:05", "15", "1504", "15.04", "3PM", "3:04PM", "3:04:05PM"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format("15:04")
		}
	}
	return ""
}

// judge reports a window that is empty, or that never ends. A window in an hour that
// clocks skip is neither: alert.Window.on lets it begin earlier on that day.
func (d windows) judge(s *bind.Section, w alert.Window) {
	switch {
	case w.From == w.To:
		d.Out.Err(diag.NoWindow, s.Place("to"), "The window begins and ends at the same time, so it is empty.", `for whole days, use from = "00:00" and to = "24:00"`)
	case w.From == 0 && w.To == day && len(w.Days)%7 == 0:
		d.Out.Warn(diag.NoWindow, s.Head, "The window never ends, so nobody is ever notified of these integrations.", "name the days, or set enabled = false in the integrations")
	}
}
