use crate::call;
use crate::{error::check, Error};

/// A handle of the host's, of which a run may have 16. It goes back when it is
/// dropped.
pub(crate) struct Handle(i32);

impl Handle {
    /// The handle that a call has answered, or the call's error.
    pub(crate) fn of_call(n: i32) -> Result<Handle, Error> {
        check(n).map(Handle)
    }

    /// A handle that is not there: what is asked of it fails.
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

    /// Reads what is there, waiting for the first byte; 0 at the end.
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
