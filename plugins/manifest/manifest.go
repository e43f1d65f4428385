// Package manifest describes a plugin before it ever runs: its probes, the
// options of each, and the capabilities that each may ask for.
//
// Read extracts the manifest from a .wasm file without executing anything; Pack
// embeds it. Manifest.Check refuses an invalid manifest. The package is a leaf:
// it depends on no WebAssembly runtime and not on HCL, so that configuration
// can be validated against a plugin that has never been loaded.
package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// MaxSize bounds the manifest section, in bytes.
const MaxSize = 64 << 10

// The ABIs of plugins. V1 is vega's own. Nagios is for plugins that know
// nothing of vega: a WASI command, whose exit code is the status and whose
// output is the message and the metrics.
const (
	V1     = "vega_v1"
	Nagios = "nagios"
)

// Manifest is the content of the custom section "vega.manifest", in JSON.
type Manifest struct {
	ABI         string  `json:"abi"` // V1 or Nagios
	Name        string  `json:"name"`
	Version     string  `json:"version"`
	Description string  `json:"description,omitempty"`
	Probes      []Probe `json:"probes"`
}

// Probe is a check that the plugin can run. Its index in Manifest.Probes is the
// argument of vega_run.
type Probe struct {
	Name         string       `json:"name"`
	Summary      string       `json:"summary,omitempty"`
	Options      []Option     `json:"options,omitempty"`
	Capabilities []Capability `json:"capabilities,omitempty"`
	// NeedsAny lists options; at least one of them must be set. Otherwise, an
	// integration of this probe is disabled and reports that.
	NeedsAny []string `json:"needs_any,omitempty"`
	// Timeout and Interval are the probe's own defaults; zero means vega's.
	Timeout  Duration `json:"timeout,omitzero"`
	Interval Duration `json:"interval,omitzero"`
}

// Type is the type of an option.
type Type string

// MaxTimeout is the longest timeout that an integration can have, and
// maxDefaultTimeout the longest that a probe can ask for.
const (
	MaxTimeout        = 5 * time.Minute
	maxDefaultTimeout = 30 * time.Second
)

// The option types. URL is an absolute URL, of http or https unless the option has other
// schemes, Address is host:port,
// Database is a reference such as database.app.
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
	// Any is a string, number or bool. It is only valid as the element type of
	// a list or map.
	Any Type = "any"
	// Object is a group of values with names, which Option.Fields describes. It is
	// only valid as the element type of a list.
	Object Type = "object"
)

// Option is an option that an integration's config block may set.
type Option struct {
	Name      string `json:"name"`
	Type      Type   `json:"type"`
	Of        Type   `json:"of,omitempty"` // element of a list or map; default string
	Required  bool   `json:"required,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`
	// SQL marks the option as an SQL statement. It must not contain a secret,
	// because the database could compute on the secret and return the result.
	SQL         bool   `json:"sql,omitempty"`
	Description string `json:"description,omitempty"`
	// Default is the value if the option is not set, in its JSON form: a
	// duration or size is a string with its unit ("2s", "1MiB").
	Default any `json:"default,omitempty"`
	// OneOf lists the allowed strings; Pattern is an RE2 pattern that must
	// match the whole string. Both also apply to each element of a list or map.
	OneOf   []string `json:"one_of,omitempty"`
	Pattern string   `json:"pattern,omitempty"`
	// Schemes lists those that a URL may have; none stands for http and https.
	Schemes []string `json:"schemes,omitempty"`
	// Format is a syntax that the value must have, besides being text or a map.
	Format Format `json:"format,omitempty"`
	// Requires lists options that must be set if this one is, and Conflicts
	// those that must not. An entry NAME=VALUE concerns one value of an option,
	// also if that is its default.
	Requires  []string `json:"requires,omitempty"`
	Conflicts []string `json:"conflicts,omitempty"`
	// Fields describe the values of each object in a list of objects.
	Fields []Option `json:"fields,omitempty"`
	// Unique means of a field that no two objects of a list may have the same value.
	Unique bool `json:"unique,omitempty"`
	// Fills means of a field that each {name} in its text stands for a value that an
	// earlier object takes: one whose format is Takes.
	Fills bool `json:"fills,omitempty"`
	// Min and Max bound a number, the seconds of a duration or the bytes of a
	// size.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
}

