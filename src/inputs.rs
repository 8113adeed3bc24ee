//! [`InputInfo`]: what became of one input.

use std::path::PathBuf;

/// One input and how much of it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct InputInfo {
    /// Its path, `-` for standard input.
    pub path: PathBuf,
    /// The name of its format; `None` where none was recognised.
    pub format: Option<String>,
    /// The framing around its lines, where there is one.
    pub framing: Option<String>,
    /// What else reads these lines alike, or why no format was recognised.
    pub note: Option<String>,
    /// Seconds east of UTC that its stamps were taken to be at, where they name no zone of their own.
    pub assumed_offset: Option<i32>,
    /// The year that the first of its stamps was taken to be in, where they name none: the newest that can be.
    pub assumed_year: Option<i32>,
    /// Bytes read, after decompression.
    pub bytes: u64,
    /// Lines read.
    pub lines: u64,
    /// Its last line has no line break. It counts like any other; of a file that is still written to it may be a part.
    pub unterminated: bool,
    /// Why reading ended early, where it did.
    pub ended: Option<String>,
}
