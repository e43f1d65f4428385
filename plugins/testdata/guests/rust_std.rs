// A guest in Rust with its standard library: vectors, strings, formatting.

#[path = "vega.rs"]
mod vega;
#[path = "work.rs"]
mod work;

use std::collections::BTreeMap;
use vega::*;

fn run_work() -> i32 {
    let mut numbers = vec![0u32; work::SORTED];
    work::shuffle(&mut numbers);
    numbers.sort_by(|a, b| a.cmp(b));
    let pieces = BTreeMap::from([
        ("sort", work::values(&numbers)),
        ("recursion", work::recursion()),
        ("floats", work::floats()),
        ("bulk", work::bulk(&mut vec![0; 8192])),
        ("dispatch", work::dispatch()),
        ("wide", work::wide()),
        ("indirect", work::indirect()),
        ("grown", work::grown(&mut vec![0; work::GROWN])),
    ]);
    for (name, v) in &pieces {
        detail(name, format!("{v:016x}").as_bytes());
    }
    let total = pieces.values().fold(0, |a, v| a ^ v);
    message(format!("worked: {total:016x}").as_bytes());
    metric("sum", work::sum(), "1");
    HEALTHY
}

fn option(key: &str) -> Option<String> {
    let mut value = vec![0; usize::try_from(config(key, &mut [])).ok()?];
    config(key, &mut value);
    String::from_utf8(value).ok()
}

fn run_calls() -> i32 {
    let set = option("name");
    let name = set.as_deref().unwrap_or("nobody");
    ask(name.as_bytes());
    message(format!("hello, {name:.25}").as_bytes());
    if set.is_some() { HEALTHY } else { DEGRADED }
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
