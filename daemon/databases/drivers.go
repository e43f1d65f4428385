package databases

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"io"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"vega/daemon/databases/shield"
	"vega/plugins"
	"vega/plugins/shortage"
	"vega/plugins/transport"
)

// openPostgres configures a PostgreSQL driver. It selects the extended protocol,
// which accepts only one statement, but without named prepared statements, which
// some connection poolers do not support. maxRow limits the bytes of a row, and
// maxBytes the bytes to read before the limit is raised. file has more authorities. With
// others, parse has to read the DSN again: what verifies with sslmode=verify-ca is bound
// to the configuration that it returned.
func openPostgres(d dialer, parse func() (*pgx.ConnConfig, error), file string, maxRow int, maxBytes int64) *boundedConnector {
	connector := &trusting{file: file, open: func(roots *x509.CertPool) (driver.Connector, error) {
		cfg, err := parse()
		if err != nil {
			return nil, unusable(err)
		}
		cfg.DialFunc, cfg.LookupFunc = d.bounded, d.LookupHost
		cfg.DefaultQueryExecMode = pgx.QueryExecModeExec
		cfg.StatementCacheCapacity, cfg.DescriptionCacheCapacity = 0, 0
		cfg.MaxProtocolMessageBodyLen = maxRow
		cfg.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
			return pgproto3.NewFrontend(&postgresLogin{Reader: r}, w)
		}
		if cfg.RuntimeParams["application_name"] == "" {
			cfg.RuntimeParams["application_name"] = "vega"
		}
		trustPostgres(cfg, roots)
		return pipelineConnector{stdlib.GetConnector(*cfg)}, nil
	}}
	return &boundedConnector{Connector: shield.New(connector), max: maxBytes, errExceeded: errNoRow, speaks: speaksPostgres}
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
func openMySQL(d dialer, cfg *mysql.Config, file string) (*boundedConnector, error) {
	cfg.MultiStatements = false
	cfg.AllowAllFiles = false
	cfg.Logger = &mysql.NopLogger{}
	if cfg.Net == "tcp" || cfg.Net == "unix" {
		cfg.DialFunc = d.bounded
	}
	connector := &trusting{file: fileFor(cfg.TLS, file), open: func(roots *x509.CertPool) (driver.Connector, error) {
		c := cfg.Clone()
		if c.TLS != nil {
			c.TLS.RootCAs = roots // a DSN can't name its own
		}
		return mysql.NewConnector(c)
	}}
	if _, err := connector.open(nil); err != nil {
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

// systemRoots makes package x509 load the system's certificates while file
// descriptors are available, because x509 tries only once per process.
var systemRoots = sync.OnceValues(x509.SystemCertPool)

// fileFor returns file if a server is to be asked for TLS, and else "".
func fileFor(config *tls.Config, file string) string {
	if config == nil {
		return ""
	}
	_, _ = systemRoots() // a later handshake reports the error
	return file
}

// trusting is a connector that trusts the authorities in a file as they are when it
// connects. Connections that are open stay open.
type trusting struct {
	file string // "" for none
	open func(roots *x509.CertPool) (driver.Connector, error)

	files transport.Files
	mu    sync.Mutex
	roots *x509.CertPool
	last  driver.Connector // with these roots; nil before the first connection
}

// Connect opens a connection.
func (t *trusting) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := t.connector()
	if err != nil {
		return nil, err
	}
	return c.Connect(ctx)
}

// Driver returns the driver.
func (t *trusting) Driver() driver.Driver {
	c, err := t.open(nil)
	if err != nil {
		return nil
	}
	return c.Driver()
}

func (t *trusting) connector() (driver.Connector, error) {
	roots, err := t.authorities()
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil || roots != t.roots {
		if t.last, err = t.open(roots); err != nil {
			return nil, err
		}
		t.roots = roots
	}
	return t.last, nil
}

// authorities returns those of the system and of the file; nil means the system's alone.
func (t *trusting) authorities() (*x509.CertPool, error) {
	base, err := systemRoots()
	if t.file == "" {
		return nil, nil // a handshake reports what is wrong with the system's
	}
	if err == nil {
		base, err = t.files.Pool(base, t.file)
	}
	if err != nil {
		return nil, unreadableCA(err)
	}
	return base, nil
}

// unreadableCA is the error for network.ca_file, which is vega's own trouble.
func unreadableCA(err error) error {
	return cmp.Or(shortage.Of(err), shortage.New(syscall.EINVAL, "network."+err.Error(), "name a readable PEM file in network.ca_file"))
}
