package plugins_test

import (
	"compress/gzip"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/crypto/ssh"

	"vega/plugins"
	"vega/plugins/egress"
	"vega/plugins/grant"
	"vega/plugins/manifest"
	"vega/plugins/scheduler"
	"vega/plugins/testdata/hostile"
	"vega/plugins/transport"
	"vega/policies/check"
	"vega/store/sqlite"
)

// spree describes a Spender to run in a process of its own, next to honest runs.
type spree struct {
	Module string
	Body   string // of the target's answers, by name
	Secure bool   // whether the target is asked over HTTPS
	AtOnce int    // runs; 0: 1
	Secret bool   // whether it gets one, so that all answers are searched for it
	Budget time.Duration

	World world
}

// world holds the addresses of the parent process's servers.
type world struct {
	HTTP, HTTPS, Blaster, DNS   string
	HTTP2, WebSocket, SSH, Unix string
	Roots                       string // PEM
	HostKey                     string // fingerprint of the SSH server
}

// bill is the result of a spree.
type bill struct {
	Results []plugins.Result
	Took    time.Duration
	CPU     time.Duration // of the process, honest runs included
	Peak    int64         // MiB more than before
	Honest  int           // runs
	Wrong   []string      // what was wrong with some of them
	Held    int64         // bytes of the host's memory that are counted afterwards
}

const spreeVariable, billPrefix = "VEGA_SPREE", "bill: "

// TestSpreeChild is the child process of TestSpenders.
func TestSpreeChild(t *testing.T) {
	text := os.Getenv(spreeVariable)
	if text == "" {
		return // only the child process runs it
	}
	var s spree
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	answer, err := json.Marshal(s.run(t))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(billPrefix + string(answer))
}

// files serves the SQLite file of the test as the database app.
type files struct{ *sqlite.Reader }

func (f files) Query(ctx context.Context, _, query string) (plugins.Rows, error) {
	rows, err := f.Reader.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return rows, nil
}

