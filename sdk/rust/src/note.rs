use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::Text;

/// The text of an error or outcome, up to 1 KiB. It is kept in a static, so
/// that a `Result` with one stays small.
pub(crate) struct Note(u8);

const ROOM: usize = 1024;
const PLACES: usize = 32; // as many as a u32 has bits
const NOWHERE: u8 = u8::MAX;

struct Notes {
    taken: AtomicU32, // one bit per place
    texts: UnsafeCell<[Text<ROOM>; PLACES]>,
}

// SAFETY: only the note that owns a place accesses its text.
unsafe impl Sync for Notes {}

const EMPTY: Text<ROOM> = Text::new();

static NOTES: Notes = Notes {
    taken: AtomicU32::new(0),
    texts: UnsafeCell::new([EMPTY; PLACES]),
};

impl Note {
    /// Returns a note without text.
    pub(crate) const fn nothing() -> Note {
        Note(NOWHERE)
    }

    pub(crate) fn format(arguments: fmt::Arguments<'_>) -> Note {
        Note::of(Text::format(arguments))
    }

    /// Returns a note with the text, or without if 32 others exist.
    pub(crate) fn of(text: Text<ROOM>) -> Note {
        let mut taken = NOTES.taken.load(Ordering::Relaxed);
        loop {
            let place = taken.trailing_ones();
            if place == PLACES as u32 {
                return Note::nothing();
            }
            match NOTES.taken.compare_exchange(
                taken,
                taken | 1 << place,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Err(now) => taken = now,
                Ok(_) => {
                    let note = Note(place as u8);
                    // SAFETY: the place was free and now belongs to this note.
                    unsafe { *note.place() = text.marked() };
                    return note;
                }
            }
        }
    }

    fn place(&self) -> *mut Text<ROOM> {
        debug_assert!(usize::from(self.0) < PLACES);
        // SAFETY: the index is below PLACES.
        unsafe {
            NOTES
                .texts
                .get()
                .cast::<Text<ROOM>>()
                .add(usize::from(self.0))
        }
    }

    /// Returns the text, or None.
    pub(crate) fn text(&self) -> Option<&str> {
        if self.0 == NOWHERE {
            return None;
        }
        // SAFETY: nothing writes to the place while this note exists.
        Some(unsafe { &*self.place() })
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if self.0 != NOWHERE {
            NOTES.taken.fetch_and(!(1 << self.0), Ordering::Release);
        }
    }
}

impl Clone for Note {
    fn clone(&self) -> Note {
        match self.text() {
            Some(text) => Note::format(format_args!("{}", text)),
            None => Note::nothing(),
        }
    }
}
