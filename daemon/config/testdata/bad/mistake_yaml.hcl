endpoints:
  - name: website
    url: "https://example.com"
    interval: 60s
    conditions:
      - "[STATUS] == 200"
alerting:
  slack:
    webhook-url: "https://hooks.slack.com/x"
