// The calls of ABI version 1 that these guests make, made safe.

mod raw {
    #[link(wasm_import_module = "vega_v1")]
    extern "C" {
        pub fn config(key: *const u8, key_len: usize, buf: *mut u8, cap: usize) -> i32;
        pub fn message(text: *const u8, len: usize);
        pub fn detail(key: *const u8, key_len: usize, value: *const u8, value_len: usize);
        pub fn metric(name: *const u8, len: usize, value: f64, unit: *const u8, unit_len: usize);
        pub fn log(level: i32, text: *const u8, len: usize);
        pub fn deadline() -> i64;
        pub fn now() -> i64;
        pub fn error(buf: *mut u8, cap: usize) -> i32;
        #[link_name = "match"]
        pub fn matches(re: *const u8, re_len: usize, text: *const u8, text_len: usize) -> i32;
    }
}

pub const HEALTHY: i32 = 0;
pub const DEGRADED: i32 = 1;
pub const UNKNOWN: i32 = 3;
pub const ERR_INVALID: i32 = -9;
pub const LOG_INFO: i32 = 1;

pub fn config(key: &str, buf: &mut [u8]) -> i32 {
    unsafe { raw::config(key.as_ptr(), key.len(), buf.as_mut_ptr(), buf.len()) }
}

pub fn message(text: &[u8]) {
    unsafe { raw::message(text.as_ptr(), text.len()) }
}

pub fn detail(key: &str, value: &[u8]) {
    unsafe { raw::detail(key.as_ptr(), key.len(), value.as_ptr(), value.len()) }
}

pub fn metric(name: &str, value: f64, unit: &str) {
    unsafe { raw::metric(name.as_ptr(), name.len(), value, unit.as_ptr(), unit.len()) }
}

pub fn log(level: i32, text: &str) {
    unsafe { raw::log(level, text.as_ptr(), text.len()) }
}

pub fn deadline() -> i64 {
    unsafe { raw::deadline() }
}

pub fn now() -> i64 {
    unsafe { raw::now() }
}

pub fn error(buf: &mut [u8]) -> i32 {
    unsafe { raw::error(buf.as_mut_ptr(), buf.len()) }
}

pub fn matches(pattern: &str, text: &[u8]) -> i32 {
    unsafe { raw::matches(pattern.as_ptr(), pattern.len(), text.as_ptr(), text.len()) }
}

/// What the probe "calls" asks of the host, but for the option.
pub fn ask(name: &[u8]) {
    detail("name", name);
    if matches("^[a-z]+$", name) == 1 {
        detail("letters", b"all");
    }
    let mut why = [0; 256];
    if matches("(", name) == ERR_INVALID && error(&mut why) > 0 {
        detail("pattern", b"refused");
    }
    if now() > 0 && deadline() > 0 {
        detail("clock", b"runs");
    }
    log(LOG_INFO, "called");
}
