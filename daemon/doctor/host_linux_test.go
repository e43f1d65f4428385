package doctor

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sys/unix"

	"vega/daemon/config"
	"vega/daemon/realtest"
	"vega/plugins/grant"
	"vega/plugins/manifest"
)

// nobody is the account that vega runs as in these tests.
var nobody = account{known: true, uid: 65534, groups: []int{65534}, name: "nobody"}

// give gives files to nobody.
func give(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.Chown(path, nobody.uid, nobody.uid); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPermissions(t *testing.T) {
	needRoot(t)
	for name, c := range map[string]struct {
		change func(t *testing.T, h *host, dir string)
		status Status
		text   string
	}{
		"its own":               {func(*testing.T, *host, string) {}, StatusOK, "runs as nobody"},
		"another user's":        {func(t *testing.T, _ *host, dir string) { own(t, dir) }, StatusError, "belongs to root and has mode 0700"},
		"open to all":           {func(t *testing.T, _ *host, dir string) { mode(t, dir, 0o777) }, StatusError, "can replace the database"},
		"database of root":      {func(t *testing.T, _ *host, dir string) { own(t, dir+"/vega.db") }, StatusError, "can't use "},
		"log of root":           {func(t *testing.T, _ *host, dir string) { write(t, dir+"/vega.db-wal", "x", 0o600) }, StatusError, "vega.db-wal"},
		"others read":           {func(t *testing.T, _ *host, dir string) { mode(t, dir+"/vega.db", 0o644) }, StatusWarning, "other users can read or write"},
		"not to be created":     {func(t *testing.T, _ *host, dir string) { remove(t, dir) }, StatusError, "nobody may not create it"},
		"a file":                {func(t *testing.T, _ *host, dir string) { remove(t, dir); write(t, dir, "", 0o600) }, StatusError, "is not a directory"},
		"configuration of root": {func(t *testing.T, h *host, _ string) { mode(t, h.Path, 0o600) }, StatusError, "can't read "},
		"configuration for all": {func(t *testing.T, h *host, _ string) { mode(t, h.Path, 0o666) }, StatusError, "everyone on this machine can change what vega runs"},
		"above it, closed":      {func(t *testing.T, h *host, _ string) { mode(t, filepath.Dir(h.Path), 0o700) }, StatusError, "can't read "},
		"open vega.env":         {func(t *testing.T, h *host, _ string) { write(t, filepath.Dir(h.Path)+"/vega.env", "A=b\n", 0o644) }, StatusWarning, "vega.env holds secrets"},
		"vega.env of its group": {func(t *testing.T, h *host, _ string) {
			env := filepath.Dir(h.Path) + "/vega.env"
			write(t, env, "A=b\n", 0o640)
			if err := os.Chown(env, 0, nobody.uid); err != nil {
				t.Fatal(err)
			}
		}, StatusOK, "runs as nobody"},
		"vega.env of root": {func(t *testing.T, h *host, _ string) { write(t, filepath.Dir(h.Path)+"/vega.env", "A=b\n", 0o600) }, StatusError, "vega.env"},
		"a link to itself": {func(t *testing.T, _ *host, dir string) {
			remove(t, dir)
			if err := os.Symlink(dir, dir); err != nil {
				t.Fatal(err)
			}
		}, StatusError, "data_dir can't be used"},
		"by a symbolic link": {func(t *testing.T, h *host, dir string) {
			if err := os.Rename(dir, dir+".real"); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(dir+".real", dir); err != nil {
				t.Fatal(err)
			}
		}, StatusOK, "runs as nobody"},
		"by an access list": {func(t *testing.T, _ *host, dir string) { own(t, dir+"/vega.db"); allow(t, dir+"/vega.db") }, StatusOK, "runs as nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, plain)
			passable(t, h.Path)
			dir := h.data(t)
			write(t, dir+"/vega.db", "x", 0o600)
			give(t, dir, dir+"/vega.db")
			h.account = nobody
			c.change(t, h, dir)
			found := checkPermissions(t.Context(), h)
			expect(t, found, c.status, c.text)
			if c.status == StatusOK {
				fine(t, found)
			}
		})
	}
}

