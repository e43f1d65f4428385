//! Connections: capability `net`.

use crate::handle::Handle;
use crate::{call, error::check, Error, Kind, Text, Tls};

/// What to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// A TCP connection.
    Tcp = 0,
    /// A TCP connection with TLS from the beginning.
    Tls = 1,
    /// UDP: each write is a datagram, and so is each read.
    Udp = 2,
}

/// Connects to `host:port`.
///
/// TLS is made even where the certificate is bad, so that it can be looked at:
/// ask [`Tls::verify`] before you trust the far end. The host puts no secret
/// into a connection that is not verified.
pub fn dial(network: Network, address: &str) -> Result<Conn, Error> {
    Handle::of_call(call::dial(network as i32, address)).map(|handle| Conn { handle })
}

/// An open connection.
pub struct Conn {
    handle: Handle,
}

impl Conn {
    /// Reads what is there, waiting for the first byte; 0 at the end.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        self.handle.read(buf)
    }

    /// What comes until the end of the stream, or its first `N` bytes;
    /// [`is_cut`](Text::is_cut) then tells that there may be more.
    pub fn text<const N: usize>(&mut self) -> Result<Text<N>, Error> {
        let mut text = Text::new();
        text.read(|buf| self.handle.read(buf))?;
        Ok(text)
    }

    /// Reads up to a line feed, of at most `N` bytes, and returns the line
    /// without its ending. It reads byte by byte, so that nothing behind the
    /// line is taken; take whole datagrams by [`read`](Conn::read).
    ///
    /// A line that is longer is [`Kind::TooLarge`], the end of the stream
    /// within a line or before one [`Kind::Reset`]: the peer went away in the
    /// middle of what it had to say.
    pub fn read_line<const N: usize>(&mut self) -> Result<Text<N>, Error> {
        let mut line = [0; N];
        let mut n = 0;
        loop {
            let mut byte = [0];
            if self.handle.read(&mut byte)? == 0 {
                return Err(Error::new(
                    Kind::Reset,
                    format_args!("the peer closed the connection"),
                ));
            }
            if byte[0] == b'\n' {
                if n > 0 && line[n - 1] == b'\r' {
                    n -= 1;
                }
                return Ok(Text::of_bytes(line, n));
            }
            if n == N {
                return Err(Error::new(
                    Kind::TooLarge,
                    format_args!("the peer sent a line that is too long"),
                ));
            }
            line[n] = byte[0];
            n += 1;
        }
    }

    /// Writes all of it. A secret must lie within one write.
    pub fn write_all<T: AsRef<[u8]> + ?Sized>(&mut self, data: &T) -> Result<(), Error> {
        let mut left = data.as_ref();
        while !left.is_empty() {
            match check(call::write(self.handle.number(), left))? {
                0 => {
                    return Err(Error::new(
                        Kind::Io,
                        format_args!("the connection takes no more"),
                    ))
                }
                n => left = &left[n as usize..],
            }
        }
        Ok(())
    }

    /// Upgrades a TCP connection, as STARTTLS protocols do, for a server of
    /// that name; "" is the host that was dialled. As with [`dial`], the result
    /// may be unverified.
    pub fn tls_start(&mut self, name: &str) -> Result<(), Error> {
        check(call::tls_start(self.handle.number(), name)).map(|_| ())
    }

    /// Tells about the TLS of the connection.
    pub fn tls(&self) -> Tls<'_> {
        Tls::of(&self.handle)
    }

    /// Closes the connection before it is dropped. What is asked of it
    /// afterwards is [`Kind::Closed`].
    pub fn close(&mut self) {
        self.handle.close();
    }
}
