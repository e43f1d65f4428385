package schema

import "slices"

// reports are the metrics of the probes of core, which no file can replace. Manifests do
// not declare metrics. core.flow has a metric for each of its steps, so it is not here.
var reports = map[string][]string{
	"core.database":   {"query_time", "rows", "value"},
	"core.dns":        {"answers", "response_time"},
	"core.docker":     {"containers_running", "containers_stopped", "containers_unhealthy", "restarts"},
	"core.grpc":       {"certificate_days", "response_time"},
	"core.heartbeat":  {"duration"},
	"core.http":       {"certificate_days", "response_time"},
	"core.icmp":       {"duplicates", "jitter", "loss", "rtt_avg", "rtt_max", "rtt_min", "ttl"},
	"core.llm":        {"models"},
	"core.osint":      {"hunter_credit_left", "hunter_search_left", "hunter_verification_left", "shodan_query_left"},
	"core.redis":      {"certificate_days", "ping"},
	"core.smtp":       {"certificate_days", "dialogue"},
	"core.ssh":        {"command", "connect"},
	"core.tcp":        {"certificate_days", "connect"},
	"core.tls":        {"certificate_days", "handshake"},
	"core.udp":        {"response_time"},
	"core.web_fetch":  {"certificate_days", "connect", "dns", "first_byte", "response_time", "tls"},
	"core.web_search": {"response_time", "results"},
	"core.websocket":  {"certificate_days", "connect", "response_time", "upgrade"},
}

// ProbeMetrics returns the metrics that a probe, as plugin.probe, can report. It returns
// none if they are not known.
func ProbeMetrics(probe string) []string { return slices.Clone(reports[probe]) }
