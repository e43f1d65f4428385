package daemon_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"vega/daemon"
	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
)

// The same modules for blackbox_exporter and for vega.
const (
	blackboxModules = `modules:
  http_2xx:
    prober: http
    timeout: %[2]s
    http: {preferred_ip_protocol: ip4, tls_config: {ca_file: %[1]s}}
  http_404:
    prober: http
    http: {preferred_ip_protocol: ip4, valid_status_codes: [404]}
  http_stays:
    prober: http
    http: {preferred_ip_protocol: ip4, valid_status_codes: [302], follow_redirects: false}
  http_hello:
    prober: http
    http: {preferred_ip_protocol: ip4, fail_if_body_not_matches_regexp: [hello]}
  http_insecure:
    prober: http
    http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}
  tcp_connect:
    prober: tcp
    timeout: %[2]s
    tcp: {preferred_ip_protocol: ip4}
  tls_connect:
    prober: tcp
    tcp: {preferred_ip_protocol: ip4, tls: true, tls_config: {ca_file: %[1]s}}
  dns_a:
    prober: dns
    dns: {preferred_ip_protocol: ip4, query_name: www.vega.test, query_type: A}
  dns_soa:
    prober: dns
    dns: {preferred_ip_protocol: ip4, query_name: vega.test, query_type: SOA}
  dns_missing:
    prober: dns
    dns: {preferred_ip_protocol: ip4, query_name: none.vega.test, query_type: A}
`
	vegaModules = `network { ca_file = %[1]q }
scrape_module "http_2xx" {
  probe   = core.http
  timeout = %[2]q
  targets = [%[3]s]
}
scrape_module "http_404" {
  probe   = core.http
  targets = [%[3]s]
  config { expect_status = [404] }
}
scrape_module "http_stays" {
  probe   = core.http
  targets = [%[3]s]
  config {
    expect_status    = [302]
    follow_redirects = false
  }
}
scrape_module "http_hello" {
  probe   = core.http
  targets = [%[3]s]
  config { expect_regex = "hello" }
}
scrape_module "http_insecure" {
  probe   = core.http
  targets = [%[3]s]
  tls { skip_verify = true }
}
scrape_module "tcp_connect" {
  probe   = core.tcp
  timeout = %[2]q
  targets = ["127.0.0.1:%[4]s", "127.0.0.1:%[5]s"]
}
scrape_module "tls_connect" {
  probe   = core.tcp
  targets = [%[6]s]
  config { tls = true }
}
scrape_module "dns_a" {
  probe   = core.dns
  from    = "server"
  targets = [%[7]q]
  config { name = "www.vega.test" }
}
scrape_module "dns_soa" {
  probe   = core.dns
  from    = "server"
  targets = [%[7]q]
  config {
    name = "vega.test"
    type = "SOA"
  }
}
scrape_module "dns_missing" {
  probe   = core.dns
  from    = "server"
  targets = [%[7]q]
  config { name = "none.vega.test" }
}
`
)

// measured lists the families whose values differ from one request to the next.
var measured = map[string]bool{
	"probe_duration_seconds": true, "probe_dns_lookup_time_seconds": true, "probe_http_duration_seconds": true, "probe_dns_duration_seconds": true,
}

// more lists what vega has besides blackbox_exporter 0.23: what later versions have, and
// the certificate of a server whose handshake fails.
var more = map[string]bool{
	"probe_timeout_seconds": true, "probe_tls_cipher_info": true,
	"probe_ssl_earliest_cert_expiry": true, "probe_tls_version_info": true, "probe_ssl_last_chain_info": true,
}

