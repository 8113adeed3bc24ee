//! [`Scan`]: files to an [`Accumulate`], each line through the format its file is written in.
//!
//! One job is a piece of a plain file or a whole stream. Workers take jobs in turn, read them into buffers of their
//! own and count into accumulators of their own; the parts are merged at the end. A stream that is still being read
//! when no job is left is read by all workers: one reads or decodes the next block while the others count theirs.
//! Which worker takes what never shows in the outcome, because the accumulators' laws say so.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::aggregate::Accumulate;
use crate::error::{Error, LineError, LineErrorKind};
use crate::format::{Format, Line, Records, Scanner, Sink};
use crate::formats::{self, Choice, Options};
use crate::input::{Block, Input, Limits, Piece, PieceReader, Pieces, SharedBlocks, Source};
use crate::inputs::InputInfo;

/// Bytes of a plain file one job covers.
const PIECE: u64 = 8 << 20;
/// Inputs that stay open between recognising their format and reading them; files beyond are opened again, so that a
/// folder may hold more of them than a process may have open.
const KEPT_OPEN: usize = 64;
/// Bytes looked at to recognise a format.
const SAMPLE: usize = 128 << 10;

/// Reads files through their formats into an accumulator.
///
/// ```no_run
/// use brownout::{Aggregator, Scan, Settings};
/// let listing = brownout::input::walk(["/var/log/nginx"])?;
/// let scanned = Scan::new().run(&listing.sources, Aggregator::new(Settings::default()))?;
/// let summary = scanned.counts.finish();
/// # Ok::<(), brownout::Error>(())
/// ```
#[derive(Default)]
pub struct Scan<'a> {
    choice: Choice,
    options: Options,
    limits: Limits,
    threads: usize,
    cancel: Option<&'a AtomicBool>,
    progress: Option<&'a (dyn Fn(u64) + Sync)>,
}

/// What a scan brings back.
#[derive(Debug)]
pub struct Scanned<A> {
    /// What was counted.
    pub counts: A,
    /// One entry per source, in the order given.
    pub inputs: Vec<InputInfo>,
}

/// One source, ready to be read.
struct Opened {
    info: InputInfo,
    format: Option<Arc<dyn Format>>,
    /// A plain file that was kept open.
    file: Option<Arc<File>>,
}

/// What was seen of a source before it is read.
struct Look {
    opened: Opened,
    jobs: Vec<Job>,
    /// Why its format is not known.
    failure: Option<Error>,
}

enum Work {
    /// A piece of a plain file.
    Piece(Piece),
    /// What can only be read in order.
    Stream(Box<SharedBlocks>),
}

impl Work {
    const fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_))
    }
}

struct Job {
    source: usize,
    work: Work,
}

#[derive(Default)]
struct Tally {
    bytes: u64,
    lines: u64,
    unterminated: bool,
    ended: Option<String>,
}

impl<'a> Scan<'a> {
    /// Recognises each file's format, on all cores.
    pub fn new() -> Self {
        Self::default()
    }

    /// The format of all files, instead of recognising each file's.
    #[must_use]
    pub fn format(mut self, choice: Choice) -> Self {
        self.choice = choice;
        self
    }

