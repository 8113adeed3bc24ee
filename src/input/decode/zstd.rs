//! zstd files of any number of frames: `pzstd`, seekable zstd and `cat a.zst b.zst` make such.

use std::error::Error as _;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::damaged;

/// An empty last block, and four bytes where a checksum would be.
///
/// Until its last block a frame keeps a window of data back, up to megabytes. Where a frame breaks off, the decoder is
/// given this block to make it hand them out.
const CLOSING: &[u8] = &[1, 0, 0, 0, 0, 0, 0];

/// Reads all frames of a zstd file.
pub(super) struct Frames<R> {
    source: BufReader<R>,
    frame: FrameDecoder,
    state: State,
}

enum State {
    Between,
    Within,
    /// Hands out what is left, then fails.
    Failing(io::Error),
    Done,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(reader: R, max_window: u64) -> Self {
        let mut frame = FrameDecoder::new();
        frame.set_max_window_size(max_window);
        Self { source: BufReader::with_capacity(64 << 10, reader), frame, state: State::Between }
    }

    /// Begins the next frame, passes one to be skipped, or finds the end.
    fn begin(&mut self) -> io::Result<State> {
        if at_end(&mut self.source)? {
            return Ok(State::Done);
        }
        match self.frame.reset(&mut self.source) {
            Ok(()) => Ok(State::Within),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length, ..
            })) => {
                let skipped = io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?;
                if skipped < u64::from(length) { Err(broken_off()) } else { Ok(State::Between) }
            }
            Err(error) => Err(explain(&error)),
        }
    }

    /// Decodes one block, or checks the frame that is complete.
    fn go_on(&mut self) -> io::Result<State> {
        if self.frame.is_finished() {
            let intact = match self.frame.get_checksum_from_data() {
                Some(sum) => self.frame.get_calculated_checksum() == Some(sum),
                None => true,
            };
            return if intact {
                Ok(State::Between)
            } else {
                Err(damaged(ErrorKind::InvalidData, "damaged zstd data: the checksum differs"))
            };
        }
        match self.frame.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)) {
            Ok(_) => Ok(State::Within),
            Err(error) => {
                let error = explain(&error);
                // Best effort: if the decoder does not take it, the window is lost.
                let _ = self.frame.decode_blocks(CLOSING, BlockDecodingStrategy::UptoBlocks(1));
                Err(error)
            }
        }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if into.is_empty() {
            return Ok(0);
        }
        loop {
            if self.frame.can_collect() > 0 && !matches!(self.state, State::Between | State::Done) {
                return self.frame.read(into);
            }
            let next = match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Ok(0),
                State::Failing(error) => return Err(error),
                State::Between => self.begin(),
                State::Within => self.go_on(),
            };
            self.state = next.unwrap_or_else(State::Failing);
        }
    }
}

fn at_end(reader: &mut impl BufRead) -> io::Result<bool> {
    loop {
        match reader.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result.map(<[u8]>::is_empty),
        }
    }
}

fn broken_off() -> io::Error {
    damaged(ErrorKind::UnexpectedEof, "the zstd data break off")
}

fn explain(error: &FrameDecoderError) -> io::Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = error.source();
    while let Some(inner) = cause {
        match inner.downcast_ref::<io::Error>() {
            Some(io) if io.kind() == ErrorKind::UnexpectedEof => return broken_off(),
            Some(io) => return io::Error::new(io.kind(), format!("zstd data: {io}")),
            None => cause = inner.source(),
        }
    }
    match error {
        FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::BadMagicNumber(_)) => damaged(
            ErrorKind::InvalidData,
            "bytes after the zstd data that are no zstd data; what came before them was read",
        ),
        FrameDecoderError::WindowSizeTooBig { requested, max } => damaged(
            ErrorKind::InvalidData,
            format!("the zstd data ask for a window of {requested} bytes; the limit is {max}"),
        ),
        FrameDecoderError::DictNotProvided { .. } => {
            damaged(ErrorKind::Unsupported, "the zstd data need a dictionary, which is not supported")
        }
        other => damaged(ErrorKind::InvalidData, format!("damaged zstd data: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::super::super::{Limits, decode};
    use super::*;

    fn pack(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    fn unpack(packed: &[u8], limits: &Limits) -> (Vec<u8>, io::Result<()>) {
        let mut out = Vec::new();
        let mut decoded = decode(packed, limits).unwrap();
        let end = decoded.read_to_end(&mut out).map(drop);
        assert_eq!(decoded.read(&mut [0; 8]).unwrap(), 0, "stays at the end");
        (out, end)
    }

    fn numbers() -> Vec<u8> {
        (0..40_000u32)
            .flat_map(|i| format!("line {} {}\n", i, i.wrapping_mul(2_654_435_761)).into_bytes())
            .collect()
    }

    /// printf 'hello\nworld\n' | zstd
    const BY_ZSTD: &[u8] = b"\x28\xB5\x2F\xFD\x04\x58\x61\0\0hello\nworld\n\xB5\x0E\x87\x17";

    #[test]
    fn what_zstd_wrote_is_read() {
        let (out, end) = unpack(BY_ZSTD, &Limits::default());
        assert!(end.is_ok(), "{end:?}");
        assert_eq!(out, b"hello\nworld\n");
    }

    #[test]
    fn frames_are_read_on_and_skippable_ones_skipped() {
        let text = numbers();
        let (first, second) = text.split_at(123_457);
        let mut packed = b"\x50\x2A\x4D\x18\x03\0\0\0abc".to_vec();
        packed.extend(pack(first));
        packed.extend(b"\x5E\x2A\x4D\x18\0\0\0\0");
        packed.extend(pack(b""));
        packed.extend(pack(second));
        let (out, end) = unpack(&packed, &Limits::default());
        assert!(end.is_ok(), "{end:?}");
        assert!(out == text);
    }

    #[test]
    fn a_break_comes_after_all_blocks_before_it() {
        let text = numbers();
        let packed = pack(&text);
        let (out, end) = unpack(&packed[..packed.len() - 1], &Limits::default());
        assert_eq!(end.unwrap_err().to_string(), "the zstd data break off");
        assert!(
            text.starts_with(&out) && out.len() > text.len() - (256 << 10),
            "{} of {}",
            out.len(),
            text.len()
        );
        for cut in (4..40).chain([packed.len() / 2]) {
            assert!(unpack(&packed[..cut], &Limits::default()).1.is_err(), "{cut}");
        }
        let (_, end) = unpack(b"\x50\x2A\x4D\x18\x03\0\0\0ab", &Limits::default());
        assert_eq!(end.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn damage_is_stated() {
        let mut packed = BY_ZSTD.to_vec();
        packed.extend(b"garbage");
        let (out, end) = unpack(&packed, &Limits::default());
        assert_eq!(out, b"hello\nworld\n");
        assert!(end.unwrap_err().to_string().contains("no zstd data"));

        let mut packed = BY_ZSTD.to_vec();
        *packed.last_mut().unwrap() ^= 1;
        let (out, end) = unpack(&packed, &Limits::default());
        assert_eq!(out, b"hello\nworld\n");
        assert!(end.unwrap_err().to_string().contains("checksum"));
    }

    #[test]
    fn windows_beyond_the_limit_are_refused() {
        // A frame header that asks for 2^40 bytes, and nothing after it.
        let packed = b"\x28\xB5\x2F\xFD\x00\xF0";
        let (_, end) = unpack(packed, &Limits::default());
        let text = end.unwrap_err().to_string();
        assert!(text.contains("window of 1099511627776 bytes; the limit is 134217728"), "{text}");
    }
}
