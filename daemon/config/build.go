package config

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"vega/daemon/config/diag"
	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// maxPEM bounds a certificate or key file.
const maxPEM = 1 << 20

// build turns sections into the Config, and judges what a single attribute
// can't tell.
func (d *decoder) build(c *Config) {
	d.server(d.root.block("server"), &c.Server)
	for _, name := range []string{"log", "store", "llm", "network", "sandbox"} {
		d.settle(d.root.block(name))
	}
	c.Log.Level = schema.Level(d.str(d.root.block("log"), "level"))
	c.Store.Path = cmp.Or(d.str(d.root.block("store"), "path"), filepath.Join(c.DataDir, "vega.db"))
	d.store(d.root.block("store"), &c.Store)
	d.llm(d.root.block("llm"), &c.LLM)
	d.network(d.root.block("network"), &c.Network)
	c.Sandbox.HostMemory = get[manifest.Size](d, d.root.block("sandbox"), "host_memory")
	for _, s := range d.root.all("database") {
		c.Databases = append(c.Databases, d.databaseBlock(s))
	}
	slices.SortFunc(c.Databases, func(a, b Database) int { return strings.Compare(a.Name, b.Name) })
	for _, s := range d.root.all("integration") {
		c.Integrations = append(c.Integrations, d.integration(s))
	}
	slices.SortFunc(c.Integrations, func(a, b Integration) int { return strings.Compare(a.Name, b.Name) })
	c.Thresholds = d.thresholds()
	d.judgeWhole(c)
}

func (d *decoder) store(s *section, out *Store) {
	out.SlowQuery = durationOf(d, s, "slow_query")
	out.KeepRuns = durationOf(d, s, "keep_runs")
	out.KeepConversations = durationOf(d, s, "keep_conversations")
	out.MaxSize = int64(get[manifest.Size](d, s, "max_size"))
}

func (d *decoder) llm(s *section, out *LLM) {
	out.Backend = d.str(s, "backend")
	out.ModelName = d.str(s, "model_name")
	out.BaseURL = get[manifest.Text](d, s, "base_url")
	out.Temperature = get[float64](d, s, "temperature")
	out.TopP = get[float64](d, s, "top_p")
	out.Timeout = durationOf(d, s, "timeout")
	if t := s.slot("model_name"); t != nil && t.state == present && out.ModelName == "" {
		d.out.Err(diag.OutOfBounds, t.expr.At, "model_name is empty.", "write the model's name, such as \"llama3.2\", or remove the attribute")
	}
	if t := s.slot("top_p"); t != nil && t.state == present && out.TopP == 0 {
		d.out.Err(diag.OutOfBounds, t.expr.At, "top_p must be more than 0: with 0 there is nothing left to choose from.", "write a value that is more than 0 and at most 1")
	}
}

func (d *decoder) server(s *section, out *Server) {
	d.settle(s)
	out.Host = d.host(s)
	out.Port = int(get[float64](d, s, "port"))
	out.DrainTimeout = durationOf(d, s, "drain_timeout")
	out.TrustedProxies = d.trustedProxies(s)
	d.clientLimits(s, out)
	exposed := d.exposure(s, out)
	if key := get[manifest.Text](d, s, "api_key"); key != nil {
		out.Keys = append(out.Keys, d.key("default", key, s.slot("api_key"), exposed))
	}
	for _, k := range s.all("key") {
		d.settle(k)
		if value := get[manifest.Text](d, k, "value"); value != nil {
			out.Keys = append(out.Keys, d.key(k.name, value, k.slot("value"), exposed))
		}
	}
	if s.has("tls") {
		out.TLS = d.tls(s.block("tls"))
	}
	tried := s.has("key") || s.unsure("api_key") || s.unsure("host")
	if len(out.Keys) == 0 && !tried && !s.broken && !loopback(out.Host) {
		write := `api_key = env("VEGA_API_KEY")`
		if s.head == d.root.head { // there is no such block: the host is the command line's
			write = "server { " + write + " }"
		}
		d.out.Err(diag.NoKey, s.head, fmt.Sprintf("The host %s is reachable from elsewhere, and no API key guards it.", d.hostShown(s)),
			fmt.Sprintf("write %s and set that variable, or listen on 127.0.0.1", write))
	}
}

// overrule puts what the command line says in place of what is written, so
// that references to it give it too. A mistake in what is written stays one.
func (d *decoder) overrule() {
	if d.sources.host != "" {
		d.put("host", &syntax.Expr{Kind: syntax.TextExpr, Text: d.sources.host})
	}
	if d.sources.port != 0 {
		d.put("port", &syntax.Expr{Kind: syntax.NumExpr, Num: float64(d.sources.port)})
	}
}

