package plugintest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// Case is one run of a probe, the world that it runs in, and what it has to
// come to. Its file is JSON.
type Case struct {
	Name  string `json:"-"` // of its file, for messages
	Probe string `json:"probe"`
	// Config are the options as the operator wrote them. A secret stands as
	// "(secret)"; a duration or size is text with its unit.
	Config  map[string]any    `json:"config"`
	Timeout manifest.Duration `json:"timeout,omitzero"` // 0 is DefaultTimeout
	Grant   Grant             `json:"grant,omitzero"`
	World   World             `json:"world"`
	Expect  *Expect           `json:"expect,omitempty"` // nil: anything but a fault of the probe
}

// DefaultTimeout is that of a case which names none.
const DefaultTimeout = 5 * time.Second

// Grant is the grant block of a case, in the grammar of vega.hcl.
type Grant struct {
	HTTP      []string `json:"http,omitempty"`
	Net       []string `json:"net,omitempty"`
	DNS       []string `json:"dns,omitempty"`
	SQL       []string `json:"sql,omitempty"` // names of databases
	KV        string   `json:"kv,omitempty"`  // "64KiB"
	Plaintext bool     `json:"plaintext,omitempty"`
	Secrets   string   `json:"secrets,omitempty"` // "anywhere"
}

// anywhere is the one value of Grant.Secrets.
const anywhere = "anywhere"

// World is what the outside answers. A call takes the first answer to the same
// question that was not given yet, and then the last again.
type World struct {
	At time.Time `json:"at,omitzero"` // the time of day at which the run begins
	// ClockNS are the first readings of the clock, in nanoseconds since At: an
	// answer may have in it when it was asked for.
	ClockNS []int64 `json:"clock_ns,omitempty"`

	HTTP []Exchange   `json:"http,omitempty"`
	Net  []Connection `json:"net,omitempty"`
	DNS  []Question   `json:"dns,omitempty"`
	SQL  []Query      `json:"sql,omitempty"`
	// KV is what was kept before the run.
	KV map[string]Bytes `json:"kv,omitempty"`
}

// Exchange is one HTTP request and its answer.
type Exchange struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	Body   Bytes  `json:"body,omitempty"`

	Status     int                 `json:"status,omitempty"`
	Header     map[string][]string `json:"header,omitempty"`
	Answer     Bytes               `json:"answer,omitempty"`
	Cut        *Failure            `json:"cut,omitempty"` // how the answer's body ended, if not well
	TLS        map[string]string   `json:"tls,omitempty"` // by the names of facts
	PhasesMS   [5]float64          `json:"phases_ms,omitzero"`
	FinalURL   string              `json:"final_url,omitempty"`
	RemoteAddr string              `json:"remote_addr,omitempty"`

	Failed *Failure `json:"failed,omitempty"`
}

// Connection is what went over one connection, in order.
type Connection struct {
	Network string            `json:"network"` // tcp, tls or udp
	Address string            `json:"address"`
	TLS     map[string]string `json:"tls,omitempty"`
	Steps   []Step            `json:"steps,omitempty"`
	Failed  *Failure          `json:"failed,omitempty"`
}

// Step is one thing that was done on a connection: one of its fields is set.
type Step struct {
	Write  Bytes             `json:"write,omitempty"`
	Read   Bytes             `json:"read,omitempty"`
	End    bool              `json:"end,omitempty"` // the peer closed
	TLS    map[string]string `json:"starttls,omitempty"`
	Failed *Failure          `json:"failed,omitempty"`
}

// Question is one question to a DNS server.
type Question struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Server  string   `json:"server,omitempty"`
	Answers []string `json:"answers,omitempty"`
	Failed  *Failure `json:"failed,omitempty"`
}

// Query is one query and its rows. A column that is null is NULL.
type Query struct {
	Database string     `json:"database"`
	Query    string     `json:"query"`
	Columns  []string   `json:"columns,omitempty"`
	Rows     [][]*Bytes `json:"rows,omitempty"`
	Cut      *Failure   `json:"cut,omitempty"` // what ended the rows, if not their end
	Failed   *Failure   `json:"failed,omitempty"`
}

// Expect is what a run has to come to. What is left out is not looked at.
// Times in a text, such as 12 ms, may differ.
type Expect struct {
	Status  check.Status      `json:"status"`
	Cause   check.Cause       `json:"cause,omitempty"`
	Message string            `json:"message,omitempty"`
	Details map[string]string `json:"details,omitempty"`
	Metrics []Metric          `json:"metrics,omitempty"`
}

