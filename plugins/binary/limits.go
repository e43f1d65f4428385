package binary

// The caps. In brackets is the most that was seen of honest compilers: of Go in
// a program with the whole of net/http and its like (18 MB), of clang with all
// of libc exported, of Rust's std with debug information, AssemblyScript, zig
// and TinyGo. Each cap stands well above that, and below where decoding,
// validating or compiling takes seconds or hundreds of megabytes. After the
// bracket, where it matters, is how many bytes of the heap wazero 1.12 keeps for
// each: for all of them at once, less than 80 MB (TestHostile, most-*).
//
//	VEGA_MEASURE='*.wasm' go test ./plugins/binary -run Honest -v
const (
	MaxTypes     = 5_000   // [95] 104
	MaxParams    = 128     // of one function, and as many results [11]
	MaxValues    = 50_000  // parameters and results in all [376] 9
	MaxImports   = 1_000   // [45] 118
	MaxFunctions = 100_000 // [11,006] 256
	MaxGlobals   = 5_000   // [63] 50
	MaxExports   = 10_000  // [1,218] 95
	// MaxExportsFunctions bounds exports × functions, which the runtime goes
	// through to name functions. [1,425,060]
	MaxExportsFunctions = 1 << 24
	// MaxFunctionsDeclared bounds functions × (types + globals): the compiler
	// declares all of these for each function. [297,189]
	MaxFunctionsDeclared = 1 << 26
	MaxName              = 4 << 10   // bytes of one name
	MaxNames             = 256 << 10 // bytes of the names of imports and exports in all [12,887]

	MaxTables   = 8
	MaxTable    = 1 << 17 // entries of one table [15,102]
	MaxElements = 1_000   // segments [1] 63
	MaxEntries  = 1 << 17 // of segments in all [11,006] 39
	MaxPages    = 1 << 16 // of memory, which are all that it can have
	MaxSegments = 200_000 // of data; Go's linker makes 100,000 at most [100,000] 54

	MaxFunction      = 256 << 10 // bytes of one function's code [50,798]
	MaxLocals        = 10_000    // of one function [811]
	MaxAllLocals     = 1 << 20   // [46,197] 8
	MaxLocalsBlocks  = 100_000   // locals × blocks of one function [57,581]
	MaxDepth         = 1_000     // of nested blocks [550]
	MaxBranchTargets = 16 << 10  // of one br_table [1,144]
	MaxAllTargets    = 2 << 20   // [330,343]
	// MaxOperands bounds the values that blocks and calls take and return.
	MaxOperands = 4 << 20 // [166,022]

	MaxCustoms     = 200      // custom sections [11]
	MaxCustomBytes = 48 << 20 // [7,937,740]
)
