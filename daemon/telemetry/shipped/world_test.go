package shipped

import (
	"fmt"
	"testing"

	"vega/daemon/realtest"
)

// everything is a configuration with an integration of each status and whatever else the
// rules and dashboards show: TLS, a metric by SQL that works and one that does not, a
// notifier that gets messages and one that does not.
const everything = `
network {
  ca_file = "ca.pem"
}
integration "web" {
  probe    = core.http
  interval = "1s"
  timeout  = "1s"
  config {
    url = "%[1]s/"
  }
}
integration "slow" {
  probe    = core.http
  interval = "2s"
  timeout  = "2s"
  config {
    url         = "%[1]s/slow"
    max_latency = "1ms"
  }
}
integration "down" {
  probe    = core.http
  interval = "2s"
  timeout  = "2s"
  config {
    url = "%[1]s/down"
  }
}
integration "moved" {
  probe    = core.http
  interval = "2s"
  timeout  = "2s"
  config {
    url = "%[1]s/moved"
  }
}
integration "flap" {
  probe    = core.http
  interval = "1s"
  timeout  = "1s"
  config {
    url = "%[1]s/flap"
  }
}
integration "off" {
  probe   = core.http
  enabled = false
  config {
    url = "%[1]s/"
  }
}
integration "secure" {
  probe    = core.http
  interval = "2s"
  timeout  = "2s"
  config {
    url = "%[2]s"
  }
}
integration "store" {
  probe    = core.database
  interval = "2s"
  timeout  = "2s"
  config {
    database = database.vega
  }
}
metrics {
  max_series = 1
}
metric "orders_open" {
  database = database.vega
  query    = "SELECT 'new' AS state, 3 AS n UNION ALL SELECT 'paid', 4"
  value    = "n"
  labels   = ["state"]
  interval = "1s"
  timeout  = "1s"
}
metric "broken" {
  database = database.vega
  query    = "SELECT n FROM no_such_table"
  value    = "n"
  interval = "1s"
  timeout  = "1s"
}
notifier "inbox" {
  type = "webhook"
  url  = "%[1]s/inbox"
}
notifier "lost" {
  type = "webhook"
  url  = "%[1]s/down"
}
alert "health-checks" {
  integrations = ["*"]
  after        = 1
}
`

// complete is the integration of everything that has a value for each panel.
const complete = "secure"

// world is a vega with integrations of each status, and a Prometheus that scrapes it.
type world struct {
	*daemon
	targets *targets
	config  string
}

// start starts a vega that shows everything, and Prometheus with the shipped rules.
func start(t *testing.T) *world {
	t.Helper()
	realtest.Program(t, "prometheus", "prometheus") // before anything is built
	w := &world{targets: startTargets(t)}
	w.config = fmt.Sprintf(everything, w.targets.plain.URL, w.targets.named(t))
	w.daemon = serve(t, w.config, map[string]string{"ca.pem": w.targets.ca})
	return w
}