// passable lets everyone search the directories of a test above a path.
func passable(t *testing.T, path string) {
	t.Helper()
	for dir := filepath.Dir(filepath.Dir(path)); strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		mode(t, dir, 0o755)
	}
}

func own(t *testing.T, path string) {
	t.Helper()
	if err := os.Chown(path, 0, 0); err != nil {
		t.Fatal(err)
	}
}

func mode(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// allow gives nobody a file by an access list, as setfacl -m u:nobody:rw does.
func allow(t *testing.T, path string) {
	t.Helper()
	list := binary.LittleEndian.AppendUint32(nil, 2)
	for _, e := range []struct {
		tag, rights uint16
		id          uint32
	}{{1, 6, 1<<32 - 1}, {2, 6, 65534}, {4, 0, 1<<32 - 1}, {16, 6, 1<<32 - 1}, {32, 0, 1<<32 - 1}} {
		list = binary.LittleEndian.AppendUint16(list, e.tag)
		list = binary.LittleEndian.AppendUint16(list, e.rights)
		list = binary.LittleEndian.AppendUint32(list, e.id)
	}
	if err := unix.Setxattr(path, "system.posix_acl_access", list, 0); err != nil {
		realtest.Missing(t, "the file system has no access lists: "+err.Error())
	}
}

func TestSmallDisk(t *testing.T) {
	h := newHost(t, plain)
	fine(t, checkDisk(t.Context(), h))
	h.loaded.Config.DataDir = realtest.SmallDisk(t, 8<<20)
	h.loaded.Config.Store.Path = h.loaded.Config.DataDir + "/vega.db"
	found := checkDisk(t.Context(), h)
	expect(t, found, StatusError, "free, so vega can't store results")
	expect(t, found, StatusWarning, "is in memory (tmpfs)")
}

func TestNoRoomForUpgrade(t *testing.T) {
	h := newHost(t, plain)
	h.loaded.Config.DataDir = realtest.SmallDisk(t, 64<<20)
	h.loaded.Config.Store.Path = h.loaded.Config.DataDir + "/vega.db"
	write(t, h.loaded.Config.Store.Path, strings.Repeat("x", 30<<20), 0o600)
	expect(t, checkDisk(t.Context(), h), StatusWarning, "which an upgrade copies first")
}

func TestReadOnlyDisk(t *testing.T) {
	h := newHost(t, plain)
	h.loaded.Config.DataDir = realtest.SmallDisk(t, 8<<20)
	if err := syscall.Mount("", h.loaded.Config.DataDir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	expect(t, checkDisk(t.Context(), h), StatusError, "mounted read-only")
}

func TestNoInodes(t *testing.T) {
	needRoot(t)
	h, dir := newHost(t, plain), t.TempDir()
	if err := syscall.Mount("vega-test", dir, "tmpfs", 0, "size=400m,nr_inodes=4"); err != nil {
		realtest.Missing(t, "can't mount a file system: "+err.Error())
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	for n := range 3 {
		write(t, fmt.Sprintf("%s/%d", dir, n), "", 0o600)
	}
	h.loaded.Config.DataDir = dir
	expect(t, checkDisk(t.Context(), h), StatusError, "no inodes left")
}

// TestHungFileSystem mounts a file system whose server never answers.
func TestHungFileSystem(t *testing.T) {
	needRoot(t)
	h, dir := newHost(t, plain), t.TempDir()
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		realtest.Missing(t, "no /dev/fuse: "+err.Error())
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", f.Fd())
	if err := syscall.Mount("vega-test", dir, "fuse", 0, options); err != nil {
		_ = f.Close()
		realtest.Missing(t, "can't mount a file system: "+err.Error())
	}
	t.Cleanup(func() {
		_ = f.Close() // ends the calls that wait
		_ = syscall.Unmount(dir, syscall.MNT_DETACH)
	})
	h.Patience = 400 * time.Millisecond
	h.loaded.Config.DataDir, h.loaded.Config.Store.Path = dir+"/data", dir+"/data/vega.db"
	found := check{"disk", checkDisk}.within(t.Context(), h)
	expect(t, found, StatusError, "does not answer")
	found = check{"permissions", checkPermissions}.within(t.Context(), h)
	expect(t, found, StatusUnknown, "no answer within")
}

func TestOpenFiles(t *testing.T) {
	var many strings.Builder
	many.WriteString(plain)
	for n := range 300 {
		fmt.Fprintf(&many, "integration \"i%d\" {\n  probe = core.tcp\n  config { address = \"127.0.0.1:9\" }\n}\n", n)
	}
	h := newHost(t, many.String())
	fine(t, checkLimits(t.Context(), h))
	cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", "ulimit -n 256; echo; exec sleep 3600")
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	h.pid = cmd.Process.Pid
	expect(t, checkLimits(t.Context(), h), StatusWarning, "too low to run all 301 checks")
	if a, ok := accountOfProcess(h.pid); !ok || a.uid != os.Geteuid() {
		t.Errorf("the process runs as %+v", a)
	}
}

// resolver starts a DNS server and returns its address.
func resolver(t *testing.T, answer dns.HandlerFunc) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{PacketConn: conn, Handler: answer}
	go func() { _ = s.ActivateAndServe() }()
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String()
}

func TestResolver(t *testing.T) {
	h := newHost(t, plain+"integration \"named\" {\n  probe = core.tcp\n  config { address = \"db.vega-test.example:5432\" }\n}\n")
	reply := func(code int, with string) dns.HandlerFunc {
		return func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetRcode(q, code)
			if rr, err := dns.NewRR(q.Question[0].Name + with); err == nil && q.Question[0].Qtype == dns.TypeA && with != "" {
				m.Answer = append(m.Answer, rr)
			}
			_ = w.WriteMsg(m)
		}
	}
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for name, c := range map[string]struct {
		at     string
		status Status
		text   string
	}{
		"answers":      {resolver(t, reply(dns.RcodeSuccess, " 60 IN A 192.0.2.7")), StatusOK, "resolves 1 of 1 names"},
		"unknown name": {resolver(t, reply(dns.RcodeNameError, "")), StatusWarning, "knows no address of db.vega-test.example"},
		"refuses":      {resolver(t, reply(dns.RcodeRefused, "")), StatusError, "does not answer for db.vega-test.example"},
		"fails":        {resolver(t, reply(dns.RcodeServerFailure, "")), StatusError, "does not answer"},
		"silent":       {silent.LocalAddr().String(), StatusError, "time-out"},
		"closed":       {"127.0.0.1:" + realtest.FreePort(t), StatusError, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			h := *h
			c2 := *h.loaded.Config
			c2.Network.Resolver = c.at
			h.loaded.Config, h.Patience = &c2, time.Second
			expect(t, checkResolver(t.Context(), &h), c.status, c.text)
		})
	}
	fine(t, checkResolver(t.Context(), newHost(t, plain)))
}

