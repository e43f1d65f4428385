// Package main is a plugin whose probe only connects.
package main

import "vega/sdk"

func init() { sdk.Probe("dialler", dial) }

func dial(r *sdk.Run) sdk.Result {
	conn, err := r.Dial("tcp", r.String("address"))
	if err != nil {
		return sdk.Unhealthy(err.Error())
	}
	return sdk.Healthy("connected over " + conn.TLS().Version())
}

func main() {}
