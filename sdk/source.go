//go:build !wasip1

package sdk

import "embed"

// Source is the source of the SDKs and the text of the contract, which `vega
// plugin new` writes into a project: a plugin builds offline, and by the SDK
// that it was written for.
//
//go:embed *.go abi/*.go sdktest/*.go ABI.md c/vega.h rust/Cargo.toml rust/src assemblyscript/package.json assemblyscript/assembly
var Source embed.FS
