use core::time::Duration;

use crate::handle::Handle;
use crate::{call, Error, Kind, Text};

/// The facts about the TLS of a connection or https response, and the
/// certificate. Without TLS, every fact is an error.
pub struct Tls<'a> {
    handle: &'a Handle,
}

impl<'a> Tls<'a> {
    pub(crate) fn of(handle: &'a Handle) -> Self {
        Tls { handle }
    }

    fn fact<const N: usize>(&self, what: i32) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::tls_info(self.handle.number(), what, buf))
    }

    /// Returns the protocol version, such as "TLS 1.3".
    pub fn version<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(0)
    }

    /// Returns the name of the cipher suite.
    pub fn cipher<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(1)
    }

    /// Returns the subject of the certificate.
    pub fn subject<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(2)
    }

    /// Returns the issuer of the certificate.
    pub fn issuer<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(3)
    }

    /// Returns the expiry of the certificate: the time since the beginning of
    /// 1970, UTC, comparable with [`now`](crate::now).
    pub fn not_after(&self) -> Result<Duration, Error> {
        self.time(4)
    }

    /// Returns when the peer is no longer trusted: when the first certificate
    /// of its verified chain expires. In the form of [`not_after`](Tls::not_after).
    pub fn chain_ends(&self) -> Result<Duration, Error> {
        self.time(7).or_else(|_| self.not_after()) // an older host
    }

    /// Returns the subject of the certificate that ends the chain; empty if
    /// that is the peer's own.
    pub fn chain_subject<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(8)
    }

    /// Waits until the peer has accepted the handshake, if it asked for a client
    /// certificate. Returns [`Kind::Tls`] if it refuses.
    pub fn accepted(&self) -> Result<(), Error> {
        match Text::<8>::ask_some(|buf| call::tls_info(self.handle.number(), 9, buf)) {
            Err(code) if Error::of_call(code).kind() == Kind::Tls => Err(Error::of_call(code)),
            _ => Ok(()), // other errors are an older host's
        }
    }

    fn time(&self, what: i32) -> Result<Duration, Error> {
        let seconds: Text<24> = self.fact(what)?;
        match seconds.parse::<i64>() {
            Ok(n) => Ok(Duration::from_secs(u64::try_from(n).unwrap_or(0))), // before 1970 is long ago
            Err(_) => Err(Error::new(
                Kind::NotSet,
                format_args!("no certificate"),
            )),
        }
    }

    /// Returns the DNS names that the certificate is valid for, one per line:
    /// see [`str::lines`].
    pub fn names<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(5)
    }

    /// Verifies the peer: its chain, its name, its dates, and its version of
    /// TLS. Returns `Ok`, or [`Kind::Tls`] with the reason.
    pub fn verify(&self) -> Result<(), Error> {
        match Text::<512>::ask_some(|buf| call::tls_info(self.handle.number(), 6, buf)) {
            Ok(why) if why.is_empty() => Ok(()),
            Ok(why) => Err(Error::new(Kind::Tls, format_args!("{}", why))),
            Err(code) => Err(Error::of_call(code)),
        }
    }
}