func (d *decoder) put(name string, e *syntax.Expr) {
	if !d.root.has("server") {
		d.root.blocks = append(d.root.blocks, d.root.block("server"))
	}
	s := d.root.block("server")
	t := s.slot(name)
	if t == nil {
		t = &slot{row: s.schema.Row(name), at: s.head, expr: &syntax.Expr{At: s.head}}
		s.slots = append(s.slots, t)
	} else if d.read(t); t.state == bad {
		return
	}
	e.At = t.expr.At
	t.expr, t.state = e, unread
}

// hostShown is the host for a diagnostic, unless it came from elsewhere.
func (d *decoder) hostShown(s *section) string {
	if t := s.slot("host"); t != nil && !t.expr.Computed() {
		return fmt.Sprintf("%q", diag.Clip(t.expr.Text))
	}
	return "that was given"
}

func (d *decoder) host(s *section) string {
	host := d.str(s, "host")
	t := s.slot("host")
	if t == nil || t.state != present || d.sources.host != "" { // listening tells what is wrong with the latter
		return host
	}
	if _, err := grant.Host(host); err != nil {
		d.out.Err(diag.BadAddress, t.expr.At, fmt.Sprintf("host is no address to listen on: %v.", err), `write an address such as "127.0.0.1", "0.0.0.0" or "::1"`)
		return "127.0.0.1"
	}
	return host
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.Unmap().IsLoopback()
}

func (d *decoder) tls(s *section) *TLS {
	d.settle(s)
	out := &TLS{d.str(s, "cert_file"), d.str(s, "key_file")}
	if out.CertFile == "" || out.KeyFile == "" {
		return out
	}
	err := d.once("tls "+out.CertFile+" "+out.KeyFile, func() error {
		cert, err := readRegular(out.CertFile, maxPEM)
		if err != nil {
			return fmt.Errorf("cert_file: %w", reason(err))
		}
		key, err := readRegular(out.KeyFile, maxPEM)
		if err != nil {
			return fmt.Errorf("key_file: %w", reason(err))
		}
		_, err = tls.X509KeyPair(cert, key)
		return err
	})
	if err != nil {
		d.out.Err(diag.BadTLS, s.head, "The certificate and key cannot be used: "+err.Error()+".", "name two readable PEM files that belong together")
	}
	return out
}

// once keeps the outcome of looking at other files, so that Rebind judges as
// Load did.
func (d *decoder) once(what string, try func() error) error {
	err, known := d.sources.tried[what]
	if !known {
		err = try()
		d.sources.note(err)
		d.sources.tried[what] = err
	}
	return err
}

func (d *decoder) network(s *section, out *Network) {
	if r := d.str(s, "resolver"); r != "" {
		out.Resolver = grant.WithPort(r, 53)
	}
	out.CAFile = d.str(s, "ca_file")
	if out.CAFile == "" {
		return
	}
	err := d.once("ca "+out.CAFile, func() error {
		b, err := readRegular(out.CAFile, maxPEM)
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(b) {
			err = fmt.Errorf("there is no certificate in it")
		}
		return err
	})
	if err != nil {
		d.out.Err(diag.BadTLS, s.slot("ca_file").expr.At, "The file of certificates cannot be used: "+reason(err).Error()+".", "name a readable PEM file")
	}
}

func (d *decoder) databaseBlock(s *section) Database {
	d.settle(s)
	out := Database{Name: s.name, Driver: d.str(s, "driver"), DSN: get[manifest.Text](d, s, "dsn")}
	t := s.slot("dsn")
	if t == nil || t.state != present {
		return out
	}
	dsn := out.DSN.Reveal()
	if dsn == "" {
		d.out.Err(diag.OutOfBounds, t.expr.At, "dsn is empty.", "write how to reach the database")
	}
	if out.Driver != "sqlite" {
		d.keepPassword(dsn)
		return out
	}
	if !out.DSN.HasSecret() {
		delete(d.secrets, dsn) // a path is none
	}
	if full := absolute(dsn, t.expr.At.Source.Dir); full != dsn {
		prefix := strings.TrimSuffix(full, filepath.Clean(dsn))
		if prefix == full {
			out.DSN = manifest.Text{{Text: full, Secret: out.DSN.HasSecret()}}
		} else {
			out.DSN = append(manifest.Plain(prefix), out.DSN...)
		}
	}
	return out
}
