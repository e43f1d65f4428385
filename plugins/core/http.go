package main

import "vega/sdk"

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
