//! Code of users that panics: the panic arrives, and nothing else is broken.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use brownout::input::Source;
use brownout::{
    Accumulate, Aggregator, Choice, FieldSet, Format, Line, LineError, Scan, Schema, Settings, Spans,
};

use super::{file, lines, plain, plain_choice};

#[derive(Debug)]
struct Fragile(brownout::Template);

impl Format for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }
    fn schema(&self) -> &Schema {
        self.0.schema()
    }
    fn parse<'a>(&'a self, line: &'a [u8], spans: &'a mut Spans) -> Result<Line<'a>, LineError> {
        assert!(!line.windows(5).any(|w| w == b"/1234"), "fragile format");
        self.0.parse(line, spans)
    }
}

struct FragileCounts(u64);

impl Accumulate for FragileCounts {
    fn wanted(&self, _: &Schema) -> FieldSet {
        FieldSet::default()
    }
    fn begin(&mut self, _: &str, _: &dyn Format) {}
    fn line(&mut self, line: &[u8], _: u64, _: Result<Line<'_>, LineError>) {
        assert!(!line.windows(5).any(|w| w == b"/1234"), "fragile counts");
        self.0 += 1;
    }
    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }
    fn fresh(&self) -> Self {
        Self(0)
    }
}

fn sources() -> Vec<Source> {
    let names = ["panics-a.log", "panics-b.log", "panics-c.log"];
    names.iter().map(|name| Source::new(file(name, &lines(0..2_000)))).collect()
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref().map(String::as_str)).unwrap_or("")
}

#[test]
fn panics_arrive_and_poison_nothing() {
    let sources = sources();
    for threads in [1, 2, 4] {
        let custom = Scan::new().format(Choice::Custom(Arc::new(Fragile(plain())))).threads(threads);
        let run = || custom.run(&sources, Aggregator::new(Settings::default()));
        let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("the format panics");
        assert!(message(&*panic).contains("fragile format"), "{}", message(&*panic));

        let known = Scan::new().format(plain_choice()).threads(threads);
        let run = || known.run(&sources, FragileCounts(0));
        let panic = catch_unwind(AssertUnwindSafe(run)).err().expect("the counts panic");
        assert!(message(&*panic).contains("fragile counts"), "{}", message(&*panic));

        // the same scan, and the threads under it, still work
        let scanned = known.run(&sources, Aggregator::new(Settings::default())).unwrap();
        assert_eq!(scanned.counts.finish().lines.access, 6_000);
    }
}
