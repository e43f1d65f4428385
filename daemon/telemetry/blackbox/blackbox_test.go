package blackbox

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vega/policies/check"
)

func TestNamesAreValid(t *testing.T) {
	seen := map[string]bool{}
	for id, f := range All {
		if !strings.HasPrefix(f.Name, "probe_") || f.Help == "" || seen[f.Name] {
			t.Errorf("%d: %+v", id, f)
		}
		seen[f.Name] = true
	}
}

func each(r check.Run) string {
	var b strings.Builder
	Each(&r, func(s Sample) {
		f := All[s.ID]
		if (f.Label == "") != (s.Label == "") {
			fmt.Fprintf(&b, "label %q of ", s.Label)
		}
		name := f.Name
		if f.Label != "" {
			name += "{" + f.Label + `="` + s.Label + `"}`
		}
		fmt.Fprintf(&b, "%s %v\n", name, s.Value)
	})
	return b.String()
}

func exchange() *check.Exchange {
	serial := uint32(7)
	return &check.Exchange{
		HTTP: &check.HTTPExchange{
			Status: 200, Version: 1.1, Secure: true, Redirects: 1, ContentLength: 5, Bytes: 6, LastModified: time.Unix(1000, 0),
			Resolve: time.Second, Connect: 2 * time.Second, TLS: 3 * time.Second, FirstByte: 4 * time.Second, Transfer: 5 * time.Second,
		},
		TLS: &check.TLSExchange{
			Version: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", EarliestExpiry: time.Unix(2000, 0), ChainExpiry: time.Unix(3000, 0),
			Certificate: &check.Certificate{Fingerprint: "f", Subject: "s", Issuer: "i", Names: "n", Serial: "0a"},
		},
		Query: &check.DNSExchange{Resolve: time.Second, Connect: 2 * time.Second, Request: 3 * time.Second, Replied: true, Answers: 1, Authorities: 2, Additionals: 3, Serial: &serial},
		DNS:   time.Second, Address: netip.MustParseAddr("127.0.0.1"),
	}
}

const full = `probe_success 1
probe_duration_seconds 1.5
probe_dns_lookup_time_seconds 1
probe_ip_protocol 4
probe_ip_addr_hash 3.668918509e+09
probe_http_duration_seconds{phase="connect"} 2
probe_http_duration_seconds{phase="processing"} 4
probe_http_duration_seconds{phase="resolve"} 1
probe_http_duration_seconds{phase="tls"} 3
probe_http_duration_seconds{phase="transfer"} 5
probe_http_content_length 5
probe_http_uncompressed_body_length 6
probe_http_redirects 1
probe_http_ssl 1
probe_http_status_code 200
probe_http_version 1.1
probe_http_last_modified_timestamp_seconds 1000
probe_ssl_earliest_cert_expiry 2000
probe_ssl_last_chain_expiry_timestamp_seconds 3000
probe_tls_version_info{version="TLS 1.3"} 1
probe_tls_cipher_info{cipher="TLS_AES_128_GCM_SHA256"} 1
probe_dns_duration_seconds{phase="connect"} 2
probe_dns_duration_seconds{phase="request"} 3
probe_dns_duration_seconds{phase="resolve"} 1
probe_dns_answer_rrs 1
probe_dns_authority_rrs 2
probe_dns_additional_rrs 3
probe_dns_query_succeeded 1
probe_dns_serial 7
`

func TestEach(t *testing.T) {
	run := check.Run{Status: check.Healthy, Took: 1500 * time.Millisecond, Exchange: exchange()}
	if got := each(run); got != full {
		t.Errorf("got\n%swant\n%s", got, full)
	}
	run.Status = check.Unhealthy
	if got := each(run); got != strings.Replace(full, "success 1", "success 0", 1) {
		t.Errorf("unhealthy: %s", got)
	}
}

// A checker that is broken says nothing about its target.
func TestUnknownHasNoValues(t *testing.T) {
	for _, s := range []check.Status{check.Unknown, check.Disabled, ""} {
		r := check.Run{Status: s, Cause: check.Host, Exchange: exchange()}
		if got := each(r); got != "" {
			t.Errorf("%q: %s", s, got)
		}
		if f := Families(&r, time.Second); f != nil {
			t.Errorf("%q: %v", s, f)
		}
	}
}

func TestRegexOnlyWhereItIsKnown(t *testing.T) {
	answered, silent := &check.Exchange{HTTP: &check.HTTPExchange{Status: 200}}, &check.Exchange{HTTP: &check.HTTPExchange{}}
	connected, refused := &check.Exchange{Connect: 1}, &check.Exchange{}
	for _, c := range []struct {
		status check.Status
		x      *check.Exchange
		known  bool
	}{
		{check.Healthy, answered, true},
		{check.Degraded, connected, true},
		{check.Unhealthy, answered, false},
		{check.Unhealthy, silent, true},
		{check.Unhealthy, connected, false},
		{check.Unhealthy, refused, true},
	} {
		got := each(check.Run{Status: c.status, Exchange: c.x})
		if strings.Contains(got, "probe_failed_due_to_regex 0") != c.known {
			t.Errorf("%s %+v: %s", c.status, c.x, got)
		}
	}
}

// Families has what Each has, the timeout and the certificate, in order of name.
func TestFamilies(t *testing.T) {
	r := check.Run{Status: check.Healthy, Took: 1500 * time.Millisecond, Exchange: exchange()}
	all := Families(&r, 9500*time.Millisecond)
	var names []string
	samples := 0
	for _, f := range all {
		names = append(names, f.GetName())
		samples += len(f.Metric)
	}
	if len(all) != strings.Count(full, "\n")-4-2+2 || samples != strings.Count(full, "\n")+2 {
		t.Errorf("%d families, %d samples: %v", len(all), samples, names)
	}
	for n := range names[1:] {
		if names[n] >= names[n+1] {
			t.Errorf("%s before %s", names[n], names[n+1])
		}
	}
	for _, f := range all {
		if f.GetName() == "probe_ssl_last_chain_info" {
			if got := fmt.Sprint(f.Metric[0].Label); !strings.Contains(got, `name:"fingerprint_sha256"`) || !strings.Contains(got, `value:"0a"`) || len(f.Metric[0].Label) != 5 {
				t.Errorf("%v", got)
			}
			return
		}
	}
	t.Error("the certificate is missing")
}

func TestEachDoesNotAllocate(t *testing.T) {
	r := check.Run{Status: check.Healthy, Exchange: exchange()}
	sum := 0.0
	if n := testing.AllocsPerRun(100, func() { Each(&r, func(s Sample) { sum += s.Value }) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
