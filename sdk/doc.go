// Package sdk is what the author of a probe writes against in Go.
//
// A probe is a function from a Run to a Result, registered by name in an init
// function; main stays empty, since a plugin is built with -buildmode=c-shared
// and the host never calls it:
//
//	func init() { sdk.Probe("orders", orders) }
//
//	func orders(r *sdk.Run) sdk.Result {
//		answer, err := r.HTTP("GET", r.String("url")).Send()
//		if err != nil {
//			return sdk.Unhealthy("the shop does not answer: " + err.Error())
//		}
//		if answer.Status != 200 {
//			return sdk.Degraded("the shop answers, but not with 200")
//		}
//		return sdk.Healthy("the shop answers")
//	}
//
//	func main() {}
//
// Everything a probe asks of the world goes through its Run: the options of
// the integration, HTTP, connections, DNS, SQL and storage. A call that was not
// granted fails with ErrDenied, whose text is the line the operator has to
// paste. What a run leaves open, the host closes when it ends.
//
// Package variables and init functions may be run once, when vega loads the
// plugin, and serve all runs: take times and random numbers in the probe, and
// the latter from crypto/rand, since what math/rand draws repeats.
//
// Package sdktest runs a probe natively, in an ordinary go test. ABI.md is the
// contract beneath, for those who write an SDK for another language.
//
// The package uses neither fmt nor reflection, encoding/json, regexp nor net:
// they would double a plugin. JSON paths and regular expressions are the
// host's: Response.JSON and Run.Match.
package sdk
