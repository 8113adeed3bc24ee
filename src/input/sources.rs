//! Where the bytes come from: files, folders, standard input.

use std::borrow::Cow;
use std::fs::{self, File, FileType};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::assemble::{Assembled, Assembly, HEAD};
use super::decode::{Decoded, Encoding, decode, read_up_to};
use super::limits::Limits;
use super::pieces::ReadAt;
use crate::error::Error;
use crate::time::Timestamp;

/// One input that can be opened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file, a named pipe or a device.
    Path(PathBuf),
}

impl Source {
    /// `-` is standard input, everything else a path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        if path.as_os_str() == "-" { Self::Stdin } else { Self::Path(path) }
    }

    /// The path, `-` for standard input.
    pub fn path(&self) -> &Path {
        match self {
            Self::Stdin => Path::new("-"),
            Self::Path(path) => path,
        }
    }

    /// When it was last written to; now, where that is not known.
    pub fn written(&self) -> Timestamp {
        let modified = match self {
            Self::Stdin => None,
            Self::Path(path) => std::fs::metadata(path).and_then(|file| file.modified()).ok(),
        };
        let since = modified.unwrap_or_else(SystemTime::now).duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    /// Opens it and looks at its first bytes: what is packed is unpacked, and what is no file of lines but can be made
    /// one is read as lines (a JSON list, `records` wrappers, the journal's `export` and `verbose`, container logs with
    /// their parts joined).
    ///
    /// # Errors
    /// [`Error::Io`] with the path: there is no such file, it cannot be read, or it is compressed in a way this build
    /// cannot undo.
    pub fn open(&self, limits: &Limits) -> Result<Input, Error> {
        self.try_open(limits).map_err(|source| Error::Io { path: self.path().to_owned(), source })
    }

    fn try_open(&self, limits: &Limits) -> io::Result<Input> {
        let path = match self {
            Self::Stdin => return decode(io::stdin(), limits).map(|bytes| Stream::input(bytes, limits)),
            Self::Path(path) => path,
        };
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "this is a folder"));
        }
        #[cfg(any(unix, windows))]
        if metadata.is_file() {
            let mut head = [0; HEAD];
            let n = read_at_full(&file, &mut head, 0)?;
            let head = head.get(..n).unwrap_or_default();
            if Encoding::detect(head) == Encoding::Plain && Assembly::detect(head).is_none() {
                return Ok(Input::Plain { file, len: metadata.len() });
            }
            // Reading at an offset moves the position on some systems.
            io::Seek::rewind(&mut &file)?;
        }
        decode(file, limits).map(|bytes| Stream::input(bytes, limits))
    }
}

/// An opened input.
#[derive(Debug)]
pub enum Input {
    /// A regular file of lines without compression: it can be read in [`Pieces`](super::Pieces), by several readers at once.
    Plain {
        /// The file, at its start.
        file: File,
        /// Its length when it was opened, in bytes.
        len: u64,
    },
    /// Bytes that come one after the other: standard input, a pipe, a compressed file, or one made into lines.
    Stream(Stream),
}

impl Input {
    /// The first lines of the input, at most `len` bytes after decompression, with which its format can be
    /// recognised. Nothing is consumed: a stream gives the same bytes again. A line cut by `len` is left off unless
    /// it is the only one.
    ///
    /// # Errors
    /// When a file cannot be read. A stream that breaks off gives what came before; reading it states the error.
    pub fn sample(&mut self, len: usize) -> io::Result<Cow<'_, [u8]>> {
        let sample = match self {
            Self::Plain { file, .. } => {
                let mut bytes = vec![0; len];
                let n = read_at_full(file, &mut bytes, 0)?;
                bytes.truncate(n);
                Cow::Owned(bytes)
            }
            Self::Stream(stream) => Cow::Borrowed(stream.look_ahead(len)),
        };
        let whole =
            if sample.len() < len { None } else { memchr::memrchr(b'\n', &sample).map(|end| end + 1) };
        Ok(match (sample, whole) {
            (Cow::Borrowed(bytes), Some(end)) => Cow::Borrowed(&bytes[..end]),
            (Cow::Owned(mut bytes), Some(end)) => {
                bytes.truncate(end);
                Cow::Owned(bytes)
            }
            (sample, None) => sample,
        })
    }

    /// All bytes in order, decompressed.
    pub fn into_reader(self) -> Box<dyn Read + Send> {
        match self {
            Self::Plain { file, .. } => Box::new(file),
            Self::Stream(stream) => Box::new(stream),
        }
    }
}

