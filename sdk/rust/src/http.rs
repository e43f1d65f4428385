//! HTTP: capability `http`.

use core::time::Duration;

use crate::handle::Handle;
use crate::websocket::{Upgrade, WebSocket};
use crate::{call, clock, error::check, Error, Text, Tls};

/// Begins a GET request.
pub fn get(url: &str) -> Request<'static> {
    Request::new("GET", url)
}

/// An HTTP request under construction. Its methods can be chained;
/// [`send`](Request::send) returns the first error.
///
/// The certificate of an https server is always verified. Up to 10 redirects
/// are followed, each subject to the grants.
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'a> {
    handle: Handle,
    body: &'a [u8],
    error: Option<Error>,
}

impl<'a> Request<'a> {
    /// Begins a request.
    pub fn new(method: &str, url: &str) -> Request<'a> {
        match Handle::of_call(call::http_request(method, url)) {
            Ok(handle) => Request {
                handle,
                body: &[],
                error: None,
            },
            Err(error) => Request {
                handle: Handle::none(),
                body: &[],
                error: Some(error),
            },
        }
    }

    fn with(mut self, set: impl FnOnce(i32) -> i32) -> Self {
        if self.error.is_none() {
            self.error = check(set(self.handle.number())).err();
        }
        self
    }

    /// Adds a header. A secret is its whole value, alone or after one word such as
    /// `Bearer`; elsewhere the request is [`Kind::Denied`](crate::Kind::Denied).
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|h| call::http_header(h, name, value))
    }

    /// Adds basic authentication, encoded by the host, so that user and
    /// password may be secrets.
    pub fn basic_auth(self, user: &str, password: &str) -> Self {
        self.with(|h| call::http_basic_auth(h, user, password))
    }

    /// Sets how many redirects to follow; with 0, the redirect is the response.
    pub fn redirects(self, n: u8) -> Self {
        self.with(|h| call::http_option(h, 0, i32::from(n)))
    }

    /// Sets the maximum size of the response body in bytes, up to the host's
    /// own limit.
    pub fn max_body(self, bytes: usize) -> Self {
        self.with(|h| call::http_option(h, 1, i32::try_from(bytes).unwrap_or(i32::MAX)))
    }

    /// Has the response body converted to UTF-8, according to its byte order
    /// mark, its Content-Type or the head of the HTML. A host that can't convert
    /// it returns it unchanged.
    pub fn utf8(self) -> Self {
        call::http_option(self.handle.number(), 2, 1); // an older host does not know it
        self
    }

    /// Says that [`json`](Response::json) will not be called for the response, so
    /// that the host does not keep the body once it was read.
    pub fn no_json(self) -> Self {
        call::http_option(self.handle.number(), 3, 1); // an older host does not know it
        self
    }

    /// Has the request sent over HTTP/2 only, to an `http:` URL without TLS.
    pub fn http2(self) -> Self {
        self.with(|h| call::http_option(h, 4, 1))
    }

    /// Has the request, with an `http:` URL, sent over the socket in the file system
    /// with this path: capability `unix`. The host of the URL is then only the `Host`
    /// header.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), vega::Error> {
    /// let containers = vega::http::get("http://localhost/containers/json").unix("/run/docker.sock").send()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unix(self, path: &str) -> Self {
        self.with(|h| call::http_unix(h, path))
    }

    /// Sets the request body.
    pub fn body<T: AsRef<[u8]> + ?Sized>(mut self, body: &'a T) -> Self {
        self.body = body.as_ref();
        self
    }

    /// Sends the request and returns when the response headers have arrived.
    /// Any status is a response; an error means that there is none.
    pub fn send(self) -> Result<Response, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let status = check(call::http_send(self.handle.number(), self.body))?;
        Ok(Response {
            status: status as u16,
            handle: self.handle,
        })
    }

    /// Sends the request, whose URL begins with `ws:` or `wss:`, without its body:
    /// capability `websocket`. Returns the WebSocket, or the response of a server that
    /// does not upgrade the connection.
    pub fn upgrade(self) -> Result<Upgrade, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let status = check(call::websocket_open(self.handle.number()))?;
        Ok(match status {
            101 => Upgrade::Done(WebSocket::of(self.handle)),
            _ => Upgrade::Refused(Response {
                status: status as u16,
                handle: self.handle,
            }),
        })
    }
}

/// A part of an HTTP exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Resolving the name.
    Dns = 0,
    /// Connecting.
    Connect = 1,
    /// The TLS handshake.
    Tls = 2,
    /// Waiting for the response.
    FirstByte = 3,
    /// Everything until the headers arrived, or until the end of the body once
    /// it was read.
    Total = 4,
}

/// The response to a [`Request`].
pub struct Response {
    status: u16,
    handle: Handle,
}

impl Response {
    /// Returns the HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the value of a header. If it occurs several times, `NAME:1` is the
    /// second value, and so on. `:url` is where redirects led.
    pub fn header<const N: usize>(&self, name: &str) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::http_response_header(self.handle.number(), name, buf))
    }

    /// Returns the value of a trailer. Trailers follow the body: read it to its end
    /// before.
    pub fn trailer<const N: usize>(&self, name: &str) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::http_response_trailer(self.handle.number(), name, buf))
    }

    /// Returns the value at a path of the body's JSON (`data.items.0.name`):
    /// text as it is, numbers as written, lists and objects as JSON. A path
    /// that does not exist is [`Kind::NotSet`](crate::Kind::NotSet), a body
    /// that is not JSON [`Kind::Invalid`](crate::Kind::Invalid).
    ///
    /// Read the body either completely before or completely after the first
    /// path.
    pub fn json<const N: usize>(&self, path: &str) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::json(self.handle.number(), path, buf))
    }

    /// Returns the number of elements in the list or object at a path of the
    /// body's JSON, or 0.
    pub fn json_count(&self, path: &str) -> usize {
        let dot = if path.is_empty() { "" } else { "." };
        let whole: Text<1024> = Text::format(format_args!("{}{}#", path, dot));
        self.json::<20>(&whole)
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0)
    }

    /// Returns the duration of a phase, summed over redirects; zero if it did
    /// not take place.
    pub fn timing(&self, phase: Phase) -> Duration {
        clock::nanoseconds(call::http_timing(self.handle.number(), phase as i32))
    }

    /// Returns the facts about the connection of an https response.
    pub fn tls(&self) -> Tls<'_> {
        Tls::of(&self.handle)
    }

    /// Reads available data of the body, waiting for the first byte; returns 0
    /// at the end.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        self.handle.read(buf)
    }

    /// Returns the body, or its first `N` bytes. If [`is_cut`](Text::is_cut),
    /// there may be more, which the next call would read.
    pub fn text<const N: usize>(&mut self) -> Result<Text<N>, Error> {
        let mut text = Text::new();
        self.read_text(&mut text)?;
        Ok(text)
    }

    /// Is like [`text`](Response::text), but reads into an existing text, such
    /// as a [`StaticText`](crate::StaticText).
    pub fn read_text<const N: usize>(&mut self, text: &mut Text<N>) -> Result<(), Error> {
        text.read(|buf| self.handle.read(buf))
    }

    /// Frees the handle before the response is dropped. Later calls on the
    /// response return [`Kind::Closed`](crate::Kind::Closed).
    pub fn close(&mut self) {
        self.handle.close();
    }
}
