// The raw calls, as specified in ABI.md.

// @ts-ignore: decorator
@external("vega_v1", "config")
export declare function raw_config(key: usize, keyLen: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "message")
export declare function raw_message(text: usize, len: u32): void;

// @ts-ignore: decorator
@external("vega_v1", "detail")
export declare function raw_detail(key: usize, keyLen: u32, value: usize, len: u32): void;

// @ts-ignore: decorator
@external("vega_v1", "metric")
export declare function raw_metric(name: usize, len: u32, value: f64, unit: usize, unitLen: u32): void;

// @ts-ignore: decorator
@external("vega_v1", "log")
export declare function raw_log(level: i32, text: usize, len: u32): void;

// @ts-ignore: decorator
@external("vega_v1", "deadline")
export declare function raw_deadline(): i64;

// @ts-ignore: decorator
@external("vega_v1", "now")
export declare function raw_now(): i64;

// @ts-ignore: decorator
@external("vega_v1", "error")
export declare function raw_error(buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "http_request")
export declare function raw_http_request(method: usize, methodLen: u32, url: usize, urlLen: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "http_header")
export declare function raw_http_header(h: i32, name: usize, nameLen: u32, value: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "http_option")
export declare function raw_http_option(h: i32, what: i32, value: i32): i32;

// @ts-ignore: decorator
@external("vega_v1", "http_basic_auth")
export declare function raw_http_basic_auth(h: i32, user: usize, userLen: u32, password: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "http_send")
export declare function raw_http_send(h: i32, body: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "http_response_header")
export declare function raw_http_response_header(h: i32, name: usize, nameLen: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "json")
export declare function raw_json(h: i32, path: usize, pathLen: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "http_timing")
export declare function raw_http_timing(h: i32, phase: i32): i64;

// @ts-ignore: decorator
@external("vega_v1", "dial")
export declare function raw_dial(network: i32, address: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "read")
export declare function raw_read(h: i32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "write")
export declare function raw_write(h: i32, data: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "tls_start")
export declare function raw_tls_start(h: i32, name: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "tls_info")
export declare function raw_tls_info(h: i32, what: i32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "close")
export declare function raw_close(h: i32): void;

// @ts-ignore: decorator
@external("vega_v1", "resolve")
export declare function raw_resolve(type: usize, typeLen: u32, name: usize, nameLen: u32, server: usize, serverLen: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "sql_query")
export declare function raw_sql_query(database: usize, databaseLen: u32, query: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "sql_next")
export declare function raw_sql_next(h: i32): i32;

// @ts-ignore: decorator
@external("vega_v1", "sql_column")
export declare function raw_sql_column(h: i32, column: i32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "kv_get")
export declare function raw_kv_get(key: usize, keyLen: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "kv_set")
export declare function raw_kv_set(key: usize, keyLen: u32, value: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "match")
export declare function raw_match(re: usize, reLen: u32, text: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "http_unix")
export declare function raw_http_unix(h: i32, path: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "http_response_trailer")
export declare function raw_http_response_trailer(h: i32, name: usize, nameLen: u32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "icmp_echo")
export declare function raw_icmp_echo(host: usize, len: u32, family: i32, count: i32, size: i32, ttl: i32, interval: i64, wait: i64): i32;

// @ts-ignore: decorator
@external("vega_v1", "icmp_reply")
export declare function raw_icmp_reply(h: i32, n: i32, what: i32): i64;

// @ts-ignore: decorator
@external("vega_v1", "icmp_from")
export declare function raw_icmp_from(h: i32, n: i32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "websocket_open")
export declare function raw_websocket_open(h: i32): i32;

// @ts-ignore: decorator
@external("vega_v1", "websocket_send")
export declare function raw_websocket_send(h: i32, kind: i32, message: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "websocket_receive")
export declare function raw_websocket_receive(h: i32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "websocket_info")
export declare function raw_websocket_info(h: i32, what: i32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "ssh_connect")
export declare function raw_ssh_connect(address: usize, len: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "ssh_info")
export declare function raw_ssh_info(h: i32, what: i32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "ssh_run")
export declare function raw_ssh_run(h: i32): i32;

// @ts-ignore: decorator
@external("vega_v1", "match_group")
export declare function raw_match_group(re: usize, reLen: u32, text: usize, len: u32, group: i32, buf: usize, cap: u32): i32;

// @ts-ignore: decorator
@external("vega_v1", "read_within")
export declare function raw_read_within(h: i32, wait: i64, buf: usize, cap: u32): i32;
