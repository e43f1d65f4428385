//! The lines of Git's protocol (gitprotocol-common, "pkt-line Format").

use vega::{http, Error};

/// Reads the lines of a response.
pub struct Lines {
    answer: http::Response,
    buf: [u8; 4096],
    start: usize,
    end: usize,
}

/// The next item.
pub enum Line<'a> {
    /// A line, truncated if it is longer than the room for it.
    Text(&'a [u8]),
    /// The end of a part.
    Flush,
    /// The end of the response, or data that is not such a line.
    End,
}

impl Lines {
    pub fn of(answer: http::Response) -> Lines {
        Lines { answer, buf: [0; 4096], start: 0, end: 0 }
    }

    pub fn next<'a>(&mut self, room: &'a mut [u8]) -> Result<Line<'a>, Error> {
        let mut len = 0usize;
        for _ in 0..4 {
            match self.byte()?.and_then(|b| char::from(b).to_digit(16)) {
                Some(digit) => len = len * 16 + digit as usize,
                None => return Ok(Line::End),
            }
        }
        if len < 4 {
            return Ok(Line::Flush);
        }
        let mut kept = 0;
        for _ in 4..len {
            match self.byte()? {
                Some(b) if kept < room.len() => {
                    room[kept] = b;
                    kept += 1;
                }
                Some(_) => {}
                None => return Ok(Line::End),
            }
        }
        Ok(Line::Text(&room[..kept]))
    }

    fn byte(&mut self) -> Result<Option<u8>, Error> {
        if self.start == self.end {
            self.start = 0;
            self.end = self.answer.read(&mut self.buf)?;
            if self.end == 0 {
                return Ok(None);
            }
        }
        self.start += 1;
        Ok(Some(self.buf[self.start - 1]))
    }
}
