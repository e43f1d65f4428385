package bind

import (
	"slices"
	"strings"

	"vega/daemon/config/schema"
)

const (
	noAlerts  = "remove it: an alert block selects integrations and names who is notified; vega docs config alert describes it"
	noRetries = "remove it: vega has no retries; after in an alert block is how many evaluations in a row must be bad"
	intoDSN   = "put it into dsn, which contains the whole address"
	inTLS     = "use the tls block of the integration: tls { … }; vega docs config integration.tls describes it"
	inAuth    = "use the auth block of the integration: auth { … }; vega docs config integration.auth describes it"
)

// fixes are what to write instead of a name that other programs have in a
// block, by the block and the name.
var fixes = map[string]map[string]string{
	"": foreign,
	"integration": byName(map[string]string{
		noAlerts:  "alert alerts alerting notify notification notifications contacts contact_groups notification_interval webhook pager",
		noRetries: "retry retries max_retries max_check_attempts failure_threshold success_threshold fall rise retry_interval",
		"use the name of the block, or description":                                      "name title id display_name",
		"use for_each, which makes an instance of the integration for each target":       "count foreach dynamic targets instances",
		"use probe = PLUGIN.PROBE, such as core.http":                                    "type kind prober check module check_command",
		"write the options of the probe in config { }":                                   "options params settings args",
		"use enabled = false":                                                            "disabled disable paused active",
		"use network { proxy = … }, which is for all integrations":                       "proxy http_proxy https_proxy",
		"use interval, a duration such as \"5m\"; cron is for core.heartbeat, in config": "cron schedule",
		"use headers and the like in config { }, and auth { } for credentials":           "basic_auth bearer_token authentication",
		"use tls { skip_verify = true }, or rather tls { ca_file = … } or a fingerprint": "insecure insecure_skip_verify verify_ssl ignore_tls",
	}),
	"config": byName(map[string]string{
		"use network { resolver = … }, which is for all integrations": "dns_resolver resolvers nameservers",
		noRetries: "retry retries max_retries attempts",
		noAlerts:  "alert alerts notify",
		inTLS:     "insecure insecure_skip_verify verify verify_ssl verify_tls ignore_tls tls_config ssl ssl_verify ca_cert client_certificate",
		inAuth:    "basic_auth basicauth bearer bearer_token bearer_token_file oauth2 authentication authorization auth_type",
		"remove it; connect_to in the integration chooses one address":                                                   "ip_version ip_protocol preferred_ip_protocol ip_protocol_fallback family ipv4 ipv6 resolve",
		"use a condition for each, such as expect_status, expect_json or max_latency; vega docs config PROBE lists them": "conditions condition assertions asserts expect",
		"use network { proxy = … }, which is for all integrations":                                                       "proxy proxy_url http_proxy",
		"use url = \"https://…\"":                                      "fail_if_not_ssl",
		"remove it: the scheme of the target says whether TLS is used": "fail_if_ssl",
		"use send and expect":                                          "query_response",
		"use expect_headers":                                           "fail_if_header_matches fail_if_header_not_matches",
		"use expect":                                                   "validate_answer_rrs validate_authority_rrs validate_additional_rrs valid_rcodes",
		"remove it: vega speaks HTTP/1.1 and HTTP/2":                   "valid_http_versions http_version enable_http2 compression",
	}),
	"database": byName(map[string]string{
		intoDSN: "host hostname address port user username password pass name database dbname url uri connection_string sslmode path file",
	}),
	"defaults": byName(map[string]string{
		"write it in each integration; network { ca_file = … } trusts an authority for all":                    "tls ca_file",
		"write it in each integration: credentials and grants are for its own targets only":                    "auth grant headers username password token",
		"write it in each integration; for_each is for targets that have everything but the address in common": "config probe connect_to url enabled depends_on description",
	}),
	"server": byName(map[string]string{
		"use host = \"ADDRESS\" and port = NUMBER":                                       "listen address bind addr interface listen_address",
		"use auth_header, with the header in which an authenticating proxy names people": "oidc oauth2 ldap saml sso auth basic_auth auth_proxy user_header remote_user_header proxy_auth_header",
	}),
	"alert": byName(map[string]string{
		"use above or below, with the bound":                          "when operator comparison condition expr expression query threshold value",
		"write escalate { after = …, notify = [ … ] }, on four lines": "escalation escalations escalation_policy",
		"name the integrations in integrations":                       "name group label labels",
		"remove it: the end of each incident is sent":                 "send_on_resolved send_resolved notify_recovery",
		"remove it: messages are made by vega":                        "message title summary description template subject annotations",
		"remove it: alerts are evaluated with each run":               "interval evaluation_interval every",
	}),
	"notifier": byName(map[string]string{
		"write it in the alerts that this notifier is for":    "severity alerts repeat_interval integrations",
		"remove it: vega groups and repeats by itself":        "group_wait group_interval group_by rate_limit interval",
		"remove it: each message is made by vega":             "message template title text format username icon icon_url icon_emoji avatar headers body method",
		"write tls = \"starttls\", \"implicit\" or \"none\"":  "starttls ssl use_tls encryption security",
		"write address = \"HOST:PORT\"":                       "host port server hostname",
		"remove the block, or name other notifiers in notify": "enabled disabled active",
	}),
	"maintenance": byName(map[string]string{
		"use days, from and to":                        "cron schedule duration length every recurrence rrule",
		"for a single window, run: vega silence add":   "date start_date end_date once",
		"remove it: no alert notifies during a window": "alerts notify silence",
		"remove the block to turn it off":              "enabled disabled active",
	}),
	"status_page": byName(map[string]string{
		"use names = { INTEGRATION = \"Public name\" }":                                "aliases alias public_names display_names labels",
		"use integrations, which also selects by group and label":                      "monitors endpoints services checks components groups group members",
		"remove it: the page is at /status/NAME, with the name of the block":           "path slug url domain id",
		"remove it: everyone who can reach vega can read the page":                     "password key token auth public private",
		"remove it: the page shows public names, states, uptime and incidents, always": "description footer logo theme css history show_uptime",
		"remove the block to turn it off":                                              "enabled disabled active",
	}),
	"dead_man": byName(map[string]string{
		"remove the block to turn it off": "enabled disabled active",
		"remove it: the request is a GET": "method body headers",
	}),
	"metrics": byName(map[string]string{
		"remove it: the path is /metrics":                                             "path metrics_path endpoint",
		"remove it: GET /metrics always works, with a key":                            "enabled enable",
		"remove it: the scraper decides when":                                         "interval scrape_interval timeout",
		"write it into server { key \"NAME\" { value = …, scopes = [\"metrics\"] } }": "token api_key key password username basic_auth auth",
	}),
	"telemetry": byName(map[string]string{
		"move it into otlp { }": "endpoint headers interval traces metrics sample ca_file sampler",
		"use otlp { … }":        "opentelemetry otel tracing otlphttp exporter exporters",
		"use metrics { }":       "prometheus",
	}),
	"otlp": byName(map[string]string{
		"remove it: vega sends OTLP over HTTP with protobuf":                        "protocol encoding compression transport",
		"remove it: http:// in endpoint is not encrypted, and https:// is":          "insecure tls insecure_skip_verify",
		"set OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES in vega's environment":   "service_name service resource resource_attributes attributes",
		"remove it: the time for a request is fixed":                                "timeout",
		"remove it: logs are written to standard error":                             "logs",
		"remove the block to turn it off, or set traces = false or metrics = false": "enabled disabled",
	}),
	"statsd": byName(map[string]string{
		"use address = \"HOST:PORT\"":                   "host port",
		"use tags = true":                               "tag_format datadog dogstatsd",
		"remove it: vega decides when metrics are sent": "interval flush_interval",
		"remove the block to turn it off":               "enabled disabled",
	}),
	"metric": byName(map[string]string{
		"remove it: each metric is a gauge":                        "type metric_type kind",
		"remove it: the name of the metric is that of the block":   "name metric_name",
		"use threshold or alert blocks, with metric = metric.NAME": "warning error above below alert threshold",
		"use the labels of the rows; each is a column":             "static_labels const_labels key_labels",
		"remove it: the connection is in the database block":       "dsn driver host user password",
		"remove the block to turn it off":                          "enabled disabled",
	}),
	"scrape_module": byName(map[string]string{
		"use probe = PLUGIN.PROBE, such as core.http or core.tcp":                                            "prober type kind check",
		"write the options of the probe in config { }":                                                       "http tcp dns icmp grpc options params settings args",
		"remove it: the target comes with each request, and targets says which may come":                     "url target address for_each for_each_file",
		"remove it: Prometheus decides when":                                                                 "interval scrape_interval",
		"write headers in config { }; a module has no auth block, because its target comes with the request": "auth basic_auth authorization bearer_token",
		"remove it: a module may reach its target alone":                                                     "grant",
		"remove it: a module makes one connection to each target":                                            "connect_to depends_on",
		"remove the block to turn it off":                                                                    "enabled disabled",
	}),
	"log": byName(map[string]string{
		"remove it: the flag --log-format of vega serve chooses":           "format type",
		"remove it: vega logs to standard error, for a supervisor to keep": "file path output",
	}),
	"auth": byName(map[string]string{
		"remove it: the attributes in the block say which": "type kind method",
	}),
	"store": byName(map[string]string{
		"remove it: the store is one SQLite file": "type driver dsn url",
	}),
}

