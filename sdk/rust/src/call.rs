//! The raw calls, as specified in ABI.md, behind safe functions: all unsafe
//! code for calling the host is in this file.

/// Declares the calls as imports. In a native build, such as that of an
/// author's unit tests, there is no host, and a call panics.
macro_rules! imports {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)+) => {
        mod raw {
            #[cfg(target_arch = "wasm32")]
            #[link(wasm_import_module = "vega_v1")]
            extern "C" {
                $(pub fn $name($($arg: $type),*) $(-> $result)?;)+
            }
            $(
                #[cfg(not(target_arch = "wasm32"))]
                #[allow(clippy::too_many_arguments)] // as specified
                pub unsafe fn $name($(_: $type),*) $(-> $result)? {
                    panic!(concat!(stringify!($name), " can only be called in a plugin that vega runs"))
                }
            )+
        }
    };
}

imports! {
    fn config(key: *const u8, key_len: usize, buf: *mut u8, cap: usize) -> i32;
    fn message(text: *const u8, len: usize);
    fn detail(key: *const u8, key_len: usize, value: *const u8, len: usize);
    fn metric(name: *const u8, name_len: usize, value: f64, unit: *const u8, unit_len: usize);
    fn log(level: i32, text: *const u8, len: usize);
    fn deadline() -> i64;
    fn now() -> i64;
    fn error(buf: *mut u8, cap: usize) -> i32;
    fn http_request(method: *const u8, method_len: usize, url: *const u8, url_len: usize) -> i32;
    fn http_header(h: i32, name: *const u8, name_len: usize, value: *const u8, len: usize) -> i32;
    fn http_option(h: i32, what: i32, value: i32) -> i32;
    fn http_basic_auth(h: i32, user: *const u8, user_len: usize, password: *const u8, len: usize) -> i32;
    fn http_send(h: i32, body: *const u8, len: usize) -> i32;
    fn http_response_header(h: i32, name: *const u8, name_len: usize, buf: *mut u8, cap: usize) -> i32;
    fn json(h: i32, path: *const u8, path_len: usize, buf: *mut u8, cap: usize) -> i32;
    fn http_timing(h: i32, phase: i32) -> i64;
    fn dial(network: i32, address: *const u8, len: usize) -> i32;
    fn read(h: i32, buf: *mut u8, cap: usize) -> i32;
    fn write(h: i32, data: *const u8, len: usize) -> i32;
    fn tls_start(h: i32, name: *const u8, len: usize) -> i32;
    fn tls_info(h: i32, what: i32, buf: *mut u8, cap: usize) -> i32;
    fn close(h: i32);
    fn resolve(kind: *const u8, kind_len: usize, name: *const u8, name_len: usize, server: *const u8, server_len: usize, buf: *mut u8, cap: usize) -> i32;
    fn sql_query(database: *const u8, database_len: usize, query: *const u8, len: usize) -> i32;
    fn sql_next(h: i32) -> i32;
    fn sql_column(h: i32, column: i32, buf: *mut u8, cap: usize) -> i32;
    fn kv_get(key: *const u8, key_len: usize, buf: *mut u8, cap: usize) -> i32;
    fn kv_set(key: *const u8, key_len: usize, value: *const u8, len: usize) -> i32;
    fn r#match(pattern: *const u8, pattern_len: usize, text: *const u8, len: usize) -> i32;
    fn match_group(pattern: *const u8, pattern_len: usize, text: *const u8, len: usize, group: i32, buf: *mut u8, cap: usize) -> i32;
    fn read_within(h: i32, wait: i64, buf: *mut u8, cap: usize) -> i32;
    fn http_unix(h: i32, path: *const u8, len: usize) -> i32;
    fn http_response_trailer(h: i32, name: *const u8, name_len: usize, buf: *mut u8, cap: usize) -> i32;
    fn icmp_echo(host: *const u8, len: usize, family: i32, count: i32, size: i32, ttl: i32, interval: i64, wait: i64) -> i32;
    fn icmp_reply(h: i32, n: i32, what: i32) -> i64;
    fn icmp_from(h: i32, n: i32, buf: *mut u8, cap: usize) -> i32;
    fn websocket_open(h: i32) -> i32;
    fn websocket_send(h: i32, kind: i32, message: *const u8, len: usize) -> i32;
    fn websocket_receive(h: i32, buf: *mut u8, cap: usize) -> i32;
    fn websocket_info(h: i32, what: i32, buf: *mut u8, cap: usize) -> i32;
    fn ssh_connect(address: *const u8, len: usize) -> i32;
    fn ssh_info(h: i32, what: i32, buf: *mut u8, cap: usize) -> i32;
    fn ssh_run(h: i32) -> i32;
}

/// Each function splits its arguments into pointers and lengths. That is sound:
/// the host reads and writes only within them, and only during the call.
macro_rules! safe {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)? = $($part:expr),*;)+) => {
        $(pub(crate) fn $name($($arg: $type),*) $(-> $result)? {
            // SAFETY: every pointer is passed with the length of its data.
            unsafe { raw::$name($($part),*) }
        })+
    };
}

