use crate::{call, error::check, Error};

/// Whether the RE2 pattern matches somewhere in the text. The host does the
/// matching; a pattern that is none is [`Kind::Invalid`](crate::Kind::Invalid).
pub fn is_match(pattern: &str, text: &str) -> Result<bool, Error> {
    check(call::r#match(pattern, text)).map(|n| n == 1)
}
