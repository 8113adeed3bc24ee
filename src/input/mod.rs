//! Bytes to lines: blocks of whole lines from slices, readers and files; decompression; framing.

mod lines;

pub use lines::lines;
