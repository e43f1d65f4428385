package daemon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"vega/daemon/config"
	"vega/daemon/config/redact"
	settings "vega/daemon/config/telemetry"
	"vega/daemon/telemetry/metrics"
	"vega/daemon/telemetry/tracing"
	"vega/daemon/version"
	"vega/plugins/sockets"
	"vega/plugins/span"
	"vega/plugins/transport"
)

// traces exports spans and metrics by OTLP.
type traces struct {
	*tracing.Exporter
	now *collector // what is configured; guarded by Daemon.change
}

// collector is the part of a configuration that decides what is exported by OTLP.
type collector struct {
	otlp    *settings.OTLP
	network config.Network
}

// newTraces returns traces that export nothing yet.
func newTraces(d *Daemon) traces {
	return traces{Exporter: tracing.New(tracing.Options{
		Log: d.options.Log, Version: version.Get().Version, Gatherer: d.metrics.Gatherer, Getenv: os.Getenv,
	})}
}

// sinks returns what was not exported by OTLP.
func (t traces) sinks() (all []metrics.Sink) {
	for _, s := range t.Stats() {
		all = append(all, metrics.Sink{Name: "otlp_" + s.Signal, Dropped: s.Dropped, Failed: s.Failed})
	}
	return all
}

// Tracer begins the spans of requests.
func (x *exports) Tracer() span.Tracer { return x.daemon.traces }

// exportTraces exports by OTLP as a configuration says, or as the environment does. A
// mistake in the environment, or a file that can't be read, does not keep the checks from
// running: it is logged, and what was exported before still is.
func exportTraces(ctx context.Context, d *Daemon, c *config.Config) {
	if d.options.ReadOnly {
		return
	}
	d.traces.Hide(hider(c.Secrets(), d.now.Config.Secrets())) // also for what was exported before
	next := collector{c.Telemetry.OTLP, c.Network}
	if d.traces.now != nil && reflect.DeepEqual(*d.traces.now, next) {
		return
	}
	carrier, err := next.transport()
	if err == nil {
		err = d.traces.Configure(ctx, tracing.Target{Settings: next.otlp, Transport: carrier})
	}
	if err != nil {
		d.options.Log.ErrorContext(ctx, "can't export by OTLP as configured", "reason", err.Error())
		return
	}
	d.traces.now = &next
}

// hider returns a function that replaces the secrets of a configuration, and those of the
// one before, of which runs may still be in progress. It costs nothing before it is called.
func hider(secrets, before []string) func(string) string {
	all := sync.OnceValue(func() *redact.Redactor { return redact.New(slices.Concat(secrets, before)) })
	return func(text string) string { return all().Redact(text) }
}

const (
	idleCollector  = 90 * time.Second // a connection to a collector without requests is closed
	collectorHello = 10 * time.Second // limit of a TLS handshake with a collector
)

// transport carries requests to a collector: with the name server, the authorities and the
// proxy of the network block.
func (e collector) transport() (*http.Transport, error) {
	roots, err := transport.Roots(e.network.CAFile)
	if err != nil {
		return nil, err
	}
	if e.otlp != nil && e.otlp.CAFile != "" {
		if roots == nil {
			if roots, err = x509.SystemCertPool(); err != nil {
				return nil, err
			}
		}
		if roots, err = new(transport.Files).Pool(roots, e.otlp.CAFile); err != nil {
			return nil, err
		}
	}
	dialer := &sockets.Dialer{Server: e.network.Resolver}
	t := &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		ForceAttemptHTTP2: true, TLSHandshakeTimeout: collectorHello, MaxIdleConns: 2, IdleConnTimeout: idleCollector,
	}
	if len(e.network.Proxy) > 0 {
		through := e.network.Proxy.Reveal()
		choose := (&httpproxy.Config{HTTPProxy: through, HTTPSProxy: through, NoProxy: strings.Join(e.network.NoProxy, ",")}).ProxyFunc()
		t.Proxy = func(r *http.Request) (*url.URL, error) { return choose(r.URL) }
	}
	return t, nil
}
