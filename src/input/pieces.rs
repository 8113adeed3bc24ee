//! A plain file, cut by byte ranges into pieces that are read independently of each other.
//!
//! A piece owns the lines that *start* in its range: it looks for the first line end at or after the byte before its
//! range, and reads on beyond its range to the end of its last line. So the pieces of a file have every line once,
//! wherever the cuts fall, and nobody has to look at the file beforehand.

use std::io::{self, Read};
use std::sync::Arc;

use memchr::memchr;

use super::blocks::{Block, Blocks, End};
use super::limits::Limits;

/// The range of a file that decides which lines are a piece's: those that start in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

impl Piece {
    /// The lines of `bytes` that start in this piece, as one slice. The same lines as a [`PieceReader`] delivers,
    /// but for the limits and the byte order mark.
    ///
    /// ```
    /// use brownout::input::Pieces;
    ///
    /// let bytes = b"one\ntwo\nthree\n";
    /// let parts: Vec<_> = Pieces::of(14, 5).map(|piece| piece.cut(bytes)).collect();
    /// assert_eq!(parts, [&b"one\ntwo\n"[..], b"three\n", b""]);
    /// ```
    pub fn cut(self, bytes: &[u8]) -> &[u8] {
        let from = line_start(bytes, self.start);
        let to = line_start(bytes, self.end).max(from);
        &bytes[from..to]
    }
}

/// Where the first line starts that starts at `at` or later.
fn line_start(bytes: &[u8], at: u64) -> usize {
    let at = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
    let Some(before) = at.checked_sub(1) else { return 0 };
    memchr(b'\n', &bytes[before..]).map_or(bytes.len(), |end| before + end + 1)
}

/// The pieces of a file, in order.
#[derive(Debug, Clone)]
pub struct Pieces {
    rest: Piece,
    size: u64,
}

impl Pieces {
    /// Pieces of `size` bytes, which the last may fall short of, out of `len`. About 8 MiB suits files: small enough
    /// to share the work evenly, large enough that what a piece costs by itself does not show.
    pub fn of(len: u64, size: u64) -> Self {
        Self { rest: Piece { start: 0, end: len }, size: size.max(1) }
    }
}

impl Iterator for Pieces {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        let start = self.rest.start;
        if start >= self.rest.end {
            return None;
        }
        self.rest.start = start.saturating_add(self.size).min(self.rest.end);
        Some(Piece { start, end: self.rest.start })
    }
}

/// Bytes that can be read at an offset, by several readers at a time.
pub trait ReadAt {
    /// Reads some bytes from `offset` on; 0 at the end.
    ///
    /// # Errors
    /// Those of the operating system.
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize>;
}

#[cfg(unix)]
impl ReadAt for std::fs::File {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, into, offset)
    }
}

#[cfg(windows)]
impl ReadAt for std::fs::File {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(self, into, offset)
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let n = rest.len().min(into.len());
        into[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(into, offset)
    }
}

impl<T: ReadAt + ?Sized> ReadAt for Arc<T> {
    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        (**self).read_at(into, offset)
    }
}

/// The lines of one piece of a file, as [`Block`]s whose offsets count from the start of the file.
///
/// A file that became shorter ends where it ends now: that is no error. [`Limits::max_bytes`] is not looked at, as
/// the length of the file is known before the first read.
///
/// ```
/// use brownout::input::{Limits, PieceReader, Pieces};
///
/// let file = &b"one\ntwo\nthree\n"[..];
/// let mut pieces = Pieces::of(14, 5);
/// let mut reader = PieceReader::new(file, pieces.next().unwrap(), Limits::default());
/// assert_eq!(reader.next().unwrap().bytes, b"one\ntwo\n");
/// reader.restart(file, pieces.next().unwrap()); // the buffer is used again
/// let block = reader.next().unwrap();
/// assert_eq!((block.offset, block.bytes), (8, &b"three\n"[..]));
/// ```
#[derive(Debug)]
pub struct PieceReader<F> {
    blocks: Blocks<PieceBytes<F>>,
}

impl<F: ReadAt> PieceReader<F> {
    /// The lines that start in `piece` of `file`. Reads nothing yet.
    pub fn new(file: F, piece: Piece, limits: Limits) -> Self {
        let blocks = Blocks::with_limits(PieceBytes::new(file, piece), Limits { max_bytes: None, ..limits });
        let mut reader = Self { blocks };
        reader.begin(piece);
        reader
    }

