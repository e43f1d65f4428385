package console

import (
	"fmt"
	"io"
	"time"

	"vega/daemon/trends"
)

// WriteUptime writes one line per integration.
func WriteUptime(out io.Writer, all []trends.UptimeReport) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(out, "no integrations")
		return err
	}
	var t table
	t.row("NAME", "UP", "DOWN", "UNKNOWN", "MAINTENANCE", "RUNS", "SINCE")
	for _, r := range all {
		t.row(OneLine(r.Name), bounds(r.MinPercent, r.MaxPercent), ms(r.DownMS), ms(r.UnknownMS), ms(r.MaintenanceMS), fmt.Sprint(r.Runs), Moment(r.Since))
	}
	return t.write(out, 0)
}

// bounds formats the two bounds of an uptime, as one number if they are equal.
func bounds(low, high *float64) string {
	switch {
	case low == nil || high == nil:
		return "-"
	case *low == *high:
		return fmt.Sprintf("%.3f %%", *low)
	default:
		return fmt.Sprintf("%.3f to %.3f %%", *low, *high)
	}
}

func ms(n int64) string {
	if n == 0 {
		return "-"
	}
	return Span(time.Duration(n) * time.Millisecond)
}
