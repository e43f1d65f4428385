use crate::{call, error::check, Error, Text};

/// Returns whether the RE2 pattern matches anywhere in the text. The host does
/// the matching; an invalid pattern is [`Kind::Invalid`](crate::Kind::Invalid).
pub fn is_match(pattern: &str, text: &str) -> Result<bool, Error> {
    check(call::r#match(pattern, text)).map(|n| n == 1)
}

/// Returns the part of the text that a group of the RE2 pattern matches, in the first
/// match; group 0 is the whole match. Without one it is
/// [`Kind::NotSet`](crate::Kind::NotSet).
pub fn match_group<const N: usize>(pattern: &str, text: &str, group: u8) -> Result<Text<N>, Error> {
    Text::ask(|buf| call::match_group(pattern, text, i32::from(group), buf))
}
