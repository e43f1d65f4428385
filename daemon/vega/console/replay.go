package console

import (
	"fmt"
	"io"
	"strings"
	"time"

	"vega/daemon/replay"
)

// maxReplayed limits the incidents that WriteReplay lists.
const maxReplayed = 50

// WriteReplay writes the counts of alerts and notifiers, and the incidents in which a
// replay differs from what was live; with all, also the others.
func WriteReplay(out io.Writer, r replay.Report, all bool) error {
	fmt.Fprintf(out, "replayed %s and %s from %s until %s, %.0f runs per second\n\n", Count(r.Runs, "run"), Count(r.Figures, "reading"), Moment(r.Since), Moment(r.Until), r.RunsPerSecond)
	var alerts table
	alerts.row("ALERT", "INCIDENTS", "LIVE")
	for _, a := range r.Alerts {
		alerts.row(OneLine(a.Name), fmt.Sprint(a.Replay), fmt.Sprint(a.Live))
	}
	if err := alerts.write(out, 0); err != nil {
		return err
	}
	fmt.Fprintln(out)
	var notifiers table
	notifiers.row("NOTIFIER", "MESSAGES", "LIVE", "NOTICES", "LIVE")
	for _, n := range r.Notifiers {
		notifiers.row(OneLine(n.Name), fmt.Sprint(n.Replay.Messages), fmt.Sprint(n.Live.Messages), fmt.Sprint(n.Replay.Notices), fmt.Sprint(n.Live.Notices))
	}
	if err := notifiers.write(out, 0); err != nil {
		return err
	}
	if err := writeDifferences(out, r, all); err != nil {
		return err
	}
	return writeConclusion(out, r)
}

// writeDifferences lists incidents.
func writeDifferences(out io.Writer, r replay.Report, all bool) error {
	var t table
	t.row("", "SUBJECT", "ALERTS", "OPENED", "LASTED", "NOTICES")
	hidden := 0
	for _, i := range r.Incidents {
		mark, o := "=", i.Replay
		switch {
		case i.Live == nil:
			mark = "+"
		case i.Replay == nil:
			mark, o = "-", i.Live
		case !all && i.Replay.Notices == i.Live.Notices && i.Replay.Opened.Sub(i.Live.Opened).Abs() < time.Minute:
			continue
		}
		if len(t.rows) > maxReplayed {
			hidden++
			continue
		}
		notices := fmt.Sprint(o.Notices)
		if mark == "=" && i.Replay.Notices != i.Live.Notices {
			notices = fmt.Sprintf("%d, live %d", i.Replay.Notices, i.Live.Notices)
		}
		lasted := "open"
		if !o.Ended.IsZero() {
			lasted = Span(o.Ended.Sub(o.Opened))
		}
		t.row(mark, OneLine(i.Subject.Label()), strings.Join(o.Alerts, ", "), Moment(o.Opened), lasted, notices)
	}
	if len(t.rows) == 1 {
		return nil
	}
	fmt.Fprintln(out)
	if err := t.write(out, 0); err != nil {
		return err
	}
	if hidden > 0 {
		fmt.Fprintf(out, "and %s more; --format json has all of them\n", Count(hidden, "incident"))
	}
	_, err := fmt.Fprintln(out, "+ only in the replay   - only live   = both")
	return err
}

func writeConclusion(out io.Writer, r replay.Report) error {
	fmt.Fprintln(out)
	if r.NotReplayed > 0 {
		fmt.Fprintf(out, "not replayed: %s of vega's own events\n", Count(r.NotReplayed, "incident"))
	}
	if !r.FiguresSince.IsZero() && r.FiguresSince.After(r.Since.Add(time.Hour)) {
		fmt.Fprintf(out, "metrics are stored since %s; alerts on them are replayed from then on\n", Moment(r.FiguresSince))
	}
	text := "this configuration would have sent something else"
	if r.Same {
		text = "this configuration would have sent the same"
	}
	_, err := fmt.Fprintln(out, text)
	return err
}
