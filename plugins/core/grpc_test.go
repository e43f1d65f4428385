//go:build !wasip1

package main

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"vega/daemon/realtest"
	"vega/plugins"
	"vega/plugins/core/fixtures"
	"vega/policies/check"
	"vega/sdk/abi"
	"vega/sdk/sdktest"
)

// grpcServer starts a server of grpc-go and returns its address.
func grpcServer(t *testing.T, register func(*grpc.Server), options ...grpc.ServerOption) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(options...)
	register(s)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// intercepted is a health service whose calls a function answers.
func intercepted(f func(q *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error)) func(*grpc.Server) {
	return func(s *grpc.Server) { healthpb.RegisterHealthServer(s, stub{f: f}) }
}

type stub struct {
	healthpb.UnimplementedHealthServer
	f func(q *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error)
}

func (s stub) Check(_ context.Context, q *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	return s.f(q)
}

// answering serves HTTP/2 without TLS by hand: headers, a body, trailers.
func answering(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(f)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s.URL
}

func rawGRPC(t *testing.T, kind, body, grpcStatus string) string {
	return answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = io.WriteString(w, body)
		if grpcStatus != "" {
			w.Header().Set(http.TrailerPrefix+"Grpc-Status", grpcStatus)
		}
	})
}

const gRPC = "application/grpc"

