use crate::{call, error::check, Error};

/// Returns whether the RE2 pattern matches anywhere in the text. The host does
/// the matching; an invalid pattern is [`Kind::Invalid`](crate::Kind::Invalid).
pub fn is_match(pattern: &str, text: &str) -> Result<bool, Error> {
    check(call::r#match(pattern, text)).map(|n| n == 1)
}
