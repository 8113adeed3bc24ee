//! The lines of a file, read in blocks: what each peer is given, so that none pays for reading badly.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

const BLOCK: usize = 1 << 20;

/// Calls `each` for every line of a file, without its line break. Memory is a block and the longest line.
pub fn each_line(path: impl AsRef<Path>, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; BLOCK];
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            buffer.resize(2 * filled, 0);
        }
        let read = file.read(&mut buffer[filled..])?;
        if read == 0 {
            break;
        }
        filled += read;
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', &buffer[..filled]) {
            each(&buffer[start..end]);
            start = end + 1;
        }
        buffer.copy_within(start..filled, 0);
        filled -= start;
    }
    if filled > 0 {
        each(&buffer[..filled]);
    }
    Ok(())
}
