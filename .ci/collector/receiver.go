package main

import (
	"context"
	"fmt"
	"net"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"
)

// receiver is the OTLP receiver of the OpenTelemetry collector.
type receiver struct {
	address string
	traces  consumertest.TracesSink
	metrics consumertest.MetricsSink
	parts   []component.Component
}

func newReceiver(ctx context.Context) (*receiver, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	r := &receiver{address: address}
	factory := otlpreceiver.NewFactory()
	cfg := factory.CreateDefaultConfig()
	settings := map[string]any{"protocols": map[string]any{"http": map[string]any{"endpoint": address}}}
	if err := confmap.NewFromStringMap(settings).Unmarshal(cfg); err != nil {
		return nil, err
	}
	traces, err := factory.CreateTraces(ctx, receivertest.NewNopSettings(factory.Type()), cfg, &r.traces)
	if err != nil {
		return nil, err
	}
	metrics, err := factory.CreateMetrics(ctx, receivertest.NewNopSettings(factory.Type()), cfg, &r.metrics)
	if err != nil {
		return nil, err
	}
	r.parts = []component.Component{traces, metrics}
	for _, part := range r.parts {
		if err := part.Start(ctx, componenttest.NewNopHost()); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *receiver) stop(ctx context.Context) {
	for _, part := range r.parts {
		_ = part.Shutdown(ctx) // the program ends
	}
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// spans returns all spans, by ID.
func (r *receiver) spans() map[string]ptrace.Span {
	all := map[string]ptrace.Span{}
	for _, t := range r.traces.AllTraces() {
		for _, rs := range t.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					all[s.SpanID().String()] = s
				}
			}
		}
	}
	return all
}

// names returns how many data points each metric has.
func (r *receiver) names() map[string]int {
	all := map[string]int{}
	for _, m := range r.metrics.AllMetrics() {
		for _, rm := range m.ResourceMetrics().All() {
			for _, sm := range rm.ScopeMetrics().All() {
				for _, metric := range sm.Metrics().All() {
					all[metric.Name()]++
				}
			}
		}
	}
	return all
}

func attribute(s ptrace.Span, key string) string {
	v, ok := s.Attributes().Get(key)
	if !ok {
		return ""
	}
	return v.AsString()
}

// tree prints a span and its children.
func tree(all map[string]ptrace.Span, parent, indent string) {
	for id, s := range all {
		if s.ParentSpanID().String() != parent {
			continue
		}
		fmt.Printf("%s%s (%s) %v\n", indent, s.Name(), s.Kind(), s.Attributes().AsRaw())
		tree(all, id, indent+"  ")
	}
}
