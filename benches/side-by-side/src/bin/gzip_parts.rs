//! Cuts a log into gzip files of whole lines, as a load balancer delivers them.
//!
//! `gzip_parts FILE FOLDER PARTS`

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = File::open(arguments.next().ok_or("which file?")?)?;
    let folder = arguments.next().ok_or("which folder?")?;
    let parts: u64 = arguments.next().ok_or("how many parts?")?.parse()?;
    let size = file.metadata()?.len().div_ceil(parts);
    fs::create_dir_all(&folder)?;
    let mut lines = BufReader::with_capacity(1 << 20, file);
    let mut line = Vec::new();
    for part in 0..parts {
        let path = Path::new(&folder).join(format!("part-{part:03}.log.gz"));
        let mut encoder = GzEncoder::new(File::create(path)?, Compression::default());
        let mut written = 0;
        while written < size {
            line.clear();
            let read = lines.read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            encoder.write_all(&line)?;
            written += read as u64;
        }
        encoder.finish()?;
    }
    Ok(())
}
