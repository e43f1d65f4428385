//! HTTP: capability `http`.

use core::time::Duration;

use crate::handle::Handle;
use crate::{call, clock, error::check, Error, Text, Tls};

/// Begins a GET request.
pub fn get(url: &str) -> Request<'static> {
    Request::new("GET", url)
}

/// An HTTP request that is being put together. Its methods can be chained; the
/// first error is returned by [`send`](Request::send).
///
/// The certificate of an https server is always verified; up to 10 redirects
/// are followed, each judged by the grants.
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

    /// Adds a header. An option that holds a secret may be the value or a part
    /// of it.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.with(|h| call::http_header(h, name, value))
    }

    /// Adds basic authentication. The host encodes it, so that user and
    /// password may be secrets.
    pub fn basic_auth(self, user: &str, password: &str) -> Self {
        self.with(|h| call::http_basic_auth(h, user, password))
    }

    /// Sets how many redirects to follow; 0 makes the redirect the answer.
    pub fn redirects(self, n: u8) -> Self {
        self.with(|h| call::http_option(h, 0, i32::from(n)))
    }

    /// Sets the largest body of the answer, in bytes, below the host's own
    /// limit.
    pub fn max_body(self, bytes: usize) -> Self {
        self.with(|h| call::http_option(h, 1, i32::try_from(bytes).unwrap_or(i32::MAX)))
    }

    /// Sets what is sent.
    pub fn body<T: AsRef<[u8]> + ?Sized>(mut self, body: &'a T) -> Self {
        self.body = body.as_ref();
        self
    }

    /// Sends the request, and returns when the headers of the answer are
    /// there. Any status is an answer; an error means that there was none.
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
}

/// A part of an HTTP exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The name was resolved.
    Dns = 0,
    /// The connection was made.
    Connect = 1,
    /// TLS was agreed on.
    Tls = 2,
    /// The answer was waited for.
    FirstByte = 3,
    /// All of it, until the headers came, or until the end of the body once it
    /// was read.
    Total = 4,
}

/// The answer to a [`Request`].
pub struct Response {
    status: u16,
    handle: Handle,
}

impl Response {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The value of a header.
    pub fn header<const N: usize>(&self, name: &str) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::http_response_header(self.handle.number(), name, buf))
    }

    /// The value at a path of the body's JSON (`data.items.0.name`): text as it
    /// is, numbers as written, lists and objects as JSON. A path that is not
    /// there is [`Kind::NotSet`](crate::Kind::NotSet), a body that is no JSON
    /// [`Kind::Invalid`](crate::Kind::Invalid).
    ///
    /// Read the body either wholly before or wholly after the first path.
    pub fn json<const N: usize>(&self, path: &str) -> Result<Text<N>, Error> {
        Text::ask(|buf| call::json(self.handle.number(), path, buf))
    }

    /// The number of elements in the list or object at a path of the body's
    /// JSON, 0 if there is none.
    pub fn json_count(&self, path: &str) -> usize {
        let dot = if path.is_empty() { "" } else { "." };
        let whole: Text<1024> = Text::format(format_args!("{}{}#", path, dot));
        self.json::<20>(&whole)
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0)
    }

    /// How long a phase took, over all redirects; nothing if it did not take
    /// place.
    pub fn timing(&self, phase: Phase) -> Duration {
        clock::nanoseconds(call::http_timing(self.handle.number(), phase as i32))
    }

    /// Tells about the connection that an https answer came over.
    pub fn tls(&self) -> Tls<'_> {
        Tls::of(&self.handle)
    }

    /// Reads what is there of the body, waiting for the first byte; 0 at the
    /// end.
    pub fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        self.handle.read(buf)
    }

    /// The body, or its first `N` bytes; [`is_cut`](Text::is_cut) then tells
    /// that there may be more, which the next call would read.
    pub fn text<const N: usize>(&mut self) -> Result<Text<N>, Error> {
        let mut text = Text::new();
        self.read_text(&mut text)?;
        Ok(text)
    }

    /// [`text`](Response::text), into what is there already, such as a
    /// [`StaticText`](crate::StaticText).
    pub fn read_text<const N: usize>(&mut self, text: &mut Text<N>) -> Result<(), Error> {
        text.read(|buf| self.handle.read(buf))
    }

    /// Gives the handle back before the answer is dropped. What is asked of the
    /// answer afterwards is [`Kind::Closed`](crate::Kind::Closed).
    pub fn close(&mut self) {
        self.handle.close();
    }
}
