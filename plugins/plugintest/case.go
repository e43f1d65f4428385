package plugintest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"time"

	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/policies/check"
)

// Case is one run of a probe, its recorded world, and the expected result. Its
// file is JSON.
type Case struct {
	Name  string `json:"-"` // name of the file, for messages
	Probe string `json:"probe"`
	// Config are the options as the operator wrote them. A secret is written as
	// "(secret)", a duration or size as text with its unit.
	Config  map[string]any    `json:"config"`
	Timeout manifest.Duration `json:"timeout,omitzero"` // 0 means DefaultTimeout
	Grant   Grant             `json:"grant,omitzero"`
	World   World             `json:"world"`
	Expect  *Expect           `json:"expect,omitempty"` // nil accepts anything but a fault of the probe
}

// DefaultTimeout is the timeout of a case without one.
const DefaultTimeout = 5 * time.Second

// Grant is the grant block of a case, in the grammar of vega.hcl.
type Grant struct {
	HTTP      []string `json:"http,omitempty"`
	Net       []string `json:"net,omitempty"`
	DNS       []string `json:"dns,omitempty"`
	ICMP      []string `json:"icmp,omitempty"`
	WebSocket []string `json:"websocket,omitempty"`
	SSH       []string `json:"ssh,omitempty"`
	Unix      []string `json:"unix,omitempty"`
	SQL       []string `json:"sql,omitempty"` // database names
	KV        string   `json:"kv,omitempty"`  // "64KiB"
	Plaintext bool     `json:"plaintext,omitempty"`
	Secrets   string   `json:"secrets,omitempty"` // "anywhere"
}

// anywhere is the only value of Grant.Secrets.
const anywhere = "anywhere"

// World holds the recorded results of calls. A call takes the first unused
// result for the same request, and after that repeats the last one.
type World struct {
	At time.Time `json:"at,omitzero"` // the start time of the run
	// ClockNS are the first readings of the clock, in nanoseconds since At,
	// because a response may depend on when it was requested.
	ClockNS []int64 `json:"clock_ns,omitempty"`

	HTTP []Exchange   `json:"http,omitempty"`
	Net  []Connection `json:"net,omitempty"`
	DNS  []Question   `json:"dns,omitempty"`
	ICMP []Ping       `json:"icmp,omitempty"`
	SQL  []Query      `json:"sql,omitempty"`
	SSH  []Shell      `json:"ssh,omitempty"`

	WebSocket []WebSocket `json:"websocket,omitempty"`
	// KV is what was stored before the run.
	KV map[string]Bytes `json:"kv,omitempty"`
}

// Exchange is an HTTP request and its response.
type Exchange struct {
	Method string `json:"method"`
	URL    string `json:"url"`
	Socket string `json:"socket,omitempty"` // path of the socket that the request went to, if it did
	Body   Bytes  `json:"body,omitempty"`

	Status     int                 `json:"status,omitempty"`
	Header     map[string][]string `json:"header,omitempty"`
	Answer     Bytes               `json:"answer,omitempty"`
	Trailer    map[string][]string `json:"trailer,omitempty"` // what came after the body
	Cut        *Failure            `json:"cut,omitempty"`     // how the response body was cut off, if it was
	TLS        map[string]string   `json:"tls,omitempty"`     // TLS facts by name
	PhasesMS   [5]float64          `json:"phases_ms,omitzero"`
	FinalURL   string              `json:"final_url,omitempty"`
	Landed     string              `json:"landed,omitempty"` // where redirects led, as the probe sees it
	RemoteAddr string              `json:"remote_addr,omitempty"`

	Failed *Failure `json:"failed,omitempty"`
}

// Connection is the data sent and received on one connection, in order.
type Connection struct {
	Network string            `json:"network"` // tcp, tls, udp or unix
	Address string            `json:"address"`
	TLS     map[string]string `json:"tls,omitempty"`
	Steps   []Step            `json:"steps,omitempty"`
	Failed  *Failure          `json:"failed,omitempty"`
}

// Step is one action on a connection: exactly one of its fields is set.
type Step struct {
	Write  Bytes             `json:"write,omitempty"`
	Read   Bytes             `json:"read,omitempty"`
	End    bool              `json:"end,omitempty"` // the peer closed the connection
	TLS    map[string]string `json:"starttls,omitempty"`
	Failed *Failure          `json:"failed,omitempty"`
}

