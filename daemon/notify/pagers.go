package notify

import (
	"sync"
	"sync/atomic"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// eventsAtOnce limits the events of a message that are sent concurrently.
const eventsAtOnce = 4

// each sends an event for each notice. What is sent a second time has the same key, which
// changes nothing, so that the whole message is repeated if one event does not arrive. An
// incident that ended before the pager could be reached needs no page. For what is too
// much, alerting has an incident of its own among the notices.
func each(m *incident.Message, send func(n *message.Notice) incident.Outcome) incident.Outcome {
	t := message.Compose(m)
	outcomes := make([]incident.Outcome, len(t.Notices))
	var next, failed atomic.Int64
	var workers sync.WaitGroup
	for range min(eventsAtOnce, len(t.Notices)) {
		workers.Go(func() {
			for failed.Load() == 0 {
				i := int(next.Add(1)) - 1
				if i >= len(t.Notices) {
					return
				}
				if t.Notices[i].Source.Kind == incident.Missed {
					continue
				}
				outcomes[i] = send(&t.Notices[i])
				if r := outcomes[i].Result; r == incident.Refused || r == incident.Unclear {
					failed.Add(1)
				}
			}
		})
	}
	workers.Wait()
	return worst(outcomes)
}

// worst returns the outcome of a message that was sent in parts. Some of them may not have
// been tried. If one arrived and another did not, the message may have arrived: each
// incident in it is resolved later, and all are sent again.
func worst(all []incident.Outcome) incident.Outcome {
	rank := map[incident.Result]int{incident.Arrived: 1, incident.Final: 2, incident.Refused: 3, incident.Unclear: 4}
	var out incident.Outcome
	some := false
	for _, o := range all {
		some = some || o.Result == incident.Arrived
		wait := max(out.RetryAfter, o.RetryAfter)
		if rank[o.Result] > rank[out.Result] {
			out = o
		}
		out.RetryAfter = wait
	}
	if some && out.Result != incident.Arrived {
		out.Result = incident.Unclear
		out.Reason = "a part of the message arrived; of another, " + out.Reason
	}
	if out.Result == "" { // nothing to send
		return arrived()
	}
	return out
}
