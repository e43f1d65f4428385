package reference

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"vega/daemon/config/schema"
	"vega/daemon/config/syntax"
	"vega/plugins/manifest"
)

// labels are names of blocks in examples.
var labels = map[string]string{
	"key": "dashboard", "database": "app", "integration": "orders", "threshold": "memory",
	"notifier": "chat", "alert": "orders", "maintenance": "backup", "dead_man": "outside",
	"metric": "orders_open", "scrape_module": "http_2xx", "status_page": "public",
	"probe": "orders", "option": "url", "capability": "http",
}

// examples are values of attributes for which neither the default nor the type
// alone makes a good one.
var examples = map[string]string{
	"server.api_key":         `env("VEGA_API_KEY")`,
	"server.key.value":       `env("VEGA_DASHBOARD_KEY")`,
	"server.tls.cert_file":   `"cert.pem"`,
	"server.tls.key_file":    `"key.pem"`,
	"server.max_connections": `256`,

	"server.max_connections_per_client": `64`,

	"server.trusted_proxies":   `["127.0.0.1", "10.0.0.0/8"]`,
	"server.auth_header":       `"X-Forwarded-User"`,
	"store.path":               `".vega/vega.db"`,
	"store.keep_conversations": `"8760h"`,
	"llm.model_name":           `"llama3.2"`,
	"network.resolver":         `"10.0.0.2:53"`,
	"network.ca_file":          `"company-ca.pem"`,
	"network.proxy":            `"http://proxy.example.com:3128"`,
	"network.no_proxy":         `[".example.com", "10.0.0.0/8"]`,
	"database.dsn":             `env("APP_DSN")`,
	"integration.interval":     `"30s"`,
	"integration.timeout":      `"5s"`,
	"integration.depends_on":   `[integration.llm]`,
	"integration.group":        `"shop"`,
	"integration.labels":       `{ team = "payments" }`,
	"integration.description":  `"The health page of the orders service."`,
	"integration.runbook":      `"https://wiki.example.com/orders"`,
	"integration.for_each":     `{ web1 = "10.0.0.1", web2 = "10.0.0.2" }`,
	"defaults.interval":        `"30s"`,
	"defaults.timeout":         `"5s"`,
	"defaults.memory":          `"16MiB"`,
	"defaults.group":           `"shop"`,
	"defaults.labels":          `{ team = "payments" }`,
	"defaults.runbook":         `"https://wiki.example.com/orders"`,
	"include":                  `["conf.d/*.hcl"]`,

	"integration.for_each_file": `"hosts.txt"`,

	"integration.grant.http":      `["GET https://status.example.com"]`,
	"integration.grant.net":       `["tcp://mail.example.com:25"]`,
	"integration.grant.dns":       `["example.com"]`,
	"integration.grant.icmp":      `["10.0.0.0/8"]`,
	"integration.grant.websocket": `["wss://chat.example.com"]`,
	"integration.grant.ssh":       `["build.example.com:22"]`,
	"integration.grant.unix":      `["GET /run/docker.sock"]`,
	"integration.grant.sql":       `[database.app]`,
	"threshold.metric":            `system.memory.percent`,
	"threshold.warning":           `80`,
	"threshold.error":             `95`,
	"threshold.clear":             `75`,
	"threshold.when":              `"above"`,
	"name":                        `"acme"`,
	"version":                     `"1.0.0"`,
	"description":                 `"Checks the shop of ACME."`,
	"probe.summary":               `"Asks how many orders wait."`,
	"probe.needs_any":             `["url", "token"]`,
	"probe.interval":              `"1m"`,
	"probe.option":                optionBlock,
	"probe.option.type":           `"url"`,
	"probe.option.of":             `"string"`,
	"probe.option.description":    `"Where orders are counted."`,
	"probe.option.default":        `"https://orders.example.com"`,
	"probe.option.one_of":         `["GET", "HEAD"]`,
	"probe.option.schemes":        `["ws", "wss"]`,
	"probe.option.pattern":        `"[a-z]+"`,
	"probe.option.min":            `"1ms"`,
	"probe.option.max":            `"30s"`,
	"probe.capability.reason":     `"Asks the address that you configure."`,
	"probe.capability.from":       `["url"]`,
	"plugins.replace":             `["memcached"]`,
	"plugins.trusted_keys":        `["RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"]`,
	"integration.sha256":          `file("core.sha256")`,
	"probe.capability.hosts":      `["GET https://status.example.com"]`,
	"probe.capability.methods":    `["GET"]`,

	"alert":                    alertExample,
	"alert.integrations":       `["orders-*", "group:payments/*", "label:team=core"]`,
	"alert.metric":             `system.memory.percent`,
	"alert.above":              `80`,
	"alert.below":              `20`,
	"alert.clear":              `75`,
	"alert.after":              `3`,
	"alert.for":                `"5m"`,
	"alert.clear_for":          `"5m"`,
	"alert.notify":             `[notifier.chat]`,
	"alert.runbook":            `"https://wiki.example.com/orders"`,
	"alert.escalate":           "after  = \"15m\"\nnotify = [notifier.chat]\n",
	"alert.escalate.after":     `"15m"`,
	"alert.escalate.notify":    `[notifier.chat]`,
	"maintenance":              maintenanceExample,
	"maintenance.integrations": `["llm"]`,
	"maintenance.days":         `["sun"]`,
	"maintenance.from":         `"02:00"`,
	"maintenance.to":           `"04:00"`,
	"maintenance.timezone":     `"Europe/Berlin"`,
	"dead_man.url":             `env("HEALTHCHECKS_URL")`,

	"status_page":              statusPageExample,
	"status_page.title":        `"Example Shop"`,
	"status_page.integrations": `["orders", "group:shop"]`,
	"status_page.names":        `{ orders = "Orders", llm = "Assistant" }`,

	"metric":                  metricExample,
	"metric.value":            `"n"`,
	"metric.labels":           `["state"]`,
	"metric.help":             `"Orders by state."`,
	"metrics.listen":          `"127.0.0.1:9464"`,
	"telemetry":               telemetryExample,
	"telemetry.otlp":          otlpExample,
	"telemetry.otlp.endpoint": `"http://127.0.0.1:4318"`,
	"telemetry.otlp.headers":  `{ "api-key" = env("OTLP_KEY") }`,
	"telemetry.otlp.sample":   `0.1`,
	"telemetry.otlp.ca_file":  `"company-ca.pem"`,
	"scrape_module":           moduleExample,
	"scrape_module.targets":   `["https://*.example.com", "https://shop.example.org:8443"]`,
	"scrape_module.from":      `"url"`,
	"scrape_module.timeout":   `"5s"`,
	"scrape_module.memory":    `"16MiB"`,
	"scrape_module.config":    "expect_status = [200]\n",
	"scrape_module.tls":       "ca_file     = \"company-ca.pem\"\nmin_version = \"1.3\"\n",

	"integration.connect_to":         `"10.0.0.7:443"`,
	"integration.tls":                tlsBlock,
	"integration.auth":               authBlock,
	"integration.ssh":                sshBlock,
	"integration.tls.client_cert":    `"client.pem"`,
	"integration.tls.client_key":     `"client.key"`,
	"integration.tls.ca_file":        `"company-ca.pem"`,
	"integration.tls.server_name":    `"www.example.com"`,
	"integration.tls.fingerprint":    `"98:0A:F1:2C:45:D0:0B:7A:9D:12:AE:43:3B:51:6D:60:C1:7B:7C:88:0E:1E:52:7D:33:A9:0F:2B:6C:4D:5E:11"`,
	"integration.auth.username":      `"vega"`,
	"integration.auth.password":      `env("ORDERS_PASSWORD")`,
	"integration.auth.token":         `env("ORDERS_TOKEN")`,
	"integration.auth.token_url":     `"https://login.example.com/oauth2/token"`,
	"integration.auth.client_id":     `"vega"`,
	"integration.auth.client_secret": `env("ORDERS_CLIENT_SECRET")`,
	"integration.auth.scopes":        `["orders.read"]`,
	"integration.ssh.host_keys":      `["SHA256:uNiVztksCsDhcc0u9e8BrnXmnDCmnWgXTlxAhU1cm+U"]`,
	"integration.ssh.user":           `"vega"`,
	"integration.ssh.password":       `env("WEB_PASSWORD")`,
	"integration.ssh.private_key":    `"vega_ed25519"`,
	"integration.ssh.passphrase":     `env("WEB_PASSPHRASE")`,
	"integration.ssh.command":        `"systemctl is-active orders"`,
}

