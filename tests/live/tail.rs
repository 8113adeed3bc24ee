//! The lines that came to a log since the last look.

use std::fs;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// How long a line may take from the end of its request into the log.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where a proxy writes to.
#[derive(Debug)]
pub(crate) enum Tail {
    /// A file, and how far it was read.
    File(PathBuf, usize),
    /// Datagrams, each a line.
    Datagrams(UdpSocket),
}

impl Tail {
    pub(crate) const fn file(path: PathBuf) -> Self {
        Self::File(path, 0)
    }

    /// A socket of loopback, and its port.
    pub(crate) fn datagrams() -> (Self, u16) {
        let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a port on loopback");
        socket.set_nonblocking(true).expect("a socket");
        let port = socket.local_addr().expect("bound").port();
        (Self::Datagrams(socket), port)
    }

    /// The next `count` lines, without their breaks; fewer when they do not come.
    pub(crate) fn wait(&mut self, count: usize) -> Vec<Vec<u8>> {
        let start = Instant::now();
        let mut lines = self.now();
        while lines.len() < count && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(3));
            lines.append(&mut self.now());
        }
        lines
    }

    /// What is there already.
    pub(crate) fn now(&mut self) -> Vec<Vec<u8>> {
        match self {
            Self::File(path, read) => {
                let bytes = fs::read(path).unwrap_or_default();
                let new = bytes.get(*read..).unwrap_or_default();
                let whole = new.iter().rposition(|&b| b == b'\n').map_or(0, |end| end + 1);
                *read += whole;
                new[..whole]
                    .split_inclusive(|&b| b == b'\n')
                    .map(|line| line[..line.len() - 1].to_vec())
                    .collect()
            }
            Self::Datagrams(socket) => {
                let mut buffer = vec![0; 64 << 10];
                let mut lines = Vec::new();
                while let Ok(n) = socket.recv(&mut buffer) {
                    lines.push(buffer[..n].strip_suffix(b"\n").unwrap_or(&buffer[..n]).to_vec());
                }
                lines
            }
        }
    }
}
