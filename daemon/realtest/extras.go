package realtest

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Memcached starts memcached with additional arguments and returns its address.
func Memcached(t testing.TB, args ...string) (addr string) {
	t.Helper()
	bin := Program(t, "memcached", "memcached")
	cred := credential(t, "nobody")
	addr = "127.0.0.1:" + FreePort(t)
	_, port, _ := net.SplitHostPort(addr)
	serve(t, cred, directory(t, cred), addr, connected, bin, append([]string{"-l", "127.0.0.1", "-p", port, "-U", "0"}, args...)...)
	return addr
}

// Chrony starts a chronyd that serves the machine's time as if from a reference
// clock of the given stratum, and returns its address. It does not set the clock.
// With stratum 0, the server reports that it is not synchronized.
func Chrony(t testing.TB, stratum int) (addr string) {
	t.Helper()
	bin := Program(t, "chronyd", "chrony")
	cred := credential(t, "_chrony")
	dir := directory(t, cred)
	port := FreePort(t)
	conf := fmt.Sprintf("bindaddress 127.0.0.1\nport %s\ncmdport 0\nbindcmdaddress /\npidfile %s/pid\nallow 127.0.0.1\n", port, dir)
	if stratum > 0 {
		conf += fmt.Sprintf("local stratum %d\n", stratum)
	}
	path := filepath.Join(dir, "chrony.conf")
	write(t, path, conf)
	addr = "127.0.0.1:" + port
	serve(t, cred, dir, "udp:"+addr, answersTime, bin, "-f", path, "-x", "-d", "-U")
	return addr
}

// answersTime sends an NTP request.
func answersTime(c net.Conn) error {
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := c.Write(append([]byte{0x23}, make([]byte, 47)...)); err != nil {
		return err
	}
	_, err := c.Read(make([]byte, 48))
	return err
}

// network splits an address into network and address. The network may be given as a
// prefix, such as "udp:".
func network(addr string) (network, address string) {
	if a, ok := strings.CutPrefix(addr, "udp:"); ok {
		return "udp", a
	}
	return "tcp", addr
}

// Mosquitto starts an MQTT broker with additional configuration lines, and returns
// its address. The lines may refer to the given files as %s/NAME.
func Mosquitto(t testing.TB, config string, files map[string]string) (addr string) {
	t.Helper()
	bin := Program(t, "mosquitto", "mosquitto")
	cred := credential(t, "mosquitto")
	dir := directory(t, cred)
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	addr = "127.0.0.1:" + FreePort(t)
	_, port, _ := net.SplitHostPort(addr)
	path := filepath.Join(dir, "mosquitto.conf")
	write(t, path, fmt.Sprintf("listener %s 127.0.0.1\nlog_dest stderr\n", port)+strings.ReplaceAll(config, "%s", dir))
	serve(t, cred, dir, addr, connected, bin, "-c", path)
	return addr
}

// PostgresStandby starts a streaming standby of the PostgreSQL server at dsn, and
// returns the DSN of the standby.
func PostgresStandby(t testing.TB, dsn string) string {
	t.Helper()
	parts := programs(t, "postgresql", "postgres", "pg_basebackup")
	server, backup := parts[0], parts[1]
	cred := credential(t, "postgres")
	dir, port := directory(t, cred), FreePort(t)
	data := filepath.Join(dir, "data")
	run(t, cred, dir, backup, "-d", dsn, "-D", data, "-R", "-X", "stream", "--checkpoint=fast", "--no-sync")
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = "127.0.0.1:" + port
	serve(t, cred, dir, u.Host, postgresReady, server,
		"-D", data, "-p", port, "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "logging_collector=off", "-c", "max_connections=20")
	return u.String()
}