// A server of grpc-go is judged by its health, or by the answer to a call.
func TestGRPC(t *testing.T) {
	h := health.NewServer()
	h.SetServingStatus("shop.Orders", healthpb.HealthCheckResponse_SERVING)
	h.SetServingStatus("shop.Stock", healthpb.HealthCheckResponse_NOT_SERVING)
	h.SetServingStatus("shop.New", healthpb.HealthCheckResponse_UNKNOWN)
	register := func(s *grpc.Server) { healthpb.RegisterHealthServer(s, h) }
	plain := "http://" + grpcServer(t, register)
	bare := "http://" + grpcServer(t, func(*grpc.Server) {})
	fails := func(code codes.Code, text string) string {
		return "http://" + grpcServer(t, intercepted(func(*healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
			return nil, status.Error(code, text)
		}))
	}
	login := "http://" + grpcServer(t, register, grpc.UnaryInterceptor(func(ctx context.Context, q any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		if md, _ := metadata.FromIncomingContext(ctx); strings.Join(md.Get("authorization"), "") != "Bearer token" {
			return nil, status.Error(codes.Unauthenticated, "who are you?")
		}
		return next(ctx, q)
	}))
	tlsOnly := httptest.NewUnstartedServer(http.NotFoundHandler())
	tlsOnly.StartTLS()
	t.Cleanup(tlsOnly.Close)
	secured := "https://" + grpcServer(t, register, grpc.Creds(credentials.NewServerTLSFromCert(&tlsOnly.TLS.Certificates[0])))
	trusts := sdktest.Config{Roots: tlsOnly.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	check := "/grpc.health.v1.Health/Check"
	runRows(t, "grpc", []row{
		{name: "serving", options: options{"url": plain}, says: "reports SERVING for the server in", details: []string{"grpc_status", "health"}, metrics: []string{"response_time"}},
		{name: "a service", options: options{"url": plain + "/", "service": "shop.Orders"}, says: `reports SERVING for the service "shop.Orders"`},
		{name: "TLS", options: options{"url": secured, "min_cert_days": 1}, config: trusts, says: "reports SERVING", metrics: []string{"certificate_days"}},
		{name: "a call", options: options{"url": plain, "method": check, "request_hex": "0a 0b 73686f702e4f7264657273", "expect_status": "OK"}, says: "reports SERVING"},
		{name: "a call that must fail", options: options{"url": plain, "method": "shop.Orders/List", "expect_status": "UNIMPLEMENTED"}, says: "answered UNIMPLEMENTED (\"unknown service shop.Orders\") in"},
		{name: "a login", options: options{"url": login, "metadata": map[string]any{"authorization": "Bearer token"}}, says: "reports SERVING"},

		{name: "not serving", options: options{"url": plain, "service": "shop.Stock"}, status: abi.Unhealthy, says: `reports NOT_SERVING for the service "shop.Stock"; look into its log`},
		{name: "unknown", options: options{"url": plain, "service": "shop.New"}, status: abi.Unhealthy, says: "reports UNKNOWN"},
		{name: "an unknown service", options: options{"url": plain, "service": "shop.Typo"}, status: abi.Unhealthy, says: `answered NOT_FOUND ("unknown service"); its health service does not know "shop.Typo"`},
		{name: "no health service", options: options{"url": bare}, status: abi.Unhealthy, says: "it has no health service: register grpc.health.v1.Health there, or set method"},
		{name: "no such method", options: options{"url": bare, "method": "a.B/C"}, status: abi.Unhealthy, says: `it has no method "a.B/C": correct method`},
		{name: "no login", options: options{"url": login}, status: abi.Unhealthy, says: `answered UNAUTHENTICATED ("who are you?"); correct the credentials in auth or metadata`},
		{name: "denied", options: options{"url": fails(codes.PermissionDenied, "no")}, status: abi.Unhealthy, says: "correct the credentials"},
		{name: "unavailable", options: options{"url": fails(codes.Unavailable, "base de données 100% fermée\n")}, status: abi.Unhealthy, says: `answered UNAVAILABLE ("base de données 100% fermée"); the server, or one behind it, does not answer`},
		{name: "an unexpected success", options: options{"url": plain, "method": check, "expect_status": "UNAUTHENTICATED"}, status: abi.Unhealthy, says: "answered OK, expected UNAUTHENTICATED"},
		{name: "a code of its own", options: options{"url": rawGRPC(t, gRPC, "", "99")}, status: abi.Unhealthy, says: "answered the status 99; look into its log"},
		{name: "not trusted", options: options{"url": secured}, status: abi.Unhealthy, says: "TLS with https://127.0.0.1"},
		{name: "a certificate without TLS", options: options{"url": plain, "min_cert_days": 1}, status: abi.Degraded, says: "works without TLS"},
		{name: "slow", options: options{"url": plain, "max_latency": time.Nanosecond}, status: abi.Degraded, says: "longer than max_latency"},
		{name: "refused", options: options{"url": "http://127.0.0.1:1"}, status: abi.Unhealthy, says: "refuses the connection"},
		{name: "denied by vega", options: options{"url": plain}, config: deny(), status: abi.Unknown, says: "is not granted"},
	})
}

// What is not an answer of gRPC is described, and no message is believed that is not whole.
func TestGRPCMalformedAnswers(t *testing.T) {
	page := answering(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", 502) })
	missing := answering(t, func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) })
	large := strings.Repeat("x", 2<<20)
	for _, c := range []row{
		{name: "a web page", options: options{"url": rawGRPC(t, "text/html", "<html>", "")}, says: `answered with "text/html", not with gRPC`},
		{name: "404", options: options{"url": missing}, says: "answered the HTTP status 404, not with gRPC; correct url"},
		{name: "502", options: options{"url": page}, says: "answered the HTTP status 502, not with gRPC; the server behind this proxy does not answer"},
		{name: "no status", options: options{"url": rawGRPC(t, gRPC, "\x00\x00\x00\x00\x02\x08\x01", "")}, says: "without a gRPC status; if a proxy on the way drops the trailers"},
		{name: "no number", options: options{"url": rawGRPC(t, gRPC, "", "OK")}, says: `"OK", which is not a gRPC status`},
		{name: "no message", options: options{"url": rawGRPC(t, gRPC, "", "0")}, says: "answered OK without a message"},
		{name: "an empty message", options: options{"url": rawGRPC(t, gRPC, "\x00\x00\x00\x00\x00", "0")}, says: "reports UNKNOWN"},
		{name: "cut off", options: options{"url": rawGRPC(t, gRPC, "\x00\x00\x00\x00\x09\x08\x01", "0")}, says: "ended its message before its end"},
		{name: "a part of a frame", options: options{"url": rawGRPC(t, gRPC, "\x00\x00", "0")}, says: "ended its message before its end"},
		{name: "compressed", options: options{"url": rawGRPC(t, gRPC, "\x01\x00\x00\x00\x02\x08\x01", "0")}, says: "sent a compressed message, although the call allows none"},
		{name: "two messages", options: options{"url": rawGRPC(t, gRPC, strings.Repeat("\x00\x00\x00\x00\x02\x08\x01", 2), "0")}, says: "sent more than one message"},
		{name: "another message", options: options{"url": rawGRPC(t, gRPC, "\x00\x00\x00\x00\x03\x0a\x09x", "0")}, says: "is not a message of the health protocol"},
		{name: "a status of 2^40", options: options{"url": rawGRPC(t, gRPC, "\x00\x00\x00\x00\x07\x08\x80\x80\x80\x80\x80\x40", "0")}, says: "is not a message of the health protocol"},
		{name: "64 MiB", options: options{"url": rawGRPC(t, gRPC, "\x00\x04\x00\x00\x00"+large, "0")}, status: abi.Unknown, says: "announces a message of 67108864 bytes, and this probe reads 1 MiB at most"},
		{name: "a web page as gRPC", options: options{"url": rawGRPC(t, gRPC, "<!doctype html>", "0")}, says: "answered with what is not a message of gRPC"},
		{name: "an expected text", options: options{"url": rawGRPC(t, gRPC, "\x00\x00\x00\x00\x07\x0a\x05Hello", "0"), "method": "a.B/C", "expect": "Hello"}, status: abi.Healthy, says: "answered OK in"},
		{name: "another text", options: options{"url": rawGRPC(t, gRPC, "\x00\x00\x00\x00\x07\x0a\x05Hello", "0"), "method": "a.B/C", "expect": "hello"}, says: `does not contain "hello"`},
		{name: "a rejected text", options: options{"url": rawGRPC(t, gRPC, "\x00\x00\x00\x00\x07\x0a\x05Hello", "0"), "method": "a.B/C", "reject": "Hello"}, says: "contains what reject rejects"},
		{name: "unknown fields", options: options{"url": rawGRPC(t, gRPC, "\x00\x00\x00\x00\x07\x12\x01x\x18\x05\x08\x01", "0")}, status: abi.Healthy, says: "reports SERVING"},
	} {
		if c.status == abi.Healthy && !strings.Contains(c.says, " in") && c.name != "unknown fields" {
			c.status = abi.Unhealthy
		}
		runRows(t, "grpc", []row{c})
	}
}

