//! Whole files: packed or not, of any format, in any frame.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use brownout::input::{Framing, Limits, Source, Unwrapped, Unwrapper, lines};
use brownout::{Aggregator, Choice, Error, InputInfo, Options, Scan, Settings, Summary};

use super::choices::Dice;
use super::lines::file_holds;

/// Unpacked, no more than this is read.
const MOST: u64 = 1 << 18;

/// A file, recognised by its bytes: what its format says of lines holds, and a scan loses none of them, however many
/// threads share the work.
pub fn whole_file(data: &[u8]) {
    let file = Temporary::new(data);
    let limits =
        Limits { max_line: 1 << 14, max_bytes: Some(MOST), max_window: 1 << 20, ..Limits::default() };
    let source = Source::new(&file.0);
    let mut text = Vec::new();
    if let Ok(input) = source.open(&limits) {
        // What came before an error is read all the same.
        let _ = input.into_reader().take(MOST).read_to_end(&mut text);
    }
    for framing in [Framing::Cri, Framing::DockerJson] {
        let mut joined = Unwrapper::new(framing, 1 << 10);
        for (_, line) in lines(&text) {
            assert!(!matches!(joined.push(line), Unwrapped::Payload(whole) if whole.len() > text.len()));
        }
        assert!(joined.finish().all(|open| open.len() <= 1 << 10));
    }
    let mut dice = Dice::of(data);
    let options = Options { strict: dice.below(4) == 0, ..Options::default() };
    if let Ok(format) = Choice::Auto.resolve(&options, &text) {
        file_holds(&*format, &text);
    }
    let count = |threads| {
        let scan = Scan::new().options(options).limits(limits).threads(threads);
        scan.run(std::slice::from_ref(&source), Aggregator::new(Settings::default()))
    };
    // Threads take long to start.
    if dice.below(8) > 0 {
        let _ = count(1).map(|scanned| none_is_lost(&scanned.counts.finish(), &scanned.inputs));
        return;
    }
    match (count(1), count(2)) {
        (Ok(one), Ok(two)) => {
            assert_eq!(one.inputs, two.inputs);
            let summary = one.counts.finish();
            assert_eq!(summary, two.counts.finish());
            none_is_lost(&summary, &one.inputs);
        }
        (Err(one), Err(two)) => assert_eq!(one.to_string(), two.to_string()),
        (one, two) => panic!("{:?} by one thread, {:?} by two", outcome(one.err()), outcome(two.err())),
    }
}

fn none_is_lost(summary: &Summary, inputs: &[InputInfo]) {
    let lines = &summary.lines;
    assert_eq!(lines.total, lines.access + lines.other + lines.malformed + lines.blank);
    assert_eq!(lines.total, inputs.iter().map(|input| input.lines).sum::<u64>());
}

fn outcome(error: Option<Error>) -> String {
    error.map_or_else(|| "read".into(), |error| error.to_string())
}

/// A file that is gone when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new(bytes: &[u8]) -> Self {
        let name = format!("brownout-{}-{:?}", std::process::id(), std::thread::current().id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, bytes).expect("a folder for temporary files");
        Self(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
