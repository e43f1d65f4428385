use core::fmt::{self, Write};
use core::ops::Deref;
use core::str;

use crate::{Error, Kind};

/// Text of at most `N` bytes, stored inline: a [`str`](prim@str) with a
/// capacity.
///
/// A result of a host call that does not fit is an error. Text written into a
/// `Text` that does not fit is truncated at the end of a character, and
/// [`is_cut`](Text::is_cut) reports it. Bytes from a peer that are not UTF-8
/// become `?`.
#[derive(Clone)]
pub struct Text<const N: usize> {
    len: usize,
    cut: bool,
    bytes: [u8; N], // UTF-8 up to len
}

impl<const N: usize> Text<N> {
    /// Returns an empty text.
    pub const fn new() -> Self {
        Text {
            len: 0,
            cut: false,
            bytes: [0; N],
        }
    }

    /// Formats [`format_args!`] into a text; the macro [`text!`](crate::text!)
    /// is shorter.
    pub fn format(arguments: fmt::Arguments<'_>) -> Self {
        let mut text = Text::new();
        let _ = text.write_fmt(arguments); // an overflow is marked as truncated
        text
    }

    /// Returns the text as a `&str`, to which it also dereferences.
    pub fn as_str(&self) -> &str {
        // SAFETY: every writer leaves UTF-8 up to len.
        unsafe { str::from_utf8_unchecked(&self.bytes[..self.len]) }
    }

    /// Returns whether something did not fit.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Appends as much of `more` as fits.
    pub fn push_str(&mut self, more: &str) {
        if self.cut {
            return; // a gap would be worse
        }
        let fitting = floor(more.as_bytes(), N - self.len);
        self.cut = fitting < more.len();
        self.bytes[self.len..self.len + fitting].copy_from_slice(&more.as_bytes()[..fitting]);
        self.len += fitting;
    }

    /// Empties the text.
    pub fn clear(&mut self) {
        self.len = 0;
        self.cut = false;
    }

    /// Ends a truncated text with a "…".
    pub(crate) fn marked(mut self) -> Self {
        const MARK: &str = "…";
        if self.cut && N >= MARK.len() {
            self.len = floor(&self.bytes[..self.len], N - MARK.len());
            self.cut = false;
            self.push_str(MARK);
            self.cut = true;
        }
        self
    }

    /// Returns the value that a call writes to a buffer.
    pub(crate) fn ask(call: impl FnOnce(&mut [u8]) -> i32) -> Result<Self, Error> {
        let mut text = Text::new();
        text.len = fitting(call(&mut text.bytes), N)?;
        make_utf8(&mut text.bytes[..text.len]);
        Ok(text)
    }

    /// Returns as much as fits of the value that a call writes to a buffer, or
    /// the call's errno.
    pub(crate) fn ask_some(call: impl FnOnce(&mut [u8]) -> i32) -> Result<Self, i32> {
        let mut text = Text::new();
        let n = call(&mut text.bytes);
        let whole = usize::try_from(n).map_err(|_| n)?;
        text.cut = whole > N;
        text.len = if text.cut {
            characters(&text.bytes)
        } else {
            whole
        };
        make_utf8(&mut text.bytes[..text.len]);
        Ok(text)
    }

    /// Returns what `read` yields until its end, or until the text is full.
    pub(crate) fn read(
        &mut self,
        mut read: impl FnMut(&mut [u8]) -> Result<usize, Error>,
    ) -> Result<(), Error> {
        self.clear();
        let mut n = 0;
        while n < N {
            match read(&mut self.bytes[n..])? {
                0 => break,
                got => n += got,
            }
        }
        self.cut = n == N;
        if self.cut {
            n = characters(&self.bytes);
        }
        make_utf8(&mut self.bytes[..n]);
        self.len = n;
        Ok(())
    }

    /// Returns the text of bytes that were read.
    pub(crate) fn of_bytes(bytes: [u8; N], len: usize) -> Self {
        let mut text = Text {
            len,
            cut: false,
            bytes,
        };
        make_utf8(&mut text.bytes[..len]);
        text
    }
}

/// Returns the length of a value that must fit.
pub(crate) fn fitting(n: i32, room: usize) -> Result<usize, Error> {
    match usize::try_from(n) {
        Err(_) => Err(Error::of_call(n)),
        Ok(n) if n > room => Err(Error::new(
            Kind::TooLarge,
            format_args!(
                "a value of {} bytes exceeds the probe's buffer of {} bytes",
                n, room
            ),
        )),
        Ok(n) => Ok(n),
    }
}

