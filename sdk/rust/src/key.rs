use core::fmt::{self, Write};

/// Escapes a key for use in a path, whatever characters it has:
/// `text!(128, "labels.{}", Key("a.b"))`.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a>(pub &'a str);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, c) in self.0.char_indices() {
            if matches!(c, '.' | '\\') || i == 0 && matches!(c, '#' | '@') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn a_key_stands_for_itself() {
        for (key, want) in [
            ("a.b", "a\\.b"),
            ("\\", "\\\\"),
            ("#", "\\#"),
            ("@0", "\\@0"),
            ("a#@", "a#@"),
            ("é", "é"),
            ("", ""),
        ] {
            assert_eq!(crate::text!(16, "{}", Key(key)), want);
        }
    }
}
