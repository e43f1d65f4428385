package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"

	"vega/daemon/config"
)

// formatting is what the flags of fmt say.
type formatting struct {
	check bool
	diff  bool
}

func fmtCommand() *cobra.Command {
	var o formatting
	c := &cobra.Command{
		Use:   "fmt [FILE…]",
		Short: "Lay configuration files out as HCL is commonly written",
		Long: `Lay configuration files out as HCL is commonly written: vega.hcl and the files in
policies, or those that are named; - is standard input, laid out on standard
output. Only blanks change: a file that would mean something else is left alone.

Exits 0 if all is well, 1 if a file is not valid HCL (with --check, also if one
would change), 2 if a file can't be read or written.`,
		RunE: func(cmd *cobra.Command, paths []string) error { return format(cmd, paths, o) },
	}
	c.Flags().BoolVar(&o.check, "check", false, "write nothing; name the files that would change, and fail if there are any")
	c.Flags().BoolVar(&o.diff, "diff", false, "write nothing; show what would change")
	return c
}

func format(cmd *cobra.Command, paths []string, o formatting) error {
	if len(paths) == 1 && paths[0] == "-" {
		return formatInput(cmd)
	}
	if len(paths) == 0 {
		var err error
		if paths, err = config.Paths(configPath(cmd)); err != nil {
			return err
		}
	}
	var result error
	for _, path := range paths {
		err := formatFile(cmd, path, o)
		if e := (*exit)(nil); err != nil && !errors.As(err, &e) {
			return err
		}
		result = errors.Join(result, err)
	}
	if result != nil {
		return &exit{exitError, nil}
	}
	return nil
}

// formatFile says by an exit that the file is not as it should be; any other
// error is of reading or writing.
func formatFile(cmd *cobra.Command, path string, o formatting) error {
	src, err := config.ReadFile(path)
	if err != nil {
		return err
	}
	laid, err := layOut(cmd, path, src)
	if err != nil || bytes.Equal(src, laid) {
		return err
	}
	out := cmd.OutOrStdout()
	if !o.diff {
		fmt.Fprintln(out, path)
	}
	if o.diff {
		fmt.Fprint(out, difference(path, src, laid))
	}
	if o.check {
		return &exit{exitError, nil}
	}
	if o.diff {
		return nil
	}
	return replaceFile(path, laid)
}

func layOut(cmd *cobra.Command, name string, src []byte) ([]byte, error) {
	laid, diags, err := config.Format(name, src)
	if err != nil {
		fmt.Fprintln(cmd.ErrOrStderr(), err)
		return nil, &exit{exitError, nil}
	}
	if diags.HasErrors() {
		if err := say(cmd, diags); err != nil {
			return nil, err
		}
		return nil, &exit{exitError, nil}
	}
	return laid, nil
}

func formatInput(cmd *cobra.Command) error {
	src, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), config.MaxFile+1))
	if err != nil {
		return fmt.Errorf("read standard input: %w", err)
	}
	laid, err := layOut(cmd, "standard input", src)
	if err != nil {
		return err
	}
	_, err = cmd.OutOrStdout().Write(laid)
	return err
}

// difference shows what changed between two texts of a file, with what may be
// a secret hidden.
func difference(path string, before, after []byte) string {
	return udiff.Unified(path, path, config.Masked(before), config.Masked(after))
}

// replaceFile puts another text in the place of a file, all of it or nothing:
// who reads meanwhile sees the one or the other. A link stays one.
func replaceFile(path string, text []byte) (err error) {
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	if f, err := os.OpenFile(target, os.O_WRONLY, 0); err != nil { // who made it read-only meant it
		return err
	} else if err := f.Close(); err != nil {
		return err
	}
	part, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s stays as it was: %w", path, errors.Join(err, os.Remove(part.Name())))
		}
	}()
	_, err = part.Write(text)
	err = errors.Join(err, part.Chmod(info.Mode().Perm()), keepOwner(part, info), part.Sync(), part.Close())
	if err != nil {
		return err
	}
	return os.Rename(part.Name(), target)
}
