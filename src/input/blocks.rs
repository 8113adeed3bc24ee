//! A reader, cut into blocks of whole lines that lie in one reused buffer.
//!
//! The buffer, between two calls:
//!
//! ```text
//!   0        start           whole          filled     buffer.len()
//!   | given out | whole lines  | half a line  | free     |
//! ```
//!
//! The half line at the end is moved to the front before the next read: no byte is moved twice unless its line is
//! longer than a block. Lines beyond the limit take no memory: what was read of them is dropped, and reading goes on
//! to the next `\n`.

use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use memchr::{memchr, memrchr};

use super::limits::Limits;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Whole lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// The lines with their line ends. Only the last line of an input can be without one. Can be empty after
    /// an over-long line.
    pub bytes: &'a [u8],
    /// Where `bytes` begins in the decompressed input, in bytes.
    pub offset: u64,
    /// The line directly before `bytes`, if it was too long to be delivered.
    pub skipped: Option<SkippedLine>,
}

impl Block<'_> {
    /// Whether the last line has no `\n`: the input ends with it, and a file that is still written to may go on.
    pub fn is_unterminated(&self) -> bool {
        self.bytes.last().is_some_and(|&b| b != b'\n')
    }
}

/// A line longer than [`Limits::max_line`]: its place, not its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SkippedLine {
    /// Where it begins in the decompressed input.
    pub offset: u64,
    /// Its bytes, without the `\n`.
    pub len: u64,
}

/// How reading ended.
#[derive(Debug)]
pub enum End {
    /// It has not ended: there may be more blocks.
    Open,
    /// At the end of the input.
    Complete,
    /// At an error: a file that cannot be read on, a compressed one that breaks off. All bytes before it were
    /// delivered, half a last line included.
    Truncated(io::Error),
    /// At [`Limits::max_bytes`]. All whole lines before it were delivered; the line across the limit was not.
    Limit,
}

impl End {
    /// What to say of it where reading ended before the end of the input.
    pub(crate) fn sentence(&self) -> Option<String> {
        (!matches!(self, Self::Open | Self::Complete)).then(|| self.to_string())
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("not read to the end"),
            Self::Complete => f.write_str("complete"),
            Self::Truncated(error) => write!(f, "broken off: {error}"),
            Self::Limit => f.write_str("cut at the limit on decompressed bytes"),
        }
    }
}

/// What becomes of the bytes up to the next `\n`.
#[derive(Debug)]
enum Passing {
    /// They are a line.
    Nothing,
    /// They end a line that somebody else reads.
    Foreign,
    /// They belong to an over-long line, which is this long so far.
    Long(SkippedLine),
}

/// Blocks of whole lines from any reader.
///
/// The blocks joined are the input, apart from over-long lines and a UTF-8 byte order mark at its very start.
/// `Interrupted` is retried and short reads are fine; each call reads no more than it needs to have one line, so a
/// pipe is followed without delay.
///
/// ```
/// use brownout::input::{Blocks, Limits, SkippedLine};
///
/// let limits = Limits { max_line: 5, ..Limits::default() };
/// let mut blocks = Blocks::with_limits(&b"short\nmuch too long\nlast\n"[..], limits);
/// assert_eq!(blocks.next().unwrap().bytes, b"short\n");
/// let block = blocks.next().unwrap();
/// assert_eq!(block.skipped, Some(SkippedLine { offset: 6, len: 13 }));
/// assert_eq!((block.offset, block.bytes), (20, &b"last\n"[..]));
/// assert!(blocks.next().is_none());
/// ```
#[derive(Debug)]
pub struct Blocks<R> {
    reader: R,
    limits: Limits,
    buffer: Vec<u8>,
    /// INVARIANT: `start <= whole <= filled <= buffer.len()`, and no `\n` lies in `whole..filled`.
    start: usize,
    whole: usize,
    filled: usize,
    /// Of `buffer[start]` in the input.
    offset: u64,
    /// Bytes read so far.
    taken: u64,
    passing: Passing,
    /// Passed over and not reported yet.
    skipped: Option<SkippedLine>,
    /// A byte order mark may still come.
    bom: bool,
    end: End,
}

