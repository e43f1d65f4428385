//! Storage across runs of this integration: capability `kv`.

use crate::{call, error::check, text::fitting, Error, Text};

/// Returns the value that an earlier run stored under the key, as text;
/// [`Kind::NotSet`](crate::Kind::NotSet) if there is none, such as in the first
/// run.
pub fn text<const N: usize>(key: &str) -> Result<Text<N>, Error> {
    Text::ask(|buf| call::kv_get(key, buf)).map_err(Error::of_storage)
}

/// Returns the value that an earlier run stored under the key, as bytes at the
/// beginning of `buf`.
pub fn bytes<'a>(key: &str, buf: &'a mut [u8]) -> Result<&'a [u8], Error> {
    let n = fitting(call::kv_get(key, buf), buf.len()).map_err(Error::of_storage)?;
    Ok(&buf[..n])
}

/// Stores a value for later runs, within the quota of the grant. An empty value
/// deletes the key.
pub fn set<T: AsRef<[u8]> + ?Sized>(key: &str, value: &T) -> Result<(), Error> {
    check(call::kv_set(key, value.as_ref())).map(|_| ())
}
