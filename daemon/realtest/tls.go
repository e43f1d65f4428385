package realtest

import (
	"crypto/tls"
	"fmt"
	"net"
	"path/filepath"
	"testing"
)

// RedisTLS starts Redis with TLS only, and further configuration lines, and
// returns host:port.
func RedisTLS(t testing.TB, leaf *Leaf, caFile, more string) (addr string) {
	t.Helper()
	server := Program(t, "redis-server", "redis-server")
	dir, port := directory(t, nil), FreePort(t)
	config := filepath.Join(dir, "redis.conf")
	write(t, config, fmt.Sprintf("bind 127.0.0.1\nport 0\ntls-port %s\ntls-cert-file %s\ntls-key-file %s\ntls-ca-cert-file %s\nsave \"\"\ndir %s\n%s\n",
		port, leaf.CertFile, leaf.KeyFile, caFile, dir, more))
	serve(t, nil, dir, "127.0.0.1:"+port, greets, server, config)
	return "127.0.0.1:" + port
}

// greets reports whether a server answers a ClientHello, whatever it demands.
func greets(c net.Conn) error {
	answered := false
	err := tls.Client(c, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12, VerifyConnection: func(tls.ConnectionState) error {
		answered = true
		return nil
	}}).Handshake()
	if answered {
		return nil
	}
	return err
}
