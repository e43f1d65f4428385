package exports

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/telemetry"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// metrics builds the block metrics.
func (d Stage) metrics(s *bind.Section) telemetry.Metrics {
	d.Ev.Evaluate(s)
	out := telemetry.Metrics{MaxSeries: d.whole(s, "max_series"), Listen: d.Ev.Str(s, "listen")}
	if t := s.Slot("listen"); t != nil && t.State == bind.Present {
		d.listen(t, out.Listen)
	}
	return out
}

// listen judges the address at which metrics need no key.
func (d Stage) listen(t *bind.Slot, address string) {
	host, port, err := grant.Address(address)
	if err != nil {
		return // reported
	}
	other := usualPort
	if port == other {
		other++
	}
	if port == d.Server.Port && sameHost(host, d.Server.Host) {
		d.Out.Err(diag.Conflict, t.Expr.At, fmt.Sprintf("vega already listens on %s, for everything else.", net.JoinHostPort(d.Server.Host, strconv.Itoa(port))), fmt.Sprintf(`use another port, such as "127.0.0.1:%d"`, other))
		return
	}
	if port < lowPort {
		d.Out.Warn(diag.LowPort, t.Expr.At, fmt.Sprintf("On most systems, listening on a port below %d requires root or CAP_NET_BIND_SERVICE.", lowPort), "use a port such as 9464")
	}
	if !loopback(host) {
		d.Out.Warn(diag.OpenMetrics, t.Expr.At, "The address is reachable from other machines, and GET /metrics needs no key there. Metrics name the integrations, and have the values of metric blocks.",
			`use "127.0.0.1:9464"; or let the scraper send a key to the server's own address, and remove listen`)
	}
}

// usualPort is the one of OpenTelemetry's Prometheus exporters.
const usualPort = 9464

// lowPort is the lowest unprivileged port.
const lowPort = 1024

// sameHost reports whether two addresses to listen on exclude each other.
func sameHost(a, b string) bool {
	all := func(h string) bool {
		ip, err := netip.ParseAddr(h)
		return err == nil && ip.Unmap().IsUnspecified()
	}
	return strings.EqualFold(a, b) || all(a) || all(b) || loopback(a) && loopback(b) && (strings.EqualFold(a, "localhost") || strings.EqualFold(b, "localhost"))
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

func (d Stage) otlp(s *bind.Section) *telemetry.OTLP {
	d.Ev.Evaluate(s)
	out := &telemetry.OTLP{
		Endpoint: eval.Get[manifest.Text](d.Ev, s, "endpoint"), Headers: map[string]manifest.Text{},
		Interval: d.Ev.Duration(s, "interval"), Traces: eval.Get[bool](d.Ev, s, "traces"), Metrics: eval.Get[bool](d.Ev, s, "metrics"),
		CAFile: d.Ev.Str(s, "ca_file"),
	}
	for name, v := range eval.Get[map[string]manifest.Value](d.Ev, s, "headers") {
		out.Headers[name], _ = v.(manifest.Text)
	}
	if v, state := d.Ev.Value(s, "sample"); state == bind.Present {
		if n, ok := v.(float64); ok {
			out.Sample = &n
		}
	}
	d.headers(s, out)
	d.endpoint(s, out)
	d.signals(s, out)
	return out
}

// headers reports headers that belong to the protocol.
func (d Stage) headers(s *bind.Section, o *telemetry.OTLP) {
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		if own := http.CanonicalHeaderKey(name); own == "Content-Type" || own == "Content-Encoding" || own == "User-Agent" {
			d.Out.Err(diag.OutOfBounds, s.Place("headers"), fmt.Sprintf("The header %s is set by vega, because it says how the data is encoded or who sends it.", own), "remove it")
		}
	}
}