// synonyms are names that other programs use for an attribute, by its name. One
// counts where the block has the attribute.
var synonyms = map[string]string{
	"integrations": "targets checks services monitors endpoints selector selectors match matchers", "above": "gt greater_than over max upper", "below": "lt less_than under min lower",
	"for": "duration pending_period for_duration hold", "after": "failure_threshold max_check_attempts consecutive fall retries failures count delay wait", "clear_after": "success_threshold rise recovery_threshold",
	"clear_for": "keep_firing_for", "severity": "level priority urgency", "notify": "notifiers notifier receivers receiver contacts contact_groups channels send_to recipients",
	"repeat_interval": "repeat renotify renotify_interval reminder reminders remind resend_interval notification_interval", "timezone": "tz time_zone location", "to": "end until stop ends_at recipients recipient",
	"key": "routing_key integration_key service_key api_key apikey user_key", "chat": "chat_id", "room": "room_id", "secrets": "secret signing_secret signing_key hmac_secret", "every": "period frequency heartbeat",
	"type": "service kind provider", "days": "weekdays day_of_week day", "status": "statuses states state on", "user": "username login smtp_user",
	"interval": "every period frequency check_interval scrape_interval heartbeat_interval poll_interval repeat", "timeout": "deadline check_timeout",
	"labels": "tags tag metadata annotations", "depends_on": "dependencies needs requires after parents", "description": "notes comment",
	"runbook": "notes_url docs dashboard runbook_url", "memory": "mem memory_limit",
	"expect_status": "status status_code status_codes valid_status_codes accepted_statuscodes accepted_statuses expected_status",
	"max_latency":   "response_time max_response_time latency", "expect_body": "keyword contains expected_body body_contains response_contains",
	"expect_regex": "fail_if_body_not_matches_regexp regex pattern", "reject_regex": "fail_if_body_matches_regexp", "expect_json": "json json_path jsonpath json_query",
	"min_cert_days": "certificate_expiration cert_days cert_expiry expiry_days days_left", "min_days": "certificate_expiration cert_days cert_expiry expiry_days days_left min_cert_days",
	"follow_redirects": "no_follow_redirects ignore_redirect max_redirects redirects", "body": "payload data request_body", "method": "http_method verb",
	"headers": "header request_headers http_headers", "url": "uri endpoint target link website webhook webhook_url hook homeserver topic_url", "address": "target addr endpoint server hostport smarthost smtp_server smtp_host smtp",
	"max_body": "body_size_limit max_body_size", "server": "dns_server nameserver resolver",
	"name":    "domain hostname query_name query host",
	"ca_file": "ca ca_cert cafile cacert ca_bundle ca_certificate", "client_cert": "cert certificate cert_file client_certificate tls_cert", "client_key": "key key_file private_key tls_key",
	"cert_file": "cert certificate client_cert certificate_file", "key_file": "key private_key client_key private_key_file", "skip_verify": "insecure insecure_skip_verify verify",
	"server_name": "sni servername", "min_version": "version min_tls_version", "fingerprint": "pin sha256 thumbprint",
	"username": "user login", "password": "pass secret smtp_password", "token": "bearer bearer_token access_token api_key apikey bot_token", "token_url": "url tokenurl endpoint", "client_id": "id clientid", "scopes": "scope",
	"resolver": "dns nameserver nameservers resolvers", "proxy": "http_proxy https_proxy proxy_url", "no_proxy": "noproxy",
	"targets": "allow allowed allowed_targets hosts target_patterns permit", "probe": "prober", "from": "start begin starts_at sender mail_from target_option param", "query": "sql statement select", "value": "column value_column values",
	"max_series": "limit max_rows cardinality_limit", "listen": "address listen_address bind addr", "help": "description desc doc", "sample": "sampler sampling sample_rate sampling_ratio ratio", "prefix": "namespace metric_prefix", "tags": "labels dogstatsd_tags", "endpoint": "url address target host collector",
	"api_key": "key apikey token password auth", "error": "critical crit", "warning": "warn", "keep_runs": "retention keep days history",
	"dir": "path directory folder", "driver": "type kind engine",
}

// otherName returns what to write instead of a name that other programs use, or
// "".
func otherName(name string, in *schema.Block) string {
	if isVariable(name) && in.Name == "" && !slices.Contains(in.Names(), strings.ToLower(name)) {
		return "set it in the environment of vega; env(\"" + name + "\") is its value"
	}
	return fixes[in.Name][strings.ToLower(name)]
}

// synonymOf returns the attribute of a block that other programs call by a name,
// or "".
func synonymOf(name string, in *schema.Block) string {
	for _, r := range in.Rows {
		if slices.Contains(strings.Fields(synonyms[r.Name]), strings.ToLower(name)) {
			return r.Name
		}
	}
	return ""
}

// isVariable reports whether a name is written like one of the environment.
func isVariable(name string) bool {
	return len(name) > 3 && len(name) <= 80 && strings.ToUpper(name) == name && strings.Contains(name, "_")
}

// byName turns fixes with the names that they are for around.
func byName(names map[string]string) map[string]string {
	all := map[string]string{}
	for fix, words := range names {
		for name := range strings.FieldsSeq(words) {
			all[name] = fix
		}
	}
	return all
}