const tlsBlock = `client_cert = "client.pem"
client_key  = "client.key"
ca_file     = "company-ca.pem"
server_name = "www.example.com"
min_version = "1.3"
`

const authBlock = `token_url     = "https://login.example.com/oauth2/token"
client_id     = "vega"
client_secret = env("ORDERS_CLIENT_SECRET")
scopes        = ["orders.read"]
`

const sshBlock = `host_keys   = ["SHA256:uNiVztksCsDhcc0u9e8BrnXmnDCmnWgXTlxAhU1cm+U"]
user        = "vega"
private_key = "vega_ed25519"
command     = "systemctl is-active orders"
`

const alertExample = `integrations    = ["llm", "group:shop"]
status          = ["unhealthy"]
after           = 3
severity        = "critical"
notify          = [notifier.chat]
repeat_interval = "4h"
runbook         = "https://wiki.example.com/orders"
`

const maintenanceExample = `integrations = ["llm"]
days         = ["sun"]
from         = "02:00"
to           = "04:00"
timezone     = "Europe/Berlin"
`

const statusPageExample = `title        = "Example Shop"
integrations = ["orders", "llm"]
names        = { orders = "Orders", llm = "Assistant" }
`

const metricExample = `database = database.app
query    = "SELECT state, count(*) AS n FROM orders GROUP BY state"
value    = "n"
labels   = ["state"]
interval = "1m"
help     = "Orders by state."
`

