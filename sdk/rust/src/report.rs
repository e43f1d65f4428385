use core::fmt::{Arguments, Display};
use core::time::Duration;

use crate::{call, Text};

/// Adds evidence under a name; the same name replaces it. A run may add 64; with
/// more it is unknown. Names are truncated at 128 bytes, values at 4 KiB.
pub fn detail(name: &str, value: impl Display) {
    formatted(name, format_args!("{}", value));
}

/// Holds the code that does not depend on the value's type, so that the module
/// contains it only once.
fn formatted(name: &str, value: Arguments<'_>) {
    let value = Text::<4096>::format(value).marked();
    call::detail(&short(name), &value);
}

/// Adds a measured value in a unit such as "ms" or "bytes". A run may add 64; with
/// more it is unknown. Values that are not finite are ignored.
pub fn metric(name: &str, value: f64, unit: &str) {
    if value.is_finite() {
        call::metric(&short(name), value, &short(unit));
    }
}

/// Adds a duration as a metric in milliseconds.
pub fn millis(name: &str, time: Duration) {
    metric(name, time.as_secs_f64() * 1e3, "ms");
}

fn short(name: &str) -> Text<128> {
    let mut text = Text::new();
    text.push_str(name);
    text.marked()
}
