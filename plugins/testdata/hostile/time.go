package hostile

// endless returns modules that never return by themselves.
func endless() []Module {
	body := func(instructions ...[]byte) func() []byte {
		return func() []byte {
			var b builder
			b.memory(16)
			b.run(b.function("i", "i", join(instructions...), i32(0)))
			return b.bytes()
		}
	}
	const mib = 1 << 20
	return []Module{
		{"loop", "an empty loop", body(forever())},
		{"loop-store", "a loop that writes memory", body(forever(i32(8), i32(1), store()))},
		{"recursion", "calls itself without end, and starts over", recursion},
		{"tail", "two functions that call each other", mutual},
		{"indirect", "calls itself through a table", indirect},
		{"calls", "a tree of 2^60 calls, without a loop", func() []byte { return Calls(60) }},
		{"leaves", "a line of 100,000 calls of a function that only stores, called forever", leaves},
		{"fill", "200,000 memory.fill of 1 MiB in a straight line, in a tree of calls", straight(i32(0), i32(1), i32(mib), fill())},
		{"copy", "the same with memory.copy", straight(i32(0), i32(1), i32(mib-1), copies())},
		{"table-fill", "the same with table.fill", straight(i32(0), refNull(), i32(1<<17), tableFill())},
		{"start", "a start function that loops", start},
		{"initialize", "an _initialize that loops", func() []byte {
			b := honest()
			b.export("_initialize", 0, b.function("", "", forever()))
			return b.bytes()
		}},
		{"initialize-recursion", "an _initialize that calls itself", func() []byte {
			b := honest()
			self := b.next()
			b.export("_initialize", 0, b.function("", "", call(self), call(self)))
			return b.bytes()
		}},
	}
}

// recursion does not end with the overflow of a plain recursion: it goes 20,000 calls
// deep, again and again.
func recursion() []byte {
	var b builder
	b.memory(1)
	self := b.next()
	deeper := b.function("i", "", get(0), []byte{0x45, 0x04, 0x40}, ret, []byte{end}, // if n == 0 return
		get(0), i32(-1), add(), call(self), get(0), i32(-1), add(), call(self))
	b.run(b.function("i", "i", i32(20_000), call(deeper), i32(0)))
	return b.bytes()
}

func mutual() []byte {
	var b builder
	b.memory(1)
	first := b.next()
	b.function("i", "", get(0), []byte{0x45, 0x04, 0x40}, ret, []byte{end}, get(0), i32(-1), add(), call(first+1), get(0), i32(-1), add(), call(first+1))
	b.function("i", "", get(0), []byte{0x45, 0x04, 0x40}, ret, []byte{end}, get(0), i32(-1), add(), call(first), get(0), i32(-1), add(), call(first))
	b.run(b.function("i", "i", i32(5_000), call(first), i32(0)))
	return b.bytes()
}

func indirect() []byte {
	var b builder
	b.memory(1)
	b.tables = append(b.tables, []byte{0x70, 0, 1})
	self := b.next()
	again := join(get(0), i32(-1), add(), i32(0), []byte{0x11}, b.typ("i", ""), []byte{0})
	b.function("i", "", get(0), []byte{0x45, 0x04, 0x40}, ret, []byte{end}, again, again)
	b.elements = append(b.elements, join([]byte{0}, i32(0), []byte{end}, leb(1), leb(uint64(self))))
	b.run(b.function("i", "i", i32(5_000), call(self), i32(0)))
	return b.bytes()
}

// Calls returns a module whose functions each call the next one twice: a tree of
// 2^depth calls.
func Calls(depth int) []byte {
	var b builder
	b.memory(1)
	leaf := b.function("", "")
	for range depth {
		leaf = b.function("", "", call(leaf), call(leaf))
	}
	b.run(b.function("i", "i", call(leaf), i32(0)))
	return b.bytes()
}

// leaves spends its time in functions without calls or loops.
func leaves() []byte {
	var b builder
	b.memory(16)
	var stores, all []byte
	for n := range 20_000 {
		stores = append(stores, join(i32(int64(n*52)), i32(1), store())...)
	}
	leaf := b.function("", "", stores)
	for range 100_000 {
		all = append(all, call(leaf)...)
	}
	line := b.function("", "", all)
	b.run(b.function("i", "i", call(line), call(line), i32(0)))
	return b.bytes()
}

// straight repeats an operation 200 times in a function without loops and calls, which
// it calls 1,000 times.
func straight(operation ...[]byte) func() []byte {
	return func() []byte {
		var b builder
		b.memory(16)
		b.tables = append(b.tables, join([]byte{0x70, 0}, leb(1<<17)))
		var works []byte
		for range 200 {
			works = append(works, join(operation...)...)
		}
		var all []byte
		work := b.function("", "", works)
		for range 1000 {
			all = append(all, call(work)...)
		}
		b.run(b.function("i", "i", all, i32(0)))
		return b.bytes()
	}
}

func start() []byte {
	b := honest()
	b.start = leb(uint64(b.function("", "", forever())))
	return b.bytes()
}
