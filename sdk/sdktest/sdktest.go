//go:build !wasip1

// Package sdktest runs a probe natively, in an ordinary go test: the same
// function that runs in the sandbox, against real servers.
//
// Run is all there is to call. The host it provides is made of the standard
// library and grants everything that Config.Deny does not refuse. What it does
// not show is what only the sandbox does: that secrets are placeholders, that
// destinations are checked, that a hostile guest is stopped. For that, build
// the plugin and run it in vega.
//
// Since a wasm guest is alone in its world, runs are serialised: parallel tests
// wait for each other.
package sdktest

import (
	"crypto/x509"
	"sync"
	"testing"
	"time"

	"vega/sdk"
	"vega/sdk/abi"
)

// Config is what a run is given.
type Config struct {
	// Options are those of the integration, defaults included. Values are
	// strings, numbers, bools, durations, lists and string-keyed maps.
	Options map[string]any
	// Timeout is the deadline of the run; zero is 10 seconds.
	Timeout time.Duration
	// Roots are the certificates that TLS trusts; nil is the system's.
	Roots *x509.CertPool
	// SQL answers queries; nil knows no database.
	SQL func(database, query string) (Rows, error)
	// KV is what earlier runs kept. The run changes it.
	KV map[string]string
	// Deny refuses a call of a capability ("http", "net", "dns", "sql",
	// "kv") to a target by a text, which is what the operator would be told;
	// "" grants it. nil grants everything.
	Deny func(capability, target string) string
}

// Rows is the answer to a query: columns of any type, nil for NULL.
type Rows [][]any

// Result is what the run came out with.
type Result struct {
	Status  abi.Status
	Message string
	Details map[string]string
	Metrics map[string]float64
	Logs    []string
}

// lock is held by the run whose host is installed.
var lock sync.Mutex

// Run runs a probe and returns its result. The options hold keys that the probe
// can't know, as a newer vega's may.
func Run(t testing.TB, probe func(*sdk.Run) sdk.Result, c Config) Result {
	t.Helper()
	lock.Lock()
	defer lock.Unlock()
	h := newHost(t.Context(), c)
	defer h.end()
	defer abi.Install(h)()
	r := probe(&sdk.Run{})
	h.result.Status, h.result.Message = r.Status, r.Message
	return h.result
}
