use core::time::Duration;

use crate::call;

/// How long the run may still wait. Calls end by themselves with
/// [`Kind::Timeout`](crate::Kind::Timeout) when it has passed, early enough to
/// still return an outcome.
pub fn deadline() -> Duration {
    nanoseconds(call::deadline())
}

/// The host's clock: the time since the beginning of 1970, UTC.
pub fn now() -> Duration {
    nanoseconds(call::now())
}

/// The time that has passed since `then`, by the host's clock; none if that
/// was set back.
pub fn since(then: Duration) -> Duration {
    now().saturating_sub(then)
}

/// The host counts in nanoseconds; what is less than none is an error of its,
/// and is none.
pub(crate) fn nanoseconds(n: i64) -> Duration {
    Duration::from_nanos(u64::try_from(n).unwrap_or(0))
}
