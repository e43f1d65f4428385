package hostile

import "strings"

// Addresses in the memory of the modules that call a target.
const (
	atURL, atGET, atPath = 0, 16, 64
	atSQL, atType        = 256, 512
	atAddress            = 1024 // 1 KiB for the value of the url option
	atBuffer             = 1 << 16
)

// Spender is a module that makes the host compute or hold memory for it. Its manifest
// has an option for the target of each kind: url, address, name, database, socket, path,
// shell and host.
type Spender struct {
	Module
	Calls []string // that it imports
}

// spending is a Spender that is being built.
type spending struct {
	builder
	f map[string]uint32
}

// signatures holds the parameters and results of the calls.
var signatures = map[string][2]string{
	"config": {"iiii", "i"}, "http_request": {"iiii", "i"}, "http_option": {"iii", "i"}, "http_header": {"iiiii", "i"}, "http_send": {"iii", "i"},
	"json": {"iiiii", "i"}, "read": {"iii", "i"}, "read_within": {"iIii", "i"}, "write": {"iii", "i"}, "close": {"i", ""}, "dial": {"iii", "i"}, "match": {"iiii", "i"}, "match_group": {"iiiiiii", "i"},
	"resolve": {"iiiiiiii", "i"}, "sql_query": {"iiii", "i"}, "sql_next": {"i", "i"}, "sql_column": {"iiii", "i"}, "kv_get": {"iiii", "i"}, "kv_set": {"iiii", "i"},
	"detail":                {"iiii", ""},
	"http_response_trailer": {"iiiii", "i"}, "http_unix": {"iii", "i"},
	"websocket_open": {"i", "i"}, "websocket_send": {"iiii", "i"}, "websocket_receive": {"iii", "i"},
	"ssh_connect": {"ii", "i"}, "ssh_info": {"iiii", "i"}, "ssh_run": {"i", "i"},
	"icmp_echo": {"iiiiiiII", "i"}, "icmp_from": {"iiii", "i"},
}

// spends returns a Spender whose vega_run does this; locals 1 to 3 are free for it.
func spends(name, tries string, calls []string, body func(s *spending) []byte) Spender {
	return Spender{Module{name, tries, func() []byte {
		s := &spending{f: map[string]uint32{}}
		for _, c := range calls {
			s.f[c] = s.imported(vega, c, signatures[c][0], signatures[c][1])
		}
		s.memory(160) // 10 MiB
		s.text(atURL, []byte("url"))
		s.text(atGET, []byte("GET"))
		s.run(s.withLocals("i", "i", 3, body(s)))
		return s.bytes()
	}}, calls}
}

func (s *spending) call(name string, arguments ...[]byte) []byte {
	return join(join(arguments...), call(s.f[name]))
}

func set(local uint64) []byte { return join([]byte{0x21}, leb(local)) }

// option reads an option to atAddress, and its length to local 1.
func (s *spending) option(name string) []byte {
	s.text(32, []byte(name))
	return join(s.call("config", i32(32), i32(int64(len(name))), i32(atAddress), i32(1024)), set(1))
}

// ask sends a request for the url option; local 2 holds its handle.
func (s *spending) ask() []byte {
	return join(
		s.call("http_request", i32(atGET), i32(3), i32(atAddress), get(1)), set(2),
		s.call("http_option", get(2), i32(1), i32(8<<20)), drop,
		s.call("http_send", get(2), i32(0), i32(0)), drop,
	)
}

// upgrade opens a WebSocket to the socket option; local 2 holds its handle.
func (s *spending) upgrade() []byte {
	return join(
		s.call("http_request", i32(atGET), i32(3), i32(atAddress), get(1)), set(2),
		s.call("websocket_open", get(2)), drop,
	)
}

// receive takes a message of local 2.
func (s *spending) receive() []byte {
	return join(s.call("websocket_receive", get(2), i32(atBuffer), i32(2<<20)), drop)
}

// toEnd reads a response, or the output of a command, of local 2 to its end, or to a failure.
func (s *spending) toEnd() []byte {
	return join([]byte{0x03, 0x40}, s.call("read", get(2), i32(atBuffer), i32(8<<20)), i32(0), []byte{0x4a, 0x0d, 0, end})
}

// json asks for a path in the answer.
func (s *spending) json(path string) []byte {
	s.text(atPath, []byte(path))
	return s.call("json", get(2), i32(atPath), i32(int64(len(path))), i32(atBuffer), i32(1<<16))
}

