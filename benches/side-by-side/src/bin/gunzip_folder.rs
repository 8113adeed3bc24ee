//! The bare decoder: flate2 with zlib-rs over a folder of gzip files, on some threads; what it decodes is dropped.
//!
//! `gunzip_folder FOLDER THREADS`

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::read::MultiGzDecoder;

fn decoded(path: &Path) -> io::Result<u64> {
    let mut decoder = MultiGzDecoder::new(File::open(path)?);
    let mut buffer = vec![0; 256 << 10];
    let mut bytes = 0;
    loop {
        match decoder.read(&mut buffer)? {
            0 => return Ok(bytes),
            read => bytes += read as u64,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder?")?;
    let threads: usize = arguments.next().ok_or("how many threads?")?.parse()?;
    let files =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    let next = AtomicUsize::new(0);
    let work = || {
        let mut bytes = 0;
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            bytes += decoded(file)?;
        }
        io::Result::Ok(bytes)
    };
    let bytes = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker that does not panic"))
            .sum::<io::Result<u64>>()
    })?;
    eprintln!("{bytes} bytes");
    Ok(())
}
