use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::sync::atomic::{AtomicBool, Ordering};

use crate::Text;

/// A text that is too large for the 256 KiB stack of a run, for use in a
/// `static`. It takes no space in the module.
///
/// ```no_run
/// static PAGE: vega::StaticText<100_000> = vega::StaticText::new();
///
/// # fn read(answer: &mut vega::http::Response) -> Result<(), vega::Error> {
/// let mut page = PAGE.borrow_mut();
/// answer.read_text(&mut page)?;
/// # Ok(())
/// # }
/// ```
pub struct StaticText<const N: usize> {
    borrowed: AtomicBool,
    text: UnsafeCell<Text<N>>,
}

// SAFETY: the flag allows only one borrow at a time.
unsafe impl<const N: usize> Sync for StaticText<N> {}

impl<const N: usize> StaticText<N> {
    /// Returns an empty text.
    pub const fn new() -> Self {
        StaticText {
            borrowed: AtomicBool::new(false),
            text: UnsafeCell::new(Text::new()),
        }
    }

    /// Borrows the text until the result is dropped. Panics if it is borrowed
    /// already, as with a [`RefCell`](core::cell::RefCell).
    pub fn borrow_mut(&self) -> StaticTextMut<'_, N> {
        if self.borrowed.swap(true, Ordering::Acquire) {
            panic!("the StaticText is borrowed already");
        }
        StaticTextMut { of: self }
    }
}

impl<const N: usize> Default for StaticText<N> {
    fn default() -> Self {
        StaticText::new()
    }
}

/// The [`Text`] in a [`StaticText`], borrowed.
pub struct StaticTextMut<'a, const N: usize> {
    of: &'a StaticText<N>,
}

impl<const N: usize> Deref for StaticTextMut<'_, N> {
    type Target = Text<N>;

    fn deref(&self) -> &Text<N> {
        // SAFETY: this borrow is the only one.
        unsafe { &*self.of.text.get() }
    }
}

impl<const N: usize> DerefMut for StaticTextMut<'_, N> {
    fn deref_mut(&mut self) -> &mut Text<N> {
        // SAFETY: this borrow is the only one.
        unsafe { &mut *self.of.text.get() }
    }
}

impl<const N: usize> Drop for StaticTextMut<'_, N> {
    fn drop(&mut self) {
        self.of.borrowed.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "borrowed already")]
    fn one_at_a_time() {
        static TEXT: StaticText<8> = StaticText::new();
        TEXT.borrow_mut().push_str("kept");
        let first = TEXT.borrow_mut();
        assert_eq!(**first, *"kept");
        let _second = TEXT.borrow_mut();
    }
}
