//! Peers behind the proxies: servers inside the test that do what the path of the request says.
//!
//! The second piece of the path names the script: `/any/close` closes, `/any/status503` answers 503.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The longest any script waits for its proxy.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a slow peer takes before its answer.
pub(crate) const SLOW: Duration = Duration::from_millis(120);

/// The body of every answer.
const BODY: &str = "answer\n";

/// Whether a peer does as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Follows the script in the path.
    Scripted,
    /// Answers 200 whatever is asked.
    Good,
}

/// A peer: stops listening when dropped.
#[derive(Debug)]
pub(crate) struct Backend {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    role: Role,
    stop: AtomicBool,
    /// Targets of the requests that came, in order.
    seen: Mutex<Vec<String>>,
}

impl Backend {
    pub(crate) fn start(role: Role) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("bound");
        let state = Arc::new(State { role, stop: AtomicBool::new(false), seen: Mutex::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if shared.stop.load(Ordering::SeqCst) {
                    break;
                }
                let state = Arc::clone(&shared);
                thread::spawn(move || state.serve(stream));
            }
        });
        Self { address, state }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests have come since the last call.
    pub(crate) fn take_seen(&self) -> usize {
        let mut seen = self.state.seen.lock().expect("no script panics");
        std::mem::take(&mut *seen).len()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    /// One connection. Errors are those of a proxy that left, which is its right.
    fn serve(&self, mut stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(PATIENCE));
        let _ = stream.set_nodelay(true);
        let Some(head) = wait_for_head(&stream) else { return };
        let (method, target) = request(&head);
        let earlier = {
            let mut seen = self.seen.lock().expect("no script panics");
            seen.push(target.clone());
            seen.len() - 1
        };
        let script = match self.role {
            Role::Good => "status200",
            Role::Scripted => target.split(['/', '?']).nth(2).unwrap_or("status200"),
        };
        if script == "reset" {
            // Unread bytes in the buffer make closing a reset.
            return;
        }
        let mut head = vec![0; head.len()];
        let _ = stream.read_exact(&mut head);
        drain_body(&mut stream, &head);
        let _ = play(script, method == "HEAD", earlier, &mut stream);
    }
}

fn play(script: &str, head_only: bool, earlier: usize, stream: &mut TcpStream) -> std::io::Result<()> {
    let mut send = |bytes: &[u8]| stream.write_all(bytes);
    match script {
        "wakeup" if earlier > 0 => send(&answer(200, head_only, ""))?,
        "close" | "wakeup" => {}
        "garbage" => send(b"\x16\x03\x01 this is no HTTP\r\n\r\n")?,
        "badheader" => send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno colon here\0\r\n\r\nok")?,
        "partial" => send(b"HTTP/1.1 200 OK\r\nContent-Le")?,
        "bigheader" => {
            let padding = "p".repeat(100 << 10);
            send(format!("HTTP/1.1 200 OK\r\nX-Padding: {padding}\r\nContent-Length: 0\r\n\r\n").as_bytes())?;
        }
        "truncated" => send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.")?,
        "drip" => {
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nten bytes.")?;
            wait_for_end(stream);
        }
        "flow" => {
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")?;
            for _ in 0..200 {
                send(b"ten bytes.")?;
                thread::sleep(Duration::from_millis(10));
            }
        }
        "hang" => wait_for_end(stream),
        "slow" => {
            thread::sleep(SLOW);
            send(&answer(200, head_only, ""))?;
        }
        "once" => {
            // The connection looks alive, and is closed when the next request comes.
            send(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nanswer\n")?;
            let _ = stream.read(&mut [0; 1]);
        }
        "flip" => send(&answer(if earlier == 0 { 200 } else { 503 }, head_only, ""))?,
        "recover" => send(&answer(if earlier == 0 { 503 } else { 200 }, head_only, ""))?,
        "accel" => send(&answer(200, head_only, "X-Accel-Redirect: /inside/x\r\n"))?,
        "upgrade" => {
            send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhi")?;
        }
        "marked" => send(&answer(200, head_only, "Server: a \"b\" {c|d}\r\n"))?,
        status => {
            let code = status.strip_prefix("status").and_then(|code| code.parse().ok());
            send(&answer(code.unwrap_or(404), head_only, ""))?;
        }
    }
    // Reading to the end keeps this close from turning into a reset.
    let _ = stream.shutdown(Shutdown::Write);
    wait_for_end(stream);
    Ok(())
}

fn answer(code: u16, head_only: bool, header: &str) -> Vec<u8> {
    let bodiless = matches!(code, 100..=199 | 204 | 304);
    let length = if bodiless { String::new() } else { format!("Content-Length: {}\r\n", BODY.len()) };
    let body = if bodiless || head_only { "" } else { BODY };
    format!("HTTP/1.1 {code} As Told\r\n{header}{length}Connection: close\r\n\r\n{body}").into_bytes()
}

/// The head of the request, left in the socket.
fn wait_for_head(stream: &TcpStream) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 64 << 10];
    for _ in 0..PATIENCE.as_millis() {
        let n = stream.peek(&mut buffer).ok().filter(|&n| n > 0)?;
        if buffer[0] == 0x16 {
            // TLS, which these peers do not speak.
            let _ = (&*stream).write_all(&answer(400, false, ""));
            return None;
        }
        if let Some(end) = find(&buffer[..n], b"\r\n\r\n") {
            return Some(buffer[..end + 4].to_vec());
        }
        thread::sleep(Duration::from_millis(1));
    }
    None
}

fn request(head: &[u8]) -> (String, String) {
    let line = head.split(|&b| b == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ').map(str::to_owned);
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

fn drain_body(stream: &mut TcpStream, head: &[u8]) {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let _ = std::io::copy(&mut stream.take(length.unwrap_or(0)), &mut std::io::sink());
}

fn wait_for_end(stream: &mut TcpStream) {
    let _ = std::io::copy(stream, &mut std::io::sink());
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// A port that listens with a full queue: whoever connects waits. `None` where the system lets everybody in.
#[derive(Debug)]
pub(crate) struct FullQueue {
    address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<TcpStream>,
}

impl FullQueue {
    pub(crate) fn start() -> Option<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("bound");
        let mut waiting = Vec::new();
        while waiting.len() < 600 {
            match TcpStream::connect_timeout(&address, Duration::from_millis(150)) {
                Ok(stream) => waiting.push(stream),
                Err(_) => return Some(Self { address, _listener: listener, _waiting: waiting }),
            }
        }
        None
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}
