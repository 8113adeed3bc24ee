//! Bytes to lines: blocks of whole lines from slices, readers and files; decompression; framing.

mod lines;

pub use lines::lines;

/// What stands around a line. (placeholder until the framing layer lands)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Nothing.
    None,
}
impl Framing {
    /// Where the payload starts.
    #[inline]
    pub fn payload_start(&self, _line: &[u8]) -> Option<usize> {
        None
    }
}