// TestProbeLikeBlackbox checks the same targets with Debian's blackbox_exporter and with
// vega: names, types, help texts, labels and values are the same.
func TestProbeLikeBlackbox(t *testing.T) {
	ca := realtest.NewCA(t)
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok":
			w.Header().Set("Last-Modified", "Wed, 04 Mar 2026 05:06:07 GMT")
			_, _ = io.WriteString(w, "hello, world")
		case "/chunked":
			_, _ = io.WriteString(w, strings.Repeat("hello ", 100))
			w.(http.Flusher).Flush()
		case "/to":
			http.Redirect(w, r, "/ok", http.StatusFound)
		case "/twice":
			http.Redirect(w, r, "/to", http.StatusMovedPermanently)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/other":
			_, _ = io.WriteString(w, "goodbye")
		case "/empty":
		default:
			http.NotFound(w, r)
		}
	})
	plain := site(t, page)
	serve := func(leaf *realtest.Leaf, http2 bool) string {
		s := httptest.NewUnstartedServer(page)
		s.Config.ErrorLog = quiet()
		s.TLS, s.EnableHTTP2 = &tls.Config{Certificates: []tls.Certificate{leaf.TLS}}, http2
		s.StartTLS()
		t.Cleanup(s.Close)
		return s.URL
	}
	good, second := serve(ca.Valid("127.0.0.1", "localhost"), false), serve(ca.Valid("127.0.0.1"), true)
	expired, wrong := serve(ca.Expired("127.0.0.1"), false), serve(ca.WrongName(), false)
	refused, silent := fixtures.Refused(t), fixtures.Hang(t)
	dns := fixtures.DNS(t, "www.vega.test. 60 IN A 192.0.2.10", "www.vega.test. 60 IN A 192.0.2.11", "vega.test. 60 IN SOA ns.vega.test. host.vega.test. 2026030401 2 3 4 5")

	origins := []string{plain, good, second, expired, wrong, "http://" + refused, "http://" + silent}
	const (
		short = "1s"
		regex = "probe_failed_due_to_regex "
		body  = "probe_http_uncompressed_body_length "           // vega reads the body only if the status is right
		chain = "probe_ssl_last_chain_expiry_timestamp_seconds " // -62135596800 there
	)
	port := func(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }
	hosts := make([]string, 0, len(origins))
	for _, o := range origins {
		hosts = append(hosts, fmt.Sprintf("%q", strings.TrimPrefix(strings.TrimPrefix(o, "https://"), "http://")))
	}
	list := `"` + strings.Join(origins, `", "`) + `"`
	exporter := realtest.Blackbox(t, fmt.Sprintf(blackboxModules, ca.File, short))
	path := filepath.Join(t.TempDir(), "vega.hcl")
	hcl := fmt.Sprintf(vegaModules, ca.File, short, list, port(refused), port(silent), strings.Join(hosts, ", "), dns)
	if err := os.WriteFile(path, []byte(hcl), 0o600); err != nil {
		t.Fatal(err)
	}
	d := openRows(t, path)

	for _, c := range []struct {
		module, target string
		success        float64
		except         string // families that vega lacks, because they are not known, or that differ
	}{
		{"http_2xx", plain + "/ok", 1, ""},
		{"http_2xx", strings.TrimPrefix(plain, "http://") + "/ok", 1, ""},
		{"http_2xx", plain + "/missing", 0, regex + body},
		{"http_404", plain + "/missing", 1, ""},
		{"http_404", plain + "/ok", 0, regex + body},
		{"http_2xx", plain + "/chunked", 1, ""},
		{"http_2xx", plain + "/empty", 1, ""},
		{"http_2xx", plain + "/to", 1, ""},
		{"http_2xx", plain + "/twice", 1, ""},
		{"http_2xx", plain + "/loop", 0, regex},
		{"http_stays", plain + "/to", 1, body},
		{"http_hello", plain + "/ok", 1, ""},
		{"http_hello", plain + "/other", 0, regex},
		{"http_2xx", good + "/ok", 1, ""},
		{"http_2xx", good + "/twice", 1, ""},
		{"http_2xx", second + "/ok", 1, ""},
		{"http_insecure", second + "/ok", 1, chain},
		{"http_insecure", expired + "/ok", 1, chain},
		{"http_2xx", expired + "/ok", 0, ""},
		{"http_2xx", wrong + "/ok", 0, ""},
		{"http_2xx", "http://" + refused + "/", 0, ""},
		{"http_2xx", "http://" + silent + "/", 0, ""},
		{"tcp_connect", silent, 1, ""},
		{"tcp_connect", refused, 0, ""},
		{"tls_connect", strings.TrimPrefix(good, "https://"), 1, ""},
		{"tls_connect", strings.TrimPrefix(expired, "https://"), 0, regex},
		{"tls_connect", strings.TrimPrefix(plain, "http://"), 0, regex},
		{"dns_a", dns, 1, ""},
		{"dns_soa", dns, 1, ""},
		{"dns_missing", dns, 0, ""},
	} {
		name := c.module + " " + strings.NewReplacer(plain, "plain", good, "good", second, "http2", expired, "expired", wrong, "wrong", refused, "refused", silent, "silent").Replace(c.target)
		t.Run(name, func(t *testing.T) {
			want := families(t, blackboxProbe(t, exporter, c.module, c.target))
			answer, ok := realtest.Unstarved(t, func() probed { return probe(t, d, c.module, c.target) }, func(p probed) bool { return p.err != nil })
			if !ok {
				return // this machine was too busy throughout
			}
			got := families(t, answer.text)
			compare(t, want, got, c.except)
			if v := got["probe_success"].Metric[0].Gauge.GetValue(); v != c.success {
				t.Errorf("probe_success is %v", v)
			}
		})
	}
}

