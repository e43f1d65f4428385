package realtest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Password is the password of every server that needs one, unless the test sets
// another.
const Password = "correct-horse-battery"

// Postgres starts PostgreSQL with an empty database "app" of the user "vega", whose
// password is Password, and returns the DSN. settings are PostgreSQL settings, such
// as "max_connections=20".
func Postgres(t testing.TB, settings ...string) (dsn string) {
	t.Helper()
	dsn, _ = StoppablePostgres(t, settings...)
	return dsn
}

// StoppablePostgres is like Postgres, but also returns a function that stops the
// server.
func StoppablePostgres(t testing.TB, settings ...string) (dsn string, halt func()) {
	t.Helper()
	return postgres(t, nil, settings)
}

// PostgresTLS is like Postgres, but the server has TLS.
func PostgresTLS(t testing.TB, leaf *Leaf) (dsn string) {
	t.Helper()
	dsn, _ = postgres(t, leaf, nil)
	return dsn
}

func postgres(t testing.TB, leaf *Leaf, settings []string) (dsn string, halt func()) {
	t.Helper()
	parts := programs(t, "postgresql", "postgres", "initdb", "psql")
	server, initdb, psql := parts[0], parts[1], parts[2]
	cred := credential(t, "postgres")
	dir, port := directory(t, cred), FreePort(t)
	secret := filepath.Join(dir, "password")
	write(t, secret, Password)
	data := filepath.Join(dir, "data")
	run(t, cred, dir, initdb, "-D", data, "-U", "vega", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--no-sync")
	args := []string{"-D", data, "-p", port, "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "logging_collector=off"}
	if leaf != nil {
		cert, key := hand(t, cred, dir, leaf)
		settings = append(settings, "ssl=on", "ssl_cert_file="+cert, "ssl_key_file="+key)
	}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	halt = serve(t, cred, dir, "127.0.0.1:"+port, postgresReady, server, args...)
	url := fmt.Sprintf("postgres://vega:%s@127.0.0.1:%s/", Password, port)
	run(t, cred, dir, psql, "-q", url+"postgres", "-c", "CREATE DATABASE app")
	return url + "app?sslmode=disable", halt
}

// postgresReady starts a login. A server that accepts logins asks for the password;
// one that is still starting returns an error.
func postgresReady(c net.Conn) error {
	const version3 = 196608
	hello := binary.BigEndian.AppendUint32(nil, version3)
	hello = append(hello, "user\x00vega\x00database\x00postgres\x00\x00"...)
	if _, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(4+len(hello))), hello...)); err != nil {
		return err
	}
	answer := make([]byte, 1)
	if _, err := c.Read(answer); err != nil {
		return err
	}
	if answer[0] != 'R' {
		return errors.New("the server does not accept logins yet")
	}
	return nil
}

// MariaDB starts MariaDB with an empty database "app" of the user "vega",
// whose password is Password, and returns the DSN for the MySQL driver.
func MariaDB(t testing.TB) (dsn string) {
	t.Helper()
	return mariadb(t, nil)
}

// MariaDBTLS is like MariaDB, but the server has TLS.
func MariaDBTLS(t testing.TB, leaf *Leaf) (dsn string) {
	t.Helper()
	return mariadb(t, leaf)
}

