package build

import (
	"context"
	"os"
	"os/exec"
)

func readyGo(context.Context, job) error {
	if find("go") == "" {
		return notInPath("Go", "the Go toolchain", "install it from your distribution or from go.dev")
	}
	return nil
}

func compileGo(ctx context.Context, j job) ([]byte, error) {
	if err := readyGo(ctx, j); err != nil {
		return nil, err
	}
	env := append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOWASM=", "GOWORK=off")
	if err := checkGo(ctx, j, env); err != nil {
		return nil, err
	}
	return inTemp(func(out string) error {
		mode := "c-shared" // a library without main
		if j.command {
			mode = "exe"
		}
		args := []string{"build", "-trimpath", "-buildvcs=false", "-buildmode=" + mode, "-ldflags=-s -w -buildid=", "-o", out, "."}
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir, cmd.Env = j.dir, env
		return run(cmd, j.said)
	})
}
