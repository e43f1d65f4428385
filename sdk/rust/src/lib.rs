//! The SDK for probes in Rust, for version 1 of vega's probe ABI.
//!
//! A probe is a function that returns an [`Outcome`], or a [`Probed`] if it
//! makes calls that may fail; [`probes!`] registers it under its name in the
//! manifest. This is a complete plugin, in a `src/lib.rs` whose first line is
//! `#![no_std]`:
//!
//! ```no_run
//! use vega::{config, degraded, detail, healthy, http, millis, unhealthy, OrFailed, Probed, Text};
//!
//! vega::probes! { "orders" => orders }
//!
//! fn orders() -> Probed {
//!     let url: Text<512> = config::text("url")?;
//!     let answer = http::get(&url).header("Accept", "application/json").send().or_failed(&url)?;
//!     millis("latency", answer.timing(http::Phase::Total));
//!     if answer.status() != 200 {
//!         return Ok(unhealthy!("{url} answers with {}; look into the shop's log", answer.status()));
//!     }
//!     let waiting: Text<20> = answer.json("orders.waiting").or_failed(&url)?;
//!     detail("waiting", &waiting);
//!     match waiting.parse::<u32>() {
//!         Ok(n) if n > 1000 => Ok(degraded!("{n} orders are waiting; start the worker again")),
//!         _ => Ok(healthy!("{url} answers")),
//!     }
//! }
//! ```
//!
//! Its `Cargo.toml` has `crate-type = ["cdylib"]` under `[lib]` and this crate
//! under `[dependencies]`; `vega plugin build` does the rest.
//!
//! # Failed calls
//!
//! A host call returns a [`Result`] with an [`Error`], which has a kind and a
//! sentence. Name the target, and it becomes an outcome: use
//! [`OrFailed::or_failed`] at the end of a call, or [`failed`] for an error
//! that you have inspected. A bare `?` also works if there is no target to
//! name, as with an option.
//!
//! # Text
//!
//! The crate allocates nothing. A [`Text`] has a size that you choose and
//! otherwise acts as a [`str`](prim@str): `Text<512>` for an address, 20 for a
//! number. [`text!`] formats one, and a [`StaticText`] is for text that is too
//! large for the stack. A plugin may have its own allocator, or link std; in
//! the latter case disable the feature `panic-handler`. Pure code of a probe
//! can be tested with `cargo test`; host calls panic there.
//!
//! # Runs
//!
//! Each run is a fresh instance: nothing of the previous run remains except
//! what [`kv`] stored. Connections, responses and rows close when they are
//! dropped; a run may have 16 at a time. A panic ends the run as unknown,
//! because it is a fault of the probe, with its text in the message and in the
//! log.
#![no_std]
#![warn(missing_docs)]

mod call;
mod clock;
pub mod config;
mod dns;
mod error;
mod failed;
mod handle;
pub mod http;
pub mod icmp;
mod key;
pub mod kv;
mod log;
mod matching;
pub mod net;
mod note;
mod outcome;
#[cfg(all(target_arch = "wasm32", feature = "panic-handler"))]
mod panic;
mod run;
pub mod sql;
pub mod ssh;
mod static_text;
mod report;
mod text;
mod tls;
pub mod websocket;

pub use clock::{deadline, now, since};
pub use dns::resolve;
pub use error::{Error, Kind};
pub use failed::{failed, OrFailed};
pub use key::Key;
pub use log::{log, Level};
pub use matching::{is_match, match_group};
pub use outcome::{IntoOutcome, Outcome, Probed, Status};
#[doc(hidden)]
pub use run::run_bound;
pub use static_text::{StaticText, StaticTextMut};
pub use report::{detail, metric, millis};
pub use text::Text;
pub use tls::Tls;