// failing replaces an errno on the stack by 2 and any other value by 0: the module
// claims that its target is at fault.
func failing() []byte {
	return join(i32(0), []byte{0x48, 0x04, 0x7f}, i32(2), []byte{0x05}, i32(0), []byte{end})
}

// times repeats a body; local 3 counts.
func times(n int64, body ...[]byte) []byte {
	return join(i32(n), set(3), []byte{0x03, 0x40}, join(body...), get(3), i32(-1), add(), []byte{0x22}, leb(3), []byte{0x0d, 0, end})
}

// askHTTP2 is like ask, over HTTP/2 only.
func (s *spending) askHTTP2() []byte {
	return join(
		s.call("http_request", i32(atGET), i32(3), i32(atAddress), get(1)), set(2),
		s.call("http_option", get(2), i32(4), i32(1)), drop,
		s.call("http_send", get(2), i32(0), i32(0)), drop,
	)
}

func upgrading(calls ...string) []string {
	return append([]string{"config", "http_request", "websocket_open"}, calls...)
}

var httpOnly = []string{"config", "http_request", "http_option", "http_send"}

func with(calls ...string) []string { return append(append([]string{}, httpOnly...), calls...) }

// Spenders returns the modules that make the host spend memory or time.
func Spenders() []Spender {
	database := func(query string, body func(s *spending) []byte) func(s *spending) []byte {
		return func(s *spending) []byte {
			s.text(atSQL, []byte(query))
			return join(s.option("database"), body(s))
		}
	}
	query := func(s *spending, text string) []byte {
		return join(s.call("sql_query", i32(atAddress), get(1), i32(atSQL), i32(int64(len(text)))), set(2))
	}
	sql := []string{"config", "sql_query", "sql_next", "sql_column"}
	const recursive = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT max(x) FROM n"
	const huge = "SELECT hex(zeroblob(8000000))"
	const wide = "SELECT hex(zeroblob(500000))"
	return []Spender{
		spends("json-once", "has a body parsed", with("json"), func(s *spending) []byte {
			return join(s.option("url"), s.ask(), s.json("#"), failing())
		}),
		spends("json-first-key", "has all keys of a body sorted", with("json"), func(s *spending) []byte {
			return join(s.option("url"), s.ask(), s.json("@0"), failing())
		}),
		spends("json-whole", "has a body written out", with("json"), func(s *spending) []byte {
			return join(s.option("url"), s.ask(), s.json(""), failing())
		}),
		spends("json-handles", "keeps 16 bodies of 8 MiB, parsed", with("json"), func(s *spending) []byte {
			return join(s.option("url"), times(16, s.ask(), s.json("#"), drop), s.json("#"), failing())
		}),
		spends("json-loop", "asks for the whole of a body forever", with("json"), func(s *spending) []byte {
			return join(s.option("url"), s.ask(), forever(s.json(""), drop), i32(0))
		}),
		spends("read-loop", "reads bodies to their ends, forever", with("read", "close"), func(s *spending) []byte {
			return join(s.option("url"), forever(
				s.ask(),
				s.toEnd(),
				s.call("close", get(2)),
			), i32(0))
		}),
		spends("send-loop", "sends requests forever", with("close"), func(s *spending) []byte {
			return join(s.option("url"), forever(s.ask(), s.call("close", get(2))), i32(0))
		}),
		spends("header-handles", "has 16 requests of 64 headers of 64 KiB kept", []string{"config", "http_request", "http_header"}, func(s *spending) []byte {
			return join(s.option("url"), times(16,
				s.call("http_request", i32(atGET), i32(3), i32(atAddress), get(1)), set(2),
				join(repeated(64, join(s.call("http_header", get(2), i32(atBuffer), i32(1<<16), i32(atBuffer), i32(1<<16)), drop))...),
			), s.call("http_header", get(2), i32(atBuffer), i32(1<<16), i32(atBuffer), i32(1<<16)), failing())
		}),
		spends("dial-loop", "connects forever", []string{"config", "dial", "close"}, func(s *spending) []byte {
			return join(s.option("address"), forever(s.call("dial", i32(0), i32(atAddress), get(1)), set(2), s.call("close", get(2))), i32(0))
		}),
		spends("move-loop", "reads a byte at a time from a peer that is faster", []string{"config", "dial", "read"}, func(s *spending) []byte {
			return join(s.option("address"), s.call("dial", i32(0), i32(atAddress), get(1)), set(2),
				forever(s.call("read", get(2), i32(atBuffer), i32(1)), drop), i32(0))
		}),
		spends("move-much-loop", "reads 8 MiB at a time from a peer that is faster", []string{"config", "dial", "read"}, func(s *spending) []byte {
			return join(s.option("address"), s.call("dial", i32(0), i32(atAddress), get(1)), set(2),
				forever(s.call("read", get(2), i32(atBuffer), i32(8<<20)), drop), i32(0))
		}),
		spends("resolve-loop", "resolves a name with thousands of records, forever", []string{"config", "resolve"}, func(s *spending) []byte {
			s.text(atType, []byte("NS"))
			return join(s.option("name"), forever(
				s.call("resolve", i32(atType), i32(2), i32(atAddress), get(1), i32(0), i32(0), i32(atBuffer), i32(8<<20)), drop), i32(0))
		}),
		spends("match-loop", "has a pattern compiled that is large, forever", []string{"match"}, func(s *spending) []byte {
			pattern := "(a?){3000}[[:^alpha:]]"
			s.text(atSQL, []byte(pattern))
			return join(forever(s.call("match", i32(atSQL), i32(int64(len(pattern))), i32(atBuffer), i32(64)), drop), i32(0))
		}),
		spends("match-group-loop", "asks for a group of a pattern of 400 groups in 64 KiB, forever", []string{"match_group"}, func(s *spending) []byte {
			pattern := strings.Repeat("(\\x00?)", 400) + "y"
			s.text(atSQL, []byte(pattern))
			return join(forever(s.call("match_group", i32(atSQL), i32(int64(len(pattern))), i32(atBuffer), i32(1<<16), i32(1), i32(0), i32(0)), drop), i32(0))
		}),
		spends("match-fold-loop", "has a pattern parsed that folds 25 million characters", []string{"match"}, func(s *spending) []byte {
			pattern := "(?i)"
			for range 200 {
				pattern += `[\x{100}-\x{1ffff}]`
			}
			s.text(atBuffer, []byte(pattern))
			return join(forever(s.call("match", i32(atBuffer), i32(int64(len(pattern))), i32(0), i32(1)), drop), i32(0))
		}),
		spends("kv-loop", "reads a value of 1 MiB forever", []string{"kv_get", "kv_set"}, func(s *spending) []byte {
			return join(s.call("kv_set", i32(atURL), i32(3), i32(atBuffer), i32(1<<20)), drop,
				forever(s.call("kv_get", i32(atURL), i32(3), i32(atBuffer), i32(1<<20)), drop), i32(0))
		}),
		spends("http2-loop", "sends requests over HTTP/2 only, and asks for their trailers, forever", with("read", "http_response_trailer", "close"), func(s *spending) []byte {
			s.text(atPath, []byte("a"))
			return join(s.option("url"), forever(s.askHTTP2(), s.toEnd(),
				s.call("http_response_trailer", get(2), i32(atPath), i32(1), i32(atBuffer), i32(1<<16)), drop, s.call("close", get(2))), i32(0))
		}),
		spends("http2-handles", "keeps 16 answers with large trailers", with("read", "http_response_trailer"), func(s *spending) []byte {
			s.text(atPath, []byte("a"))
			return join(s.option("url"), times(16, s.askHTTP2(), s.toEnd()),
				s.call("http_response_trailer", get(2), i32(atPath), i32(1), i32(atBuffer), i32(1<<16)), failing())
		}),
		spends("unix-loop", "sends requests over a socket in the file system forever", []string{"config", "http_request", "http_unix", "http_send", "close"}, func(s *spending) []byte {
			const url = "http://localhost/ok"
			s.text(atPath, []byte(url))
			return join(s.option("path"), forever(
				s.call("http_request", i32(atGET), i32(3), i32(atPath), i32(int64(len(url)))), set(2),
				s.call("http_unix", get(2), i32(atAddress), get(1)), drop,
				s.call("http_send", get(2), i32(0), i32(0)), drop, s.call("close", get(2))), i32(0))
		}),
		spends("unix-handles", "keeps 16 answers that came over a socket in the file system", []string{"config", "http_request", "http_unix", "http_send"}, func(s *spending) []byte {
			const url = "http://localhost/ok"
			s.text(atPath, []byte(url))
			ask := join(
				s.call("http_request", i32(atGET), i32(3), i32(atPath), i32(int64(len(url)))), set(2),
				s.call("http_unix", get(2), i32(atAddress), get(1)), drop,
				s.call("http_send", get(2), i32(0), i32(0)))
			return join(s.option("path"), times(15, ask, drop), ask, failing())
		}),
		spends("unix-dial-loop", "connects to a socket in the file system forever", []string{"config", "dial", "close"}, func(s *spending) []byte {
			return join(s.option("path"), forever(s.call("dial", i32(3), i32(atAddress), get(1)), set(2), s.call("close", get(2))), i32(0))
		}),
		spends("unix-dial-handles", "keeps 16 connections to a socket in the file system", []string{"config", "dial"}, func(s *spending) []byte {
			dial := s.call("dial", i32(3), i32(atAddress), get(1))
			return join(s.option("path"), times(15, dial, drop), dial, failing())
		}),
		spends("read-within-loop", "reads a byte at a time, within a millisecond, from a peer that is faster", []string{"config", "dial", "read_within"}, func(s *spending) []byte {
			return join(s.option("address"), s.call("dial", i32(0), i32(atAddress), get(1)), set(2),
				forever(s.call("read_within", get(2), i64(1), i32(atBuffer), i32(1)), drop), i32(0))
		}),
		spends("websocket-loop", "opens WebSockets forever", upgrading("close"), func(s *spending) []byte {
			return join(s.option("socket"), forever(s.upgrade(), s.call("close", get(2))), i32(0))
		}),
		spends("websocket-receive-loop", "receives messages of a WebSocket forever", upgrading("websocket_receive"), func(s *spending) []byte {
			return join(s.option("socket"), s.upgrade(), forever(s.receive()), i32(0))
		}),
		spends("websocket-send-loop", "sends messages of 1 MiB forever", upgrading("websocket_send"), func(s *spending) []byte {
			return join(s.option("socket"), s.upgrade(), forever(s.call("websocket_send", get(2), i32(2), i32(atBuffer), i32(1<<20)), drop), i32(0))
		}),
		spends("websocket-handles", "keeps 16 WebSockets with a message of 1 MiB each", upgrading("websocket_receive"), func(s *spending) []byte {
			return join(s.option("socket"), times(16, s.upgrade(), s.receive()), s.call("websocket_receive", get(2), i32(0), i32(0)), failing())
		}),
		spends("ssh-loop", "connects to an SSH server, and logs in, forever", []string{"config", "ssh_connect", "close"}, func(s *spending) []byte {
			return join(s.option("shell"), forever(s.call("ssh_connect", i32(atAddress), get(1)), set(2), s.call("close", get(2))), i32(0))
		}),
		spends("ssh-run-loop", "has a command run over SSH, whose output is large, forever", []string{"config", "ssh_connect", "ssh_run", "read", "close"}, func(s *spending) []byte {
			return join(s.option("shell"), forever(s.call("ssh_connect", i32(atAddress), get(1)), set(2),
				s.call("ssh_run", get(2)), drop, s.toEnd(), s.call("close", get(2))), i32(0))
		}),
		spends("ssh-handles", "keeps 16 connections to an SSH server", []string{"config", "ssh_connect", "ssh_info"}, func(s *spending) []byte {
			return join(s.option("shell"), times(16, s.call("ssh_connect", i32(atAddress), get(1)), set(2)),
				s.call("ssh_info", get(2), i32(0), i32(0), i32(0)), failing())
		}),
		spends("icmp-loop", "sends echo requests forever", []string{"config", "icmp_echo", "close"}, func(s *spending) []byte {
			return join(s.option("host"), forever(
				s.call("icmp_echo", i32(atAddress), get(1), i32(0), i32(1), i32(1000), i32(0), i64(10_000_000), i64(1_000_000)), set(2),
				s.call("close", get(2))), i32(0))
		}),
		spends("sql-recursive", "a recursive query without an end", sql, database(recursive, func(s *spending) []byte {
			return join(query(s, recursive), get(2), failing())
		})),
		spends("sql-handles", "keeps 16 rows of 16 MB", sql, database(huge, func(s *spending) []byte {
			return join(times(16, query(s, huge), s.call("sql_next", get(2)), drop), s.call("sql_next", get(2)), failing())
		})),
		spends("sql-wide-handles", "keeps 16 rows of 1 MB", sql, database(wide, func(s *spending) []byte {
			return join(times(16, query(s, wide), s.call("sql_next", get(2)), drop), s.call("sql_next", get(2)), failing())
		})),
		spends("sql-column-loop", "asks for a column of 1 MB forever", sql, database(wide, func(s *spending) []byte {
			return join(query(s, wide), s.call("sql_next", get(2)), drop,
				forever(s.call("sql_column", get(2), i32(0), i32(atBuffer), i32(1)), drop), i32(0))
		})),
	}
}

func repeated(n int, part []byte) (all [][]byte) {
	for range n {
		all = append(all, part)
	}
	return all
}
