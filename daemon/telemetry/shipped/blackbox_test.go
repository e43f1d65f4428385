package shipped

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/core/fixtures"
)

// blackboxScrape is a scrape configuration of blackbox_exporter: the name of the job, what
// authorizes it, its targets, and the address of the exporter.
const blackboxScrape = `  - job_name: %q
    scrape_interval: 3s
    scrape_timeout: 3s
    metrics_path: /probe
    params:
      module: [http_2xx]
%s    static_configs:
      - targets: ["%s"]
    relabel_configs:
      - source_labels: [__address__]
        target_label: __param_target
      - source_labels: [__param_target]
        target_label: instance
      - target_label: __address__
        replacement: %q
`

// blackboxRules are the usual alerts on the metrics of blackbox_exporter.
const blackboxRules = `groups:
  - name: blackbox
    interval: 1s
    rules:
      - {alert: ProbeFailed, expr: probe_success == 0}
      - {alert: StatusCode, expr: probe_http_status_code <= 199 or probe_http_status_code >= 400}
      - {alert: CertificateExpiresSoon, expr: probe_ssl_earliest_cert_expiry - time() < 86400 * 20}
      - {alert: CertificateExpired, expr: probe_ssl_earliest_cert_expiry - time() <= 0}
      - {alert: Slow, expr: 'probe_duration_seconds > 2'}
      - {alert: SlowPhases, expr: 'sum by (job, instance) (probe_http_duration_seconds) > 60'}
      - {alert: OldTLS, expr: 'probe_tls_version_info{version!~"TLS 1.[23]"} == 1'}
      - {alert: ExporterDown, expr: up == 0}
`

// TestBlackboxConfigurationWorksUnchanged lets one Prometheus scrape the same targets
// through Debian's blackbox_exporter and through vega, with the same configuration except
// for the address and the key, and compares the alerts that fire.
func TestBlackboxConfigurationWorksUnchanged(t *testing.T) {
	t.Parallel()
	realtest.Program(t, "prometheus", "prometheus")
	w := startTargets(t)
	ca := realtest.NewCA(t)
	expired := httptest.NewUnstartedServer(w.plain.Config.Handler)
	expired.Config.ErrorLog = log.New(io.Discard, "", 0)
	expired.TLS = &tls.Config{Certificates: []tls.Certificate{ca.Expired("127.0.0.1").TLS}}
	expired.StartTLS()
	t.Cleanup(expired.Close)
	up, down, soon := w.plain.URL+"/", w.plain.URL+"/down", w.named(t)
	refused, silent, moved, foreign := "http://"+fixtures.Refused(t)+"/", "http://"+fixtures.Hang(t)+"/", w.plain.URL+"/moved", "http://foreign.example/"
	all := []string{up, down, soon, expired.URL, refused, silent}

	exporter := realtest.Blackbox(t, fmt.Sprintf("modules: {http_2xx: {prober: http, http: {preferred_ip_protocol: ip4, tls_config: {ca_file: %q}}}}\n", file(t, w.ca)))
	d := serve(t, fmt.Sprintf("network { ca_file = \"ca.pem\" }\nscrape_module \"http_2xx\" {\n  probe   = core.http\n  targets = [%q, %q, %q, %q, %q]\n}\n",
		w.plain.URL, soon, expired.URL, refused, silent), map[string]string{"ca.pem": w.ca})
	key := fmt.Sprintf("    authorization:\n      credentials: %q\n", apiKey)
	config := "rule_files: [rules-blackbox.yml]\nglobal: {evaluation_interval: 1s}\nscrape_configs:\n" +
		fmt.Sprintf(blackboxScrape, "blackbox", "", strings.Join(all, `", "`), strings.TrimPrefix(exporter, "http://")) +
		fmt.Sprintf(blackboxScrape, "vega", key, strings.Join(append(all, moved, foreign), `", "`), d.address)
	p := &prometheus{t, realtest.Prometheus(t, config, map[string]string{"rules-blackbox.yml": blackboxRules})}

	both := []string{
		"ProbeFailed " + down, "StatusCode " + down, "CertificateExpiresSoon " + soon, "ProbeFailed " + expired.URL, "StatusCode " + expired.URL,
		"ProbeFailed " + refused, "StatusCode " + refused, "ProbeFailed " + silent, "StatusCode " + silent, "Slow " + silent,
	}
	alone := []string{ // an alert on an expired certificate never fires with blackbox_exporter, and vega can't tell of what it may not reach
		"CertificateExpiresSoon " + expired.URL, "CertificateExpired " + expired.URL, "ExporterDown " + moved, "ExporterDown " + foreign,
	}
	p.firing("blackbox", both)
	p.firing("vega", append(slices.Clone(both), alone...))
	for _, target := range []string{moved, foreign} {
		if result, err := p.query(fmt.Sprintf("{__name__=~\"probe_.*\", instance=%q}", target)); err != nil || len(result) > 0 {
			t.Errorf("%s: %v %v", target, result, err)
		}
	}
}

// firing waits until exactly these alerts fire for a job, each with its instance.
func (p *prometheus) firing(job string, want []string) {
	p.t.Helper()
	slices.Sort(want)
	var got []string
	defer func() { p.t.Logf("%s:\n%s", job, strings.Join(got, "\n")) }()
	realtest.Until(p.t, fmt.Sprintf("%s: these alerts do not fire, or others:\n%s", job, strings.Join(want, "\n")), func() bool {
		result, err := p.query(fmt.Sprintf(`ALERTS{job=%q, alertstate="firing"}`, job))
		if err != nil {
			p.t.Fatal(err)
		}
		got = nil
		for _, s := range result {
			got = append(got, s.Metric["alertname"]+" "+s.Metric["instance"])
		}
		slices.Sort(got)
		return slices.Equal(got, want)
	})
}

// file writes a text to a file and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
