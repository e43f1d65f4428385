package realtest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
)

// Prometheus starts Prometheus with a configuration. files are other files by name, in
// the directory of the configuration, and more are flags. It returns the URL.
func Prometheus(t testing.TB, config string, files map[string]string, more ...string) (url string) {
	t.Helper()
	program := Program(t, "prometheus", "prometheus")
	dir, address := directory(t, nil), net.JoinHostPort("127.0.0.1", FreePort(t))
	path := filepath.Join(dir, "prometheus.yml")
	write(t, path, config)
	for name, text := range files {
		write(t, filepath.Join(dir, name), text)
	}
	flags := append(more, "--config.file="+path, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	serve(t, nil, dir, address, answersReady(address), program, flags...)
	return "http://" + address
}

// answersReady returns a check of a server that says at /-/ready whether it is ready.
func answersReady(address string) func(net.Conn) error {
	return func(c net.Conn) error {
		if _, err := io.WriteString(c, "GET /-/ready HTTP/1.1\r\nHost: "+address+"\r\nConnection: close\r\n\r\n"); err != nil {
			return err
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return err
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the server answers %s", answer.Status)
		}
		return nil
	}
}
