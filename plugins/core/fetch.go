package main

import (
	"strconv"
	"time"

	"vega/sdk"
)

// bodyLimit is how much of a body is searched.
const bodyLimit = 1 << 20

// fetch is the check that http and web_fetch share. It also returns the
// response, or nil if there was none.
func fetch(r *sdk.Run) (sdk.Result, *sdk.Response) {
	url := r.String("url")
	who := origin(url)
	began := r.Now()
	answer, err := request(r, url).Send()
	if err != nil {
		return sdk.Failed(who, err), nil
	}
	took := answer.Timing(sdk.PhaseTotal)
	if took == 0 {
		took = r.Since(began)
	}
	r.Detail("status", strconv.Itoa(answer.Status))
	r.Millis("response_time", took)
	days, secure := 0, answer.TLS().Version() != "" // of the last hop
	if secure {
		days = certificate(r, answer.TLS())
	}
	for _, check := range [...]func(*sdk.Run, string, *sdk.Response) *sdk.Result{
		expectStatus, expectBody, expectRegex, expectJSON,
	} {
		if result := check(r, who, answer); result != nil {
			return *result, answer
		}
	}
	if result := slow(r, who, took); result != nil {
		return *result, answer
	}
	if secure && r.Has("min_cert_days") {
		if result := expiring(who, days, r.Int("min_cert_days")); result != nil {
			return *result, answer
		}
	}
	return sdk.Healthy(who + " answered " + strconv.Itoa(answer.Status) + " in " + short(took)), answer
}

func request(r *sdk.Run, url string) *sdk.Request {
	q := r.HTTP(r.String("method"), url).Body(r.String("body"))
	for _, h := range r.Map("headers") {
		q.Header(h.Key, h.Value)
	}
	if !r.Bool("follow_redirects") {
		q.Redirects(0)
	}
	return q
}

// slow returns a result if a response took longer than max_latency, or nil.
func slow(r *sdk.Run, who string, took time.Duration) *sdk.Result {
	maximum := r.Duration("max_latency")
	if maximum == 0 || took <= maximum {
		return nil
	}
	result := sdk.Degraded(who + " took " + short(took) + ", longer than max_latency = " + short(maximum) +
		"; look at its load, or raise max_latency")
	return &result
}
