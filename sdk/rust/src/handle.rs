use crate::call;
use crate::{error::check, Error};

/// A handle of the host, freed when dropped. A run may have 16.
pub(crate) struct Handle(i32);

impl Handle {
    /// Returns the handle that a call returned, or the call's error.
    pub(crate) fn of_call(n: i32) -> Result<Handle, Error> {
        check(n).map(Handle)
    }

    /// Returns an invalid handle: calls with it fail.
    pub(crate) const fn none() -> Handle {
        Handle(0)
    }

    pub(crate) fn number(&self) -> i32 {
        self.0
    }

    pub(crate) fn close(&mut self) {
        if self.0 != 0 {
            call::close(self.0);
            self.0 = 0;
        }
    }

    /// Reads available data, waiting for the first byte; returns 0 at the end.
    pub(crate) fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        if buf.is_empty() {
            return Ok(0);
        }
        check(call::read(self.0, buf)).map(|n| n as usize)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}