func (s spree) run(t *testing.T) bill {
	box := s.sandbox(t)
	honest, core := box.load(t, watWasm(t, "segments")), box.load(t, plugins.Core())
	check := func() { // of a stranger's plugin, of the bundled one, and of its database probe
		for _, r := range []plugins.Result{
			honest.Run(t.Context(), plugins.Input{Integration: "honest", Probe: "p", Timeout: patient}),
			core.Run(t.Context(), coreInput(t, core, "http", manifest.Values{"url": manifest.Plain(s.World.HTTP + "/ok"), "method": manifest.Plain("GET")})),
			core.Run(t.Context(), coreInput(t, core, "database", manifest.Values{"database": manifest.Plain("app"), "query": manifest.Plain("SELECT count(*) FROM kv")})),
		} {
			if r.Status != check.Healthy {
				panic(fmt.Sprintf("%s/%s %q after %v", r.Status, r.Cause, r.Message, r.Took))
			}
		}
	}
	check()
	spend := s.spender(t, box, core)
	b := bill{Results: make([]plugins.Result, max(1, s.AtOnce))}
	before, used, began := startPeak(), scheduler.ProcessTime(), time.Now()
	images := field("self", "RssShmem:") // the kernel counts the pages of an image, which are shared, for each instance
	shared := images
	var all sync.WaitGroup
	for i := range b.Results {
		all.Go(func() { b.Results[i] = spend(fmt.Sprint("spender", i)) })
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	for spending := true; spending; {
		if b.Honest < maxHonest { // what they compute counts in the bill
			b.try(check)
		}
		shared = max(shared, field("self", "RssShmem:"))
		select {
		case <-done:
			spending = false
		case <-time.After(20 * time.Millisecond):
		}
	}
	b.Took, b.CPU, b.Peak = time.Since(began), scheduler.ProcessTime()-used, field("self", "VmHWM:")-before-(shared-images)
	b.Held = box.HostMemoryHeld()
	return b
}

// spender returns what runs: a Spender, or the bundled http probe, which compares an
// answer with what it expects.
func (s spree) spender(t *testing.T, box *sandbox, core *module) func(integration string) plugins.Result {
	m, in := core, plugins.Input{}
	if s.Module == httpOfCore {
		in = coreInput(t, core, "http", manifest.Values{
			"url": manifest.Plain(s.World.HTTP + "/" + s.Body), "method": manifest.Plain("GET"),
			"expect_json": map[string]manifest.Value{`[1000][""]`: manifest.Plain("0"), "#": manifest.Plain("149797")},
		})
	} else {
		m = box.load(t, spenderWasm(t, s.Module))
		in = s.input(t, m)
	}
	return func(integration string) plugins.Result {
		mine := in
		mine.Integration = integration
		return m.Run(t.Context(), mine)
	}
}

const httpOfCore = "core.http"

const (
	// patient is a deadline that only a run that hangs reaches, however busy the
	// machine is.
	patient = 3 * time.Minute
	// maxHonest is how many honest runs are made next to the others.
	maxHonest = 150
)

// try makes honest runs.
func (b *bill) try(check func()) {
	defer func() {
		if p := recover(); p != nil {
			b.Wrong = append(b.Wrong, fmt.Sprint(p))
		}
	}()
	b.Honest += 3
	check()
}

func (s spree) sandbox(t *testing.T) *sandbox {
	path := filepath.Join(t.TempDir(), "app.db")
	own, err := sqlite.Open(t.Context(), path) // any file will do
	if err != nil {
		t.Fatal(err)
	}
	if err := own.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := sqlite.OpenForeign(path, sqlite.OnAccount(plugins.Accounts{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	network := egress.New(s.World.DNS)
	network.RootCAs = x509.NewCertPool()
	network.RootCAs.AppendCertsFromPEM([]byte(s.World.Roots))
	return newSandbox(t, plugins.Options{Network: network, Databases: files{reader}, CPUBudget: s.Budget})
}

func (s spree) input(t *testing.T, m *module) plugins.Input {
	t.Helper()
	url := s.World.HTTP
	if s.Secure {
		url = s.World.HTTPS
	}
	values := manifest.Values{
		"url": manifest.Plain(url + "/" + s.Body), "address": manifest.Plain(s.World.Blaster),
		"name": manifest.Plain("many.example"), "database": manifest.Plain("app"),
		"socket": manifest.Plain(s.World.WebSocket + "/" + s.Body), "path": manifest.Plain(s.World.Unix),
		"shell": manifest.Plain(s.World.SSH), "host": manifest.Plain("127.0.0.1"),
	}
	if strings.HasPrefix(s.Module, "http2-") {
		values["url"] = manifest.Plain(s.World.HTTP2 + "/" + s.Body)
	}
	if s.Secret {
		values["token"] = manifest.Text{{Text: "s3cret-of-the-operator", Secret: true}}
	}
	written := map[string]bool{}
	for name := range values {
		written[name] = true
	}
	p, _ := m.Manifest.Probe("p")
	block := grant.Set{KV: 2 << 20}
	dnsRule, err := grant.Parse(manifest.DNS, "many.example")
	if err != nil {
		t.Fatal(err)
	}
	dnsRule.Origin = grant.FromBlock
	block.Rules = append(block.Rules, dnsRule)
	set, _ := grant.Effective(grant.Request{Probe: p, Values: values, Written: written, Block: block})
	login := transport.SSH{
		User: manifest.Plain("vega"), Password: manifest.Text{{Text: sshPassword, Secret: true}}, Command: manifest.Plain("much"),
		HostKeys: []transport.HostKey{{Type: "ssh-ed25519", Fingerprint: s.World.HostKey}},
	}
	return plugins.Input{Probe: "p", Values: values, Grants: set, Timeout: patient, Transport: &transport.Options{SSH: login}}
}

func coreInput(t *testing.T, core *module, name string, values manifest.Values) plugins.Input {
	t.Helper()
	probe, _ := core.Manifest.Probe(name)
	set, _ := grant.Effective(grant.Request{Probe: probe, Values: values, Written: map[string]bool{"url": true, "database": true}, Bundled: true})
	return plugins.Input{Integration: "web", Probe: name, Values: values, Grants: set, Timeout: patient}
}

// spenderWasm packs the manifest into a Spender.
func spenderWasm(t testing.TB, name string) []byte {
	t.Helper()
	kinds := map[string]manifest.Capability{
		"http_request": {Kind: manifest.HTTP, Reason: "test", From: []string{"url"}},
		"dial":         {Kind: manifest.Net, Reason: "test", From: []string{"address"}, Methods: []string{"tcp"}},
		"resolve":      {Kind: manifest.DNS, Reason: "test", From: []string{"name"}},
		"sql_query":    {Kind: manifest.SQL, Reason: "test", From: []string{"database"}},
		"kv_get":       {Kind: manifest.KV, Reason: "test"},

		"http_unix":      {Kind: manifest.Unix, Reason: "test", From: []string{"path"}, Methods: []string{"GET"}},
		"websocket_open": {Kind: manifest.WebSocket, Reason: "test", From: []string{"socket"}},
		"ssh_connect":    {Kind: manifest.SSH, Reason: "test", From: []string{"shell"}},
		"icmp_echo":      {Kind: manifest.ICMP, Reason: "test", From: []string{"host"}},
	}
	if strings.HasPrefix(name, "unix-dial-") {
		kinds["dial"] = manifest.Capability{Kind: manifest.Unix, Reason: "test", From: []string{"path"}}
	}
	for _, m := range hostile.Spenders() {
		if m.Name != name {
			continue
		}
		p := manifest.Probe{Name: "p", Options: []manifest.Option{
			{Name: "url", Type: manifest.URL},
			{Name: "address", Type: manifest.Address},
			{Name: "name", Type: manifest.String},
			{Name: "database", Type: manifest.Database},
			{Name: "token", Type: manifest.String, Sensitive: true},
			{Name: "socket", Type: manifest.URL, Schemes: []string{"ws"}},
			{Name: "path", Type: manifest.String},
			{Name: "shell", Type: manifest.Address},
			{Name: "host", Type: manifest.String},
		}}
		for _, c := range m.Calls {
			if k, ok := kinds[c]; ok && !(c == "http_request" && slices.ContainsFunc(m.Calls, func(c string) bool { return c == "websocket_open" || c == "http_unix" })) {
				p.Capabilities = append(p.Capabilities, k)
			}
		}
		packed, err := manifest.Pack(m.Wasm(), &manifest.Manifest{ABI: "vega_v1", Name: "spender", Version: "1", Probes: []manifest.Probe{p}})
		if err != nil {
			t.Fatal(err)
		}
		return packed
	}
	t.Fatalf("there is no spender %q", name)
	return nil
}

// bodies are the answers of targets, each about as long as is allowed.
func bodies() map[string]func(io.Writer) {
	const most = 8<<20 - 64
	repeat := func(before, part, after string) func(io.Writer) {
		return func(w io.Writer) {
			_, _ = io.WriteString(w, before+strings.Repeat(part, (most-len(before)-len(after))/len(part))+after)
		}
	}
	return map[string]func(io.Writer){
		"ok": func(w io.Writer) { _, _ = io.WriteString(w, "ok") },
		"objects1": func(w io.Writer) { // 1 MiB, the maximum that is read unless the request sets another
			_, _ = io.WriteString(w, "["+strings.Repeat(`{"":0},`, (1<<20-3)/7)+"0]")
		},
		"objects": repeat("[", `{"":0},`, "0]"), "lists": repeat("[", `[[]],`, "0]"), "depth": repeat("", "[", ""), "numbers": repeat("[", "0,", "0]"),
		"string": repeat(`"`, `\u0041x`, `"`), "invalid": repeat(`"`, "\xff", `"`), "blanks": repeat("", " ", "1"),
		"keys": func(w io.Writer) {
			var b strings.Builder
			b.WriteString(`{"`)
			for i := 0; b.Len() < most-20; i++ {
				fmt.Fprintf(&b, `%x":0,"`, i*2654435761)
			}
			b.WriteString(`z":0}`)
			_, _ = io.WriteString(w, b.String())
		},
	}
}

// startWorld starts the servers that the children use, whose cost is not that of the
// children.
func startWorld(t *testing.T) world {
	t.Helper()
	all := bodies()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, zipped := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/"), ".gz")
		if !zipped {
			all[name](w)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		all[name](z)
		_ = z.Close()
	})
	plain, secure := httptest.NewServer(handler), httptest.NewUnstartedServer(handler)
	secure.TLS = &tls.Config{NextProtos: []string{"http/1.1"}}
	secure.StartTLS()
	t.Cleanup(plain.Close)
	t.Cleanup(secure.Close)
	modern := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "ok")
		w.Header().Set(http.TrailerPrefix+"A", strings.Repeat("x", 60<<10))
	}))
	modern.Config.Protocols = new(http.Protocols)
	modern.Config.Protocols.SetUnencryptedHTTP2(true)
	modern.Start()
	t.Cleanup(modern.Close)
	messages := httptest.NewServer(http.HandlerFunc(serveMessages))
	t.Cleanup(messages.Close)
	shell, key := muchOutput(t)
	return world{
		HTTP2: modern.URL, WebSocket: "ws" + strings.TrimPrefix(messages.URL, "http"), SSH: shell, HostKey: key, Unix: unixSocket(t, handler),
		HTTP: plain.URL, HTTPS: secure.URL, Blaster: blaster(t), DNS: manyRecords(t),
		Roots: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})),
	}
}

