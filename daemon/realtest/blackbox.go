package realtest

import (
	"net"
	"path/filepath"
	"testing"
)

// Blackbox starts blackbox_exporter with the text of a configuration file, and returns
// its URL.
func Blackbox(t testing.TB, config string) (url string) {
	t.Helper()
	program := Program(t, "prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
	dir, port := directory(t, nil), FreePort(t)
	file := filepath.Join(dir, "blackbox.yml")
	write(t, file, config)
	address := net.JoinHostPort("127.0.0.1", port)
	serve(t, nil, dir, address, connected, program, "--config.file="+file, "--web.listen-address="+address)
	return "http://" + address
}
