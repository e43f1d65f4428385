package main

import (
	"errors"
	"strconv"
	"strings"

	"vega/sdk"
)

func init() {
	sdk.Probe("http", httpProbe)
	sdk.Probe("web_fetch", webFetchProbe)
}

// httpProbe sends one request and compares the response with what is expected.
func httpProbe(r *sdk.Run) sdk.Result {
	result, _ := fetch(r)
	return result
}

// webFetchProbe is httpProbe with the phases of the exchange as metrics.
func webFetchProbe(r *sdk.Run) sdk.Result {
	result, answer := fetch(r)
	if answer != nil {
		r.Millis("dns", answer.Timing(sdk.PhaseDNS))
		r.Millis("connect", answer.Timing(sdk.PhaseConnect))
		r.Millis("tls", answer.Timing(sdk.PhaseTLS))
		r.Millis("first_byte", answer.Timing(sdk.PhaseFirstByte))
	}
	return result
}

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
	who = via(who, answer)
	r.Detail("status", strconv.Itoa(answer.Status))
	valid, secure := onTheWay(r, answer.TLS())
	headers := answer.Timing(sdk.PhaseTotal)
	note, result := expected(r, who, answer)
	took := answer.Timing(sdk.PhaseTotal) // of the body, too, if it was read to its end
	if took == 0 {
		took = r.Since(began)
	}
	r.Millis("response_time", took)
	if result == nil {
		result = slow(r, who, took, headers)
	}
	switch {
	case result != nil:
	case !secure:
		result = uncertified(r, who, "write https://")
	case r.Has("min_cert_days"):
		result = expiring(who, valid, r.Int("min_cert_days"))
	}
	if result != nil {
		return *result, answer
	}
	return sdk.Healthy(who + " answered " + strconv.Itoa(answer.Status) + " in " + short(took) + note), answer
}

// expected compares the response with what is expected of it. The note says
// what was not read.
func expected(r *sdk.Run, who string, answer *sdk.Response) (note string, result *sdk.Result) {
	for _, check := range [...]func(*sdk.Run, string, *sdk.Response) *sdk.Result{
		expectStatus, expectHeaders,
	} {
		if result := check(r, who, answer); result != nil {
			hinted := tlsHint(*result, answer)
			return "", &hinted
		}
	}
	return expectContent(r, who, answer)
}

func request(r *sdk.Run, url string) *sdk.Request {
	q := r.HTTP(r.String("method"), url).Body(r.String("body")).UTF8()
	for _, h := range r.Map("headers") {
		q.Header(h.Key, h.Value)
	}
	if !r.Bool("follow_redirects") {
		q.Redirects(0)
	}
	if r.Has("expect_json") {
		return q.MaxBody(max(bodyLimit, int(r.Size("min_body_size")), int(r.Size("max_body_size"))))
	}
	q.NoJSON().MaxBody(endLimit)
	return q
}

// expectContent checks the body. It reads the body to its end, also if nothing
// is expected of it: a response that is cut off is not a healthy one. A stream
// has no end, and is read only until what is expected of it has come. The note
// says what was not read.
func expectContent(r *sdk.Run, who string, answer *sdk.Response) (note string, result *sdk.Result) {
	b := &body{answer: answer, limit: bodyLimit}
	if result := searchBody(r, who, b); result != nil {
		return "", result
	}
	if result := expectJSON(r, who, answer); result != nil {
		return "", result
	}
	if r.Has("min_body_size") || r.Has("max_body_size") {
		return "", size(r, who, b)
	}
	if isStream(answer) || r.Has("expect_json") { // JSON is read whole
		return "", nil
	}
	if coding := answer.Header("Content-Encoding"); encoded(coding) && len(searches(r)) == 0 {
		return "; its body has the content encoding " + quote(coding) + ", which vega does not read", nil
	}
	return ending(r, who, b)
}

// encoded reports whether a body has a coding that the host does not decode.
func encoded(coding string) bool {
	for _, known := range []string{"br", "zstd", "deflate", "compress", "dcb", "dcz"} {
		if strings.Contains(lower(coding), known) {
			return true
		}
	}
	return false
}

// ending reads a body to its end. Of a body whose length is known, the first
// MiB will do.
func ending(r *sdk.Run, who string, b *body) (note string, result *sdk.Result) {
	length, err := strconv.Atoi(b.answer.Header("Content-Length"))
	if err == nil && length > bodyLimit {
		b.finish(bodyLimit)
		if b.err == nil {
			return "; of its body, the first 1 MiB was read", nil
		}
	}
	b.finish(endLimit)
	met := len(searches(r)) > 0
	switch {
	case b.ended:
		return "", nil
	case met && (b.err == nil || errors.Is(b.err, sdk.ErrTimeout)):
		return "; what is expected of its body came, but the body did not end", nil
	case b.err == nil:
		unknown := sdk.Unknown("the response of " + who + " goes on after 8 MiB, so vega can't tell whether it is complete; check a smaller page, or say what is expected of the body")
		return "", &unknown
	default:
		return "", b.failed(who)
	}
}

// size reads the body and compares its size with what is allowed.
func size(r *sdk.Run, who string, b *body) *sdk.Result {
	least, most := r.Size("min_body_size"), r.Size("max_body_size")
	b.finish(max(bodyLimit, int(least), int(most)))
	b.atLimit()
	if b.err != nil {
		return b.failed(who)
	}
	got := "a body of " + plural(b.size, "byte")
	if !b.ended {
		got = "a body of more than " + plural(b.limit, "byte")
	}
	switch {
	case r.Has("min_body_size") && int64(b.size) < least:
		return unhealthy(who + " answered with " + got + ", fewer than min_body_size = " + bytes(least))
	case r.Has("max_body_size") && (int64(b.size) > most || !b.ended):
		return unhealthy(who + " answered with " + got + ", more than max_body_size = " + bytes(most))
	default:
		return nil
	}
}

// bytes formats a size.
func bytes(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.size && n%u.size == 0 {
			return strconv.FormatInt(n/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}

// slow returns a result if a response took longer than max_latency, or nil.
func slow(r *sdk.Run, who string, took, headers sdk.Duration) *sdk.Result {
	maximum := r.Duration("max_latency")
	if maximum == 0 || took <= maximum {
		return nil
	}
	part := ""
	if headers > 0 && headers <= maximum {
		part = " to the end of its body, " + short(headers) + " to its headers"
	}
	result := sdk.Degraded(who + " took " + short(took) + part + ", longer than max_latency = " + short(maximum) +
		"; look at its load, or raise max_latency")
	return &result
}
