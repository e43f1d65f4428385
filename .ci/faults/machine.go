package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// missing returns why the machine can't be given a fault, or "".
func missing(needs []need) string {
	for _, n := range needs {
		if n == clock {
			continue
		}
		if os.Geteuid() != 0 {
			return "needs root"
		}
		if why := probes()[n]; why != "" {
			return why
		}
	}
	return ""
}

// probes returns, for each need, why it can't be met; "" if it can.
var probes = sync.OnceValue(func() map[need]string {
	why := map[need]string{}
	ctx := context.Background()
	ns, err := newNamespace(ctx, fmt.Sprintf("kit-%d-probe", os.Getpid()))
	if err == nil {
		why[netem] = missingNetem(ctx, ns)
	}
	ns.remove()
	why[network] = reason("no network namespaces", err)
	_, err = groupDir("memory")
	why[memoryGroup] = reason("no memory cgroup", err)
	_, err = groupDir("cpu")
	why[cpuGroup] = reason("no cpu cgroup", err)
	_, err = groupDir("blkio")
	why[ioGroup] = reason("no blkio cgroup", err)
	_, err = exec.LookPath("nft")
	why[firewall] = reason("no nftables", err)
	_, err = exec.LookPath("mkfs.ext4")
	if err == nil {
		err = command(ctx, "losetup", "-f")
	}
	why[loop] = reason("no loop device", err)
	why[root] = reason("no mounts", tryMount(ctx))
	return why
})

// tryMount mounts something and takes it away: in a container, root may not.
func tryMount(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		return err
	}
	defer os.Remove(dir)
	if err := command(ctx, "mount", "-t", "tmpfs", "-o", "size=64k", "kit", dir); err != nil {
		return err
	}
	return command(ctx, "umount", dir)
}

func reason(what string, err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf("%s: %v", what, err)
}

// groupDir returns where cgroups of a controller are made.
func groupDir(controller string) (string, error) {
	for _, dir := range []string{"/sys/fs/cgroup/" + controller, "/sys/fs/cgroup"} {
		if dir == "/sys/fs/cgroup" {
			have, err := os.ReadFile(dir + "/cgroup.subtree_control")
			if err != nil || !strings.Contains(string(have), controller) {
				continue
			}
		}
		if unix.Access(dir+"/cgroup.procs", unix.W_OK) == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no writable controller %s", controller)
}

// group is a cgroup with one process.
type group string

// newGroup makes a cgroup and moves the process into it.
func newGroup(controller string, pid int) (group, error) {
	parent, err := groupDir(controller)
	if err != nil {
		return "", err
	}
	g := group(filepath.Join(parent, fmt.Sprintf("kit-%d", pid)))
	if err := os.Mkdir(string(g), 0o755); err != nil && !os.IsExist(err) {
		return "", err
	}
	return g, g.set("cgroup.procs", strconv.Itoa(pid))
}

// set writes a file of the cgroup.
func (g group) set(file, value string) error {
	return os.WriteFile(filepath.Join(string(g), file), []byte(value), 0)
}

// limitMemory sets the limit in bytes; 0 removes it.
func (g group) limitMemory(bytes int64) error {
	value := strconv.FormatInt(bytes, 10)
	if _, err := os.Stat(filepath.Join(string(g), "memory.max")); err == nil {
		if bytes == 0 {
			value = "max"
		}
		return g.set("memory.max", value)
	}
	if bytes == 0 {
		value = "-1"
	}
	return g.set("memory.limit_in_bytes", value)
}

// limitProcessor sets the share of one processor, in percent; 0 removes it.
func (g group) limitProcessor(percent int) error {
	quota := strconv.Itoa(percent * 1000) // µs of 100 ms
	if _, err := os.Stat(filepath.Join(string(g), "cpu.max")); err == nil {
		if percent == 0 {
			quota = "max"
		}
		return g.set("cpu.max", quota+" 100000")
	}
	if percent == 0 {
		quota = "-1"
	}
	return g.set("cpu.cfs_quota_us", quota)
}

// mount gives vega the data directory that the fault needs.
func (t *trial) mount(ctx context.Context) error {
	switch t.place {
	case small:
		t.disk = t.dir // the data directory is in it, and can be renamed
		return t.mountAt(ctx, t.disk, "-t", "tmpfs", "-o", fmt.Sprintf("size=%d", smallSize), "kit")
	case ext4:
		return t.mountDisk(ctx)
	default:
		return nil
	}
}

// mountAt mounts something on a directory until the end of the trial.
func (t *trial) mountAt(ctx context.Context, dir string, arguments ...string) error {
	if err := command(ctx, "mount", append(arguments, dir)...); err != nil {
		return err
	}
	t.atEnd(func() { _ = command(context.Background(), "umount", "-l", dir) })
	return nil
}

// mountDisk mounts a file system in a sparse file. The file is larger than the tmpfs
// that it is on, so that filling the tmpfs makes its writes fail.
func (t *trial) mountDisk(ctx context.Context) error {
	under := t.dir + ".under"
	if err := os.Mkdir(under, 0o700); err != nil {
		return err
	}
	if err := t.mountAt(ctx, under, "-t", "tmpfs", "-o", fmt.Sprintf("size=%d", smallSize), "kit"); err != nil {
		return err
	}
	image := filepath.Join(under, "image")
	file, err := os.Create(image)
	if err != nil {
		return err
	}
	if err := file.Truncate(2 * smallSize); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := command(ctx, "mkfs.ext4", "-q", "-O", "^has_journal", "-E", "lazy_itable_init=1,nodiscard", image); err != nil {
		return err
	}
	t.disk = t.data("")
	return t.mountAt(ctx, t.disk, "-o", "loop,sync,errors=remount-ro", image)
}
