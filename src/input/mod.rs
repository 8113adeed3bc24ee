//! Bytes to lines: blocks of whole lines from slices, readers and files; decompression; framing.
//!
//! ```text
//! paths ─ walk ─> Source ─ open ─> Input ─┬─ Plain  ─ Pieces, PieceReader ─┐
//!                                         └─ Stream ─ Blocks ──────────────┴─> Block ─ lines ─> Framing ─> payload
//! ```
//!
//! Inputs whose records are no lines (a JSON list, `records` wrappers, `journalctl -o export` and `-o verbose`, lines
//! that a container runtime cut) are recognised when they are opened, and come out as lines.
//!
//! Every step can be used alone and none needs threads. Memory is bounded by [`Limits`] whatever the bytes are,
//! and time is linear in them. What was left out is always stated: over-long lines as [`SkippedLine`], a file that
//! broke off as [`End`], files that were not read as [`Unread`].
//!
//! ```
//! use brownout::input::{Blocks, End, lines};
//!
//! let mut blocks = Blocks::new(&b"one\ntwo\r\nthree"[..]);
//! let mut seen = Vec::new();
//! while let Some(block) = blocks.next() {
//!     for (at, line) in lines(block.bytes) {
//!         seen.push((block.offset + at as u64, line.to_vec()));
//!     }
//! }
//! assert!(matches!(blocks.end(), End::Complete));
//! assert_eq!(seen, [(0, b"one".to_vec()), (4, b"two".to_vec()), (9, b"three".to_vec())]);
//! ```

mod assemble;
mod blocks;
mod decode;
mod framing;
mod limits;
mod lines;
mod pieces;
mod shared;
mod sources;

pub use blocks::{Block, Blocks, End, SkippedLine};
pub use decode::{Decoded, Encoding, decode};
pub use framing::{Framed, Framing, Unwrapped, Unwrapper};
pub use limits::Limits;
pub use lines::lines;
pub use pieces::{Piece, PieceReader, Pieces, ReadAt};
pub(crate) use shared::SharedBlocks;
pub use sources::{Input, Listing, Source, Stream, Unread, walk};
