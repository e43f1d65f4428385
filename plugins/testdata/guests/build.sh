#!/bin/sh
# Builds the guests beside their sources, and notes what they were built of.
# Tests need none of the tools, but fail where a source changed since.
#
#   C               clang 14, lld; wasi-libc and libclang-rt-14-dev-wasm32
#   Rust            rustc 1.63 with libstd-rust-dev-wasm32 (RUSTC names it)
#   AssemblyScript  assemblyscript 0.28.20 (ASC names its compiler, asc)
#
# The packages are Debian 12's, but for the last, which is npm's.
set -eu
cd "$(dirname "$0")"

c="-O2 -Wall -Wextra -Werror -mbulk-memory -Wl,--strip-all"
clang --target=wasm32 $c -nostdlib -Wl,--no-entry -o c.wasm c.c
clang --target=wasm32-wasi $c -mexec-model=reactor -o c_libc.wasm c_libc.c

rust="--edition 2021 --crate-type cdylib -C opt-level=s -C panic=abort -C strip=symbols -C linker=wasm-ld -C target-feature=+bulk-memory -C link-arg=-zstack-size=65536"
${RUSTC:-rustc} $rust --target wasm32-unknown-unknown -o rust.wasm rust.rs
${RUSTC:-rustc} $rust -C lto --target wasm32-wasi -o rust_std.wasm rust_std.rs

# abort= : it traps instead of importing a function for it.
${ASC:-asc} assemblyscript.ts --outFile assemblyscript.wasm -O2 --runtime minimal --use abort= --exportStart _initialize --enable bulk-memory

chmod 644 ./*.wasm
sha256sum ./*.c ./*.h ./*.rs ./*.ts ./build.sh ./*.wasm >built.sha256
