use core::cell::UnsafeCell;
use core::fmt;
use core::sync::atomic::{AtomicU32, Ordering};

use crate::Text;

/// What an error or an outcome says, of at most 1 KiB. It lies in a static, so
/// that a `Result` which may hold one stays small.
pub(crate) struct Note(u8);

const ROOM: usize = 1024;
const PLACES: usize = 32; // as many as a u32 has bits
const NOWHERE: u8 = u8::MAX;

struct Notes {
    taken: AtomicU32, // a bit for each place
    texts: UnsafeCell<[Text<ROOM>; PLACES]>,
}

// SAFETY: a text is reached only by the one note that has its place.
unsafe impl Sync for Notes {}

const EMPTY: Text<ROOM> = Text::new();

static NOTES: Notes = Notes {
    taken: AtomicU32::new(0),
    texts: UnsafeCell::new([EMPTY; PLACES]),
};

impl Note {
    /// Says nothing.
    pub(crate) const fn nothing() -> Note {
        Note(NOWHERE)
    }

    pub(crate) fn format(arguments: fmt::Arguments<'_>) -> Note {
        Note::of(Text::format(arguments))
    }

    /// Says that text, or nothing where 32 others are kept.
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
                    // SAFETY: the place was free, and is this note's now.
                    unsafe { *note.place() = text.marked() };
                    return note;
                }
            }
        }
    }

    fn place(&self) -> *mut Text<ROOM> {
        debug_assert!(usize::from(self.0) < PLACES);
        // SAFETY: there are as many places.
        unsafe {
            NOTES
                .texts
                .get()
                .cast::<Text<ROOM>>()
                .add(usize::from(self.0))
        }
    }

    /// What it says; None for nothing.
    pub(crate) fn text(&self) -> Option<&str> {
        if self.0 == NOWHERE {
            return None;
        }
        // SAFETY: nothing writes there while this note lives.
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
