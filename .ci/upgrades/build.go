package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// lastRelease is the last commit with schema 6. There is no published release yet.
const lastRelease = "77a9e8c7e1df8954485bab7089b776f7ee8b0677"

// build builds the programs. It returns why the old ones can't be built, or "".
func (k *kit) build(ctx context.Context) (string, error) {
	if !hasCommit(ctx, k.from) {
		return fmt.Sprintf("this clone has no commit %s, for example because it is shallow", k.from[:min(12, len(k.from))]), nil
	}
	tree := filepath.Join(k.work, "old")
	for _, dir := range []string{filepath.Join(tree, ".ci", "upgrades", "fill"), filepath.Join(k.work, "bin")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return "", err
		}
	}
	archive := filepath.Join(k.work, "old.tar")
	source := ".ci/upgrades/fill/main.go"
	k.old, k.fill = filepath.Join(k.work, "bin", "old"), filepath.Join(k.work, "bin", "fill")
	for _, c := range [][]string{
		{"git", "archive", "-o", archive, k.from},
		{"tar", "-xf", archive, "-C", tree},
		{"cp", source, filepath.Join(tree, source)},
		{"go", "-C", tree, "build", "-trimpath", "-ldflags=-s -w", "-o", k.old, "./daemon/vega"},
		{"go", "-C", tree, "build", "-trimpath", "-ldflags=-s -w", "-o", k.fill, "./.ci/upgrades/fill"},
	} {
		if text, err := output(ctx, c[0], c[1:]...); err != nil {
			return "", fmt.Errorf("%s: %w: %s", strings.Join(c, " "), err, text)
		}
	}
	if k.program == "" {
		k.program = filepath.Join(k.work, "bin", "vega")
		if text, err := output(ctx, "go", "build", "-ldflags=-s -w", "-o", k.program, "./daemon/vega"); err != nil {
			return "", fmt.Errorf("go build: %w: %s", err, text)
		}
	}
	var err error
	k.program, err = filepath.Abs(k.program)
	if path, missing := exec.LookPath("strace"); missing == nil {
		k.strace = path
	} else {
		fmt.Println("strace is not installed: all kills are at random moments, none after a counted system call")
	}
	return "", err
}

func hasCommit(ctx context.Context, name string) bool {
	_, err := output(ctx, "git", "cat-file", "-e", name+"^{commit}")
	return err == nil
}

// output runs a program and returns what it printed.
func output(ctx context.Context, name string, arguments ...string) (string, error) {
	text, err := exec.CommandContext(ctx, name, arguments...).CombinedOutput()
	return string(bytes.TrimSpace(text)), err
}
