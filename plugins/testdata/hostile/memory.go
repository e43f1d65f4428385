package hostile

import "bytes"

// greedy returns modules that take memory.
func greedy() []Module {
	return []Module{
		{"memory-grow", "grows its memory page by page, forever", func() []byte {
			var b builder
			b.memory(1)
			b.run(b.function("i", "i", forever(i32(1), grow(), drop), i32(0)))
			return b.bytes()
		}},
		{"memory-grow-touch", "grows its memory and writes all of it", func() []byte {
			var b builder
			b.memory(1)
			b.run(b.function("i", "i", i32(511), grow(), drop, i32(0), i32(1), i32(512<<16), fill(), i32(0)))
			return b.bytes()
		}},
		{"memory-min", "starts with 4 GiB", func() []byte { return minimum(65536) }},
		{"memory-min-256", "starts with 256 MiB, the maximum that can be granted", func() []byte { return minimum(4096) }},
		{"image", "starts with 256 MiB and sets the last byte", func() []byte {
			var b builder
			b.memory(4096)
			b.text(256<<20-1, []byte{1})
			b.run(b.function("i", "i", i32(0)))
			return b.bytes()
		}},
		{"memory-min-pages", "starts with more pages than there are", func() []byte { return minimum(1 << 30) }},
		{"table-min", "starts with a table of 1 GiB", func() []byte {
			b := honest()
			b.tables = append(b.tables, join([]byte{0x70, 0}, leb(1<<27)))
			return b.bytes()
		}},
		{"tables", "a thousand tables of 1 MiB", func() []byte {
			b := honest()
			for range 1000 {
				b.tables = append(b.tables, join([]byte{0x70, 0}, leb(1<<17)))
			}
			return b.bytes()
		}},
		{"table-grow", "grows a table by 2^27 entries, 16 times", func() []byte {
			var b builder
			b.memory(1)
			b.tables = append(b.tables, []byte{0x70, 0, 1})
			var grows []byte
			for range 16 {
				grows = join(grows, refNull(), i32(1<<27), tableGrow(), drop)
			}
			b.run(b.function("i", "i", grows, i32(0)))
			return b.bytes()
		}},
		{"deep-start", "the same in a start function, with a segment that keeps its state from being exported", func() []byte {
			b := honest()
			self := b.next()
			b.start = leb(uint64(b.function("", "", call(self), call(self))))
			b.dataCount = leb(1)
			b.data = append(b.data, []byte{1, 1, 'x'})
			return b.bytes()
		}},
		{"deep", "calls itself until the stack ends", func() []byte {
			var b builder
			b.memory(1)
			self := b.next()
			b.run(b.function("i", "i", get(0), call(self), get(0), add()))
			return b.bytes()
		}},
	}
}

// large returns the modules that are too large to keep.
func large() []Module {
	return []Module{
		{"data-segment", "a data segment of 60 MiB", func() []byte {
			b := &builder{}
			b.memory(1600)
			b.text(0, make([]byte, 60<<20))
			b.run(b.function("i", "i", i32(0)))
			return b.bytes()
		}},
		{"import-name", "an import with a name of 4 MiB", func() []byte {
			b := &builder{}
			b.imported("vega_v1", string(bytes.Repeat([]byte("x"), 4<<20)), "i", "i")
			b.memory(1)
			b.run(b.function("i", "i", i32(0)))
			return b.bytes()
		}},
		{"function-name", "a trap in a function with a name of 4 MiB", func() []byte {
			b := &builder{}
			b.memory(1)
			b.run(b.function("i", "i", trap))
			long := name(string(bytes.Repeat([]byte("x"), 4<<20)))
			inner := join(leb(1), leb(0), long)
			return section(b.bytes(), 0, name("name"), []byte{1}, leb(uint64(len(inner))), inner)
		}},
	}
}

func minimum(pages uint64) []byte {
	var b builder
	b.memory(pages)
	b.run(b.function("i", "i", i32(0)))
	return b.bytes()
}