safe! {
    fn config(key: &str, buf: &mut [u8]) -> i32 = key.as_ptr(), key.len(), buf.as_mut_ptr(), buf.len();
    fn message(text: &str) = text.as_ptr(), text.len();
    fn detail(key: &str, value: &str) = key.as_ptr(), key.len(), value.as_ptr(), value.len();
    fn metric(name: &str, value: f64, unit: &str) = name.as_ptr(), name.len(), value, unit.as_ptr(), unit.len();
    fn log(level: i32, text: &str) = level, text.as_ptr(), text.len();
    fn deadline() -> i64 = ;
    fn now() -> i64 = ;
    fn error(buf: &mut [u8]) -> i32 = buf.as_mut_ptr(), buf.len();
    fn http_request(method: &str, url: &str) -> i32 = method.as_ptr(), method.len(), url.as_ptr(), url.len();
    fn http_header(h: i32, name: &str, value: &str) -> i32 = h, name.as_ptr(), name.len(), value.as_ptr(), value.len();
    fn http_option(h: i32, what: i32, value: i32) -> i32 = h, what, value;
    fn http_basic_auth(h: i32, user: &str, password: &str) -> i32 = h, user.as_ptr(), user.len(), password.as_ptr(), password.len();
    fn http_send(h: i32, body: &[u8]) -> i32 = h, body.as_ptr(), body.len();
    fn http_response_header(h: i32, name: &str, buf: &mut [u8]) -> i32 = h, name.as_ptr(), name.len(), buf.as_mut_ptr(), buf.len();
    fn json(h: i32, path: &str, buf: &mut [u8]) -> i32 = h, path.as_ptr(), path.len(), buf.as_mut_ptr(), buf.len();
    fn http_timing(h: i32, phase: i32) -> i64 = h, phase;
    fn dial(network: i32, address: &str) -> i32 = network, address.as_ptr(), address.len();
    fn read(h: i32, buf: &mut [u8]) -> i32 = h, buf.as_mut_ptr(), buf.len();
    fn write(h: i32, data: &[u8]) -> i32 = h, data.as_ptr(), data.len();
    fn tls_start(h: i32, name: &str) -> i32 = h, name.as_ptr(), name.len();
    fn tls_info(h: i32, what: i32, buf: &mut [u8]) -> i32 = h, what, buf.as_mut_ptr(), buf.len();
    fn close(h: i32) = h;
    fn resolve(kind: &str, name: &str, server: &str, buf: &mut [u8]) -> i32 = kind.as_ptr(), kind.len(), name.as_ptr(), name.len(), server.as_ptr(), server.len(), buf.as_mut_ptr(), buf.len();
    fn sql_query(database: &str, query: &str) -> i32 = database.as_ptr(), database.len(), query.as_ptr(), query.len();
    fn sql_next(h: i32) -> i32 = h;
    fn sql_column(h: i32, column: i32, buf: &mut [u8]) -> i32 = h, column, buf.as_mut_ptr(), buf.len();
    fn kv_get(key: &str, buf: &mut [u8]) -> i32 = key.as_ptr(), key.len(), buf.as_mut_ptr(), buf.len();
    fn kv_set(key: &str, value: &[u8]) -> i32 = key.as_ptr(), key.len(), value.as_ptr(), value.len();
    fn r#match(pattern: &str, text: &str) -> i32 = pattern.as_ptr(), pattern.len(), text.as_ptr(), text.len();
    fn match_group(pattern: &str, text: &str, group: i32, buf: &mut [u8]) -> i32 = pattern.as_ptr(), pattern.len(), text.as_ptr(), text.len(), group, buf.as_mut_ptr(), buf.len();
    fn read_within(h: i32, wait: i64, buf: &mut [u8]) -> i32 = h, wait, buf.as_mut_ptr(), buf.len();
    fn http_unix(h: i32, path: &str) -> i32 = h, path.as_ptr(), path.len();
    fn http_response_trailer(h: i32, name: &str, buf: &mut [u8]) -> i32 = h, name.as_ptr(), name.len(), buf.as_mut_ptr(), buf.len();
    fn icmp_echo(host: &str, family: i32, count: i32, size: i32, ttl: i32, interval: i64, wait: i64) -> i32 = host.as_ptr(), host.len(), family, count, size, ttl, interval, wait;
    fn icmp_reply(h: i32, n: i32, what: i32) -> i64 = h, n, what;
    fn icmp_from(h: i32, n: i32, buf: &mut [u8]) -> i32 = h, n, buf.as_mut_ptr(), buf.len();
    fn websocket_open(h: i32) -> i32 = h;
    fn websocket_send(h: i32, kind: i32, message: &[u8]) -> i32 = h, kind, message.as_ptr(), message.len();
    fn websocket_receive(h: i32, buf: &mut [u8]) -> i32 = h, buf.as_mut_ptr(), buf.len();
    fn websocket_info(h: i32, what: i32, buf: &mut [u8]) -> i32 = h, what, buf.as_mut_ptr(), buf.len();
    fn ssh_connect(address: &str) -> i32 = address.as_ptr(), address.len();
    fn ssh_info(h: i32, what: i32, buf: &mut [u8]) -> i32 = h, what, buf.as_mut_ptr(), buf.len();
    fn ssh_run(h: i32) -> i32 = h;
}
