//! The servers under test: found, started on free ports in a folder of their own, killed at the end.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Where an environment variable or `PATH` has the program; `None` also says so.
pub(crate) fn find(program: &str, variable: Option<&str>) -> Option<PathBuf> {
    let named = variable.and_then(std::env::var_os).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin", "/usr/local/bin"].map(PathBuf::from);
    let mut places =
        named.into_iter().chain(std::env::split_paths(&path).chain(usual).map(|d| d.join(program)));
    let found = places.find(|place| place.is_file());
    if found.is_none() {
        println!("skipped: no {program} on this machine");
    }
    found
}

/// A folder, removed at the end.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("live-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder for tests");
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a configuration: `@NAME@` in the text becomes the value of that name.
    pub(crate) fn write(&self, name: &str, text: &str, values: &[(&str, String)]) -> PathBuf {
        let folder = self.0.display().to_string();
        let mut text = text.replace("@FOLDER@", &folder);
        for (key, value) in values {
            text = text.replace(&format!("@{key}@"), value);
        }
        let path = self.file(name);
        fs::write(&path, text).expect("a folder for tests");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// A port nobody listens on just now, given to one caller only: HAProxy and Envoy share a port without complaint. It
/// lies below those the system gives to connections.
pub(crate) fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + (std::process::id() % 100) as u16 * 100;
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let mut ports = std::iter::repeat_with(|| first + GIVEN.fetch_add(1, Ordering::Relaxed)).take(2_000);
    ports.find(is_free).expect("a port on loopback")
}

/// A running server: killed when dropped.
#[derive(Debug)]
pub(crate) struct Server(Child);

impl Server {
    /// Starts the command and waits until the port answers.
    pub(crate) fn start(mut command: Command, folder: &Folder, port: u16) -> Self {
        let output = folder.file("output");
        let file = File::create(&output).expect("a folder for tests");
        let errors = file.try_clone().expect("a file");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
        let mut server = Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")));
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = server.0.try_wait().expect("a child");
            if ended.is_some() || start.elapsed() > Duration::from_secs(20) {
                let said = fs::read_to_string(&output).unwrap_or_default();
                panic!("{command:?} does not serve: {ended:?}\n{said}");
            }
            thread::sleep(Duration::from_millis(10));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
