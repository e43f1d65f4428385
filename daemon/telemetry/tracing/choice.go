package tracing

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"

	settings "vega/daemon/config/telemetry"
)

// choice is what the block and the environment ask for.
type choice struct {
	traces, metrics bool
	endpoint        string // of the block or the default; "": that of the environment
	headers         map[string]string
	interval        time.Duration            // of metrics; 0: that of the environment
	sample          *float64                 // nil: that of the environment
	queue, batch    int                      // spans
	delay           time.Duration            // until a batch that is not full is exported
	timeouts        map[string]time.Duration // of one request, by signal
	ownCA           bool                     // the block names authorities
	secrets         []string
	warnings        []string
	getenv          func(string) string
}

const (
	// defaultEndpoint is where a collector on this machine receives OTLP over HTTP.
	defaultEndpoint = "http://localhost:4318"
	// defaultQueue bounds the memory for a collector that is down.
	defaultQueue = 1024
	maxQueue     = 1 << 20
	// defaultBatch, defaultDelay and maxDelay are in spans and milliseconds.
	defaultBatch = 512
	defaultDelay = 5000
	maxDelay     = 3_600_000
	// defaultTimeout limits one request to a collector, in milliseconds.
	defaultTimeout = 10_000
)

// choose merges the block, which may be nil, and the environment. The block counts first.
func choose(s *settings.OTLP, getenv func(string) string) (choice, error) {
	c := choice{getenv: getenv, queue: defaultQueue}
	if off, _ := strconv.ParseBool(getenv("OTEL_SDK_DISABLED")); off {
		return c, nil
	}
	c.traces, c.metrics = c.asked("TRACES", s == nil), c.asked("METRICS", s == nil)
	if s != nil {
		c.traces, c.metrics = c.traces && s.Traces, c.metrics && s.Metrics
		c.endpoint, c.interval, c.sample, c.ownCA = s.Endpoint.Reveal(), s.Interval, s.Sample, s.CAFile != ""
		if len(s.Headers) > 0 {
			c.headers = make(map[string]string, len(s.Headers))
		}
		for name, value := range s.Headers {
			c.headers[name] = value.Reveal()
		}
	}
	if !c.traces && !c.metrics {
		return c, nil
	}
	c.queue = c.number("OTEL_BSP_MAX_QUEUE_SIZE", defaultQueue, maxQueue)
	c.batch = min(c.number("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", defaultBatch, maxQueue), c.queue)
	c.delay = time.Duration(c.number("OTEL_BSP_SCHEDULE_DELAY", defaultDelay, maxDelay)) * time.Millisecond
	switch protocol := cmp.Or(getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), "http/protobuf"); protocol {
	case "http/protobuf", "http/json":
	default:
		c.warnings = append(c.warnings, fmt.Sprintf("OTEL_EXPORTER_OTLP_PROTOCOL is %q, which vega does not support; it sends http/protobuf, which collectors receive at port 4318", protocol))
	}
	c.timeouts = c.limits()
	c.addSecrets()
	return c, c.checkEndpoints()
}

// asked reports whether a signal is to be exported, as far as the environment says. By
// default, it is if the environment names a collector.
func (c *choice) asked(signal string, byEnvironment bool) bool {
	switch kind := c.getenv("OTEL_" + signal + "_EXPORTER"); kind {
	case "otlp":
		return true
	case "":
		return !byEnvironment || c.variable(signal, "ENDPOINT") != ""
	case "none":
		return false
	default:
		c.warnings = append(c.warnings, fmt.Sprintf("OTEL_%s_EXPORTER is %q, which vega does not support; use otlp or none", signal, kind))
		return !byEnvironment
	}
}

// number returns a variable of the environment. The SDK would panic at a size below zero,
// and never rest with a delay of zero, and a long timeout would overflow.
func (c *choice) number(name string, preset, limit int) int {
	value := c.getenv(name)
	n, err := strconv.Atoi(value)
	switch {
	case value == "":
		return preset
	case err == nil && n > 0 && n <= limit:
		return n
	default:
		c.warnings = append(c.warnings, fmt.Sprintf("%s must be a number from 1 to %d; vega uses %d", name, limit, preset))
		return preset
	}
}

// limits returns the limit of one request, by signal.
func (c *choice) limits() map[string]time.Duration {
	all := c.number("OTEL_EXPORTER_OTLP_TIMEOUT", defaultTimeout, maxDelay)
	out := map[string]time.Duration{}
	for _, signal := range []string{"TRACES", "METRICS"} {
		out[signal] = time.Duration(c.number("OTEL_EXPORTER_OTLP_"+signal+"_TIMEOUT", all, maxDelay)) * time.Millisecond
	}
	return out
}

// variable returns a setting of a signal in the environment, or of all signals.
func (c *choice) variable(signal, name string) string {
	return cmp.Or(c.getenv("OTEL_EXPORTER_OTLP_"+signal+"_"+name), c.getenv("OTEL_EXPORTER_OTLP_"+name))
}

