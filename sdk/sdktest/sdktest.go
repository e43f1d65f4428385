//go:build !wasip1

// Package sdktest runs a probe natively, in an ordinary go test: the same
// function that runs in the sandbox, against real servers.
//
// Run is the only function. The host that it provides uses the standard library
// and grants everything that Config.Deny does not refuse. It does not provide
// what only the sandbox does: secrets as placeholders, checks of destinations,
// protection from hostile guests. To test those, build the plugin and run it in
// vega.
//
// Because a wasm guest runs alone, runs are serialized: parallel tests wait for
// each other.
package sdktest

import (
	"crypto/x509"
	"sync"
	"testing"
	"time"

	"vega/sdk"
	"vega/sdk/abi"
)

// Config is the input of a run.
type Config struct {
	// Options are the options of the integration, defaults included. Values are
	// strings, numbers, bools, durations, lists and string-keyed maps.
	Options map[string]any
	// Timeout is the deadline of the run; zero means 10 seconds.
	Timeout time.Duration
	// Roots are the certificates that TLS trusts; nil means the system's.
	Roots *x509.CertPool
	// SQL runs queries; if nil, there is no database.
	SQL func(database, query string) (Rows, error)
	// SSH connects to an SSH server; if nil, none answers.
	SSH func(address string) (SSH, error)
	// Ping answers echo requests, with count replies; if nil, none can be sent.
	Ping func(host string, count int) (*sdk.Echoes, error)
	// KV holds the values that earlier runs stored. The run changes it.
	KV map[string]string
	// Deny refuses a call of a capability ("http", "net", "dns", "sql", "kv")
	// to a target by returning the text for the operator, or grants it by
	// returning "". nil grants everything.
	Deny func(capability, target string) string
}

// Rows is the result of a query: columns of any type, nil for NULL.
type Rows [][]any

// Result is the outcome of a run.
type Result struct {
	Status  abi.Status
	Message string
	Details map[string]string
	Metrics map[string]float64
	Logs    []string
}

// lock is held by the run whose host is installed.
var lock sync.Mutex

// Run runs a probe and returns its result. The options contain keys that the
// probe does not know, as with a newer vega.
func Run(t testing.TB, probe func(*sdk.Run) sdk.Result, c Config) Result {
	t.Helper()
	lock.Lock()
	defer lock.Unlock()
	h := newHost(t.Context(), c)
	defer h.end()
	defer abi.Install(h)()
	r := probe(&sdk.Run{}).Checked()
	h.result.Status, h.result.Message = r.Status, r.Message
	return h.result
}