func mariadb(t testing.TB, leaf *Leaf) (dsn string) {
	t.Helper()
	mariadbd, install := Program(t, "mariadbd", "mariadb-server"), Program(t, "mariadb-install-db", "mariadb-server")
	Program(t, "my_print_defaults", "mariadb-server") // called by mariadb-install-db
	cred := credential(t, "mysql")
	dir, port := directory(t, cred), FreePort(t)
	data, first := filepath.Join(dir, "data"), filepath.Join(dir, "first.sql")
	write(t, first, fmt.Sprintf(mariadbUsers, Password))
	run(t, cred, dir, install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	args := []string{
		"--no-defaults", "--datadir=" + data, "--init-file=" + first,
		"--port=" + port, "--bind-address=127.0.0.1", "--socket=" + filepath.Join(dir, "s"), "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0",
	}
	if leaf != nil {
		cert, key := hand(t, cred, dir, leaf)
		args = append(args, "--ssl-cert="+cert, "--ssl-key="+key)
	}
	serve(t, cred, dir, "127.0.0.1:"+port, greeted, mariadbd, args...)
	return fmt.Sprintf("vega:%s@tcp(127.0.0.1:%s)/app", Password, port)
}

// mariadbUsers creates accounts for 127.0.0.1, which take precedence over the
// anonymous accounts of an installation. Each line is one statement.
const mariadbUsers = `CREATE DATABASE app;
CREATE USER vega@'127.0.0.1' IDENTIFIED BY '%s';
GRANT ALL ON app.* TO vega@'127.0.0.1';
GRANT FILE ON *.* TO vega@'127.0.0.1';
`

func greeted(c net.Conn) error {
	_, err := c.Read(make([]byte, 1))
	return err
}

// Redis starts Redis, with a password unless that is empty, and returns
// host:port.
func Redis(t testing.TB, password string) (addr string) {
	t.Helper()
	directives := ""
	if password != "" {
		directives = fmt.Sprintf("requirepass %q\n", password)
	}
	return RedisWith(t, nil, directives)
}

// RedisWith starts Redis with the lines of a configuration file and returns
// host:port. If leaf is not nil, the server uses TLS.
func RedisWith(t testing.TB, leaf *Leaf, directives string) (addr string) {
	t.Helper()
	server := Program(t, "redis-server", "redis-server")
	dir, port := directory(t, nil), FreePort(t)
	config := filepath.Join(dir, "redis.conf")
	text := fmt.Sprintf("bind 127.0.0.1\nport %s\nsave \"\"\ndir %s\n%s", port, dir, directives)
	ready := redisReady
	if leaf != nil {
		text += fmt.Sprintf("port 0\ntls-port %s\ntls-cert-file %s\ntls-key-file %s\ntls-auth-clients no\n", port, leaf.CertFile, leaf.KeyFile)
		ready = connected
	}
	write(t, config, text)
	serve(t, nil, dir, "127.0.0.1:"+port, ready, server, config)
	return "127.0.0.1:" + port
}

// redisReady accepts any response except that of a server that is still loading.
func redisReady(c net.Conn) error {
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && strings.HasPrefix(line, "-LOADING") {
		err = errors.New(line)
	}
	return err
}

// Nginx starts nginx with the directives of one server block, such as `location / {
// return 200 "fine"; }`, and returns host:port. If leaf is not nil, the server uses
// TLS.
func Nginx(t testing.TB, leaf *Leaf, directives string) (addr string) {
	t.Helper()
	nginx := Program(t, "nginx", "nginx")
	dir, port := directory(t, nil), FreePort(t)
	listen := "listen 127.0.0.1:" + port + ";"
	if leaf != nil {
		listen = fmt.Sprintf("listen 127.0.0.1:%s ssl; ssl_certificate %s; ssl_certificate_key %s;", port, leaf.CertFile, leaf.KeyFile)
	}
	config := filepath.Join(dir, "nginx.conf")
	write(t, config, fmt.Sprintf(nginxConfig, dir, listen, directives))
	serve(t, nil, dir, "127.0.0.1:"+port, connected, nginx, "-c", config, "-p", dir, "-e", filepath.Join(dir, "error.log"))
	return "127.0.0.1:" + port
}

// nginxConfig makes nginx run as a single process that writes only to its directory.
const nginxConfig = `daemon off;
master_process off;
pid %[1]s/pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path %[1]s/body;
  proxy_temp_path %[1]s/proxy;
  fastcgi_temp_path %[1]s/fastcgi;
  uwsgi_temp_path %[1]s/uwsgi;
  scgi_temp_path %[1]s/scgi;
  server {
    %[2]s
    %[3]s
  }
}
`

// write writes a file that the server's user can read.
func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// hand copies a certificate and its key to the directory of a server, which
// accepts only files of its own user.
func hand(t testing.TB, cred *syscall.Credential, dir string, leaf *Leaf) (cert, key string) {
	t.Helper()
	cert, key = filepath.Join(dir, "server.pem"), filepath.Join(dir, "server.key")
	for to, from := range map[string]string{cert: leaf.CertFile, key: leaf.KeyFile} {
		text, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, text, 0o600)
		}
		if err == nil && cred != nil {
			err = os.Chown(to, int(cred.Uid), int(cred.Gid))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
