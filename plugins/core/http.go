package main

import "vega/sdk"

func init() { sdk.Probe("http", httpProbe) }

// httpProbe sends one request and compares the response with what is expected.
func httpProbe(r *sdk.Run) sdk.Result {
	result, _ := fetch(r)
	return result
}
