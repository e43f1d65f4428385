package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// The caller's trace, and its correlation ID.
const (
	callerTrace = "0af7651916cd43dd8448eb211c80319c"
	callerSpan  = "b7ad6b7169203331"
	correlation = "the-correlation-id"
)

// oneRequest makes one health request and checks what the receiver received.
func oneRequest(ctx context.Context, program string) error {
	r, err := newReceiver(ctx)
	if err != nil {
		return err
	}
	defer r.stop(ctx)
	v, err := start(ctx, program, r.address)
	if err != nil {
		return err
	}
	time.Sleep(2 * time.Second) // until the first runs, which no request caused, are over
	before := len(r.spans())
	for len(v.parent) > 0 {
		<-v.parent
	}
	header := map[string]string{"Traceparent": "00-" + callerTrace + "-" + callerSpan + "-01", "X-Correlation-ID": correlation}
	if status, body, err := v.get(ctx, "/admin/integrations/health", header); err != nil || status != 200 {
		return fmt.Errorf("%d %s, %w", status, body, errors.Join(err, v.stop()))
	}
	if err := v.stop(); err != nil {
		return err
	}
	mine := map[string]ptrace.Span{}
	for id, s := range r.spans() {
		if s.TraceID().String() == callerTrace {
			mine[id] = s
		}
	}
	fmt.Printf("before the request: %d spans; of the request: %d spans; metrics: %d names, %d points\n", before, len(mine), len(r.names()), r.metrics.DataPointCount())
	tree(mine, callerSpan, "")
	return errors.Join(checkSpans(mine, v), checkMetrics(r), checkSecrets(r))
}

// wanted lists the spans of the request, each with the name of its parent.
var wanted = [][2]string{
	{"GET /admin/integrations/health", ""},
	{"run core.http", "GET /admin/integrations/health"}, {"GET", "run core.http"}, {"connect", "GET"}, {"tls handshake", "GET"},
	{"run core.tcp", "GET /admin/integrations/health"}, {"dial", "run core.tcp"}, {"connect", "dial"},
	{"run core.database", "GET /admin/integrations/health"}, {"sql_query", "run core.database"}, {"SELECT", "sql_query"},
}

func checkSpans(all map[string]ptrace.Span, v *vega) error {
	var errs []error
	have := map[[2]string]ptrace.Span{}
	for _, s := range all {
		parent := ""
		if p, ok := all[s.ParentSpanID().String()]; ok {
			parent = p.Name()
		}
		have[[2]string{s.Name(), parent}] = s
	}
	for _, w := range wanted {
		s, ok := have[w]
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("no span %q under %q", w[0], w[1]))
		case (w[1] == "" || strings.HasPrefix(w[0], "run ")) && attribute(s, "vega.correlation_id") != correlation:
			errs = append(errs, fmt.Errorf("%s has the correlation ID %q", w[0], attribute(s, "vega.correlation_id")))
		}
	}
	if s, ok := have[[2]string{"SELECT", "sql_query"}]; ok && attribute(s, "db.query.text") != "SELECT count(*) FROM runs WHERE message = ?" {
		errs = append(errs, fmt.Errorf("the query is %q", attribute(s, "db.query.text")))
	}
	if s, ok := have[[2]string{"GET", "run core.http"}]; ok {
		if got, want := <-v.parent, "00-"+callerTrace+"-"+s.SpanID().String()+"-01"; got != want {
			errs = append(errs, fmt.Errorf("the target received the traceparent %q, want %q", got, want))
		}
	}
	return errors.Join(errs...)
}

func checkMetrics(r *receiver) error {
	var errs []error
	have := r.names()
	for _, name := range []string{"probe_success", "probe_http_status_code", "vega_integration_status", "vega_integration_runs_total", "vega_run_duration_seconds", "vega_build_info"} {
		if have[name] == 0 {
			errs = append(errs, fmt.Errorf("no metric %s", name))
		}
	}
	return errors.Join(errs...)
}

// checkSecrets searches all that was received for secrets.
func checkSecrets(r *receiver) error {
	var text strings.Builder
	for _, t := range r.traces.AllTraces() {
		b, err := (&ptrace.JSONMarshaler{}).MarshalTraces(t)
		if err != nil {
			return err
		}
		text.Write(b)
	}
	for _, m := range r.metrics.AllMetrics() {
		b, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(m)
		if err != nil {
			return err
		}
		text.Write(b)
	}
	for _, s := range []string{key, secret, "a literal"} {
		if strings.Contains(text.String(), s) {
			return fmt.Errorf("the collector received %q", s)
		}
	}
	fmt.Printf("no secret in %d KiB\n", text.Len()>>10)
	return nil
}

// requests is how many health requests a silent collector is tried with: more than its
// queue has room for.
const requests = 300

// counted matches a counter of what was not exported to the collector.
var counted = regexp.MustCompile(`vega_sink_(dropped|failed)_total\{sink="otlp_traces"\} (\d+)`)

// silentCollector makes requests while a collector accepts connections and never answers.
func silentCollector(ctx context.Context, program string) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	v, err := start(ctx, program, l.Addr().String())
	if err != nil {
		return err
	}
	for range requests {
		status, body, err := v.get(ctx, "/admin/integrations/health", nil)
		if err != nil || status != 200 || !strings.Contains(body, `"healthy"`) {
			return fmt.Errorf("%d %s, %w", status, body, errors.Join(err, v.stop()))
		}
	}
	_, text, err := v.get(ctx, "/metrics", nil)
	if err != nil {
		return errors.Join(err, v.stop())
	}
	lost := map[string]int{}
	for _, m := range counted.FindAllStringSubmatch(text, -1) {
		lost[m[1]], _ = strconv.Atoi(m[2])
	}
	began := time.Now()
	if err := v.stop(); err != nil {
		return err
	}
	fmt.Printf("a collector that never answers: %d of %d requests answered; spans dropped %d, failed %d; stopped after %.1f s\n", requests, requests, lost["dropped"], lost["failed"], time.Since(began).Seconds())
	if lost["dropped"] == 0 {
		return fmt.Errorf("no span was counted as dropped:\n%s", text)
	}
	return nil
}