/// Fills `into` from `offset` on, as far as the file goes.
fn read_at_full(file: &impl ReadAt, into: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match file.read_at(&mut into[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A stream of which the beginning can be looked at.
pub struct Stream {
    /// What was looked at; its position is what was given out.
    ahead: Cursor<Vec<u8>>,
    /// What came after `ahead` instead of bytes.
    error: Option<io::Error>,
    rest: Box<dyn Read + Send>,
    encoding: Encoding,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

impl Stream {
    fn input(bytes: Decoded<'static>, limits: &Limits) -> Input {
        let encoding = bytes.encoding();
        let mut stream = Self { ahead: Cursor::default(), error: None, rest: Box::new(bytes), encoding };
        if let Some(assembly) = Assembly::detect(stream.look_ahead(HEAD)) {
            let lines = Assembled::new(stream, assembly, limits.max_line);
            stream = Self { ahead: Cursor::default(), error: None, rest: Box::new(lines), encoding };
        }
        Input::Stream(stream)
    }

    /// How the stream is packed.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    fn look_ahead(&mut self, len: usize) -> &[u8] {
        let given = usize::try_from(self.ahead.position()).unwrap_or(usize::MAX);
        let wanted = given.saturating_add(len);
        if self.error.is_none() {
            self.error = read_up_to(&mut self.rest, self.ahead.get_mut(), wanted).err();
        }
        let ahead = self.ahead.get_ref().get(given..).unwrap_or_default();
        &ahead[..ahead.len().min(len)]
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.ahead.read(into)? {
            0 if into.is_empty() => Ok(0),
            0 => {
                *self.ahead.get_mut() = Vec::new();
                self.ahead.set_position(0);
                self.error.take().map_or_else(|| self.rest.read(into), Err)
            }
            n => Ok(n),
        }
    }
}

/// Something in a folder that is not read, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The path.
    pub path: PathBuf,
    /// Why, as a phrase: `socket`, `link to a folder` …
    pub reason: String,
}

/// What a walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Inputs: in the order of the paths given, and sorted by name within a folder.
    pub sources: Vec<Source>,
    /// What lies in the folders and is not read.
    pub unread: Vec<Unread>,
}

/// Finds the inputs behind `paths`: `-` is standard input, folders are walked with all folders in them, everything
/// else is taken as it is.
///
/// In folders all regular files count, hidden ones too, and links to files; links to folders are not followed, so
/// that a loop cannot trap the walk. Sockets, devices and pipes in folders are not read (a pipe is when it is named
/// directly). Nothing is left out silently: see [`Listing::unread`].
///
/// ```no_run
/// let listing = brownout::input::walk(["/var/log/nginx", "extra.log.gz"])?;
/// for unread in &listing.unread {
///     eprintln!("not read: {} ({})", unread.path.display(), unread.reason);
/// }
/// # Ok::<(), brownout::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] when one of `paths` does not exist or cannot be looked at.
pub fn walk<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    for path in paths {
        let source = Source::new(path.as_ref());
        let Source::Path(path) = &source else {
            listing.sources.push(source);
            continue;
        };
        let failed = |source| Error::Io { path: path.clone(), source };
        if fs::metadata(path).map_err(failed)?.is_dir() {
            let entries = sorted_entries(path).map_err(failed)?;
            listing.walk_folder(entries);
        } else {
            listing.sources.push(source);
        }
    }
    Ok(listing)
}

impl Listing {
    /// Depth first, with a stack of its own: folders can be nested deeper than threads have stack.
    fn walk_folder(&mut self, entries: Vec<PathBuf>) {
        let mut stack = entries;
        stack.reverse();
        while let Some(path) = stack.pop() {
            match fs::symlink_metadata(&path).map(|metadata| metadata.file_type()) {
                Ok(kind) if kind.is_dir() => match sorted_entries(&path) {
                    Ok(entries) => stack.extend(entries.into_iter().rev()),
                    Err(error) => self.leave(path, &error),
                },
                Ok(kind) if kind.is_symlink() => self.take_link(path),
                Ok(kind) => self.take(path, kind),
                Err(error) => self.leave(path, &error),
            }
        }
    }

    fn take(&mut self, path: PathBuf, kind: FileType) {
        if kind.is_file() {
            self.sources.push(Source::Path(path));
        } else {
            self.leave(path, &special(kind));
        }
    }

    fn take_link(&mut self, path: PathBuf) {
        match fs::metadata(&path).map(|metadata| metadata.file_type()) {
            Ok(kind) if kind.is_dir() => self.leave(path, &"link to a folder"),
            Ok(kind) => self.take(path, kind),
            Err(error) => self.leave(path, &format_args!("link that leads nowhere: {error}")),
        }
    }

