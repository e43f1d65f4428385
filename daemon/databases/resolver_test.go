package databases

import (
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"vega/daemon/realtest"
	"vega/plugins/fault"
	"vega/plugins/manifest"
)

// TestDatabasesUseTheConfiguredResolver checks that the host of a database is
// resolved by network.resolver, like that of any other target.
func TestDatabasesUseTheConfiguredResolver(t *testing.T) {
	t.Parallel()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(127, 0, 0, 1)})
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	for driver, dsn := range map[string]string{"postgres": realtest.Postgres(t), "mysql": realtest.MariaDB(t)} {
		dsn = strings.Replace(dsn, "127.0.0.1", "db.vega.test", 1)
		d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Plain(dsn), Resolver: pc.LocalAddr().String()})
		ask{"SELECT 1", "1", ""}.check(t, d, "app")
	}
}

// TestFailuresOfVegaHideTheDSN checks that an error that is vega's own, such as that of
// its DNS server, shows no more of a secret DSN than one of the database does.
func TestFailuresOfVegaHideTheDSN(t *testing.T) {
	t.Parallel()
	dead := realtest.FreePort(t)
	for driver, dsn := range map[string]string{
		"postgres": "postgres://ann:CANARY-password@CANARY-host.vega.test:5432/app",
		"mysql":    "ann:CANARY-password@tcp(CANARY-host.vega.test:3306)/app",
	} {
		d := testDatabases(t, Config{Name: "app", Driver: driver, DSN: manifest.Text{{Text: dsn, Secret: true}}, Resolver: "127.0.0.1:" + dead})
		_, err := d.Query(t.Context(), "app", "SELECT 1")
		own := fault.Of(err)
		switch {
		case own == nil || !strings.Contains(err.Error(), dead):
			t.Errorf("%s: %v; it should blame the DNS server", driver, err)
		case strings.Contains(err.Error()+own.Error(), "CANARY"):
			t.Errorf("%s: the error shows a part of the secret dsn: %v", driver, err)
		}
	}
}
