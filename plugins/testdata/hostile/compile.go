package hostile

import "bytes"

// slow returns modules that take minutes or gigabytes to compile.
func slow() []Module {
	return []Module{
		{"compile-locals", "500 locals in 500 nested loops", func() []byte {
			nest := func(n int) []byte {
				return join(bytes.Repeat([]byte{0x03, 0x40}, n), bytes.Repeat([]byte{end}, n))
			}
			return shaped(500, nest(500))
		}},
		{"compile-ifs", "a chain of 30,000 ifs over 500 locals", func() []byte {
			return shaped(500, bytes.Repeat(join(get(0), []byte{0x04, 0x40, end}), 30_000))
		}},
		{"compile-depth", "30,000 nested blocks", func() []byte {
			return shaped(0, join(bytes.Repeat([]byte{0x02, 0x40}, 30_000), bytes.Repeat([]byte{end}, 30_000)))
		}},
		{"compile-branches", "a branch table of 200,000 targets", func() []byte {
			return shaped(0, join([]byte{0x02, 0x40}, get(0), []byte{0x0e}, leb(200_000), make([]byte, 200_001), []byte{end}))
		}},
		{"compile-type", "a call of a function whose type does not exist", func() []byte {
			var b builder
			b.memory(1)
			b.run(b.function("i", "i", call(1), i32(0)))
			b.funcs[b.function("", "")] = leb(1<<24 - 1) // after its caller, so that a validator reaches the call first
			return b.bytes()
		}},
		{"compile-function", "one function of 2 MiB", func() []byte {
			return shaped(0, bytes.Repeat(join(i32(1), drop), 700_000))
		}},
	}
}

func shaped(locals int, instructions []byte) []byte {
	var b builder
	b.memory(1)
	b.run(b.withLocals("i", "i", locals, instructions, i32(0)))
	return b.bytes()
}
