package main

import (
	"strconv"
	"strings"

	"vega/sdk"
)

func init() { sdk.Probe("web_search", webSearchProbe) }

// webSearchProbe sends one query to DuckDuckGo's page without scripts and
// counts the results.
func webSearchProbe(r *sdk.Run) sdk.Result {
	base := r.String("base_url")
	who := origin(base)
	began := r.Now()
	answer, err := r.HTTP("GET", withQuery(base, "q", r.String("query"))).
		Header("User-Agent", "Mozilla/5.0 (compatible; vega)").
		Header("Accept", "text/html").Send()
	if err != nil {
		return sdk.Failed(who, err)
	}
	page, err := answer.Text(bodyLimit)
	if err != nil {
		return sdk.Failed(who, err)
	}
	took := r.Since(began)
	r.Millis("response_time", took)
	r.Detail("status", strconv.Itoa(answer.Status))
	if limited(answer.Status, page) {
		return sdk.Unknown(who + " takes vega for a bot and shows a challenge; raise the interval, or search from another address")
	}
	if answer.Status != 200 {
		return sdk.Unhealthy(who + " answered " + strconv.Itoa(answer.Status) + " where 200 was expected; try again later or correct base_url")
	}
	found := strings.Count(page, `class="result__a"`)
	r.Metric("results", float64(found), "")
	r.Detail("results", strconv.Itoa(found))
	if found == 0 {
		return sdk.Degraded(who + " found nothing; choose a query that has results, or check whether its page has changed")
	}
	return sdk.Healthy(who + " found " + plural(found, "result") + " in " + short(took))
}

// limited recognizes the challenge shown instead of results. Its status is a
// success: 202.
func limited(status int, page string) bool {
	return status == 202 || status == 403 || status == 429 ||
		strings.Contains(page, "anomaly-modal") || strings.Contains(page, "bots use DuckDuckGo too")
}
