//! What reading may cost.

/// How much of an input is read, and how much memory that may take; the defaults are safe for hostile files.
///
/// ```
/// use brownout::input::Limits;
///
/// let limits = Limits { max_bytes: Some(10 << 30), ..Limits::default() };
/// assert_eq!(limits.max_line, 1 << 20);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes asked for in one read, and the size of the buffer as long as no line is longer. Default 256 KiB; 128 KiB
    /// to 1 MiB were measured equally fast. Raised to 16 where it is less.
    pub block: usize,
    /// Longest line that is delivered, in bytes without its `\n`. Longer ones are passed over without being buffered.
    /// Default 1 MiB. The buffer never grows beyond the larger of `block` and one byte more than this.
    pub max_line: usize,
    /// Bytes after decompression, after which reading ends with [`End::Limit`](super::End::Limit). Default: none.
    pub max_bytes: Option<u64>,
    /// Largest window a zstd frame may ask for, in bytes; this much memory is set aside. Default 128 MiB, which is
    /// where the `zstd` program draws the line too.
    pub max_window: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { block: 256 << 10, max_line: 1 << 20, max_bytes: None, max_window: 128 << 20 }
    }
}
