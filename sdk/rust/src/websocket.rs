//! WebSockets: capability `websocket`.

use core::time::Duration;

use crate::handle::Handle;
use crate::http::{Phase, Response};
use crate::{call, clock, error::check, text::fitting, Error, Text, Tls};

/// The answer to a request for a WebSocket:
/// [`Request::upgrade`](crate::http::Request::upgrade).
///
/// ```no_run
/// # use vega::{healthy, http, unhealthy, OrFailed, Probed, Text};
/// use vega::websocket::Upgrade;
///
/// # fn example(url: &str) -> Probed {
/// let mut w = match http::get(url).upgrade().or_failed(url)? {
///     Upgrade::Done(w) => w,
///     Upgrade::Refused(r) => return Ok(unhealthy!("{url} answers with {} and opens no WebSocket", r.status())),
/// };
/// w.send_text("ping").or_failed(url)?;
/// let answer: Text<1024> = w.receive_text().or_failed(url)?;
/// # Ok(healthy!("{answer}"))
/// # }
/// ```
pub enum Upgrade {
    /// The server upgraded the connection.
    Done(WebSocket),
    /// It answered in another way, with a status that is not 101.
    Refused(Response),
}

/// The kind of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text in UTF-8.
    Text = 1,
    /// Any bytes.
    Binary = 2,
}

/// An open WebSocket.
pub struct WebSocket {
    handle: Handle,
}

impl WebSocket {
    pub(crate) fn of(handle: Handle) -> WebSocket {
        WebSocket { handle }
    }

    /// Sends one message.
    pub fn send<T: AsRef<[u8]> + ?Sized>(&mut self, kind: Kind, message: &T) -> Result<(), Error> {
        check(call::websocket_send(self.handle.number(), kind as i32, message.as_ref())).map(|_| ())
    }

    /// Sends one message of text.
    pub fn send_text(&mut self, message: &str) -> Result<(), Error> {
        self.send(Kind::Text, message)
    }

    /// Waits for a message and returns it as text. One that does not fit is
    /// [`Kind::TooLarge`](crate::Kind::TooLarge), and the next call returns it again. A
    /// peer that closes the WebSocket is [`Kind::Reset`](crate::Kind::Reset).
    pub fn receive_text<const N: usize>(&mut self) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::websocket_receive(self.handle.number(), buf))
    }

    /// Waits for a message and returns it as bytes at the beginning of `buf`.
    pub fn receive<'a>(&mut self, buf: &'a mut [u8]) -> Result<&'a [u8], Error> {
        let n = fitting(call::websocket_receive(self.handle.number(), buf), buf.len())?;
        Ok(&buf[..n])
    }

    /// Returns the kind of the last message; None before the first.
    pub fn kind(&self) -> Option<Kind> {
        match self.fact::<8>(1).ok()?.as_str() {
            "text" => Some(Kind::Text),
            "binary" => Some(Kind::Binary),
            _ => None,
        }
    }

    /// Returns the subprotocol that the server chose, or "".
    pub fn protocol<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(0)
    }

    /// Returns the code with which the peer closed the WebSocket; None before.
    pub fn close_code(&self) -> Option<u16> {
        self.fact::<8>(2).ok()?.parse().ok()
    }

    /// Returns the reason that the peer gave for closing it.
    pub fn close_reason<const N: usize>(&self) -> Result<Text<N>, Error> {
        self.fact(3)
    }

    fn fact<const N: usize>(&self, what: i32) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::websocket_info(self.handle.number(), what, buf))
    }

    /// Returns the value of a header of the answer to the request.
    pub fn header<const N: usize>(&self, name: &str) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::http_response_header(self.handle.number(), name, buf))
    }

    /// Returns the duration of a phase until the connection was upgraded.
    pub fn timing(&self, phase: Phase) -> Duration {
        clock::nanoseconds(call::http_timing(self.handle.number(), phase as i32))
    }

    /// Returns the facts about the TLS of the connection.
    pub fn tls(&self) -> Tls<'_> {
        Tls::of(&self.handle)
    }

    /// Closes the WebSocket before it is dropped.
    pub fn close(&mut self) {
        self.handle.close();
    }
}
