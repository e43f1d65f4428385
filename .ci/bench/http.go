package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"
)

// httpChecks measures HTTP checks of one target at a fixed rate, each over a new
// connection.
func httpChecks(ctx context.Context, b *bench) error {
	program, err := peer(nagios+"check_http", "monitoring-plugins-basic")
	if err != nil {
		return err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	target, stopTarget, err := startTarget(ctx)
	if err != nil {
		return err
	}
	defer stopTarget()
	core, err := b.coreHTTP(ctx, target)
	if err != nil {
		return err
	}
	defer core.close()
	box, err := startBlackbox(ctx, b.dir)
	if err != nil {
		return err
	}
	defer box.stop()
	at, err := url.Parse(target)
	if err != nil {
		return err
	}
	plain := func(ctx context.Context) error { return plainHTTP(ctx, target) }
	fork := func(ctx context.Context) error {
		return spawn(ctx, null, program, "-I", at.Hostname(), "-p", at.Port(), "-u", "/")
	}
	all, err := inTurn(ctx, b.rounds, []contender{
		{meters: []meter{{"vega, core.http", cpuOfSelf}}, check: core.run},
		{meters: []meter{{"plain net/http", cpuOfSelf}}, check: plain},
		{meters: []meter{{"blackbox_exporter, its own", box.cpu}}, check: func(ctx context.Context) error { return box.probe(ctx, target) }},
		{meters: []meter{
			{"check_http", func() time.Duration { return cpuOfSelf() + cpuOfChildren() }},
			{"check_http, without its parent's fork and wait", cpuOfChildren},
		}, check: fork},
	}, func(ctx context.Context, c *contender) ([]time.Duration, error) {
		return atRate(ctx, b.rate, b.httpFor, c.check)
	})
	if err != nil {
		return err
	}
	fmt.Printf("%d/s for %v, %d rounds\n", b.rate, b.httpFor, b.rounds)
	toBox, toFork := float64(all[0].median)/float64(all[2].median), float64(all[0].median)/float64(all[3].median)
	printTurns(all, 1, map[string]string{
		all[2].name: goal(toBox <= 0.7, "vega ≤0.7× of it: %.2f", toBox),
		all[3].name: goal(toFork <= 0.45, "vega ≤0.45× of it: %.2f", toFork),
	})
	return nil
}

// atRate starts checks at regular intervals, whether or not the earlier ones have
// ended, and returns how long after its due time each ended. A failed check
// invalidates the round.
func atRate(ctx context.Context, rate int, d time.Duration, check func(context.Context) error) ([]time.Duration, error) {
	n := int(d.Seconds() * float64(rate))
	took, errs := make([]time.Duration, n), make([]error, n)
	var all sync.WaitGroup
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		all.Go(func() {
			errs[i] = check(ctx)
			took[i] = time.Since(due)
		})
	}
	all.Wait()
	return took, errors.Join(errs...)
}

// plainHTTP is the minimal check in Go.
func plainHTTP(ctx context.Context, url string) error {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{}).DialContext}
	defer transport.CloseIdleConnections()
	return get(ctx, &http.Client{Transport: transport}, url, nil)
}

// get requests a URL and passes the body to look. It returns an error unless the
// status is 200.
func get(ctx context.Context, client *http.Client, url string, look func([]byte) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", url, answer.Status)
	}
	if err == nil && look != nil {
		err = look(body)
	}
	return err
}