    /// Goes on with another piece, perhaps of another file; the buffer stays.
    pub fn restart(&mut self, file: F, piece: Piece) {
        self.blocks.restart(PieceBytes::new(file, piece));
        self.begin(piece);
    }

    fn begin(&mut self, piece: Piece) {
        if let Some(before) = piece.start.checked_sub(1) {
            self.blocks.begin_inside(before);
        }
    }

    /// The next block, as [`Blocks::next`].
    #[expect(
        clippy::should_implement_trait,
        reason = "the block borrows the buffer, which an iterator cannot lend"
    )]
    pub fn next(&mut self) -> Option<Block<'_>> {
        self.blocks.next()
    }

    /// How the piece ended, as [`Blocks::end`].
    pub fn end(&self) -> &End {
        self.blocks.end()
    }

    /// How the piece ended, to keep.
    pub fn into_end(self) -> End {
        self.blocks.into_end()
    }
}

/// A piece as a stream: from the byte before it to the end of the last line that starts in it.
#[derive(Debug)]
struct PieceBytes<F> {
    file: F,
    position: u64,
    /// The last byte of the piece: a line that starts in the piece cannot end before it unless another one follows.
    last: u64,
    /// A line starts in the piece, as far as it was read.
    owns: bool,
    done: bool,
}

impl<F> PieceBytes<F> {
    fn new(file: F, piece: Piece) -> Self {
        Self {
            file,
            position: piece.start.saturating_sub(1),
            last: piece.end.saturating_sub(1),
            owns: piece.start == 0,
            done: piece.start >= piece.end,
        }
    }
}