/// Returns the end of the last whole character of a text within a limit.
fn floor(text: &[u8], limit: usize) -> usize {
    let mut n = text.len().min(limit);
    while n > 0 && n < text.len() && text[n] & 0xC0 == 0x80 {
        n -= 1;
    }
    n
}

/// Returns the length of truncated bytes without an incomplete last character.
fn characters(bytes: &[u8]) -> usize {
    let last = floor(bytes, bytes.len().saturating_sub(1));
    match str::from_utf8(&bytes[last..]) {
        Err(e) if e.error_len().is_none() => last,
        _ => bytes.len(),
    }
}

/// Replaces each byte that is not part of a character by "?".
fn make_utf8(bytes: &mut [u8]) {
    let mut from = 0;
    while let Err(e) = str::from_utf8(&bytes[from..]) {
        from += e.valid_up_to();
        bytes[from] = b'?';
    }
}

impl<const N: usize> Write for Text<N> {
    /// Returns an error if not everything fits.
    fn write_str(&mut self, more: &str) -> fmt::Result {
        self.push_str(more);
        if self.cut {
            return Err(fmt::Error);
        }
        Ok(())
    }
}

impl<const N: usize> Deref for Text<N> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> AsRef<str> for Text<N> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl<const N: usize> AsRef<[u8]> for Text<N> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Text::new()
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl<const N: usize> fmt::Debug for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize, const M: usize> PartialEq<Text<M>> for Text<N> {
    fn eq(&self, other: &Text<M>) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<const N: usize> Eq for Text<N> {}

impl<const N: usize> PartialEq<str> for Text<N> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl<const N: usize> PartialEq<&str> for Text<N> {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// Formats into a [`Text`] of the given size: `text!(256, "{}/health", base)`.
#[macro_export]
macro_rules! text {
    ($room:expr, $($format:tt)+) => {
        $crate::Text::<{ $room }>::format(::core::format_args!($($format)+))
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_at_a_character() {
        let mut text = crate::text!(4, "a{}", "éé");
        assert_eq!(text, "aé");
        assert!(text.is_cut());
        text.push_str("b"); // would fit, but must not follow the gap
        assert_eq!(text, "aé");
        assert_eq!(text.clone().marked(), "a…");
        text.clear();
        text.push_str("four");
        assert_eq!(text, "four");
        assert!(!text.is_cut());
        assert_eq!(text.marked(), "four");
    }

    #[test]
    fn no_room_holds_nothing() {
        let text = crate::text!(0, "{}", 1).marked();
        assert!(text.is_empty() && text.is_cut());
        assert_eq!(crate::text!(2, "{}", "long").marked(), "lo");
    }

    #[test]
    fn a_value_that_does_not_fit_is_an_error() {
        let fill = |buf: &mut [u8]| {
            buf.fill(b'x');
            5
        };
        assert_eq!(Text::<5>::ask(fill).unwrap(), "xxxxx");
        let error = Text::<4>::ask(fill).unwrap_err();
        assert_eq!(
            (error.kind(), error.text()),
            (
                Kind::TooLarge,
                "a value of 5 bytes exceeds the probe's buffer of 4 bytes"
            )
        );
        let some = Text::<4>::ask_some(fill).unwrap();
        assert!(some == "xxxx" && some.is_cut());
    }

    #[test]
    fn what_is_no_text_becomes_some() {
        for (bytes, want) in [
            (&b"a\xFFb\xC3"[..], "a?b?"),
            (b"\x80\x80\x80\x80", "????"),
            ("é\u{10348}".as_bytes(), "é\u{10348}"),
            (b"", ""),
        ] {
            let mut room = [0; 8];
            room[..bytes.len()].copy_from_slice(bytes);
            assert_eq!(Text::of_bytes(room, bytes.len()), want);
        }
    }

    #[test]
    fn a_body_is_read_until_its_end_or_the_texts() {
        let read = |body: &'static str| {
            let mut left = body.as_bytes();
            move |buf: &mut [u8]| {
                let n = left.len().min(buf.len()).min(3);
                buf[..n].copy_from_slice(&left[..n]);
                left = &left[n..];
                Ok(n)
            }
        };
        let mut text = Text::<6>::new();
        text.read(read("short")).unwrap();
        assert!(text == "short" && !text.is_cut());
        text.read(read("abcdeé")).unwrap();
        assert!(text == "abcde" && text.is_cut());
        text.read(read("")).unwrap();
        assert!(text.is_empty() && !text.is_cut());
        assert!(text
            .read(|_| Err(Error::new(Kind::Reset, format_args!("gone"))))
            .is_err());
        assert!(text.is_empty());
    }
}
