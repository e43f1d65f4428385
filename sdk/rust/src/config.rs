//! The options of the integration.
//!
//! The host has checked every value against its type in the manifest. An option
//! that is not set and has no default is [`Kind::NotSet`]; if that is not an
//! error, use `unwrap_or_default()` or [`is_set`]. A path leads into lists and
//! maps: `headers.Accept`, `urls.0`; [`Key`] escapes a key for it.

use core::time::Duration;

use crate::{call, Error, Key, Kind, Text};

/// Returns the text of an option. A value from `env()` or `file()` is a
/// placeholder of the same length: the host replaces it where it is sent as a
/// whole, in a header, basic auth or the configured URL.
pub fn text<const N: usize>(option: &str) -> Result<Text<N>, Error> {
    Text::ask(|buf| call::config(option, buf))
}

/// Returns whether the option is set or has a default.
pub fn is_set(option: &str) -> bool {
    call::config(option, &mut []) >= 0
}

/// Returns the value of a number option.
pub fn number(option: &str) -> Result<f64, Error> {
    parsed(option, |text| text.parse().ok())
}

/// Returns the integer part of a number option.
pub fn integer(option: &str) -> Result<i64, Error> {
    parsed(option, |text| {
        text.split('.').next().and_then(|whole| whole.parse().ok())
    })
}

/// Returns the value of a bool option.
pub fn flag(option: &str) -> Result<bool, Error> {
    parsed(option, |text| text.parse().ok())
}

/// Returns the value of a duration option.
pub fn duration(option: &str) -> Result<Duration, Error> {
    parsed(option, |text| text.parse().ok().map(Duration::from_nanos))
}

/// Returns the value of a size option in bytes.
pub fn size(option: &str) -> Result<u64, Error> {
    parsed(option, |text| text.parse().ok())
}

/// Parses an option. Any finite number of which an f64 holds only the first
/// digits has at most 309 digits.
fn parsed<T>(option: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
    let text: Text<400> = text(option)?;
    parse(&text).ok_or_else(|| {
        Error::new(
            Kind::Invalid,
            format_args!(
                "the option {} is \"{}\", which is not of the type that the probe expects",
                option, text
            ),
        )
    })
}

/// Returns the number of elements of a list or map option.
pub fn count(option: &str) -> usize {
    path(format_args!("{}.#", option))
        .and_then(|path| size(&path))
        .unwrap_or(0) as usize
}

/// Returns the elements of a list option:
/// `for url in config::list::<256>("urls") { let url = url?; … }`.
pub fn list<const N: usize>(option: &str) -> impl Iterator<Item = Result<Text<N>, Error>> + '_ {
    (0..count(option)).map(move |i| text(&path(format_args!("{}.{}", option, i))?))
}

/// Returns the keys and values of a map option, sorted by key.
pub fn map<const K: usize, const V: usize>(
    option: &str,
) -> impl Iterator<Item = Result<(Text<K>, Text<V>), Error>> + '_ {
    (0..count(option)).map(move |i| {
        let key: Text<K> = text(&path(format_args!("{}.@{}", option, i))?)?;
        let value = text(&path(format_args!("{}.{}", option, Key(&key)))?)?;
        Ok((key, value))
    })
}

fn path(arguments: core::fmt::Arguments<'_>) -> Result<Text<1024>, Error> {
    let path = Text::format(arguments);
    if path.is_cut() {
        return Err(Error::new(
            Kind::TooLarge,
            format_args!(
                "the path of an option is longer than 1024 bytes: {:.60}…",
                path
            ),
        ));
    }
    Ok(path)
}
