//! Errors. A bad *line* is data, not an [`Error`]: it is counted as a [`LineError`].

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// Why a run could not go on: I/O, a wrong format text, a limit that was passed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading an input failed.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file, `-` for standard input.
        path: PathBuf,
        /// What the operating system or the decoder said.
        source: std::io::Error,
    },
    /// A format text is wrong.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// No known format fits the sample.
    #[error("{0}")]
    Unrecognised(String),
    /// Summaries of different configurations cannot be merged, or a partial is damaged.
    #[error("{0}")]
    Partial(String),
}

/// A mistake in a format text, with the place.
///
/// ```
/// let error = brownout::Template::nginx("$remote_addr $").unwrap_err();
/// assert_eq!(error.range(), 13..14);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("format text, byte {}: {message}", range.start)]
pub struct FormatError {
    message: String,
    range: Range<usize>,
}

impl FormatError {
    /// A mistake at `range` of the text.
    pub fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self { message: message.into(), range }
    }

    /// The bytes of the format text that are wrong; lies inside the text.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// What was expected or found.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// What is wrong with a line that was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LineErrorKind {
    /// A fixed part of the format is missing.
    Literal,
    /// The line ends before the format does.
    Truncated,
    /// The status is no number of one to three digits.
    Status,
    /// The time cannot be read.
    Time,
    /// The line goes on after the format ended (strict mode only).
    Trailing,
    /// A JSON line that is not an object, or breaks off.
    Json,
    /// The file is in no format that is known.
    Format,
    /// Longer than the limit; the rest was skipped.
    TooLong,
    /// A value of the wrong shape (strict mode only).
    Value,
}

impl LineErrorKind {
    /// A short name, stable, as reports print it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Literal => "literal",
            Self::Truncated => "truncated",
            Self::Status => "status",
            Self::Time => "time",
            Self::Trailing => "trailing",
            Self::Json => "json",
            Self::Format => "format",
            Self::TooLong => "too_long",
            Self::Value => "value",
        }
    }

    /// What is wrong, as a phrase.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Literal => "a fixed part of the format is missing",
            Self::Truncated => "the line ends before the format does",
            Self::Status => "the status is not a number of one to three digits",
            Self::Time => "the time cannot be read",
            Self::Trailing => "the line goes on after the format ended",
            Self::Json => "not a JSON object on one line",
            Self::Format => "the file is in no format that is known",
            Self::TooLong => "longer than the limit",
            Self::Value => "a value has the wrong shape",
        }
    }
}

/// Why and where a line was not understood: 8 bytes, `Copy`.
///
/// The line itself stays out of it; keep the line if you want to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineError {
    offset: u32,
    column: u16,
    kind: LineErrorKind,
}

impl LineError {
    /// `offset` bytes into the line, while reading column `column` of the format.
    #[cold]
    pub fn new(kind: LineErrorKind, offset: usize, column: usize) -> Self {
        Self {
            offset: u32::try_from(offset).unwrap_or(u32::MAX),
            column: u16::try_from(column).unwrap_or(u16::MAX),
            kind,
        }
    }

    /// The same in a line that has `bytes` more in front.
    #[cold]
    pub(crate) fn behind(mut self, bytes: usize) -> Self {
        self.offset = self.offset.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
        self
    }

    /// What is wrong.
    pub const fn kind(self) -> LineErrorKind {
        self.kind
    }

    /// Bytes from the start of the line; never beyond its length.
    pub const fn offset(self) -> usize {
        self.offset as usize
    }

    /// Position of the column in the format's schema; `u16::MAX` when no column is to blame.
    pub const fn column(self) -> u16 {
        self.column
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.kind.message())
    }
}

impl std::error::Error for LineError {}
