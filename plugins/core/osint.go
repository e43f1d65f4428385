package main

import (
	"strconv"

	"vega/sdk"
)

func init() { sdk.Probe("osint", osintProbe) }

// osintProbe asks each service whose key is set about the account. The requests
// use no credits.
func osintProbe(r *sdk.Run) sdk.Result {
	var results []sdk.Result
	if r.Has("shodan_key") {
		results = append(results, shodan(r))
	}
	if r.Has("hunter_key") {
		results = append(results, hunter(r))
	}
	if len(results) == 0 {
		return sdk.Unknown("neither shodan_key nor hunter_key is set; set one of them")
	}
	return worst(results)
}

func shodan(r *sdk.Run) sdk.Result {
	answer, err := get(r, withQuery(join(r.String("shodan_url"), "/api-info"), "key", r.String("shodan_key")), "")
	if err != nil {
		return sdk.Failed("Shodan", err)
	}
	if result := rejected("Shodan", answer, "shodan_key"); result != nil {
		return *result
	}
	d := &document{answer: answer}
	r.Detail("shodan_plan", d.field("plan"))
	return credits(r, "Shodan", d.field("plan"), d, []credit{
		{"query", d.field("query_credits")},
		{"scan", d.field("scan_credits")},
	})
}

func hunter(r *sdk.Run) sdk.Result {
	answer, err := get(r, withQuery(join(r.String("hunter_url"), "/v2/account"), "api_key", r.String("hunter_key")), "")
	if err != nil {
		return sdk.Failed("Hunter", err)
	}
	if result := rejected("Hunter", answer, "hunter_key"); result != nil {
		return *result
	}
	d := &document{answer: answer}
	r.Detail("hunter_plan", d.field("data.plan_name"))
	r.Detail("hunter_reset", d.field("data.reset_date"))
	counts := []credit{{"credit", hunterLeft(d, "credits")}}
	if counts[0].left == "" { // plans with a count for each kind of request
		counts = []credit{{"search", hunterLeft(d, "searches")}, {"verification", hunterLeft(d, "verifications")}}
	}
	return credits(r, "Hunter", d.field("data.plan_name"), d, counts)
}

// hunterLeft returns the remaining requests of a kind: directly from newer
// responses, otherwise the available minus the used.
func hunterLeft(d *document, kind string) string {
	at := "data.requests." + kind
	if left := d.field(at + ".remaining"); left != "" {
		return left
	}
	available, err := strconv.Atoi(d.field(at + ".available"))
	if err != nil {
		return ""
	}
	used, err := strconv.Atoi(d.field(at + ".used"))
	if err != nil {
		return ""
	}
	return strconv.Itoa(available - used)
}

// credit is a kind of credit and the number left, as the service wrote it.
type credit struct{ kind, left string }

// credits compares the remaining credits with min_credits. A negative number
// means unlimited.
func credits(r *sdk.Run, who, plan string, d *document, counts []credit) sdk.Result {
	if result := d.failed(who); result != nil {
		return *result
	}
	minimum, text := r.Int("min_credits"), ""
	low := false
	for _, c := range counts {
		n, err := strconv.Atoi(c.left)
		if err != nil {
			continue
		}
		if text != "" {
			text += ", "
		}
		if n < 0 {
			c.left = "unlimited"
		}
		text += c.left + " " + c.kind
		r.Metric(lower(who)+"_"+c.kind+"_left", float64(n), "")
		low = low || n >= 0 && n < minimum
	}
	if text == "" {
		return d.foreign(who, who+" did not report the remaining credits; its API has changed, or the base URL belongs to another service")
	}
	if low {
		return sdk.Degraded(who + " (" + plan + ") has few credits left: " + text + "; buy more or wait for the reset")
	}
	return sdk.Healthy(who + " (" + plan + ") accepts the key; left: " + text)
}