const telemetryExample = `otlp {
endpoint = "http://127.0.0.1:4318"
}
statsd {
address = "127.0.0.1:8125"
}
`

const otlpExample = `endpoint = "https://otlp.example.com"
headers  = { "api-key" = env("OTLP_KEY") }
interval = "30s"
`

const moduleExample = `probe   = core.http
targets = ["https://*.example.com", "https://shop.example.org:8443"]
config {
expect_status = [200]
}
`

const optionBlock = `type        = "url"
required    = true
description = "Where orders are counted."
`

// exampleHeader returns the header of a block in an example.
func exampleHeader(s *schema.Block) string {
	switch l := labels[s.Name]; {
	case s.Label == "":
		return s.Name
	case l == "":
		return s.Name + ` "name"`
	default:
		return fmt.Sprintf("%s %q", s.Name, l)
	}
}

// exampleOf returns the attribute with a value, inside its blocks.
func (d documenter) exampleOf(r *schema.Row) string {
	if len(d.path) > 0 && d.path[0].Name == notifierName { // which attributes there are depends on the type
		return serviceExample(serviceWith(r.Name))
	}
	return d.wrapped(r.Name + " = " + d.exampleValue(r) + "\n")
}

// example returns the block in the path with all of its attributes, unless they
// exclude each other.
func (d documenter) example(s *schema.Block) string {
	var b strings.Builder
	name := strings.TrimSuffix(d.name(""), ".")
	if name == notifierName {
		return serviceExample(serviceWith("url"))
	}
	if e := examples[name]; e != "" {
		return d.wrapped(e)
	}
	for i := range s.Rows {
		if s.Rows[i].Type == schema.Targets || s.Rows[i].Name == "for_each_file" { // they exclude each other, and change all else
			continue
		}
		fmt.Fprintf(&b, "%s = %s\n", s.Rows[i].Name, d.exampleValue(&s.Rows[i]))
	}
	for _, in := range s.Blocks {
		if in.Open {
			b.WriteString(in.Name + " {\n" + openExample + "}\n")
		}
	}
	if s.Open {
		b.WriteString(openExample)
	}
	return d.wrapped(b.String())
}

// openExample is the content of a block whose attributes depend on the probe.
const openExample = "url = \"https://orders.example.com/health\"\n"

// wrapped puts text into the blocks of the path.
func (d documenter) wrapped(text string) string {
	for i := len(d.path) - 1; i >= 0; i-- {
		text = exampleHeader(d.path[i]) + " {\n" + text + "}\n"
	}
	return string(hclwrite.Format([]byte(text)))
}

func (d documenter) exampleValue(r *schema.Row) string {
	name := d.name(r.Name)
	if e := examples[name]; e != "" {
		return e
	}
	if shared, found := strings.CutPrefix(name, "scrape_module.tls."); found && examples["integration.tls."+shared] != "" {
		return examples["integration.tls."+shared]
	}
	return exampleValue(r)
}

// exampleValue returns a value made of a row's default or type.
func exampleValue(r *schema.Row) string {
	switch {
	case r.Type == manifest.Database:
		return "database.app"
	case r.Default != nil && !r.Sensitive:
		return literal(r.Default)
	case r.Type == manifest.List:
		return "[" + exampleElement(r) + "]"
	case r.Type == manifest.Map:
		return "{ name = " + exampleElement(r) + " }"
	default:
		return exampleElement(r)
	}
}

func exampleElement(r *schema.Row) string {
	switch t := r.Element(); {
	case r.Object != nil:
		return exampleObject(r.Object)
	case len(r.OneOf) > 0:
		return syntax.QuoteText(r.OneOf[0])
	case r.Sensitive && t != manifest.Bool && t != manifest.Number:
		return fmt.Sprintf("env(%q)", schema.VariableName(labels["integration"], r.Name))
	case t == manifest.Bool:
		return "true"
	case t == manifest.Number || t == schema.Whole:
		return exampleNumber(r)
	case t == manifest.Any:
		return `"…"`
	case r.DNS && t == manifest.String:
		return `"example.com"`
	case t == manifest.Address || r.Type == manifest.String || r.Type == manifest.URL && len(r.Schemes) > 0:
		return schema.Example(r)
	default:
		return schema.Sample(t)
	}
}

// exampleObject returns an object with its required fields.
func exampleObject(s *schema.Block) string {
	var fields []string
	for i := range s.Rows {
		if r := &s.Rows[i]; r.Required {
			fields = append(fields, r.Name+" = "+exampleValue(r))
		}
	}
	return "{ " + strings.Join(fields, ", ") + " }"
}

// exampleNumber returns a number within the bounds.
func exampleNumber(r *schema.Row) string {
	switch {
	case r.Min != nil:
		return schema.Amount(*r.Min, r.Type)
	case r.Max != nil:
		return schema.Amount(*r.Max, r.Type)
	default:
		return "1"
	}
}
