package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"vega/daemon/config/bind"
	"vega/daemon/config/diag"
	"vega/daemon/config/eval"
	"vega/daemon/config/input"
	"vega/daemon/config/redact"
	"vega/daemon/databases/accept"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// databaseBlock builds a database. The path of a SQLite file becomes absolute.
func (d builder) databaseBlock(s *bind.Section) Database {
	d.ev.Evaluate(s)
	out := Database{Name: s.Name, Driver: d.ev.Str(s, "driver"), DSN: eval.Get[manifest.Text](d.ev, s, "dsn")}
	t := s.Slot("dsn")
	if t == nil || t.State != bind.Present {
		return out
	}
	dsn := out.DSN.Reveal()
	if dsn == "" {
		d.out.Err(diag.OutOfBounds, t.Expr.At, "dsn is empty.", "set dsn to the data source name")
	}
	if err := accept.DSN(out.Driver, dsn); err != nil && dsn != "" {
		d.badDSN(t, dsn, err)
	}
	if out.Driver != "sqlite" {
		for _, p := range redact.Passwords(dsn) {
			d.ev.AddSecret(p)
		}
		return out
	}
	if !out.DSN.HasSecret() {
		d.ev.RemoveSecret(dsn) // a path is not secret
	}
	if full := eval.Absolute(dsn, t.Expr.At.Source.Dir); full != dsn {
		prefix := strings.TrimSuffix(full, filepath.Clean(dsn))
		if prefix == full {
			out.DSN = manifest.Text{{Text: full, Secret: out.DSN.HasSecret()}}
		} else {
			out.DSN = append(manifest.Plain(prefix), out.DSN...)
		}
	}
	return out
}

// badDSN reports a data source name that would not lead to a database. The
// message contains no part of it, even if it is a literal: a driver may take
// any of them for the password.
func (d builder) badDSN(t *bind.Slot, dsn string, err error) {
	d.ev.AddSecret(dsn)
	what, fix := err.Error(), ""
	if bad, ok := errors.AsType[*accept.Error](err); ok {
		what, fix = bad.What, bad.Fix
	}
	d.out.Err(diag.BadDSN, t.Expr.At, strings.Replace(what, "the dsn", "dsn", 1)+".", fix)
}

// queries reports SQL that vega would not run on the database that it is for.
func (b binding) queries(config *bind.Section) {
	driver := b.driver(config)
	for _, t := range config.Slots {
		for _, in := range t.Objects {
			b.queries(in)
		}
		text, ok := t.Value.(manifest.Text)
		if !t.Row.SQL || !ok || t.State != bind.Present || driver == "" {
			continue
		}
		if err := accept.Query(driver, text.Reveal()); err != nil {
			b.out.Err(diag.BadQuery, t.Expr.At, "vega would not run this query: "+strings.TrimPrefix(err.Error(), accept.ErrRefused.Error()+": ")+".",
				"write one statement that reads, such as SELECT")
		}
	}
}

// driver returns the driver of the database that a config block names, or "" if
// it names none or several.
func (b binding) driver(config *bind.Section) (driver string) {
	for _, t := range config.Slots {
		text, ok := t.Value.(manifest.Text)
		if !ok || t.State != bind.Present || t.Row.Type != manifest.Database {
			continue
		}
		named := "sqlite" // vega's own
		if s := b.ev.Databases()[text.Reveal()]; s != nil && text.Reveal() != "vega" {
			named = b.ev.Str(s, "driver")
		}
		if driver != "" && driver != named {
			return ""
		}
		driver = named
	}
	return driver
}

func (d builder) network(s *bind.Section, out *Network) {
	if r := d.ev.Str(s, "resolver"); r != "" {
		out.Resolver = grant.WithPort(r, 53)
	}
	d.proxy(s, out)
	if out.CAFile = d.ev.Str(s, "ca_file"); out.CAFile != "" {
		d.caFile(s, out.CAFile)
	}
}

// caFile checks the file of additional authorities.
func (d builder) caFile(s *bind.Section, path string) {
	err := d.in.Once("ca "+path, func() error {
		b, err := input.ReadRegular(path, maxPEM)
		if err == nil && !x509.NewCertPool().AppendCertsFromPEM(b) {
			err = fmt.Errorf("it contains no certificate")
		}
		return err
	})
	if err != nil {
		d.out.Err(diag.BadTLS, s.Slot("ca_file").Expr.At, "ca_file cannot be used: "+input.Reason(err).Error()+".", "set ca_file to a readable PEM file")
	}
}

// proxy reads the HTTP proxy and its exceptions.
func (d builder) proxy(s *bind.Section, out *Network) {
	for _, e := range eval.Get[[]manifest.Value](d.ev, s, "no_proxy") {
		out.NoProxy = append(out.NoProxy, e.(manifest.Text).Reveal())
	}
	out.Proxy = eval.Get[manifest.Text](d.ev, s, "proxy")
	t := s.Slot("proxy")
	if t == nil || t.State != bind.Present {
		if t := s.Slot("no_proxy"); t != nil && s.Slot("proxy") == nil {
			d.out.Warn(diag.Unused, t.At, "no_proxy has no effect without proxy.", "set proxy, or remove this line")
		}
		return
	}
	for _, p := range redact.Passwords(out.Proxy.Reveal()) {
		d.ev.AddSecret(p)
	}
	if _, err := egress.NewProxy(out.Proxy.Reveal(), out.NoProxy); err != nil {
		d.out.Err(diag.BadURL, t.Expr.At, "This is not a proxy: "+err.Error()+".", `write proxy = "http://proxy.example.com:3128"; a character such as @, : or / in a password is escaped, as in %40`)
	}
}
