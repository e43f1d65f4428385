// A guest in Rust without its standard library and without an allocator.
#![no_std]

#[path = "vega.rs"]
mod vega;
#[path = "work.rs"]
mod work;

use core::arch::wasm32;
use vega::*;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    wasm32::unreachable()
}

fn hex(v: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    for (i, d) in digits.iter_mut().enumerate() {
        *d = b"0123456789abcdef"[(v >> (60 - 4 * i) & 15) as usize];
    }
    digits
}

fn run_work() -> i32 {
    let mut numbers = [0u32; work::SORTED];
    work::shuffle(&mut numbers);
    numbers.sort_unstable();
    let page = wasm32::memory_grow(0, work::GROWN / 65536 + 1);
    if page == usize::MAX {
        return UNKNOWN;
    }
    let fresh = unsafe { core::slice::from_raw_parts_mut((page * 65536) as *mut u8, work::GROWN) };
    let mut total = 0;
    for (name, v) in [
        ("sort", work::values(&numbers)),
        ("recursion", work::recursion()),
        ("floats", work::floats()),
        ("bulk", work::bulk(&mut [0; 8192])),
        ("dispatch", work::dispatch()),
        ("wide", work::wide()),
        ("indirect", work::indirect()),
        ("grown", work::grown(fresh)),
    ] {
        detail(name, &hex(v));
        total ^= v;
    }
    let mut text = *b"worked: ................";
    text[8..].copy_from_slice(&hex(total));
    message(&text);
    metric("sum", work::sum(), "1");
    HEALTHY
}

fn run_calls() -> i32 {
    let mut text = [0; 32];
    text[..13].copy_from_slice(b"hello, nobody");
    let len = config("name", &mut text[7..]);
    let end = if len < 0 { 13 } else { 7 + (len as usize).min(25) };
    ask(&text[7..end]);
    message(&text[..end]);
    if len < 0 { DEGRADED } else { HEALTHY }
}

#[no_mangle]
pub extern "C" fn vega_run(probe: i32) -> i32 {
    match probe {
        0 => {
            message(b"ok");
            HEALTHY
        }
        1 => run_work(),
        2 => run_calls(),
        _ => UNKNOWN,
    }
}
