use crate::{call, Error, Text};

/// Queries DNS records of a type ("A", "MX", "TXT" …): capability `dns`.
/// Returns one record per line: see [`str::lines`]. The server "" means vega's
/// own.
///
/// A name that does not exist is [`Kind::Dns`](crate::Kind::Dns), one without
/// such a record [`Kind::NotSet`](crate::Kind::NotSet). 4 KiB fit nearly every
/// answer.
pub fn resolve<const N: usize>(kind: &str, name: &str, server: &str) -> Result<Text<N>, Error> {
    Text::ask(|buf| call::resolve(kind, name, server, buf))
}
