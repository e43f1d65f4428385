// Package manifest is what a plugin says of itself before it is ever run: its
// probes, the options each takes, and the capabilities each may ask for.
//
// Read gets it out of a .wasm without executing anything; Pack puts it in.
// Manifest.Check refuses what could not be kept. The package is a leaf: it
// knows no WebAssembly runtime and no HCL, so that configuration can be
// validated against a plugin that has never been loaded.
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// MaxSize bounds the manifest section, in bytes.
const MaxSize = 64 << 10

// The ABIs that a plugin may speak: V1 is vega's own. Nagios is the bridge to
// plugins that know nothing of vega: a WASI command, whose exit code is the
// status and whose output is the message and the metrics.
const (
	V1     = "vega_v1"
	Nagios = "nagios"
)

// Manifest is the content of the custom section "vega.manifest", as JSON.
type Manifest struct {
	ABI         string  `json:"abi"` // V1 or Nagios
	Name        string  `json:"name"`
	Version     string  `json:"version"`
	Description string  `json:"description,omitempty"`
	Probes      []Probe `json:"probes"`
}

// Probe is one check that the plugin can run. Its index in Manifest.Probes is
// the argument of vega_run.
type Probe struct {
	Name         string       `json:"name"`
	Summary      string       `json:"summary,omitempty"`
	Options      []Option     `json:"options,omitempty"`
	Capabilities []Capability `json:"capabilities,omitempty"`
	// NeedsAny lists options of which one must be set; else an integration of
	// this probe is disabled, with that as the reason.
	NeedsAny []string `json:"needs_any,omitempty"`
	// Timeout and Interval are the probe's own defaults; zero means vega's.
	Timeout  Duration `json:"timeout,omitzero"`
	Interval Duration `json:"interval,omitzero"`
}

// Type is the type of an option.
type Type string

// The option types. URL is an absolute http or https URL, Address is
// host:port, Database is a reference such as database.app.
const (
	String       Type = "string"
	Number       Type = "number"
	Bool         Type = "bool"
	DurationType Type = "duration"
	SizeType     Type = "size"
	URL          Type = "url"
	Address      Type = "address"
	Database     Type = "database"
	List         Type = "list"
	Map          Type = "map"
	// Any is a string, number or bool; only as the element of a list or map.
	Any Type = "any"
)

// Option is one thing an integration's config block may set.
type Option struct {
	Name      string `json:"name"`
	Type      Type   `json:"type"`
	Of        Type   `json:"of,omitempty"` // element of a list or map; default string
	Required  bool   `json:"required,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`
	// SQL says that the text is SQL: no secret may be written in it, since the
	// database could compute on it and answer with the outcome.
	SQL         bool   `json:"sql,omitempty"`
	Description string `json:"description,omitempty"`
	// Default is the value when the option is not set, in its JSON form: a
	// duration or size as a string with its unit ("2s", "1MiB").
	Default any `json:"default,omitempty"`
	// OneOf lists the only strings allowed; Pattern is an RE2 that a string
	// must match in full. They also hold for each element of a list or map.
	OneOf   []string `json:"one_of,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
	// Min and Max bound a number, in itself; a duration, in seconds; a size,
	// in bytes.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// Kind is the kind of a capability.
type Kind string

// The capability kinds: each opens host calls that are dead without it.
const (
	HTTP Kind = "http"
	Net  Kind = "net"
	DNS  Kind = "dns"
	SQL  Kind = "sql"
	KV   Kind = "kv"
)

// Capability is something a probe may ask of the host, and why.
type Capability struct {
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason"`
	// From names the options that hold the targets; what an operator writes
	// there is granted.
	From []string `json:"from,omitempty"`
	// Hosts are fixed targets, in the grammar of the grant block.
	Hosts []string `json:"hosts,omitempty"`
	// Methods are the HTTP methods sent (default GET, HEAD), or for net the
	// networks dialled: tcp, tls, udp (default tcp).
	Methods []string `json:"methods,omitempty"`
	// Optional says that the probe does its job without it.
	Optional bool `json:"optional,omitempty"`
}

// Duration is a time.Duration written as "10s" in JSON.
type Duration time.Duration

// MarshalJSON writes the duration with its unit.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads a duration with its unit; a bare number is refused.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("a duration is a string with a unit, such as \"10s\": %w", err)
	}
	v, err := time.ParseDuration(s)
	*d = Duration(v)
	return err
}

// Parse decodes and checks a manifest. Unknown fields are ignored, so that a
// newer plugin still loads where its newer wishes don't matter.
func Parse(b []byte) (*Manifest, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("the manifest is %d bytes; at most %d are allowed", len(b), MaxSize)
	}
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("the manifest is not JSON of the right shape: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the manifest has more after its JSON object")
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return &m, nil
}

// Probe returns the probe of that name and its index, or nil and -1.
func (m *Manifest) Probe(name string) (*Probe, int) {
	for i := range m.Probes {
		if m.Probes[i].Name == name {
			return &m.Probes[i], i
		}
	}
	return nil, -1
}

// Option returns the option of that name, or nil.
func (p *Probe) Option(name string) *Option {
	for i := range p.Options {
		if p.Options[i].Name == name {
			return &p.Options[i]
		}
	}
	return nil
}