// Kind is the kind of a capability.
type Kind string

// The kinds of capabilities. Each enables host calls that fail without it.
const (
	HTTP Kind = "http"
	Net  Kind = "net"
	DNS  Kind = "dns"
	SQL  Kind = "sql"
	KV   Kind = "kv"

	ICMP      Kind = "icmp"      // echo requests to hosts and ranges of addresses
	WebSocket Kind = "websocket" // connections over WebSocket
	SSH       Kind = "ssh"       // host keys, and the one command that the operator wrote
	Unix      Kind = "unix"      // sockets in the file system
)

// Capability is something that a probe may request from the host, with the
// reason.
type Capability struct {
	Kind   Kind   `json:"kind"`
	Reason string `json:"reason"`
	// From names the options that contain the targets, as OPTION or, for a field of
	// a list of objects, OPTION.FIELD. What an operator writes there is granted.
	From []string `json:"from,omitempty"`
	// Hosts are fixed targets, in the grammar of the grant block.
	Hosts []string `json:"hosts,omitempty"`
	// Methods are the HTTP methods used (default GET, HEAD), for net the networks
	// dialled: tcp, tls, udp (default tcp), for unix the HTTP methods used over the
	// socket (default none: a plain connection).
	Methods []string `json:"methods,omitempty"`
	// Optional reports that the probe works without the capability.
	Optional bool `json:"optional,omitempty"`
}

// Duration is a time.Duration written as "10s" in JSON.
type Duration time.Duration

// MarshalJSON writes the duration with its unit.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON parses a duration with its unit. It refuses a bare number.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("a duration must be a string with a unit, such as \"10s\": %w", err)
	}
	v, err := time.ParseDuration(s)
	*d = Duration(v)
	return err
}

// Parse parses and checks a manifest. It ignores unknown fields, so that a
// newer plugin still loads if they do not matter.
func Parse(b []byte) (*Manifest, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("the manifest is %d bytes; at most %d are allowed", len(b), MaxSize)
	}
	var m Manifest
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("the manifest is not JSON in the expected form: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the manifest has data after its JSON object")
	}
	if err := unique(json.NewDecoder(bytes.NewReader(b))); err != nil {
		return nil, err
	}
	if err := m.Check(); err != nil {
		return nil, err
	}
	return &m, nil
}

// unique returns an error if an object in JSON text has a key twice, in whatever case.
// The last would count here, and the first to another program that shows the manifest to
// the person who decides about the plugin.
func unique(d *json.Decoder) error {
	open, err := d.Token()
	if err != nil || open != json.Delim('{') && open != json.Delim('[') {
		return err
	}
	seen := map[string]bool{}
	for d.More() {
		if open == json.Delim('{') {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if name = strings.ToLower(strings.ToUpper(name)); seen[name] { // folds what package json does
				return fmt.Errorf("the manifest has the key %q twice", clip(name))
			}
			seen[name] = true
		}
		if err := unique(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}

// Probe returns the probe with the given name and its index, or nil and -1.
func (m *Manifest) Probe(name string) (*Probe, int) {
	for i := range m.Probes {
		if m.Probes[i].Name == name {
			return &m.Probes[i], i
		}
	}
	return nil, -1
}

// Option returns the option with the given name, or nil.
func (p *Probe) Option(name string) *Option { return optionNamed(p.Options, name) }

func optionNamed(options []Option, name string) *Option {
	for i := range options {
		if options[i].Name == name {
			return &options[i]
		}
	}
	return nil
}
