package doctor

import (
	"context"
	"fmt"
	"time"
)

// checkNotifiers reports whether anybody is notified, and whether messages get out.
func checkNotifiers(_ context.Context, h *host) []Finding {
	c := h.loaded.Config
	if c == nil {
		return noConfiguration()
	}
	if len(c.Notifiers) == 0 {
		return []Finding{ok("none, so nobody is notified; see vega docs config notifier")}
	}
	var found []Finding
	for _, n := range h.answers.notifiers {
		switch {
		case n.Status == "failing":
			last := "never"
			if n.LastSent != nil {
				last = n.LastSent.UTC().Format(time.RFC3339)
			}
			found = append(found, failure(fmt.Sprintf("%s (%s) fails: %s; messages that wait: %d, that were given up: %d; the last one that got out: %s", n.Name, n.Type, n.LastError, n.Waiting, n.Dead, last), again(n.Name, n.Dead)))
		case n.Dead > 0:
			found = append(found, warning(fmt.Sprintf("the messages of %d incidents to %s (%s) were given up", n.Dead, n.Name, n.Type), again(n.Name, n.Dead)))
		}
	}
	if h.answers.notifiers == nil {
		return []Finding{ok("%d configured; vega test notifier NAME sends a test", len(c.Notifiers))}
	}
	return orOK(found, ok("%d configured, and none fails", len(c.Notifiers)))
}

// again says how to test a notifier, and how to send what was given up.
func again(name string, dead int) string {
	run := "run: vega test notifier " + name
	if dead > 0 {
		run += "; when that works: vega notifiers retry " + name
	}
	return run
}