// Question is a query to a DNS server.
type Question struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Server  string   `json:"server,omitempty"`
	Answers []string `json:"answers,omitempty"`
	Failed  *Failure `json:"failed,omitempty"`
}

// Query is an SQL query and its rows. A null column is NULL.
type Query struct {
	Database string     `json:"database"`
	Query    string     `json:"query"`
	Columns  []string   `json:"columns,omitempty"`
	Rows     [][]*Bytes `json:"rows,omitempty"`
	Cut      *Failure   `json:"cut,omitempty"` // the error that ended the rows, if any
	Failed   *Failure   `json:"failed,omitempty"`
}

// Expect is the expected result of a run. Omitted fields are not compared.
// Durations in a text, such as 12 ms, may differ.
type Expect struct {
	Status  check.Status      `json:"status"`
	Cause   check.Cause       `json:"cause,omitempty"`
	Message string            `json:"message,omitempty"`
	Details map[string]string `json:"details,omitempty"`
	Metrics []Metric          `json:"metrics,omitempty"`
}

// Metric is an expected metric; the value may differ if its unit is a unit of
// time.
type Metric struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit,omitempty"`
}

// maxCase bounds the size of a case, in bytes.
const maxCase = 16 << 20

// ReadCase reads a case. An error says where the file is wrong.
func ReadCase(path string) (*Case, error) {
	b, err := manifest.ReadRegular(path, maxCase)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	c := &Case{Name: path}
	if err = d.Decode(c); err == nil {
		err = checkFields(b, reflect.TypeFor[Case]())
	}
	if err != nil {
		what := ""
		if _, ok := errors.AsType[*json.SyntaxError](err); ok {
			what = "not a recorded case, which is JSON: "
		}
		return nil, fmt.Errorf("%s:%d: %s%w", path, lineOf(b, err, d.InputOffset()), what, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: there is data after the case", path)
	}
	if err := c.World.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func (w *World) check() error {
	var errs []error
	for n, e := range w.HTTP {
		errs = append(errs, at("http", n, e.Failed.check()), at("http", n, e.Cut.check()), at("http", n, checkFacts(e.TLS)))
	}
	for n, c := range w.Net {
		errs = append(errs, at("net", n, c.Failed.check()), at("net", n, checkFacts(c.TLS)))
		if _, ok := networks[c.Network]; !ok {
			errs = append(errs, at("net", n, fmt.Errorf("network %q is not one of tcp, tls, udp, unix", c.Network)))
		}
		for _, s := range c.Steps {
			errs = append(errs, at("net", n, s.Failed.check()), at("net", n, checkFacts(s.TLS)))
		}
	}
	for n := range w.WebSocket {
		errs = append(errs, w.WebSocket[n].check(n))
	}
	for n, q := range w.DNS {
		errs = append(errs, at("dns", n, q.Failed.check()))
	}
	for n, p := range w.ICMP {
		errs = append(errs, at("icmp", n, p.Failed.check()))
	}
	for n, q := range w.SQL {
		errs = append(errs, at("sql", n, q.Failed.check()), at("sql", n, q.Cut.check()))
		for _, r := range q.Rows {
			if len(r) != len(q.Columns) {
				errs = append(errs, at("sql", n, fmt.Errorf("a row has %d columns, but columns lists %d", len(r), len(q.Columns))))
			}
		}
	}
	for n, s := range w.SSH {
		errs = append(errs, at("ssh", n, s.check()))
	}
	return errors.Join(errs...)
}

func at(part string, n int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("world.%s[%d]: %w", part, n, err)
}

// WriteFile writes the case in a form that is readable and diffs well.
func (c *Case) WriteFile(path string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return err
	}
	return manifest.WriteFile(path, b.Bytes(), 0o644)
}

// set converts the block to the sandbox's form.
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
	for _, kind := range grant.Listed {
		for n, text := range *g.list(kind) {
			r, err := grant.Parse(kind, text)
			if err != nil {
				return s, fmt.Errorf("grant.%s[%d]: %w", kind, n, err)
			}
			r.Origin, r.Where = grant.FromBlock, fmt.Sprintf("grant.%s[%d]", kind, n)
			s.Rules = append(s.Rules, r)
		}
	}
	return s, nil
}

// blockOf returns the part of a set that came from a grant block.
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
	text := r.String()
	if r.Kind == manifest.SQL {
		text = r.Name
	}
	if list := g.list(r.Kind); list != nil {
		*list = append(*list, text)
	}
}
