//! The client: sends bytes, and remembers what came back and when.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::backend::find;

/// What a client sends, and whether it stays for the answer.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) bytes: Vec<u8>,
    /// Leaves after so long, whatever has come.
    pub(crate) leaves_after: Option<Duration>,
}

/// What the client saw.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Status of the first answer; `None` when none came.
    pub(crate) status: Option<u16>,
    /// The head of the answer, its blank line included.
    pub(crate) head: Vec<u8>,
    /// Bytes after the head.
    pub(crate) body: u64,
    pub(crate) began: SystemTime,
}

impl Outcome {
    /// The value of a header of the answer.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.head);
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// Sends the request to a port of loopback and reads until the server closes.
pub(crate) fn call(port: u16, request: &Request) -> Outcome {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the proxy listens");
    stream.set_nodelay(true).expect("a socket");
    let began = SystemTime::now();
    // A proxy may answer and close before all has been sent.
    let _ = stream.write_all(&request.bytes);
    let mut answer = Vec::new();
    match request.leaves_after {
        Some(after) => thread::sleep(after),
        None => read_to_end(&mut stream, &mut answer),
    }
    drop(stream);
    let head = find(&answer, b"\r\n\r\n").map_or(answer.len(), |end| end + 4);
    let status = answer.strip_prefix(b"HTTP/1.").and_then(|rest| rest.get(2..5));
    let body = (answer.len() - head) as u64;
    Outcome {
        status: status.and_then(|code| std::str::from_utf8(code).ok()?.parse().ok()),
        body,
        began,
        head: answer[..head].to_vec(),
    }
}

fn read_to_end(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a socket");
    let mut buffer = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..n]);
    }
}
