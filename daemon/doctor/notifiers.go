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
			found = append(found, failure(fmt.Sprintf("%s (%s) fails, and %d incidents wait to be sent; the last message got out: %s; %s", n.Name, n.Type, n.Waiting, last, n.LastError), "run: vega test notifier "+n.Name))
		case n.Dead > 0:
			found = append(found, warning(fmt.Sprintf("the messages of %d incidents to %s (%s) were given up", n.Dead, n.Name, n.Type), "run: vega notifiers; vega test notifier "+n.Name))
		}
	}
	if h.answers.notifiers == nil {
		return []Finding{ok("%d configured; vega test notifier NAME sends a test", len(c.Notifiers))}
	}
	return orOK(found, ok("%d configured, and none fails", len(c.Notifiers)))
}