impl<R: Read> Blocks<R> {
    /// Blocks from `reader` within the default [`Limits`].
    pub fn new(reader: R) -> Self {
        Self::with_limits(reader, Limits::default())
    }

    /// Blocks from `reader` within `limits`.
    pub fn with_limits(reader: R, limits: Limits) -> Self {
        let buffer = vec![0; limits.block.max(16)];
        Self {
            reader,
            limits,
            buffer,
            start: 0,
            whole: 0,
            filled: 0,
            offset: 0,
            taken: 0,
            passing: Passing::Nothing,
            skipped: None,
            bom: true,
            end: End::Open,
        }
    }

    /// Begins anew with another reader; the buffer stays.
    pub fn restart(&mut self, reader: R) {
        self.reader = reader;
        (self.start, self.whole, self.filled) = (0, 0, 0);
        (self.offset, self.taken) = (0, 0);
        self.passing = Passing::Nothing;
        self.skipped = None;
        self.bom = true;
        self.end = End::Open;
    }

    /// Declares that the reader begins `offset` bytes into the input, in the middle of a line that is somebody
    /// else's.
    pub(super) fn begin_inside(&mut self, offset: u64) {
        self.offset = offset;
        self.passing = Passing::Foreign;
        self.bom = false;
    }

    /// The next block; `None` at the end, and from then on. Then [`end`](Self::end) says which end it was.
    #[expect(
        clippy::should_implement_trait,
        reason = "the block borrows the buffer, which an iterator cannot lend"
    )]
    pub fn next(&mut self) -> Option<Block<'_>> {
        while self.start == self.whole && self.skipped.is_none() && matches!(self.end, End::Open) {
            self.read_on();
        }
        if self.start == self.whole && self.skipped.is_none() {
            return None;
        }
        let skipped = self.skipped.take().or_else(|| self.pass_first_if_long());
        let (from, offset) = (self.start, self.offset);
        let run = without_long_lines(&self.buffer[self.start..self.whole], self.limits.max_line);
        self.advance(run);
        Some(Block { bytes: &self.buffer[from..from + run], offset, skipped })
    }

    /// The next block as bytes of `buffer`, which takes the place of this reader's own: the lines are not copied.
    /// Where they lie, and what else there is to say of the block.
    pub(super) fn hand_over(
        &mut self,
        buffer: &mut Vec<u8>,
    ) -> Option<(Range<usize>, u64, Option<SkippedLine>)> {
        let (len, offset, skipped) =
            self.next().map(|block| (block.bytes.len(), block.offset, block.skipped))?;
        let lines = self.start - len..self.start;
        if self.start < self.whole {
            // There are more, behind an over-long line.
            buffer.clear();
            buffer.extend_from_slice(&self.buffer[lines]);
            return Some((0..buffer.len(), offset, skipped));
        }
        let half = &self.buffer[self.start..self.filled];
        buffer.resize(self.buffer.len(), 0);
        buffer[..half.len()].copy_from_slice(half);
        (self.start, self.whole, self.filled) = (0, 0, half.len());
        std::mem::swap(&mut self.buffer, buffer);
        Some((lines, offset, skipped))
    }

    /// How reading ended; [`End::Open`] until [`next`](Self::next) has returned `None`.
    pub fn end(&self) -> &End {
        if self.start < self.whole || self.skipped.is_some() { &End::Open } else { &self.end }
    }

    /// How reading ended, to keep.
    pub fn into_end(self) -> End {
        self.end
    }

    /// One read, and what it means for the lines in the buffer. Only called when all whole lines are given out.
    fn read_on(&mut self) {
        self.drop_long_half();
        self.make_room();
        let from = self.filled;
        match self.read_some() {
            Ok(0) => self.finish(End::Complete),
            Ok(n) => {
                self.filled = from + n;
                self.taken += n as u64;
                self.find_lines(from);
            }
            Err(ReadEnd::Limit) => self.finish(End::Limit),
            Err(ReadEnd::Io(error)) => self.finish(End::Truncated(error)),
        }
    }

    /// Half a line over the limit is dropped, and the rest of it will be passed over.
    fn drop_long_half(&mut self) {
        let half = self.filled - self.start;
        if half > self.limits.max_line && !self.bom {
            self.passing = Passing::Long(SkippedLine { offset: self.offset, len: half as u64 });
            self.drop_all();
        }
    }

    /// Moves the half line to the front; grows the buffer where it fills it.
    fn make_room(&mut self) {
        self.buffer.copy_within(self.start..self.filled, 0);
        self.filled -= self.start;
        (self.start, self.whole) = (0, 0);
        if self.filled == self.buffer.len() {
            let most = self.limits.max_line.saturating_add(1).max(self.limits.block).max(16);
            let len = self.buffer.len().saturating_mul(2).min(most).max(self.filled + 1);
            self.buffer.resize(len, 0);
        }
    }

    /// Reads once into the free part, at most a block and not beyond the limit on bytes.
    fn read_some(&mut self) -> Result<usize, ReadEnd> {
        let free = &mut self.buffer[self.filled..];
        let left = self.limits.max_bytes.map_or(u64::MAX, |max| max.saturating_sub(self.taken));
        let most = free.len().min(self.limits.block.max(16));
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(most);
        if wanted == 0 {
            // Is there one byte more? If not, the input ends exactly at the limit.
            return match retry(&mut self.reader, &mut free[..1])? {
                0 => Ok(0),
                _ => Err(ReadEnd::Limit),
            };
        }
        Ok(retry(&mut self.reader, &mut free[..wanted])?)
    }

    /// Looks for line ends in the bytes from `from` on, which are new.
    fn find_lines(&mut self, from: usize) {
        if self.bom && !self.settle_bom() {
            return;
        }
        if !matches!(self.passing, Passing::Nothing) && !self.pass_line() {
            return;
        }
        let from = from.max(self.start);
        match memrchr(b'\n', &self.buffer[from..self.filled]) {
            Some(at) => self.whole = from + at + 1,
            None => self.whole = self.start,
        }
    }

    /// Cuts a byte order mark; false where the bytes so far do not tell.
    fn settle_bom(&mut self) -> bool {
        let head = &self.buffer[self.start..self.filled];
        if head.len() < BOM.len() && BOM.starts_with(head) {
            return false;
        }
        self.bom = false;
        if head.starts_with(BOM) {
            self.advance(BOM.len());
        }
        true
    }

    /// Drops bytes up to and with the next `\n`; false where all bytes were dropped and none was it.
    fn pass_line(&mut self) -> bool {
        let found = memchr(b'\n', &self.buffer[self.start..self.filled]);
        let passed = found.unwrap_or(self.filled - self.start);
        if let Passing::Long(line) = &mut self.passing {
            line.len += passed as u64;
        }
        if found.is_none() {
            self.drop_all();
            return false;
        }
        self.advance(passed + 1);
        if let Passing::Long(line) = std::mem::replace(&mut self.passing, Passing::Nothing) {
            self.skipped = Some(line);
        }
        true
    }

    /// Nothing more will be read.
    fn finish(&mut self, end: End) {
        if let Passing::Long(line) = std::mem::replace(&mut self.passing, Passing::Nothing) {
            self.skipped = Some(line);
        }
        if matches!(end, End::Limit) {
            self.drop_all();
        }
        self.whole = self.filled;
        self.end = end;
    }

    /// The first whole line, if it is over the limit, is passed.
    fn pass_first_if_long(&mut self) -> Option<SkippedLine> {
        let lines = &self.buffer[self.start..self.whole];
        let head = lines.get(..self.limits.max_line.saturating_add(1))?;
        if memchr(b'\n', head).is_some() {
            return None;
        }
        let len = memchr(b'\n', lines).unwrap_or(lines.len());
        let line = SkippedLine { offset: self.offset, len: len as u64 };
        self.advance((len + 1).min(lines.len()));
        Some(line)
    }

    fn advance(&mut self, bytes: usize) {
        self.start += bytes;
        self.offset += bytes as u64;
        self.whole = self.whole.max(self.start);
    }

    fn drop_all(&mut self) {
        self.advance(self.filled - self.start);
    }
}