// The names that vega resolves are those of every kind of destination; behind a proxy, not
// those that the proxy resolves.
func TestResolverLooksUpEveryKindOfHost(t *testing.T) {
	rule := func(kind manifest.Kind, text string) grant.Rule {
		r, err := grant.Parse(kind, text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	c := &config.Config{Integrations: []config.Integration{{Enabled: true, Grants: grant.Set{Rules: []grant.Rule{
		rule(manifest.HTTP, "GET https://http.example"), rule(manifest.Net, "tcp://net.example:1"), rule(manifest.WebSocket, "wss://websocket.example"),
		rule(manifest.SSH, "ssh.example:22"), rule(manifest.ICMP, "icmp.example"), rule(manifest.ICMP, "10.0.0.0/8"), rule(manifest.Unix, "GET /run/docker.sock"),
		rule(manifest.DNS, "asked.example"),
	}}}}}
	if got, want := strings.Join(hostNames(c), " "), "http.example icmp.example net.example ssh.example websocket.example"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	c.Network.Proxy = manifest.Plain("http://proxy.example:3128")
	if got, want := strings.Join(hostNames(c), " "), "icmp.example net.example proxy.example ssh.example"; got != want {
		t.Errorf("behind a proxy %s, want %s", got, want)
	}
}

// In a network namespace, the groups that may open ping sockets are its own.
func TestDoctorFindsThatEchoRequestsAreNotAllowed(t *testing.T) {
	if !realtest.ApartAs(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}, nil) {
		return
	}
	pings := config.Integration{Name: "router", Enabled: true, Grants: grant.Set{Rules: []grant.Rule{{Kind: manifest.ICMP, Host: "10.0.0.1"}}}}
	off, other := pings, config.Integration{Name: "web", Enabled: true}
	off.Enabled = false
	root := account{known: true, name: "root"}
	for name, c := range map[string]struct {
		groups string
		who    account
		of     config.Integration
		warns  bool
	}{
		"no group":               {"1 0", nobody, pings, true},
		"another group":          {"0 65533", nobody, pings, true},
		"its group":              {"65534 65534", nobody, pings, false},
		"all groups":             {"0 2147483647", nobody, pings, false},
		"root has CAP_NET_RAW":   {"1 0", root, pings, false},
		"nothing sends echoes":   {"1 0", nobody, other, false},
		"what sends them is off": {"1 0", nobody, off, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := &host{account: c.who}
			h.loaded.Config = &config.Config{Integrations: []config.Integration{c.of}}
			if err := os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte(c.groups), 0); err != nil {
				t.Fatal(err)
			}
			found := checkEchoes(h)
			if (len(found) == 1) != c.warns || len(found) > 1 {
				t.Fatalf("%+v", found)
			}
			if c.warns && (found[0].Status != StatusWarning || !strings.Contains(found[0].Found, "router") || !strings.Contains(found[0].ToDo, "net.ipv4.ping_group_range") || !strings.Contains(found[0].ToDo, "CAP_NET_RAW")) {
				t.Errorf("%+v", found[0])
			}
		})
	}
}

