use core::fmt::Display;

use crate::{call, Text};

/// The level of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For debugging the probe.
    Debug = 0,
    /// For observing what the probe does.
    Info = 1,
    /// Deserves attention.
    Warn = 2,
    /// Requires action.
    Error = 3,
}

/// Writes a line to vega's log, which keeps 64 lines of 1 KiB per run. The
/// macros [`debug!`](crate::debug!), [`info!`](crate::info!),
/// [`warn!`](crate::warn!) and [`error!`](crate::error!) are shorter.
pub fn log(level: Level, line: impl Display) {
    let line = Text::<1024>::format(format_args!("{}", line)).marked();
    call::log(level as i32, &line);
}

/// Writes a line at level debug to vega's log.
#[macro_export]
macro_rules! debug {
    ($($format:tt)+) => {
        $crate::log($crate::Level::Debug, ::core::format_args!($($format)+))
    };
}

/// Writes a line at level info to vega's log.
#[macro_export]
macro_rules! info {
    ($($format:tt)+) => {
        $crate::log($crate::Level::Info, ::core::format_args!($($format)+))
    };
}

/// Writes a line at level warn to vega's log.
#[macro_export]
macro_rules! warn {
    ($($format:tt)+) => {
        $crate::log($crate::Level::Warn, ::core::format_args!($($format)+))
    };
}

/// Writes a line at level error to vega's log.
#[macro_export]
macro_rules! error {
    ($($format:tt)+) => {
        $crate::log($crate::Level::Error, ::core::format_args!($($format)+))
    };
}