/// Why a read gave nothing.
enum ReadEnd {
    Limit,
    Io(io::Error),
}

impl From<io::Error> for ReadEnd {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn retry(reader: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A reader that claims more than it was given room for is wrong; believe the room.
            result => return result.map(|n| n.min(into.len())),
        }
    }
}

/// How many bytes of whole `lines` come before the first line longer than `max`. Looks at one stretch of `max` bytes
/// after the other from its end, so it touches few of them; blocks no longer than `max` are not looked at.
fn without_long_lines(lines: &[u8], max: usize) -> usize {
    let mut at = 0;
    while lines.len() - at > max {
        match memrchr(b'\n', &lines[at..=at + max]) {
            Some(end) => at += end + 1,
            None => return at,
        }
    }
    lines.len()
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;

    /// Gives out `bytes` in reads of `sizes` in turn (0: `Interrupted`), then fails if told to.
    struct Steps<'a> {
        bytes: &'a [u8],
        sizes: &'a [usize],
        at: usize,
        fails: bool,
    }

    impl Read for Steps<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let step = self.sizes[self.at % self.sizes.len()];
            self.at += 1;
            if step == 0 {
                return Err(ErrorKind::Interrupted.into());
            }
            if self.bytes.is_empty() && self.fails {
                return Err(io::Error::other("the disk is gone"));
            }
            let n = step.min(into.len()).min(self.bytes.len());
            into[..n].copy_from_slice(&self.bytes[..n]);
            self.bytes = &self.bytes[n..];
            Ok(n)
        }
    }

    #[derive(Debug, PartialEq, Clone)]
    enum Seen {
        Line(u64, Vec<u8>),
        Long(u64, u64),
    }

    fn collect<R: Read>(blocks: &mut Blocks<R>) -> Vec<Seen> {
        let mut seen = Vec::new();
        while let Some(block) = blocks.next() {
            seen.extend(block.skipped.map(|line| Seen::Long(line.offset, line.len)));
            for (at, line) in lines(block.bytes) {
                seen.push(Seen::Line(block.offset + at as u64, line.to_vec()));
            }
        }
        assert!(blocks.next().is_none(), "the end stays the end");
        seen
    }

    /// The slow, obvious twin.
    fn naive(bytes: &[u8], max_line: usize) -> Vec<Seen> {
        let bom = if bytes.starts_with(BOM) { 3 } else { 0 };
        let mut offset = bom as u64;
        let mut seen = Vec::new();
        for line in bytes[bom..].split_inclusive(|&b| b == b'\n') {
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            if text.len() > max_line {
                seen.push(Seen::Long(offset, text.len() as u64));
            } else {
                seen.push(Seen::Line(offset, text.strip_suffix(b"\r").unwrap_or(text).to_vec()));
            }
            offset += line.len() as u64;
        }
        seen
    }

    fn inputs() -> Vec<Vec<u8>> {
        let mut inputs: Vec<Vec<u8>> = [
            &b""[..],
            b"\n",
            b"\n\n",
            b"a",
            b"a\n",
            b"a\r\nb\r",
            b"\xEF",
            b"\xEF\xBB",
            b"\xEF\xBB\xBF",
            b"\xEF\xBB\xBF\n",
            b"\xEF\xBB\xBFline\nline\n",
            b"\xEF\xBB\nline",
            b"a\n\xEF\xBB\xBFb\n",
            b"0123456789012345678901234567890123456789",
            b"0123456789012345678901234567890123456789\n\n0123456789012345678901234567890123456789\nx",
        ]
        .iter()
        .map(|b| b.to_vec())
        .collect();
        // Lines of all lengths 0..=40, in a scrambled order.
        let mut many = Vec::new();
        for i in 0..200usize {
            many.extend(std::iter::repeat_n(b'a' + (i % 26) as u8, i * 17 % 41));
            many.push(b'\n');
        }
        many.extend(b"the last one has no end");
        inputs.push(many);
        inputs
    }

    #[test]
    fn any_reads_and_any_sizes_give_the_same_lines() {
        let all_sizes: &[&[usize]] = &[&[1], &[2, 0, 3], &[7], &[64, 1], &[4096], &[0, 0, 1, 100]];
        for bytes in inputs() {
            for max_line in [0, 1, 2, 7, 16, 33, 1000] {
                let expected = naive(&bytes, max_line);
                for block in [1, 17, 64, 4096] {
                    for sizes in all_sizes {
                        for fails in [false, true] {
                            let reader = Steps { bytes: &bytes, sizes, at: 0, fails };
                            let limits = Limits { block, max_line, ..Limits::default() };
                            let mut blocks = Blocks::with_limits(reader, limits);
                            assert_eq!(collect(&mut blocks), expected, "{max_line} {block} {sizes:?}");
                            assert!(blocks.buffer.len() <= block.max(max_line + 1).max(16));
                            assert_eq!(matches!(blocks.end(), End::Truncated(_)), fails);
                            assert_eq!(matches!(blocks.end(), End::Complete), !fails);
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn the_end_is_stated_after_the_last_block_only() {
        let reader = Steps { bytes: b"a\nhalf", sizes: &[100], at: 0, fails: true };
        let mut blocks = Blocks::new(reader);
        assert!(matches!(blocks.end(), End::Open));
        assert_eq!(blocks.next().unwrap().bytes, b"a\n");
        assert!(matches!(blocks.end(), End::Open));
        let last = blocks.next().unwrap();
        assert_eq!((last.bytes, last.is_unterminated()), (&b"half"[..], true));
        assert!(blocks.next().is_none());
        assert_eq!(blocks.end().to_string(), "broken off: the disk is gone");
    }

    #[test]
    fn bytes_are_limited_to_whole_lines() {
        let bytes = b"one\ntwo\nthree\n";
        for (max, whole, complete) in
            [(0, 0, false), (3, 0, false), (4, 1, false), (13, 2, false), (14, 3, true), (15, 3, true)]
        {
            for block in [16, 4096] {
                let limits = Limits { block, max_bytes: Some(max), ..Limits::default() };
                let mut blocks = Blocks::with_limits(&bytes[..], limits);
                assert_eq!(collect(&mut blocks).len(), whole, "{max}");
                assert_eq!(matches!(blocks.end(), End::Complete), complete, "{max}");
                assert_eq!(matches!(blocks.end(), End::Limit), !complete, "{max}");
            }
        }
    }

    #[test]
    fn megabytes_without_a_line_end_take_no_memory() {
        let length = 64 << 20;
        let reader = io::repeat(b'x').take(length).chain(&b"\nnext\n"[..]);
        let mut blocks = Blocks::new(reader);
        let block = blocks.next().unwrap();
        assert_eq!(block.skipped, Some(SkippedLine { offset: 0, len: length }));
        assert_eq!((block.offset, block.bytes), (length + 1, &b"next\n"[..]));
        assert!(blocks.buffer.len() <= (1 << 20) + 1);
    }

    #[test]
    fn a_restart_forgets_everything_but_the_buffer() {
        let mut blocks =
            Blocks::with_limits(&b"0123456789\nab"[..], Limits { max_line: 4, ..Limits::default() });
        let _ = blocks.next();
        blocks.restart(b"\xEF\xBB\xBFnew");
        let block = blocks.next().unwrap();
        assert_eq!((block.bytes, block.offset, block.skipped), (&b"new"[..], 3, None));
    }
}
