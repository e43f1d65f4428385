use core::fmt::{self, Display};

use crate::note::Note;
use crate::{failed, Error, Kind};

/// The state of the target: Nagios plugin codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The target works.
    Healthy = 0,
    /// The target works, but not as it should.
    Degraded = 1,
    /// The target does not work.
    Unhealthy = 2,
    /// The probe could not determine the state: the target may not be at fault.
    Unknown = 3,
}

/// The result of a probe. Created by [`healthy!`](crate::healthy!),
/// [`degraded!`](crate::degraded!), [`unhealthy!`](crate::unhealthy!) and
/// [`unknown!`](crate::unknown!).
#[derive(Clone)]
pub struct Outcome {
    status: Status,
    message: Note,
}

impl Outcome {
    /// Creates an outcome. The message is one line for the operator: what is
    /// wrong and what to do. It is truncated at 1 KiB.
    ///
    /// # Panics
    ///
    /// Panics if the probe keeps more than 32 errors and outcomes at a time.
    pub fn new(status: Status, message: impl Display) -> Outcome {
        let message = Note::format(format_args!("{}", message));
        if message.text().is_none() {
            panic!("the probe keeps too many errors and outcomes; drop some");
        }
        Outcome { status, message }
    }

    /// Returns the status.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Returns the message.
    pub fn message(&self) -> &str {
        self.message.text().unwrap_or_default()
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.status, self.message())
    }
}

/// Converts an error for `?`. The target is not known here: a failure of the
/// target or the path to it is reported as one of "the target", and any other
/// as unknown with the error's own text.
impl From<Error> for Outcome {
    fn from(error: Error) -> Outcome {
        match error.kind() {
            Kind::NotSet | Kind::TooLarge | Kind::Invalid | Kind::Quota | Kind::Closed => {
                Outcome::new(Status::Unknown, error)
            }
            _ => failed("the target", &error),
        }
    }
}

/// A type that a probe may return: an [`Outcome`], or a `Result` of one with a
/// reportable error, such as [`Probed`].
pub trait IntoOutcome {
    /// Converts to the outcome to report.
    fn into_outcome(self) -> Outcome;
}

impl IntoOutcome for Outcome {
    fn into_outcome(self) -> Outcome {
        self
    }
}

impl<E: Into<Outcome>> IntoOutcome for Result<Outcome, E> {
    fn into_outcome(self) -> Outcome {
        self.unwrap_or_else(Into::into)
    }
}

/// The return type of a probe with calls that may fail. `?` accepts both an
/// [`Error`] and an [`Outcome`].
pub type Probed = Result<Outcome, Outcome>;

/// Creates the outcome of a target that works: `healthy!("{} answers", url)`.
#[macro_export]
macro_rules! healthy {
    ($($format:tt)+) => {
        $crate::Outcome::new($crate::Status::Healthy, ::core::format_args!($($format)+))
    };
}

/// Creates the outcome of a target that works, but not as it should.
#[macro_export]
macro_rules! degraded {
    ($($format:tt)+) => {
        $crate::Outcome::new($crate::Status::Degraded, ::core::format_args!($($format)+))
    };
}

/// Creates the outcome of a target that does not work.
#[macro_export]
macro_rules! unhealthy {
    ($($format:tt)+) => {
        $crate::Outcome::new($crate::Status::Unhealthy, ::core::format_args!($($format)+))
    };
}

/// Creates the outcome of a probe that could not determine the state: the
/// target may not be at fault.
#[macro_export]
macro_rules! unknown {
    ($($format:tt)+) => {
        $crate::Outcome::new($crate::Status::Unknown, ::core::format_args!($($format)+))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_mark_blames_nobody_without_cause() {
        for (kind, status, message) in [
            (Kind::NotSet, Status::Unknown, "why"),
            (Kind::TooLarge, Status::Unknown, "why"),
            (Kind::Denied, Status::Unknown, "why"),
            (Kind::Io, Status::Unknown, "could not check the target: why"),
            (Kind::Target, Status::Unhealthy, "the target: why"),
            (
                Kind::Dns,
                Status::Unhealthy,
                "the name of the target does not resolve; correct the name or repair its DNS (why)",
            ),
        ] {
            let probe = || -> Probed { Err(Error::new(kind, format_args!("why")))? };
            let outcome = probe().into_outcome();
            assert_eq!((outcome.status(), outcome.message()), (status, message));
        }
    }
}
