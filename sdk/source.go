//go:build !wasip1

package sdk

import "embed"

// Source contains the source of the SDKs and the specification. `vega plugin
// new` writes them into a project, so that a plugin builds offline and with the
// SDK version that it was written for.
//
//go:embed *.go abi/*.go sdktest/*.go ABI.md c/vega.h rust/Cargo.toml rust/src assemblyscript/package.json assemblyscript/assembly
var Source embed.FS
