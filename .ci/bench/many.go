package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// many measures a request that runs all integrations again: the time until its last
// byte, and the CPU time of the daemon. Each size has a daemon of its own.
func many(ctx context.Context, b *bench) error {
	url, stop, err := startTarget(ctx)
	if err != nil {
		return err
	}
	defer stop()
	t := &table{}
	t.row("integrations", "time, median", "min, max", "CPU time, median", "CPU µs per run", "peak RSS", "bytes", "threads", "goal")
	for _, n := range []int{b.many / 5, b.many} {
		if err := b.manyOf(ctx, t, n, strings.TrimSuffix(url, "/")); err != nil {
			return err
		}
	}
	t.print()
	return nil
}

func (b *bench) manyOf(ctx context.Context, t *table, n int, url string) error {
	var hcl strings.Builder
	for i := range n {
		hcl.WriteString(webBlock(fmt.Sprintf("check-%05d", i), url, 24*time.Hour))
	}
	v, err := b.serve(ctx, fmt.Sprintf("many-%d", n), hcl.String(), nil)
	if err != nil {
		return err
	}
	var took, used []time.Duration
	var size int
	for round := range b.manyRounds + 1 {
		cpu, began := v.cpu(), time.Now()
		if size, err = v.checkAll(ctx); err != nil {
			return err
		}
		lasted := time.Since(began)
		sleep(ctx, time.Second) // what the daemon does after the answer counts, too
		if round > 0 {          // the first compiles and grows
			took, used = append(took, lasted), append(used, v.cpu()-cpu)
		}
	}
	held, err := footprintOf(v.cmd.Process.Pid)
	if err != nil {
		return err
	}
	if _, err := v.stop(); err != nil {
		return err
	}
	limit := time.Duration(n) * 500 * time.Microsecond
	t.row(n, median(took), show(quantile(took, 0))+", "+show(quantile(took, 1)), median(used),
		fmt.Sprintf("%.0f", float64(median(used).Microseconds())/float64(n)), mib(held.peak), size, held.thread,
		goal(median(took) <= limit, "≤%v", limit))
	return ctx.Err()
}

// checkAll runs all integrations, and returns the length of the answer. It returns an
// error if one was not healthy.
func (v *vega) checkAll(ctx context.Context) (int, error) {
	text, err := v.drain(ctx, http.MethodGet, "/admin/integrations/health")
	if err == nil && !strings.Contains(string(text[:min(len(text), 400)]), `"status":"healthy"`) {
		err = fmt.Errorf("the daemon answered %.400s", text)
	}
	return len(text), err
}

// drain makes a request without a body and returns the body of the answer.
func (v *vega) drain(ctx context.Context, method, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, v.url+path, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-API-Key", v.key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %.400s", path, answer.Status, text)
	}
	return text, err
}
