//! Compressed inputs, recognised by their first bytes and read as a stream.
//!
//! Names do not count: rotated files lose and gain endings, and a pipe has none. Memory does not depend on the data:
//! a gzip bomb is just a long input, which [`Limits::max_bytes`] can end.

#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "zstd")]
mod zstd;

use std::fmt;
use std::io::{self, Cursor, ErrorKind, Read};

use super::limits::Limits;

/// How an input is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// Not at all.
    Plain,
    /// gzip (RFC 1952), one or more members.
    Gzip,
    /// Zstandard (RFC 8878), one or more frames.
    Zstd,
}

impl Encoding {
    /// Recognises an encoding by the first four bytes of the input.
    ///
    /// ```
    /// use brownout::input::Encoding;
    ///
    /// assert_eq!(Encoding::detect(b"\x1F\x8B\x08\x00"), Encoding::Gzip);
    /// assert_eq!(Encoding::detect(b"127.0.0.1 - - ["), Encoding::Plain);
    /// ```
    pub fn detect(head: &[u8]) -> Self {
        match *head {
            [0x1F, 0x8B, 0x08, ..] => Self::Gzip,
            // A frame; and a frame to be skipped, which may come first.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }

    /// `plain`, `gzip`, `zstd`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// An input as it was before it was packed.
///
/// Data that break off or are damaged end in an error, after everything before that point was read.
pub struct Decoded<'a> {
    encoding: Encoding,
    inner: Box<dyn Read + Send + 'a>,
}

impl Decoded<'_> {
    /// How the input is packed.
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }
}

impl Read for Decoded<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.inner.read(into)
    }
}

impl fmt::Debug for Decoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoded").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

/// Unpacks `reader` if its first bytes say that it is packed.
///
/// gzip: members are read on one after the other, zeros between or after them are padding, and anything else after a
/// member is an error once the data before it were read. zstd: frames likewise, frames to be skipped are skipped,
/// checksums are verified, a window beyond [`Limits::max_window`] is refused, and dictionaries are not supported.
///
/// ```
/// use std::io::Read;
/// use brownout::input::{Limits, decode};
///
/// let mut text = String::new();
/// decode(&b"plain"[..], &Limits::default())?.read_to_string(&mut text)?;
/// assert_eq!(text, "plain");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// When the first bytes cannot be read, or the feature for this encoding was left out of the build.
pub fn decode<'a, R: Read + Send + 'a>(mut reader: R, limits: &Limits) -> io::Result<Decoded<'a>> {
    let mut head = Vec::with_capacity(4);
    read_up_to(&mut reader, &mut head, 4)?;
    let encoding = Encoding::detect(&head);
    let reader = Cursor::new(head).chain(reader);
    let inner = match encoding {
        Encoding::Plain => Box::new(reader),
        Encoding::Gzip => unpack_gzip(reader)?,
        Encoding::Zstd => unpack_zstd(reader, limits)?,
    };
    Ok(Decoded { encoding, inner })
}

/// Reads until `into` holds `len` bytes or the reader ends. Bytes before an error stay in `into`.
pub(super) fn read_up_to(reader: &mut impl Read, into: &mut Vec<u8>, len: usize) -> io::Result<()> {
    let missing = len.saturating_sub(into.len());
    // `read_to_end` retries interrupted reads, and leaves in `into` what came before an error.
    reader.take(missing as u64).read_to_end(into).map(drop)
}

#[cfg(feature = "gzip")]
#[expect(clippy::unnecessary_wraps, reason = "fails where the feature is off")]
fn unpack_gzip<'a>(reader: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    Ok(Box::new(gzip::Members::new(reader)))
}

#[cfg(not(feature = "gzip"))]
fn unpack_gzip<'a>(_: impl Read + Send + 'a) -> io::Result<Box<dyn Read + Send + 'a>> {
    Err(left_out("gzip"))
}

#[cfg(feature = "zstd")]
#[expect(clippy::unnecessary_wraps, reason = "fails where the feature is off")]
fn unpack_zstd<'a>(reader: impl Read + Send + 'a, limits: &Limits) -> io::Result<Box<dyn Read + Send + 'a>> {
    Ok(Box::new(zstd::Frames::new(reader, limits.max_window)))
}

#[cfg(not(feature = "zstd"))]
fn unpack_zstd<'a>(_: impl Read + Send + 'a, _: &Limits) -> io::Result<Box<dyn Read + Send + 'a>> {
    Err(left_out("zstd"))
}

#[cfg(not(all(feature = "gzip", feature = "zstd")))]
fn left_out(feature: &str) -> io::Error {
    let sentence = format!("this is {feature} data, and brownout was built without its feature `{feature}`");
    io::Error::new(ErrorKind::Unsupported, sentence)
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
fn damaged(kind: ErrorKind, sentence: impl Into<String>) -> io::Error {
    io::Error::new(kind, sentence.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_known_by_their_first_bytes_only() {
        for (head, encoding) in [
            (&b""[..], Encoding::Plain),
            (b"\x1F", Encoding::Plain),
            (b"\x1F\x8B\x08", Encoding::Gzip),
            (b"\x1F\x8B\x07\x00", Encoding::Plain),
            (b"\x28\xB5\x2F", Encoding::Plain),
            (b"\x28\xB5\x2F\xFD", Encoding::Zstd),
            (b"\x5F\x2A\x4D\x18", Encoding::Zstd),
            (b"\x60\x2A\x4D\x18", Encoding::Plain),
        ] {
            assert_eq!(Encoding::detect(head), encoding, "{head:?}");
        }
    }

    #[test]
    fn short_plain_inputs_come_through() {
        for text in [&b""[..], b"a", b"abc", b"abcd", b"abcdefgh"] {
            let mut out = Vec::new();
            decode(text, &Limits::default()).unwrap().read_to_end(&mut out).unwrap();
            assert_eq!(out, text);
        }
    }

    #[cfg(not(feature = "gzip"))]
    #[test]
    fn a_missing_feature_is_named() {
        let error = decode(&b"\x1F\x8B\x08\x00"[..], &Limits::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert_eq!(error.to_string(), "this is gzip data, and brownout was built without its feature `gzip`");
    }
}
