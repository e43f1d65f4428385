//! Connections: capability `net`.

use core::time::Duration;

use crate::clock::to_nanoseconds as nanoseconds;
use crate::handle::Handle;
use crate::{call, error::check, Error, Kind, Text, Tls};

/// The network to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// A TCP connection.
    Tcp = 0,
    /// A TCP connection that starts with TLS.
    Tls = 1,
    /// UDP: each write is a datagram, and so is each read.
    Udp = 2,
    /// A socket in the file system, whose path is the address: capability `unix`.
    Unix = 3,
}

/// Connects to `host:port`, or to the socket with a path.
///
/// A TLS connection is established even if the certificate is bad, so that it
/// can be inspected: call [`Tls::verify`] before you trust the peer. The host
/// sends no secret over an unverified connection.
pub fn dial(network: Network, address: &str) -> Result<Conn, Error> {
    Handle::of_call(call::dial(network as i32, address)).map(|handle| Conn { handle })
}

/// An open connection.
pub struct Conn {
    handle: Handle,
}

impl Conn {
    /// Reads available data, waiting for the first byte; returns 0 at the end.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        self.handle.read(buf)
    }

    /// Is like [`read`](Conn::read), but waits for at most `wait`. After
    /// [`Kind::Timeout`] the connection can be used further, such as to send a lost
    /// datagram again.
    pub fn read_within(&mut self, wait: Duration, buf: &mut [u8]) -> Result<usize, Error> {
        if buf.is_empty() {
            return Ok(0);
        }
        check(call::read_within(self.handle.number(), nanoseconds(wait), buf)).map(|n| n as usize)
    }

    /// Returns everything until the end of the stream, or its first `N` bytes.
    /// If [`is_cut`](Text::is_cut), there may be more.
    pub fn text<const N: usize>(&mut self) -> Result<Text<N>, Error> {
        let mut text = Text::new();
        text.read(|buf| self.handle.read(buf))?;
        Ok(text)
    }

    /// Reads up to a line feed, at most `N` bytes, and returns the line without
    /// its line ending. It reads byte by byte, so that what follows stays
    /// unread; read datagrams with [`read`](Conn::read).
    ///
    /// A longer line is [`Kind::TooLarge`]. The end of the stream within or
    /// before a line is [`Kind::Reset`]: the peer closed the connection early.
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

    /// Writes all bytes. A secret needs `secrets = "anywhere"` in the grant, and
    /// must lie within one write.
    pub fn write_all<T: AsRef<[u8]> + ?Sized>(&mut self, data: &T) -> Result<(), Error> {
        let mut left = data.as_ref();
        while !left.is_empty() {
            match check(call::write(self.handle.number(), left))? {
                0 => {
                    return Err(Error::new(
                        Kind::Io,
                        format_args!("the connection accepts no more data"),
                    ))
                }
                n => left = &left[n as usize..],
            }
        }
        Ok(())
    }

    /// Upgrades a TCP connection, as in STARTTLS, to a server of the given
    /// name; "" means the dialled host. As with [`dial`], the result may be
    /// unverified.
    pub fn tls_start(&mut self, name: &str) -> Result<(), Error> {
        check(call::tls_start(self.handle.number(), name)).map(|_| ())
    }

    /// Returns the facts about the TLS of the connection.
    pub fn tls(&self) -> Tls<'_> {
        Tls::of(&self.handle)
    }

    /// Closes the connection before it is dropped. Later calls return
    /// [`Kind::Closed`].
    pub fn close(&mut self) {
        self.handle.close();
    }
}
