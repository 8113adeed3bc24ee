//! One stream for several readers: whoever is free takes the next block.
//!
//! A block is read, and decoded, while the stream is locked; it is looked at when the lock is free again. So with two
//! readers one decodes while the other counts, and nobody waits who has something to count. Every reader brings a
//! buffer and takes the stream's for it: that many blocks are in memory, and none of them is copied.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use super::blocks::{Block, Blocks};
use super::limits::Limits;
use super::sources::Source;

/// Blocks of a stream that several threads may take.
pub(crate) struct SharedBlocks {
    flow: Mutex<Flow>,
    limits: Limits,
    done: AtomicBool,
}

enum Flow {
    /// Opened, or to be opened, when the first block is taken.
    Ready(Box<dyn Read + Send>),
    Closed(Source),
    Open(Blocks<Box<dyn Read + Send>>),
    Done,
}

impl SharedBlocks {
    /// The blocks of `reader`.
    pub(crate) fn new(reader: Box<dyn Read + Send>, limits: Limits) -> Self {
        Self::from_flow(Flow::Ready(reader), limits)
    }

    /// The blocks of `source`, which is opened when the first one is asked for.
    pub(crate) fn of(source: Source, limits: Limits) -> Self {
        Self::from_flow(Flow::Closed(source), limits)
    }

    const fn from_flow(flow: Flow, limits: Limits) -> Self {
        Self { flow: Mutex::new(flow), limits, done: AtomicBool::new(false) }
    }

    /// Whether there are no more blocks. Without waiting: when it says no, another thread may be taking the last one.
    pub(crate) fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }

    /// The next block, in `buffer`; `None` at the end. Where the stream ended before its end, `ended` says why, to one
    /// of all readers.
    pub(crate) fn next<'b>(&self, buffer: &'b mut Vec<u8>, ended: &mut Option<String>) -> Option<Block<'b>> {
        let mut flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::replace(&mut *flow, Flow::Done) {
            Flow::Done => return None,
            Flow::Open(blocks) => *flow = Flow::Open(blocks),
            Flow::Ready(reader) => *flow = Flow::Open(Blocks::with_limits(reader, self.limits)),
            Flow::Closed(source) => match source.open(&self.limits) {
                Ok(input) => *flow = Flow::Open(Blocks::with_limits(input.into_reader(), self.limits)),
                Err(error) => *ended = Some(error.to_string()),
            },
        }
        if let Flow::Open(blocks) = &mut *flow {
            if let Some((lines, offset, skipped)) = blocks.hand_over(buffer) {
                drop(flow);
                return Some(Block { bytes: buffer.get(lines).unwrap_or_default(), offset, skipped });
            }
            *ended = blocks.end().sentence();
        }
        *flow = Flow::Done;
        self.done.store(true, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::{End, lines};
    use super::*;

    type Seen = Vec<(u64, Result<Vec<u8>, u64>)>;

    fn see(block: &Block<'_>, seen: &mut Seen) {
        seen.extend(block.skipped.map(|line| (line.offset, Err(line.len))));
        seen.extend(lines(block.bytes).map(|(at, line)| (block.offset + at as u64, Ok(line.to_vec()))));
    }

    fn log() -> Vec<u8> {
        let mut log = Vec::new();
        for i in 0..3000usize {
            log.extend(std::iter::repeat_n(b'a' + (i % 26) as u8, i * 37 % 211));
            log.push(b'\n');
        }
        log.extend(b"the last one has no end");
        log
    }

    /// Gives out few bytes at a time, then fails.
    struct Drops(std::io::Cursor<Vec<u8>>);
    impl Read for Drops {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let room = into.len().min(997);
            match self.0.read(&mut into[..room])? {
                0 => Err(std::io::Error::other("the pipe is gone")),
                n => Ok(n),
            }
        }
    }

    #[test]
    fn all_readers_together_see_what_one_does() {
        for max_line in [100, 10_000] {
            let limits = Limits { block: 512, max_line, ..Limits::default() };
            let mut expected = Seen::new();
            let mut blocks = Blocks::with_limits(Drops(std::io::Cursor::new(log())), limits);
            while let Some(block) = blocks.next() {
                see(&block, &mut expected);
            }
            assert!(matches!(blocks.end(), End::Truncated(_)));
            for readers in 1..=3 {
                let shared = SharedBlocks::new(Box::new(Drops(std::io::Cursor::new(log()))), limits);
                let read = || {
                    let (mut buffer, mut ended, mut seen) = (Vec::new(), None, Seen::new());
                    while let Some(block) = shared.next(&mut buffer, &mut ended) {
                        see(&block, &mut seen);
                    }
                    assert!(buffer.len() <= 10_001.max(max_line + 1));
                    (seen, ended)
                };
                let parts: Vec<(Seen, Option<String>)> = std::thread::scope(|scope| {
                    let threads: Vec<_> = (0..readers).map(|_| scope.spawn(read)).collect();
                    threads.into_iter().map(|t| t.join().unwrap()).collect()
                });
                let ends: Vec<&str> = parts.iter().filter_map(|p| p.1.as_deref()).collect();
                assert_eq!(ends, ["broken off: the pipe is gone"]);
                let mut seen: Seen = parts.into_iter().flat_map(|p| p.0).collect();
                seen.sort();
                assert_eq!(seen, expected);
                assert!(shared.is_done());
            }
        }
    }

    #[test]
    fn what_cannot_be_opened_is_said_once() {
        let shared = SharedBlocks::of(Source::new("no/such/file"), Limits::default());
        let (mut buffer, mut ended) = (Vec::new(), None);
        assert!(shared.next(&mut buffer, &mut ended).is_none());
        assert!(ended.take().unwrap().contains("no/such/file"));
        assert!(shared.next(&mut buffer, &mut ended).is_none() && ended.is_none());
    }
}