impl<F: ReadAt> Read for PieceBytes<F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.done {
            return Ok(0);
        }
        let n = self.file.read_at(into, self.position)?.min(into.len());
        let (inside, beyond) = {
            let until = usize::try_from(self.last.saturating_sub(self.position)).unwrap_or(usize::MAX);
            into[..n].split_at(until.min(n))
        };
        self.owns = self.owns || memchr(b'\n', inside).is_some();
        let mut n = n;
        if n == 0 || !beyond.is_empty() && !self.owns {
            self.done = true;
            return Ok(0);
        }
        if let Some(end) = memchr(b'\n', beyond) {
            self.done = true;
            n = inside.len() + end + 1;
        }
        self.position += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::lines;
    use super::*;

    fn samples() -> Vec<Vec<u8>> {
        let mut mixed = Vec::new();
        for i in 0..60usize {
            mixed.extend(std::iter::repeat_n(b'a' + (i % 26) as u8, i * 29 % 97));
            mixed.extend(if i % 5 == 0 { &b"\r\n"[..] } else { b"\n" });
        }
        let mut open_end = mixed.clone();
        open_end.extend(b"no line end");
        let mut long = b"short\n".to_vec();
        long.extend([b'x'; 500]);
        long.extend(b"\nshort again\n\n\n");
        long.extend([b'y'; 300]);
        let mut marked = b"\xEF\xBB\xBF".to_vec();
        marked.extend(&mixed);
        vec![vec![], b"\n".to_vec(), b"\n\n\n".to_vec(), b"a".to_vec(), mixed, open_end, long, marked]
    }

    type Seen = Vec<(u64, Result<Vec<u8>, u64>)>;

    fn drain<'a>(mut next: impl FnMut() -> Option<Block<'a>>, seen: &mut Seen) {
        while let Some(block) = next() {
            seen.extend(block.skipped.map(|line| (line.offset, Err(line.len))));
            seen.extend(lines(block.bytes).map(|(at, line)| (block.offset + at as u64, Ok(line.to_vec()))));
        }
    }

    fn whole(bytes: &[u8], limits: Limits) -> Seen {
        let mut seen = Seen::new();
        let mut blocks = Blocks::with_limits(bytes, limits);
        while let Some(block) = blocks.next() {
            drain(once(block), &mut seen);
        }
        seen
    }

    fn once<'a>(block: Block<'a>) -> impl FnMut() -> Option<Block<'a>> {
        let mut block = Some(block);
        move || block.take()
    }

    #[test]
    fn pieces_joined_are_the_whole() {
        for bytes in samples() {
            for max_line in [40, 10_000] {
                let limits = Limits { block: 64, max_line, ..Limits::default() };
                let expected = whole(&bytes, limits);
                for size in (1..=66).chain([100, 127, 128, 129, 1000, 1 << 20]) {
                    let mut seen = Seen::new();
                    let mut reader = PieceReader::new(&bytes[..], Piece { start: 0, end: 0 }, limits);
                    assert!(reader.next().is_none());
                    for piece in Pieces::of(bytes.len() as u64, size) {
                        reader.restart(&bytes[..], piece);
                        while let Some(block) = reader.next() {
                            drain(once(block), &mut seen);
                        }
                        assert!(matches!(reader.end(), End::Complete));
                    }
                    assert_eq!(seen, expected, "pieces of {size}");
                }
            }
        }
    }

    #[test]
    fn slices_are_cut_alike() {
        for bytes in samples() {
            for size in [1, 2, 3, 7, 64, 1000] {
                let joined: Vec<u8> = Pieces::of(bytes.len() as u64, size)
                    .flat_map(|piece| piece.cut(&bytes).iter().copied())
                    .collect();
                assert_eq!(joined, bytes, "pieces of {size}");
            }
        }
    }

    #[test]
    fn pieces_cover_the_range() {
        for (len, size, count) in
            [(0, 8, 0), (1, 8, 1), (8, 8, 1), (9, 8, 2), (5, 0, 5), (u64::MAX, u64::MAX, 1)]
        {
            let pieces: Vec<_> = Pieces::of(len, size).collect();
            assert_eq!(pieces.len(), count);
            assert_eq!(pieces.iter().map(|p| p.end - p.start).sum::<u64>(), len);
        }
    }

    /// Becomes shorter after the first read.
    struct Shrinking<'a>(Cell<&'a [u8]>);
    impl ReadAt for Shrinking<'_> {
        fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
            let n = self.0.get().read_at(into, offset)?;
            self.0.set(&self.0.get()[..20]);
            Ok(n)
        }
    }

    #[test]
    fn a_file_that_shrinks_ends_there() {
        let bytes = b"0123456789\n".repeat(10);
        let limits = Limits { block: 16, ..Limits::default() };
        let mut seen = Seen::new();
        let file = Shrinking(Cell::new(&bytes));
        for piece in Pieces::of(bytes.len() as u64, 32) {
            let mut reader = PieceReader::new(&file, piece, limits);
            while let Some(block) = reader.next() {
                drain(once(block), &mut seen);
            }
            assert!(matches!(reader.end(), End::Complete));
        }
        assert_eq!(seen, [(0, Ok(b"0123456789".to_vec())), (11, Ok(b"012345678".to_vec()))]);
    }

    /// Counts the bytes that were read.
    struct Counting<'a>(&'a [u8], Cell<u64>);
    impl ReadAt for Counting<'_> {
        fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
            let n = self.0.read_at(into, offset)?;
            self.1.set(self.1.get() + n as u64);
            Ok(n)
        }
    }

    #[test]
    fn a_line_over_many_pieces_is_not_read_by_each_of_them() {
        let bytes = vec![b'x'; 1 << 20];
        let file = Counting(&bytes, Cell::new(0));
        let limits = Limits { block: 4096, ..Limits::default() };
        for piece in Pieces::of(bytes.len() as u64, 16 << 10) {
            let mut reader = PieceReader::new(&file, piece, limits);
            while reader.next().is_some() {}
        }
        assert!(file.1.get() < 3 * bytes.len() as u64, "{} bytes", file.1.get());
    }

    #[cfg(any(unix, windows))]
    #[test]
    fn files_are_read_at_offsets() {
        let path = std::env::temp_dir().join(format!("brownout-pieces-{}", std::process::id()));
        std::fs::write(&path, b"one\ntwo\nthree").unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let mut reader = PieceReader::new(&file, Piece { start: 4, end: 6 }, Limits::default());
        assert_eq!(reader.next().unwrap().bytes, b"two\n");
        assert!(reader.next().is_none());
        std::fs::remove_file(&path).unwrap();
    }
}
