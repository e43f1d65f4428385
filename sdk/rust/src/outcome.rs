use core::fmt::{self, Display};

use crate::note::Note;
use crate::{failed, Error, Kind};

/// How the target is: the codes of Nagios plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does its job.
    Healthy = 0,
    /// It works, but not as it should.
    Degraded = 1,
    /// It does not do its job.
    Unhealthy = 2,
    /// The probe could not tell: the fault is not known to be the target's.
    Unknown = 3,
}

/// What a probe found. [`healthy!`](crate::healthy!),
/// [`degraded!`](crate::degraded!), [`unhealthy!`](crate::unhealthy!) and
/// [`unknown!`](crate::unknown!) make one.
#[derive(Clone)]
pub struct Outcome {
    status: Status,
    message: Note,
}

impl Outcome {
    /// The message is one line for a person: what is wrong, and what to do. It
    /// is cut at 1 KiB.
    ///
    /// # Panics
    ///
    /// A probe can't keep more than 32 errors and outcomes at a time.
    pub fn new(status: Status, message: impl Display) -> Outcome {
        let message = Note::format(format_args!("{}", message));
        if message.text().is_none() {
            panic!("the probe keeps too many errors and outcomes to tell one more; drop some");
        }
        Outcome { status, message }
    }

    /// How the target is.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The line for a person.
    pub fn message(&self) -> &str {
        self.message.text().unwrap_or_default()
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.status, self.message())
    }
}

/// What `?` makes of a call that failed. It doesn't know whom the probe was
/// asking: what the way to a target may be to blame for is told of "the
/// target", and all else is unknown, in the error's own words.
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

/// What a probe may return: an [`Outcome`], or a `Result` of one with an error
/// that can be told, such as [`Probed`].
pub trait IntoOutcome {
    /// What to tell.
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

/// What a probe with calls that may fail returns. `?` takes both an [`Error`]
/// and an [`Outcome`].
pub type Probed = Result<Outcome, Outcome>;

/// The outcome of a target that does its job: `healthy!("{} answers", url)`.
#[macro_export]
macro_rules! healthy {
    ($($format:tt)+) => {
        $crate::Outcome::new($crate::Status::Healthy, ::core::format_args!($($format)+))
    };
}

/// The outcome of a target that works, but not as it should.
#[macro_export]
macro_rules! degraded {
    ($($format:tt)+) => {
        $crate::Outcome::new($crate::Status::Degraded, ::core::format_args!($($format)+))
    };
}

/// The outcome of a target that does not do its job.
#[macro_export]
macro_rules! unhealthy {
    ($($format:tt)+) => {
        $crate::Outcome::new($crate::Status::Unhealthy, ::core::format_args!($($format)+))
    };
}

/// The outcome of a probe that could not tell: the fault is not known to be the
/// target's.
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
            (Kind::Io, Status::Unhealthy, "the target: why"),
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
