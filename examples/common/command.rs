//! A command per event, which must never hold up the reading.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Events that may wait; what comes when so many do is dropped, and said to be.
const QUEUE: usize = 64;
/// How long a command may take before it is ended.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Runs a shell command for each event, one after the other, with the event on its standard input.
#[derive(Debug)]
pub(crate) struct Runner {
    queue: Option<SyncSender<String>>,
    worker: Option<JoinHandle<()>>,
}

impl Runner {
    pub(crate) fn new(command: String) -> Self {
        let (queue, events) = sync_channel(QUEUE);
        let worker = std::thread::spawn(move || work(&command, &events));
        Self { queue: Some(queue), worker: Some(worker) }
    }

    /// Hands an event on, if there is room.
    pub(crate) fn send(&self, event: String) {
        if let Some(Err(TrySendError::Full(_))) = self.queue.as_ref().map(|q| q.try_send(event)) {
            eprintln!("follow: --on-event is too slow: an event was not handed on");
        }
    }
}

impl Drop for Runner {
    /// Waits for what is queued, each within its time.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(worker) = self.worker.take() {
            let _ = worker.join();
        }
    }
}

fn work(command: &str, events: &Receiver<String>) {
    for event in events {
        if let Err(error) = run(command, event) {
            eprintln!("follow: --on-event: {error}");
        }
    }
}

fn run(command: &str, event: String) -> std::io::Result<()> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell).arg(flag).arg(command).stdin(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // a command that reads nothing must not hold this up: an event may be larger than a pipe holds
        std::thread::spawn(move || {
            let _ = stdin.write_all(event.as_bytes());
        });
    }
    wait(&mut child)
}

fn wait(child: &mut Child) -> std::io::Result<()> {
    let begun = Instant::now();
    loop {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        if begun.elapsed() > TIMEOUT {
            child.kill()?;
            child.wait()?;
            return Err(std::io::Error::other("took too long and was ended"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
