package realtest

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
)

// Alertmanager starts Prometheus Alertmanager, which posts groups of alerts to a
// receiver's URL, also when they are resolved. It returns the URL.
func Alertmanager(t testing.TB, receiver string) (url string) {
	t.Helper()
	program := Program(t, "prometheus-alertmanager", "prometheus-alertmanager")
	dir, port := directory(t, nil), FreePort(t)
	config := filepath.Join(dir, "alertmanager.yml")
	write(t, config, fmt.Sprintf(alertmanagerConfig, receiver))
	address := net.JoinHostPort("127.0.0.1", port)
	serve(t, nil, dir, address, connected, program,
		"--config.file="+config, "--storage.path="+filepath.Join(dir, "data"), "--web.listen-address="+address, "--cluster.listen-address=")
	return "http://" + address
}

const alertmanagerConfig = `route:
  receiver: test
  group_by: [alertname]
  group_wait: 0s
  group_interval: 100ms
receivers:
  - name: test
    webhook_configs:
      - url: %q
        send_resolved: true
`