// Metric is a number that is expected; one with a unit of time may differ.
type Metric struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// ReadCase reads a case. The error says where in the file it is wrong.
func ReadCase(path string) (*Case, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	c := &Case{Name: path}
	if err := d.Decode(c); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", path, lineOf(b, err, d.InputOffset()), err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: there is more after the case", path)
	}
	if err := c.World.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// lineOf returns the line of an error that decoding a case ended with, at the offset.
func lineOf(b []byte, err error, at int64) int {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = syntax.Offset
	} else if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at = kind.Offset
	} else if field := unknownField(b, reflect.TypeFor[Case]()); field > 0 {
		at = field
	}
	return 1 + bytes.Count(b[:min(at, int64(len(b)))], []byte{'\n'})
}

func (w *World) check() error {
	var errs []error
	for n, e := range w.HTTP {
		errs = append(errs, at("http", n, e.Failed.check()), at("http", n, e.Cut.check()), at("http", n, checkFacts(e.TLS)))
	}
	for n, c := range w.Net {
		errs = append(errs, at("net", n, c.Failed.check()), at("net", n, checkFacts(c.TLS)))
		if _, ok := networks[c.Network]; !ok {
			errs = append(errs, at("net", n, fmt.Errorf("network %q is none of tcp, tls, udp", c.Network)))
		}
		for _, s := range c.Steps {
			errs = append(errs, at("net", n, s.Failed.check()), at("net", n, checkFacts(s.TLS)))
		}
	}
	for n, q := range w.DNS {
		errs = append(errs, at("dns", n, q.Failed.check()))
	}
	for n, q := range w.SQL {
		errs = append(errs, at("sql", n, q.Failed.check()), at("sql", n, q.Cut.check()))
		for _, r := range q.Rows {
			if len(r) != len(q.Columns) {
				errs = append(errs, at("sql", n, fmt.Errorf("a row has %d columns, and columns has %d", len(r), len(q.Columns))))
			}
		}
	}
	return errors.Join(errs...)
}

func at(part string, n int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("world.%s[%d]: %w", part, n, err)
}

// WriteFile writes the case so that a person can read it and a diff is short.
func (c *Case) WriteFile(path string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// set is the block as the sandbox takes it.
func (g *Grant) set() (grant.Set, error) {
	s := grant.Set{Plaintext: g.Plaintext, Anywhere: g.Secrets == anywhere}
	if g.Secrets != "" && !s.Anywhere {
		return s, fmt.Errorf("grant.secrets: %q is not a permission; write %q", g.Secrets, anywhere)
	}
	if g.KV != "" {
		var err error
		if s.KV, err = manifest.ParseSize(g.KV); err != nil {
			return s, fmt.Errorf("grant.kv: %w", err)
		}
	}
	for _, part := range []struct {
		kind manifest.Kind
		all  []string
	}{{manifest.HTTP, g.HTTP}, {manifest.Net, g.Net}, {manifest.DNS, g.DNS}, {manifest.SQL, g.SQL}} {
		for n, text := range part.all {
			r, err := grant.Parse(part.kind, text)
			if err != nil {
				return s, fmt.Errorf("grant.%s[%d]: %w", part.kind, n, err)
			}
			r.Origin, r.Where = grant.FromBlock, fmt.Sprintf("grant.%s[%d]", part.kind, n)
			s.Rules = append(s.Rules, r)
		}
	}
	return s, nil
}

// blockOf is the part of a set that stands in a grant block.
func blockOf(s grant.Set) Grant {
	g := Grant{Plaintext: s.Plaintext}
	if s.Anywhere {
		g.Secrets = anywhere
	}
	if s.KV > 0 {
		g.KV = s.KV.String()
	}
	for _, r := range s.Rules {
		if r.Origin == grant.FromBlock {
			g.add(r)
		}
	}
	return g
}

func (g *Grant) add(r grant.Rule) {
	switch r.Kind {
	case manifest.HTTP:
		g.HTTP = append(g.HTTP, r.String())
	case manifest.Net:
		g.Net = append(g.Net, r.String())
	case manifest.DNS:
		g.DNS = append(g.DNS, r.String())
	case manifest.SQL:
		g.SQL = append(g.SQL, r.Name)
	}
}
