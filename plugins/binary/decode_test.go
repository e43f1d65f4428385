package binary_test

import (
	"bytes"
	"strings"
	"testing"

	"vega/plugins/binary"
)

// module builds a module from sections: id, body, id, body …
func module(sections ...any) []byte {
	out := binary.Header()
	for i := 0; i < len(sections); i += 2 {
		out = binary.AppendSection(out, byte(sections[i].(int)), sections[i+1].([]byte))
	}
	return out
}

func leb(n uint32) []byte { return binary.AppendU32(nil, n) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// code builds a code section of one function.
func code(locals, instructions []byte) []byte {
	body := join(locals, instructions, []byte{0x0b})
	return join(leb(1), leb(uint32(len(body))), body)
}

var (
	none    = []byte{0} // no locals
	one     = []byte{1, 0}
	twoI32  = []byte{1, 0x60, 2, 0x7f, 0x7f, 0}
	table   = []byte{1, 0x70, 0, 0}
	memory  = []byte{1, 0, 1}
	global  = []byte{1, 0x7f, 1, 0x41, 0, 0x0b}
	segment = []byte{1, 1, 0}
)

// function builds a module with one function and everything that an instruction
// can refer to: a type, a table, a memory, a global, an element and a data
// segment.
func function(locals []byte, instructions ...byte) []byte {
	return module(1, twoI32, 3, one, 4, table, 5, memory, 6, global, 9, []byte{1, 1, 0, 0}, 12, []byte{1}, 10, code(locals, instructions), 11, segment)
}

const bomb = 1<<32 - 1

// Whatever is outside the grammar is refused, with the reason and the place.
func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		module []byte
		says   string
	}{
		// Counts and sizes beyond the bytes or the caps.
		"types":             {module(1, leb(bomb)), "declares more"},
		"parameters":        {module(1, join(leb(1), []byte{0x60}, leb(bomb))), "declares more"},
		"imports":           {module(2, leb(bomb)), "declares more"},
		"import name":       {module(2, join(leb(1), leb(bomb), []byte("abc"))), "a name of 4294967295 bytes"},
		"functions":         {module(3, leb(bomb)), "declares more"},
		"tables":            {module(4, leb(bomb)), "declares more"},
		"memories":          {module(5, leb(bomb)), "declares more"},
		"globals":           {module(6, leb(bomb)), "declares more"},
		"exports":           {module(7, leb(bomb)), "declares more"},
		"elements":          {module(9, leb(bomb)), "declares more"},
		"element functions": {module(4, table, 9, join(leb(1), []byte{0, 0x41, 0, 0x0b}, leb(bomb))), "declares more"},
		"code":              {module(10, leb(bomb)), "declares more"},
		"local groups":      {function(leb(bomb)), "declares more"},
		"locals":            {function(join(leb(1), leb(bomb), []byte{0x7f})), "at least 4294967295 locals"},
		"locals in groups":  {function(join(leb(2), leb(6000), []byte{0x7f}, leb(6000), []byte{0x7e})), "at least 12000 locals"},
		"branch table":      {function(none, join([]byte{0x0e}, leb(bomb))...), "declares more"},
		"wide branch":       {function(none, join([]byte{0x0e}, leb(20_000), make([]byte, 20_001))...), "branch table of 20000"},
		"nesting":           {function(none, join(bytes.Repeat([]byte{0x02, 0x40}, 2000), bytes.Repeat([]byte{0x0b}, 2000))...), "nested deeper"},
		"locals and blocks": {function(join(leb(1), leb(500), []byte{0x7f}), bytes.Repeat([]byte{0x02, 0x40, 0x0b}, 500)...), "their product"},
		"large function":    {function(none, bytes.Repeat([]byte{0x01}, 300<<10)...), "function of 307"},
		"large table":       {module(4, []byte{1, 0x70, 0, 0x80, 0x80, 0x80, 0x40}), "table of 134217728"},
		"large memory":      {module(5, join([]byte{1, 0}, leb(65537))), "memory of 65537 pages"},
		"data":              {module(11, leb(bomb)), "declares more"},
		"data bytes":        {module(5, memory, 11, join(leb(1), []byte{0, 0x41, 0, 0x0b}, leb(bomb))), "unexpected end"},
		"long name":         {module(7, join(leb(1), leb(5000), make([]byte, 5002))), "name of 5000"},
		"many exports":      {module(7, join(leb(20_000), make([]byte, 80_000))), "20000 exports; at most"},
		"many globals":      {module(6, join(leb(20_000), make([]byte, 80_000))), "20000 globals; at most"},
		"many types":        {module(1, join(leb(20_000), make([]byte, 80_000))), "20000 types; at most"},
		"many customs":      {bytes.Join([][]byte{binary.Header(), bytes.Repeat([]byte{0, 1, 0}, 300)}, nil), "more than 200 custom sections"},
		"all locals":        {many(200, join(leb(1), leb(10_000), []byte{0x7f}), nil), "locals in total"},
		"all targets":       {many(200, none, join([]byte{0x0e}, leb(16<<10), make([]byte, 16<<10+1))), "targets of branch tables in total"},
		"all operands":      {module(1, wide, 3, one, 10, code(none, bytes.Repeat([]byte{0x10, 0}, 40_000))), "move at least 4194432 values in total"},

		// Sections.
		"no module":        {[]byte("#!/bin/sh"), "not a WebAssembly core module"},
		"component":        {[]byte("\x00asm\x0d\x00\x01\x00"), "this is a WebAssembly component; vega loads core modules"},
		"order":            {module(3, []byte{0}, 1, []byte{0}), "in the wrong place"},
		"twice":            {module(3, []byte{0}, 3, []byte{0}), "in the wrong place"},
		"unknown section":  {module(99, []byte{0}), "in the wrong place"},
		"tag section":      {module(13, []byte{1, 0, 0}), "in the wrong place"},
		"data count late":  {module(10, []byte{0}, 12, []byte{0}), "in the wrong place"},
		"trailing bytes":   {module(3, []byte{0, 1, 2}), "bytes after its last item"},
		"truncated":        {append(binary.Header(), 1, 5, 0), "the module is truncated"},
		"long size":        {append(binary.Header(), 1, 0x81, 0x80, 0x80, 0x80, 0x80, 0, 0), "longer than its type allows"},
		"no code":          {module(1, twoI32, 3, one), "1 functions but has code for 0"},
		"more code":        {module(1, twoI32, 10, code(none, nil)), "0 functions but has code for 1"},
		"data count":       {module(5, memory, 12, []byte{2}, 11, segment), "declares 2 data segments but has 1"},
		"counted, no data": {module(12, []byte{1}), "declares 1 data segments but has 0"},
		"custom's name":    {module(0, []byte{1, 0xff}), "not UTF-8"},

		// Types of WebAssembly's later versions, in each place where one is read.
		"ref in parameters": {module(1, []byte{1, 0x60, 1, 0x63, 0}), "type 0x63"},
		"ref in results":    {module(1, []byte{1, 0x60, 0, 1, 0x64}), "type 0x64"},
		"exnref":            {module(1, []byte{1, 0x60, 1, 0x69, 0}), "type 0x69"},
		"rec group":         {module(1, []byte{1, 0x4e, 1, 0x60, 0, 0}), "begins with 0x4e"},
		"struct":            {module(1, []byte{1, 0x5f, 0, 0}), "begins with 0x5f"},
		"ref in locals":     {function([]byte{1, 1, 0x63, 0x70}), "locals of type 0x63"},
		"ref in a block":    {function(none, 0x02, 0x63, 0x70, 0xd0, 0x70, 0x0b, 0x1a), "block of type 0x63"},
		"ref in a loop":     {function(none, 0x03, 0x64, 0x00, 0x0b, 0x1a), "block of type 0x64"},
		"ref in a select":   {function(none, 0x1c, 1, 0x63, 0x70), "select of type 0x63"},
		"ref in a table":    {module(4, []byte{1, 0x63, 0x70, 0, 0}), "reference of type 0x63"},
		"ref in a global":   {module(6, []byte{1, 0x63, 0x70, 0, 0xd0, 0x70, 0x0b}), "global of type 0x63"},
		"ref in an element": {module(4, table, 9, []byte{1, 5, 0x63, 0x70, 0}), "reference of type 0x63"},
		"table with a value": {
			module(4, []byte{1, 0x40, 0, 0x70, 0, 0, 0xd0, 0x70, 0x0b}), "reference of type 0x40",
		},
		"table of numbers": {module(4, []byte{1, 0x7f, 0, 0}), "reference of type 0x7f"},

		// Limits.
		"shared memory":     {module(5, []byte{1, 3, 1, 1}), "limits of a kind 3"},
		"shared table":      {module(4, []byte{1, 0x70, 2, 0}), "limits of a kind 2"},
		"memory of 64 bits": {module(5, []byte{1, 4, 1}), "limits of a kind 4"},
		"empty memory":      {module(5, []byte{1, 1, 2, 1}), "limits with a minimum of 2 and a maximum of 1"},
		"empty table":       {module(4, []byte{1, 0x70, 1, 2, 1}), "limits with a minimum of 2 and a maximum of 1"},
		"two memories":      {module(5, []byte{2, 0, 1, 0, 1}), "2 memories; at most 1"},

		// Numbers longer than allowed.
		"u32 of six bytes":  {module(3, []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0}), "longer than its type allows"},
		"u32 of 33 bits":    {module(3, []byte{0x80, 0x80, 0x80, 0x80, 0x10}), "longer than its type allows"},
		"s32's unused bits": {function(none, 0x41, 0x80, 0x80, 0x80, 0x80, 0x10, 0x1a), "longer than its type allows"},
		"s32's high bit":    {function(none, 0x41, 0xff, 0xff, 0xff, 0xff, 0x3f, 0x1a), "longer than its type allows"},
		"s64's unused bits": {function(none, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02, 0x1a), "longer than its type allows"},
		"s33 without end":   {function(none, 0x02, 0x80, 0x80, 0x80, 0x80, 0x80, 0x0b), "longer than its type allows"},
		"constant":          {module(6, []byte{1, 0x7f, 0, 0x41, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0x0b}), "longer than its type allows"},

		// Instructions and their immediates.
		"unknown opcode":      {function(none, 0x06), "does not support"},
		"tail call":           {function(none, 0x12, 0), "does not support"},
		"call of a reference": {function(none, 0x14, 0), "does not support"},
		"atomics":             {function(none, 0xfe, 0, 2, 0), "does not support"},
		"misc":                {function(none, 0xfc, 18), "0xfc 18 that vega does not support"},
		"misc in five bytes":  {function(none, 0xfc, 0x92, 0x80, 0x80, 0x80, 0), "0xfc 18 that vega does not support"},
		"vector":              {function(none, 0xfd, 0x9a, 0x01), "0xfd 154 that vega does not support"},
		"relaxed vector":      {function(none, 0xfd, 0x80, 0x02), "0xfd 256 that vega does not support"},
		"vector in two bytes": {function(none, join([]byte{0xfd, 0x8c, 0}, make([]byte, 16), []byte{0x1a})...), "0xfd 12 whose number takes 2 bytes"},
		"vector in three":     {function(none, 0xfd, 0x80, 0x81, 0), "0xfd 128 whose number takes 3 bytes"},
		"negative block":      {function(none, 0x02, 0xff, 0x7f, 0x0b), "block of type -1"},
		"long empty block":    {function(none, 0x02, 0xc0, 0x7f, 0x0b), "block of type -64"},
		"else":                {function(none, 0x05), "else outside of an if"},
		"second else":         {function(none, 0x41, 0, 0x04, 0x40, 0x05, 0x05, 0x0b), "else outside of an if"},
		"select of none":      {function(none, 0x1c, 0), "select of 0 types"},
		"select of two":       {function(none, 0x1c, 2, 0x7f, 0x7f), "select of 2 types"},
		"select, long":        {function(none, 0x1c, 0x81, 0, 0x7f), "select of 129 types"},
		"select of void":      {function(none, 0x1c, 1, 0x40), "select of type 0x40"},
		"memory.size":         {function(none, 0x3f, 1), "0x1 where a zero byte"},
		"memory.grow, long":   {function(none, 0x40, 0x80, 0), "0x80 where a zero byte"},
		"memory.copy":         {function(none, 0xfc, 10, 0, 1), "0x1 where a zero byte"},
		"memory.fill":         {function(none, 0xfc, 11, 0x80, 0), "0x80 where a zero byte"},
		"memory.init":         {function(none, 0xfc, 8, 0, 1), "0x1 where a zero byte"},
		"alignment":           {function(none, 0x28, 3, 0), "aligned to 2^3"},
		"memory's index":      {function(none, 0x28, 0x42, 0, 0), "aligned to 2^66"},
		"vector's alignment":  {function(none, 0xfd, 0, 5, 0), "aligned to 2^5"},
		"lane":                {function(none, 0xfd, 21, 16), "lane 16, but the vector has only lanes 0 to 15"},
		"lane of a load":      {function(none, 0xfd, 87, 0, 0, 2), "lane 2, but the vector has only lanes 0 to 1"},
		"shuffle":             {function(none, join([]byte{0xfd, 13}, bytes.Repeat([]byte{32}, 16))...), "lane 32, but the vector has only lanes 0 to 31"},
		"null of a type":      {function(none, 0xd0, 0, 0x1a), "ref.null of type 0x0"},
		"after the end":       {function(none, 0x0b), "after its end"},
		"no end":              {module(1, twoI32, 3, one, 10, []byte{1, 2, 0, 1}), "unexpected end"},
		"no memory":           {module(1, twoI32, 3, one, 10, code(none, []byte{0x28, 0, 0})), "uses memory but declares none"},
		"no data count":       {module(1, twoI32, 3, one, 5, memory, 10, code(none, []byte{0xfc, 9, 0}), 11, segment), "has no data count section"},

		// References to what does not exist.
		"import of memory":    {module(2, join(leb(1), []byte("\x01a\x01b\x02\x00\x01"))), "not a function"},
		"import of a tag":     {module(1, twoI32, 2, join(leb(1), []byte("\x01a\x01b\x04\x00\x00"))), "not a function"},
		"import's type":       {module(1, twoI32, 2, []byte("\x01\x01a\x01b\x00\x01")), "no type 1; the count is 1 (import section, import 0"},
		"function's type":     {module(1, twoI32, 3, join(leb(2), leb(0), leb(1<<24-1))), "no type 16777215; the count is 1 (function section, function 1"},
		"no types":            {module(3, one), "no type 0; the count is 0"},
		"call's type":         {function(none, 0x11, 1, 0), "no type 1; the count is 1 (code section, function 0"},
		"call's table":        {function(none, 0x11, 0, 1), "no table 1"},
		"block's type":        {function(none, 0x02, 1, 0x0b), "no type 1"},
		"far block's type":    {function(none, 0x03, 0xc0, 0, 0x0b), "no type 64"},
		"call":                {function(none, 0x10, 1), "no function 1"},
		"reference":           {function(none, 0xd2, 1), "no function 1"},
		"undeclared":          {function(none, 0xd2, 0, 0x1a), "ref.func uses function 0, which is not declared outside code"},
		"local":               {function(none, 0x20, 2), "no local 2; the count is 2"},
		"global":              {function(none, 0x23, 1), "no global 1"},
		"table":               {function(none, 0x26, 1), "no table 1"},
		"label":               {function(none, 0x0c, 1), "no enclosing block 1; the count is 1"},
		"label of a table":    {function(none, 0x0e, 1, 0, 1), "no enclosing block 1"},
		"data segment":        {function(none, 0xfc, 9, 1), "no data segment 1"},
		"element segment":     {function(none, 0xfc, 13, 1), "no element segment 1"},
		"exported function":   {module(7, []byte("\x01\x01a\x00\x00")), "no function 0"},
		"exported table":      {module(7, []byte("\x01\x01a\x01\x00")), "no table 0"},
		"exported memory":     {module(5, memory, 7, []byte("\x01\x01a\x02\x01")), "no memory 1"},
		"exported global":     {module(6, global, 7, []byte("\x01\x01a\x03\x01")), "no global 1"},
		"exported tag":        {module(7, []byte("\x01\x01a\x04\x00")), "exports something of a kind 4"},
		"exported twice":      {module(6, global, 7, []byte("\x02\x01a\x03\x00\x01a\x03\x00")), `exports "a" twice`},
		"start":               {module(8, []byte{0}), "no function 0"},
		"start's type":        {module(1, twoI32, 3, one, 8, []byte{0}, 10, code(none, nil)), "start function has parameters or results"},
		"element's table":     {module(9, []byte{1, 0, 0x41, 0, 0x0b, 0}), "no table 0"},
		"element's function":  {module(9, []byte{1, 1, 0, 1, 0}), "no function 0"},
		"element's form":      {module(9, []byte{1, 8, 0}), "element segment of a form 8"},
		"element's kind":      {module(9, []byte{1, 1, 1, 0}), "element segment of a kind 1"},
		"data's form":         {module(11, []byte{1, 3, 0}), "data segment of a form 3"},
		"data without memory": {module(11, []byte{1, 0, 0x41, 0, 0x0b, 0}), "active data segment but no memory"},
		"data's memory":       {module(5, memory, 11, []byte{1, 2, 1, 0x41, 0, 0x0b, 0}), "no memory 1"},

		// Constants.
		"two instructions": {module(6, []byte{1, 0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b}), "more than one instruction"},
		"none":             {module(6, []byte{1, 0x7f, 0, 0x0b, 0}), "not a constant instruction"},
		"another type":     {module(6, []byte{1, 0x7f, 0, 0x42, 0, 0x0b}), "constant of type i64 where type i32 is expected"},
		"a global":         {module(6, []byte{2, 0x7f, 0, 0x41, 0, 0x0b, 0x7f, 0, 0x23, 0, 0x0b}), "constant that refers to a global"},
		"a vector":         {module(6, join([]byte{1, 0x7b, 0, 0xfd, 13}, make([]byte, 16), []byte{0x0b})), "constant with the instruction 0xfd 0xd"},
		"null constant":    {module(6, []byte{1, 0x70, 0, 0xd0, 0, 0x0b}), "reference of type 0x0"},
		"mutability":       {module(6, []byte{1, 0x7f, 2, 0x41, 0, 0x0b}), "mutability 2"},
	} {
		m, err := binary.Decode(c.module)
		if err == nil || m != nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// wide is a type of 64 parameters and 64 results.
var wide = join([]byte{1, 0x60, 64}, bytes.Repeat([]byte{0x7f}, 64), []byte{64}, bytes.Repeat([]byte{0x7f}, 64))

// many builds a module of n identical functions.
func many(n int, locals, instructions []byte) []byte {
	body := join(locals, instructions, []byte{0x0b})
	all := leb(uint32(n))
	for range n {
		all = join(all, leb(uint32(len(body))), body)
	}
	return module(1, twoI32, 3, join(leb(uint32(n)), make([]byte, n)), 10, all)
}

// Whatever the specification allows is accepted, however it is encoded.
func TestDecodeAccepts(t *testing.T) {
	for name, wasm := range map[string][]byte{
		"nothing":               binary.Header(),
		"long numbers":          function(none, 0x41, 0x80, 0x80, 0x80, 0x80, 0, 0x1a),
		"negative long numbers": function(none, 0x41, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x1a),
		"s64 of ten bytes":      function(none, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f, 0x1a),
		"s33 of five bytes":     function(none, 0x02, 0x80, 0x80, 0x80, 0x80, 0, 0x0b),
		"long misc":             function(none, 0xfc, 0x89, 0x80, 0, 0),
		"long call":             function(none, 0x10, 0x80, 0x80, 0x80, 0x80, 0),
		"high vector":           function(none, 0xfd, 0xff, 0x01),
		"branch table":          function(none, 0x0e, 2, 0, 0x80, 0, 0),
		"forms of elements": module(1, twoI32, 3, one, 4, table, 9, []byte{
			8,
			0, 0x41, 0, 0x0b, 1, 0,
			1, 0, 1, 0,
			2, 0, 0x41, 0, 0x0b, 0, 1, 0,
			3, 0, 1, 0,
			4, 0x41, 0, 0x0b, 1, 0xd2, 0, 0x0b,
			5, 0x6f, 1, 0xd0, 0x6f, 0x0b,
			6, 0, 0x41, 0, 0x0b, 0x70, 1, 0xd0, 0x70, 0x0b,
			7, 0x70, 0,
		}, 10, code(none, nil)),
		"forms of data": module(5, memory, 11, []byte{3, 0, 0x41, 0, 0x0b, 1, 'a', 1, 0, 2, 0, 0x41, 0, 0x0b, 0}),
		"customs":       module(0, []byte{0}, 1, twoI32, 0, []byte{1, 'a', 1, 2, 3}),
	} {
		m, err := binary.Decode(wasm)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, err := binary.Decode(m.Encode())
		if err != nil || !bytes.Equal(again.Encode(), m.Encode()) {
			t.Errorf("%s, written and read again: %v", name, err)
		}
	}
	for _, typ := range []byte{0x40, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f, 0} {
		if _, err := binary.Decode(function(none, 0x02, typ, 0x0b)); err != nil {
			t.Errorf("a block of type %#x: %v", typ, err)
		}
	}
}

// An error names the section, item and byte.
func TestDecodeReportsWhere(t *testing.T) {
	_, err := binary.Decode(module(1, twoI32, 3, []byte{2, 0, 0}, 10, join([]byte{2, 2, 0, 0x0b, 5, 0, 0x01, 0x01, 0x06, 0x0b})))
	if want := "it has an instruction 0x6 that vega does not support (code section, function 1, byte 0x1f)"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Encoding a decoded module gives an equivalent module.
func FuzzDecode(f *testing.F) {
	f.Add(function(none, 0x10, 0))
	f.Add(module(0, []byte{1, 'a'}, 5, memory, 7, []byte("\x01\x01m\x02\x00"), 11, []byte{1, 0, 0x41, 0, 0x0b, 1, 'x'}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := binary.Decode(b)
		if err != nil {
			return
		}
		out := m.Encode()
		again, err := binary.Decode(out)
		if err != nil || !bytes.Equal(again.Encode(), out) {
			t.Fatalf("the encoded module differs from the decoded one: %v", err)
		}
		if _, err := binary.Outline(b); err != nil {
			t.Fatalf("Outline refuses what Decode accepts: %v", err)
		}
	})
}
