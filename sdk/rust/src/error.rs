use core::fmt;

use crate::note::Note;
use crate::{call, Text};

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No such option, key, path, header or record; SQL NULL.
    NotSet,
    /// Not granted; the text contains the line to paste.
    Denied,
    /// The run's deadline passed while waiting.
    Timeout,
    /// The connection was refused.
    Refused,
    /// The name does not resolve.
    Dns,
    /// The handshake or the verification failed.
    Tls,
    /// The peer closed or reset the connection.
    Reset,
    /// A result or argument is over its limit, or does not fit.
    TooLarge,
    /// A malformed argument, or a handle of another kind.
    Invalid,
    /// Too many handles, or the storage is full.
    Quota,
    /// The handle is closed.
    Closed,
    /// The call was not made or can't be judged, and the target may be well.
    /// Includes kinds that only a later vega knows.
    Io,
    /// The target failed in a way that has no kind of its own.
    Target,
}

impl Kind {
    const ALL: [Kind; 13] = [
        Kind::NotSet,
        Kind::Denied,
        Kind::Timeout,
        Kind::Refused,
        Kind::Dns,
        Kind::Tls,
        Kind::Reset,
        Kind::TooLarge,
        Kind::Invalid,
        Kind::Quota,
        Kind::Closed,
        Kind::Io,
        Kind::Target,
    ];

    /// Errnos count down from -1.
    fn of(code: i32) -> Kind {
        let i = code.wrapping_neg().wrapping_sub(1);
        usize::try_from(i)
            .ok()
            .and_then(|i| Kind::ALL.get(i))
            .copied()
            .unwrap_or(Kind::Io)
    }

    fn code(self) -> i32 {
        -1 - self as i32
    }

    /// Returns the text of an error for which the host has none.
    fn text(self) -> &'static str {
        match self {
            Kind::NotSet => "not set",
            Kind::Denied => "denied",
            Kind::Timeout => "timed out",
            Kind::Refused => "connection refused",
            Kind::Dns => "the name does not resolve",
            Kind::Tls => "TLS failed",
            Kind::Reset => "the connection was closed by the peer",
            Kind::TooLarge => "too large",
            Kind::Invalid => "invalid argument",
            Kind::Quota => "quota exceeded",
            Kind::Closed => "closed",
            Kind::Io => "the call could not be made",
            Kind::Target => "the target failed",
        }
    }
}

/// A failed call: its kind, and a sentence for the operator, which contains no
/// secret.
///
/// It converts to an [`Outcome`](crate::Outcome) with `?`; it is better to name
/// the target: see [`failed`](crate::failed) and [`OrFailed`](crate::OrFailed).
#[derive(Clone)]
pub struct Error {
    code: i32,
    note: Note,
    unstored: bool, // no run has stored the value yet: says nothing about the target
}

impl Error {
    /// Returns the error of the call that just failed. The host keeps its text
    /// until the next failed call.
    pub(crate) fn of_call(code: i32) -> Error {
        let note = match Text::ask_some(call::error) {
            Ok(text) if !text.is_empty() => Note::of(text),
            _ => Note::nothing(),
        };
        Error {
            code,
            note,
            unstored: false,
        }
    }

    pub(crate) fn new(kind: Kind, text: fmt::Arguments<'_>) -> Error {
        Error {
            code: kind.code(),
            note: Note::format(text),
            unstored: false,
        }
    }

    /// Marks an error of reading a value that a run stores.
    pub(crate) fn of_storage(mut self) -> Error {
        self.unstored = self.kind() == Kind::NotSet;
        self
    }

    /// Returns whether no run has stored the value yet.
    pub(crate) fn is_unstored(&self) -> bool {
        self.unstored
    }

    /// Returns the kind of failure.
    pub fn kind(&self) -> Kind {
        Kind::of(self.code)
    }

    /// Returns the errno of the error. A later vega may have some that are not
    /// known here.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// Returns the sentence. The first 32 errors and outcomes that a probe
    /// keeps at a time have their own text, any others that of their kind.
    pub fn text(&self) -> &str {
        self.note.text().unwrap_or_else(|| self.kind().text())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.kind(), self.code, self.text())
    }
}

/// Returns the error of a call whose result is only an errno.
pub(crate) fn check(n: i32) -> Result<i32, Error> {
    if n < 0 {
        return Err(Error::of_call(n));
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_words_has_those_of_its_kind() {
        for code in [-5, -113] {
            let error = Error {
                code,
                note: Note::nothing(),
                unstored: false,
            };
            assert_eq!(error.text(), error.kind().text());
            assert_eq!(error.clone().code(), code);
        }
    }

    #[test]
    fn kinds_have_the_numbers_of_the_abi() {
        assert_eq!((Kind::NotSet.code(), Kind::Io.code()), (-1, -12));
        for kind in Kind::ALL {
            assert_eq!(Kind::of(kind.code()), kind);
        }
        for strange in [-14, -113, 0, 1, i32::MIN, i32::MAX] {
            assert_eq!(Kind::of(strange), Kind::Io);
        }
    }
}
