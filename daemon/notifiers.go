package daemon

import (
	"context"
	"sync"

	"vega/daemon/alerting"
	"vega/daemon/config"
	"vega/daemon/notify"
)

// testsAtOnce limits how many notifiers TestNotifiers tests at the same time.
const testsAtOnce = 8

// TestNotifiers sends an opening and its resolve, marked as a test, through each notifier
// of a configuration, without a daemon. The reports are in order of name. The error is
// that of a setting that can't be used.
func TestNotifiers(ctx context.Context, c *config.Config) ([]alerting.TestReport, error) {
	network, err := newNetwork(c.Network)
	if err != nil {
		return nil, err
	}
	all := make([]alerting.TestReport, len(c.Notifiers))
	places := make(chan struct{}, testsAtOnce)
	var sending sync.WaitGroup
	defer sending.Wait()
	options := notify.Options{Network: network, ExternalURL: c.Server.ExternalURL, Pages: c.Server.Incidents()}
	for n, settings := range c.Notifiers {
		one, err := newNotifier(settings, options)
		if err != nil {
			return nil, err
		}
		places <- struct{}{}
		sending.Go(func() {
			defer func() { <-places }()
			all[n] = alerting.TestOf(ctx, settings.Name, settings.Type, options.Pages, one.Send)
		})
	}
	sending.Wait()
	return all, nil
}
