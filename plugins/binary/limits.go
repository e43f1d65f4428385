package binary

// The caps. The number in brackets is the largest seen from honest compilers:
// Go with all of net/http and similar packages (18 MB), clang with all of libc
// exported, Rust's std with debug information, AssemblyScript, zig and TinyGo.
// Each cap is well above that, and below the point where decoding, validating
// or compiling takes seconds or hundreds of megabytes. The number after the
// bracket, where it matters, is the heap that wazero 1.12 keeps for each item,
// in bytes: less than 80 MB for all of them together (TestHostile, most-*).
//
//	VEGA_MEASURE='*.wasm' go test ./plugins/binary -run Honest -v
const (
	MaxTypes     = 5_000   // [95] 104
	MaxParams    = 128     // parameters of one function, and as many results [11]
	MaxValues    = 50_000  // parameters and results in total [376] 9
	MaxImports   = 1_000   // [45] 118
	MaxFunctions = 100_000 // [11,006] 256
	MaxGlobals   = 5_000   // [63] 50
	MaxExports   = 10_000  // [1,218] 95
	// MaxExportsFunctions bounds exports × functions, which is how many steps
	// the runtime takes to name functions. [1,425,060]
	MaxExportsFunctions = 1 << 24
	// MaxFunctionsDeclared bounds functions × (types + globals): the compiler
	// declares all of them for each function. [297,189]
	MaxFunctionsDeclared = 1 << 26
	MaxName              = 4 << 10   // bytes of one name
	MaxNames             = 256 << 10 // bytes of the names of imports and exports in total [12,887]

	MaxTables   = 8
	MaxTable    = 1 << 17 // entries of one table [15,102]
	MaxElements = 1_000   // segments [1] 63
	MaxEntries  = 1 << 17 // of segments in total [11,006] 39
	MaxPages    = 1 << 16 // pages of memory; the specification allows no more
	MaxSegments = 200_000 // data segments; Go's linker creates at most 100,000 [100,000] 54

	MaxFunction      = 256 << 10 // bytes of one function's code [50,798]
	MaxLocals        = 10_000    // locals of one function [811]
	MaxAllLocals     = 1 << 20   // [46,197] 8
	MaxLocalsBlocks  = 100_000   // locals × blocks of one function [57,581]
	MaxDepth         = 1_000     // depth of nested blocks [550]
	MaxBranchTargets = 16 << 10  // targets of one br_table [1,144]
	MaxAllTargets    = 2 << 20   // [330,343]
	// MaxOperands bounds the number of values that blocks and calls take and
	// return.
	MaxOperands = 4 << 20 // [166,022]

	MaxCustoms     = 200      // custom sections [11]
	MaxCustomBytes = 48 << 20 // [7,937,740]
)
