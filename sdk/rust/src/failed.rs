use crate::{unhealthy, unknown, Error, Kind, Outcome};

/// Turns a failed call into an outcome that says whose fault it is and what to
/// do.
///
/// `who` is the target, such as `https://example.com`. A denial is unknown and
/// says what to grant; a failure that only the target can have caused is
/// unhealthy; an incorrect call, one that vega could not make, and a value that
/// no run has stored yet are unknown.
pub fn failed(who: &str, error: &Error) -> Outcome {
    match error.kind() {
        Kind::NotSet if error.is_unstored() => unknown!(
            "could not check {}: {}; no run has stored it yet, which the probe has to expect",
            who,
            error
        ),
        Kind::Denied => unknown!("{}", error),
        Kind::Timeout => unhealthy!(
            "{} did not answer in time; it is overloaded or hung, or a firewall drops the packets ({})",
            who,
            error
        ),
        Kind::Refused => unhealthy!(
            "{} refuses the connection; start the service or correct the address",
            who
        ),
        Kind::Dns => unhealthy!(
            "the name of {} does not resolve; correct the name or repair its DNS ({})",
            who,
            error
        ),
        Kind::Tls => unhealthy!("TLS with {} failed: {}", who, error),
        Kind::Reset => unhealthy!(
            "{} closed the connection in the middle of the exchange; look into its log",
            who
        ),
        Kind::TooLarge => unknown!(
            "{} answered with more than this probe reads ({}); correct the address, or check something that answers with less",
            who,
            error
        ),
        Kind::Invalid | Kind::Quota | Kind::Closed | Kind::Io => {
            unknown!("could not check {}: {}", who, error)
        }
        Kind::NotSet | Kind::Target => unhealthy!("{}: {}", who, error),
    }
}

/// [`failed`], for the end of a call: `dial(Tcp, &address).or_failed(&address)?`.
pub trait OrFailed<T> {
    /// Returns the result of the call, or the outcome of its error for the
    /// target.
    fn or_failed(self, who: &str) -> Result<T, Outcome>;
}

impl<T> OrFailed<T> for Result<T, Error> {
    fn or_failed(self, who: &str) -> Result<T, Outcome> {
        self.map_err(|error| failed(who, &error))
    }
}
