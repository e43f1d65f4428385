package extras_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vega/plugins/manifest"
	"vega/plugins/plugintest"
	"vega/policies/check"
)

// rdap is a registry's response, after the example in RFC 9083, section 5.3.
const rdap = `{
  "rdapConformance": ["rdap_level_0"],
  "objectClassName": "domain",
  "handle": "EXAMPLE-1",
  "ldhName": "%[1]s",
  "nameservers": [{"objectClassName": "nameserver", "ldhName": "ns1.example.com"}],
  "status": [%[3]s],
  "events": [
    {"eventAction": "registration", "eventDate": "1997-06-03T00:00:00Z"},
    {"eventAction": "last changed", "eventDate": "2020-06-03T00:00:00Z"},
    {"eventAction": "expiration", "eventDate": "%[2]s"}
  ]
}`

func TestDomainExpiry(t *testing.T) {
	days := func(n int) string { return time.Now().UTC().AddDate(0, 0, n).Format(time.RFC3339) }
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.Header().Set("Content-Type", "application/rdap+json")
		switch q.URL.Path {
		case "/v1/domain/long.example":
			fmt.Fprintf(w, rdap, "long.example", days(200), `"active"`)
		case "/v1/domain/soon.example":
			fmt.Fprintf(w, rdap, "soon.example", days(12), `"active"`)
		case "/v1/domain/gone.example":
			fmt.Fprintf(w, rdap, "gone.example", days(-3), `"active"`)
		case "/v1/domain/redeem.example":
			fmt.Fprintf(w, rdap, "redeem.example", days(300), `"client transfer prohibited", "redemption period"`)
		case "/v1/domain/leap.example":
			fmt.Fprintf(w, rdap, "leap.example", "2028-02-29T23:59:59.999Z", `"active"`)
		case "/v1/domain/silent.example":
			fmt.Fprint(w, `{"objectClassName": "domain", "status": ["active"]}`)
		case "/v1/domain/undated.example":
			fmt.Fprintf(w, rdap, "undated.example", "soon", `"active"`)
		case "/v1/domain/page.example":
			fmt.Fprint(w, `<!doctype html>`)
		case "/v1/domain/xn--mnchen-3ya.example", "/v1/domain/xn--fiqs8s", "/v1/domain/xn--80ak6aa92e.xn--p1ai", "/v1/domain/plain.example":
			fmt.Fprintf(w, rdap, "x.example", days(300), `"active"`)
		case "/v1/domain/single.example":
			fmt.Fprint(w, `{"objectClassName": "domain", "status": "client hold"}`)
		case "/v1/domain/ns.example":
			fmt.Fprint(w, `{"objectClassName": "nameserver"}`)
		case "/v1/domain/many.example":
			fmt.Fprintf(w, rdap, "many.example", days(300), strings.Repeat(`"active",`, 150)+`"client hold"`)
		default:
			if status, ok := strings.CutPrefix(q.URL.Path, "/v1/domain/status-"); ok {
				fmt.Fprintf(w, rdap, "x.example", days(300), strings.ReplaceAll(status, "_", " "))
				return
			}
			for domain, status := range map[string]int{"busy": 429, "blocked": 403, "wrong": 400} {
				if q.URL.Path == "/v1/domain/"+domain+".example" {
					w.WriteHeader(status)
					return
				}
			}
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"errorCode": 404, "title": "Not Found"}`)
		}
	}))
	defer registry.Close()
	k := open(t, "domain_expiry", plugintest.Options{})
	of := func(domain string) manifest.Values {
		return manifest.Values{"domain": manifest.Plain(domain), "rdap_url": manifest.Plain(registry.URL + "/v1")}
	}
	on := func(n int) string { return days(n)[:10] }
	run(t, k, "healthy", of("long.example"), want{check.Healthy, "", "long.example is registered until " + on(200) + ", 200 days from now"})
	run(t, k, "soon", of("soon.example"), want{check.Degraded, check.Target, "soon.example expires on " + on(12) + ", in 12 days; renew it"})
	run(t, k, "gone", of("gone.example"), want{check.Unhealthy, check.Target, "gone.example expired on " + on(-3) + "; renew it at once"})
	run(t, k, "redeem", of("redeem.example"), want{check.Unhealthy, check.Target, "redeem.example has expired and can still be redeemed"})
	run(t, k, "silent", of("silent.example"), want{check.Unknown, check.Probe, registry.URL + "/v1 knows silent.example, but does not report when it expires"})
	run(t, k, "undated", of("undated.example"), want{check.Unknown, check.Probe, registry.URL + "/v1 reports \"soon\" as the time when undated.example expires, which is not a date of RFC 3339"})
	run(t, k, "page", of("page.example"), want{check.Unhealthy, check.Target, "what answers at " + registry.URL + "/v1 does not speak RDAP"})
	run(t, k, "unregistered", of("absent.example"), want{check.Unhealthy, check.Target, registry.URL + "/v1 does not know the domain absent.example"})
	left := int(time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC).Sub(time.Now().UTC().Truncate(24*time.Hour)).Hours() / 24)
	run(t, k, "leap", of("leap.example"), want{check.Healthy, "", fmt.Sprintf("leap.example is registered until 2028-02-29, %d days from now", left)})

	// What a registry lists, wherever and however it writes it (RFC 8056).
	for status, says := range map[string]string{
		`"client hold"`:                        " is on hold by its registrar and not in the DNS; pay or verify",
		`"active","server hold"`:               " is on hold by its registry and not in the DNS",
		`"clientHold"`:                         " is on hold by its registrar",
		`"client hold","pending delete"`:       " has expired and is about to be deleted; be ready",
		`"pending delete","redemption period"`: " has expired and can still be redeemed",
		`"pending restore"`:                    " is being restored from deletion",
	} {
		domain := "status-" + strings.ReplaceAll(status, " ", "_")
		_, r := run(t, k, "", of(domain), want{check.Unhealthy, check.Target, domain + says})
		if r.Details["status"] == "" {
			t.Error(r.Details)
		}
	}
	for _, status := range []string{`"active"`, `"client transfer prohibited","server delete prohibited"`, `"add period"`, `"auto renew period"`, `"pending transfer"`, ``} {
		domain := "status-" + strings.ReplaceAll(status, " ", "_")
		run(t, k, "", of(domain), want{check.Healthy, "", domain + " is registered until "})
	}
	run(t, k, "inactive", of("status-\"inactive\""), want{check.Degraded, check.Target, "status-\"inactive\" has no name servers and is not in the DNS; set them"})
	run(t, k, "hold", of("status-\"client_hold\""), want{check.Unhealthy, check.Target, "status-\"client_hold\" is on hold by its registrar"})
	run(t, k, "", of("many.example"), want{check.Unhealthy, check.Target, "many.example is on hold by its registrar"})
	// The registry is asked for the xn-- form of an international domain.
	for _, domain := range []string{"münchen.example", "MÜNCHEN.Example", "xn--mnchen-3ya.example", "中国", "аррӏе.рф", "Аррӏе.РФ", "PLAIN.example"} {
		run(t, k, "", of(domain), want{check.Healthy, "", domain + " is registered until "})
	}
	run(t, k, "", of("single.example"), want{check.Unhealthy, check.Target, "single.example is on hold by its registrar"})
	run(t, k, "", of("ns.example"), want{check.Unhealthy, check.Target, registry.URL + `/v1 answered with the object class "nameserver"`})
	// A registry that does not answer says nothing about the domain.
	run(t, k, "busy", of("busy.example"), want{check.Unknown, check.Probe, registry.URL + "/v1 did not answer for busy.example because vega or its network asks too often (429)"})
	run(t, k, "", of("blocked.example"), want{check.Unknown, check.Probe, registry.URL + "/v1 does not answer this client (403)"})
	run(t, k, "", of("wrong.example"), want{check.Unknown, check.Probe, registry.URL + "/v1 can't answer for wrong.example (400)"})
	for _, wrong := range []string{"https://long.example", "long.example/", "long .example", "long.example?x"} {
		if k.Module.Manifest.Probes[0].Option("domain").Constrain(manifest.Plain(wrong)) == nil {
			t.Errorf("the domain %q is accepted", wrong)
		}
	}
	run(t, k, "", of("long.example."), want{check.Healthy, "", "long.example is registered until "})
}
