package reach

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"vega/daemon/realtest"
)

// greeter is a service with one unary method.
var greeter = grpc.ServiceDesc{
	ServiceName: "reach.Greeter", HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "Greet", Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		name := new(wrapperspb.StringValue)
		if err := decode(name); err != nil {
			return nil, err
		}
		switch name.Value {
		case "away":
			return nil, status.Error(codes.Unavailable, "the back end is away")
		case "slow":
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return wrapperspb.String("hello " + name.Value), nil
	}}},
}

// grpcServer starts grpc-go's server and returns its address. If checks is nil, it has no
// health service.
func grpcServer(t *testing.T, checks *health.Server, secure *tls.Config) string {
	t.Helper()
	var options []grpc.ServerOption
	if secure != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(secure)))
	}
	s := grpc.NewServer(options...)
	s.RegisterService(&greeter, new(any))
	if checks != nil {
		grpc_health_v1.RegisterHealthServer(s, checks)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.Serve(l) }() // until it is stopped
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// hex returns the bytes of a StringValue.
func hex(text string) string { return fmt.Sprintf("0a%02x%x", len(text), text) }

// silent accepts connections and says nothing, or only what is given.
func silent(t *testing.T, says string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte(says)) // the peer may have gone
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	return l.Addr().String()
}

// closed is an address that nothing listens on.
func closed(t *testing.T) string { return "127.0.0.1:" + realtest.FreePort(t) }

// serves is the configuration of a server with a certificate.
func serves(leaf *realtest.Leaf) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{leaf.TLS}, MinVersion: tls.VersionTLS12}
}

// nginxInGRPC reports a dead upstream in gRPC, as nginx's own documents recommend.
const nginxInGRPC = `listen 127.0.0.1:%s http2;
location / { grpc_pass grpc://%s; error_page 502 = /error502grpc; }
location = /error502grpc { internal; default_type application/grpc; add_header grpc-status 14; add_header grpc-message "unavailable"; return 204; }`

// TestGRPC calls grpc-go's server, also through nginx.
func TestGRPC(t *testing.T) {
	t.Parallel()
	ca := realtest.NewCA(t)
	checks := health.NewServer()
	checks.SetServingStatus("orders", grpc_health_v1.HealthCheckResponse_SERVING)
	checks.SetServingStatus("billing", grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	addr := grpcServer(t, checks, nil)
	without := grpcServer(t, nil, nil)
	secure := grpcServer(t, checks, serves(ca.Valid("127.0.0.1")))
	expired := grpcServer(t, checks, serves(ca.Expired("127.0.0.1")))
	both := grpcServer(t, checks, mutual(ca))
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a page")) }))
	t.Cleanup(web.Close)
	through, port := "", realtest.FreePort(t)
	realtest.Nginx(t, nil, fmt.Sprintf("listen 127.0.0.1:%s http2; location /grpc.health.v1.Health/ { grpc_pass grpc://%s; } location / { return 404; } error_page 502 = /x; location = /x { return 502; }", port, addr))
	through = "127.0.0.1:" + port
	deadPort := realtest.FreePort(t)
	realtest.Nginx(t, nil, fmt.Sprintf("listen 127.0.0.1:%s http2; location / { grpc_pass grpc://%s; }", deadPort, closed(t)))
	in := realtest.FreePort(t)
	realtest.Nginx(t, nil, fmt.Sprintf(nginxInGRPC, in, closed(t)))
	own, foreign := ca.Client("vega"), realtest.NewCA(t).Client("vega")
	over := func(addr string) string { return fmt.Sprintf("    url = \"https://%s\"", addr) }
	url := func(addr, more string) string { return fmt.Sprintf("    url = \"http://%s\"\n%s", addr, more) }
	call := func(addr, name, more string) string {
		return url(addr, fmt.Sprintf("    method      = \"reach.Greeter/Greet\"\n    request_hex = %q\n%s", hex(name), more))
	}
	check(t, "grpc", place{}, []row{
		{does: "grpc-go, SERVING", config: url(addr, ""), status: "healthy", message: "SERVING"},
		{does: "grpc-go, service SERVING", config: url(addr, `    service = "orders"`), status: "healthy", message: "SERVING"},
		{does: "grpc-go over TLS", config: over(secure), blocks: transport(ca, nil), status: "healthy", message: "SERVING"},
		{does: "nginx in front of grpc-go", config: url(through, ""), status: "healthy", message: "SERVING"},
		{does: "grpc-go, unary call", config: call(addr, "vega", `    expect = "hello vega"`), status: "healthy", message: "answered OK"},
		{does: "service NOT_SERVING", config: url(addr, `    service = "billing"`), status: "unhealthy", cause: "target", message: "NOT_SERVING"},
		{does: "no such service", config: url(addr, `    service = "nothing"`), status: "unhealthy", cause: "target", message: "nothing"},
		{does: "no health service", config: url(without, ""), status: "unhealthy", cause: "target", message: "UNIMPLEMENTED"},
		{does: "unary call, UNAVAILABLE", config: call(addr, "away", ""), status: "unhealthy", cause: "target", message: "the back end is away"},
		{does: "unary call, another answer", config: call(addr, "you", `    expect = "hello vega"`), status: "unhealthy", cause: "target", message: ""},
		{does: "unary call without an answer", lets: true, config: call(addr, "slow", ""), status: "unhealthy", cause: "timeout", message: ""},
		{does: "expired certificate", config: over(expired), blocks: transport(ca, nil), status: "unhealthy", cause: "target", message: "expired"},
		{does: "mTLS, with a client certificate", config: over(both), blocks: transport(ca, own), status: "healthy", message: "SERVING"},
		{does: "mTLS, the client certificate is missing", config: over(both), blocks: transport(ca, nil), status: "unhealthy", cause: "target", message: "certificate"},
		{does: "mTLS, another authority's client certificate", config: over(both), blocks: transport(ca, foreign), status: "unhealthy", cause: "target", message: "certificate"},
		{does: "nginx, dead upstream, reported as gRPC", config: url("127.0.0.1:"+in, ""), status: "unhealthy", cause: "target", message: "UNAVAILABLE"},
		{does: "nginx, dead upstream", config: url("127.0.0.1:"+deadPort, ""), status: "unhealthy", cause: "target", message: "502"},
		{does: "nginx, no such location (404)", config: call(through, "vega", ""), status: "unhealthy", cause: "target", message: "404"},
		{does: "HTTP/1.1 server", config: url(web.Listener.Addr().String(), ""), status: "unhealthy", cause: "target", message: "HTTP/2"},
		{does: "port closed", config: url(closed(t), ""), status: "unhealthy", cause: "target", message: "refuses the connection"},
		{does: "accepts and says nothing", lets: true, config: url(silent(t, ""), ""), status: "unhealthy", cause: "timeout", message: ""},
	})
}
