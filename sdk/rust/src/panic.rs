use core::fmt::{self, Write};
use core::panic::PanicInfo;

use crate::{call, Level, Text};

/// Puts the text of a panic into the message and the log, and ends the run: the
/// instance must not be used again.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let mut line = Line(Text::new());
    let _ = write!(line, "the probe {}", info); // an overflow is marked as truncated
    let text = line.0.marked();
    call::message(&text);
    call::log(Level::Error as i32, &text);
    core::arch::wasm32::unreachable()
}

/// Joins the text to one line: newer Rust versions put the location of a panic
/// on a line of its own.
struct Line(Text<1024>);

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (i, part) in text.split('\n').enumerate() {
            if i > 0 {
                self.0.write_char(' ')?;
            }
            self.0.write_str(part)?;
        }
        Ok(())
    }
}