// checkEndpoints checks the URLs of the collector, and uses the default without one.
func (c *choice) checkEndpoints() error {
	if c.endpoint != "" {
		if !usable(c.endpoint) {
			return errors.New("telemetry.otlp.endpoint must be a URL such as http://localhost:4318")
		}
		return nil
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"} {
		if value := c.getenv(name); value != "" && !usable(value) {
			return fmt.Errorf("%s must be a URL such as http://localhost:4318", name)
		}
	}
	if c.variable("TRACES", "ENDPOINT") == "" && c.variable("METRICS", "ENDPOINT") == "" {
		c.endpoint = defaultEndpoint
	}
	return nil
}

func usable(endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// minSecret is the length, in bytes, from which on a value is hidden.
const minSecret = 4

// addSecrets collects the values of headers, which a collector may quote.
func (c *choice) addSecrets() {
	for _, value := range c.headers {
		c.secrets = append(c.secrets, value)
	}
	for _, name := range []string{"HEADERS", "TRACES_HEADERS", "METRICS_HEADERS"} {
		for pair := range strings.SplitSeq(c.getenv("OTEL_EXPORTER_OTLP_"+name), ",") {
			_, value, ok := strings.Cut(pair, "=")
			if !ok && strings.TrimSpace(pair) != "" {
				c.warnings = append(c.warnings, "OTEL_EXPORTER_OTLP_"+name+" must be a list of name=value, separated by commas; a part without = is left out")
			}
			plain, err := url.PathUnescape(value)
			if err == nil {
				c.secrets = append(c.secrets, strings.TrimSpace(plain))
			}
			c.secrets = append(c.secrets, strings.TrimSpace(value))
		}
	}
	for _, value := range slices.Clone(c.secrets) {
		if _, token, ok := strings.Cut(value, " "); ok { // "Bearer TOKEN"
			c.secrets = append(c.secrets, token)
		}
	}
	c.secrets = slices.DeleteFunc(c.secrets, func(s string) bool { return len(s) < minSecret })
	slices.SortFunc(c.secrets, func(a, b string) int { return len(b) - len(a) })
}

// without replaces secrets in a text.
func without(text string, secrets []string) string {
	for _, s := range secrets {
		text = strings.ReplaceAll(text, s, "(secret)")
	}
	return text
}

func (c *choice) traceOptions(client *http.Client) []otlptracehttp.Option {
	o := []otlptracehttp.Option{otlptracehttp.WithHTTPClient(client)}
	if c.endpoint != "" {
		o = append(o, otlptracehttp.WithEndpointURL(strings.TrimSuffix(c.endpoint, "/")+"/v1/traces"))
	}
	if c.headers != nil {
		o = append(o, otlptracehttp.WithHeaders(c.headers))
	}
	return o
}

func (c *choice) metricOptions(client *http.Client) []otlpmetrichttp.Option {
	o := []otlpmetrichttp.Option{otlpmetrichttp.WithHTTPClient(client)}
	if c.variable("METRICS", "COMPRESSION") == "" {
		o = append(o, otlpmetrichttp.WithCompression(otlpmetrichttp.GzipCompression))
	}
	if c.endpoint != "" {
		o = append(o, otlpmetrichttp.WithEndpointURL(strings.TrimSuffix(c.endpoint, "/")+"/v1/metrics"))
	}
	if c.headers != nil {
		o = append(o, otlpmetrichttp.WithHeaders(c.headers))
	}
	return o
}

// client returns the client for a signal. It follows no redirect, which would take the
// headers elsewhere.
func (c *choice) client(t Target, signal string, rejected func(n int64)) (*http.Client, error) {
	transport := t.Transport.Clone()
	if err := c.trust(transport, signal); err != nil {
		return nil, err
	}
	return &http.Client{
		Transport:     answers{transport, signal, rejected},
		Timeout:       c.timeouts[signal],
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// trust adds the certificates that the environment names. Authorities of the block count
// instead of those of the environment.
func (c *choice) trust(t *http.Transport, signal string) error {
	if t.TLSClientConfig == nil {
		t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if path := c.variable(signal, "CERTIFICATE"); path != "" && !c.ownCA {
		text, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return fmt.Errorf("OTEL_EXPORTER_OTLP_CERTIFICATE: %s has no PEM certificate", path)
		}
		t.TLSClientConfig.RootCAs = pool
	}
	cert, key := c.variable(signal, "CLIENT_CERTIFICATE"), c.variable(signal, "CLIENT_KEY")
	if cert == "" && key == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return fmt.Errorf("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and OTEL_EXPORTER_OTLP_CLIENT_KEY: %w", err)
	}
	t.TLSClientConfig.Certificates = []tls.Certificate{pair}
	return nil
}

// ofVega returns the attributes of the resource. The environment may replace them.
func ofVega(version string) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.String("service.name", "vega"), attribute.String("service.version", version)}
}
