package notify

import (
	"context"
	"net/http"

	"vega/daemon/notify/message"
	"vega/policies/incident"
)

// Ping requests the URL of a dead man's switch. It takes at most 10 seconds. The URL is
// the operator's, as that of a notifier, and is not in the reason.
func Ping(ctx context.Context, o Options, address string) incident.Outcome {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	a, outcome := o.do(ctx, &request{method: http.MethodGet, url: address})
	if a != nil {
		outcome = byStatus(a)
	}
	outcome.Reason = message.Clean(hideAll(outcome.Reason, partsOf(address)))
	return outcome
}
