module oracle

go 1.26

require (
	github.com/tetratelabs/wazero v1.12.0
	vega v0.0.0
)

replace vega => ../..
