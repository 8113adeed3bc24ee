//! gzip files of any number of members: ALB, `log_format … gzip=` of nginx and `cat a.gz b.gz` make such.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use flate2::{Decompress, DecompressError, FlushDecompress, Status};

use super::damaged;

/// The longest window there is.
const WINDOW_BITS: u8 = 15;

/// Reads all members of a gzip file, straight into the buffer of whoever reads: the larger it is, the less often the
/// decoder has to keep a copy of its window.
pub(super) struct Members<R> {
    source: BufReader<R>,
    /// Reads the header and checks the sum at the end as well.
    member: Decompress,
    state: State,
}

enum State {
    Within,
    Between,
    /// All that could be inflated was given out.
    Failing(io::Error),
    Done,
}

impl<R: Read> Members<R> {
    pub(super) fn new(reader: R) -> Self {
        let source = BufReader::with_capacity(64 << 10, reader);
        Self { source, member: Decompress::new_gzip(WINDOW_BITS), state: State::Within }
    }

    /// After a member: begins the next one, if one follows.
    fn next_member(&mut self) -> io::Result<State> {
        match skip_padding(&mut self.source)? {
            None => Ok(State::Done),
            Some(0x1F) => {
                self.member = Decompress::new_gzip(WINDOW_BITS);
                Ok(State::Within)
            }
            Some(_) => Err(damaged(
                ErrorKind::InvalidData,
                "bytes after the gzip data that are no gzip data; what came before them was read",
            )),
        }
    }

    /// Inflates into `into`, which is not empty: how many bytes, and what comes then.
    fn inflate(&mut self, into: &mut [u8]) -> io::Result<(usize, State)> {
        let packed = self.source.fill_buf()?;
        let at_end = packed.is_empty();
        let before = (self.member.total_in(), self.member.total_out());
        let result = self.member.decompress(packed, into, FlushDecompress::None);
        let taken = (self.member.total_in() - before.0) as usize;
        let given = (self.member.total_out() - before.1) as usize;
        self.source.consume(taken);
        let state = match result {
            Ok(Status::StreamEnd) => State::Between,
            Err(error) => State::Failing(explain(&error)),
            Ok(_) if given > 0 || (taken > 0 && !at_end) => State::Within,
            Ok(_) => State::Failing(damaged(ErrorKind::UnexpectedEof, "the gzip data break off")),
        };
        Ok((given.min(into.len()), state))
    }
}

/// Passes zeros, which tapes and block devices leave behind a member; the first other byte, if one follows.
fn skip_padding(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let bytes = match reader.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        };
        let Some(&first) = bytes.first() else { return Ok(None) };
        let zeros = bytes.iter().take_while(|&&b| b == 0).count();
        if zeros == 0 {
            return Ok(Some(first));
        }
        reader.consume(zeros);
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !into.is_empty() {
            let (given, next) = match std::mem::replace(&mut self.state, State::Done) {
                State::Done => return Ok(0),
                State::Failing(error) => return Err(error),
                State::Between => (0, self.next_member()?),
                State::Within => match self.inflate(into) {
                    // To be tried again, or the end of what can be read.
                    Err(error) if error.kind() == ErrorKind::Interrupted => {
                        self.state = State::Within;
                        return Err(error);
                    }
                    result => result?,
                },
            };
            self.state = next;
            if given > 0 {
                return Ok(given);
            }
        }
        Ok(0)
    }
}

fn explain(error: &DecompressError) -> io::Error {
    damaged(ErrorKind::InvalidData, format!("damaged gzip data: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::super::super::{Blocks, Limits, decode};
    use super::*;

    fn pack(text: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    }

    fn unpack(packed: &[u8]) -> (Vec<u8>, io::Result<()>) {
        let mut out = Vec::new();
        let mut decoded = decode(packed, &Limits::default()).unwrap();
        let end = decoded.read_to_end(&mut out).map(drop);
        assert_eq!(decoded.read(&mut [0; 8]).unwrap(), 0, "stays at the end");
        (out, end)
    }

    fn numbers() -> Vec<u8> {
        (0..40_000u32)
            .flat_map(|i| format!("line {} {}\n", i, i.wrapping_mul(2_654_435_761)).into_bytes())
            .collect()
    }

    #[test]
    fn what_gzip_wrote_is_read() {
        // printf 'hello\nworld\n' | gzip -n
        let packed = b"\x1F\x8B\x08\0\0\0\0\0\0\x03\xCB\x48\xCD\xC9\xC9\xE7\x2A\xCF\x2F\xCA\x49\xE1\x02\0\
            \xFF\x5D\xC5\xC4\x0C\0\0\0";
        let (out, end) = unpack(packed);
        assert!(end.is_ok());
        assert_eq!(out, b"hello\nworld\n");
    }

    #[test]
    fn members_are_read_on_and_padding_is_tolerated() {
        let text = numbers();
        let (first, second) = text.split_at(123_457);
        for joint in [0, 1, 100_000].map(|zeros| vec![0; zeros]) {
            let mut packed = pack(first);
            packed.extend(&joint);
            packed.extend(pack(b""));
            packed.extend(pack(second));
            packed.extend(&joint);
            let (out, end) = unpack(&packed);
            assert!(end.is_ok(), "{end:?}");
            assert_eq!(out, text);
        }
    }

    #[test]
    fn a_break_comes_after_all_data_before_it() {
        let text = numbers();
        let packed = pack(&text);
        for cut in [packed.len() - 1, packed.len() - 8] {
            let (out, end) = unpack(&packed[..cut]);
            assert_eq!(out.len(), text.len());
            assert_eq!(end.unwrap_err().to_string(), "the gzip data break off");
        }
        let (out, end) = unpack(&packed[..packed.len() / 2]);
        assert!(end.is_err() && out.len() > text.len() / 3 && text.starts_with(&out));
        for cut in 3..30 {
            assert!(unpack(&packed[..cut]).1.is_err(), "{cut}");
        }
    }

    #[test]
    fn garbage_after_the_data_and_wrong_checksums_are_stated() {
        let mut packed = pack(b"all of it\n");
        packed.extend(b"garbage");
        let mut blocks = Blocks::new(decode(&packed[..], &Limits::default()).unwrap());
        assert_eq!(blocks.next().unwrap().bytes, b"all of it\n");
        assert!(blocks.next().is_none());
        assert!(blocks.end().to_string().contains("no gzip data"), "{}", blocks.end());

        let mut packed = pack(b"all of it\n");
        let at = packed.len() - 8;
        packed[at] ^= 1;
        let (out, end) = unpack(&packed);
        assert_eq!(out, b"all of it\n");
        assert!(end.unwrap_err().to_string().starts_with("damaged gzip data"));
    }

    #[test]
    fn damage_in_the_middle_loses_little() {
        let text = numbers();
        let mut packed = pack(&text);
        let middle = packed.len() / 2;
        packed[middle..middle + 8].fill(0xFF);
        let (out, end) = unpack(&packed);
        assert!(end.is_err());
        let good = out.iter().zip(&text).take_while(|(a, b)| a == b).count();
        assert!(good > text.len() / 3, "{good} of {}", text.len());
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let packed = pack(&vec![b'x'; 8 << 20]);
        let limits = Limits { max_bytes: Some(1 << 20), ..Limits::default() };
        let mut blocks = Blocks::with_limits(decode(&packed[..], &limits).unwrap(), limits);
        assert!(blocks.next().is_none());
        assert!(matches!(blocks.end(), super::super::super::End::Limit));
    }
}