// frames serves HTTP/2 without TLS by frames: after the settings, serve answers each
// request. It ends with the connection.
func frames(t *testing.T, serve func(f *http2.Framer, c net.Conn, stream uint32)) string {
	return "http://" + fixtures.Listen(t, func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, len(http2.ClientPreface)))
		f := http2.NewFramer(c, c)
		_ = f.WriteSettings()
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			if h, ok := frame.(*http2.HeadersFrame); ok {
				serve(f, c, h.StreamID)
			}
		}
	})
}

// begins sends the headers of an answer of gRPC.
func begins(f *http2.Framer, stream uint32, end bool, pairs ...string) {
	var b strings.Builder
	e := hpack.NewEncoder(&b)
	for pairs = append([]string{":status", "200", "content-type", gRPC}, pairs...); len(pairs) > 0; pairs = pairs[2:] {
		_ = e.WriteField(hpack.HeaderField{Name: pairs[0], Value: pairs[1]})
	}
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: []byte(b.String()), EndHeaders: true, EndStream: end})
}

// The bundled module, run as the daemon does, judges a server of grpc-go, and names what
// is wrong with one that breaks off at any point of a call.
func TestGRPCInTheSandbox(t *testing.T) {
	run := sandboxed(t)
	h := health.NewServer()
	h.SetServingStatus("shop.Stock", healthpb.HealthCheckResponse_NOT_SERVING)
	real := "http://" + grpcServer(t, func(s *grpc.Server) { healthpb.RegisterHealthServer(s, h) })
	bare := "http://" + grpcServer(t, func(*grpc.Server) {})
	large := "http://" + grpcServer(t, func(s *grpc.Server) {
		s.RegisterService(&grpc.ServiceDesc{ServiceName: "shop.Orders", HandlerType: (*any)(nil), Methods: []grpc.MethodDesc{{
			MethodName: "List",
			Handler: func(any, context.Context, func(any) error, grpc.UnaryServerInterceptor) (any, error) {
				return wrapperspb.String(strings.Repeat("x", 2<<20)), nil
			},
		}}}, nil)
	})
	const serving = "\x00\x00\x00\x00\x02\x08\x01"
	for name, c := range map[string]struct {
		options options
		status  check.Status
		says    string
		soon    bool // the target never ends its answer
	}{
		"serving":       {options: options{"url": real}, status: check.Healthy, says: "reports SERVING for the server in"},
		"not serving":   {options: options{"url": real, "service": "shop.Stock"}, says: `reports NOT_SERVING for the service "shop.Stock"`},
		"no health":     {options: options{"url": bare}, says: "it has no health service"},
		"a call":        {options: options{"url": real, "method": healthMethod, "request_hex": "", "expect_status": "OK"}, status: check.Healthy, says: "reports SERVING"},
		"only trailers": {options: options{"url": real, "service": "shop.Typo"}, says: `answered NOT_FOUND ("unknown service")`},
		"a large message": {
			options: options{"url": large, "method": "shop.Orders/List"}, status: check.Unknown,
			says: "announces a message of 2097157 bytes, and this probe reads 1 MiB at most",
		},
		"compressed": {options: options{"url": rawGRPC(t, gRPC, "\x01"+serving[1:], "0")}, says: "sent a compressed message, although the call allows none"},
		"no trailers": {options: options{"url": frames(t, func(f *http2.Framer, _ net.Conn, stream uint32) {
			begins(f, stream, false)
			_ = f.WriteData(stream, true, []byte(serving))
		})}, says: "ended its answer without a gRPC status"},
		"no end": {options: options{"url": frames(t, func(f *http2.Framer, _ net.Conn, stream uint32) {
			begins(f, stream, false)
			_ = f.WriteData(stream, false, []byte(serving))
		})}, says: "but the body did not end in time", soon: true},
		"reset": {options: options{"url": frames(t, func(f *http2.Framer, _ net.Conn, stream uint32) {
			begins(f, stream, false)
			_ = f.WriteData(stream, false, []byte(serving))
			_ = f.WriteRSTStream(stream, http2.ErrCodeInternal)
		})}, says: "it resets the request with the HTTP/2 error INTERNAL_ERROR"},
		"reset at once": {options: options{"url": frames(t, func(f *http2.Framer, _ net.Conn, stream uint32) {
			_ = f.WriteRSTStream(stream, http2.ErrCodeInternal)
		})}, says: "it resets the request with the HTTP/2 error INTERNAL_ERROR"},
		"going away": {options: options{"url": frames(t, func(f *http2.Framer, c net.Conn, _ uint32) {
			_ = f.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, nil)
			_ = c.Close()
		})}, says: "it ends the connection with the HTTP/2 error ENHANCE_YOUR_CALM"},
		"going away in the middle": {options: options{"url": frames(t, func(f *http2.Framer, c net.Conn, stream uint32) {
			begins(f, stream, false)
			_ = f.WriteGoAway(stream, http2.ErrCodeInternal, nil)
			_ = c.Close()
		})}, says: "it ends the connection with the HTTP/2 error INTERNAL_ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			want := cmp.Or(c.status, check.Unhealthy)
			right := func(r plugins.Result) bool {
				return r.Status == want && strings.Contains(r.Message, c.says) && !r.Ended
			}
			in := plugins.Input{Probe: "grpc"}
			if c.soon {
				in.Timeout = time.Second
			}
			got := run(in, c.options)
			for ; c.soon && in.Timeout < realtest.Patience && !right(got); got = run(in, c.options) {
				in.Timeout *= 2 // on a busy machine, the headers may be too late
			}
			if !right(got) {
				t.Errorf("%s/%s: %s, want %s: …%s…", got.Status, got.Cause, got.Message, want, c.says)
			}
		})
	}
}
