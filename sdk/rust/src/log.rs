use core::fmt::Display;

use crate::{call, Text};

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For who looks for a mistake in the probe.
    Debug = 0,
    /// For who wants to know what it does.
    Info = 1,
    /// For who should know.
    Warn = 2,
    /// For who has to do something.
    Error = 3,
}

/// Writes a line to vega's log, which keeps 64 of a run, of 1 KiB. The macros
/// [`debug!`](crate::debug!), [`info!`](crate::info!), [`warn!`](crate::warn!)
/// and [`error!`](crate::error!) are shorter.
pub fn log(level: Level, line: impl Display) {
    let line = Text::<1024>::format(format_args!("{}", line)).marked();
    call::log(level as i32, &line);
}

/// Writes a line to vega's log, for who looks for a mistake in the probe.
#[macro_export]
macro_rules! debug {
    ($($format:tt)+) => {
        $crate::log($crate::Level::Debug, ::core::format_args!($($format)+))
    };
}

/// Writes a line to vega's log, for who wants to know what the probe does.
#[macro_export]
macro_rules! info {
    ($($format:tt)+) => {
        $crate::log($crate::Level::Info, ::core::format_args!($($format)+))
    };
}

/// Writes a line to vega's log, for who should know.
#[macro_export]
macro_rules! warn {
    ($($format:tt)+) => {
        $crate::log($crate::Level::Warn, ::core::format_args!($($format)+))
    };
}

/// Writes a line to vega's log, for who has to do something.
#[macro_export]
macro_rules! error {
    ($($format:tt)+) => {
        $crate::log($crate::Level::Error, ::core::format_args!($($format)+))
    };
}
