package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// identify finds the commit, and refuses a working tree that differs from it unless
// Modified asks for that.
func (r *release) identify(ctx context.Context) error {
	if _, err := exec.LookPath("git"); err != nil {
		return fmt.Errorf("a release is made from a commit: %w", err)
	}
	top, err := r.git(ctx, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	r.Repository = strings.TrimSpace(string(top))
	head, err := r.git(ctx, nil, "log", "-1", "--format=%H %cI")
	if err != nil {
		return err
	}
	commit, date, _ := strings.Cut(strings.TrimSpace(string(head)), " ")
	at, err := time.Parse(time.RFC3339, date)
	if err != nil {
		return fmt.Errorf("the date of commit %s: %w", commit, err)
	}
	r.Commit, r.Date = commit, at.UTC()
	changes, err := r.git(ctx, nil, "status", "--porcelain")
	if err != nil {
		return err
	}
	if len(changes) > 0 && !r.Modified {
		return fmt.Errorf("these files differ from the commit; commit or stash them, or build them as they are with -dirty:\n%s", firstLines(changes, 10))
	}
	r.Modified = len(changes) > 0
	return nil
}

// firstLines returns at most n lines of a text.
func firstLines(text []byte, n int) string {
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(lines) > n {
		lines = append(lines[:n], fmt.Sprintf("... and %d more", len(lines)-n))
	}
	return strings.Join(lines, "\n")
}

// git runs Git in the repository, and returns its output. Settings of this machine
// that change what is exported are off.
func (r *release) git(ctx context.Context, env []string, args ...string) ([]byte, error) {
	args = append([]string{"-C", r.Repository, "-c", "core.autocrlf=false", "-c", "core.attributesFile=", "-c", "tar.umask=0022"}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Env = append(os.Environ(), env...)
	return output(cmd)
}

// output runs a command. Its error contains what the command wrote to standard error.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, firstLines(stderr.Bytes(), 40))
	}
	return stdout.Bytes(), nil
}

// export writes the sources to Tree: those of the commit, or the files as they are.
func export(ctx context.Context, r *release) error {
	tree := r.Commit
	var env []string
	if r.Modified {
		var err error
		if tree, env, err = r.snapshot(ctx); err != nil {
			return err
		}
	}
	archive, err := r.git(ctx, env, "archive", "--format=tar", tree)
	if err != nil {
		return err
	}
	r.Tree = filepath.Join(r.Work, "tree")
	return extract(bytes.NewReader(archive), r.Tree)
}

// snapshot makes a tree of the files as they are, those that Git ignores excepted,
// and returns its name and the environment in which Git finds it. The repository and
// its index stay as they are.
func (r *release) snapshot(ctx context.Context) (tree string, env []string, err error) {
	objects, err := r.git(ctx, nil, "rev-parse", "--path-format=absolute", "--git-path", "objects")
	if err != nil {
		return "", nil, err
	}
	own := filepath.Join(r.Work, "objects")
	if err := os.Mkdir(own, 0o755); err != nil {
		return "", nil, err
	}
	env = []string{
		"GIT_INDEX_FILE=" + filepath.Join(r.Work, "index"),
		"GIT_OBJECT_DIRECTORY=" + own,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + strings.TrimSpace(string(objects)),
	}
	for _, args := range [][]string{{"read-tree", "HEAD"}, {"add", "--all"}} {
		if _, err := r.git(ctx, env, args...); err != nil {
			return "", nil, err
		}
	}
	name, err := r.git(ctx, env, "write-tree")
	return strings.TrimSpace(string(name)), env, err
}

// extract writes the files of an archive to a new directory.
func extract(archive io.Reader, dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for in := tar.NewReader(archive); ; {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch h.Typeflag {
		case tar.TypeDir:
			err = root.MkdirAll(filepath.Clean(h.Name), 0o755)
		case tar.TypeReg:
			err = extractFile(root, h, in)
		case tar.TypeSymlink:
			err = root.Symlink(h.Linkname, h.Name)
		}
		if err != nil {
			return err
		}
	}
}

func extractFile(root *os.Root, h *tar.Header, in io.Reader) error {
	f, err := root.OpenFile(h.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, h.FileInfo().Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(f, in)
	return errors.Join(err, f.Close())
}