// probed is an answer of vega.
type probed struct {
	text string
	err  error
}

func probe(t *testing.T, d *daemon.Daemon, module, target string) probed {
	ctx, cancel := context.WithTimeout(t.Context(), realtest.Patience)
	defer cancel()
	text, err := d.Probe(ctx, daemon.ScrapeQuery{Module: module, Target: target})
	return probed{string(text), err}
}

func blackboxProbe(t *testing.T, exporter, module, target string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, exporter+"/probe?module="+module+"&target="+url.QueryEscape(target), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%d %s %v", resp.StatusCode, b, err)
	}
	return string(b)
}

func families(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.UTF8Validation)
	all, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return all
}

// compare compares what blackbox_exporter and vega say of a target.
func compare(t *testing.T, want, got map[string]*dto.MetricFamily, except string) {
	t.Helper()
	for name, w := range want {
		g := got[name]
		switch {
		case strings.Contains(except, name+" "):
			continue
		case g == nil:
			t.Errorf("no %s: %v", name, w)
			continue
		case g.GetType() != w.GetType() || g.GetHelp() != w.GetHelp():
			t.Errorf("%s is %v, %q; want %v, %q", name, g.GetType(), g.GetHelp(), w.GetType(), w.GetHelp())
		}
		ws, gs := series(w), series(g)
		for labels, value := range ws {
			if v, ok := gs[labels]; !ok || v != value && !measured[name] {
				t.Errorf("%s%s is %v (%t), want %v", name, labels, v, ok, value)
			}
		}
		if name == "probe_http_duration_seconds" && len(ws) < len(gs) { // it stops at the phase that failed
			continue
		}
		if len(ws) != len(gs) {
			t.Errorf("%s has %v, want %v", name, gs, ws)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if want[name] == nil && !more[name] {
			t.Errorf("%s is not a family of blackbox_exporter", name)
		}
	}
}

// series returns the values of a family by labels. The serial number of a certificate is
// left out, because only later versions of blackbox_exporter have it.
func series(f *dto.MetricFamily) map[string]float64 {
	all := map[string]float64{}
	for _, m := range f.Metric {
		var labels []string
		for _, l := range m.Label {
			if l.GetName() != "serialnumber" {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
		}
		all["{"+strings.Join(labels, ",")+"}"] = m.Gauge.GetValue()
	}
	return all
}
