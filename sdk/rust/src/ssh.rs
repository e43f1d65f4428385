//! SSH: capability `ssh`.

use crate::handle::Handle;
use crate::{call, error::check, Error, Text};

/// Connects to `host:port`.
///
/// The login, the host keys and the command are in the integration's `ssh` block: the
/// host logs in if the server's key is one of these, and the probe sees none of it.
///
/// ```no_run
/// # use vega::{healthy, unhealthy, OrFailed, Probed, Text};
/// # fn example() -> Probed {
/// let mut s = vega::ssh::connect("example.com:22").or_failed("example.com")?;
/// let why: Text<512> = s.unverified()?;
/// if !why.is_empty() {
///     return Ok(unhealthy!("example.com: {why}"));
/// }
/// let status = s.run().or_failed("example.com")?;
/// let output: Text<4096> = s.text()?;
/// # Ok(healthy!("{status} {output}"))
/// # }
/// ```
pub fn connect(address: &str) -> Result<Ssh, Error> {
    Handle::of_call(call::ssh_connect(address)).map(|handle| Ssh { handle })
}

/// A connection to an SSH server.
pub struct Ssh {
    handle: Handle,
}

impl Ssh {
    fn fact<const N: usize>(&self, what: i32) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::ssh_info(self.handle.number(), what, buf))
    }

    /// Returns how the server identifies itself, such as "SSH-2.0-OpenSSH_9.2".
    pub fn version<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(0)
    }

    /// Returns the type of the host key, such as "ssh-ed25519".
    pub fn key_type<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(1)
    }

    /// Returns the fingerprint of the host key, such as "SHA256:…".
    pub fn fingerprint<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(2)
    }

    /// Returns "" if the host key is one that the operator wrote, or the reason why not;
    /// [`Kind::NotSet`](crate::Kind::NotSet) if the operator wrote none.
    pub fn unverified<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(3)
    }

    /// Returns "" if the host has logged in, or the reason why not;
    /// [`Kind::NotSet`](crate::Kind::NotSet) if the operator configured no login.
    pub fn logged_out<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(4)
    }

    /// Returns the text that the server shows before a login.
    pub fn banner<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(5)
    }

    /// Runs the operator's command and returns its exit status.
    pub fn run(&mut self) -> Result<i32, Error> {
        check(call::ssh_run(self.handle.number()))
    }

    /// Returns what the command printed, or its first `N` bytes.
    pub fn text<const N: usize>(&mut self) -> Result<Text<N>, Error> {
        let mut text = Text::new();
        text.read(|buf| self.handle.read(buf))?;
        Ok(text)
    }

    /// Reads some of what the command printed; returns 0 at the end.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        self.handle.read(buf)
    }

    /// Returns what the command wrote to standard error.
    pub fn stderr<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(6)
    }

    /// Closes the connection before it is dropped.
    pub fn close(&mut self) {
        self.handle.close();
    }
}
