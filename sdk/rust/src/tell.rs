use core::fmt::{Arguments, Display};
use core::time::Duration;

use crate::{call, Text};

/// Adds evidence under a name; the same name again replaces it. At most 64 are
/// kept; names are cut at 128 bytes, values at 4 KiB.
pub fn detail(name: &str, value: impl Display) {
    formatted(name, format_args!("{}", value));
}

/// What does not depend on the value's type is in the module once.
fn formatted(name: &str, value: Arguments<'_>) {
    let value = Text::<4096>::format(value).marked();
    call::detail(&short(name), &value);
}

/// Adds a number that was measured, in a unit such as "ms" or "bytes". What is
/// no finite number is left out.
pub fn metric(name: &str, value: f64, unit: &str) {
    if value.is_finite() {
        call::metric(&short(name), value, &short(unit));
    }
}

/// Adds a time as a metric in milliseconds.
pub fn millis(name: &str, time: Duration) {
    metric(name, time.as_secs_f64() * 1e3, "ms");
}

fn short(name: &str) -> Text<128> {
    let mut text = Text::new();
    text.push_str(name);
    text.marked()
}
