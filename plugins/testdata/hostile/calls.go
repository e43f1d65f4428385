package hostile

import "bytes"

const (
	vega = "vega_v1"
	wasi = "wasi_snapshot_preview1"
)

// callers returns modules that abuse the host's calls, or call what it does not
// have.
func callers() []Module {
	return []Module{
		{"no-memory", "exports no memory", func() []byte {
			var b builder
			b.run(b.function("i", "i", i32(0)))
			return b.bytes()
		}},
		{"memory-import", "imports its memory", func() []byte {
			b := honest()
			b.imports = append(b.imports, join(name(vega), name("memory"), []byte{2, 0, 1}))
			return b.bytes()
		}},
		{"run-signature", "a vega_run with the wrong signature", func() []byte {
			var b builder
			b.memory(1)
			b.run(b.function("I", "I", i64(0)))
			return b.bytes()
		}},
		{"call-signature", "a host call with the wrong signature", importing(vega, "config", "i", "i")},
		{"call-unknown", "a host call that does not exist", importing(vega, "launch", "i", "i")},
		{"call-foreign", "a function of another module", importing("env", "system", "i", "i")},
		{"call-ungranted", "dial, which its manifest does not declare", importing(vega, "dial", "iii", "i")},
		{"wasi-unknown", "sockets of WASI", importing(wasi, "sock_connect", "i", "i")},
		{"self-named", "calls itself vega_v1", func() []byte {
			inner := name(vega)
			return section(honest().bytes(), 0, name("name"), []byte{0}, leb(uint64(len(inner))), inner)
		}},
		{"exit", "proc_exit(0) instead of a status", func() []byte {
			var b builder
			exit := b.imported(wasi, "proc_exit", "i", "")
			b.memory(1)
			b.run(b.function("i", "i", i32(0), call(exit), i32(0)))
			return b.bytes()
		}},
		{"sleep", "sleeps for an hour", polls(1, forever)},
		{"poll-count", "waits for 4 billion events", polls(bomb, once)},
		{"poll-many", "waits for 300,000 events at once", polls(300_000, once)},
		{"random", "32 MiB of randomness at a time, forever", func() []byte {
			var b builder
			random := b.imported(wasi, "random_get", "ii", "i")
			b.memory(512)
			b.run(b.function("i", "i", forever(i32(0), i32(32<<20), call(random), drop), i32(0)))
			return b.bytes()
		}},
		{"stdout", "writes to stdout without end", writes(1, forever)},
		{"stdout-vectors", "writes 16 MiB a million times in one call", writes(1<<20, once)},
		{"log", "logs without end", said("log", "iii", i32(1), i32(0), i32(1024))},
		{"message", "a message of 64 KiB", said("message", "ii", i32(0), i32(64<<10))},
		{"metric", "metrics without end", said("metric", "iiFii", i32(0), i32(4), []byte{0x44, 0, 0, 0, 0, 0, 0, 0, 0}, i32(0), i32(4))},
		{"match", "a pattern that keeps 1,000 ways open over 8 MiB", func() []byte {
			const pattern = "(?s)a.{990}b"
			var b builder
			match := b.imported(vega, "match", "iiii", "i")
			b.memory(200)
			b.text(0, []byte(pattern))
			b.run(b.function("i", "i", i32(65536), i32('a'), i32(8<<20), fill(),
				i32(0), i32(int64(len(pattern))), i32(65536), i32(8<<20), call(match), drop, i32(0)))
			return b.bytes()
		}},
		{"config", "asks for options without end", said4("config")},
	}
}

// once runs its body only once, unlike forever.
func once(b ...[]byte) []byte { return join(b...) }

// Importing returns a module that imports a host call with these parameters and results,
// each a letter of "iIfF" for i32, i64, f32 and f64.
func Importing(call, params, results string) []byte { return importing(vega, call, params, results)() }

func importing(module, field, params, results string) func() []byte {
	return func() []byte {
		var b builder
		b.imported(module, field, params, results)
		b.memory(1)
		b.run(b.function("i", "i", i32(0)))
		return b.bytes()
	}
}

// polls asks poll_oneoff for so many subscriptions, each to a timeout far in the
// future.
func polls(n int64, repeat func(...[]byte) []byte) func() []byte {
	return func() []byte {
		var b builder
		poll := b.imported(wasi, "poll_oneoff", "iiii", "i")
		b.memory(512)
		b.text(16, []byte{1})                     // the monotonic clock
		b.text(24, bytes.Repeat([]byte{0xff}, 6)) // the timeout, in nanoseconds: three days
		b.run(b.function("i", "i", repeat(i32(0), i32(20<<20), i32(int64(int32(n))), i32(16<<20), call(poll), drop), i32(0)))
		return b.bytes()
	}
}

// writes calls fd_write with so many vectors, all of the same 16 MiB.
func writes(vectors int64, repeat func(...[]byte) []byte) func() []byte {
	return func() []byte {
		var b builder
		write := b.imported(wasi, "fd_write", "iiii", "i")
		b.memory(512)
		// vector[0] = {16 MiB, 16 MiB - 8}, and copied over the rest
		first := join(i32(0), i64(16<<20|(16<<20-8)<<32), store64())
		spread := []byte(nil)
		for have := int64(1); have < vectors; have *= 2 {
			spread = join(spread, i32(have*8), i32(0), i32(have*8), copies())
		}
		b.run(b.function("i", "i", first, spread, repeat(i32(1), i32(0), i32(vectors), i32(32<<20-8), call(write), drop), i32(0)))
		return b.bytes()
	}
}

// said repeats a call that returns nothing.
func said(field, params string, arguments ...[]byte) func() []byte {
	return func() []byte {
		var b builder
		f := b.imported(vega, field, params, "")
		b.memory(2)
		b.text(0, []byte("name"))
		b.run(b.function("i", "i", forever(join(arguments...), call(f)), i32(0)))
		return b.bytes()
	}
}

func said4(field string) func() []byte {
	return func() []byte {
		var b builder
		f := b.imported(vega, field, "iiii", "i")
		b.memory(2)
		b.run(b.function("i", "i", forever(i32(0), i32(60_000), i32(0), i32(65536), call(f), drop), i32(0)))
		return b.bytes()
	}
}
