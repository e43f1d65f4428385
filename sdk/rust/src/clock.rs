use core::time::Duration;

use crate::call;

/// Returns how long the run may still wait. When it has passed, calls end with
/// [`Kind::Timeout`](crate::Kind::Timeout), early enough to still return an
/// outcome.
pub fn deadline() -> Duration {
    nanoseconds(call::deadline())
}

/// Returns the host's clock: the time since the beginning of 1970, UTC.
pub fn now() -> Duration {
    nanoseconds(call::now())
}

/// Returns the time elapsed since `then`, by the host's clock, or zero if the
/// clock was set back.
pub fn since(then: Duration) -> Duration {
    now().saturating_sub(then)
}

/// Converts nanoseconds from the host. A negative value is an error of the host
/// and becomes zero.
pub(crate) fn nanoseconds(n: i64) -> Duration {
    Duration::from_nanos(u64::try_from(n).unwrap_or(0))
}

/// Converts a duration to nanoseconds for the host.
pub(crate) fn to_nanoseconds(d: Duration) -> i64 {
    i64::try_from(d.as_nanos()).unwrap_or(i64::MAX)
}