func TestPort(t *testing.T) {
	port := realtest.FreePort(t)
	at := func(more string) *host {
		h := newHost(t, fmt.Sprintf("data_dir = \"data\"\nserver {\n  port = %s\n%s}\n", port, more))
		h.answers = answers{base: "http://127.0.0.1:" + port, err: ErrNoDaemon}
		return h
	}
	expect(t, checkPort(t.Context(), at("")), StatusOK, "is free")
	expect(t, checkPort(t.Context(), at("  external_url = \"http://ops.example.com:"+port+"\"\n")), StatusWarning, "listens on 127.0.0.1 only")
	fine(t, checkPort(t.Context(), at("  external_url = \"https://ops.example.com/vega\"\n"))) // of a proxy
	foreign := at("")
	foreign.loaded.Config.Server.Host = "192.0.2.1"
	foreign.Patience = time.Second
	expect(t, checkPort(t.Context(), foreign), StatusError, "is not an address of this machine")
	if low := lowestPort(); low > 1 {
		h := at("")
		h.loaded.Config.Server.Port, h.account = 1, nobody
		expect(t, checkPort(t.Context(), h), StatusWarning, "CAP_NET_BIND_SERVICE")
		h.account = account{known: true}
		fine(t, checkPort(t.Context(), h))
	}
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	expect(t, checkPort(t.Context(), at("")), StatusError, fmt.Sprintf("(process %d)", os.Getpid()))
	mine := at("")
	mine.answers = answers{reached: true}
	expect(t, checkPort(t.Context(), mine), StatusOK, "is answered by this vega")
}

// TestAnotherVega checks that a vega that answers on the port is taken for that of the
// configuration, unless it can be seen that it is not.
func TestAnotherVega(t *testing.T) {
	port := realtest.FreePort(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	h := newHost(t, fmt.Sprintf("data_dir = \"data\"\nserver {\n  port = %s\n}\n", port))
	c := h.loaded.Config
	check := func(a answers, want bool) {
		t.Helper()
		if got := a.another(c); got != want {
			t.Errorf("another is %v", got)
		}
	}
	check(answers{}, false)
	check(answers{reached: true}, false) // it accepts the key
	refused := answers{reached: true, refused: ErrRefused}
	check(refused, true)
	path := storePath(c)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := os.Create(storePath(c))
	if err != nil {
		t.Fatal(err)
	}
	check(refused, false)
	if err := os.Remove(store.Name()); err != nil {
		t.Fatal(err)
	}
	check(refused, false) // its store was deleted
	_ = store.Close()
	check(refused, true)
	_ = l.Close()
	check(refused, false) // nobody is seen
}
