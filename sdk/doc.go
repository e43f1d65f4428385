// Package sdk is the Go SDK for probes.
//
// A probe is a function from a Run to a Result, registered by name in an init
// function; main stays empty, since a plugin is built with -buildmode=c-shared
// and the host never calls it:
//
//	func init() { sdk.Probe("orders", orders) }
//
//	func orders(r *sdk.Run) sdk.Result {
//		url := r.String("url")
//		answer, err := r.HTTP("GET", url).Send()
//		if err != nil {
//			return sdk.Failed(url, err)
//		}
//		if answer.Status != 200 {
//			return sdk.Degraded("the shop answers, but not with 200")
//		}
//		return sdk.Healthy("the shop answers")
//	}
//
//	func main() {}
//
// A probe accesses everything through its Run: the options of the integration,
// HTTP, connections, DNS, SQL and storage. A call that is not granted fails
// with ErrDenied, whose text contains the line that the operator must paste.
// The host closes what a run leaves open.
//
// Package variables and init functions may run only once, when vega loads the
// plugin, and serve all runs. Read times and random numbers in the probe, and
// take the latter from crypto/rand, because math/rand repeats its sequence.
//
// Package sdktest runs a probe natively, in an ordinary go test. ABI.md is the
// specification for SDKs in other languages.
//
// The package does not use fmt, reflection, encoding/json, regexp or net: they
// would double the size of a plugin. The host evaluates JSON paths and regular
// expressions: see Response.JSON and Run.Match. It does not use time either, which
// makes a plugin 250 KB larger: Duration and Time convert to the types of that package.
package sdk
