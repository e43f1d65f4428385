package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// containerMemory is what the image is tested with, in bytes.
const containerMemory = 64 << 20

// container runs an unpacked image as an engine does: as the image's user, on a
// read-only root, with a volume, a network and a memory limit of its own.
type container struct {
	t      *testing.T
	config imageFile
	root   string
	volume string
	group  string // directory of the cgroup; its limit is memoryFile
	log    string // file with what vega writes
	pid    int    // of the first process inside; 0 before start
}

// imageFile is the part of an image's configuration that says how it is run.
type imageFile struct {
	Config struct {
		User, WorkingDir     string
		Env, Entrypoint, Cmd []string
		Volumes              map[string]struct{}
		Healthcheck          struct{ Test []string }
	} `json:"config"`
}

// TestImageStartsInLittleMemory unpacks the image of the release in VEGA_RELEASE into
// an empty root, and runs it in 64 MiB: from nothing to the first health answer, then
// the image's own health check.
func TestImageStartsInLittleMemory(t *testing.T) {
	dir := os.Getenv("VEGA_RELEASE")
	if dir == "" {
		t.Skip("VEGA_RELEASE does not name the directory of a release")
	}
	if os.Getuid() != 0 {
		t.Skip("only root can make cgroups")
	}
	for _, program := range []string{"umoci", "bwrap", "setpriv", "nsenter", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	images, err := filepath.Glob(filepath.Join(dir, "*_image.oci.tar"))
	if err != nil || len(images) != 1 {
		t.Fatalf("images in %s: %v, %v", dir, images, err)
	}
	began := time.Now()
	c := unpack(t, images[0])
	unpacked := time.Since(began)
	c.start()
	c.await("/readyz")
	ready := time.Since(began)
	health := c.await("/admin/integrations/health")
	first := time.Since(began)
	out, err := c.inside(c.config.Config.Healthcheck.Test[1:]...).CombinedOutput()
	t.Logf("image of %s: unpacked after %.1f s, ready after %.1f s, first health answer after %.1f s (%.1f s of CPU time for vega); at most %.1f MiB of %d in use, health check included",
		size(t, images[0]), unpacked.Seconds(), ready.Seconds(), first.Seconds(), c.processorTime().Seconds(), c.peak(), containerMemory>>20)
	t.Logf("%.400s", health)
	if err != nil {
		t.Errorf("the image's health check: %v\n%s", err, out)
	}
	if !bytes.HasPrefix(health, []byte(`{"status":"healthy"`)) {
		t.Errorf("%s\n%s", health, c.written())
	}
}

// unpack unpacks the image of this machine's platform into an empty root.
func unpack(t *testing.T, image string) *container {
	t.Helper()
	dir, err := os.MkdirTemp("", "vega-image-") //nolint:usetesting // only its user can enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = removeAll(dir) })
	files := filepath.Join(dir, "layout")
	c := &container{t: t, root: filepath.Join(dir, "root"), volume: filepath.Join(dir, "volume"), log: filepath.Join(dir, "log")}
	err = errors.Join(os.Chmod(dir, 0o755), os.Mkdir(files, 0o755), os.Mkdir(c.volume, 0o700), os.Chown(c.volume, nobody, nobody))
	if err != nil {
		t.Fatal(err)
	}
	run(t, "tar", "-xf", image, "-C", files)
	keepOwn(t, files)
	tags := strings.Fields(run(t, "umoci", "list", "--layout", files))
	if len(tags) != 1 {
		t.Fatalf("tags: %v", tags)
	}
	run(t, "umoci", "raw", "unpack", "--image", files+":"+tags[0], c.root)
	if err := json.Unmarshal(configOf(t, files), &c.config); err != nil {
		t.Fatal(err)
	}
	c.group = cgroup(t)
	return c
}

// keepOwn makes the image of this machine's platform the only one in a layout, because
// umoci chooses none from an index of several.
func keepOwn(t *testing.T, dir string) {
	t.Helper()
	all, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	top, err := all.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	tagged := top.Manifests[0]
	nested, err := all.ImageIndex(tagged.Digest)
	if err != nil {
		t.Fatal(err)
	}
	images, err := nested.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range images.Manifests {
		if m.Platform.OS == "linux" && m.Platform.Architecture == runtime.GOARCH {
			m.Annotations = tagged.Annotations
			top.Manifests = []v1.Descriptor{m}
		}
	}
	text, err := json.Marshal(top)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "index.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// configOf returns the configuration of this machine's image in a layout.
func configOf(t *testing.T, layout string) []byte {
	t.Helper()
	blobs, err := filepath.Glob(filepath.Join(layout, "blobs", "sha256", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, blob := range blobs {
		text, err := os.ReadFile(blob)
		if err != nil {
			t.Fatal(err)
		}
		var of struct{ Architecture, OS string }
		if json.Unmarshal(text, &of) == nil && of.OS == "linux" && of.Architecture == runtime.GOARCH {
			return text
		}
	}
	t.Fatalf("no configuration for %s in %s", runtime.GOARCH, layout)
	return nil
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := output(exec.CommandContext(t.Context(), name, args...))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// start starts the image's command.
func (c *container) start() {
	c.t.Helper()
	log, err := os.Create(c.log)
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	from, to, err := os.Pipe()
	if err != nil {
		c.t.Fatal(err)
	}
	defer from.Close()
	command := append(c.config.Config.Entrypoint, c.config.Config.Cmd...)
	cmd := c.command([]string{"--unshare-net", "--info-fd", "3"}, command)
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{to}
	if err := errors.Join(cmd.Start(), to.Close()); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		_ = cmd.Process.Kill() // bwrap ends with it what it started
		_ = cmd.Wait()
	})
	var info struct {
		Child int `json:"child-pid"`
	}
	if err := json.NewDecoder(from).Decode(&info); err != nil {
		_ = cmd.Wait()
		c.t.Fatalf("bwrap: %v\n%s", err, c.written())
	}
	c.pid = info.Child
}

// inside returns a command that runs in the running container, and counts in its
// memory.
func (c *container) inside(command ...string) *exec.Cmd {
	cmd := c.command(nil, command)
	cmd.Args = append([]string{"nsenter", c.network(), "--"}, cmd.Args...)
	cmd.Path, cmd.Err = exec.LookPath("nsenter")
	return cmd
}

func (c *container) network() string { return fmt.Sprintf("--net=/proc/%d/ns/net", c.pid) }

// command returns a command that joins the cgroup, becomes the image's user and runs
// a command on the image's root.
func (c *container) command(options, command []string) *exec.Cmd {
	uid, gid, _ := strings.Cut(c.config.Config.User, ":")
	args := []string{
		"-c", `echo $$ >"$0" && exec "$@"`, filepath.Join(c.group, "cgroup.procs"),
		"setpriv", "--reuid", uid, "--regid", gid, "--clear-groups", "--no-new-privs", "--bounding-set=-all",
		"bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--as-pid-1",
		"--ro-bind", c.root, "/", "--dev", "/dev", "--proc", "/proc",
		"--tmpfs", "/sys", "--ro-bind", c.group, "/sys/fs/cgroup/memory", "--remount-ro", "/sys",
		"--chdir", c.config.Config.WorkingDir, "--clearenv", "--setenv", "VEGA_API_KEY", apiKey,
	}
	for volume := range c.config.Config.Volumes {
		args = append(args, "--bind", c.volume, volume)
	}
	for _, v := range c.config.Config.Env {
		name, value, _ := strings.Cut(v, "=")
		args = append(args, "--setenv", name, value)
	}
	return exec.CommandContext(c.t.Context(), "/bin/bash", append(append(append(args, options...), "--"), command...)...)
}

const apiKey = "0123456789abcdef0123456789abcdef"

// await requests a path until vega answers 200, and returns the answer. It fails if
// vega ends.
func (c *container) await(path string) []byte {
	c.t.Helper()
	for {
		cmd := exec.CommandContext(c.t.Context(), "nsenter", c.network(), "--", "curl", "-fsS", "-H", "X-API-Key: "+apiKey, "http://127.0.0.1:8000"+path)
		if out, err := cmd.Output(); err == nil {
			return out
		}
		if _, err := os.Stat(fmt.Sprintf("/proc/%d/exe", c.pid)); err != nil {
			c.t.Fatalf("vega ended:\n%s", c.written())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (c *container) written() string {
	text, err := os.ReadFile(c.log)
	if err != nil {
		c.t.Error(err)
	}
	return string(text)
}

// processorTime returns the CPU time that vega has used.
func (c *container) processorTime() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.pid))
	if err != nil {
		c.t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	ticks := 0
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			c.t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// peak returns the most memory that the container had in use, in MiB.
func (c *container) peak() float64 {
	for _, name := range []string{"memory.max_usage_in_bytes", "memory.peak"} {
		if text, err := os.ReadFile(filepath.Join(c.group, name)); err == nil {
			n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			if err != nil {
				c.t.Fatal(err)
			}
			return float64(n) / (1 << 20)
		}
	}
	return 0
}

// cgroup makes a cgroup with the memory limit.
func cgroup(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("vega-image-%d", os.Getpid())
	for _, at := range []struct{ top, file string }{
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
		{"/sys/fs/cgroup", "memory.max"},
	} {
		dir := filepath.Join(at.top, name)
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() { _ = os.Remove(dir) })
		file := filepath.Join(dir, at.file)
		if _, err := os.Stat(file); err != nil {
			continue
		}
		if err := os.WriteFile(file, []byte(strconv.Itoa(containerMemory)), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	t.Skip("can't make a cgroup with a memory limit")
	return ""
}

func size(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%.1f MB", float64(info.Size())/1e6)
}