    fn leave(&mut self, path: PathBuf, reason: &dyn std::fmt::Display) {
        self.unread.push(Unread { path, reason: reason.to_string() });
    }
}

#[cfg(unix)]
fn special(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match () {
        () if kind.is_socket() => "socket",
        () if kind.is_fifo() => "named pipe; name it directly to read it",
        () => "device",
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> &'static str {
    "not a regular file"
}

fn sorted_entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::{Blocks, End};
    use super::*;

    /// A folder that goes away with the test.
    struct Folder(PathBuf);
    impl Folder {
        fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let name = format!("brownout-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            Self(path)
        }
        fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
            path
        }
    }
    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn folders_are_walked_in_order_and_nothing_is_lost() {
        let folder = Folder::new();
        for name in ["b.log", "a/z.log", "a/b/c.log", ".hidden", "a.log"] {
            folder.file(name, b"x\n");
        }
        #[cfg(unix)]
        {
            use std::os::unix::{fs::symlink, net::UnixListener};
            symlink(&folder.0, folder.0.join("a/loop")).unwrap();
            symlink("b.log", folder.0.join("link.log")).unwrap();
            symlink("nowhere", folder.0.join("broken")).unwrap();
            UnixListener::bind(folder.0.join("socket")).unwrap();
        }
        let listing = walk([&folder.0]).unwrap();
        let names = |paths: Vec<&Path>| -> Vec<String> {
            paths.iter().map(|p| p.strip_prefix(&folder.0).unwrap().to_str().unwrap().to_owned()).collect()
        };
        let sources = names(listing.sources.iter().map(Source::path).collect());
        let unread = names(listing.unread.iter().map(|u| u.path.as_path()).collect());
        if cfg!(unix) {
            assert_eq!(sources, [".hidden", "a/b/c.log", "a/z.log", "a.log", "b.log", "link.log"]);
            assert_eq!(unread, ["a/loop", "broken", "socket"]);
            assert_eq!(listing.unread[0].reason, "link to a folder");
            assert_eq!(listing.unread[2].reason, "socket");
        }
        let again = walk([Path::new("-"), &folder.0.join("b.log"), &folder.0.join("b.log")]).unwrap();
        assert_eq!(again.sources.len(), 3);
        assert_eq!(again.sources[0], Source::Stdin);
    }

    #[test]
    fn errors_name_the_path() {
        let folder = Folder::new();
        let missing = folder.0.join("missing.log");
        let error = walk([&missing]).unwrap_err().to_string();
        assert!(error.starts_with("cannot read ") && error.contains("missing.log: "), "{error}");
        assert!(
            Source::new(&missing).open(&Limits::default()).unwrap_err().to_string().contains("missing.log")
        );
        assert!(Source::new(&folder.0).open(&Limits::default()).unwrap_err().to_string().contains("folder"));
    }

    fn read_all(input: Input) -> (Vec<u8>, bool) {
        let mut blocks = Blocks::new(input.into_reader());
        let mut out = Vec::new();
        while let Some(block) = blocks.next() {
            out.extend(block.bytes);
        }
        (out, matches!(blocks.end(), End::Complete))
    }

    #[test]
    fn a_sample_consumes_nothing() {
        let folder = Folder::new();
        let text = b"first line\nsecond line\nthird".repeat(2);
        let path = folder.file("plain", &text);
        let mut input = Source::new(&path).open(&Limits::default()).unwrap();
        assert!(matches!(input, Input::Plain { len: 56, .. }));
        for (len, expected) in [(0, 0), (5, 5), (15, 11), (23, 23), (55, 51), (1000, 56)] {
            assert_eq!(*input.sample(len).unwrap(), text[..expected], "{len}");
        }
        assert_eq!(read_all(input), (text, true));
    }

    #[cfg(feature = "gzip")]
    #[test]
    fn a_sample_of_a_stream_is_given_again_with_its_error() {
        use std::io::Write;

        use crate::input::lines;
        let folder = Folder::new();
        let text = b"first line\nsecond line\n".repeat(3);
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&text).unwrap();
        let packed = packer.finish().unwrap();
        for (cut, complete) in [(0, true), (8, false)] {
            let path = folder.file("access.log.1", &packed[..packed.len() - cut]);
            let mut input = Source::new(&path).open(&Limits::default()).unwrap();
            for len in [30, 5, 1000, 30] {
                let sample = input.sample(len).unwrap();
                assert_eq!(lines(&sample).next().unwrap().1, &b"first line"[..len.min(10)]);
            }
            assert_eq!(read_all(input), (text.clone(), complete));
        }
    }
}
