package databases

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"vega/daemon/databases/shield"
	"vega/plugins"
)

// openPostgres configures a PostgreSQL driver. It selects the extended protocol,
// which accepts only one statement, but without named prepared statements, which
// some connection poolers do not support. maxRow limits the bytes of a row, and
// maxBytes the bytes to read before the limit is raised.
func openPostgres(d dialer, cfg *pgx.ConnConfig, maxRow int, maxBytes int64) *boundedConnector {
	cfg.DialFunc, cfg.LookupFunc = d.bounded, d.LookupHost
	if cfg.TLSConfig != nil {
		readSystemRoots()
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
	cfg.StatementCacheCapacity, cfg.DescriptionCacheCapacity = 0, 0
	cfg.MaxProtocolMessageBodyLen = maxRow
	cfg.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(&postgresLogin{Reader: r}, w)
	}
	if cfg.RuntimeParams["application_name"] == "" {
		cfg.RuntimeParams["application_name"] = "vega"
	}
	return &boundedConnector{Connector: shield.New(pipelineConnector{stdlib.GetConnector(*cfg)}), max: maxBytes, errExceeded: errNoRow, speaks: speaksPostgres}
}

// trustPostgres adds authorities for a server, unless the DSN names its own.
// The fallbacks may share the TLS configuration with the first address.
func trustPostgres(cfg *pgx.ConnConfig, roots *x509.CertPool) {
	all := []*tls.Config{cfg.TLSConfig}
	for _, f := range cfg.Fallbacks {
		all = append(all, f.TLSConfig)
	}
	for _, c := range all {
		if c != nil && c.RootCAs == nil {
			c.RootCAs = roots
		}
	}
}

// openMySQL configures a MySQL driver. It disables DSN options that would give a
// probe too much power, and keeps the driver from writing to stderr.
func openMySQL(d dialer, cfg *mysql.Config, roots *x509.CertPool) (*boundedConnector, error) {
	cfg.MultiStatements = false
	cfg.AllowAllFiles = false
	cfg.Logger = &mysql.NopLogger{}
	if cfg.Net == "tcp" || cfg.Net == "unix" {
		cfg.DialFunc = d.bounded
	}
	if cfg.TLS != nil {
		readSystemRoots()
		cfg.TLS.RootCAs = roots // a DSN can't name its own
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	login := func() *mysqlLogin { return &mysqlLogin{tls: cfg.TLS != nil} }
	return &boundedConnector{Connector: shield.New(connector), max: maxRow, errExceeded: plugins.ErrTooLarge, speaks: speaksMySQL, login: login}, nil
}

// speaksPostgres reports whether a PostgreSQL server may begin like head: with a
// request for a login, an error, a notice, another version of the protocol, or
// with the answer to a request for TLS.
func speaksPostgres(head []byte) bool { return strings.IndexByte("RENvSG", head[0]) >= 0 }

// speaksMySQL reports whether a MySQL server may begin like head: with packet 0, a
// greeting of version 9 or 10 or an error, after its length.
func speaksMySQL(head []byte) bool {
	return len(head) < 4 || head[3] == 0 && (len(head) < 5 || slices.Contains([]byte{9, 10, 0xff}, head[4]))
}

// readSystemRoots makes package x509 load the system's certificates while file
// descriptors are available, because x509 tries only once per process.
func readSystemRoots() { _, _ = x509.SystemCertPool() } // a later handshake reports the error