    /// How lines are read in whatever format.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Bounds on what is read.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Threads; 0, the default, is one per core. The outcome does not depend on it.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Ends the scan soon after `flag` becomes true; what was read until then is returned, and
    /// [`InputInfo::ended`] is `cancelled` for each source that was not read to its end.
    #[must_use]
    pub fn cancel(mut self, flag: &'a AtomicBool) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Called now and then, from any thread, with the bytes read since the last call.
    #[must_use]
    pub fn progress(mut self, each: &'a (dyn Fn(u64) + Sync)) -> Self {
        self.progress = Some(each);
        self
    }

    /// Reads all of `sources`.
    ///
    /// A source that breaks off (a truncated gzip, a file that cannot be read on) ends there, and
    /// [`InputInfo::ended`] says why; what came before counts. Any number of files can be given: all but the first 64
    /// are opened a second time when it is their turn.
    ///
    /// # Errors
    /// [`Error::Io`] when a source cannot be opened, [`Error::Unrecognised`] when no source's format is known.
    pub fn run<A: Accumulate>(&self, sources: &[Source], mut counts: A) -> Result<Scanned<A>, Error> {
        let (mut opened, jobs) = self.open(sources)?;
        let next = AtomicUsize::new(0);
        let tallies: Vec<Mutex<Tally>> = opened.iter().map(|_| Mutex::default()).collect();
        let unknown = formats::Unrecognised::default();
        let work = |counts: &mut A| {
            // Jobs of one source follow each other, mostly: they share a scanner and its buffers.
            let mut scanner: Option<(usize, Box<dyn Scanner + '_>)> = None;
            let own = std::iter::from_fn(|| jobs.get(next.fetch_add(1, Ordering::Relaxed)));
            // Streams that others have begun come last.
            for job in own.chain(jobs.iter().filter(|job| job.work.is_stream())) {
                if matches!(&job.work, Work::Stream(stream) if stream.is_done()) {
                    continue;
                }
                if self.cancelled() {
                    let mut sum = tallies[job.source].lock().unwrap_or_else(PoisonError::into_inner);
                    sum.ended.get_or_insert_with(cancelled);
                    continue;
                }
                let source = &opened[job.source];
                let format = source.format.as_deref().unwrap_or(&unknown);
                if scanner.as_ref().is_none_or(|s| s.0 != job.source) {
                    scanner = Some((job.source, format.scanner(counts.wanted(format.schema()))));
                }
                let Some((_, scanner)) = &mut scanner else { return };
                let tally = self.read(source, format, job, &mut **scanner, counts);
                let mut sum = tallies[job.source].lock().unwrap_or_else(PoisonError::into_inner);
                sum.bytes += tally.bytes;
                sum.lines += tally.lines;
                sum.unterminated |= tally.unterminated;
                sum.ended = sum.ended.take().or(tally.ended);
            }
        };
        let shares = if jobs.iter().any(|job| job.work.is_stream()) { usize::MAX } else { jobs.len() };
        for part in self.share_out(shares, &mut counts, A::fresh, &work) {
            counts.merge(part);
        }
        for (source, tally) in opened.iter_mut().zip(tallies) {
            let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
            (source.info.bytes, source.info.lines) = (tally.bytes, tally.lines);
            (source.info.unterminated, source.info.ended) = (tally.unterminated, tally.ended);
        }
        Ok(Scanned { counts, inputs: opened.into_iter().map(|o| o.info).collect() })
    }

    /// Runs `work` on as many threads as are asked for and of use: here with `own`, and elsewhere with parts that are
    /// handed back.
    #[cfg(feature = "parallel")]
    fn share_out<T: Send>(
        &self,
        shares: usize,
        own: &mut T,
        fresh: impl Fn(&T) -> T,
        work: &(impl Fn(&mut T) + Sync),
    ) -> Vec<T> {
        let threads = if self.threads == 0 { rayon::current_num_threads() } else { self.threads }.min(shares);
        if threads <= 1 {
            work(own);
            return Vec::new();
        }
        let parts: Vec<T> = (1..threads).map(|_| fresh(own)).collect();
        let done = Mutex::new(Vec::new());
        // A pool of its own only when more threads are asked for than the caller's pool has.
        let pool = (threads > rayon::current_num_threads())
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(threads - 1).build().ok())
            .flatten();
        match pool {
            Some(pool) => pool.in_place_scope(|scope| {
                spawn_all(scope, parts, work, &done);
                work(own);
            }),
            None => rayon::in_place_scope(|scope| {
                spawn_all(scope, parts, work, &done);
                work(own);
            }),
        }
        done.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(not(feature = "parallel"))]
    #[expect(clippy::unused_self, reason = "the parallel twin needs it")]
    fn share_out<T: Send>(
        &self,
        _shares: usize,
        own: &mut T,
        _fresh: impl Fn(&T) -> T,
        work: &(impl Fn(&mut T) + Sync),
    ) -> Vec<T> {
        work(own);
        Vec::new()
    }

    /// Opens the sources, recognises their formats and cuts them into jobs. Each source is looked at by itself, so many
    /// are by all threads.
    fn open(&self, sources: &[Source]) -> Result<(Vec<Opened>, Vec<Job>), Error> {
        let next = AtomicUsize::new(0);
        let work = |seen: &mut Vec<(usize, Result<Look, Error>)>| {
            let indices = std::iter::from_fn(|| {
                let index = next.fetch_add(1, Ordering::Relaxed);
                sources.get(index).map(|source| (index, source))
            });
            seen.extend(indices.map(|(index, source)| (index, self.look_at(index, source))));
        };
        let mut seen = Vec::new();
        for part in self.share_out(sources.len(), &mut seen, |_| Vec::new(), &work) {
            seen.extend(part);
        }
        seen.sort_by_key(|look| look.0);
        let (mut opened, mut jobs) = (Vec::new(), Vec::new());
        let mut failure = None;
        for (_, look) in seen {
            let look = look?;
            failure = failure.or(look.failure);
            jobs.extend(look.jobs);
            opened.push(look.opened);
        }
        match failure {
            Some(error) if opened.iter().all(|o| o.format.is_none()) => Err(error),
            // Streams first: they cannot be shared out as well, so the longest work starts first.
            _ => {
                jobs.sort_by_key(|job| !job.work.is_stream());
                Ok((opened, jobs))
            }
        }
    }

    /// Opens one source, recognises its format and cuts it into jobs.
    fn look_at(&self, index: usize, source: &Source) -> Result<Look, Error> {
        let mut input = source.open(&self.limits)?;
        let io = |source_error| Error::Io { path: source.path().to_owned(), source: source_error };
        let sample = input.sample(SAMPLE).map_err(io)?;
        let mut info = InputInfo { path: source.path().to_owned(), ..InputInfo::default() };
        let mut failure = None;
        let newest = self.options.newest.or_else(|| Some(source.written()));
        let options = Options { newest, ..self.options };
        let format = match formats::choose(&self.choice, options, &sample) {
            Ok(chosen) => {
                info.format = Some(chosen.format.name().to_owned());
                info.framing = chosen.framing;
                info.note = chosen.note;
                info.assumed_offset = formats::assumed_offset(&*chosen.format, &sample);
                info.assumed_year = formats::assumed_year(&*chosen.format, &sample);
                Some(chosen.format)
            }
            Err(_) if sample.is_empty() => {
                info.note = Some("empty".into());
                None
            }
            Err(error) => {
                info.note = Some(error.to_string());
                failure = Some(error);
                None
            }
        };
        let mut file = None;
        let stream = |blocks| vec![Job { source: index, work: Work::Stream(Box::new(blocks)) }];
        let jobs = match input {
            Input::Plain { file: f, len } => {
                file = (index < KEPT_OPEN).then(|| Arc::new(f));
                Pieces::of(len, PIECE).map(|p| Job { source: index, work: Work::Piece(p) }).collect()
            }
            Input::Stream(_) if index >= KEPT_OPEN && source.path().is_file() => {
                stream(SharedBlocks::of(source.clone(), self.limits))
            }
            input @ Input::Stream(_) => stream(SharedBlocks::new(input.into_reader(), self.limits)),
        };
        Ok(Look { opened: Opened { info, format, file }, jobs, failure })
    }

    /// Reads one job.
    fn read<A: Accumulate>(
        &self,
        source: &Opened,
        format: &dyn Format,
        job: &Job,
        scanner: &mut dyn Scanner,
        counts: &mut A,
    ) -> Tally {
        let mut reader = match self.reader(source, job) {
            Ok(reader) => reader,
            Err(error) => return Tally { ended: Some(error.to_string()), ..Tally::default() },
        };
        let path = source.info.path.to_string_lossy();
        counts.begin(&path, format);
        let mut tally = Tally::default();
        while let Some(block) = reader.next() {
            if let Some(skipped) = block.skipped {
                tally.lines += 1;
                tally.bytes += block.offset.saturating_sub(skipped.offset);
                counts.line(&[], skipped.offset, Err(LineError::new(LineErrorKind::TooLong, 0, usize::MAX)));
            }
            let mut counting = Counting { counts, offset: block.offset, lines: 0 };
            scanner.scan_into(block.bytes, &mut counting);
            tally.lines += counting.lines;
            tally.bytes += block.bytes.len() as u64;
            tally.unterminated = block.is_unterminated();
            if let Some(progress) = self.progress {
                progress(block.bytes.len() as u64);
            }
            if self.cancelled() {
                tally.ended = Some(cancelled());
                return tally;
            }
        }
        tally.ended = reader.ended();
        tally
    }

    /// The bytes of a job.
    fn reader<'j>(&self, source: &Opened, job: &'j Job) -> Result<Reader<'j>, Error> {
        let path = &source.info.path;
        match &job.work {
            Work::Piece(piece) => {
                let opened = source.file.clone().map_or_else(|| File::open(path).map(Arc::new), Ok);
                let file = opened.map_err(|source| Error::Io { path: path.clone(), source })?;
                Ok(Reader::Piece(PieceReader::new(file, *piece, self.limits)))
            }
            Work::Stream(stream) => Ok(Reader::Stream { stream, buffer: Vec::new(), ended: None }),
        }
    }

    fn cancelled(&self) -> bool {
        self.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Why an input ended that a scan was to read no further.
fn cancelled() -> String {
    "cancelled".into()
}

/// One task for each part.
#[cfg(feature = "parallel")]
fn spawn_all<'s, T: Send + 's>(
    scope: &rayon::Scope<'s>,
    parts: Vec<T>,
    work: &'s (impl Fn(&mut T) + Sync),
    done: &'s Mutex<Vec<T>>,
) {
    for mut part in parts {
        scope.spawn(move |_| {
            work(&mut part);
            done.lock().unwrap_or_else(PoisonError::into_inner).push(part);
        });
    }
}

/// Gives the lines of a block to an accumulator.
struct Counting<'c, A> {
    counts: &'c mut A,
    /// Of the block.
    offset: u64,
    lines: u64,
}

impl<A: Accumulate> Sink for Counting<'_, A> {
    #[inline]
    fn line(&mut self, line: &[u8], at: usize, result: Result<Line<'_>, LineError>) {
        self.lines += 1;
        self.counts.line(line, self.offset + at as u64, result);
    }

    #[inline]
    fn records(&mut self, records: &Records<'_>) {
        self.lines += records.len() as u64;
        self.counts.records(records, self.offset);
    }
}

enum Reader<'j> {
    Piece(PieceReader<Arc<File>>),
    Stream {
        stream: &'j SharedBlocks,
        buffer: Vec<u8>,
        /// Told to one of those who read it.
        ended: Option<String>,
    },
}

impl Reader<'_> {
    fn next(&mut self) -> Option<Block<'_>> {
        match self {
            Self::Piece(reader) => reader.next(),
            Self::Stream { stream, buffer, ended } => stream.next(buffer, ended),
        }
    }

    /// Why it ended before its end, if it did.
    fn ended(self) -> Option<String> {
        match self {
            Self::Piece(reader) => reader.into_end().sentence(),
            Self::Stream { ended, .. } => ended,
        }
    }
}

impl std::fmt::Debug for Scan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan")
            .field("choice", &self.choice)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}
