//! gzip files of any number of members: ALB, `log_format … gzip=` of nginx and `cat a.gz b.gz` make such.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use flate2::bufread::GzDecoder;

use super::damaged;

/// Most bytes inflated at a time. When a stream is damaged in its middle, what was inflated by the call that found
/// out is lost: at most this much.
const STEP: usize = 32 << 10;

/// Reads all members of a gzip file.
pub(super) struct Members<R> {
    member: GzDecoder<Slot<R>>,
    done: bool,
}

impl<R: Read> Members<R> {
    pub(super) fn new(reader: R) -> Self {
        let reader = BufReader::with_capacity(64 << 10, reader);
        Self { member: GzDecoder::new(Slot(Some(reader))), done: false }
    }

    /// After a member: true if another one follows.
    fn next_member(&mut self) -> io::Result<bool> {
        match skip_padding(self.member.get_mut())? {
            None => Ok(false),
            Some(0x1F) => {
                let reader = self.member.reset(Slot(None));
                self.member.reset(reader);
                Ok(true)
            }
            Some(_) => Err(damaged(
                ErrorKind::InvalidData,
                "bytes after the gzip data that are no gzip data; what came before them was read",
            )),
        }
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
        let room = into.len().min(STEP);
        while !self.done && room > 0 {
            match self.member.read(&mut into[..room]) {
                Ok(0) => match self.next_member() {
                    Ok(more) => self.done = !more,
                    Err(error) => {
                        self.done = true;
                        return Err(error);
                    }
                },
                Ok(n) => return Ok(n),
                Err(error) if error.kind() == ErrorKind::Interrupted => return Err(error),
                Err(error) => {
                    self.done = true;
                    return Err(explain(error));
                }
            }
        }
        Ok(0)
    }
}

fn explain(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::UnexpectedEof => damaged(ErrorKind::UnexpectedEof, "the gzip data break off"),
        ErrorKind::InvalidInput | ErrorKind::InvalidData => {
            damaged(ErrorKind::InvalidData, format!("damaged gzip data: {error}"))
        }
        _ => error,
    }
}

/// A reader that can be taken out while the decoder is reset.
struct Slot<R>(Option<BufReader<R>>);

impl<R: Read> Read for Slot<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.as_mut().map_or(Ok(0), |reader| reader.read(into))
    }
}

impl<R: Read> BufRead for Slot<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.0.as_mut().map_or(Ok(&[]), BufRead::fill_buf)
    }
    fn consume(&mut self, bytes: usize) {
        if let Some(reader) = &mut self.0 {
            reader.consume(bytes);
        }
    }
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
        assert!(good + STEP > text.len() / 3, "{good} of {}", text.len());
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
