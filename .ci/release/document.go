package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// document writes the manual pages and the completion scripts, by running the binary
// for this machine.
func document(ctx context.Context, r *release) error {
	vega := r.Binaries[host()]
	if vega == "" {
		vega = filepath.Join(r.Work, "host", host().binary())
		if err := r.compileFor(ctx, host(), vega); err != nil {
			return fmt.Errorf("%s: %w", host(), err)
		}
	}
	r.Documents = filepath.Join(r.Work, "documents")
	completion := filepath.Join(r.Documents, "completion")
	if err := os.MkdirAll(completion, 0o755); err != nil {
		return err
	}
	if _, err := r.vega(ctx, vega, "docs", "man", "--dir", filepath.Join(r.Documents, "man")); err != nil {
		return err
	}
	for shell, name := range map[string]string{"bash": "vega.bash", "zsh": "_vega", "fish": "vega.fish"} {
		script, err := r.vega(ctx, vega, "completion", shell)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(completion, name), script, 0o644); err != nil {
			return err
		}
	}
	version, err := r.vega(ctx, vega, "version")
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(version, []byte("vega "+r.Version+" ("+r.Commit[:12])) {
		return fmt.Errorf("the binary is not stamped; it says: %s", version)
	}
	return nil
}

// vega runs the binary, away from any configuration.
func (r *release) vega(ctx context.Context, path string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = r.Documents
	cmd.Env = []string{"HOME=" + r.Documents}
	return output(cmd)
}
