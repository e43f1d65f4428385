use crate::{call, unknown, Outcome, Text};

/// Registers the probes of the plugin, once, in its `lib.rs`:
/// `vega::probes! { "orders" => orders, "stock" => stock }`.
///
/// Each is a function without arguments that returns an
/// [`Outcome`](crate::Outcome) or a [`Probed`](crate::Probed), under its name
/// in the manifest.
#[macro_export]
macro_rules! probes {
    ($($name:literal => $probe:expr),+ $(,)?) => {
        /// The only function that vega calls.
        #[no_mangle]
        pub extern "C" fn vega_run(_: i32) -> i32 {
            $crate::run_bound(|name| match name {
                $($name => Some($crate::IntoOutcome::into_outcome($probe())),)+
                _ => None,
            })
        }
    };
}

/// Runs the probe that the host bound this run to. It looks it up by name
/// rather than index, so that a manifest may list its probes in any order.
#[doc(hidden)]
pub fn run_bound(probe: impl FnOnce(&str) -> Option<Outcome>) -> i32 {
    let name = Text::<128>::ask_some(|buf| call::config("@probe", buf)).unwrap_or_default();
    let outcome = probe(&name).unwrap_or_else(|| unknown!("the plugin registers no probe \"{}\", which its manifest declares: add it to vega::probes!", name));
    call::message(outcome.message());
    outcome.status() as i32
}
