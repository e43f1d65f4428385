modules {
}
scrape_interval = "15s"
otlp {
}
statsd {
}
tracing = true
sql_exporter {
}