// endpoint reports an endpoint to which nothing could be sent.
func (d Stage) endpoint(s *bind.Section, o *telemetry.OTLP) {
	t := s.Slot("endpoint")
	u, err := url.Parse(o.Endpoint.Reveal())
	if t == nil || t.State != bind.Present || err != nil {
		return
	}
	at := t.Expr.At
	switch signal := path.Base(u.Path); {
	case u.User != nil:
		d.Out.Err(diag.BadURL, at, "endpoint has a user or a password, which OTLP does not send.", `use headers = { Authorization = "Basic ${env("…")}" }`)
	case u.RawQuery != "" || u.Fragment != "":
		d.Out.Err(diag.BadURL, at, "endpoint has a query or a fragment, but the path of the signal is added to it.", "remove the query; a key belongs in headers")
	case strings.HasSuffix(u.Path, "/v1/traces") || strings.HasSuffix(u.Path, "/v1/metrics"):
		d.Out.Err(diag.BadURL, at, fmt.Sprintf("endpoint ends in /v1/%s, which vega adds.", signal), "remove that part of the path")
	case u.Port() == "4317":
		d.Out.Warn(diag.Unusual, at, "Port 4317 is the one for OTLP over gRPC, and vega sends OTLP over HTTP.", "use port 4318")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) && len(o.Headers) > 0 {
		d.Out.Warn(diag.ClearSecret, at, "The endpoint is not encrypted, so anyone on the network path can read the headers.", "use https://")
	}
	if c := s.Slot("ca_file"); c != nil && u.Scheme == "http" {
		d.Out.Warn(diag.NoEffect, c.At, "The endpoint is not encrypted, so ca_file has no effect.", "use https://, or remove ca_file")
	}
}

// signals reports settings of a signal that is not exported.
func (d Stage) signals(s *bind.Section, o *telemetry.OTLP) {
	if s.AnyUnsure() {
		return
	}
	if !o.Traces && !o.Metrics {
		d.Out.Warn(diag.NoEffect, s.Head, "Neither traces nor metrics are exported, so this block has no effect.", "set traces = true or metrics = true, or remove the block")
		return
	}
	for _, of := range []struct {
		name, signal string
		on           bool
	}{{"interval", "metrics", o.Metrics}, {"sample", "traces", o.Traces}} {
		if t := s.Slot(of.name); t != nil && !of.on {
			d.Out.Warn(diag.NoEffect, t.At, fmt.Sprintf("%s are not exported, so %s has no effect.", of.signal, of.name), fmt.Sprintf("set %s = true, or remove %s", of.signal, of.name))
		}
	}
}

func (d Stage) statsd(s *bind.Section) *telemetry.StatsD {
	d.Ev.Evaluate(s)
	out := &telemetry.StatsD{Address: d.Ev.Str(s, "address"), Prefix: d.Ev.Str(s, "prefix"), Tags: eval.Get[bool](d.Ev, s, "tags")}
	if t := s.Slot("address"); t != nil && t.State == bind.Present {
		d.receiver(t, out.Address)
	}
	if t := s.Slot("prefix"); t != nil && t.State == bind.Present && out.Prefix != "" && !strings.HasSuffix(out.Prefix, ".") && !strings.HasSuffix(out.Prefix, "_") {
		d.Out.Warn(diag.Unusual, t.Expr.At, "prefix does not end in a dot, so the names run on without one.", fmt.Sprintf("use %q", out.Prefix+"."))
	}
	return out
}

// receiver judges the address of a StatsD server.
func (d Stage) receiver(t *bind.Slot, address string) {
	const fix = `use host:port, such as "127.0.0.1:8125", or a socket, such as "unix:///run/statsd.sock"`
	scheme, rest, found := strings.Cut(address, "://")
	switch {
	case !found && strings.HasPrefix(strings.TrimPrefix(address, "unix:"), "/"):
		path := strings.TrimPrefix(address, "unix:")
		d.Out.Err(diag.BadAddress, t.Expr.At, "address is a path without unix://.", fmt.Sprintf("use %q", "unix://"+diag.Clip(path)))
	case !found:
		if _, _, err := grant.Address(address); err != nil {
			d.Out.Err(diag.BadAddress, t.Expr.At, fmt.Sprintf("address is not valid: %v.", err), fix)
		}
	case scheme == "udp":
		d.Out.Err(diag.BadAddress, t.Expr.At, "address needs no scheme for UDP.", fmt.Sprintf("use %q", diag.Clip(rest)))
	case !slices.Contains([]string{"unix", "unixgram"}, scheme):
		d.Out.Err(diag.BadAddress, t.Expr.At, fmt.Sprintf("vega sends StatsD over UDP or a Unix socket, not over %q.", diag.Clip(scheme)), fix)
	case scheme == "unixgram", !filepath.IsAbs(rest), strings.ContainsRune(rest, 0):
		d.Out.Err(diag.BadAddress, t.Expr.At, "address does not name a socket by its absolute path.", `use three slashes, as in "unix:///run/statsd.sock"`)
	case len(rest) > maxSocket:
		d.Out.Err(diag.BadAddress, t.Expr.At, fmt.Sprintf("The path of a socket has at most %d bytes.", maxSocket), "use a shorter path")
	}
}

// maxSocket is the longest path of a Unix socket, in bytes, on all systems.
const maxSocket = 103
