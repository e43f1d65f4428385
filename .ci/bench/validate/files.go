package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// vegaFile returns a configuration with n integrations of five options each.
func vegaFile(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `integration "web-%[1]d" {
  probe    = core.http
  interval = "5m"
  timeout  = "10s"
  config {
    url           = "https://host-%[1]d.example.com/health?check=%[1]d"
    headers       = { Accept = "application/json", X-Check = "vega" }
    expect_status = [200, 204]
    max_latency   = "500ms"
  }
}

`, i)
	}
	return b.Bytes()
}

// terraformDir writes n resources with the same content for terraform's built-in
// provider, so that nothing is downloaded and no other process is involved.
func terraformDir(ctx context.Context, terraform, dir string, n int) error {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `resource "terraform_data" "web-%[1]d" {
  input = {
    probe         = "core.http"
    interval      = "5m"
    timeout       = "10s"
    url           = "https://host-%[1]d.example.com/health?check=%[1]d"
    headers       = { Accept = "application/json", X-Check = "vega" }
    expect_status = [200, 204]
    max_latency   = "500ms"
  }
}

`, i)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), b.Bytes(), 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, terraform, "init", "-no-color")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("terraform init: %w\n%s", err, out)
	}
	return nil
}
