package main

// The configurations of the story "peers": what the documents of each program show as
// usual, with three failures, an interval of 60 s and resolves.

// vegaPeer is added to what every story has. The built-in alert on health checks uses the
// webhook: three failures, two successes.
const vegaPeer = quiet + `
integration "root" {
  probe    = core.http
  interval = "60s"
  timeout  = "5s"
  config {
    url = "{{.Target}}root"
  }
}
integration "child" {
  probe      = core.http
  interval   = "60s"
  timeout    = "5s"
  depends_on = [integration.root]
  for_each   = [{{range $n, $c := .Children}}{{if $n}}, {{end}}"{{$c}}"{{end}}]
  config {
    url = "{{.Target}}${each.value}"
  }
}
notifier "inbox" {
  type = "webhook"
  url  = "{{.Inbox}}"
}
`

// quiet turns off the built-in alerts that a busy machine opens.
const quiet = `
alert "cpu" {
  enabled = false
}
alert "memory" {
  enabled = false
}
alert "slow-queries" {
  enabled = false
}
`

const gatusConfig = `
web:
  address: 127.0.0.1
  port: {{.Port}}
storage:
  type: sqlite
  path: gatus.db
alerting:
  custom:
    url: {{.Inbox}}
    method: POST
    body: '{"state": "[ALERT_TRIGGERED_OR_RESOLVED]", "name": "[ENDPOINT_NAME]"}'
    default-alert:
      failure-threshold: 3
      success-threshold: 2
      send-on-resolved: true
endpoints:
{{- range .All}}
  - name: {{.}}
    url: {{$.Target}}{{.}}
    interval: 60s
    client:
      timeout: 5s
    conditions: ["[STATUS] == 200"]
    alerts:
      - type: custom
{{- end}}
`

const blackboxConfig = `
modules:
  http_2xx:
    prober: http
    timeout: 5s
`

// prometheusConfig probes through blackbox_exporter, as its README shows.
const prometheusConfig = `
global:
  scrape_interval: 60s
  evaluation_interval: 60s
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - static_configs:
        - targets: ["127.0.0.1:{{.Alertmanager}}"]
scrape_configs:
  - job_name: blackbox
    metrics_path: /probe
    params:
      module: [http_2xx]
    static_configs:
{{- range .All}}
      - targets: ["{{$.Target}}{{.}}"]
        labels:
          target: {{.}}
          role: {{if eq . "root"}}root{{else}}child{{end}}
{{- end}}
    relabel_configs:
      - source_labels: [__address__]
        target_label: __param_target
      - source_labels: [__param_target]
        target_label: instance
      - target_label: __address__
        replacement: 127.0.0.1:{{.Blackbox}}
`

// prometheusRules is fired by three scrapes that fail.
const prometheusRules = `
groups:
  - name: targets
    rules:
      - alert: TargetDown
        expr: probe_success == 0
        for: 2m
`

// alertmanagerConfig groups all of an alert, and lets the root inhibit its children.
const alertmanagerConfig = `
route:
  receiver: inbox
  group_by: [alertname]
  group_wait: 10s
  group_interval: 1m
  repeat_interval: 4h
inhibit_rules:
  - source_matchers: ['role="root"']
    target_matchers: ['role="child"']
receivers:
  - name: inbox
    webhook_configs:
      - url: {{.Inbox}}
        send_resolved: true
`