// accepting serves each connection, and returns its address.
func accepting(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return l.Addr().String()
}

// blaster writes as fast as its peer reads.
func blaster(t *testing.T) string {
	t.Helper()
	return accepting(t, func(c net.Conn) {
		defer c.Close()
		for buf := make([]byte, 256<<10); ; {
			if _, err := c.Write(buf); err != nil {
				return
			}
		}
	})
}

// unixSocket serves HTTP over a socket in the file system and returns its path.
func unixSocket(t *testing.T, handler http.Handler) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "") //nolint:usetesting // that of the test is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	return path
}

// serveMessages upgrades to a WebSocket and sends, as fast as the peer reads, what the
// path names: messages of 1 MiB or of a byte, messages of 1,000 fragments of a byte, or
// pings between messages. With another path it reads what the peer sends.
func serveMessages(w http.ResponseWriter, q *http.Request) {
	conn, both, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	sum := sha1.Sum([]byte(q.Header.Get("Sec-Websocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	head := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n"
	if _, err := io.WriteString(conn, head); err != nil {
		return
	}
	frames := map[string]string{
		"/large":     "\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x00" + strings.Repeat("x", 1<<20),
		"/small":     strings.Repeat("\x81\x01x", 20000),
		"/fragments": strings.Repeat("\x01\x01x"+strings.Repeat("\x00\x01x", 998)+"\x80\x01x", 20),
		"/pings":     strings.Repeat(strings.Repeat("\x89\x01x", 999)+"\x81\x01x", 20),
	}[q.URL.Path]
	if frames == "" {
		_, _ = conn.Write([]byte("\x81\x01x\x88\x02\x03\xe8")) // a message, and the answer to a goodbye
		_, _ = io.Copy(io.Discard, both)
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, both)
		_ = conn.Close() // ends the writing, too
	}()
	for err == nil {
		_, err = io.WriteString(conn, frames)
	}
}

// sshPassword is the password of the server of muchOutput.
const sshPassword = "correct horse battery staple"

// muchOutput starts an SSH server whose command prints as much as the peer takes, and
// returns its address and the fingerprint of its key.
func muchOutput(t *testing.T) (address, fingerprint string) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PasswordCallback: func(_ ssh.ConnMetadata, given []byte) (*ssh.Permissions, error) {
		if string(given) != sshPassword {
			return nil, errors.New("wrong")
		}
		return nil, nil
	}}
	config.AddHostKey(signer)
	return accepting(t, func(c net.Conn) { serveShell(c, config) }), ssh.FingerprintSHA256(signer.PublicKey())
}

// serveShell serves a connection whose command prints 64 KiB.
func serveShell(c net.Conn, config *ssh.ServerConfig) {
	defer c.Close()
	conn, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go func() {
			for q := range requests {
				_ = q.Reply(true, nil)
				_, _ = channel.Write(make([]byte, 64<<10))
				_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{}))
				_ = channel.Close()
			}
		}()
	}
}

// manyRecords is a DNS server that answers over TCP with as many records as a message
// holds, each with a long compressed name.
func manyRecords(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	packets, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if _, packet := w.RemoteAddr().(*net.UDPAddr); packet {
			m.Truncated = true
			_ = w.WriteMsg(m)
			return
		}
		m.Compress = true
		long := strings.Repeat(strings.Repeat(`\255`, 60)+".", 4)
		for range 4000 {
			m.Answer = append(m.Answer, &dns.NS{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 1}, Ns: long})
		}
		_ = w.WriteMsg(m)
	})
	for _, s := range []*dns.Server{{Listener: l, Handler: handler}, {PacketConn: packets, Handler: handler}} {
		go func() { _ = s.ActivateAndServe() }()
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return l.Addr().String()
}
